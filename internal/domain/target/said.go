package target

import (
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
)

// Of is what an event says, of each subject; nothing when it concerns no figure.
func Of(e event.Envelope) ([]Said, error) {
	for _, read := range []func(event.Envelope) ([]Said, error){ofAccounts, ofOrders, ofPayments, ofContracts, ofLines} {
		if said, err := read(e); err != nil || len(said) > 0 {
			return said, err
		}
	}
	return nil, nil
}

// first says when something became true of a subject.
func first[T ~string](k Kind, of T, at time.Time, facts ...Fact) Said {
	s := Said{Subject: Subject{k, string(of)}, First: map[Fact]time.Time{}}
	for _, f := range facts {
		s.First[f] = at
	}
	return s
}

// last says that something became true of a subject once more.
func last[T ~string](k Kind, of T, at time.Time, f Fact) Said {
	return Said{Subject: Subject{k, string(of)}, Last: map[Fact]time.Time{f: at}}
}

func switched[T ~string](k Kind, of T, s ...Switch) Said {
	return Said{Subject: Subject{k, string(of)}, Switches: s}
}

// byStaff tells whether a human of the operator's made an event true.
func byStaff(e event.Envelope) bool { return strings.HasPrefix(e.Actor, "staff:") }

func ofAccounts(e event.Envelope) ([]Said, error) {
	switch e.Type {
	case event.TypeAccountRegistered:
		var d event.AccountRegistered
		err := event.Decode(e, &d)
		return []Said{first(Customer, d.CustomerID, e.Time, account, came)}, err
	case event.TypeVerificationRequested:
		var d event.VerificationRequested
		err := event.Decode(e, &d)
		return []Said{last(Customer, d.CustomerID, e.Time, asked)}, err
	case event.TypeAccountVerified:
		var d event.AccountVerified
		err := event.Decode(e, &d)
		s := first(Customer, d.CustomerID, e.Time, confirmed)
		if d.By == "staff" {
			s.First[helped] = e.Time
		}
		return []Said{s}, err
	case event.TypeCustomerRegistered:
		var d event.CustomerRegistered
		err := event.Decode(e, &d)
		return []Said{first(Customer, d.CustomerID, e.Time, profiled, came)}, err
	}
	return nil, nil
}

func ofOrders(e event.Envelope) ([]Said, error) {
	switch e.Type {
	case event.TypeOrderCreated:
		var d event.OrderCreated
		err := event.Decode(e, &d)
		if len(lineitem.Subscriptions(d.Lines)) == 0 { // money for the wallet
			return nil, err
		}
		return []Said{first(Customer, d.CustomerID, e.Time, chosen)}, err
	case event.TypeOrderPaid:
		var d event.OrderPaid
		err := event.Decode(e, &d)
		return []Said{first(Customer, d.CustomerID, e.Time, bought)}, err
	case event.TypeContractSigned:
		var d event.ContractSigned
		err := event.Decode(e, &d)
		s := first(Customer, d.CustomerID, e.Time, chosen)
		for _, sub := range d.Subscriptions {
			s.Switches = append(s.Switches, Switch{e.Time, string(sub.SubscriptionID), true})
		}
		return []Said{s}, err
	}
	return nil, nil
}

func ofPayments(e event.Envelope) ([]Said, error) {
	switch e.Type {
	case event.TypePaymentInitiated:
		var d event.PaymentInitiated
		err := event.Decode(e, &d)
		var all []Said
		if d.Settles { // on the PSP's page it is the customer who takes the time
			all = append(all, first(Payment, d.PaymentID, e.Time, begun))
		}
		if d.OrderID != "" || d.CartID != "" {
			all = append(all, first(Customer, d.CustomerID, e.Time, paying))
		}
		return all, err
	case event.TypePaymentSucceeded:
		var d event.PaymentSucceeded
		err := event.Decode(e, &d)
		return []Said{first(Payment, d.PaymentID, e.Time, ended)}, err
	case event.TypePaymentFailed:
		var d event.PaymentFailed
		err := event.Decode(e, &d)
		return []Said{first(Payment, d.PaymentID, e.Time, ended)}, err
	case event.TypeInvoicePaid:
		var d event.InvoicePaid
		err := event.Decode(e, &d)
		if d.OrderID != "" { // made when its order was paid, and of no renewal
			return nil, err
		}
		return []Said{first(Renewal, d.InvoiceID, e.Time, ended)}, err
	}
	return nil, nil
}

func ofContracts(e event.Envelope) ([]Said, error) {
	switch e.Type {
	case event.TypeSubscriptionRenewed:
		var d event.SubscriptionRenewed
		err := event.Decode(e, &d)
		return []Said{first(Renewal, d.InvoiceID, e.Time, begun)}, err
	case event.TypeSubscriptionCancelled:
		var d event.SubscriptionCancelled
		err := event.Decode(e, &d)
		if d.Mode == "end_of_period" {
			return []Said{last(Contract, d.SubscriptionID, e.Time, atEnd)}, err
		}
		return []Said{last(Contract, d.SubscriptionID, e.Time, atOnce)}, err
	case event.TypeSubscriptionCancellationWithdrawn:
		var d event.SubscriptionCancellationWithdrawn
		err := event.Decode(e, &d)
		return []Said{last(Contract, d.SubscriptionID, e.Time, kept)}, err
	case event.TypeSubscriptionEnded:
		var d event.SubscriptionEnded
		err := event.Decode(e, &d)
		return []Said{first(Contract, d.SubscriptionID, e.Time, ended), switched(Customer, d.CustomerID, Switch{e.Time, string(d.SubscriptionID), false})}, err
	case event.TypeSubscriptionResumed:
		var d event.SubscriptionResumed
		err := event.Decode(e, &d)
		if !d.Line || d.Cause != "paid" {
			return nil, err
		}
		service := id.Swap[id.Service](d.SubscriptionID, id.SubscriptionPrefix, id.ServicePrefix)
		return []Said{switched(Service, service, Switch{e.Time, resuming, true})}, err
	}
	return nil, nil
}
