package notice

import (
	"net/url"
	"time"

	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// Kind names a kind of mail for ever: records of sent mails have it.
type Kind string

// The kinds.
const (
	KindWelcome               Kind = "welcome"
	KindVerificationReminder  Kind = "verification-reminder"
	KindVerificationResent    Kind = "verification-resent"
	KindVerificationRenewed   Kind = "verification-renewed"
	KindEmailVerified         Kind = "email-verified"
	KindPasswordReset         Kind = "password-reset"
	KindPasswordChanged       Kind = "password-changed"
	KindEmailChange           Kind = "email-change"
	KindEmailChanged          Kind = "email-changed"
	KindSecondFactorEnabled   Kind = "second-factor-enabled"
	KindSecondFactorDisabled  Kind = "second-factor-disabled"
	KindInvitation            Kind = "invitation"
	KindTicketOpened          Kind = "ticket-opened"
	KindTicketAnswered        Kind = "ticket-answered"
	KindTicketResolved        Kind = "ticket-resolved"
	KindReceipt               Kind = "receipt"
	KindRefund                Kind = "refund"
	KindServiceActivated      Kind = "service-activated"
	KindInvoice               Kind = "invoice"
	KindInvoicePaid           Kind = "invoice-paid"
	KindInvoiceRefund         Kind = "invoice-refund"
	KindPaymentFailed         Kind = "payment-failed"
	KindDunningReminder       Kind = "dunning-reminder"
	KindServiceSuspended      Kind = "service-suspended"
	KindServiceEnded          Kind = "service-ended"
	KindServiceResumed        Kind = "service-resumed"
	KindCancellationConfirmed Kind = "cancellation-confirmed"
	KindProvisioningDelay     Kind = "provisioning-delay"
	KindRenewalReminder       Kind = "renewal-reminder"
	KindCardExpiring          Kind = "card-expiring"
	KindSignupResume          Kind = "signup-resume"
	KindSignupDone            Kind = "signup-done"
)

// Entry is a kind of mail in the catalogue.
type Entry struct {
	Kind    Kind
	Trigger string    // the event that leads to it; empty of a mail whose event does not exist yet
	To      string    // who gets it
	Samples []Content // made-up data, one for each way in which it reads
}

const (
	toCustomer = "the customer"
	toAccount  = "the customer or member of staff"
)

// Catalogue is every kind of mail there is, with sample data. It is for previews, tests and pages; sending does not need it.
func Catalogue() []Entry {
	at := time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC)
	eur := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
	const (
		token   = "sample-token"
		pages   = "https://pages.turnup.example/v1"
		service = "Fibre 500"
		order   = "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
		payment = "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
		ticket  = "tic_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
		sub     = "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
		invoice = "inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
	)
	day, week := at.AddDate(0, 0, 1), at.AddDate(0, 0, 7)
	hd := lineitem.Line{ItemID: "plan_stream-hd", Name: "Stream HD", Type: lineitem.Subscription, Price: eur(1299), Quantity: 1, BillingPeriod: "P1M"}
	stick := lineitem.Line{ItemID: "good_streaming-stick", Name: "Streaming Stick", Type: lineitem.OneOff, Price: eur(4999), Quantity: 2}
	fibre := lineitem.Line{ItemID: "plan_fibre-500", Name: service, Type: lineitem.Subscription, Price: eur(4990), Quantity: 1, BillingPeriod: "P1M", Access: &lineitem.Access{DownKbps: 500000, UpKbps: 250000}}
	topUp := lineitem.Line{Name: "Wallet top-up", Type: lineitem.TopUp, Price: eur(2500), Quantity: 1}
	var refunds, failures, dunning []Content
	for _, reason := range []string{"late_payment", "order_cancelled", "duplicate_payment", "already_active", "not_due", ""} {
		refunds = append(refunds, Refund{PaymentID: payment, OrderID: order, RefundedAt: at, Amount: eur(1299), Reason: reason})
	}
	for _, reason := range []string{"insufficient_funds", "card_expired", "card_declined", "authentication_failed", "authentication_abandoned", "no_payment_method", "charged_back", ""} {
		failures = append(failures, PaymentFailed{Service: service, Amount: eur(4990), Reason: reason, Grace: week})
	}
	for step := 1; step <= 3; step++ {
		dunning = append(dunning, DunningReminder{Service: service, Amount: eur(4990), Step: step, Suspends: week})
	}
	return []Entry{
		{KindWelcome, "account.registered", toCustomer, []Content{Welcome{token, day}}},
		{KindVerificationReminder, "verification.requested, a reminder", toCustomer, []Content{VerificationReminder{token, day}}},
		{KindVerificationResent, "verification.requested, by the customer", toCustomer, []Content{VerificationResent{token, day}}},
		{KindVerificationRenewed, "verification.requested, the first link is over", toCustomer, []Content{VerificationRenewed{token, week}}},
		{KindEmailVerified, "account.verified", toCustomer, []Content{EmailVerified{}, EmailVerified{Profiled: true}}},
		{KindPasswordReset, "passwordReset.requested", toAccount, []Content{PasswordReset{token, day}}},
		{KindPasswordChanged, "password.changed", toAccount, []Content{PasswordChanged{at}}},
		{KindEmailChange, "emailChange.requested", "the new address", []Content{EmailChange{token, day}}},
		{KindEmailChanged, "email.changed", "the address before", []Content{EmailChanged{at}}},
		{KindSecondFactorEnabled, "secondFactor.enabled", toAccount, []Content{SecondFactorEnabled{at}}},
		{KindSecondFactorDisabled, "secondFactor.disabled", toAccount, []Content{SecondFactorDisabled{At: at}, SecondFactorDisabled{At: at, ByStaff: true}}},
		{KindInvitation, "passwordReset.requested, without a password yet", "the member of staff", []Content{Invitation{token, week}}},
		{KindTicketOpened, "ticket.opened", toCustomer, []Content{TicketOpened{ticket}}},
		{KindTicketAnswered, "ticket.answered, by staff", toCustomer, []Content{TicketAnswered{ticket}}},
		{KindTicketResolved, "ticket.resolved", toCustomer, []Content{TicketResolved{ticket}}},
		{KindReceipt, "order.paid", toCustomer, []Content{
			Receipt{OrderID: order, PaidAt: at, PaidWith: "visa •••• 4242", Lines: []lineitem.Line{hd, stick}, Coupon: "WELCOME20", Discount: eur(260), Total: eur(11037), NextBilling: at.AddDate(0, 1, 0)},
			Receipt{OrderID: order, PaidAt: at, PaidWith: paidByWallet, Lines: []lineitem.Line{stick}, Total: eur(9998)},
			Receipt{OrderID: order, PaidAt: at, PaidWith: paidByCard, Lines: []lineitem.Line{topUp}, Total: eur(2500)},
			Receipt{OrderID: order, PaidAt: at, PaidWith: paidByCard, Lines: []lineitem.Line{fibre}, Total: eur(4990)},
			Receipt{OrderID: order, PaidAt: at, Lines: []lineitem.Line{hd}, Total: eur(1299)},
			Receipt{OrderID: order, PaidAt: at, Lines: []lineitem.Line{hd}, Discount: eur(1299), Total: eur(0)}}},
		{KindRefund, "payment.refunded", toCustomer, refunds},
		{KindServiceActivated, "service.activated, the first time", toCustomer, []Content{ServiceActivated{Service: service, Username: "01jd3q6v6k8m4h0wz0v5q3y1xa@demo", Token: token, Until: week}}},
		{KindPaymentFailed, "dunning.started", toCustomer, failures},
		{KindDunningReminder, "dunning.reminded", toCustomer, dunning},
		{KindServiceSuspended, "subscription.suspended", toCustomer, []Content{ServiceSuspended{service, eur(4990), week}, ServiceSuspended{Service: service, Amount: eur(4990)}}},
		{KindServiceEnded, "subscription.ended, for non-payment", toCustomer, []Content{ServiceEnded{service, eur(1165)}}},
		{KindServiceResumed, "service.resumed; subscription.resumed, of one without a line", toCustomer, []Content{ServiceResumed{service}}},
		{KindInvoice, "invoice.issued, with something left to pay", toCustomer, []Content{Invoice{ID: invoice, Number: "INV-3-000042", Amount: eur(4990), Due: week.AddDate(0, 0, 7)}}},
		{KindInvoicePaid, "invoice.paid, but for orders", toCustomer, []Content{
			InvoicePaid{ID: invoice, Number: "INV-3-000042", Total: eur(4990), PaidAt: at, PaidWith: "visa •••• 4242", NextBilling: at.AddDate(0, 1, 0)},
			InvoicePaid{ID: invoice, Number: "INV-3-000043", Total: eur(4990), PaidAt: at, PaidWith: paidByWallet},
			InvoicePaid{ID: invoice, Number: "INV-3-000044", Total: eur(4990), PaidAt: at, NextBilling: at.AddDate(0, 1, 0)}}},
		{KindInvoiceRefund, "refund.settled", toCustomer, []Content{
			InvoiceRefund{ID: invoice, Number: "INV-3-000042", Amount: eur(1299), ToCard: eur(1299)},
			InvoiceRefund{ID: invoice, Number: "INV-3-000043", Amount: eur(1299), ToCard: eur(299), ToWallet: eur(1000)},
			InvoiceRefund{ID: invoice, Number: "INV-3-000044", Amount: eur(1000), ToWallet: eur(1000)}}},
		{KindCancellationConfirmed, "subscription.cancelled", toCustomer, []Content{CancellationConfirmed{service, sub, at.AddDate(0, 1, 0), eur(2495)}}},
		{KindProvisioningDelay, "provisioning.parked, the first time while a service is set up", toCustomer, []Content{ProvisioningDelay{service, order, week}}},
		{KindRenewalReminder, "renewal.upcoming", toCustomer, []Content{RenewalReminder{service, sub, week, eur(4990)}}},
		{KindCardExpiring, "card.expiring", toCustomer, []Content{CardExpiring{service, "visa •••• 4242", week}}},
		{KindSignupResume, "signup.resumeRequested", toCustomer, []Content{SignupResume{"Stream HD", pages + "/signup/demo/sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/resume?hash=sample", week}}},
		{KindSignupDone, "signup.completed, of who was told that it takes longer", toCustomer, []Content{SignupDone{"Stream HD", pages + "/pages/thank-you/thx_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}}},
	}
}

// EntryOf finds a kind in the catalogue; unknown is ErrKindUnknown.
func EntryOf(k Kind) (Entry, error) {
	for _, e := range Catalogue() {
		if e.Kind == k {
			return e, nil
		}
	}
	return Entry{}, ErrKindUnknown
}

// Action says for people what the one button of a kind is, in the base language, and to which page of the front end it leads.
func (e Entry) Action() (button, page string) {
	l := e.Samples[0].letter(penFor(Theme{}, Reader{Language: Base}))
	if address, err := url.Parse(l.Link); err == nil {
		page = address.Path
	}
	return l.Button, page
}
