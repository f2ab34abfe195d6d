package portal

import (
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/domain/account"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/factor"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addSecurity() {
	proves := []*fault.Fault{account.ErrPasswordWrong, fault.ErrThrottled}
	s.page(web.Page{ID: "getPortalSecurity", Path: "/portal/security", About: "How the customer signs in, and where they are signed in."}, s.showSecurity)
	s.form(web.Page{ID: "sendPortalEndSession", Path: "/portal/security/sessions/{sessionId}/end", Faults: []*fault.Fault{account.ErrSessionUnknown}, About: "Ends one session."}, s.showSecurity, s.endSession)
	s.page(web.Page{ID: "getPortalEverywhere", Path: "/portal/security/everywhere", About: "Asks whether all other sessions are to end."}, s.showEverywhere)
	s.form(web.Page{ID: "sendPortalEverywhere", Path: "/portal/security/everywhere", About: "Ends all other sessions."}, s.showEverywhere, s.everywhere)
	s.page(web.Page{ID: "getPortalPassword", Path: "/portal/security/password", About: "Where another password is chosen."}, s.showPassword)
	s.form(web.Page{ID: "sendPortalPassword", Path: "/portal/security/password", Faults: append(proves, account.ErrPasswordWeak, account.ErrPasswordSame), About: "Changes the password; other sessions end."}, s.showPassword, s.password)
	s.page(web.Page{ID: "getPortalEmail", Path: "/portal/security/email", About: "Where another mail address is asked for."}, s.showEmail)
	s.form(web.Page{ID: "sendPortalEmail", Path: "/portal/security/email", Faults: append(proves, account.ErrEmailInvalid), About: "Asks for another mail address; it holds when its mail is followed."}, s.showEmail, s.email)
}

// signedBy is how a customer signs in.
type signedBy struct {
	Email        string       `json:"email"`
	Waiting      string       `json:"emailWaiting"`
	Username     string       `json:"username"`
	SecondFactor factor.State `json:"secondFactor"`
}

// security are the pages of one's own account.
func (sh *sheet) tabs(at string) card {
	var all []look.Place
	for _, name := range []string{"security", "profile"} {
		all = append(all, look.Place{Name: sh.say("tab." + name), Address: sh.to(name), Here: name == at})
	}
	return card{tabs: all, title: sh.say("nav.security")}
}

func (s service) showSecurity(sh *sheet) (view, error) {
	var by signedBy
	var me whoami
	var all struct {
		Sessions []struct {
			ID      string    `json:"sessionId"`
			Device  string    `json:"device"`
			Address string    `json:"address"`
			Current bool      `json:"current"`
			Last    time.Time `json:"lastUsedAt"`
			Started time.Time `json:"startedAt"`
		}
		Next string `json:"nextCursor"`
	}
	err := together(func() error { return sh.api.Get("/auth/account", nil, &by) }, func() error { return sh.api.Get("/auth/sessions", sh.listed(), &all) }, sh.zone(&me))
	if err != nil {
		return view{}, err
	}
	zone := zoneOf(me.TimeZone)
	v := view{title: sh.say("security"), section: "security", cards: []card{sh.tabs("security"), sh.signInCard(by), sh.factorCard(by.SecondFactor)}}
	rest := card{title: sh.say("sessions"), text: sh.say("sessions.text"), links: []link{{sh.say("sessions.everywhere"), sh.to("security", "everywhere"), false}}}
	if all.Next != "" {
		rest.links = append(rest.links, link{sh.say("pager.next"), sh.pagerOf(all.Next, "security").Next, false})
	}
	v.cards = append(v.cards, rest)
	for _, each := range all.Sessions {
		c := card{title: device(sh.words, each.Device), entries: []look.Entry{{Name: sh.say("sessions.last"), Cell: look.Cell{Text: sh.at(each.Last, zone)}},
			{Name: sh.say("sessions.began"), Cell: look.Cell{Text: sh.at(each.Started, zone)}}, {Name: sh.say("sessions.address"), Cell: look.Cell{Text: each.Address}}}}
		if each.Current {
			c.badge = look.Entry{Cell: look.Cell{Text: sh.say("sessions.this"), Tone: look.Good}}
		} else {
			f := sh.ask(sh.say("sessions.end"), sh.to("security", "sessions", each.ID, "end"))
			f.quiet = true
			c.forms = []form{f}
		}
		v.cards = append(v.cards, c)
	}
	return v, nil
}

func (sh *sheet) signInCard(by signedBy) card {
	entries := []look.Entry{{Name: sh.say("field.email"), Cell: look.Cell{Text: by.Email}}}
	if by.Username != "" {
		entries = append(entries, look.Entry{Name: sh.say("field.username"), Cell: look.Cell{Text: by.Username}})
	}
	if by.Waiting != "" {
		entries = append(entries, look.Entry{Name: sh.say("security.waiting"), Cell: look.Cell{Text: by.Waiting, Note: sh.say("security.waitingText")}})
	}
	return card{title: sh.say("security.signIn"), entries: entries, links: []link{{sh.say("security.password"), sh.to("security", "password"), false}, {sh.say("security.email"), sh.to("security", "email"), false}}}
}

func (s service) endSession(sh *sheet) (string, error) {
	return sh.done("sessionEnded", "security"), sh.api.Delete(session.Path("auth", "sessions", sh.v.PathValue("sessionId")), "", nil)
}

func (s service) showEverywhere(sh *sheet) (view, error) {
	f := sh.ask(sh.say("everywhere.submit"), sh.to("security", "everywhere"))
	f.bad = true
	return view{title: sh.say("sessions.everywhere"), text: sh.say("everywhere.text"), section: "security", cards: []card{{forms: []form{f}, links: []link{{sh.say("back"), sh.to("security"), false}}}}}, nil
}

func (s service) everywhere(sh *sheet) (string, error) {
	return sh.done("everywhere", "security"), sh.api.Post("/auth/logout-all", sh.key(), map[string]bool{"keepCurrent": true}, nil)
}

func (s service) showPassword(sh *sheet) (view, error) {
	f := sh.ask(sh.say("password.submit"), sh.to("security", "password"), sh.passwordField(web.Password, "current-password"), sh.passwordField(web.NewPassword, "new-password"))
	return view{title: sh.say("security.password"), text: sh.say("password.text"), section: "security", cards: []card{{forms: []form{f}, links: []link{{sh.say("back"), sh.to("security"), false}}}}}, nil
}

func (s service) password(sh *sheet) (string, error) {
	return sh.done("password", "security"), sh.api.Post("/auth/change-password", sh.key(), map[string]string{"password": sh.v.Field(web.Password), "newPassword": sh.v.Field(web.NewPassword)}, nil)
}

func (s service) showEmail(sh *sheet) (view, error) {
	f := sh.ask(sh.say("email.submit"), sh.to("security", "email"), sh.mailField(), sh.passwordField(web.Password, "current-password"))
	return view{title: sh.say("security.email"), text: sh.say("email.text"), section: "security", cards: []card{{forms: []form{f}, links: []link{{sh.say("back"), sh.to("security"), false}}}}}, nil
}

func (s service) email(sh *sheet) (string, error) {
	return sh.done("emailAsked", "security"), sh.api.Post("/auth/change-email", sh.key(), map[string]string{"password": sh.v.Field(web.Password), "email": sh.v.Field("email")}, nil)
}

// post is a page that is the answer to a form itself, because what it shows is shown once.
func (s service) post(p web.Page, show shows) {
	p.Method = http.MethodPost
	s.site.Add(p, s.desk.For(func(v *web.Visit, c session.Caller) (web.Answer, error) {
		body, err := s.draw(s.sheet(v, c), show)
		return web.Show(body), err
	}))
}
