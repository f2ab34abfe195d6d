package payment_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/money"
	"turnup/internal/domain/payment"
)

// after is what Settle must have done.
type after struct {
	state  payment.State
	write  string // the one write, "" for none
	psp    string // the calls, in fmt's form of a list
	reason payment.Reason
}

// A second charge of a payment that succeeded is given back, and nothing else changes. S0-47.
func TestSecondChargeIsGivenBack(t *testing.T) {
	for _, state := range []payment.State{payment.Succeeded, payment.Refunded} {
		p := attemptIn(state)
		p.ChargeID = "pi_0"
		b, s := bookWith(p), scripted(t, map[string][]answer{"refund": {{}}})
		got, _, err := checkout(b, s).Settle(t.Context(), p, in(payment.ChargeSucceeded))
		ok(t, err)
		eq(t, "state", got.State, state)
		eq(t, "calls", s.called(), "[refund]")
		eq(t, "writes", len(b.writes), 0)
	}
}

// The same when the other charge was written between our look and our write. S0-47.
func TestChargeThatCameSecondIsGivenBack(t *testing.T) {
	b, s := bookWith(attempt()), scripted(t, map[string][]answer{"refund": {{}}})
	b.first = func() {
		won := attemptIn(payment.Succeeded)
		won.ChargeID = "pi_0"
		b.payments[payID] = won
	}
	got, _, err := checkout(b, s).Settle(t.Context(), attempt(), in(payment.ChargeSucceeded))
	ok(t, err)
	eq(t, "state", got.State, payment.Succeeded)
	eq(t, "kept charge", got.ChargeID, "pi_0")
	eq(t, "calls", s.called(), "[refund]")
}

// Every state of an attempt × everything the PSP may say of its charge. S0-41, S0-45, S0-46, S0-47.
func TestSettleOfEveryStateAndChargeState(t *testing.T) {
	const none = "[]"
	asked := answer{charge: in(payment.ChargeAuthenticating)}
	want := map[payment.State]map[payment.ChargeState]after{
		payment.Pending: {
			payment.ChargeNone:           {payment.Failed, "fail", none, payment.NotCharged},
			payment.ChargeSucceeded:      {payment.Succeeded, "complete", none, ""},
			payment.ChargeDeclined:       {payment.Failed, "fail", none, payment.InsufficientFunds},
			payment.ChargeUnauthorised:   {payment.Pending, "note", "[authenticate]", ""},
			payment.ChargeAuthenticating: {payment.Pending, "note", none, ""},
			payment.ChargeProcessing:     {payment.Pending, "", none, ""},
			payment.ChargeOpen:           {payment.Pending, "", none, ""},
			payment.ChargeCancelled:      {payment.Failed, "fail", none, payment.Abandoned},
		},
		payment.Succeeded: {}, payment.Refunded: {},
		payment.Failed: {payment.ChargeSucceeded: {payment.Refunded, "refunded", "[refund]", ""}},
	}
	for state, cells := range want {
		for _, told := range chargeStates {
			t.Run(string(state)+" × "+string(told), func(t *testing.T) {
				cell, listed := cells[told]
				if !listed {
					cell = after{state: state, psp: none}
				}
				p := attemptIn(state)
				b, s := bookWith(p), scripted(t, map[string][]answer{"authenticate": {asked}, "refund": {{}}})
				got, _, err := checkout(b, s).Settle(t.Context(), p, in(told))
				ok(t, err)
				eq(t, "answered state", got.State, cell.state)
				eq(t, "stored state", b.now().State, cell.state)
				eq(t, "reason", b.now().Reason, cell.reason)
				eq(t, "calls", s.called(), cell.psp)
				if cell.write == "" {
					eq(t, "writes", len(b.writes), 0)
				} else {
					eq(t, "writes", len(b.writes), 1)
					eq(t, cell.write, b.wrote(cell.write), 1)
				}
				eq(t, "cart is free", b.open, cell.write == "fail")
				eq(t, "payment.failed", b.announced(event.TypePaymentFailed), b.wrote("fail"))
				eq(t, "payment.refunded", b.announced(event.TypePaymentRefunded), b.wrote("refunded"))
			})
		}
	}
}

// What the caller believes pending was settled by somebody else meanwhile: nothing is written over it, and only money
// for a failed attempt is given back. S0-47.
func TestSettleDecidedOnAStateThatHasMoved(t *testing.T) {
	for _, stored := range []payment.State{payment.Succeeded, payment.Failed, payment.Refunded} {
		for _, told := range chargeStates {
			t.Run(string(stored)+" × "+string(told), func(t *testing.T) {
				b := bookWith(attempt())
				b.set(func(p *payment.Payment) { *p = attemptIn(stored) })
				s := scripted(t, map[string][]answer{"authenticate": {{charge: in(payment.ChargeAuthenticating)}}, "refund": {{}}})
				got, _, err := checkout(b, s).Settle(t.Context(), attempt(), in(told))
				ok(t, err)
				want, refunds := stored, 0
				if stored == payment.Failed && told == payment.ChargeSucceeded {
					want, refunds = payment.Refunded, 1
				}
				eq(t, "stored", b.now().State, want)
				eq(t, "refunds", s.money[payID], refunds)
				eq(t, "complete", b.wrote("complete"), 0)
				if told != payment.ChargeProcessing && told != payment.ChargeOpen { // then nothing is written, so nothing is found out
					eq(t, "answered", got.State, want)
				}
			})
		}
	}
}

// Answer, webhook, browser return and reconciliation learn of one success at once: one order. S0-47, S0-51.
func TestParallelSettlesCompleteOnce(t *testing.T) {
	b, s := bookWith(attempt()), scripted(t, nil)
	c := checkout(b, s)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			got, _, err := c.Settle(context.Background(), attempt(), in(payment.ChargeSucceeded))
			if err != nil || got.State != payment.Succeeded {
				t.Errorf("got %s, %v", got.State, err)
			}
		})
	}
	all.Wait()
	eq(t, "complete", b.wrote("complete"), 1)
	eq(t, "calls", s.called(), "[]")
}

// A success that comes after the attempt failed is given back once, however many tell of it. S0-45, S0-47.
func TestLateSuccessIsRefundedOnce(t *testing.T) {
	p := attempt()
	p.State, p.Reason = payment.Failed, payment.NotCharged
	b, s := bookWith(p), scripted(t, map[string][]answer{"refund": {{}}})
	c := checkout(b, s)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if err := c.Notified(context.Background(), in(payment.ChargeSucceeded)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	ok(t, c.Notified(t.Context(), in(payment.ChargeSucceeded)))
	eq(t, "state", b.now().State, payment.Refunded)
	eq(t, "charge", b.now().ChargeID, "pi_1")
	eq(t, "refunds", s.money[payID], 1)
	eq(t, "payment.refunded", b.announced(event.TypePaymentRefunded), 1)
	eq(t, "complete", b.wrote("complete"), 0)
}

// The refund itself gets no answer: the attempt stays failed, so that the next to tell tries it again.
func TestRefundThatIsNotAnsweredIsTriedAgain(t *testing.T) {
	p := attempt()
	p.State = payment.Failed
	b, s := bookWith(p), scripted(t, map[string][]answer{"refund": {{err: payment.ErrUnanswered}, {}}})
	c := checkout(b, s)
	wantFault(t, c.Notified(t.Context(), in(payment.ChargeSucceeded)), payment.ErrUnsettled)
	eq(t, "state", b.now().State, payment.Failed)
	ok(t, c.Notified(t.Context(), in(payment.ChargeSucceeded)))
	eq(t, "state", b.now().State, payment.Refunded)
}

// S0-42, S1-30: what was captured must be exactly what was agreed; else nobody gets an order, the amount that came is booked
// once, and an operator gets the payment.
func TestWrongAmountIsParkedAndNeverCompleted(t *testing.T) {
	for name, captured := range map[string]money.Amount{
		"too little": {Minor: 1298, Currency: "EUR"}, "too much": {Minor: 1300, Currency: "EUR"},
		"other currency": {Minor: 1299, Currency: "USD"}, "nothing": {},
	} {
		t.Run(name, func(t *testing.T) {
			b := bookWith(attempt())
			c := checkout(b, scripted(t, nil)) // nothing is refunded: an operator decides
			charge := in(payment.ChargeSucceeded)
			charge.Amount = captured
			for _, p := range []payment.Payment{attempt(), b.now(), attempt()} { // told thrice, also by who has read it before
				got, _, err := c.Settle(t.Context(), p, charge)
				ok(t, err)
				eq(t, "answered", got.State, payment.Pending)
				eq(t, "answered as parked", got.Parked, true)
			}
			eq(t, "state", b.now().State, payment.Pending)
			eq(t, "parked", b.now().Parked, true)
			eq(t, "charge", b.now().ChargeID, "pi_1")
			eq(t, "writes", len(b.writes), 1)
			eq(t, "booked", b.wrote("unassigned "+captured.String()), 1)
			eq(t, "payment.parked", b.announced(event.TypePaymentParked), 1)
			var parked event.PaymentParked
			ok(t, event.Decode(b.events[0], &parked))
			eq(t, "reason", parked.Reason, payment.AmountDiffers)
			eq(t, "captured", *parked.Captured, captured)
			eq(t, "cart is free", b.open, false)
		})
	}
}

// What the payment was parked for before does not hide that another amount came. S1-30.
func TestWrongAmountOfAParkedAttempt(t *testing.T) {
	p := attempt()
	p.Parked, p.ChargeID, p.Redirected = true, "pi_1", true // it was noted while the customer authenticated, then nobody knew more
	b, charge := bookWith(p), in(payment.ChargeSucceeded)
	charge.Amount.Minor++
	_, _, err := checkout(b, scripted(t, nil)).Settle(t.Context(), p, charge)
	ok(t, err)
	eq(t, "booked", b.wrote("unassigned 13.00 EUR"), 1)
	eq(t, "payment.parked", b.announced(event.TypePaymentParked), 1)
}

// Money that the book does not want, for each of its reasons: given back once, whoever tells of it, and said why. S1-34,
// S1-35.
func TestUnwantedMoneyIsGivenBack(t *testing.T) {
	for _, why := range []payment.Unwanted{payment.LatePayment, payment.OrderCancelled, payment.DuplicatePayment, payment.AlreadyActive} {
		t.Run(string(why), func(t *testing.T) {
			b, s := bookWith(attempt()), scripted(t, map[string][]answer{"refund": {{}}})
			b.unwanted = why
			c := checkout(b, s)
			for _, p := range []payment.Payment{attempt(), attempt(), attemptIn(payment.Refunded)} {
				got, _, err := c.Settle(t.Context(), p, in(payment.ChargeSucceeded))
				ok(t, err)
				eq(t, "answered", got.State, payment.Refunded)
			}
			eq(t, "state", b.now().State, payment.Refunded)
			eq(t, "charge", b.now().ChargeID, "pi_1")
			eq(t, "settled", b.now().SettledAt, noon.Add(10*time.Minute))
			eq(t, "refunds", s.money[payID], 1)
			eq(t, "complete", b.wrote("complete"), 0)
			eq(t, "writes", len(b.writes), 1)
			eq(t, "given back", b.back[0], payment.GivenBack{Amount: price, Why: why})
			var refunded event.PaymentRefunded
			ok(t, event.Decode(b.events[0], &refunded))
			eq(t, "told", refunded, event.PaymentRefunded{PaymentID: payID, CustomerID: customer, OrderID: "ord_1", Amount: price, Reason: string(why)})
		})
	}
	t.Run("it was parked", func(t *testing.T) { // then it waits for nobody any more
		p := attempt()
		p.Parked = true
		b := bookWith(p)
		b.unwanted = payment.OrderCancelled
		_, _, err := checkout(b, scripted(t, map[string][]answer{"refund": {{}}})).Settle(t.Context(), p, in(payment.ChargeSucceeded))
		ok(t, err)
		eq(t, "parked", b.now().Parked, false)
	})
	t.Run("the refund gets no answer", func(t *testing.T) {
		b := bookWith(attempt())
		b.unwanted = payment.OrderCancelled
		c := checkout(b, scripted(t, map[string][]answer{"refund": {{err: payment.ErrUnanswered}, {}}}))
		_, _, err := c.Settle(t.Context(), attempt(), in(payment.ChargeSucceeded))
		wantFault(t, err, payment.ErrUnsettled)
		eq(t, "state", b.now().State, payment.Pending)
		_, _, err = c.Settle(t.Context(), attempt(), in(payment.ChargeSucceeded))
		ok(t, err)
		eq(t, "state", b.now().State, payment.Refunded)
	})
}

// Authentication at charge time: every answer of the bank's request. S0-46.
func TestAuthenticationAtCharge(t *testing.T) {
	cases := []struct {
		name   string
		asked  answer
		state  payment.State
		reason payment.Reason
		fails  bool
	}{
		{"the customer is sent to the bank", answer{charge: in(payment.ChargeAuthenticating)}, payment.Pending, "", false},
		{"the bank is content after all", answer{charge: in(payment.ChargeSucceeded)}, payment.Succeeded, "", false},
		{"declined", answer{charge: in(payment.ChargeDeclined)}, payment.Failed, payment.InsufficientFunds, false},
		{"refused again", answer{charge: in(payment.ChargeUnauthorised)}, payment.Failed, payment.AuthenticationFailed, false},
		{"no answer", answer{err: payment.ErrUnanswered}, payment.Pending, "", true},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			b, s := bookWith(attempt()), scripted(t, map[string][]answer{"authenticate": {k.asked}})
			_, charge, err := checkout(b, s).Settle(t.Context(), attempt(), in(payment.ChargeUnauthorised))
			if k.fails {
				wantFault(t, err, payment.ErrUnsettled)
			} else {
				ok(t, err)
			}
			eq(t, "state", b.now().State, k.state)
			eq(t, "reason", b.now().Reason, k.reason)
			if k.asked.charge.State == payment.ChargeAuthenticating {
				eq(t, "redirect", charge.RedirectURL, "https://bank.example/3ds")
				eq(t, "redirected", b.now().Redirected, true)
				eq(t, "charge", b.now().ChargeID, "pi_1")
			}
		})
	}
	t.Run("nowhere to come back to", func(t *testing.T) {
		p := attempt()
		p.ReturnURL = ""
		b := bookWith(p)
		_, _, err := checkout(b, scripted(t, nil)).Settle(t.Context(), p, in(payment.ChargeUnauthorised))
		ok(t, err)
		eq(t, "reason", b.now().Reason, payment.AuthenticationFailed)
	})
}

// Asking how an authentication goes writes once, not at every look.
func TestNoteIsWrittenOnce(t *testing.T) {
	b := bookWith(attempt())
	c := checkout(b, scripted(t, nil))
	for range 3 {
		_, charge, err := c.Settle(t.Context(), b.now(), in(payment.ChargeAuthenticating))
		ok(t, err)
		eq(t, "redirect", charge.RedirectURL, "https://bank.example/3ds")
	}
	eq(t, "notes", b.wrote("note"), 1)
}

// A customer who never comes back from the bank: past the window the charge is cancelled; money that came first wins.
// S0-30, S0-46.
func TestAbandonedAuthentication(t *testing.T) {
	cases := []struct {
		name      string
		cancelled answer
		state     payment.State
		fails     bool
	}{
		{"cancelled", answer{charge: in(payment.ChargeCancelled)}, payment.Failed, false},
		{"the money came first", answer{charge: in(payment.ChargeSucceeded)}, payment.Succeeded, false},
		{"still processing", answer{charge: in(payment.ChargeProcessing)}, payment.Pending, true},
		{"no answer", answer{err: payment.ErrUnanswered}, payment.Pending, true},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			p := attempt()
			p.InitiatedAt = noon.Add(-payment.AuthenticationWindow) // and the clock says 12:10
			b, s := bookWith(p), scripted(t, map[string][]answer{"cancel": {k.cancelled}})
			_, _, err := checkout(b, s).Settle(t.Context(), p, in(payment.ChargeAuthenticating))
			if k.fails {
				wantFault(t, err, payment.ErrUnsettled)
			} else {
				ok(t, err)
			}
			eq(t, "state", b.now().State, k.state)
		})
	}
	t.Run("within the window it is left alone", func(t *testing.T) {
		p := attempt()
		p.InitiatedAt = noon.Add(10*time.Minute - payment.AuthenticationWindow)
		b := bookWith(p)
		_, _, err := checkout(b, scripted(t, nil)).Settle(t.Context(), p, in(payment.ChargeAuthenticating))
		ok(t, err)
		eq(t, "state", b.now().State, payment.Pending)
	})
}

// The write fails for another reason than a moved state: the error comes through, nothing is refunded.
func TestBrokenBook(t *testing.T) {
	broken := errors.New("no database")
	for _, told := range []payment.ChargeState{payment.ChargeSucceeded, payment.ChargeDeclined, payment.ChargeAuthenticating} {
		b := bookWith(attempt())
		b.broken = broken
		_, _, err := checkout(b, scripted(t, nil)).Settle(t.Context(), attempt(), in(told))
		if !errors.Is(err, broken) {
			t.Errorf("%s: got %v", told, err)
		}
	}
}

// Whoever settles, the event keeps the correlation of the customer's request, and says who it was.
func TestEventsKeepTheCustomersCorrelation(t *testing.T) {
	b := bookWith(attempt())
	ctx := event.WithTrace(t.Context(), event.Trace{Correlation: "webhook-7", Causation: "evt_7", Actor: "staff:stf_1"})
	_, _, err := checkout(b, scripted(t, nil)).Settle(ctx, attempt(), in(payment.ChargeDeclined))
	ok(t, err)
	eq(t, "correlation", b.events[0].CorrelationID, "journey-1")
	eq(t, "causation", b.events[0].CausationID, "evt_7")
	eq(t, "actor", b.events[0].Actor, "staff:stf_1")
}
