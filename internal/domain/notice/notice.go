// Package notice owns what customers are told by mail: which mail an event leads to and how it reads, in HTML and in
// text. It does not send.
package notice

import (
	"bytes"
	_ "embed" // the templates
	htmltemplate "html/template"
	"strings"
	"text/template"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// Mail is one mail, ready to be sent.
type Mail struct {
	To      string
	Subject string
	HTML    string
	Text    string
	Key     string // names the mail for ever: the same cause gives the same key, and so the same Message-ID
}

// Receipt is what a receipt says.
type Receipt struct {
	Brand    string // the client account's name
	Name     string // of the customer; may be empty
	Email    string
	OrderID  id.Order
	PaidAt   time.Time
	PaidWith string
	Lines    []lineitem.Line
	Total    money.Amount
}

//go:embed receipt.html.tmpl
var receiptHTML string

//go:embed receipt.txt.tmpl
var receiptText string

var functions = map[string]any{
	"amount": func(l lineitem.Line) string { return l.Price.Times(l.Quantity).String() },
	"period": func(l lineitem.Line) string { return periods[l.BillingPeriod] },
}

// periods are the billing periods in words.
var periods = map[string]string{"P1M": "per month", "P3M": "every three months", "P6M": "every six months", "P1Y": "per year"}

var (
	html = htmltemplate.Must(htmltemplate.New("receipt").Funcs(functions).Parse(receiptHTML))
	text = template.Must(template.New("receipt").Funcs(functions).Parse(receiptText))
)

// Mail renders the receipt.
func (r Receipt) Mail() (Mail, error) {
	var h, t bytes.Buffer
	if err := html.Execute(&h, r); err != nil {
		return Mail{}, err
	}
	if err := text.Execute(&t, r); err != nil {
		return Mail{}, err
	}
	return Mail{To: r.Email, Subject: strings.TrimSpace(r.Brand + ": receipt for order " + string(r.OrderID)), HTML: h.String(), Text: t.String(),
		Key: "receipt." + string(r.OrderID)}, nil
}
