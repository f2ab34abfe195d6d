package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/coupon"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/timer"
)

// What the tests order: half an hour to pay, three unpaid orders at a time.
const (
	timeout     = 30 * time.Minute
	unpaidLimit = 3
)

// shop is a store where it is noon until somebody moves the clock, with a PSP whose pages take what the test says.
type shop struct {
	*testing.T
	db     *DB
	clock  *clock.Manual
	tenant id.Tenant
	keys   *atomic.Int64

	mu                 *sync.Mutex
	captured, refunded map[string]int64 // by charge
	payment.Charger
}

func opened(t *testing.T) shop {
	_, tenant := fresh(t)
	s := shop{T: t, clock: clock.At(noon), tenant: tenant, keys: &atomic.Int64{}, mu: &sync.Mutex{}, captured: map[string]int64{}, refunded: map[string]int64{}}
	s.db = New(client, prefix, s.clock)
	return s
}

// key is the use of a key that was not used before.
func (s shop) key() *once.Use {
	use := &once.Use{Request: request(s.tenant, string(customer), fmt.Sprint("k", s.keys.Add(1)), "f")}
	_ = use.Answer("mine")
	return use
}

// draft is an order of the customer that is not placed yet.
func (s shop) draft(lines ...lineitem.Line) order.Order {
	now := s.clock.Now()
	total, err := lineitem.Total(lines)
	ok(s.T, err)
	o := order.Order{Tenant: s.tenant, Customer: customer, ID: id.New[id.Order](id.OrderPrefix, now), Lines: lines, Total: total, ExpiresAt: now.Add(timeout)}
	for range lineitem.Subscriptions(lines) {
		o.Subscriptions = append(o.Subscriptions, id.New[id.Subscription](id.SubscriptionPrefix, now))
	}
	return order.Place(o, now)
}

// less is a draft with a coupon.
func (s shop) less(o order.Order, c coupon.Coupon, discount int64) order.Order {
	o.Coupon = &order.Coupon{Code: c.Code, Discount: eur(discount), State: order.Held}
	o.Total.Minor -= discount
	return o
}

// place places a draft; a busy moment is not an answer.
func (s shop) place(o order.Order, c *coupon.Coupon) error {
	return patiently(func() error { return s.db.Place(context.Background(), s.key(), o, c, unpaidLimit) })
}

func patiently(try func() error) (err error) {
	for err = try(); errors.Is(err, fault.ErrUnavailable); err = try() {
	}
	return err
}

func (s shop) ordered(lines ...lineitem.Line) order.Order {
	s.Helper()
	o := s.draft(lines...)
	ok(s.T, s.place(o, nil))
	return o
}

func (s shop) now(o order.Order) order.Order {
	s.Helper()
	found, err := s.db.Order(s.Context(), o.Tenant, o.Customer, o.ID)
	ok(s.T, err)
	return found
}

// open opens a page for an order.
func (s shop) open(o order.Order) payment.Payment {
	s.Helper()
	p, page, e := s.page(o)
	ok(s.T, s.db.Open(s.Context(), s.key(), s.now(o), p, page, e))
	return p
}

func (s shop) page(o order.Order) (payment.Payment, order.Page, event.Envelope) {
	now := s.clock.Now()
	p := payment.Payment{Tenant: o.Tenant, ID: id.New[id.Payment](id.PaymentPrefix, now), Customer: o.Customer, OrderID: o.ID, Amount: o.Total, PaidWith: "card",
		State: payment.Pending, SessionID: "cs_1", InitiatedAt: now}
	return p, order.Page{PaymentID: p.ID, Gateway: payment.Stripe, URL: "https://psp.example/" + string(p.ID), ExpiresAt: now.Add(31 * time.Minute)},
		event.New(context.Background(), o.Tenant, now, event.PaymentInitiated{PaymentID: p.ID, CustomerID: o.Customer, OrderID: o.ID, Amount: p.Amount})
}

// Refund implements payment.Charger: once for each charge.
func (s shop) Refund(_ context.Context, _ payment.Payment, c payment.Charge) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refunded[c.ID] = c.Amount.Minor
	return nil
}

// comes takes money on a payment's page and tells of it, as the webhook does.
func (s shop) comes(p payment.Payment, a money.Amount, at time.Time) error {
	s.mu.Lock()
	s.captured["pi_"+string(p.ID)] = a.Minor
	s.mu.Unlock()
	return patiently(func() error {
		return payment.Checkout{Book: s.db, PSP: s, Clock: s.clock}.Notified(context.Background(),
			payment.Charge{ID: "pi_" + string(p.ID), State: payment.ChargeSucceeded, Amount: a, Tenant: p.Tenant, PaymentID: p.ID, At: at})
	})
}

func (s shop) byWallet(o order.Order) error {
	return patiently(func() error {
		return s.db.PayByWallet(context.Background(), s.key(), o.Tenant, o.Customer, o.ID, func(order.Order) error { return nil })
	})
}

func (s shop) cancel(o order.Order, by order.Canceller) (order.Order, error) {
	return s.db.Cancel(context.Background(), s.key(), o.Tenant, o.Customer, o.ID, by)
}

// paymentNow is the state of a payment, and why.
func (s shop) paymentNow(p payment.Payment) payment.Payment {
	s.Helper()
	found, err := s.db.Payment(s.Context(), p.Tenant, p.ID)
	ok(s.T, err)
	return found
}

// unpaid is how many unpaid orders are counted for the customer.
func (s shop) unpaid() int {
	s.Helper()
	row, err := get[struct{ Open int }](s.Context(), s.db, orders, unpaidKey(s.tenant, customer), fault.ErrNotFound)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		s.Fatal(err)
	}
	return row.Open
}

// timer is how long after noon an order is looked after, or "none".
func (s shop) timer(o order.Order) string {
	s.Helper()
	all, err := s.db.Timers(s.Context(), o.Tenant, o.Customer)
	ok(s.T, err)
	for _, w := range all {
		if w.Kind == timer.OrderWatch && w.Subject == string(o.ID) {
			return w.Next.Sub(noon).String()
		}
	}
	return "none"
}

// told counts what was announced.
func (s shop) told() map[event.Type]int {
	s.Helper()
	found := map[event.Type]int{}
	for _, e := range announced(s.T, s.db, s.tenant) {
		found[e.Type]++
	}
	return found
}

// books checks I1 and I2, and gives the accounts.
func (s shop) books() map[ledger.Account]int64 {
	s.Helper()
	on, cash := balanced(s.T, s.db, s.tenant), int64(0)
	for charge, minor := range s.captured {
		cash += minor - s.refunded[charge]
	}
	same(s.T, "the PSP's cash", on[ledger.PSPCash], cash)
	return on
}

// everything is all that the customer has in the tables, and the payments, entries and events of the tenant, to show that
// something changed nothing. Only tests scan.
func (s shop) everything() string {
	s.Helper()
	found := []string{fmt.Sprint(s.told())}
	note := func(table string, rows []item) {
		for _, row := range rows {
			var plain map[string]any
			ok(s.T, attributevalue.UnmarshalMap(row, &plain))
			found = append(found, fmt.Sprint(table, plain))
		}
	}
	consistent, whose, begins := true, "pk = :pk", "begins_with(pk, :t)"
	for _, table := range []string{orders, subscriptions, ledgers, coupons, timers} {
		out, err := client.Query(s.Context(), &dynamodb.QueryInput{TableName: s.db.table(table), ConsistentRead: &consistent, KeyConditionExpression: &whose,
			ExpressionAttributeValues: item{":pk": text(customerPK(s.tenant, customer))}})
		ok(s.T, err)
		note(table, out.Items)
	}
	for _, table := range []string{payments, ledgers} {
		pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: s.db.table(table), ConsistentRead: &consistent, FilterExpression: &begins,
			ExpressionAttributeValues: item{":t": text(tenantKey(s.tenant, ""))}})
		for pages.HasMorePages() {
			page, err := pages.NextPage(s.Context())
			ok(s.T, err)
			note(table, page.Items)
		}
	}
	slices.Sort(found)
	return fmt.Sprint(found)
}

// refused checks that something ends with a fault and leaves everything as it was.
func (s shop) refused(err error, do func() error) {
	s.Helper()
	before := s.everything()
	want(s.T, do(), err)
	same(s.T, "everything", s.everything(), before)
}
