package operations

import (
	"cmp"
	"context"
	"maps"
	"strconv"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/timer"
)

// How long things may take before somebody should look at them.
const (
	deliveryMayTake     = 2 * time.Minute  // of what is not delivered on the network
	provisioningMayTake = 30 * time.Minute // S3-46
	chargeMayTake       = 10 * time.Minute // of a payment without a page
	pageMayTake         = time.Hour        // of one with a page, which is open for 31 minutes and looked after for longer
	refundMayTake       = 15 * time.Minute // until the PSP has taken it
	timerMayTake        = 5 * time.Minute
	publishingMayTake   = 3 * time.Minute // the outbox is swept each minute
)

func (s service) undelivered(ctx context.Context, at look) ([]matter, bool, error) {
	found, more, err := s.Store.UndeliveredOrders(ctx, at.tenant, at.limit)
	if err != nil {
		return nil, false, err
	}
	ids := make([]id.Order, len(found))
	for i, o := range found {
		ids[i] = o.ID
	}
	troubles, err := s.Store.Troubles(ctx, at.tenant, ids)
	if err != nil {
		return nil, false, err
	}
	var all []matter
	for _, o := range found {
		m, hangs, err := s.undeliveredOrder(ctx, at, o, troubles[o.ID])
		if err != nil {
			return nil, false, err
		}
		if hangs {
			all = append(all, m)
		}
	}
	return all, more, nil
}

// undeliveredOrder tells why an order hangs, if it does: its delivery failed, or takes longer than it may. What is parked on the
// network is a matter of its own.
func (s service) undeliveredOrder(ctx context.Context, at look, o order.Order, t order.Trouble) (m matter, hangs bool, err error) {
	since, _ := o.Waits()
	m = matter{Subjects: map[string]string{"orderId": string(o.ID)}, CustomerID: o.Customer, Since: since, clock: o.TestClock,
		Cause: cause{"delivery_pending", "The order is paid and its delivery has not ended. Look at the queue of deliveries."}, Action: post("redriveDeadLetters", "/admin/dead-letters/delivery/redrive")}
	now, err := s.by(ctx, at, o.TestClock)
	if err != nil {
		return m, false, err
	}
	line, found, err := s.lineOf(ctx, at.tenant, o)
	switch {
	case err != nil:
		return m, false, err
	case found && line.Work.Parked != nil:
		return m, false, nil
	case found:
		m.Subjects["serviceId"] = string(line.ID)
		m.Cause, m.Action = cause{"provisioning_under_way", "The line is being set up."}, &action{"getService", "GET", "/services/" + string(line.ID)}
		if line.State == provisioning.Designed {
			m.Cause, m.Action = cause{"equipment_missing", "Nobody named the equipment that stands at the customer's home. Name it to begin."}, post("provisionService", "/services/provision")
		}
		return m, now.Sub(since) > provisioningMayTake, nil
	case t.Code != "":
		m.Cause = cause{t.Code, t.Text}
		if t.Next.After(at.now) {
			m.NextAt = &t.Next
		}
		return m, true, nil
	}
	return m, now.Sub(since) > deliveryMayTake, nil
}

// lineOf reads the service of an order's fibre line that does not work yet.
func (s service) lineOf(ctx context.Context, tenant id.Tenant, o order.Order) (line provisioning.Service, found bool, err error) {
	for _, sub := range o.Subscriptions {
		line, err = s.Store.Service(ctx, tenant, provisioning.ServiceOf(sub))
		if err == nil && line.ActiveSince.IsZero() {
			return line, true, nil
		}
		if err != nil && !notFound(err) {
			return line, false, err
		}
	}
	return line, false, nil
}

func (s service) parked(ctx context.Context, at look) (all []matter, more bool, err error) {
	found, next, err := s.Store.ParkedServices(ctx, at.tenant, "", at.limit)
	for _, f := range found {
		if p := f.Work.Parked; p != nil {
			all = append(all, matter{Subjects: map[string]string{"serviceId": string(f.ID), "subscriptionId": string(f.Subscription), "orderId": string(f.Order), "step": string(p.Step), "system": p.System}, CustomerID: f.Customer,
				Since: p.At, clock: f.TestClock, Cause: cause{p.Code, p.Cause}, Action: post("retryProvisioning", "/services/"+string(f.ID)+"/retry")})
		}
	}
	return all, next != "", err
}

// unsettled payments are of the real time, whoever makes them: the provider lives by no test clock.
func (s service) unsettled(ctx context.Context, at look) (all []matter, more bool, err error) {
	found, more, err := s.Store.UnsettledPayments(ctx, at.tenant, at.limit)
	for _, p := range found {
		m := matter{Subjects: map[string]string{"paymentId": string(p.ID)}, CustomerID: p.Customer, Since: p.InitiatedAt}
		if p.OrderID != "" {
			m.Subjects["orderId"] = string(p.OrderID)
		}
		may := chargeMayTake
		if p.SessionID != "" || p.Redirected {
			may = pageMayTake
		}
		switch {
		case p.Parked && p.State == payment.Refunded:
			m.Cause = cause{"refund_failed", "The payment provider could not give money back that was not wanted. Give it back in its dashboard."}
		case p.Parked:
			m.Action = post("verifyPayment", "/admin/payments/"+string(p.ID)+"/verify")
			m.Cause = cause{"payment_parked", "The payment provider did not say what became of it, or took another amount. Compare it with its dashboard, and refund or complete it there; ask it again when it knows."}
		case at.now.Sub(p.InitiatedAt) > may:
			m.Cause = cause{"payment_outcome_unknown", "The payment provider has not said what became of it. It is asked again with growing pauses, for about 14 hours."}
			m.NextAt, m.Action = nextLook(p.InitiatedAt, at.now), post("verifyPayment", "/admin/payments/"+string(p.ID)+"/verify")
		default:
			continue
		}
		all = append(all, m)
	}
	return all, more, err
}

// Looks are the pauses before each time that settlement asks about a payment: at first after the queue's delay, and then twice as long
// each, up to two hours. The template and the machine decide; a test holds this against them.
func Looks() []time.Duration {
	pauses := []time.Duration{70 * time.Second}
	for n := range 13 {
		pauses = append(pauses, min(time.Minute<<n, 2*time.Hour))
	}
	return pauses
}

// nextLook is when about settlement asks next; never after the last time.
func nextLook(began, now time.Time) *time.Time {
	next := began
	for _, pause := range Looks() {
		if next = next.Add(pause); next.After(now) {
			return &next
		}
	}
	return nil
}

func (s service) refunds(ctx context.Context, at look) (all []matter, more bool, err error) {
	found, more, err := s.Store.OpenReturns(ctx, at.tenant, at.limit)
	for _, r := range found {
		now, err := s.by(ctx, at, r.TestClock)
		if err != nil {
			return nil, false, err
		}
		m := matter{Subjects: map[string]string{"refundId": string(r.ID), "invoiceId": string(r.Invoice)}, CustomerID: r.Customer, Since: r.RequestedAt, clock: r.TestClock,
			Cause: cause{"refund_requested", "The payment provider has not taken the refund yet."}, Action: post("redriveDeadLetters", "/admin/dead-letters/refunds/redrive")}
		if r.State() == payment.ReturnParked {
			m.Cause = cause{"refund_parked", "The payment provider refused the refund, or its money came back. Give it to the wallet instead, or find another way."}
			m.Action = post("redirectRefund", "/admin/customers/"+string(r.Customer)+"/invoices/"+string(r.Invoice)+"/refunds/"+string(r.ID)+"/to-wallet")
		} else if now.Sub(r.RequestedAt) <= refundMayTake {
			continue
		}
		all = append(all, m)
	}
	return all, more, err
}

func (s service) held(ctx context.Context, at look) (all []matter, more bool, err error) {
	found, more, err := s.Store.HeldContracts(ctx, at.tenant, at.limit)
	for _, c := range found {
		if debt, dunned := c.Dunned(); dunned && c.Held != nil {
			all = append(all, matter{Subjects: map[string]string{"subscriptionId": string(c.ID), "invoiceId": string(debt.Invoice), "staffId": c.Held.By}, CustomerID: c.Customer, Since: debt.Since, clock: c.TestClock, NextAt: &c.Held.Until,
				Cause: cause{"suspension_held", "An invoice is unpaid, and staff keep the contract from being suspended until the time that is said."}, Action: post("holdSuspension", "/subscriptions/"+string(c.ID)+"/hold")})
		}
	}
	return all, more, err
}

// whySignup says what the stops of signups mean.
var whySignup = map[string]string{
	string(signup.Cancelled):   "The customer gave up on a page. They can go on by the link they have.",
	string(signup.PageFailed):  "The page of a partner said that it could not do its work. Ask the partner.",
	string(signup.TimedOut):    "A step was not answered within its limit.",
	string(signup.Unavailable): "The page of a partner could not be presented. Ask the partner.",
	"contract_failed":          "The contract could not be created. The customer may try again.",
	"late":                     "Contract or thank-you page take longer than their limit; the customer was told so.",
}

func (s service) signups(ctx context.Context, at look) (all []matter, more bool, err error) {
	for _, state := range []signup.State{signup.Open, signup.Requested, signup.Failed} {
		found, next, err := s.Store.Signups(ctx, at.tenant, state, "", at.limit)
		if err != nil {
			return nil, false, err
		}
		hanging := 0
		for _, f := range found {
			if !f.Hangs() {
				continue
			}
			hanging++
			why := "late"
			if f.State == signup.Failed {
				why = "contract_failed"
			}
			why = cmp.Or(string(f.Stop), why)
			all = append(all, matter{Subjects: map[string]string{"signupId": string(f.ID)}, CustomerID: f.Customer, Since: f.Since, clock: f.TestClock, Cause: cause{why, whySignup[why]},
				Action: &action{"getSignup", "GET", "/admin/signups/" + string(f.ID)}})
		}
		more = more || next != "" && hanging == len(found) // those that hang come first
	}
	return all, more, nil
}

// waitsIn names the queue that a kind of timer is announced to. The template's rules decide; a test holds this against them.
var waitsIn = map[timer.Kind]string{timer.OrderWatch: "timers", timer.Verification: "timers", timer.Subscription: "renewals", timer.Signup: "signups", timer.Webhook: "webhooks"}

// TimerQueues lists the kinds of timers with the queues they are announced to, as it is said here.
func TimerQueues() map[timer.Kind]string { return maps.Clone(waitsIn) }

func (s service) timers(ctx context.Context, at look) (all []matter, more bool, err error) {
	const lease = 15 * time.Minute
	found, more, err := s.Store.OverdueTimers(ctx, at.now.Add(-timerMayTake), at.now.Add(lease), at.limit)
	for _, t := range found {
		if t.Tenant != at.tenant {
			continue
		}
		m := matter{Subjects: map[string]string{"timer": string(t.Kind), "subject": t.Subject}, CustomerID: t.Customer, Since: t.Due,
			Cause: cause{"timer_overdue", "Something was due and is not done. It is announced again every 15 minutes."}, Action: post("redriveDeadLetters", "/admin/dead-letters/"+waitsIn[t.Kind]+"/redrive")}
		if t.Next.After(at.now) {
			m.NextAt = &t.Next
		}
		all = append(all, m)
	}
	return all, more, err
}

// unpublished events are looked for by the real time, though those of people on test clocks bear theirs: by a clock that is behind they
// are older than they are, by one ahead they are not here yet. When they were written is not on record.
func (s service) unpublished(ctx context.Context, at look) ([]matter, bool, error) {
	found, err := s.Store.Waiting(ctx, at.now.Add(-publishingMayTake))
	var all []matter
	next := at.now.Truncate(time.Minute).Add(time.Minute)
	for _, batch := range found {
		for _, e := range batch.Events {
			if e.Tenant == at.tenant {
				all = append(all, matter{Subjects: map[string]string{"eventId": string(e.ID), "type": string(e.Type)}, Since: e.Time, NextAt: &next,
					Cause: cause{"event_unpublished", "An event is not on the bus. It is sent again each minute; look at the log of the relay."}})
			}
		}
	}
	return all, false, err
}

func (s service) dead(ctx context.Context, _ look) (all []matter, _ bool, err error) {
	for _, name := range s.Letters.All() {
		depth, err := s.Letters.Depth(ctx, name)
		if err != nil {
			return nil, false, err
		}
		if depth == 0 {
			continue
		}
		found, err := s.Letters.Look(ctx, name)
		if err != nil {
			return nil, false, err
		}
		m := matter{Subjects: map[string]string{"queue": name, "depth": strconv.Itoa(depth)}, Since: s.Clock.Now(), Cause: cause{"dead_letters", "Messages could not be handled and are parked. Mend what kept them, then have them done again."},
			Action: post("redriveDeadLetters", "/admin/dead-letters/"+name+"/redrive")}
		if len(found) > 0 {
			m.Since = found[0].ParkedAt
			m.Cause.Code = cmp.Or(found[0].Code, m.Cause.Code)
		}
		all = append(all, m)
	}
	return all, false, nil
}
