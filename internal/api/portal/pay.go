package portal

import (
	"net/url"

	"turnup/internal/base/money"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) showPay(sh *sheet) (view, error) {
	var b bill
	var cards struct{ Methods []method }
	err := together(func() error { return sh.api.Get(sh.invoicePath(), nil, &b) }, func() error { return sh.api.Get("/payment-methods", url.Values{"limit": {"50"}}, &cards) })
	if err != nil {
		return view{}, err
	}
	v := view{title: sh.say("pay", "number", b.Number), text: sh.say("pay.text", "amount", sh.Amount(b.Due)), section: "invoices"}
	if b.Due.Minor <= 0 {
		v.text, v.cards = sh.say("pay.nothing"), []card{{links: []link{{sh.say("home.invoice"), sh.invoicePage(), true}}}}
		return v, nil
	}
	if f, any := sh.cardForm(b.Due, cards.Methods); any {
		v.cards = append(v.cards, card{title: sh.say("pay.card"), text: sh.say("pay.cardText"), forms: []form{f}})
	}
	away := sh.ask(sh.say("pay.other.submit"), sh.invoicePage("pay"))
	away.hidden, away.quiet = map[string]string{"method": payment.Stripe}, len(v.cards) > 0
	purse := sh.ask(sh.say("pay.wallet.submit"), sh.invoicePage("pay"))
	purse.hidden, purse.quiet = map[string]string{"method": "wallet"}, true
	v.cards = append(v.cards, card{title: sh.say("pay.other"), text: sh.say("pay.otherText"), forms: []form{away}}, card{title: sh.say("pay.wallet"), text: sh.say("pay.walletText"), forms: []form{purse},
		links: []link{{sh.say("pay.walletSee"), sh.to("wallet"), false}}}, card{links: []link{{sh.say("home.invoice"), sh.invoicePage(), false}}})
	return v, nil
}

// cardForm offers the saved cards, the default first.
func (sh *sheet) cardForm(due money.Amount, all []method) (form, bool) {
	choice := look.Field{Name: "card", Label: sh.say("field.card"), Options: []look.Option{}}
	for _, m := range all {
		if m.Status != "confirmed" || m.ID == "" {
			continue
		}
		if m.Default {
			choice.Value = m.ID
		}
		choice.Options = append(choice.Options, look.Option{Value: m.ID, Label: sh.card(m)})
	}
	f := sh.ask(sh.say("pay.card.submit", "amount", sh.Amount(due)), sh.invoicePage("pay"), choice)
	f.hidden = map[string]string{"method": payment.SavedCard}
	return f, len(choice.Options) > 0
}

func (s service) pay(sh *sheet) (string, error) {
	e := errand{Path: sh.invoicePath("pay"), Key: sh.key(), Body: map[string]string{"method": sh.v.Field("method")}, To: sh.invoicePage(), Done: "pay"}
	switch sh.v.Field("method") {
	case payment.SavedCard:
		e.Body["paymentMethodId"], e.Body["returnUrl"] = sh.v.Field("card"), sh.to("return")
	case payment.Stripe: // what is paid there is told by the payment service itself
		e.Body["returnUrl"] = sh.invoicePage("return")
		_, to, err := sh.run(e)
		return to, err
	}
	return sh.begin(e)
}

// showPaid is the page after the payment service's, which tells us a moment earlier or later than the customer is back.
func (s service) showPaid(sh *sheet) (view, error) {
	var b bill
	if err := sh.api.Get(sh.invoicePath(), nil, &b); err != nil {
		return view{}, err
	}
	invoicePage := link{sh.say("home.invoice"), sh.invoicePage(), false}
	switch {
	case sh.v.Query().Get("cancelled") != "":
		return view{title: sh.say("paid.not"), text: sh.say("paid.notText"), section: "invoices", cards: []card{{links: []link{{sh.say("invoice.payNow"), sh.invoicePage("pay"), true}, invoicePage}}}}, nil
	case b.Due.Minor > 0:
		return view{title: sh.say("paid.wait"), text: sh.say("paid.waitText"), section: "invoices", waits: sh.invoicePage("waiting"), cards: []card{{links: []link{{sh.say("look"), sh.invoicePage("return"), true}, invoicePage}}}}, nil
	}
	return view{title: sh.say("paid"), text: sh.say("done.pay.paid"), section: "invoices", cards: []card{{links: []link{invoicePage}}}}, nil
}

// paidYet tells a page that waits for a payment whether it came.
func (s service) paidYet(v *web.Visit, c session.Caller) (web.Answer, error) {
	sh := s.sheet(v, c)
	var b bill
	next := map[string]string{}
	err := c.Get(sh.invoicePath(), nil, &b)
	if err == nil && b.Due.Minor <= 0 {
		next["next"] = sh.invoicePage("return")
	}
	if err != nil {
		return web.Answer{}, err
	}
	return web.Data(next)
}
