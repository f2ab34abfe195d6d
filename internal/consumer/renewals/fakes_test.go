package renewals_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/timer"
)

var began = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// real is the clock of the test, which a bubble of synctest makes virtual.
type real struct{}

func (real) Now() time.Time { return time.Now() }

// memory is a store in memory: each method is one transaction.
type memory struct {
	sync.Mutex
	payment.Book // what no renewal calls
	contracts    map[id.Subscription]subscription.Subscription
	payments     map[id.Payment]payment.Payment
	invoices     map[id.Invoice]invoice.Invoice
	events       []event.Envelope
	card         payment.Standing
	policy       subscription.Policy
	zone         string        // of the contracts that are signed
	now          time.Time     // by the customers' clock
	takes        time.Duration // each call
}

func newMemory() *memory {
	return &memory{contracts: map[id.Subscription]subscription.Subscription{}, payments: map[id.Payment]payment.Payment{}, invoices: map[id.Invoice]invoice.Invoice{},
		card:   payment.Standing{PSPCustomer: "cus", Reference: "pmr_1", PSPMethod: "pm", Card: payment.Card{Brand: "visa", Last4: "4242", ExpYear: 2034, ExpMonth: 12}},
		policy: subscription.Usual, zone: "Europe/Berlin"}
}

func subNo(n int) id.Subscription { return id.Subscription(fmt.Sprintf("sub_%06d", n)) }

// sign adds an active contract.
func (m *memory) sign(n int, plan lineitem.Line, at time.Time) subscription.Subscription {
	s := subscription.Sign(subscription.Contract{Tenant: "demo", Customer: "cus_1", ID: subNo(n), Order: "ord_1", Line: plan, Paid: plan.Price.Minor}, at)
	s, _ = s.Activate(m.zone, at)
	s = s.Scheduled(m.policy)
	m.contracts[s.ID], m.now = s, at
	return s
}

func (m *memory) call(ctx context.Context) error {
	if m.takes > 0 {
		time.Sleep(m.takes)
	}
	return ctx.Err()
}

func (m *memory) standing(s id.Subscription) subscription.Standing {
	return subscription.Standing{Subscription: m.contracts[s], Policy: m.policy, Tax: lineitem.Tax{}, Now: m.now}
}

func (m *memory) Standing(ctx context.Context, _ id.Tenant, _ id.Customer, s id.Subscription) (subscription.Standing, payment.Standing, payment.Book, error) {
	err := m.call(ctx)
	m.Lock()
	defer m.Unlock()
	return m.standing(s), m.card, m, err
}

func (m *memory) Invoice(ctx context.Context, _ id.Tenant, _ id.Customer, i id.Invoice) (invoice.Invoice, error) {
	err := m.call(ctx)
	m.Lock()
	defer m.Unlock()
	return m.invoices[i], err
}

func (m *memory) Intend(ctx context.Context, p payment.Payment) (payment.Payment, bool, error) {
	err := m.call(ctx)
	m.Lock()
	defer m.Unlock()
	if there, ok := m.payments[p.ID]; ok {
		return there, false, err
	}
	m.payments[p.ID] = p
	return p, true, err
}

func (m *memory) MarkOverdue(ctx context.Context, p payment.Payment) error {
	err := m.call(ctx)
	m.Lock()
	defer m.Unlock()
	if p = m.payments[p.ID]; p.State != payment.Pending {
		return payment.ErrMoved
	}
	p.Overdue = true
	m.payments[p.ID] = p
	return err
}

func (m *memory) RenewUncharged(ctx context.Context, s subscription.Subscription, i id.Invoice) error {
	err := m.call(ctx)
	m.Lock()
	defer m.Unlock()
	if m.contracts[s.ID].Version == s.Version {
		m.renewed(s.ID, i, 0)
	}
	return err
}

func (m *memory) Step(ctx context.Context, was, is subscription.Subscription, events ...event.Envelope) error {
	if err := m.call(ctx); err != nil {
		return err
	}
	m.Lock()
	defer m.Unlock()
	if m.contracts[is.ID].Version != was.Version {
		return subscription.ErrMoved
	}
	m.contracts[is.ID], m.events = is, append(m.events, events...)
	return nil
}

func (m *memory) EndPause(ctx context.Context, _ id.Tenant, _ id.Customer, s id.Subscription) error {
	err := m.call(ctx)
	m.Lock()
	defer m.Unlock()
	next, _ := m.contracts[s].Unpause(m.now)
	m.contracts[s] = next.Scheduled(m.policy)
	return err
}

func (m *memory) EndContract(ctx context.Context, _ id.Tenant, _ id.Customer, s id.Subscription) error {
	err := m.call(ctx)
	m.Lock()
	defer m.Unlock()
	next, _ := m.contracts[s].End(m.now)
	m.contracts[s] = next.Scheduled(m.policy)
	return err
}

// renewed bills the next period: what is not paid of it is owed.
func (m *memory) renewed(s id.Subscription, i id.Invoice, paid int64) {
	r := m.standing(s)
	bill := r.Renewal(r.Tax)
	next := bill.After
	m.invoices[i] = invoice.Invoice{Kind: invoice.Standard, State: invoice.Open, ID: i, Subscription: s, Period: &bill.Period, Currency: "EUR", Total: bill.Total.Minor,
		Credit: bill.Credit, Receipts: []invoice.Receipt{{Amount: paid}}}
	if bill.Due().Minor > paid {
		next, _ = next.Owe(i, "card_declined", m.now)
	}
	m.contracts[s] = next.Scheduled(m.policy)
}

func (m *memory) Payment(ctx context.Context, _ id.Tenant, p id.Payment) (payment.Payment, error) {
	err := m.call(ctx)
	m.Lock()
	defer m.Unlock()
	return m.payments[p], err
}

func (m *memory) Complete(ctx context.Context, p payment.Payment) error {
	if err := m.call(ctx); err != nil {
		return err
	}
	m.Lock()
	defer m.Unlock()
	if m.payments[p.ID].State != payment.Pending {
		return payment.ErrMoved
	}
	if p.Bill.Kind == payment.OfInvoice {
		inv := m.invoices[p.Bill.Invoice]
		if inv.Left() != p.Amount.Minor {
			return &payment.UnwantedError{Reason: payment.NotDue}
		}
		inv.Receipts, inv.State = append(inv.Receipts, invoice.Receipt{Amount: p.Amount.Minor}), invoice.Paid
		m.invoices[inv.ID] = inv
		next, _, _ := m.contracts[p.Bill.Subscription].Paid(m.policy, inv.ID, m.now)
		m.contracts[p.Bill.Subscription], m.payments[p.ID] = next.Scheduled(m.policy), p
		return nil
	}
	r := m.standing(p.Bill.Subscription)
	if r.Renewable(r.Policy, r.Now) != nil || r.Renewal(r.Tax).Period != p.Bill.Period || r.Renewal(r.Tax).Due() != p.Amount {
		return &payment.UnwantedError{Reason: payment.NotDue}
	}
	m.renewed(p.Bill.Subscription, p.Bill.Invoice, p.Amount.Minor)
	m.payments[p.ID] = p
	return nil
}

func (m *memory) Fail(ctx context.Context, p payment.Payment, e event.Envelope) error {
	if err := m.call(ctx); err != nil {
		return err
	}
	m.Lock()
	defer m.Unlock()
	if m.payments[p.ID].State != payment.Pending {
		return payment.ErrMoved
	}
	m.payments[p.ID], m.events = p, append(m.events, e)
	if p.Bill.Kind == payment.Renewal && p.Reason != payment.NotCharged {
		m.renewed(p.Bill.Subscription, p.Bill.Invoice, 0)
	}
	return nil
}

func (m *memory) Refunded(_ context.Context, p payment.Payment, was payment.State, _ payment.GivenBack, e event.Envelope) error {
	m.Lock()
	defer m.Unlock()
	if m.payments[p.ID].State != was {
		return payment.ErrMoved
	}
	m.payments[p.ID], m.events = p, append(m.events, e)
	return nil
}

// turns gives turns as the row in DynamoDB does.
type turns struct {
	sync.Mutex
	free  time.Time
	takes time.Duration
}

func (t *turns) TakeTurn(_ context.Context, _ id.Tenant, now time.Time, step time.Duration) (time.Time, bool, error) {
	time.Sleep(t.takes)
	t.Lock()
	defer t.Unlock()
	if !t.free.After(now) {
		return t.free, false, nil
	}
	at := t.free
	t.free = t.free.Add(step)
	return at, true, nil
}

func (t *turns) FirstTurn(_ context.Context, _ id.Tenant, now time.Time, step time.Duration) (bool, error) {
	time.Sleep(t.takes)
	t.Lock()
	defer t.Unlock()
	if t.free.After(now) {
		return false, nil
	}
	t.free = now.Add(step)
	return true, nil
}

// psp is a payment provider that allows so many calls a second, can be down, and says no to a card.
type psp struct {
	payment.Charger
	sync.Mutex
	rate     int           // calls a second that are allowed; 0 is any
	latency  time.Duration // of an answer
	down     error         // what every call ends with
	lost     bool          // the answer of the next charge is lost
	lossy    bool          // while it is down, every other charge is made, and its answer lost
	declines payment.Reason
	calls    int
	refused  int // calls over the rate
	charges  map[id.Payment]payment.Charge
	refunds  int
	window   time.Time
	within   int
}

func newPSP() *psp { return &psp{charges: map[id.Payment]payment.Charge{}} }

// admit counts a call, which may come back after some tries as the adapter does.
func (p *psp) admit() error {
	for try := 0; ; try++ {
		p.Lock()
		p.calls++
		if now := time.Now(); now.Sub(p.window) >= time.Second {
			p.window, p.within = now, 0
		}
		p.within++
		over := p.rate > 0 && p.within > p.rate
		if over {
			p.refused++
		}
		down := p.down
		p.Unlock()
		if down != nil {
			return down
		}
		if !over {
			time.Sleep(p.latency)
			return nil
		}
		if try == 4 {
			return payment.ErrPSPUnavailable
		}
		time.Sleep(time.Duration(100<<try) * time.Millisecond)
	}
}

func (p *psp) Charge(_ context.Context, pay payment.Payment) (payment.Charge, error) {
	down := p.admit()
	p.Lock()
	defer p.Unlock()
	if down != nil && (!p.lossy || p.calls%2 == 0) {
		return payment.Charge{}, down
	}
	if made, ok := p.charges[pay.ID]; ok { // its key
		return made, down
	}
	c := payment.Charge{ID: "pi_" + string(pay.ID), State: payment.ChargeSucceeded, Amount: pay.Amount, PaymentID: pay.ID}
	if p.declines != "" {
		c.State, c.Reason = payment.ChargeDeclined, p.declines
	}
	p.charges[pay.ID] = c
	if p.lost || down != nil {
		p.lost = false
		return payment.Charge{}, errors.Join(payment.ErrUnanswered)
	}
	return c, nil
}

func (p *psp) Find(_ context.Context, pay payment.Payment) (payment.Charge, error) {
	if err := p.admit(); err != nil {
		return payment.Charge{}, err
	}
	p.Lock()
	defer p.Unlock()
	if c, ok := p.charges[pay.ID]; ok {
		return c, nil
	}
	return payment.Charge{State: payment.ChargeNone}, nil
}

func (p *psp) Refund(context.Context, payment.Payment, payment.Charge) error {
	p.Lock()
	defer p.Unlock()
	p.refunds++
	return nil
}

// took is what was charged and not given back, by how many charges.
func (p *psp) took() (sum int64, n int) {
	p.Lock()
	defer p.Unlock()
	for _, c := range p.charges {
		if c.State == payment.ChargeSucceeded {
			sum, n = sum+c.Amount.Minor, n+1
		}
	}
	return sum, n - p.refunds
}

var monthly = lineitem.Line{ItemID: "plan_hd", Name: "HD", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"}, Quantity: 1, BillingPeriod: "P1M"}

func dueOf(ctx context.Context, s subscription.Subscription) event.Envelope {
	return event.New(ctx, s.Tenant, s.Due, event.TimerDue{Kind: string(timer.Subscription), CustomerID: s.Customer, Subject: string(s.ID), Due: s.Due})
}
