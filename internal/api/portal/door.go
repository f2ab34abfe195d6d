package portal

import (
	"errors"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

// outside adds a page of those who are not signed in, and, with do, what its form asks for.
func (s service) outside(p web.Page, show func(*sheet) view, do does) {
	p.Method = http.MethodGet
	if do != nil {
		p.Method = http.MethodPost
	}
	s.site.Add(p, func(v *web.Visit) (web.Answer, error) {
		sh := s.sheet(v, session.Caller{})
		if do == nil {
			return web.Show(s.drawOutside(sh, show(sh))), nil
		}
		to, err := do(sh)
		f := fault.Of(err)
		switch {
		case err == nil:
			return web.Go(to), nil
		case f == nil || f.Kind == fault.Internal:
			return web.Answer{}, err
		}
		sh.refuse(f)
		return web.Again(s.drawOutside(sh, show(sh))), nil
	})
}

func (s service) addDoor() {
	in := []*fault.Fault{session.ErrOther, account.ErrCredentials, account.ErrSecondFactorRequired, account.ErrSecondFactorWrong, fault.ErrThrottled}
	link := []*fault.Fault{account.ErrLinkExpired, token.ErrLink, account.ErrAccountExpired}
	s.outside(web.Page{ID: "getPortalSignIn", Path: signIn, About: "Where customers sign in."}, s.showSignIn, nil)
	s.outside(web.Page{ID: "sendPortalSignIn", Path: signIn, Faults: in, About: "Opens a session, and leads to the page that was asked for."}, s.showSignIn, s.sendSignIn)
	s.site.Add(web.Page{ID: "sendPortalSignOut", Method: http.MethodPost, Path: "/portal/sign-out", About: "Ends the session."}, func(v *web.Visit) (web.Answer, error) {
		s.desk.Close(v)
		return web.Go(v.On(signIn) + "?done=signedOut"), nil
	})
	s.outside(web.Page{ID: "getPortalForgotPassword", Path: "/portal/forgot-password", About: "Where a link to choose a new password is asked for."}, s.showForgot, nil)
	s.outside(web.Page{ID: "sendPortalForgotPassword", Path: "/portal/forgot-password", Faults: []*fault.Fault{fault.ErrThrottled}, About: "Asks for the mail with the link."}, s.showForgot, s.sendForgot)
	s.outside(web.Page{ID: "getPortalResetPassword", Path: "/portal/reset-password", About: "Where the link of a mail leads, to choose a new password."}, s.showReset, nil)
	s.outside(web.Page{ID: "sendPortalResetPassword", Path: "/portal/reset-password", Faults: append(link, account.ErrPasswordWeak), About: "Sets the new password."}, s.showReset, s.sendReset)
	s.outside(web.Page{ID: "getPortalVerifyEmail", Path: "/portal/verify-email", About: "Where the link of the welcome mail leads; without its token, where the mail is asked for again."}, s.showVerify, nil)
	s.outside(web.Page{ID: "sendPortalVerifyEmail", Path: "/portal/verify-email", Faults: append(link, fault.ErrThrottled), About: "Confirms the mail address, or asks for the mail again."}, s.showVerify, s.sendVerify)
	s.outside(web.Page{ID: "getPortalConfirmEmail", Path: "/portal/confirm-email", About: "Where the link of the mail to a new address leads."}, s.showConfirm, nil)
	s.outside(web.Page{ID: "sendPortalConfirmEmail", Path: "/portal/confirm-email", Faults: append(link, account.ErrEmailExists), About: "Confirms the new mail address."}, s.showConfirm, s.sendConfirm)
}

func (sh *sheet) field(name string) look.Field {
	return look.Field{Name: name, Label: sh.say("field." + name), Hint: sh.say("hint." + name), Value: sh.v.Field(name)}
}

func (sh *sheet) mailField() look.Field {
	f := sh.field("email")
	f.Type, f.Complete, f.Max = "email", "email", account.EmailMax
	return f
}

// passwordField is one for a password, which is never said again.
func (sh *sheet) passwordField(name, complete string) look.Field {
	return look.Field{Name: name, Label: sh.say("field." + name), Hint: sh.say("hint." + name), Type: "password", Complete: complete, Max: account.PasswordMax}
}

func (s service) showSignIn(sh *sheet) view {
	login := look.Field{Name: "login", Label: sh.say("field.login"), Value: sh.v.Field("login"), Complete: "username", Max: account.EmailMax}
	fields := []look.Field{login, sh.passwordField(web.Password, "current-password")}
	fields[1].Hint = ""
	if f := sh.refused; f != nil && (sh.v.Field("code") != "" || f.Code == account.ErrSecondFactorRequired.Code) {
		fields = append(fields, sh.factor().AskCode(sh.factor().CodeHint))
	}
	f := sh.ask(sh.say("signIn.submit"), sh.v.On(signIn), fields...)
	f.hidden = map[string]string{"next": sh.v.Query().Get("next") + sh.v.Field("next")}
	return view{title: sh.say("signIn"), text: sh.say("signIn.text"), cards: []card{{forms: []form{f}, links: []link{{name: sh.say("signIn.forgot"), address: sh.to("forgot-password")}}}}}
}

func (s service) sendSignIn(sh *sheet) (string, error) {
	err := s.desk.Open(sh.v, session.Credentials{Login: sh.v.Field("login"), Password: sh.v.Field(web.Password), Code: sh.v.Field("code")})
	return session.Next(sh.v, folder), err
}

// after is where those go on who came by a link: to sign in, and be told what was done.
func (sh *sheet) after(done string) string { return sh.v.On(signIn) + "?done=" + done }

func (s service) showForgot(sh *sheet) view {
	return view{title: sh.say("forgot"), text: sh.say("forgot.text"), cards: []card{{forms: []form{sh.ask(sh.say("forgot.submit"), sh.to("forgot-password"), sh.mailField())},
		links: []link{{name: sh.say("signIn"), address: sh.v.On(signIn)}}}}}
}

func (s service) sendForgot(sh *sheet) (string, error) {
	return sh.after("resetAsked"), s.API.Post(sh.v, "/auth/forgot-password", sh.key(), map[string]string{"email": sh.v.Field("email")}, nil)
}

// linked makes the form of a page to which the link of a mail leads: its token goes along.
func (sh *sheet) linked(button, page string, fields ...look.Field) form {
	f := sh.ask(button, sh.to(page), fields...)
	f.hidden = map[string]string{"token": sh.v.Query().Get("token") + sh.v.Field("token")}
	return f
}

func (s service) showReset(sh *sheet) view {
	return view{title: sh.say("reset"), text: sh.say("reset.text"), cards: []card{{forms: []form{sh.linked(sh.say("reset.submit"), "reset-password", sh.passwordField(web.NewPassword, "new-password"))},
		links: []link{{name: sh.say("signIn.forgot"), address: sh.to("forgot-password")}}}}}
}

func (s service) sendReset(sh *sheet) (string, error) {
	err := s.API.Post(sh.v, "/auth/reset-password", sh.key(), map[string]string{"token": sh.v.Field("token"), "password": sh.v.Field(web.NewPassword)}, nil)
	if f := fault.Of(err); errors.Is(err, account.ErrPasswordWeak) {
		err = f.Naming("body."+web.NewPassword, f.Message)
	}
	return sh.after("reset"), err
}

func (s service) showVerify(sh *sheet) view {
	again := sh.ask(sh.say("verify.again"), sh.to("verify-email"), sh.mailField())
	again.quiet = true
	v := view{title: sh.say("verify"), text: sh.say("verify.text"), cards: []card{{forms: []form{sh.linked(sh.say("verify.submit"), "verify-email")}}, {title: sh.say("verify.lost"), forms: []form{again}}}}
	if sh.v.Query().Get("token")+sh.v.Field("token") == "" {
		v.text, v.cards = sh.say("verify.wait"), v.cards[1:]
	}
	return v
}

func (s service) sendVerify(sh *sheet) (string, error) {
	if mail := sh.v.Field("email"); mail != "" {
		return sh.after("verifyAsked"), s.API.Post(sh.v, "/auth/resend-verification", sh.key(), map[string]string{"email": mail}, nil)
	}
	return sh.to("profile") + "?done=verified", s.API.Post(sh.v, "/auth/verify-email", sh.key(), map[string]string{"token": sh.v.Field("token")}, nil)
}

func (s service) showConfirm(sh *sheet) view {
	return view{title: sh.say("confirm"), text: sh.say("confirm.text"), cards: []card{{forms: []form{sh.linked(sh.say("confirm.submit"), "confirm-email")}}}}
}

func (s service) sendConfirm(sh *sheet) (string, error) {
	return sh.after("confirmed"), s.API.Post(sh.v, "/auth/confirm-email", sh.key(), map[string]string{"token": sh.v.Field("token")}, nil)
}
