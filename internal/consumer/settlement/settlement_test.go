package settlement_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/consumer/settlement"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/task"
)

var (
	noon  = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	price = money.Amount{Minor: 1299, Currency: "EUR"}
)

// book has one payment; moved is what somebody else makes of it before the next write.
type book struct {
	payment.Book
	p     payment.Payment
	moved payment.State
	notes int
}

func (b *book) Payment(_ context.Context, t id.Tenant, p id.Payment) (payment.Payment, error) {
	if t != b.p.Tenant || p != b.p.ID {
		return payment.Payment{}, payment.ErrUnknownPay
	}
	return b.p, nil
}

func (b *book) MarkOverdue(_ context.Context, p payment.Payment) error {
	p.Overdue = true
	return b.write(p)
}

func (b *book) write(p payment.Payment) error {
	if b.moved != "" {
		b.p.State, b.moved = b.moved, ""
	}
	if b.p.State != payment.Pending {
		return payment.ErrMoved
	}
	b.p = p
	return nil
}

func (b *book) Complete(_ context.Context, p payment.Payment) error               { return b.write(p) }
func (b *book) Fail(_ context.Context, p payment.Payment, _ event.Envelope) error { return b.write(p) }
func (b *book) Note(_ context.Context, p payment.Payment, events ...event.Envelope) error {
	b.notes += len(events)
	return b.write(p)
}

type psp struct {
	payment.Charger
	charge payment.Charge
	err    error
}

func (p psp) Find(context.Context, payment.Payment) (payment.Charge, error) { return p.charge, p.err }

type machine struct {
	name  string
	input any
	err   error
}

func (m *machine) Start(_ context.Context, name string, input any) error {
	m.name, m.input = name, input
	return m.err
}

func pending(state payment.State) *book {
	return &book{p: payment.Payment{Tenant: "demo", ID: "pay_1", State: state, Amount: price, InitiatedAt: noon.Add(-time.Hour)}}
}

// R8, S1-35: a payment still pending is shown to operators and gets a machine, named after it; a settled one costs nothing.
func TestHandle(t *testing.T) {
	e := event.New(event.WithTrace(t.Context(), event.Trace{Correlation: "journey"}), "demo", noon, event.PaymentInitiated{PaymentID: "pay_1"})
	for state, starts := range map[payment.State]bool{payment.Pending: true, payment.Succeeded: false, payment.Failed: false, payment.Refunded: false} {
		m, b := &machine{}, pending(state)
		if err := (settlement.Consumer{Store: b, Machine: m}).Handle(t.Context(), e); err != nil || (m.name == "pay_1") != starts || b.p.Overdue != starts {
			t.Errorf("%s: %v, started %q, shown %v", state, err, m.name, b.p.Overdue)
		}
		if starts && m.input != (settlement.Execution{Tenant: "demo", PaymentID: "pay_1", CorrelationID: "journey"}) {
			t.Errorf("input %+v", m.input)
		}
	}
	just := pending(payment.Pending)
	just.moved = payment.Succeeded // between reading and marking
	m := &machine{}
	if err := (settlement.Consumer{Store: just, Machine: m}).Handle(t.Context(), e); err != nil || m.name != "" {
		t.Errorf("settled just now: %v, started %q", err, m.name)
	}
	broken := errors.New("no machine")
	if err := (settlement.Consumer{Store: pending(payment.Pending), Machine: &machine{err: broken}}).Handle(t.Context(), e); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	e.Tenant = "other"
	if err := (settlement.Consumer{Store: pending(payment.Pending), Machine: &machine{}}).Handle(t.Context(), e); !errors.Is(err, payment.ErrUnknownPay) {
		t.Errorf("got %v", err)
	}
	if err := (settlement.Consumer{}).Handle(t.Context(), event.New(t.Context(), "demo", noon, event.OrderDelivered{})); err == nil {
		t.Error("another event was handled")
	}
}

func run(t *testing.T, b *book, p psp, name string) (string, error) {
	t.Helper()
	tasks := settlement.Tasks{Checkout: payment.Checkout{Book: b, PSP: p, Clock: clock.At(noon), FirstLook: time.Minute}}
	out, err := task.Tasks{Named: tasks.Named(), Clock: clock.System}.Run(t.Context(), task.Input{Task: name, Input: json.RawMessage(`{"tenant":"demo","paymentId":"pay_1"}`)})
	raw, _ := json.Marshal(out)
	return string(raw), err
}

// What the machine is told, by what the PSP says; no answer is Transient, so that it asks again.
func TestReconcile(t *testing.T) {
	for state, want := range map[payment.ChargeState]string{payment.ChargeSucceeded: `{"outcome":"settled"}`, payment.ChargeDeclined: `{"outcome":"settled"}`,
		payment.ChargeNone: `{"outcome":"settled"}`, payment.ChargeProcessing: `{"outcome":"pending"}`, payment.ChargeAuthenticating: `{"outcome":"pending"}`} {
		b := pending(payment.Pending)
		b.p.InitiatedAt = noon.Add(-2 * time.Minute)
		if out, err := run(t, b, psp{charge: payment.Charge{State: state, Amount: price}}, "reconcile"); err != nil || out != want {
			t.Errorf("%s: %s, %v", state, out, err)
		}
	}
	_, err := run(t, pending(payment.Pending), psp{err: payment.ErrUnanswered}, "reconcile")
	if e, byValue := err.(messages.InvokeResponse_Error); !byValue || e.Type != task.Transient { //nolint:errorlint // as the runtime asserts it
		t.Errorf("got %#v", err)
	}
}

// Parking is for what is still pending; one that was settled meanwhile is not touched.
func TestPark(t *testing.T) {
	b := pending(payment.Pending)
	for range 2 {
		if out, err := run(t, b, psp{}, "park"); err != nil || out != `{"outcome":"parked"}` {
			t.Errorf("%s, %v", out, err)
		}
	}
	if !b.p.Parked || b.notes != 1 {
		t.Errorf("parked %v, announced %d", b.p.Parked, b.notes)
	}
	if out, err := run(t, pending(payment.Succeeded), psp{}, "park"); err != nil || out != `{"outcome":"settled"}` {
		t.Errorf("%s, %v", out, err)
	}
	b = pending(payment.Pending)
	b.moved = payment.Succeeded // between reading and writing: the machine asks again, and is told
	if _, err := run(t, b, psp{}, "park"); err == nil {
		t.Error("parked what had been settled")
	}
	if out, err := run(t, b, psp{}, "park"); err != nil || out != `{"outcome":"settled"}` || b.p.Parked {
		t.Errorf("%s, %v", out, err)
	}
}
