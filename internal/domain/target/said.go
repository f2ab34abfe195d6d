package target

import (
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
)

// Of is what an event says, of each subject; nothing when it concerns no figure.
func Of(e event.Envelope, data event.Data) []Said {
	for _, read := range []func(event.Envelope, event.Data) []Said{ofAccounts, ofOrders, ofPayments, ofContracts, ofLines, ofFaults} {
		if said := read(e, data); len(said) > 0 {
			return said
		}
	}
	return nil
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

func ofAccounts(e event.Envelope, data event.Data) []Said {
	switch d := data.(type) {
	case event.AccountRegistered:
		return []Said{first(Customer, d.CustomerID, e.Time, account, came)}
	case event.VerificationRequested:
		return []Said{last(Customer, d.CustomerID, e.Time, asked)}
	case event.AccountVerified:
		s := first(Customer, d.CustomerID, e.Time, confirmed)
		if d.By == "staff" {
			s.First[helped] = e.Time
		}
		return []Said{s}
	case event.CustomerRegistered:
		return []Said{first(Customer, d.CustomerID, e.Time, profiled, came)}
	}
	return nil
}

func ofOrders(e event.Envelope, data event.Data) []Said {
	switch d := data.(type) {
	case event.OrderCreated:
		if len(lineitem.Subscriptions(d.Lines)) == 0 { // money for the wallet
			return nil
		}
		return []Said{first(Customer, d.CustomerID, e.Time, chosen)}
	case event.OrderPaid:
		return []Said{first(Customer, d.CustomerID, e.Time, bought)}
	case event.ContractSigned:
		s := first(Customer, d.CustomerID, e.Time, chosen)
		for _, sub := range d.Subscriptions {
			s.Switches = append(s.Switches, Switch{e.Time, string(sub.SubscriptionID), true})
		}
		return []Said{s}
	}
	return nil
}

// ofPayments reads payments of orders, and which invoices of contracts were paid. What pays an invoice comes to nothing here.
func ofPayments(e event.Envelope, data event.Data) (all []Said) {
	switch d := data.(type) {
	case event.PaymentInitiated:
		if d.InvoiceID != "" {
			return nil
		}
		all = []Said{first(Customer, d.CustomerID, e.Time, paying)}
		if d.Settles { // on the PSP's page it is the customer who takes the time
			all = append(all, first(Payment, d.PaymentID, e.Time, begun))
		}
	case event.PaymentSucceeded:
		if d.InvoiceID == "" {
			all = []Said{first(Payment, d.PaymentID, e.Time, ended)}
		}
	case event.PaymentFailed:
		if d.InvoiceID == "" {
			all = []Said{first(Payment, d.PaymentID, e.Time, ended)}
		}
	case event.InvoicePaid:
		if d.OrderID == "" { // else it was made when its order was paid, and is of no renewal
			all = []Said{first(Renewal, d.InvoiceID, e.Time, ended)}
		}
	}
	return all
}

func ofContracts(e event.Envelope, data event.Data) []Said {
	switch d := data.(type) {
	case event.SubscriptionRenewed:
		return []Said{first(Renewal, d.InvoiceID, e.Time, begun)}
	case event.SubscriptionCancelled:
		if d.Mode == "end_of_period" {
			return []Said{last(Contract, d.SubscriptionID, e.Time, atEnd)}
		}
		return []Said{last(Contract, d.SubscriptionID, e.Time, atOnce)}
	case event.SubscriptionCancellationWithdrawn:
		return []Said{last(Contract, d.SubscriptionID, e.Time, kept)}
	case event.SubscriptionEnded:
		return []Said{first(Contract, d.SubscriptionID, e.Time, ended), switched(Customer, d.CustomerID, Switch{e.Time, string(d.SubscriptionID), false})}
	case event.SubscriptionResumed:
		if d.Line && d.Cause == "paid" {
			return []Said{switched(Service, id.Swap[id.Service](d.SubscriptionID, id.SubscriptionPrefix, id.ServicePrefix), Switch{e.Time, resuming, true})}
		}
	}
	return nil
}
