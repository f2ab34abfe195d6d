package payment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/payment"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

const (
	tenant   id.Tenant   = "demo"
	customer id.Customer = "cus_1"
	payID    id.Payment  = "pay_1"
)

var price = money.Amount{Minor: 1299, Currency: "EUR"}

// attempt is a pending payment begun at noon.
func attempt() payment.Payment {
	return payment.Payment{Tenant: tenant, ID: payID, Customer: customer, CartID: "cart_1", OrderID: "ord_1", Amount: price,
		Lines:         []lineitem.Line{{ItemID: "plan_hd", Name: "HD", Type: lineitem.Subscription, Price: price, Quantity: 1, BillingPeriod: "P1M"}},
		Subscriptions: []id.Subscription{"sub_1"}, ReturnURL: "https://shop.example/back", State: payment.Pending, InitiatedAt: noon, Correlation: "journey-1"}
}

// attemptIn is an attempt in a state; where the money came, its charge is known.
func attemptIn(state payment.State) payment.Payment {
	p := attempt()
	p.State = state
	if state == payment.Succeeded || state == payment.Refunded {
		p.ChargeID = "pi_1"
	}
	return p
}

// book keeps payments in memory under the conditions of the store: a write decided on another state is ErrMoved.
type book struct {
	mu       sync.Mutex
	payments map[id.Payment]payment.Payment
	events   []event.Envelope
	writes   []string
	open     bool              // whether the cart is free
	keys     map[string][]byte // answers by Idempotency-Key
	first    func()            // what somebody else does right before the next write
	broken   error             // every write fails with it
	unwanted payment.Unwanted  // why Complete does not want the money, if so
	came     map[string]bool   // charges booked as unassigned: each is booked once
	back     []payment.GivenBack
}

func bookWith(p payment.Payment) *book {
	return &book{payments: map[id.Payment]payment.Payment{p.ID: p}, keys: map[string][]byte{}, came: map[string]bool{}}
}

func (b *book) Recall(_ context.Context, r once.Request) (json.RawMessage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.keys[r.Key], nil
}

func (b *book) Payment(_ context.Context, t id.Tenant, p id.Payment) (payment.Payment, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found, ok := b.payments[p]
	if !ok || found.Tenant != t {
		return payment.Payment{}, payment.ErrUnknownPay
	}
	return found, nil
}

func (b *book) Begin(_ context.Context, use *once.Use, p payment.Payment, _ int64, e event.Envelope) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return b.broken
	}
	b.payments[p.ID], b.keys[use.Key] = p, use.Stored()
	b.record("begin", e)
	use.Committed()
	return nil
}

func (b *book) record(what string, events ...event.Envelope) {
	b.writes, b.events = append(b.writes, what), append(b.events, events...)
}

func (b *book) write(what string, p payment.Payment, was payment.State, events ...event.Envelope) error {
	b.mu.Lock()
	first := b.first
	b.first = nil
	b.mu.Unlock()
	if first != nil {
		first()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return b.broken
	}
	if b.payments[p.ID].State != was {
		return payment.ErrMoved
	}
	b.payments[p.ID] = p
	b.record(what, events...)
	return nil
}

func (b *book) Complete(_ context.Context, p payment.Payment) error {
	if b.unwanted != "" {
		return &payment.UnwantedError{Reason: b.unwanted}
	}
	return b.write("complete", p, payment.Pending)
}

func (b *book) Fail(_ context.Context, p payment.Payment, e event.Envelope) error {
	err := b.write("fail", p, payment.Pending, e)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = b.open || err == nil
	return err
}

func (b *book) Note(_ context.Context, p payment.Payment, events ...event.Envelope) error {
	return b.write("note", p, payment.Pending, events...)
}

func (b *book) Unassigned(_ context.Context, p payment.Payment, came money.Amount, e event.Envelope) error {
	b.mu.Lock()
	again := b.came[p.ChargeID]
	b.came[p.ChargeID] = true
	b.mu.Unlock()
	if again {
		return payment.ErrMoved
	}
	return b.write("unassigned "+came.String(), p, payment.Pending, e)
}

func (b *book) Refunded(_ context.Context, p payment.Payment, was payment.State, back payment.GivenBack, e event.Envelope) error {
	err := b.write("refunded", p, was, e)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.back = append(b.back, back)
	}
	return err
}

func (b *book) RefundFailed(_ context.Context, p payment.Payment, left money.Amount, e event.Envelope) error {
	b.mu.Lock()
	again := b.payments[p.ID].Parked
	b.mu.Unlock()
	if again {
		return payment.ErrMoved
	}
	return b.write("refund failed "+left.String(), p, payment.Refunded, e)
}

func (b *book) wrote(what string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, w := range b.writes {
		if w == what {
			n++
		}
	}
	return n
}

func (b *book) announced(typ event.Type) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, e := range b.events {
		if e.Type == typ {
			n++
		}
	}
	return n
}

func (b *book) now() payment.Payment {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.payments[payID]
}

// set stores a state as if somebody else had written it.
func (b *book) set(change func(*payment.Payment)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.payments[payID]
	change(&p)
	b.payments[payID] = p
}

// answer is what a scripted call gives.
type answer struct {
	charge payment.Charge
	err    error
}

// psp answers each call by the script; a call the script does not have is an error of the test.
type psp struct {
	t      *testing.T
	mu     sync.Mutex
	script map[string][]answer // the last answer of a call is repeated
	calls  []string
	money  map[id.Payment]int // refunds, as the PSP's idempotency key counts them
}

func scripted(t *testing.T, script map[string][]answer) *psp {
	return &psp{t: t, script: script, money: map[id.Payment]int{}}
}

func (s *psp) call(name string) (payment.Charge, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, name)
	answers := s.script[name]
	if len(answers) == 0 {
		s.t.Errorf("the PSP was asked to %s, which it must not be", name)
		return payment.Charge{}, errors.New("not scripted")
	}
	if len(answers) > 1 {
		s.script[name] = answers[1:]
	}
	return answers[0].charge, answers[0].err
}

func (s *psp) Charge(context.Context, payment.Payment) (payment.Charge, error) {
	return s.call("charge")
}

func (s *psp) Authenticate(context.Context, payment.Payment, payment.Charge) (payment.Charge, error) {
	return s.call("authenticate")
}

func (s *psp) Find(context.Context, payment.Payment) (payment.Charge, error) { return s.call("find") }

func (s *psp) Cancel(context.Context, payment.Payment, payment.Charge) (payment.Charge, error) {
	return s.call("cancel")
}

func (s *psp) Refund(_ context.Context, p payment.Payment, _ payment.Charge) error {
	_, err := s.call("refund")
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.money[p.ID] = 1 // by the key, it is one however often it is asked
	}
	return err
}

func (s *psp) called() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.calls)
}

func (s *psp) asked(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.calls, name)
}

// checkout looks ten minutes after the attempt began.
func checkout(b payment.Book, s payment.Charger) payment.Checkout {
	return payment.Checkout{Book: b, PSP: s, Clock: clock.At(noon.Add(10 * time.Minute)), FirstLook: 2 * time.Minute}
}

// in is a charge of the attempt in a state, with what the adapter fills in for it.
func in(state payment.ChargeState) payment.Charge {
	c := payment.Charge{ID: "pi_1", State: state, Tenant: tenant, PaymentID: payID}
	switch state {
	case payment.ChargeNone:
		c.ID = ""
	case payment.ChargeSucceeded:
		c.Amount = price
	case payment.ChargeDeclined:
		c.Reason = payment.InsufficientFunds
	case payment.ChargeCancelled:
		c.Reason = payment.Abandoned
	case payment.ChargeAuthenticating:
		c.RedirectURL = "https://bank.example/3ds"
	}
	return c
}

var chargeStates = []payment.ChargeState{payment.ChargeNone, payment.ChargeSucceeded, payment.ChargeDeclined, payment.ChargeUnauthorised,
	payment.ChargeAuthenticating, payment.ChargeProcessing, payment.ChargeOpen, payment.ChargeCancelled}

func wantFault(t *testing.T, err error, want *fault.Fault) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %s", err, want.Code)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eq[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
