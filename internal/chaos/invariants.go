package chaos

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/domain/cart"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// Invariant is something that holds whenever everything is at rest, whatever happened before.
type Invariant struct {
	Name, Says string
	broken     func(b *Books) []string // what breaks it
}

// Invariants are those of the quality bars that the journeys so far can break. I10 comes with invoices.
var Invariants = []Invariant{
	{"I1", "debits equal credits per currency", balanced},
	{"I2", "what the PSP captured less what it refunded is the ledger's cash", cash},
	{"I3", "at most one charge is kept for one purchase", chargedOnce},
	{"I6", "every paid order is delivered or refunded", delivered},
	{"I7", "every entitlement has a cause", caused},
	{"I8", "everything announced arrives, and has its effect once", effective},
	{"I9", "nothing transient outlives its deadline", ended},
	{"I11", "no hold is left behind", held},
}

// Broken checks all invariants, and says what breaks them.
func (b *Books) Broken() (found []string) {
	for _, i := range Invariants {
		says := i.broken(b)
		sort.Strings(says)
		for _, s := range says {
			found = append(found, fmt.Sprintf("%s (%s): %s", i.Name, i.Says, s))
		}
	}
	return found
}

type findings []string

func (f *findings) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

func balanced(b *Books) []string {
	var out findings
	sums := map[string]int64{}
	for _, e := range b.Entries {
		var sum int64
		for _, p := range e.Postings {
			sum += p.Minor
		}
		if sum != 0 || len(e.Postings) < 2 {
			out.add("entry %s is off by %d %s", e.ID, sum, e.Currency)
		}
		sums[e.Currency] += sum
	}
	for currency, sum := range sums {
		if sum != 0 {
			out.add("the books are off by %d %s", sum, currency)
		}
	}
	return out
}

func cash(b *Books) []string {
	var out findings
	booked, moved := map[string]int64{}, map[string]int64{}
	for _, e := range b.Entries {
		for _, p := range e.Postings {
			if p.Account == ledger.PSPCash {
				booked[strings.ToLower(e.Currency)] += p.Minor
			}
		}
	}
	for currency, n := range b.Captured {
		moved[currency] += n
	}
	for currency, n := range b.Refunded {
		moved[currency] -= n
	}
	maps.Copy(moved, zeros(booked, moved))
	for currency := range moved {
		if moved[currency] != booked[currency] {
			out.add("the PSP holds %d %s for us, the ledger says %d", moved[currency], currency, booked[currency])
		}
	}
	return out
}

// zeros gives a zero for each key of one that the other lacks.
func zeros(of, lacking map[string]int64) map[string]int64 {
	out := map[string]int64{}
	for k := range of {
		if _, ok := lacking[k]; !ok {
			out[k] = 0
		}
	}
	return out
}

func chargedOnce(b *Books) []string {
	var out findings
	kept := map[string][]string{}
	for _, c := range b.Charges {
		if !c.Kept() {
			continue
		}
		p, known := b.Payments[c.Payment()]
		if !known {
			out.add("charge %s of %d is for no payment of ours", c.ID, c.Amount)
			continue
		}
		if c.Captured-c.Refunded != p.Amount.Minor {
			out.add("charge %s kept %d of a payment %s of %s", c.ID, c.Captured-c.Refunded, p.ID, p.Amount)
		}
		kept["payment "+string(p.ID)] = append(kept["payment "+string(p.ID)], c.ID)
		if p.CartID != "" {
			kept["cart "+string(p.CartID)] = append(kept["cart "+string(p.CartID)], c.ID)
		}
		kept["order "+string(p.OrderID)] = append(kept["order "+string(p.OrderID)], c.ID)
		for _, l := range lineitem.Subscriptions(p.Lines) { // the first period of each plan
			what := fmt.Sprintf("plan %s of %s", l.ItemID, p.Customer)
			kept[what] = append(kept[what], c.ID)
		}
	}
	for what, charges := range kept {
		if len(charges) > 1 {
			out.add("%d charges kept for %s: %v", len(charges), what, charges)
		}
	}
	return out
}

func delivered(b *Books) []string {
	var out findings
	for _, o := range b.Orders {
		if o.State == order.Paid {
			out.add("order %s is paid and not delivered", o.ID)
		}
		for _, s := range o.Subscriptions {
			if o.State == order.Delivered && b.Subscriptions[s].State != subscription.Active {
				out.add("order %s is delivered, but its subscription %s is %q", o.ID, s, b.Subscriptions[s].State)
			}
		}
	}
	for _, c := range b.Charges {
		if p := b.Payments[c.Payment()]; c.Kept() && b.Orders[p.OrderID].State != order.Delivered {
			out.add("charge %s was kept, but the order %s of %s is %q", c.ID, p.OrderID, p.ID, b.Orders[p.OrderID].State)
		}
	}
	return out
}

func caused(b *Books) []string {
	var out findings
	live := map[string]id.Subscription{}
	for _, s := range b.Subscriptions {
		o, ok := b.Orders[s.OrderID]
		if !ok || !slices.Contains(o.Subscriptions, s.ID) || o.State != order.Paid && o.State != order.Delivered {
			out.add("subscription %s is %s without a paid order that lists it: %q", s.ID, s.State, s.OrderID)
		}
		what := fmt.Sprintf("%s of %s", s.ItemID, s.Customer)
		if other, twice := live[what]; twice {
			out.add("%s has two subscriptions, %s and %s", what, other, s.ID)
		}
		live[what] = s.ID
	}
	for _, o := range b.Orders {
		if paid := b.Payments[o.PaymentID]; o.PaymentID != "" && (o.State == order.Paid || o.State == order.Delivered) && paid.State != payment.Succeeded {
			out.add("order %s is %s, its payment %s is %q", o.ID, o.State, o.PaymentID, paid.State)
		}
	}
	return out
}

func effective(b *Books) []string {
	var out findings
	if b.Outbox > 0 {
		out.add("%d rows are left in the outbox", b.Outbox)
	}
	for queue, n := range b.Parked {
		out.add("%d messages are in %s", n, queue)
	}
	if b.Leases > 0 {
		out.add("%d events were taken by a consumer and not finished", b.Leases)
	}
	for _, o := range b.Orders {
		if o.State != order.Paid && o.State != order.Delivered {
			continue
		}
		exactly := map[event.Type]int{event.TypeOrderPaid: 1, event.TypeOrderDelivered: 1}
		if len(o.Subscriptions) > 0 {
			exactly[event.TypeContractSigned] = 1
		}
		for kind, want := range exactly {
			if n := len(b.announced(kind, string(o.ID))); n != want {
				out.add("order %s was announced %d times as %s", o.ID, n, kind)
			}
		}
		mails := b.mailsOf(o.ID)
		if mails == 0 || mails > 1 && !b.Doubtful {
			out.add("order %s has %d receipts", o.ID, mails)
		}
	}
	for _, p := range b.Payments {
		ends := map[payment.State]event.Type{payment.Succeeded: event.TypePaymentSucceeded, payment.Failed: event.TypePaymentFailed, payment.Refunded: event.TypePaymentRefunded}
		for _, kind := range []event.Type{event.TypePaymentInitiated, ends[p.State]} {
			if n := len(b.announced(kind, string(p.ID))); kind != "" && n != 1 {
				out.add("payment %s was announced %d times as %s", p.ID, n, kind)
			}
		}
	}
	return out
}

// mailsOf counts the receipts of an order.
func (b *Books) mailsOf(o id.Order) (n int) {
	for _, m := range b.Mails {
		if strings.Contains(m.ID, string(o)) {
			n++
		}
	}
	return n
}

func ended(b *Books) []string {
	var out findings
	for _, p := range b.Payments {
		if p.State == payment.Pending {
			out.add("payment %s is still pending (parked: %v)", p.ID, p.Parked)
		}
	}
	for _, c := range b.Carts {
		if c.State == cart.InCheckout && b.Payments[c.PaymentID].State != payment.Succeeded {
			out.add("cart %s is held by payment %s, which is %q", c.ID, c.PaymentID, b.Payments[c.PaymentID].State)
		}
	}
	for _, m := range b.Methods {
		if m.State == payment.MethodPending && b.Now.After(m.ExpiresAt) {
			out.add("payment method %s is pending since %s", m.Reference, m.CreatedAt)
		}
	}
	return out
}

func held(b *Books) []string {
	var out findings
	claimed := map[string]bool{}
	for _, c := range b.Claims {
		what := fmt.Sprintf("%s of %s", c.Item, c.Customer)
		claimed[what] = true
		if s, ok := b.Subscriptions[c.SubscriptionID]; ok && s.Customer == c.Customer && s.ItemID == c.Item {
			continue
		}
		if b.Payments[c.PaymentID].State != payment.Pending {
			out.add("%s is claimed without a subscription or a payment under way (%s, %s)", what, c.PaymentID, c.SubscriptionID)
		}
	}
	for _, s := range b.Subscriptions {
		if what := fmt.Sprintf("%s of %s", s.ItemID, s.Customer); !claimed[what] {
			out.add("%s has a subscription %s, but is not claimed", what, s.ID)
		}
	}
	return out
}
