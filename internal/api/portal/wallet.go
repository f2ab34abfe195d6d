package portal

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/money"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/wallet"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addWallet() {
	s.page(web.Page{ID: "getPortalWallet", Path: "/portal/wallet", About: "Balance and movements of the wallet."}, s.showWallet)
	s.form(web.Page{ID: "sendPortalTopUp", Path: "/portal/wallet/top-ups", Faults: []*fault.Fault{wallet.ErrFull, payment.ErrPSPUnavailable}, About: "Orders money for the wallet, and leads to the page of the payment service."}, s.showWallet, s.topUp)
}

// purse is a wallet with what moved it. There is one for each currency.
type purse struct {
	Available, Held money.Amount
	Entries         []struct {
		At        time.Time
		Kind      string
		Amount    money.Amount
		Available money.Amount
	}
	Next string `json:"nextCursor"`
}

// currencyCookie names the currency of what the customer can buy, so that their wallet can be asked for at once.
const currencyCookie = "portal-currency"

func (sh *sheet) currency() string {
	if kept := sh.v.Cookie(currencyCookie); kept != "" {
		return kept
	}
	return "EUR"
}

// purse reads the wallet of a currency.
func (sh *sheet) purse(currency string, into *purse) func() error {
	return func() error {
		q := sh.listed()
		q.Set("currency", currency)
		var of, moved purse
		err := together(func() error { return sh.api.Get("/wallet", url.Values{"currency": {currency}}, &of) }, func() error { return sh.api.Get("/wallet/entries", q, &moved) })
		*into = purse{of.Available, of.Held, moved.Entries, moved.Next}
		return err
	}
}

func (s service) showWallet(sh *sheet) (view, error) {
	var has purse
	var sold struct{ Plans []plan }
	var me whoami
	currency := sh.currency()
	err := together(sh.purse(currency, &has), func() error { return sh.api.Get("/plans", url.Values{"limit": {"1"}}, &sold) }, sh.zone(&me))
	if err == nil && len(sold.Plans) > 0 && sold.Plans[0].Price.Currency != currency {
		currency = sold.Plans[0].Price.Currency
		if err = sh.v.Remember(currencyCookie, currency, lineKept); err == nil {
			err = sh.purse(currency, &has)()
		}
	}
	if err != nil {
		return view{}, err
	}
	facts := []look.Fact{{Name: sh.say("wallet.available"), Value: sh.Amount(has.Available), Sum: true}}
	if has.Held.Minor > 0 {
		facts = append(facts, look.Fact{Name: sh.say("wallet.held"), Value: sh.Amount(has.Held)})
	}
	amount := sh.field("amount")
	amount.Mode, amount.Max, amount.Label = "decimal", 12, sh.say("field.amount", "currency", currency)
	top := sh.ask(sh.say("wallet.topUp"), sh.to("wallet", "top-ups"), amount)
	top.hidden = map[string]string{"currency": currency}
	return view{title: sh.say("wallet"), text: sh.say("wallet.text"), section: "wallet",
		cards: []card{{title: sh.say("wallet.balance"), facts: facts}, {title: sh.say("wallet.topUp"), text: sh.say("wallet.topUpText"), forms: []form{top}},
			{title: sh.say("wallet.entries"), table: sh.movements(has, zoneOf(me.TimeZone)), pager: sh.pagerOf(has.Next, "wallet")}}}, nil
}

func (sh *sheet) movements(has purse, zone *time.Location) *look.Table {
	t := &look.Table{Caption: sh.say("wallet.entries"), Columns: look.Columns(sh.say("wallet.at"), sh.say("wallet.kind"), "#"+sh.say("wallet.amount"), "#"+sh.say("wallet.after")), Empty: sh.say("wallet.none")}
	for _, e := range has.Entries {
		t.Rows = append(t.Rows, []look.Cell{{Text: sh.at(e.At, zone)}, {Text: sh.named("entry", e.Kind)}, {Text: sh.Amount(e.Amount)}, {Text: sh.Amount(e.Available)}})
	}
	return t
}

// amountOf reads an amount as people write it: 20, 20.5, 20,50.
func amountOf(text, currency string) (money.Amount, bool) {
	whole, part, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	digits := money.Digits(currency)
	if len(part) > digits || len(whole) > 9 || whole == "" {
		return money.Amount{}, false
	}
	minor, err := strconv.ParseUint(whole+part+strings.Repeat("0", digits-len(part)), 10, 63)
	return money.Amount{Minor: int64(minor), Currency: currency}, err == nil && minor > 0
}

// topUp orders the money and leads to the page on which it is paid: two calls, each once for its key.
func (s service) topUp(sh *sheet) (string, error) {
	amount, ok := amountOf(sh.v.Field("amount"), sh.v.Field("currency"))
	if !ok {
		return "", fault.ErrInvalid.Naming("body.amount", sh.say("wrong.amount"))
	}
	var made struct{ OrderID string }
	if err := sh.api.Post("/wallet/top-ups", sh.key(), map[string]money.Amount{"amount": amount}, &made); err != nil {
		return "", err
	}
	return sh.payOrder(made.OrderID)
}

// payOrder leads to the page of the payment service, on which an order is paid.
func (sh *sheet) payOrder(order string) (string, error) {
	var is struct{ RedirectURL string }
	err := sh.api.Post(session.Path("orders", order, "pay"), sh.key()+"-pay", map[string]string{"method": payment.Stripe, "returnUrl": sh.to("orders", order, "return")}, &is)
	if is.RedirectURL == "" {
		return sh.to("orders", order), err
	}
	return is.RedirectURL, err
}
