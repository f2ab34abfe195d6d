package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// charge is one attempt to take money, successful or not.
type charge struct {
	ID             string            `json:"id"`
	Created        int64             `json:"created"`
	PaymentIntent  string            `json:"paymentIntent"`
	PaymentMethod  string            `json:"paymentMethod"`
	Card           card              `json:"card"`
	Billing        obj               `json:"billing"`
	Customer       string            `json:"customer,omitempty"`
	Amount         int64             `json:"amount"`
	AmountCaptured int64             `json:"amountCaptured"`
	Refunded       int64             `json:"refunded"`
	Captured       bool              `json:"captured"`
	Currency       string            `json:"currency"`
	Status         string            `json:"status"`
	Description    string            `json:"description,omitempty"`
	Metadata       map[string]string `json:"metadata,omitempty"`
	FailureCode    string            `json:"failureCode,omitempty"`
	FailureMessage string            `json:"failureMessage,omitempty"`
	DeclineCode    string            `json:"declineCode,omitempty"`
	Dispute        string            `json:"dispute,omitempty"`
}

// newCharge records an attempt that succeeded; the caller changes what did not.
func (o *op) newCharge(pi *paymentIntent, pm *paymentMethod) *charge {
	ch := &charge{ID: newID("ch"), Created: o.unix(), PaymentIntent: pi.ID, PaymentMethod: pm.ID, Card: pm.Card,
		Billing: pm.billing(), Customer: pi.Customer, Amount: pi.Amount, Currency: pi.Currency, Status: succeeded,
		Description: pi.Description, Metadata: pi.Metadata}
	o.st.Charges.add(ch.ID, ch)
	pi.LatestCharge = ch.ID
	return ch
}

func (st *state) renderCharge(ch *charge) obj {
	outcome := obj{"network_status": "approved_by_network", "reason": nil, "seller_message": "Payment complete.", "type": "authorized"}
	if ch.Status != succeeded {
		outcome = obj{"network_status": "declined_by_network", "reason": orNull(ch.DeclineCode),
			"seller_message": "The bank did not accept this payment.", "type": "issuer_declined"}
	}
	c := ch.Card
	return nulls(obj{
		"id": ch.ID, "object": "charge", "created": ch.Created, "livemode": false, "status": ch.Status, "paid": ch.Status == succeeded,
		"amount": ch.Amount, "amount_captured": ch.AmountCaptured, "amount_refunded": ch.Refunded, "captured": ch.Captured,
		"refunded": ch.Refunded == ch.Amount, "currency": ch.Currency, "customer": orNull(ch.Customer), "disputed": ch.Dispute != "",
		"payment_intent": ch.PaymentIntent, "payment_method": ch.PaymentMethod, "description": orNull(ch.Description),
		"metadata": metadataOf(ch.Metadata), "failure_code": orNull(ch.FailureCode), "failure_message": orNull(ch.FailureMessage),
		"billing_details": ch.Billing, "fraud_details": obj{}, "outcome": outcome,
		"payment_method_details": obj{"type": "card", "card": obj{
			"brand": c.Brand, "last4": c.Last4, "exp_month": c.ExpMonth, "exp_year": c.ExpYear, "fingerprint": c.fingerprint(),
			"funding": c.Funding, "country": "US", "network": c.Brand, "checks": c.checks(), "installments": nil, "mandate": nil,
			"three_d_secure": nil, "wallet": nil,
		}},
	}, "application", "application_fee", "application_fee_amount", "balance_transaction", "calculated_statement_descriptor",
		"failure_balance_transaction", "on_behalf_of", "receipt_email", "receipt_number", "receipt_url", "review", "shipping",
		"source_transfer", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group")
}

func getCharge(o *op, _ params) (obj, *apiError) {
	ch := o.st.Charges.Rows[o.id]
	if ch == nil {
		return nil, noSuch("charge", o.id, "id")
	}
	return o.st.renderCharge(ch), nil
}

func listCharges(o *op, p params) (obj, *apiError) {
	return page(o, p, o.st.Charges, func(ch *charge) bool {
		return matches(p, "customer", ch.Customer) && matches(p, "payment_intent", ch.PaymentIntent) && within(p, "created", ch.Created)
	}, o.st.renderCharge)
}

// wholeUnits are the currencies whose minor unit is the unit itself.
var wholeUnits = []string{"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}

var symbols = map[string]string{"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}

// money writes an amount of minor units for people.
func money(amount int64, currency string) string {
	digits := fmt.Sprintf("%d.%02d", amount/100, amount%100)
	if slices.Contains(wholeUnits, currency) {
		digits = fmt.Sprint(amount)
	}
	if s := symbols[currency]; s != "" {
		return s + digits
	}
	return digits + " " + strings.ToUpper(currency)
}
