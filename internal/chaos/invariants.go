package chaos

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

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

// Invariants are those of the quality bars that the journeys so far can break.
var Invariants = []Invariant{
	{"I1", "debits equal credits per currency", balanced},
	{"I2", "what the PSP captured less what it refunded and banks took back is the ledger's cash", cash},
	{"I3", "at most one charge is kept for one purchase, or for one period of a contract", chargedOnce},
	{"I4", "no wallet was ever below zero, and its entries make its balance", solvent},
	{"I5", "a coupon is used at most as often as it may be, and as often as orders hold or used it", redeemed},
	{"I6", "every paid order is delivered or refunded", delivered},
	{"I7", "every entitlement has a cause", caused},
	{"I8", "everything announced arrives, and has its effect once", effective},
	{"I8", "partners are told of what they asked for, and what became of it is known", told},
	{"I9", "nothing transient outlives its deadline", ended},
	{"I9", "a signup ends with one contract, or with none", coordinated},
	{"I10", "invoice numbers are unique and without gaps, and an invoice is paid by what came for it", numbered},
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
	for _, taken := range []map[string]int64{b.Refunded, b.Disputed} {
		for currency, n := range taken {
			moved[currency] -= n
		}
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
func zeros[K comparable](of, lacking map[K]int64) map[K]int64 {
	out := map[K]int64{}
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
		if c.Captured-c.Refunded != p.Amount.Minor-b.returned(p.ID) {
			out.add("charge %s kept %d of a payment %s of %s", c.ID, c.Captured-c.Refunded, p.ID, p.Amount)
		}
		kept["payment "+string(p.ID)] = append(kept["payment "+string(p.ID)], c.ID)
		if p.CartID != "" {
			kept["cart "+string(p.CartID)] = append(kept["cart "+string(p.CartID)], c.ID)
		}
		if p.Bill != nil {
			what := billedWith(p)
			kept[what] = append(kept[what], c.ID)
			continue
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

func solvent(b *Books) []string {
	var out findings
	type of struct {
		customer id.Customer
		currency string
	}
	sums, latest := map[of]int64{}, map[of]int64{}
	for _, e := range b.Entries {
		w := of{e.Customer, e.Currency}
		for _, p := range e.Postings {
			if p.Account == ledger.Wallet || p.Account == ledger.WalletHeld {
				sums[w] -= p.Minor // what we owe is a credit
				latest[w] = max(latest[w], e.Version)
			}
		}
		if e.Balance < 0 || e.Held < 0 {
			out.add("after entry %s the wallet of %s has %d, and %d on hold", e.ID, e.Customer, e.Balance, e.Held)
		}
	}
	for _, w := range b.Balances {
		k := of{w.Customer, w.Currency}
		if w.Available < 0 || w.Held < 0 || w.Available+w.Held != sums[k] || w.Version != latest[k] {
			out.add("the wallet of %s has %d and %d on hold in version %d, its entries make %d in version %d", w.Customer, w.Available, w.Held, w.Version, sums[k], latest[k])
		}
		delete(sums, k)
	}
	for k, sum := range sums {
		out.add("%s has no wallet, and entries of %d %s", k.customer, sum, k.currency)
	}
	return out
}

func redeemed(b *Books) []string {
	var out findings
	used := map[string]int64{}
	for _, o := range b.Orders {
		if c := o.Coupon; c != nil {
			if want := map[order.State]order.CouponState{order.Unpaid: order.Held, order.Cancelled: order.Returned}[o.State]; c.State != cmp.Or(want, order.Consumed) {
				out.add("order %s is %s, its coupon is %s", o.ID, o.State, c.State)
			}
			if c.State != order.Returned {
				used[string(c.Code)]++
				used[string(c.Code)+" "+string(o.Customer)]++
			}
		}
	}
	maps.Copy(b.Uses, zeros(used, b.Uses))
	for what, n := range b.Uses {
		if n != used[what] {
			out.add("%s was used %d times, and %d are counted", what, used[what], n)
		}
	}
	for code, c := range b.Coupons {
		if n := b.Uses[string(code)]; c.Limit > 0 && n > c.Limit {
			out.add("coupon %s was used %d times of %d", code, n, c.Limit)
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
			if state := b.Subscriptions[s].State; o.State == order.Delivered && state != subscription.Active && state != subscription.Suspended {
				out.add("order %s is delivered, but its subscription %s is %q", o.ID, s, b.Subscriptions[s].State)
			}
		}
	}
	for _, c := range b.Charges {
		if p := b.Payments[c.Payment()]; c.Kept() && p.Bill == nil && b.Orders[p.OrderID].State != order.Delivered {
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
		if o.PaidBy == order.ByWallet || o.PaidBy == order.ByNobody {
			continue
		}
		if paid := b.Payments[o.PaymentID]; (o.State == order.Paid || o.State == order.Delivered) && paid.State != payment.Succeeded {
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
		out.add("%d mails were taken for sending, and not sent", b.Leases)
	}
	for _, o := range b.Orders {
		ends := map[event.Type]int{event.TypeOrderCreated: 1}
		if o.State == order.Cancelled {
			ends[event.TypeOrderCancelled] = 1
		}
		out = append(out, b.announcedAs(string(o.ID), ends)...)
		if o.State != order.Paid && o.State != order.Delivered {
			continue
		}
		exactly := map[event.Type]int{event.TypeOrderPaid: 1, event.TypeOrderDelivered: 1}
		if len(o.Subscriptions) > 0 {
			exactly[event.TypeContractSigned] = 1 + b.upgrades(o.Subscriptions...)
		}
		out = append(out, b.announcedAs(string(o.ID), exactly)...)
		mails := b.mailsOf(o.ID)
		if mails == 0 || mails > 1 && !b.Doubtful {
			out.add("order %s has %d receipts", o.ID, mails)
		}
	}
	for _, p := range b.Payments {
		ends := map[payment.State]event.Type{payment.Succeeded: event.TypePaymentSucceeded, payment.Failed: event.TypePaymentFailed, payment.Refunded: event.TypePaymentRefunded}
		kinds := []event.Type{event.TypePaymentInitiated, ends[p.State]}
		if p.Bill != nil && (p.Bill.Kind == payment.Renewal || p.Bill.Quiet) { // which we make by ourselves
			kinds = kinds[1:]
		}
		for _, kind := range kinds {
			if n := len(b.announced(kind, string(p.ID))); kind != "" && n != 1 {
				out.add("payment %s was announced %d times as %s", p.ID, n, kind)
			}
		}
	}
	return out
}

// announcedAs finds what was announced of an order another number of times than it should.
func (b *Books) announcedAs(o string, exactly map[event.Type]int) []string {
	var out findings
	for kind, want := range exactly {
		if n := len(b.announced(kind, o)); n != want {
			out.add("order %s was announced %d times as %s", o, n, kind)
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
	for _, o := range b.Orders {
		if o.State == order.Unpaid && b.Now.After(o.ExpiresAt.Add(late)) {
			out.add("order %s is unpaid, and expired at %s", o.ID, o.ExpiresAt)
		}
		if p := o.Page; p != nil && b.Payments[p.PaymentID].State != payment.Pending {
			out.add("order %s has an open page, of payment %s, which is %q", o.ID, p.PaymentID, b.Payments[p.PaymentID].State)
		}
	}
	for _, w := range b.Timers {
		if b.Now.After(w.Due.Add(late)) {
			out.add("timer %s of %s is there, and was due at %s", w.Kind, w.Subject, w.Due)
		}
	}
	for _, m := range b.Methods {
		if m.State == payment.MethodPending && b.Now.After(m.ExpiresAt) {
			out.add("payment method %s is pending since %s", m.Reference, m.CreatedAt)
		}
	}
	return out
}

// late is how long after its time something may happen.
const late = 2 * time.Minute

func held(b *Books) []string {
	var out findings
	unpaid := map[id.Customer]int64{}
	for _, o := range b.Orders {
		if o.State == order.Unpaid {
			unpaid[o.Customer]++
		}
	}
	maps.Copy(b.Places, zeros(unpaid, b.Places))
	for c, n := range b.Places {
		if n != unpaid[c] {
			out.add("%s has %d unpaid orders, and %d are counted", c, unpaid[c], n)
		}
	}
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
