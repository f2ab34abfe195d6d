package portal

import (
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

// addLinks adds the pages that links of mails lead to and that are elsewhere here.
func (s service) addLinks() {
	leads := func(p web.Page, to string) {
		p.Method = http.MethodGet
		s.site.Add(p, func(v *web.Visit) (web.Answer, error) { return web.Go(v.On(folder + to)), nil })
	}
	leads(web.Page{ID: "getPortalAccount", Path: "/portal/account", About: "Leads to the first page."}, "")
	leads(web.Page{ID: "getPortalSupport", Path: "/portal/support", About: "Leads to where support is asked."}, "/tickets/new")
	leads(web.Page{ID: "getPortalFeedback", Path: "/portal/feedback/{subscriptionId}", About: "Leads to where one says why one left."}, "/tickets/new?about=feedback")
	faults := []*fault.Fault{provisioning.ErrLinkInvalid}
	s.outside(web.Page{ID: "getPortalServiceCredentials", Path: "/portal/service-credentials", About: "Where the link of the mail about an activation leads."}, s.showCredentials, nil)
	s.site.Add(web.Page{ID: "sendPortalServiceCredentials", Method: http.MethodPost, Path: "/portal/service-credentials", Faults: faults, About: "Shows user name and password of a line, once."}, s.revealCredentials)
}

func (s service) showCredentials(sh *sheet) view {
	return view{title: sh.say("credentials"), text: sh.say("credentials.text"), cards: []card{{forms: []form{sh.linked(sh.say("credentials.submit"), "service-credentials")}}}}
}

// revealCredentials answers at once and leads nowhere: what it shows is shown once.
func (s service) revealCredentials(v *web.Visit) (web.Answer, error) {
	sh := &sheet{v: v, words: wordsFor(v)}
	var shown struct{ Secret, Username string }
	if err := s.API.Post(v, "/services/credentials", sh.key(), map[string]string{"token": v.Field("token")}, &shown); err != nil {
		return web.Answer{}, err
	}
	return web.Show(s.drawOutside(sh, view{title: sh.say("credentials"), text: sh.say("credentials.once"), cards: []card{{entries: []look.Entry{
		{Name: sh.say("field.username"), Cell: look.Cell{Text: shown.Username, Code: true}}, {Name: sh.say("field.password"), Cell: look.Cell{Text: shown.Secret, Code: true}}},
		links: []link{{name: sh.say("nav."), address: sh.to(), main: true}}}}})), nil
}
