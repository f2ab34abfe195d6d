package notice

import (
	"embed"

	"turnup/internal/base/language"
)

// Base is the language that everything falls back to.
const Base = language.Base

// The words of each language: one file, named after the language's tag in lower case.
//
//go:embed languages/*.json
var files embed.FS

// words are all texts of one language. Placeholders are in braces.
type words struct {
	Phrases phrases         `json:"phrases"`
	Mails   map[string]text `json:"mails"` // by kind, or by a variant of one
}

// text is what a mail says in one language.
type text struct {
	Subject string   `json:"subject"`
	Preview string   `json:"preview"` // what a list of mails shows beside the subject
	Heading string   `json:"heading"`
	Body    []string `json:"body"`
	Action  string   `json:"action"`
	After   []string `json:"after"` // below the button
}

// phrases are the pieces that several mails share.
type phrases struct {
	Greeting       string            `json:"greeting"`
	Stranger       string            `json:"stranger"` // the greeting of somebody whose name is not known
	BareLink       string            `json:"bareLink"`
	Footer         string            `json:"footer"`
	Months         [12]string        `json:"months"`
	Day            string            `json:"day"`
	Moment         string            `json:"moment"`
	Decimal        string            `json:"decimal"`
	Every          map[string]string `json:"every"` // billing periods, by ISO 8601 duration
	Item           string            `json:"item"`
	Amount         string            `json:"amount"`
	Coupon         string            `json:"coupon"`
	Total          string            `json:"total"`
	Order          string            `json:"order"`
	Payment        string            `json:"payment"`
	Request        string            `json:"request"`
	Invoice        string            `json:"invoice"`
	Service        string            `json:"service"`
	Username       string            `json:"username"`
	Guide          string            `json:"guide"`
	Due            string            `json:"due"`
	GivenBack      string            `json:"givenBack"`
	NextBilling    string            `json:"nextBilling"`
	EndsOn         string            `json:"endsOn"`
	FinalBill      string            `json:"finalBill"`
	Expected       string            `json:"expected"`
	RenewsOn       string            `json:"renewsOn"`
	Price          string            `json:"price"`
	Thanks         string            `json:"thanks"`
	ThanksStranger string            `json:"thanksStranger"`
	Opening        map[string]string `json:"opening"` // what happens after a purchase
	Paid           string            `json:"paid"`
	PaidWith       string            `json:"paidWith"`
	PaidByCard     string            `json:"paidByCard"`
	PaidByWallet   string            `json:"paidByWallet"`
	PaidNothing    string            `json:"paidNothing"`
	PaidByCredit   string            `json:"paidByCredit"`
	Refunded       map[string]string `json:"refunded"` // reasons of payment.refunded
	RefundedElse   string            `json:"refundedElse"`
	EndsUnpaid     string            `json:"endsUnpaid"`
	ToCard         string            `json:"toCard"`
	ToWallet       string            `json:"toWallet"`
	BackToCard     string            `json:"backToCard"`
	BackToWallet   string            `json:"backToWallet"`
	Declined       map[string]string `json:"declined"` // reasons of payment.failed
	DeclinedElse   string            `json:"declinedElse"`
}

var shipped = language.Shipped[words](files)

// Languages lists the languages in which every mail is written.
func Languages() []string { return language.Tags(shipped()) }

// Match finds the language to write in for somebody who wants another.
func Match(wanted string) string { return language.Match(wanted, shipped()) }
