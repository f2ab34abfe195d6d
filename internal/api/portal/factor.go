package portal

import (
	"turnup/internal/base/fault"
	"turnup/internal/domain/account"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/factor"
	"turnup/internal/platform/web/look"
)

func (s service) addSecondFactor() {
	s.page(web.Page{ID: "getPortalSecondFactor", Path: "/portal/security/second-factor", About: "Where a second factor is set up, or given up."}, s.showFactor)
	s.post(web.Page{ID: "sendPortalSecondFactor", Path: "/portal/security/second-factor", Faults: []*fault.Fault{account.ErrPasswordWrong, account.ErrSecondFactorActive}, About: "Shows the secret for an authenticator, as text and as a QR code, and the recovery codes, once."}, s.setUp)
	s.form(web.Page{ID: "sendPortalSecondFactorCode", Path: "/portal/security/second-factor/confirm", Faults: []*fault.Fault{account.ErrSecondFactorWrong, account.ErrSecondFactorAbsent}, About: "Confirms the authenticator by its first code."}, s.showCode, s.confirmFactor)
	s.form(web.Page{ID: "sendPortalNoSecondFactor", Path: "/portal/security/second-factor/disable", Faults: []*fault.Fault{account.ErrProofWrong, account.ErrSecondFactorAbsent}, About: "Gives the second factor up."}, s.showFactor, s.disableFactor)
}

// factor are the words of it, which all sites share.
func (sh *sheet) factor() factor.Words { return factor.In(sh.Tag) }

func (sh *sheet) factorCard(is factor.State) card {
	w, to := sh.factor(), sh.to("security", "second-factor")
	c := card{title: w.Title, text: w.Text(is), badge: look.Entry{Cell: w.Badge(is)}, links: []link{{w.SetUp, to, true}}}
	if is.Active {
		c.links = []link{{w.Change, to, false}}
	}
	return c
}

func (s service) showFactor(sh *sheet) (view, error) {
	var by signedBy
	if err := sh.api.Get("/auth/account", nil, &by); err != nil {
		return view{}, err
	}
	w, v := sh.factor(), view{title: sh.factor().Title, section: "security"}
	back := card{links: []link{{sh.say("back"), sh.to("security"), false}}}
	if !by.SecondFactor.Active {
		begin := sh.ask(w.Begin, sh.to("security", "second-factor"), w.Ask())
		v.cards = []card{{title: w.SetUp, text: w.BeginText, forms: []form{begin}}, back}
		return v, nil
	}
	end := sh.ask(w.Disable, sh.to("security", "second-factor", "disable"), w.Ask(), w.AskCode(w.CodeHint))
	end.bad = true
	v.cards = []card{{title: w.Disable, text: w.DisableText, forms: []form{end}}, back}
	return v, nil
}

// setUp shows the secret and the recovery codes.
func (s service) setUp(sh *sheet) (view, error) {
	made, err := factor.Enable(sh.v, sh.api)
	if f := fault.Of(err); f != nil && correctable(f) {
		sh.refuse(f)
		return s.showFactor(sh)
	}
	if err != nil {
		return view{}, err
	}
	steps, err := sh.factor().Shown(made)
	if err != nil {
		return view{}, err
	}
	v := view{title: sh.factor().Title, text: sh.factor().Steps, section: "security"}
	for _, step := range steps {
		v.cards = append(v.cards, card{title: step.Title, text: step.Text, inside: step.Inside})
	}
	v.cards = append(v.cards, sh.codeCard())
	return v, nil
}

func (sh *sheet) codeCard() card {
	w := sh.factor()
	return card{title: w.Confirm, forms: []form{sh.ask(w.Confirm, sh.to("security", "second-factor", "confirm"), w.AskCode(w.FirstCode))}}
}

// showCode asks for the code again; the secret is in the authenticator by now, or the set-up begins anew.
func (s service) showCode(sh *sheet) (view, error) {
	w := sh.factor()
	return view{title: w.Title, section: "security", cards: []card{sh.codeCard(), {links: []link{{w.Anew, sh.to("security", "second-factor"), false}}}}}, nil
}

func (s service) confirmFactor(sh *sheet) (string, error) {
	return sh.done("factorOn", "security"), factor.Confirm(sh.v, sh.api)
}

func (s service) disableFactor(sh *sheet) (string, error) {
	return sh.done("factorOff", "security"), factor.Disable(sh.v, sh.api)
}
