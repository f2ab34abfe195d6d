package invoices

import (
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/billing"
	"turnup/internal/domain/invoice"
)

// examplePaid and exampleNote are made by the rules, so that they are right.
var examplePaid, exampleNote = examples()

func examples() (paid, note view) {
	at := time.Date(2030, 1, 1, 0, 10, 0, 0, time.UTC)
	period, price := civil.Period{From: "2030-01-01", Until: "2030-02-01"}, money.Amount{Minor: 4990, Currency: "EUR"}
	draft := invoice.Invoice{Tenant: "demo", Customer: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", ID: "inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB", Kind: invoice.Standard, Subscription: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
		Period: &period, Buyer: invoice.Party{Name: "Ada Example", Address: []string{"Musterstraße 5", "10115 Berlin"}, Country: "DE"}, Language: "en"}
	i, _ := invoice.Draw(draft, lineitem.TaxedAt(1900, lineitem.Charge{Kind: lineitem.ForPeriod, ItemID: "plan_fibre-300", Name: "Fibre 300", Period: &period, Days: 31, Of: 31, Price: price, Amount: price}))
	i, _, _ = i.Final(3, invoice.Numbers{Last: 41}, "2030-01-15", "2030-01-01", at)
	i, _ = i.Receive(invoice.Receipt{PaymentID: "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Amount: i.Total, With: "visa •••• 4242", At: at})
	n, _, _ := i.Correction("inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", 1610, "Outage", at)
	n, _, _ = n.Final(3, invoice.Numbers{Last: 6}, "2030-01-12", "2030-01-12", at.AddDate(0, 0, 11))
	seller := billing.Usual("demo").Seller
	return viewOf(i, seller), viewOf(n, seller)
}
