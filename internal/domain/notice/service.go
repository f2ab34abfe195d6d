package notice

import (
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The mails about a running service, its bills and its end.

// ServiceActivated says that a service is switched on, and how to get in: by user name and a link that is good once. There is
// never a password in a mail.
type ServiceActivated struct {
	Service  string
	Username string
	Token    string
	Until    time.Time
}

// Kind of ServiceActivated.
func (ServiceActivated) Kind() Kind { return KindServiceActivated }

func (m ServiceActivated) letter(p pen) letter {
	guide := p.page("getting-started")
	return p.write("service-activated", p.tokenPage("service-credentials", m.Token), values{"service": m.Service, "until": p.moment(m.Until)}).
		with(fact{Name: p.Phrases.Username, Value: m.Username}, fact{Name: p.Phrases.Guide, Value: guide, Link: guide})
}

// PaymentFailed says that a payment did not go through, or was taken back, why, and until when the service goes on.
type PaymentFailed struct {
	Service string
	Amount  money.Amount
	Reason  string // of the event dunning.started
	Grace   time.Time
}

// Kind of PaymentFailed.
func (PaymentFailed) Kind() Kind { return KindPaymentFailed }

func (m PaymentFailed) letter(p pen) letter {
	about := []fact{{Name: p.Phrases.Service, Value: m.Service}, {Name: p.Phrases.Amount, Value: p.amount(m.Amount)}}
	if m.Reason == "charged_back" {
		return p.write("payment-charged-back", p.page("invoices"), values{"service": m.Service, "amount": p.amount(m.Amount), "grace": p.day(m.Grace)}).with(about...)
	}
	reason, known := p.Phrases.Declined[m.Reason]
	if !known {
		reason = p.Phrases.DeclinedElse
	}
	return p.write("payment-failed", p.page("payment-methods"), values{"service": m.Service, "amount": p.amount(m.Amount), "reason": reason, "grace": p.day(m.Grace)}).with(about...)
}

// DunningReminder reminds of a payment that is open, more plainly from time to time.
type DunningReminder struct {
	Service  string
	Amount   money.Amount
	Step     int // 1, 2 or 3: on the third, fifth and seventh day
	Suspends time.Time
}

// Kind of DunningReminder.
func (DunningReminder) Kind() Kind { return KindDunningReminder }

func (m DunningReminder) letter(p pen) letter {
	name := "dunning-last"
	switch m.Step {
	case 1:
		name = "dunning-first"
	case 2:
		name = "dunning-second"
	}
	return p.write(name, p.page("invoices"), values{"service": m.Service, "amount": p.amount(m.Amount), "suspends": p.day(m.Suspends)}).
		with(fact{Name: p.Phrases.Service, Value: m.Service}, fact{Name: p.Phrases.Amount, Value: p.amount(m.Amount)})
}

// ServiceSuspended says that a service is suspended, and how it comes back.
type ServiceSuspended struct {
	Service string
	Amount  money.Amount
	Ends    time.Time // when it ends if nothing is paid; zero when it does not
}

// Kind of ServiceSuspended.
func (ServiceSuspended) Kind() Kind { return KindServiceSuspended }

func (m ServiceSuspended) letter(p pen) letter {
	l := p.write("service-suspended", p.page("invoices"), values{"service": m.Service, "amount": p.amount(m.Amount)})
	if !m.Ends.IsZero() {
		l.Body = append(l.Body, fill(p.Phrases.EndsUnpaid, values{"service": m.Service, "end": p.day(m.Ends)}))
	}
	return l
}

// ServiceEnded says that a service that was suspended has ended, because it was not paid.
type ServiceEnded struct {
	Service string
	Amount  money.Amount // that is left to pay
}

// Kind of ServiceEnded.
func (ServiceEnded) Kind() Kind { return KindServiceEnded }

func (m ServiceEnded) letter(p pen) letter {
	return p.write("service-ended", p.page("invoices"), values{"service": m.Service, "amount": p.amount(m.Amount)})
}

// ServiceResumed says that a service is back, with thanks.
type ServiceResumed struct{ Service string }

// Kind of ServiceResumed.
func (ServiceResumed) Kind() Kind { return KindServiceResumed }

func (m ServiceResumed) letter(p pen) letter {
	return p.write("service-resumed", p.page("account"), values{"service": m.Service})
}

// CancellationConfirmed says when a service ends and what the last bill will be, and asks why.
type CancellationConfirmed struct {
	Service      string
	Subscription id.Subscription
	End          time.Time
	FinalBill    money.Amount // estimated
}

// Kind of CancellationConfirmed.
func (CancellationConfirmed) Kind() Kind { return KindCancellationConfirmed }

func (m CancellationConfirmed) letter(p pen) letter {
	return p.write("cancellation-confirmed", p.page("feedback", string(m.Subscription)), values{"service": m.Service, "end": p.day(m.End)}).
		with(fact{Name: p.Phrases.EndsOn, Value: p.day(m.End)}, fact{Name: p.Phrases.FinalBill, Value: p.amount(m.FinalBill)})
}

// ProvisioningDelay says that switching a service on takes longer, and until when.
type ProvisioningDelay struct {
	Service  string
	OrderID  id.Order
	Expected time.Time
}

// Kind of ProvisioningDelay.
func (ProvisioningDelay) Kind() Kind { return KindProvisioningDelay }

func (m ProvisioningDelay) letter(p pen) letter {
	return p.write("provisioning-delay", p.page("orders", string(m.OrderID)), values{"service": m.Service, "expected": p.day(m.Expected)}).
		with(fact{Name: p.Phrases.Order, Value: string(m.OrderID)}, fact{Name: p.Phrases.Expected, Value: p.day(m.Expected)})
}

// RenewalReminder says that a subscription renews soon, and how to change that.
type RenewalReminder struct {
	Service      string
	Subscription id.Subscription
	Renews       time.Time
	Price        money.Amount
}

// Kind of RenewalReminder.
func (RenewalReminder) Kind() Kind { return KindRenewalReminder }

func (m RenewalReminder) letter(p pen) letter {
	return p.write("renewal-reminder", p.page("subscriptions", string(m.Subscription)), values{"service": m.Service, "renews": p.day(m.Renews), "price": p.amount(m.Price)}).
		with(fact{Name: p.Phrases.RenewsOn, Value: p.day(m.Renews)}, fact{Name: p.Phrases.Price, Value: p.amount(m.Price)})
}

// CardExpiring says that the card will have expired when a subscription renews.
type CardExpiring struct {
	Service string
	Card    string // brand and last four digits
	Renews  time.Time
}

// Kind of CardExpiring.
func (CardExpiring) Kind() Kind { return KindCardExpiring }

func (m CardExpiring) letter(p pen) letter {
	return p.write("card-expiring", p.page("payment-methods"), values{"service": m.Service, "card": m.Card, "renews": p.day(m.Renews)}).
		with(fact{Name: p.Phrases.RenewsOn, Value: p.day(m.Renews)})
}
