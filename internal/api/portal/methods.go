package portal

import (
	"net/url"

	"turnup/internal/base/fault"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addMethods() {
	unknown := []*fault.Fault{payment.ErrMethodUnknown}
	s.page(web.Page{ID: "getPortalMethods", Path: "/portal/payment-methods", About: "The customer's cards."}, s.showMethods)
	s.form(web.Page{ID: "sendPortalMethod", Path: "/portal/payment-methods", Faults: []*fault.Fault{payment.ErrPSPUnavailable}, About: "Leads to the page of the payment service, to enter a card."}, s.showMethods, s.addMethod)
	s.page(web.Page{ID: "returnToPortalMethods", Path: "/portal/payment-methods/return", Faults: append(unknown, payment.ErrResultForged), About: "Where the customer comes back to with a card."}, s.confirmMethod)
	s.form(web.Page{ID: "sendPortalDefaultMethod", Path: "/portal/payment-methods/{reference}/default", Faults: unknown, About: "Makes a card the one that is charged."}, s.showMethods, s.defaultMethod)
	s.page(web.Page{ID: "getPortalRemoveMethod", Path: "/portal/payment-methods/{reference}/remove", Faults: unknown, About: "Asks whether a card is to go."}, s.showRemove)
	s.form(web.Page{ID: "sendPortalRemoveMethod", Path: "/portal/payment-methods/{reference}/remove", Faults: append(unknown, payment.ErrMethodInUse), About: "Removes a card, here and at the payment service."}, s.showRemove, s.removeMethod)
}

type method struct {
	ID        string `json:"paymentMethodId"`
	Reference string `json:"reference"`
	Status    string `json:"status"`
	Default   bool   `json:"default"`
	Card      *struct {
		Brand string `json:"brand"`
		Last4 string `json:"last4"`
		Month int    `json:"expMonth"`
		Year  int    `json:"expYear"`
	} `json:"card"`
}

// card is how people know one.
func (w words) card(m method) string {
	if m.Card == nil {
		return w.say("method.unnamed")
	}
	return w.say("method.card", "brand", w.named("brand", m.Card.Brand), "last4", m.Card.Last4, "month", itoa(m.Card.Month), "year", itoa(m.Card.Year))
}

func (s service) showMethods(sh *sheet) (view, error) {
	var all struct{ Methods []method }
	if err := sh.api.Get("/payment-methods", url.Values{"limit": {"50"}}, &all); err != nil {
		return view{}, err
	}
	v := view{title: sh.say("methods"), text: sh.say("methods.text"), section: "payment-methods"}
	for _, m := range all.Methods {
		if m.Status == "confirmed" {
			v.cards = append(v.cards, sh.methodCard(m))
		}
	}
	if len(v.cards) == 0 {
		v.text = sh.say("methods.none")
	}
	v.cards = append(v.cards, card{title: sh.say("methods.add"), text: sh.say("methods.addText"), forms: []form{sh.ask(sh.say("methods.add"), sh.to("payment-methods"))}})
	return v, nil
}

func (sh *sheet) methodCard(m method) card {
	c := card{title: sh.card(m), links: []link{{sh.say("methods.remove"), sh.to("payment-methods", m.Reference, "remove"), false}}}
	if m.Default {
		c.badge, c.text = look.Entry{Cell: look.Cell{Text: sh.say("methods.default"), Tone: look.Good}}, sh.say("methods.defaultText")
		return c
	}
	f := sh.ask(sh.say("methods.makeDefault"), sh.to("payment-methods", m.Reference, "default"))
	f.quiet = true
	c.forms = []form{f}
	return c
}

func (s service) addMethod(sh *sheet) (string, error) {
	var is struct{ RedirectURL string }
	err := sh.api.Post("/payment-methods", sh.key(), map[string]string{"returnUrl": sh.to("payment-methods", "return"), "language": sh.Tag}, &is)
	return is.RedirectURL, err
}

// confirmMethod asks the API what became of the page; it asks the payment service, and what the browser brings is no proof. Asked again it
// answers the same, so the page may be read again.
func (s service) confirmMethod(sh *sheet) (view, error) {
	q := sh.v.Query()
	back := []card{{links: []link{{sh.say("methods"), sh.to("payment-methods"), true}}}}
	if q.Get("cancelled") != "" || q.Get("reference") == "" {
		return view{title: sh.say("methods.not"), text: sh.say("methods.notText"), section: "payment-methods", cards: back}, nil
	}
	var m method
	err := sh.api.Post(session.Path("payment-methods", q.Get("reference"), "confirm"), "confirm-"+q.Get("session_id"), map[string]string{"sessionId": q.Get("session_id")}, &m)
	if f := fault.Of(err); f != nil && correctable(f) {
		sh.refuse(f)
		return view{title: sh.say("methods.not"), text: sh.say("methods.notText"), section: "payment-methods", cards: back}, nil
	}
	return view{title: sh.say("methods.added"), text: sh.say("methods.addedText", "card", sh.card(m)), section: "payment-methods", cards: back}, err
}

func (s service) defaultMethod(sh *sheet) (string, error) {
	return sh.done("default", "payment-methods"), sh.api.Put(session.Path("payment-methods", sh.v.PathValue("reference"), "default"), "", nil, nil)
}

func (s service) showRemove(sh *sheet) (view, error) {
	var m method
	if err := sh.api.Get(session.Path("payment-methods", sh.v.PathValue("reference")), nil, &m); err != nil {
		return view{}, err
	}
	f := sh.ask(sh.say("methods.remove"), sh.to("payment-methods", sh.v.PathValue("reference"), "remove"))
	f.bad = true
	return view{title: sh.say("methods.removeTitle", "card", sh.card(m)), text: sh.say("methods.removeText"), section: "payment-methods",
		cards: []card{{forms: []form{f}, links: []link{{sh.say("methods.keep"), sh.to("payment-methods"), false}}}}}, nil
}

func (s service) removeMethod(sh *sheet) (string, error) {
	return sh.done("removed", "payment-methods"), sh.api.Delete(session.Path("payment-methods", sh.v.PathValue("reference")), "", nil)
}
