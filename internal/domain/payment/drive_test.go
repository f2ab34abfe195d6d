package payment_test

import (
	"errors"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/once"
	"turnup/internal/domain/payment"
)

var errRefused = payment.ErrPSPUnavailable.Because(errors.New("connection refused"))

// How far an attempt gets, by what the PSP answers. A caller who has not begun the attempt must look for the charge
// before making one. S0-35, S0-45, S0-47.
func TestDrive(t *testing.T) {
	none, done := answer{charge: in(payment.ChargeNone)}, answer{charge: in(payment.ChargeSucceeded)}
	cases := []struct {
		name   string
		begun  bool
		script map[string][]answer
		calls  string
		state  payment.State
		reason payment.Reason
		want   *fault.Fault
	}{
		{"begun, charged", true, map[string][]answer{"charge": {done}}, "[charge]", payment.Succeeded, "", nil},
		{"begun, declined", true, map[string][]answer{"charge": {{charge: in(payment.ChargeDeclined)}}}, "[charge]", payment.Failed, payment.InsufficientFunds, nil},
		{"begun, refused connection", true, map[string][]answer{"charge": {{err: errRefused}}}, "[charge]", payment.Failed, payment.NotCharged, payment.ErrPSPUnavailable},
		{"begun, no answer", true, map[string][]answer{"charge": {{err: payment.ErrUnanswered}}}, "[charge]", payment.Pending, "", payment.ErrUnsettled},
		{"begun, refused request", true, map[string][]answer{"charge": {{err: errors.New("400")}}}, "[charge]", payment.Failed, payment.ProcessingError, nil},
		{"joined, charge is found", false, map[string][]answer{"find": {done}}, "[find]", payment.Succeeded, "", nil},
		{"joined, decline is found", false, map[string][]answer{"find": {{charge: in(payment.ChargeDeclined)}}}, "[find]", payment.Failed, payment.InsufficientFunds, nil},
		{"joined, there is none", false, map[string][]answer{"find": {none}, "charge": {done}}, "[find charge]", payment.Succeeded, "", nil},
		{"joined, cannot look", false, map[string][]answer{"find": {{err: errRefused}}}, "[find]", payment.Pending, "", payment.ErrUnsettled},
		{"joined, look unanswered", false, map[string][]answer{"find": {{err: payment.ErrUnanswered}}}, "[find]", payment.Pending, "", payment.ErrUnsettled},
		{"joined, then refused connection", false, map[string][]answer{"find": {none}, "charge": {{err: errRefused}}}, "[find charge]", payment.Pending, "", payment.ErrUnsettled},
		{"joined, then no answer", false, map[string][]answer{"find": {none}, "charge": {{err: payment.ErrUnanswered}}}, "[find charge]", payment.Pending, "", payment.ErrUnsettled},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			b, s := bookWith(attempt()), scripted(t, k.script)
			_, _, err := checkout(b, s).Drive(t.Context(), attempt(), k.begun)
			if k.want == nil {
				ok(t, err)
			} else {
				wantFault(t, err, k.want)
				if !fault.Transient(err) {
					t.Error("the caller must be told to try again")
				}
			}
			eq(t, "calls", s.called(), k.calls)
			eq(t, "state", b.now().State, k.state)
			eq(t, "reason", b.now().Reason, k.reason)
			eq(t, "cart is free", b.open, k.state == payment.Failed)
		})
	}
}

// An ended attempt is never charged again. S0-47.
func TestDriveOfAnEndedAttempt(t *testing.T) {
	for _, state := range []payment.State{payment.Succeeded, payment.Failed, payment.Refunded} {
		for _, begun := range []bool{true, false} {
			p := attempt()
			p.State = state
			got, _, err := checkout(bookWith(p), scripted(t, nil)).Drive(t.Context(), p, begun)
			ok(t, err)
			eq(t, "state", got.State, state)
		}
	}
}

// The answer of the charge is lost, the customer asks again: one charge, and the purchase is finished. S0-47.
func TestLostAnswerIsFoundByTheNextCall(t *testing.T) {
	b := bookWith(attempt())
	s := scripted(t, map[string][]answer{"charge": {{err: payment.ErrUnanswered}}, "find": {{charge: in(payment.ChargeSucceeded)}}})
	c := checkout(b, s)
	_, _, err := c.Drive(t.Context(), attempt(), true)
	wantFault(t, err, payment.ErrUnsettled)
	got, _, err := c.Drive(t.Context(), b.now(), false)
	ok(t, err)
	eq(t, "state", got.State, payment.Succeeded)
	eq(t, "calls", s.called(), "[charge find]")
	eq(t, "complete", b.wrote("complete"), 1)
}

// The one who began did not reach the PSP, but one who joined did and was written first: success stands.
func TestUnreachedAfterAnotherCharged(t *testing.T) {
	b, s := bookWith(attempt()), scripted(t, map[string][]answer{"charge": {{err: errRefused}}})
	b.first = func() { b.set(func(p *payment.Payment) { p.State = payment.Succeeded }) }
	got, _, err := checkout(b, s).Drive(t.Context(), attempt(), true)
	ok(t, err)
	eq(t, "state", got.State, payment.Succeeded)
	eq(t, "fail", b.wrote("fail"), 0)
}

// The other way round: the failure was written first, the charge of the one who joined is given back. S0-47.
func TestChargeOfOneWhoJoinedAfterTheFailure(t *testing.T) {
	b := bookWith(attempt())
	s := scripted(t, map[string][]answer{"find": {{charge: in(payment.ChargeNone)}}, "charge": {{charge: in(payment.ChargeSucceeded)}}, "refund": {{}}})
	b.first = func() { b.set(func(p *payment.Payment) { p.State, p.Reason = payment.Failed, payment.NotCharged }) }
	got, _, err := checkout(b, s).Drive(t.Context(), attempt(), false)
	ok(t, err)
	eq(t, "state", got.State, payment.Refunded)
	eq(t, "refunds", s.money[payID], 1)
	eq(t, "complete", b.wrote("complete"), 0)
}

// When the failure cannot be written, the attempt must not be reported as ended.
func TestUnreachedWithABrokenBook(t *testing.T) {
	b := bookWith(attempt())
	b.broken = errors.New("no database")
	_, _, err := checkout(b, scripted(t, map[string][]answer{"charge": {{err: errRefused}}})).Drive(t.Context(), attempt(), true)
	wantFault(t, err, payment.ErrUnsettled)
}

// S0-34, S0-47: webhooks come late, doubled and out of order.
func TestNotified(t *testing.T) {
	declined, done := in(payment.ChargeDeclined), in(payment.ChargeSucceeded)
	cases := []struct {
		name  string
		state payment.State
		told  payment.Charge
		found *answer // of Find; nil: it must not be asked
		want  payment.State
		err   *fault.Fault
	}{
		{"success", payment.Pending, done, nil, payment.Succeeded, nil},
		{"success again", payment.Succeeded, done, nil, payment.Succeeded, nil},
		{"stale failure after success", payment.Succeeded, declined, nil, payment.Succeeded, nil},
		{"stale failure, success not yet written", payment.Pending, declined, &answer{charge: done}, payment.Succeeded, nil},
		{"failure that is so", payment.Pending, declined, &answer{charge: declined}, payment.Failed, nil},
		{"failure, PSP away", payment.Pending, declined, &answer{err: payment.ErrUnanswered}, payment.Pending, payment.ErrUnsettled},
		{"cancelled", payment.Pending, in(payment.ChargeCancelled), &answer{charge: in(payment.ChargeCancelled)}, payment.Failed, nil},
		{"cancelled after failure", payment.Failed, in(payment.ChargeCancelled), nil, payment.Failed, nil},
		{"needs the customer: left to the checkout", payment.Pending, declined, &answer{charge: in(payment.ChargeUnauthorised)}, payment.Pending, nil},
		{"customer is at the bank", payment.Pending, in(payment.ChargeAuthenticating), &answer{charge: in(payment.ChargeAuthenticating)}, payment.Pending, nil},
		{"processing", payment.Pending, in(payment.ChargeProcessing), &answer{charge: in(payment.ChargeProcessing)}, payment.Pending, nil},
		{"anything after refund", payment.Refunded, declined, nil, payment.Refunded, nil},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			p := attemptIn(k.state)
			script := map[string][]answer{}
			if k.found != nil {
				script["find"] = []answer{*k.found}
			}
			b, s := bookWith(p), scripted(t, script)
			err := checkout(b, s).Notified(t.Context(), k.told)
			if k.err != nil {
				wantFault(t, err, k.err)
			} else {
				ok(t, err)
			}
			eq(t, "state", b.now().State, k.want)
			eq(t, "asked", s.asked("find"), k.found != nil)
		})
	}
	t.Run("unknown payment, other tenant", func(t *testing.T) {
		b := bookWith(attempt())
		for _, told := range []payment.Charge{{ID: "pi_9", State: payment.ChargeSucceeded, Tenant: tenant, PaymentID: "pay_9", Amount: price},
			{ID: "pi_9", State: payment.ChargeSucceeded, Tenant: "other", PaymentID: payID, Amount: price}, {ID: "pi_9", State: payment.ChargeSucceeded}} {
			ok(t, checkout(b, scripted(t, nil)).Notified(t.Context(), told))
		}
		eq(t, "writes", len(b.writes), 0)
	})
}

// S0-47: reconciliation may not judge an attempt whose charge can still be on its way.
func TestReconcile(t *testing.T) {
	cases := []struct {
		name   string
		age    time.Duration
		state  payment.State
		found  *answer
		want   payment.State
		reason payment.Reason
		err    *fault.Fault
	}{
		{"before the first look", 2*time.Minute - time.Nanosecond, payment.Pending, nil, payment.Pending, "", nil},
		{"at the first look: none", 2 * time.Minute, payment.Pending, &answer{charge: in(payment.ChargeNone)}, payment.Failed, payment.NotCharged, nil},
		{"success found", time.Hour, payment.Pending, &answer{charge: in(payment.ChargeSucceeded)}, payment.Succeeded, "", nil},
		{"decline found", time.Hour, payment.Pending, &answer{charge: in(payment.ChargeDeclined)}, payment.Failed, payment.InsufficientFunds, nil},
		{"its function ended before it could send the customer", 5 * time.Minute, payment.Pending, &answer{charge: in(payment.ChargeUnauthorised)}, payment.Failed, payment.AuthenticationFailed, nil},
		{"customer at the bank", 5 * time.Minute, payment.Pending, &answer{charge: in(payment.ChargeAuthenticating)}, payment.Pending, "", nil},
		{"processing", time.Hour, payment.Pending, &answer{charge: in(payment.ChargeProcessing)}, payment.Pending, "", nil},
		{"PSP away", time.Hour, payment.Pending, &answer{err: errRefused}, payment.Pending, "", payment.ErrUnsettled},
		{"settled already", time.Hour, payment.Succeeded, nil, payment.Succeeded, "", nil},
		{"failed already", time.Hour, payment.Failed, nil, payment.Failed, "", nil},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			p := attemptIn(k.state)
			script := map[string][]answer{}
			if k.found != nil {
				script["find"] = []answer{*k.found}
			}
			b := bookWith(p)
			c := checkout(b, scripted(t, script))
			c.Clock = clock.At(noon.Add(k.age))
			got, err := c.Reconcile(t.Context(), tenant, payID)
			if k.err != nil {
				wantFault(t, err, k.err)
			} else {
				ok(t, err)
			}
			eq(t, "answered", got.State, k.want)
			eq(t, "stored", b.now().State, k.want)
			eq(t, "reason", b.now().Reason, k.reason)
		})
	}
	t.Run("unknown", func(t *testing.T) {
		_, err := checkout(bookWith(attempt()), scripted(t, nil)).Reconcile(t.Context(), tenant, "pay_9")
		wantFault(t, err, payment.ErrUnknownPay)
	})
}

// Parking is announced once and never touches an ended attempt; a parked one can still be settled.
func TestPark(t *testing.T) {
	b := bookWith(attempt())
	c := checkout(b, scripted(t, nil))
	for range 2 {
		_, err := c.Park(t.Context(), b.now())
		ok(t, err)
	}
	eq(t, "parked", b.now().Parked, true)
	eq(t, "payment.parked", b.announced(event.TypePaymentParked), 1)
	ok(t, c.Notified(t.Context(), in(payment.ChargeSucceeded)))
	eq(t, "state", b.now().State, payment.Succeeded)
	eq(t, "parked", b.now().Parked, false)
	_, err := c.Park(t.Context(), b.now())
	ok(t, err)
	eq(t, "payment.parked", b.announced(event.TypePaymentParked), 1)
}

// Begin records what is needed to finish the purchase and asks the PSP nothing. S0-41.
func TestBegin(t *testing.T) {
	b := &book{payments: map[id.Payment]payment.Payment{}, keys: map[string][]byte{}}
	ctx := event.WithTrace(t.Context(), event.Trace{Correlation: "journey-1"})
	p := attempt()
	p.ID, p.OrderID, p.Subscriptions, p.State = "", "", nil, ""
	p.Lines = append(p.Lines, lineitem.Line{ItemID: "good_box", Type: lineitem.OneOff, Price: price, Quantity: 2})
	got, err := checkout(b, scripted(t, nil)).Begin(ctx, &once.Use{Request: once.Request{Key: "k"}}, p, 1)
	ok(t, err)
	stored := b.payments[got.ID]
	eq(t, "state", stored.State, payment.Pending)
	eq(t, "order shares the payment's ULID", string(stored.OrderID)[4:], string(stored.ID)[4:])
	eq(t, "subscriptions", len(stored.Subscriptions), 1)
	eq(t, "correlation", stored.Correlation, "journey-1")
	eq(t, "key remembers", string(b.keys["k"]), `{"paymentId":"`+string(got.ID)+`"}`)
	eq(t, "payment.initiated", b.announced(event.TypePaymentInitiated), 1)
}
