package invoices

import (
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/billing"
	"turnup/internal/domain/invoice"
)

// The fields of a document say which business term of the European standard on electronic invoicing (EN 16931) they are, so that an
// e-invoice can be made of the answer.

// Summary is a document without its lines. (huma reads embedded structs only when they are exported.)
type Summary struct {
	InvoiceID      id.Invoice      `json:"invoiceId,omitempty" doc:"Id of the document" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	CustomerID     id.Customer     `json:"customerId" doc:"Whose it is (BT-46)" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Kind           invoice.Kind    `json:"kind" enum:"invoice,credit_note" doc:"What it is" example:"invoice"`
	TypeCode       string          `json:"typeCode" enum:"380,381" doc:"The same by UNTDID 1001 (BT-3)" example:"380"`
	Status         invoice.State   `json:"status" enum:"draft,open,paid,void,uncollectible" doc:"open: final and not paid; void: withdrawn, nothing is to be paid; uncollectible: written off, and may still be paid; draft: only of a bill that is not made yet" example:"paid"`
	Number         string          `json:"number,omitempty" doc:"Of a final document: the series and the number in it, which has no gaps (BT-1)" example:"INV-3-000042"`
	IssuedOn       civil.Date      `json:"issuedOn,omitempty" format:"date" doc:"Day of issue (BT-2)" example:"2030-01-01"`
	DueOn          civil.Date      `json:"dueOn,omitempty" format:"date" doc:"To be paid by (BT-9)" example:"2030-01-15"`
	SettledAt      *time.Time      `json:"settledAt,omitempty" doc:"When it was paid, withdrawn or written off" example:"2030-01-01T00:10:00Z"`
	SubscriptionID id.Subscription `json:"subscriptionId,omitempty" doc:"The contract it is of (BT-12)" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	OrderID        id.Order        `json:"orderId,omitempty" doc:"The order it is of (BT-13)" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Corrects       id.Invoice      `json:"correctsInvoiceId,omitempty" doc:"Of a credit note: the invoice it corrects" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB"`
	CorrectsNumber string          `json:"correctsNumber,omitempty" doc:"Its number (BT-25)" example:"INV-3-000042"`
	Total          money.Amount    `json:"total" doc:"Tax included (BT-112); of a credit note what is given back"`
	Due            money.Amount    `json:"due" doc:"What is left to pay (BT-115)"`
}

// line is a charge.
type line struct {
	Number      int                 `json:"number" doc:"From 1 (BT-126)" example:"1"`
	Kind        lineitem.ChargeKind `json:"kind" enum:"item,period,unused,discount,correction" doc:"item: bought once, or the first period of a plan; period: a plan, for days of a billing period; unused: days that were paid for and are given back; discount: what a coupon takes off; correction: a part of an invoice that is taken back" example:"period"`
	ItemID      id.Item             `json:"itemId,omitempty" doc:"Id of the catalogue item (BT-155)" example:"plan_fibre-300"`
	Name        string              `json:"name" doc:"What for, in the customer's language (BT-153)" example:"Fibre 300"`
	Explanation string              `json:"explanation,omitempty" doc:"How the amount comes about, in the customer's language (BT-127)" example:"20 of 31 days × 49.90 EUR = 32.19 EUR"`
	Period      *civil.Period       `json:"period,omitempty" doc:"The days it is for, from the first up to and not with the last (BT-134, and the day after BT-135)"`
	Quantity    int64               `json:"quantity" doc:"How many, or how many days (BT-129)" example:"20"`
	UnitCode    string              `json:"unitCode" enum:"DAY,C62" doc:"What of, by UN/ECE Recommendation 20: days or pieces (BT-130)" example:"DAY"`
	OfDays      int                 `json:"ofDays,omitempty" doc:"How many days the price is for" example:"31"`
	Price       money.Amount        `json:"price" doc:"Of one, or of all the days the price is for, tax included if there is any"`
	Amount      money.Amount        `json:"amount" doc:"Tax included; less than nothing is given back"`
	Net         int64               `json:"net" doc:"In minor units (BT-131)" example:"2705"`
	Tax         int64               `json:"tax" doc:"In minor units" example:"514"`
	TaxRate     int64               `json:"taxRate" doc:"In hundredths of a percent (BT-152)" example:"1900"`
	TaxCategory string              `json:"taxCategory" enum:"S,AE,E,O" doc:"By UNTDID 5305: S standard rate, AE reverse charge, E exempt, O not subject to tax (BT-151)" example:"S"`
}

// rate sums the lines of one rate of tax.
type rate struct {
	TaxRate   int64               `json:"taxRate" doc:"In hundredths of a percent (BT-119)" example:"1900"`
	Category  string              `json:"taxCategory" enum:"S,AE,E,O" doc:"By UNTDID 5305 (BT-118)" example:"S"`
	Net       int64               `json:"net" doc:"In minor units (BT-116)" example:"2705"`
	Tax       int64               `json:"tax" doc:"In minor units (BT-117)" example:"514"`
	Exemption *lineitem.Exemption `json:"exemption,omitempty" doc:"Why the buyer pays no tax"`
}

// receipt is money that was paid.
type receipt struct {
	PaymentID id.Payment   `json:"paymentId" doc:"The payment" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Amount    money.Amount `json:"amount" doc:"How much"`
	Refunded  money.Amount `json:"refunded" doc:"What was given back of it since"`
	Disputed  bool         `json:"disputed,omitempty" doc:"The customer's bank took it back" example:"false"`
	With      string       `json:"paidWith,omitempty" doc:"For people: brand and last four digits, or the wallet" example:"visa •••• 4242"`
	At        time.Time    `json:"paidAt" doc:"When" example:"2030-01-01T00:10:00Z"`
}

type view struct {
	Summary
	Seller   billing.Seller `json:"seller" doc:"Who sells (BG-4): name BT-27, address BG-5, VAT number BT-31, mail BT-43"`
	Buyer    invoice.Party  `json:"buyer" doc:"Who buys (BG-7): name BT-44, address BG-8, VAT number BT-48"`
	Language string         `json:"language" doc:"In which it is worded" example:"en"`
	Currency string         `json:"currency" doc:"ISO 4217 (BT-5)" example:"EUR"`
	Period   *civil.Period  `json:"period,omitempty" doc:"Of the supply, from the first day up to and not with the last (BT-73, and the day after BT-74)"`
	Reason   string         `json:"reason,omitempty" doc:"Of a credit note, or why it was withdrawn or written off" example:"Not used"`
	Terms    string         `json:"paymentTerms,omitempty" doc:"In the customer's language (BT-20)" example:"Please pay 49.90 EUR by 2030-01-15."`
	Lines    []line         `json:"lines" nullable:"false" doc:"What was charged (BG-25)"`
	Taxes    []rate         `json:"taxes" nullable:"false" doc:"By rate (BG-23)"`
	Net      int64          `json:"net" doc:"Sum without tax, in minor units (BT-109)" example:"2705"`
	Tax      int64          `json:"tax" doc:"Sum of the tax, in minor units (BT-110)" example:"514"`
	Credit   money.Amount   `json:"credit" doc:"Credit of the subscription that was taken off what is to be paid"`
	Credited money.Amount   `json:"credited" doc:"What credit notes took off since"`
	Paid     money.Amount   `json:"paid" doc:"What was paid and not given back (BT-113, with the credit)"`
	Receipts []receipt      `json:"receipts" nullable:"false" doc:"What was paid, the first one first"`
}

func summaryOf(i invoice.Invoice) Summary {
	s := Summary{InvoiceID: i.ID, CustomerID: i.Customer, Kind: i.Kind, TypeCode: "380", Status: i.State, Number: i.Number, IssuedOn: i.IssuedOn, SubscriptionID: i.Subscription, OrderID: i.Order,
		Corrects: i.Corrects, CorrectsNumber: i.CorrectsNumber, Total: money.Amount{Minor: i.Total, Currency: i.Currency}, Due: i.LeftAmount()}
	if i.Kind == invoice.CreditNote {
		s.TypeCode = "381"
	} else {
		s.DueOn = i.DueOn
	}
	if !i.SettledAt.IsZero() {
		s.SettledAt = &i.SettledAt
	}
	return s
}

func viewOf(i invoice.Invoice, seller billing.Seller) view {
	w, in := invoice.WordsOf(i.Language), func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: i.Currency} }
	v := view{Summary: summaryOf(i), Seller: seller, Buyer: i.Buyer, Language: w.Tag, Currency: i.Currency, Period: i.Period, Reason: i.Reason, Lines: []line{}, Taxes: []rate{}, Receipts: []receipt{},
		Credit: in(i.Credit), Credited: in(i.Credited), Paid: in(i.PaidUp())}
	if i.State == invoice.Open {
		v.Terms = w.Say("terms", "amount", w.Amount(i.LeftAmount()), "date", w.Date(i.DueOn))
	}
	for n, l := range i.Lines {
		v.Lines = append(v.Lines, lineOf(i, l, n+1, w))
	}
	for _, t := range i.Taxes {
		v.Net, v.Tax = v.Net+t.Net, v.Tax+t.Tax
		v.Taxes = append(v.Taxes, rate{TaxRate: t.Rate, Category: i.TaxCategory(t.Rate), Net: t.Net, Tax: t.Tax, Exemption: i.Exemption(t.Rate)})
	}
	for _, r := range i.Receipts {
		v.Receipts = append(v.Receipts, receipt{PaymentID: r.PaymentID, Amount: in(r.Amount), Refunded: in(r.Refunded), Disputed: r.Disputed, With: r.With, At: r.At})
	}
	return v
}

func lineOf(i invoice.Invoice, l invoice.Line, number int, w invoice.Words) line {
	v := line{Number: number, Kind: l.Kind, ItemID: l.ItemID, Name: w.Name(l.Charge), Explanation: w.Explain(l), Period: l.Period, Quantity: max(l.Quantity, 1), UnitCode: "C62", OfDays: l.Of,
		Price: l.Price, Amount: l.Amount, Net: l.Net, Tax: l.Tax, TaxRate: l.Rate, TaxCategory: i.TaxCategory(l.Rate)}
	if l.Of > 0 {
		v.Quantity, v.UnitCode = int64(l.Days), "DAY"
	}
	return v
}
