package portal

import (
	"net/http"
	"net/url"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/money"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/wallet"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addInvoices() {
	unknown := []*fault.Fault{invoice.ErrUnknown}
	pays := append(unknown, payment.ErrDeclined, payment.ErrNoMethod, payment.ErrPSPUnavailable, payment.ErrPageRefused, wallet.ErrInsufficient)
	s.page(web.Page{ID: "getPortalInvoices", Path: "/portal/invoices", About: "Invoices and credit notes, newest first."}, s.showInvoices)
	s.page(web.Page{ID: "getPortalInvoice", Path: "/portal/invoices/{invoiceId}", Faults: unknown, About: "One document with its lines, its tax and what was paid."}, s.showInvoice)
	s.site.Add(web.Page{ID: "getPortalInvoicePdf", Method: http.MethodGet, Path: "/portal/invoices/{invoiceId}/pdf", Faults: unknown, About: "The document as a file."}, s.desk.For(s.pdf))
	s.page(web.Page{ID: "getPortalPay", Path: "/portal/invoices/{invoiceId}/pay", Faults: unknown, About: "The ways to pay an invoice."}, s.showPay)
	s.form(web.Page{ID: "sendPortalPay", Path: "/portal/invoices/{invoiceId}/pay", Faults: pays, About: "Pays by a saved card, from the wallet, or on the page of the payment service."}, s.showPay, s.pay)
	s.page(web.Page{ID: "returnToPortalInvoice", Path: "/portal/invoices/{invoiceId}/return", Faults: unknown, About: "Where the customer comes back to from the page of the payment service."}, s.showPaid)
	s.site.Add(web.Page{ID: "getPortalPaidYet", Method: http.MethodGet, Path: "/portal/invoices/{invoiceId}/waiting", Faults: unknown, About: "Tells the page that waits for a payment whether it came."}, s.desk.For(s.paidYet))
}

// billed is an invoice or a credit note in a list.
type billed struct {
	ID       string       `json:"invoiceId"`
	Number   string       `json:"number"`
	Kind     string       `json:"kind"`
	Status   string       `json:"status"`
	Total    money.Amount `json:"total"`
	Due      money.Amount `json:"due"`
	DueOn    civil.Date   `json:"dueOn"`
	IssuedOn civil.Date   `json:"issuedOn"`
}

// bill is the whole of it.
type bill struct {
	billed
	Currency string       `json:"currency"`
	Credit   money.Amount `json:"credit"`
	Credited money.Amount `json:"credited"`
	Paid     money.Amount `json:"paid"`
	Net      int64        `json:"net"`
	Corrects string       `json:"correctsNumber"`
	Reason   string       `json:"reason"`
	Lines    []struct {
		Name        string        `json:"name"`
		Explanation string        `json:"explanation"`
		Amount      money.Amount  `json:"amount"`
		Period      *civil.Period `json:"period"`
	} `json:"lines"`
	Taxes []struct {
		Rate      int64 `json:"taxRate"`
		Tax       int64 `json:"tax"`
		Exemption *struct {
			Reason string `json:"reason"`
		} `json:"exemption"`
	} `json:"taxes"`
	Receipts []struct {
		Amount   money.Amount `json:"amount"`
		Refunded money.Amount `json:"refunded"`
		At       time.Time    `json:"paidAt"`
		With     string       `json:"paidWith"`
	} `json:"receipts"`
}

var tones = map[string]look.Tone{"open": look.Warn, "paid": look.Good, "void": look.Plain, "uncollectible": look.Bad, "pending": look.Warn, "confirmed": look.Good, "expired": look.Plain,
	"resolved": look.Good, "unpaid": look.Warn, "delivered": look.Good, "cancelled": look.Plain}

// status is a badge of a state that the API names.
func (w words) status(of string) look.Cell {
	return look.Cell{Text: w.named("status", of), Tone: tones[of]}
}

func (s service) showInvoices(sh *sheet) (view, error) {
	var all struct {
		Invoices []billed
		Next     string `json:"nextCursor"`
	}
	if err := sh.api.Get("/invoices", sh.listed(), &all); err != nil {
		return view{}, err
	}
	t := &look.Table{Caption: sh.say("invoices"), Columns: look.Columns(sh.say("invoice.number"), sh.say("invoice.date"), sh.say("invoice.state"), "#"+sh.say("invoice.total"), "#"+sh.say("invoice.due")), Empty: sh.say("invoices.none")}
	for _, i := range all.Invoices {
		due := ""
		if i.Due.Minor > 0 {
			due = sh.Amount(i.Due)
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: i.Number, Address: sh.to("invoices", i.ID), Note: sh.named("kind", i.Kind)}, {Text: sh.Date(i.IssuedOn)}, sh.status(i.Status), {Text: sh.Amount(i.Total)}, {Text: due}})
	}
	return view{title: sh.say("invoices"), section: "invoices", cards: []card{{table: t, pager: sh.pagerOf(all.Next, "invoices")}}}, nil
}

// listed is the query of a list's page.
func (sh *sheet) listed() url.Values {
	q := url.Values{"limit": {pageMax}}
	if cursor := sh.v.Query().Get("cursor"); cursor != "" {
		q.Set("cursor", cursor)
	}
	return q
}

func (sh *sheet) invoicePath(more ...string) string {
	return session.Path(append([]string{"invoices", sh.v.PathValue("invoiceId")}, more...)...)
}

func (sh *sheet) invoicePage(more ...string) string {
	return sh.to(append([]string{"invoices", sh.v.PathValue("invoiceId")}, more...)...)
}

func (s service) showInvoice(sh *sheet) (view, error) {
	var b bill
	if err := sh.api.Get(sh.invoicePath(), nil, &b); err != nil {
		return view{}, err
	}
	v := view{title: sh.say("invoice."+b.Kind, "number", b.Number), section: "invoices"}
	c := card{title: sh.say("invoice.sums"), badge: look.Entry{Cell: sh.status(b.Status)}, facts: sh.billFacts(b)}
	if b.Corrects != "" {
		c.text = sh.say("invoice.corrects", "number", b.Corrects)
	}
	if b.DueOn != "" && b.Due.Minor > 0 {
		c.text = sh.say("invoice.dueOn", "date", sh.Date(b.DueOn))
	}
	if b.Due.Minor > 0 && b.Kind == "invoice" && (b.Status == "open" || b.Status == "uncollectible") {
		c.links = append(c.links, link{sh.say("invoice.payNow"), sh.invoicePage("pay"), true})
	}
	c.links = append(c.links, link{sh.say("invoice.pdf"), sh.invoicePage("pdf"), false})
	v.cards = append(v.cards, c, sh.lines(b))
	if len(b.Receipts) > 0 {
		v.cards = append(v.cards, sh.receipts(b))
	}
	return v, nil
}

// billFacts are net, tax, total, and what is left of it.
func (sh *sheet) billFacts(b bill) []look.Fact {
	of := func(minor int64) string { return sh.Amount(money.Amount{Minor: minor, Currency: b.Currency}) }
	facts := []look.Fact{{Name: sh.say("invoice.net"), Value: of(b.Net)}}
	for _, t := range b.Taxes {
		name := sh.say("invoice.tax", "rate", sh.Rate(t.Rate))
		if t.Exemption != nil {
			name += " (" + t.Exemption.Reason + ")"
		}
		facts = append(facts, look.Fact{Name: name, Value: of(t.Tax)})
	}
	facts = append(facts, look.Fact{Name: sh.say("invoice.total"), Value: sh.Amount(b.Total), Sum: true})
	for _, each := range []struct {
		name string
		is   money.Amount
	}{{"invoice.credit", b.Credit}, {"invoice.credited", b.Credited}, {"invoice.paid", b.Paid}} {
		if each.is.Minor != 0 {
			facts = append(facts, look.Fact{Name: sh.say(each.name), Value: sh.Amount(each.is.Times(-1))})
		}
	}
	if b.Kind == "invoice" {
		facts = append(facts, look.Fact{Name: sh.say("invoice.due"), Value: sh.Amount(b.Due), Sum: true})
	}
	return facts
}

func (sh *sheet) lines(b bill) card {
	t := &look.Table{Caption: sh.say("invoice.lines"), Columns: look.Columns(sh.say("invoice.item"), sh.say("invoice.period"), "#"+sh.say("invoice.amount"))}
	for _, l := range b.Lines {
		period := ""
		if l.Period != nil {
			period = sh.Period(*l.Period)
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: l.Name, Note: l.Explanation}, {Text: period}, {Text: sh.Amount(l.Amount)}})
	}
	return card{title: sh.say("invoice.lines"), table: t}
}

func (sh *sheet) receipts(b bill) card {
	t := &look.Table{Caption: sh.say("invoice.receipts"), Columns: look.Columns(sh.say("invoice.date"), sh.say("invoice.with"), "#"+sh.say("invoice.amount"), "#"+sh.say("invoice.refunded"))}
	for _, r := range b.Receipts {
		back := ""
		if r.Refunded.Minor > 0 {
			back = sh.Amount(r.Refunded)
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: sh.at(r.At, time.UTC)}, {Text: sh.named("with", r.With)}, {Text: sh.Amount(r.Amount)}, {Text: back}})
	}
	return card{title: sh.say("invoice.receipts"), table: t}
}

func (s service) pdf(v *web.Visit, c session.Caller) (web.Answer, error) {
	raw, err := c.Document(session.Path("invoices", v.PathValue("invoiceId"), "pdf"), "application/pdf")
	return web.File("application/pdf", raw, 0), err
}
