package console

import (
	"maps"
	"strings"
	"sync"

	"turnup/internal/base/fault"
	"turnup/internal/base/money"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

// actions are all there are, by the name that their address has.
var actions = sync.OnceValue(func() map[string]action {
	all := map[string]action{}
	for _, some := range []map[string]action{contractActions(), moneyActions(), lineActions(), accountActions()} {
		maps.Copy(all, some)
	}
	return all
})

func reason(label, hint string, max int) input {
	return input{Field: look.Field{Name: "reason", Label: label, Hint: hint, Max: max}}
}

func maybe(i input) input {
	i.Optional = true
	return i
}

func (v view) backToContract(t target) string { return v.of("contracts", t.id) }
func (v view) backToInvoice(t target) string  { return v.of("invoices", t.id) }
func (v view) backToLine(t target) string     { return v.of("services", t.id) }
func (v view) backToMoney(target) string      { return v.of("money") }
func (v view) backToAccount(target) string    { return v.of("account") }

// aboutContract tells which contract, and what comes next of it.
func aboutContract(v view, t target, g reads) func(*ask) {
	var c contract
	g.need(session.Path("subscriptions", t.id), nil, &c)
	return func(a *ask) {
		a.facts = entries(entry("Contract", text(c.Name)), entry("Status", c.state()), entry("Price", text(sum(c.Price)+" per "+c.BillingPeriod)), entry("Period", text(strings.Trim(c.Period.From+" to "+c.Period.Until, " to"))), entry("Next bill", text(c.NextBilling)))
		if d := c.Dunning; d != nil {
			a.facts = append(a.facts, entries(entry("Unpaid since", text(moment(d.Since))), entry("Suspended from", text(moment(d.SuspendsAt))))...)
		}
		if c.Cancellation != nil {
			a.facts = append(a.facts, entry("Cancelled for", text(c.Cancellation.On)))
		}
	}
}

// post sends a body to what is below the contract.
func toContract(what string, fields ...string) func(*ask) error {
	return func(a *ask) error {
		return a.api.Post(session.Path("subscriptions", a.id, what), a.key, a.body(fields...), nil)
	}
}

func contractActions() map[string]action {
	hold := func(until func(*ask) string) func(*ask) error {
		return func(a *ask) error {
			return a.api.Put(session.Path("subscriptions", a.id, "hold"), "", map[string]any{"customerId": a.customer, "until": until(a), "reason": a.Field("reason")}, nil)
		}
	}
	return map[string]action{
		"hold": {op: "holdSuspension", title: "Hold the suspension", submit: "Hold the suspension", done: "The suspension is held.", about: aboutContract, back: view.backToContract,
			will:   "Until the day you choose the contract is not suspended for unpaid invoices. Reminders go on, and a payment ends the hold.",
			inputs: []input{{Field: look.Field{Name: "until", Label: "Not suspended before", Type: "date"}}, reason("Reason", "For the history: colleagues read it.", 300)},
			send:   hold(func(a *ask) string { return a.Field("until") + "T00:00:00Z" })},
		"release": {op: "holdSuspension", title: "Release the hold", submit: "Release the hold", done: "The hold is released.", about: aboutContract, back: view.backToContract,
			will:   "From now on the contract is suspended when its time has come, unless it is paid.",
			inputs: []input{reason("Reason", "For the history: colleagues read it.", 300)}, send: hold(func(a *ask) string { return a.Now().UTC().Format("2006-01-02T15:04:05Z") })},
		"pause": {op: "pauseSubscription", title: "Pause", submit: "Pause the contract", done: "The contract is paused.", about: aboutContract, back: view.backToContract,
			will:   "From today on the contract gives nothing and costs nothing. What was charged for these days is credited to later bills. A fibre line is barred meanwhile.",
			inputs: []input{maybe(input{Field: look.Field{Name: "until", Label: "Resumes by itself on", Hint: "Leave it empty to wait until somebody resumes it.", Type: "date"}})}, send: toContract("pause", "until")},
		"resume": {op: "resumeSubscription", title: "Resume", submit: "Resume the contract", done: "The contract runs again.", about: aboutContract, back: view.backToContract,
			will: "The contract runs and costs again from today on.", send: toContract("resume")},
		"cancel": {op: "cancelSubscription", title: "Cancel the contract", submit: "Cancel the contract", done: "The contract is cancelled.", grave: true, about: aboutContract, back: view.backToContract,
			will: "At the end of the period it runs on until then, and the cancellation can be withdrawn. Now: it ends at once, days that were paid for and not used go to the wallet, and a fibre line is taken down.",
			inputs: []input{{Field: look.Field{Name: "mode", Label: "When", Options: []look.Option{{Value: "end_of_period", Label: "At the end of the period"}, {Value: "now", Label: "Now, at once"}}}},
				maybe(reason("Reason", "In the customer's words.", 500))}, send: toContract("cancel", "mode", "reason")},
		"keep": {op: "keepSubscription", title: "Withdraw the cancellation", submit: "Withdraw the cancellation", done: "The cancellation is withdrawn.", about: aboutContract, back: view.backToContract,
			will: "The contract renews as before.", send: func(a *ask) error { return a.api.Delete(session.Path("subscriptions", a.id, "cancellation"), "", nil) }},
	}
}

// aboutInvoice tells which invoice, and what of it is paid and given back.
func aboutInvoice(v view, t target, g reads) func(*ask) {
	var d document
	g.need(session.Path("invoices", t.id), query("customerId", t.customer), &d)
	return func(a *ask) {
		a.facts = entries(entry("Invoice", text(d.Number)), entry("Status", state(d.Status)), entry("Total", text(sum(d.Total))), entry("To pay", text(sum(d.Due))), entry("Paid", text(sum(d.Paid))), entry("Credited", text(sum(d.Credited))))
		a.preset("amount", strings.TrimSuffix(sum(d.Paid), " "+d.Paid.Currency))
		a.preset("currency", d.Total.Currency)
	}
}

// amount reads the amount of the form.
func (a *ask) amount() (money.Amount, error) {
	m, err := money.Parse(a.Field("amount"), strings.ToUpper(a.Field("currency")))
	if err != nil || m.Minor == 0 {
		return m, fault.ErrInvalid.Naming("amount", "write it like 12.99")
	}
	return m, nil
}

var amountInputs = []input{{Field: look.Field{Name: "amount", Label: "Amount", Hint: "For example 12.99", Mode: "decimal", Max: 20}}, {Field: look.Field{Name: "currency", Label: "Currency", Value: "EUR", Max: 3}}}

func moneyActions() map[string]action {
	close := func(how string) func(*ask) error {
		return func(a *ask) error {
			return a.api.Post(session.Path("invoices", a.id, how), a.key, map[string]any{"customerId": a.customer, "reason": a.Field("reason")}, nil)
		}
	}
	return map[string]action{
		"refund": {op: "refundInvoice", title: "Refund", submit: "Give it back", done: "The refund is asked for.", grave: true, about: aboutInvoice, back: view.backToInvoice,
			will: "Wholly or in part, of the newest payments first, never more than was paid and not given back. What a wallet paid goes back to it. A credit note corrects the invoice, unless it is goodwill.",
			inputs: append(append([]input{}, amountInputs...), input{Field: look.Field{Name: "to", Label: "Where to", Options: []look.Option{{Value: "card", Label: "The card it was paid with"}, {Value: "wallet", Label: "The customer's wallet"}}}},
				reason("Reason", "Printed on the credit note: the customer reads it.", 200), input{check: true, Field: look.Field{Name: "goodwill", Label: "Goodwill: the invoice was right and stays as it is", Optional: true}}), send: sendRefund},
		"redirect": {op: "redirectRefund", title: "Refund to the wallet instead", submit: "Give it to the wallet", done: "The refund went to the wallet.", about: aboutInvoice, back: view.backToInvoice,
			will: "What the card refused is given to the customer's wallet at once. Parts that reached their cards stay there.",
			send: func(a *ask) error {
				return a.api.Post("/admin"+a.customerPath("invoices", a.id, "refunds", a.and, "to-wallet"), a.key, nil, nil)
			}},
		"void": {op: "voidInvoice", title: "Void", submit: "Void the invoice", done: "The invoice is void.", grave: true, about: aboutInvoice, back: view.backToInvoice,
			will:   "Nothing of it is to be paid any more: its dunning ends, and a contract that was suspended for it alone runs again. Its number stays. It cannot be undone.",
			inputs: []input{reason("Reason", "Printed on the invoice: the customer reads it.", 200)}, send: close("void")},
		"writeOff": {op: "writeOffInvoice", title: "Write off", submit: "Write it off", done: "The invoice is written off.", grave: true, about: aboutInvoice, back: view.backToInvoice,
			will:   "We no longer expect it to be paid. Its dunning ends. It cannot be undone.",
			inputs: []input{reason("Reason", "For the books.", 200)}, send: close("write-off")},
		"credit": {op: "moveWallet", title: "Credit the wallet", submit: "Credit the wallet", done: "The wallet is credited.", back: view.backToMoney, will: "The customer can spend it at once.",
			inputs: append(append([]input{}, amountInputs...), reason("Reason", "For colleagues and auditors; the customer does not see it.", 200)), send: moveWallet("credit"), about: presetCurrency},
		"debit": {op: "moveWallet", title: "Debit the wallet", submit: "Debit the wallet", done: "The wallet is debited.", grave: true, back: view.backToMoney, will: "It is taken from what is available; a wallet never falls below zero.",
			inputs: append(append([]input{}, amountInputs...), reason("Reason", "For colleagues and auditors; the customer does not see it.", 200)), send: moveWallet("debit"), about: presetCurrency},
		"askAgain": {op: "verifyPayment", title: "Ask what became of the payment", submit: "Ask the payment provider", done: "The payment provider was asked.", back: func(v view, _ target) string { return v.on("attention") }, about: aboutPayment, send: askAgain,
			will: "The payment provider is asked now. If it has the money, the payment succeeds and what it paid for is delivered; if not, it fails and the customer can pay again. If it does not know yet, everything stays as it is. What comes of it goes on record as yours."},
		"cancelOrder": {op: "cancelCustomerOrder", title: "Cancel the order", submit: "Cancel the order", done: "The order is cancelled.", grave: true, back: view.backToMoney, about: aboutOrder,
			will: "The order can no longer be paid. What a wallet holds for it is free again.",
			send: func(a *ask) error {
				return a.api.Post("/admin"+a.customerPath("orders", a.id, "cancel"), a.key, nil, nil)
			}},
	}
}

func presetCurrency(view, target, reads) func(*ask) {
	return func(a *ask) { a.preset("currency", "EUR") }
}

func aboutOrder(v view, t target, g reads) func(*ask) {
	var o orderOf
	g.need("/admin"+v.customerPath("orders", t.id), nil, &o)
	return func(a *ask) {
		a.facts = entries(entry("Order", code(o.OrderID)), entry("Status", state(o.Status)), entry("What", text(o.what())), entry("Total", text(sum(o.Total))))
	}
}

// aboutPayment tells which payment, whose, and for which order, which is there only if it was placed before it is paid.
func aboutPayment(v view, t target, g reads) func(*ask) {
	var c person
	var o orderOf
	g.need(v.customerPath(), nil, &c)
	if t.and != "" {
		g.get("readCustomerOrder", "/admin"+v.customerPath("orders", t.and), nil, &o)
	}
	return func(a *ask) {
		a.facts = entries(entry("Customer", text(c.called())), entry("Payment", code(t.id)), entry("Order", code(t.and)), entry("What", text(o.what())), entry("Amount", text(sum(o.Total))))
	}
}

func init() {
	done["payment_pending"] = "The payment provider does not know yet, or the payment is too young to be asked about. Nothing was changed."
	done["payment_parked"] = "Its outcome is not known, or another amount came. It still waits for somebody; nothing was changed."
	done["payment_succeeded"] = "The money came: the payment succeeded, and what it paid for is on its way."
	done["payment_failed"] = "No money came: the payment failed, and the customer can pay again."
	done["payment_refunded"] = "The money came, but could not pay for it any more: it was given back."
}

// askAgain has the payment provider asked, and says what came of it.
func askAgain(a *ask) error {
	var is struct {
		Status string
		Parked bool
	}
	err := a.api.Post(session.Path("admin", "payments", a.id, "verify"), a.key, nil, &is)
	if f := fault.Of(err); f != nil && f.Code == "payment_unsettled" {
		return &fault.Fault{Kind: fault.Conflict, Code: f.Code, Message: "The payment provider does not answer. Nothing was changed: ask again in a moment."}
	}
	if a.came = "payment_" + is.Status; is.Parked {
		a.came = "payment_parked"
	}
	return err
}

func sendRefund(a *ask) error {
	m, err := a.amount()
	if err != nil {
		return err
	}
	body := a.body("to", "reason")
	body["amount"] = m.Minor
	if a.Field("goodwill") == "yes" {
		body["goodwill"] = true
	}
	return a.api.Post("/admin"+a.customerPath("invoices", a.id, "refunds"), a.key, body, nil)
}

func moveWallet(kind string) func(*ask) error {
	return func(a *ask) error {
		m, err := a.amount()
		if err != nil {
			return err
		}
		return a.api.Post("/admin"+a.customerPath("wallet", "movements"), a.key, map[string]any{"kind": kind, "amount": m, "reason": a.Field("reason")}, nil)
	}
}
