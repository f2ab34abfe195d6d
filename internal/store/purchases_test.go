package store

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/cart"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

var box = lineitem.Line{ItemID: "good_box", Name: "Box", Type: lineitem.OneOff, Price: money.Amount{Minor: 4999, Currency: "EUR"}, Quantity: 2}

// bank charges every payment once, as the PSP's idempotency key makes it, and counts.
type bank struct {
	payment.Charger
	charged, refunded atomic.Int64
	decline           bool
}

func (b *bank) Charge(_ context.Context, p payment.Payment) (payment.Charge, error) {
	if b.decline {
		return payment.Charge{ID: "pi_" + string(p.ID), State: payment.ChargeDeclined, Reason: payment.CardDeclined}, nil
	}
	b.charged.Add(1)
	return payment.Charge{ID: "pi_" + string(p.ID), State: payment.ChargeSucceeded, Amount: p.Amount}, nil
}

func (b *bank) Refund(context.Context, payment.Payment, payment.Charge) error {
	b.refunded.Add(1)
	return nil
}

func till(db *DB, psp payment.Charger) payment.Checkout {
	return payment.Checkout{Book: db, PSP: psp, Clock: clock.System}
}

// begin starts an attempt to pay for a cart, with a key of its own.
func begin(db *DB, c cart.Cart, key string) (payment.Payment, error) {
	p := payment.Payment{Tenant: c.Tenant, Customer: c.Customer, CartID: c.ID, Lines: c.Lines, Amount: c.Total(), Method: "pmt_1", PSPCustomer: "psp_1", PSPMethod: "pm_1",
		PaidWith: "visa •••• 4242", ReturnURL: "https://shop.example/back"}
	use := &once.Use{Request: request(c.Tenant, string(c.Customer), key, "checkout "+string(c.ID))}
	return till(db, nil).Begin(context.Background(), use, p, c.Version)
}

func begun(t *testing.T, db *DB, c cart.Cart, key string) payment.Payment {
	t.Helper()
	p, err := begin(db, c, key)
	ok(t, err)
	return p
}

func cartNow(t *testing.T, db *DB, c cart.Cart) cart.Cart {
	t.Helper()
	now, err := db.Cart(t.Context(), c.Tenant, c.Customer, c.ID)
	ok(t, err)
	return now
}

func failed(p payment.Payment) (payment.Payment, event.Envelope) {
	p.State, p.Reason, p.SettledAt = payment.Failed, payment.CardDeclined, time.Now().UTC()
	return p, event.New(context.Background(), p.Tenant, p.SettledAt, event.PaymentFailed{PaymentID: p.ID, CustomerID: p.Customer, CartID: p.CartID, Amount: p.Amount, Reason: string(p.Reason)})
}

func succeeded(p payment.Payment) payment.Payment {
	p.State, p.ChargeID, p.SettledAt = payment.Succeeded, "pi_1", time.Now().UTC().Truncate(time.Millisecond)
	return p
}

// S0-47: twenty checkouts of one cart, each with a key of its own: one attempt holds it.
func TestParallelBeginsOfOneCart(t *testing.T) {
	db, tenant := fresh(t)
	c := filled(t, db, tenant, plan("plan_a"), box)
	ends := at(20, func(i int) error { _, err := begin(db, c, "k"+string(rune('a'+i))); return err })
	same(t, "ends", ends, map[string]int{"": 1, payment.ErrMoved.Error(): 19})
	held := cartNow(t, db, c)
	same(t, "cart", []any{held.State, held.Version, held.Lines}, []any{cart.InCheckout, 2, c.Lines})
	p, err := db.Payment(t.Context(), tenant, held.PaymentID)
	ok(t, err)
	same(t, "payment", []any{p.State, p.Amount, p.CartID, p.Lines}, []any{payment.Pending, c.Total(), c.ID, c.Lines})
	same(t, "events", typesOf(announced(t, db, tenant)), []event.Type{event.TypePaymentInitiated})
}

// S0-47, R6: one key fifty times at once: one attempt, and everybody is given its ticket.
func TestBeginWithOneKey(t *testing.T) {
	db, tenant := fresh(t)
	c := filled(t, db, tenant, plan("plan_a"))
	tickets := make(chan id.Payment, 50)
	ends := at(50, func(int) error {
		r := request(tenant, string(customer), "k", "f")
		ticket, err := once.Do(t.Context(), db, r, func(use *once.Use) (payment.Ticket, error) {
			p, err := till(db, nil).Begin(t.Context(), use, payment.Payment{Tenant: tenant, Customer: customer, CartID: c.ID, Lines: c.Lines, Amount: c.Total()}, c.Version)
			return payment.Ticket{PaymentID: p.ID}, err
		})
		tickets <- ticket.PaymentID
		return err
	})
	same(t, "ends", ends, map[string]int{"": 50})
	for range 50 {
		same(t, "ticket", <-tickets, cartNow(t, db, c).PaymentID)
	}
}

// S0-50: two carts with one plan at once: one gets it, the other is told before any charge.
func TestParallelBeginsOfOnePlan(t *testing.T) {
	db, tenant := fresh(t)
	carts := []cart.Cart{filled(t, db, tenant, plan("plan_a"), plan("plan_b")), filled(t, db, tenant, plan("plan_a"), box)}
	ends := at(2, func(i int) error { _, err := begin(db, carts[i], string(carts[i].ID)); return err })
	same(t, "ends", ends, map[string]int{"": 1, subscription.ErrActive.Code: 1})
	open := 0
	for _, c := range carts { // the loser's cart is as it was
		if cartNow(t, db, c).State == cart.Open {
			open++
		}
	}
	same(t, "open carts", open, 1)
	other := filled(t, db, tenant, plan("plan_a"))
	other.Customer = "cus_2" // somebody else may have the same plan
	ok(t, db.SaveCart(t.Context(), nil, other))
	begun(t, db, other, "k2")
}

// S0-41, S0-42, S0-51: what is true after a success: payment, order, contract, ledger, four events, once.
func TestComplete(t *testing.T) {
	db, tenant := fresh(t)
	c := filled(t, db, tenant, plan("plan_a"), box)
	p := succeeded(begun(t, db, c, "k"))
	ends := at(20, func(int) error { return db.Complete(t.Context(), p) })
	same(t, "ends", ends, map[string]int{"": 1, payment.ErrMoved.Error(): 19})

	got, err := db.Payment(t.Context(), tenant, p.ID)
	ok(t, err)
	same(t, "payment", []any{got.State, got.ChargeID}, []any{payment.Succeeded, "pi_1"})
	o, err := db.Order(t.Context(), tenant, customer, p.OrderID)
	ok(t, err)
	same(t, "order", []any{o.State, o.Total, o.Lines, o.PaymentID, o.CartID, o.Subscriptions}, []any{order.Paid, c.Total(), c.Lines, p.ID, c.ID, p.Subscriptions})
	same(t, "placed and paid at once", []any{len(o.History), o.History[0].State, o.History[1].State, o.PaidBy, o.PaidWith}, []any{2, order.Unpaid, order.Paid, order.BySavedCard, p.PaidWith})
	same(t, "takes no place among the unpaid", has(t, db, orders, unpaidKey(tenant, customer)), false)
	s, err := db.Subscription(t.Context(), tenant, customer, p.Subscriptions[0])
	ok(t, err)
	same(t, "contract", []any{s.State, s.ItemID, s.Price, s.BillingPeriod, s.Entitlement.Origin}, []any{subscription.Pending, "plan_a", plan("plan_a").Price, "P1M", o.ID})
	entry, err := get[ledger.Entry](t.Context(), db, ledgers, entryKey(tenant, id.Swap[id.Entry](p.ID, id.PaymentPrefix, id.EntryPrefix)), fault.ErrNotFound)
	ok(t, err)
	ok(t, entry.Validate())
	same(t, "ledger", entry.Postings, []ledger.Posting{{Account: ledger.PSPCash, Minor: c.Total().Minor}, {Account: ledger.Sales, Minor: -c.Total().Minor}})
	same(t, "events", typesOf(announced(t, db, tenant)), []event.Type{event.TypePaymentInitiated, event.TypeOrderCreated, event.TypePaymentSucceeded, event.TypeContractSigned, event.TypeOrderPaid})
	same(t, "cart stays held", cartNow(t, db, c).State, cart.InCheckout)
	_, err = begin(db, filled(t, db, tenant, plan("plan_a")), "k2") // S0-50
	want(t, err, subscription.ErrActive)
}

// S0-51: a purchase without subscriptions signs no contract.
func TestCompleteWithoutSubscriptions(t *testing.T) {
	db, tenant := fresh(t)
	ok(t, db.Complete(t.Context(), succeeded(begun(t, db, filled(t, db, tenant, box), "k"))))
	same(t, "events", typesOf(announced(t, db, tenant)), []event.Type{event.TypePaymentInitiated, event.TypeOrderCreated, event.TypePaymentSucceeded, event.TypeOrderPaid})
}

// S0-45: a failure frees the cart and gives the plans back; paying anew works.
func TestFail(t *testing.T) {
	db, tenant := fresh(t)
	c := filled(t, db, tenant, plan("plan_a"), plan("plan_b"))
	p, e := failed(begun(t, db, c, "k"))
	ends := at(10, func(int) error { return db.Fail(t.Context(), p, e) })
	same(t, "ends", ends, map[string]int{"": 1, payment.ErrMoved.Error(): 9})
	open := cartNow(t, db, c)
	same(t, "cart", []any{open.State, open.PaymentID, open.Version, open.Lines}, []any{cart.Open, "", 3, c.Lines})
	for _, l := range c.Lines {
		same(t, "claim", has(t, db, subscriptions, claimKey(tenant, customer, l.ItemID)), false)
	}
	same(t, "order", has(t, db, orders, orderKey(tenant, customer, p.OrderID)), false)
	same(t, "events", typesOf(announced(t, db, tenant)), []event.Type{event.TypePaymentInitiated, event.TypePaymentFailed})
	again := begun(t, db, open, "k2")
	ok(t, db.Complete(t.Context(), succeeded(again)))
}

// A failure told late must not free the cart, nor give back the plans, that another attempt holds by now.
func TestFailLeavesAnotherAttemptAlone(t *testing.T) {
	db, tenant := fresh(t)
	c := filled(t, db, tenant, plan("plan_a"))
	first, e := failed(begun(t, db, c, "k"))
	ok(t, db.Fail(t.Context(), first, e))
	second := begun(t, db, cartNow(t, db, c), "k2")
	want(t, db.Fail(t.Context(), first, e), payment.ErrMoved)
	held := cartNow(t, db, c)
	same(t, "cart", []any{held.State, held.PaymentID}, []any{cart.InCheckout, second.ID})
	same(t, "claim", has(t, db, subscriptions, claimKey(tenant, customer, "plan_a")), true)
}

// An attempt ends without touching a cart that is no longer its own.
func TestFailOfAnAttemptWithoutItsCart(t *testing.T) {
	db, tenant := fresh(t)
	p, e := failed(begun(t, db, filled(t, db, tenant, plan("plan_a")), "k"))
	taken := cartNow(t, db, cart.Cart{Tenant: tenant, Customer: customer, ID: p.CartID})
	taken.PaymentID, taken.Version = "pay_other", taken.Version+1
	ok(t, db.SaveCart(t.Context(), nil, taken))
	ok(t, db.Fail(t.Context(), p, e))
	held := cartNow(t, db, taken)
	same(t, "cart", []any{held.State, held.PaymentID, held.Version}, []any{cart.InCheckout, "pay_other", taken.Version})
}

// Every write × every state of the payment: only the state it was decided on lets it through.
func TestConditionsOfEveryWrite(t *testing.T) {
	event1 := func(p payment.Payment) event.Envelope {
		return event.New(context.Background(), p.Tenant, time.Now(), event.PaymentParked{PaymentID: p.ID})
	}
	writes := map[string]func(*DB, payment.Payment) error{
		"complete": func(db *DB, p payment.Payment) error { return db.Complete(context.Background(), succeeded(p)) },
		"fail": func(db *DB, p payment.Payment) error {
			p, e := failed(p)
			return db.Fail(context.Background(), p, e)
		},
		"note": func(db *DB, p payment.Payment) error {
			p.State, p.Parked = payment.Pending, true
			return db.Note(context.Background(), p, event1(p))
		},
		"unassigned": func(db *DB, p payment.Payment) error {
			p.State, p.ChargeID, p.Parked = payment.Pending, "pi_1", true
			return db.Unassigned(context.Background(), p, eur(1), event1(p))
		},
		"refunded": func(db *DB, p payment.Payment) error {
			p.State, p.ChargeID = payment.Refunded, "pi_1"
			return db.Refunded(context.Background(), p, payment.Failed, payment.GivenBack{Amount: p.Amount, Why: payment.LatePayment}, event1(p))
		},
		"refunded at once": func(db *DB, p payment.Payment) error {
			p.State, p.ChargeID = payment.Refunded, "pi_1"
			return db.Refunded(context.Background(), p, payment.Pending, payment.GivenBack{Amount: p.Amount, Why: payment.DuplicatePayment}, event1(p))
		},
		"refund failed": func(db *DB, p payment.Payment) error {
			p.State, p.ChargeID, p.Parked = payment.Refunded, "pi_1", true
			return db.RefundFailed(context.Background(), p, p.Amount, event1(p))
		},
	}
	reach := map[payment.State][]string{payment.Pending: nil, payment.Succeeded: {"complete"}, payment.Failed: {"fail"}, payment.Refunded: {"fail", "refunded"}}
	allowed := map[payment.State]map[string]bool{
		payment.Pending: {"complete": true, "fail": true, "note": true, "unassigned": true, "refunded at once": true},
		payment.Failed:  {"refunded": true}, payment.Refunded: {"refund failed": true},
	}
	for state, path := range reach {
		for name, write := range writes {
			t.Run(string(state)+" × "+name, func(t *testing.T) {
				db, tenant := fresh(t)
				p := begun(t, db, filled(t, db, tenant, plan("plan_a")), "k")
				for _, step := range path {
					ok(t, writes[step](db, p))
				}
				before := len(announced(t, db, tenant))
				err := write(db, p)
				got, readErr := db.Payment(t.Context(), tenant, p.ID)
				ok(t, readErr)
				balanced(t, db, tenant)
				if allowed[state][name] {
					ok(t, err)
					return
				}
				want(t, err, payment.ErrMoved)
				same(t, "state", got.State, state)
				same(t, "new events", len(announced(t, db, tenant))-before, 0)
			})
		}
	}
}

// S0-45: success and failure of one attempt at the same time: one is written, with all that belongs to it.
func TestCompleteAgainstFail(t *testing.T) {
	for range 5 {
		db, tenant := fresh(t)
		p := begun(t, db, filled(t, db, tenant, plan("plan_a")), "k")
		ends := at(2, func(i int) error {
			if i == 0 {
				return db.Complete(t.Context(), succeeded(p))
			}
			p, e := failed(p)
			return db.Fail(t.Context(), p, e)
		})
		same(t, "ends", ends, map[string]int{"": 1, payment.ErrMoved.Error(): 1})
		got, err := db.Payment(t.Context(), tenant, p.ID)
		ok(t, err)
		same(t, "order exists", has(t, db, orders, orderKey(tenant, customer, p.OrderID)), got.State == payment.Succeeded)
		same(t, "claim exists", has(t, db, subscriptions, claimKey(tenant, customer, "plan_a")), got.State == payment.Succeeded)
	}
}

// S0-47: the rules and the tables together: twenty drive one attempt; one order, one set of events, nothing refunded.
func TestTwentyDriveOneAttempt(t *testing.T) {
	db, tenant := fresh(t)
	p := begun(t, db, filled(t, db, tenant, plan("plan_a")), "k")
	psp := &bank{}
	ends := at(20, func(int) error {
		got, _, err := till(db, psp).Drive(context.Background(), p, true)
		if err == nil && got.State != payment.Succeeded {
			t.Errorf("got %s", got.State)
		}
		return err
	})
	same(t, "ends", ends, map[string]int{"": 20})
	same(t, "refunds", psp.refunded.Load(), 0)
	same(t, "events", len(announced(t, db, tenant)), 5)
}

// S0-45: a late success of an attempt that failed is given back, and recorded once.
func TestLateSuccess(t *testing.T) {
	db, tenant := fresh(t)
	c := filled(t, db, tenant, plan("plan_a"))
	p := begun(t, db, c, "k")
	psp := &bank{decline: true}
	_, _, err := till(db, psp).Drive(t.Context(), p, true)
	ok(t, err)
	ends := at(10, func(int) error {
		return till(db, psp).Notified(context.Background(), payment.Charge{ID: "pi_" + string(p.ID), State: payment.ChargeSucceeded, Amount: p.Amount, Tenant: tenant, PaymentID: p.ID})
	})
	same(t, "ends", ends, map[string]int{"": 10})
	same(t, "events", typesOf(announced(t, db, tenant))[2:], []event.Type{event.TypePaymentRefunded})
	same(t, "order", has(t, db, orders, orderKey(tenant, customer, p.OrderID)), false)
	same(t, "cart", cartNow(t, db, c).State, cart.Open)
}
