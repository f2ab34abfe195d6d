package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/history"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/testclock"
	"turnup/internal/domain/timer"
	"turnup/internal/platform/deadletters"
)

// desk is a store in which things hang.
type desk struct {
	known
	orders   []order.Order
	troubles map[id.Order]order.Trouble
	lines    map[id.Service]provisioning.Service
	payments []payment.Payment
	returns  []payment.Return
	held     []subscription.Subscription
	signups  map[signup.State][]signup.Signup
	timers   []timer.Pending
	outbox   []event.Batch
	broken   error // of reading contracts
	clocks   map[id.TestClock]time.Time
	looks    atomic.Int32 // at test clocks

	told    []event.Envelope
	answers map[string]json.RawMessage

	acts  []history.Entry
	asked string
}

func (d *desk) UndeliveredOrders(context.Context, id.Tenant, int32) ([]order.Order, bool, error) {
	return d.orders, true, nil
}
func (d *desk) Troubles(context.Context, id.Tenant, []id.Order) (map[id.Order]order.Trouble, error) {
	return d.troubles, nil
}
func (d *desk) Service(_ context.Context, _ id.Tenant, s id.Service) (provisioning.Service, error) {
	if line, ok := d.lines[s]; ok {
		return line, nil
	}
	return provisioning.Service{}, provisioning.ErrUnknown
}
func (d *desk) ParkedServices(context.Context, id.Tenant, string, int32) (all []provisioning.Service, _ string, _ error) {
	for _, s := range d.lines {
		if s.Work.Parked != nil {
			all = append(all, s)
		}
	}
	return all, "", nil
}
func (d *desk) UnsettledPayments(context.Context, id.Tenant, int32) ([]payment.Payment, bool, error) {
	return d.payments, false, nil
}
func (d *desk) OpenReturns(context.Context, id.Tenant, int32) ([]payment.Return, bool, error) {
	return d.returns, false, nil
}
func (d *desk) HeldContracts(context.Context, id.Tenant, int32) ([]subscription.Subscription, bool, error) {
	return d.held, false, d.broken
}
func (d *desk) Signups(_ context.Context, _ id.Tenant, s signup.State, _ string, _ int32) ([]signup.Signup, string, error) {
	return d.signups[s], "", nil
}
func (d *desk) OverdueTimers(context.Context, time.Time, time.Time, int32) ([]timer.Pending, bool, error) {
	return d.timers, false, nil
}
func (d *desk) Waiting(context.Context, time.Time) ([]event.Batch, error) { return d.outbox, nil }

func (d *desk) Now(_ context.Context, _ id.Tenant, clock id.TestClock) (time.Time, error) {
	d.looks.Add(1)
	if now, known := d.clocks[clock]; known {
		return now, nil
	}
	return time.Time{}, testclock.ErrUnknown
}

func (d *desk) Recall(_ context.Context, r once.Request) (json.RawMessage, error) {
	return d.answers[r.Key], nil
}
func (d *desk) AnnounceOnce(_ context.Context, use *once.Use, events ...event.Envelope) error {
	d.told, d.answers = append(d.told, events...), map[string]json.RawMessage{use.Request.Key: use.Stored()}
	use.Committed()
	return nil
}

// shelf is the dead letters of one queue.
type shelf struct {
	parked []deadletters.Letter
	moves  int
	err    error
}

func (s *shelf) All() []string          { return []string{"clocks", "delivery"} }
func (s *shelf) Known(name string) bool { return name == "delivery" }
func (s *shelf) Depth(_ context.Context, name string) (int, error) {
	if name == "delivery" {
		return len(s.parked), s.err
	}
	return 0, s.err
}
func (s *shelf) Look(context.Context, string) ([]deadletters.Letter, error) { return s.parked, s.err }
func (s *shelf) Redrive(context.Context, string) (moved, left int, err error) {
	s.moves++
	moved, s.parked = len(s.parked), nil
	return moved, 0, s.err
}

func ago(minutes int) time.Time { return noon.Add(-time.Duration(minutes) * time.Minute) }

func paid(o id.Order, minutes int, subs ...id.Subscription) order.Order {
	return order.Order{ID: o, Customer: "cus_1", State: order.Paid, Subscriptions: subs, History: []order.Change{{State: order.Unpaid, At: ago(90)}, {State: order.Paid, At: ago(minutes)}}}
}

// hanging is one of each.
func hanging() *desk {
	stuck := provisioning.Service{ID: "svc_stuck", Customer: "cus_2", Work: provisioning.Work{Parked: &provisioning.Parked{Step: provisioning.StepCPE, System: "genieacs", Code: "cpe_offline", Cause: "no answer", At: ago(40)}}}
	next := ago(-3)
	return &desk{
		orders:   []order.Order{paid("ord_new", 1), paid("ord_slow", 3), paid("ord_failed", 1), paid("ord_stuck", 60, "sub_stuck"), paid("ord_bare", 60, "sub_bare"), paid("ord_line", 20, "sub_line")},
		troubles: map[id.Order]order.Trouble{"ord_failed": {Code: "internal", Text: "Something went wrong.", Next: next}},
		lines:    map[id.Service]provisioning.Service{"svc_stuck": stuck, "svc_bare": {ID: "svc_bare", State: provisioning.Designed}, "svc_line": {ID: "svc_line", State: provisioning.Provisioning}},
		payments: []payment.Payment{{ID: "pay_new", State: payment.Pending, InitiatedAt: ago(1)}, {ID: "pay_lost", OrderID: "ord_1", State: payment.Pending, InitiatedAt: ago(20)},
			{ID: "pay_page", SessionID: "cs_1", State: payment.Pending, InitiatedAt: ago(40)}, {ID: "pay_parked", State: payment.Pending, Parked: true, InitiatedAt: ago(5)},
			{ID: "pay_unreturned", State: payment.Refunded, Parked: true, InitiatedAt: ago(5)}},
		returns: []payment.Return{{ID: "ref_new", RequestedAt: ago(1), Parts: []payment.ReturnPart{{State: payment.ReturnRequested}}},
			{ID: "ref_1", Customer: "cus_1", Invoice: "inv_1", RequestedAt: ago(2), Parts: []payment.ReturnPart{{State: payment.ReturnParked}}}},
		held: []subscription.Subscription{{ID: "sub_held", Customer: "cus_1", Held: &subscription.Hold{Until: next, By: "stf_1"}, Debts: []subscription.Debt{{Invoice: "inv_2", Since: ago(100)}}},
			{ID: "sub_paid", Held: &subscription.Hold{Until: next}}},
		signups: map[signup.State][]signup.Signup{signup.Open: {{ID: "sgn_1", State: signup.Open, Stop: signup.Unavailable, Since: ago(7)}, {ID: "sgn_2", State: signup.Open, Since: ago(7)}}},
		timers:  []timer.Pending{{Timer: timer.Timer{Tenant: "demo", Customer: "cus_1", Kind: timer.OrderWatch, Subject: "ord_9", Due: ago(8)}, Next: ago(-7)}},
		outbox:  []event.Batch{{Events: []event.Envelope{{ID: "evt_1", Tenant: "demo", Type: event.TypeOrderPaid, Time: ago(9)}}}},
	}
}

// S1-48, S3-46, S3-96: what hangs is listed with its cause, when it is tried again by itself and what helps; what takes no longer than it
// may is not, and what is parked on the network is listed once.
func TestAttention(t *testing.T) {
	d := hanging()
	s := &shelf{parked: []deadletters.Letter{{Code: "order_not_found", ParkedAt: ago(6)}}}
	var got attention
	ask(t, Deps{Store: d, Letters: s}, token.RoleSupport, http.MethodGet, "/admin/attention", "", &got)
	want := map[string]string{
		"ord_slow": "order_undelivered delivery_pending redriveDeadLetters", "ord_failed": "order_undelivered internal redriveDeadLetters next", "ord_bare": "order_undelivered equipment_missing provisionService",
		"svc_stuck": "provisioning_parked cpe_offline retryProvisioning", "pay_lost": "payment_unsettled payment_outcome_unknown verifyPayment next", "pay_parked": "payment_unsettled payment_parked verifyPayment",
		"pay_unreturned": "payment_unsettled refund_failed",
		"ref_1":          "refund_open refund_parked redirectRefund", "sub_held": "suspension_held suspension_held holdSuspension next", "sgn_1": "signup_hangs page_unavailable getSignup",
		"ord_9": "timer_overdue timer_overdue redriveDeadLetters next", "evt_1": "events_unpublished event_unpublished next", "delivery": "dead_letters order_not_found redriveDeadLetters",
	}
	for _, m := range got.Matters {
		said := m.Kind + " " + m.Cause.Code
		if m.Action != nil {
			said += " " + m.Action.Name
		}
		if m.NextAt != nil {
			said += " next"
			if !m.NextAt.After(noon) {
				t.Errorf("%+v: next is over", m)
			}
		}
		key := ""
		for _, name := range []string{"serviceId", "orderId", "refundId", "paymentId", "subscriptionId", "signupId", "subject", "eventId", "queue"} {
			if v := m.Subjects[name]; v != "" && (key == "" || name == "paymentId" || m.Kind == "order_undelivered") {
				key = v
			}
		}
		if want[key] != said || m.Age != int64(noon.Sub(m.Since)/time.Second) || m.Age <= 0 || m.Cause.Text == "" {
			t.Errorf("%s: got %s, want %s; %+v", key, said, want[key], m)
		}
		delete(want, key)
	}
	if len(want) != 0 {
		t.Errorf("missing %v", want)
	}
	if len(got.Counts) != 9 || got.Counts[0] != (count{"order_undelivered", 3, true, false}) || got.Counts[8].Count != 1 || got.Matters[0].Subjects["subscriptionId"] != "sub_held" {
		t.Errorf("%+v, first %+v", got.Counts, got.Matters[0])
	}
}

// S1-48: of whoever lives by a test clock, what hangs is as old, and takes too long, by that clock, wherever it stands beside the real time. A
// clock is read once, however much hangs by it, and none when nobody lives by one.
func TestAttentionByTestClocks(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"ahead": 2 * 365 * 24 * time.Hour, "behind": -300 * 24 * time.Hour} {
		there := func(minutes int) time.Time { return ago(minutes).Add(ahead) }
		bought := func(o id.Order, minutes int) order.Order {
			is := paid(o, minutes)
			is.History[1].At, is.TestClock = there(minutes), "clk_1"
			return is
		}
		d := &desk{clocks: map[id.TestClock]time.Time{"clk_1": noon.Add(ahead)}, orders: []order.Order{bought("ord_new", 1), bought("ord_slow", 3)}, lines: map[id.Service]provisioning.Service{
			"svc_stuck": {ID: "svc_stuck", TestClock: "clk_1", Work: provisioning.Work{Parked: &provisioning.Parked{Code: "cpe_offline", At: there(40)}}}},
			returns: []payment.Return{{ID: "ref_new", TestClock: "clk_1", RequestedAt: there(1), Parts: []payment.ReturnPart{{State: payment.ReturnRequested}}},
				{ID: "ref_slow", TestClock: "clk_1", RequestedAt: there(16), Parts: []payment.ReturnPart{{State: payment.ReturnRequested}}}},
			held:     []subscription.Subscription{{ID: "sub_held", TestClock: "clk_1", Held: &subscription.Hold{Until: there(-60)}, Debts: []subscription.Debt{{Invoice: "inv_2", Since: there(100)}}}},
			signups:  map[signup.State][]signup.Signup{signup.Open: {{ID: "sgn_1", TestClock: "clk_1", State: signup.Open, Stop: signup.Unavailable, Since: there(7)}}},
			payments: []payment.Payment{{ID: "pay_lost", State: payment.Pending, InitiatedAt: ago(20)}}}
		var got attention
		ask(t, Deps{Store: d, Letters: &shelf{}}, token.RoleSupport, http.MethodGet, "/admin/attention", "", &got)
		ages := ""
		for _, m := range got.Matters {
			ages += fmt.Sprint(m.Kind, " ", m.Age/60, "; ")
			if m.Kind != "payment_unsettled" && !m.Since.Equal(there(int(m.Age/60))) {
				t.Errorf("%s: %+v", name, m)
			}
		}
		if want := "suspension_held 100; provisioning_parked 40; payment_unsettled 20; refund_open 16; signup_hangs 7; order_undelivered 3; "; ages != want || d.looks.Load() != 1 {
			t.Errorf("%s: %s, want %s; %d looks at a clock", name, ages, want, d.looks.Load())
		}
	}
	d := hanging()
	ask(t, Deps{Store: d, Letters: &shelf{}}, token.RoleSupport, http.MethodGet, "/admin/attention", "", nil)
	d.clocks = nil
	d.held[0].TestClock = "clk_gone"
	var got attention
	ask(t, Deps{Store: d, Letters: &shelf{}}, token.RoleSupport, http.MethodGet, "/admin/attention", "", &got)
	if d.looks.Load() != 1 || !got.Counts[4].Unread || got.Counts[4].Count != 0 || got.Counts[1].Unread {
		t.Errorf("%d looks, %+v", d.looks.Load(), got.Counts)
	}
}

// R9: a kind that cannot be read is said to be unread, and the others are shown all the same.
func TestAttentionWithoutAll(t *testing.T) {
	d := hanging()
	d.broken = errors.New("lost")
	var got attention
	ask(t, Deps{Store: d, Letters: &shelf{err: errors.New("lost")}}, token.RoleSupport, http.MethodGet, "/admin/attention?limit=1", "", &got)
	if len(got.Matters) != 7 || !got.Counts[4].Unread || !got.Counts[8].Unread || got.Counts[0].Unread || !got.Counts[0].More || got.Counts[0].Count != 1 {
		t.Errorf("%d, %+v", len(got.Matters), got.Counts)
	}
}

// S1-48: what is parked is seen by ids and fault, and moved back once under a key, by administrators alone, on record.
func TestDeadLetters(t *testing.T) {
	d := hanging()
	e := event.New(t.Context(), "demo", noon, event.OrderPaid{OrderID: "ord_1", CustomerID: "cus_1", Total: money.Amount{Minor: 100, Currency: "EUR"}})
	s := &shelf{parked: []deadletters.Letter{{Event: e, Subjects: map[string]string{"orderId": "ord_1"}, Code: "order_not_found", Reason: "none", ParkedAt: noon}}}
	deps := Deps{Store: d, Letters: s}
	status, body := ask(t, deps, token.RoleSupport, http.MethodGet, "/admin/dead-letters/delivery", "", nil)
	var list letters
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK || list.Depth != 1 || list.Messages[0].EventID != e.ID || list.Messages[0].Subjects["orderId"] != "ord_1" || list.Messages[0].Code != "order_not_found" {
		t.Errorf("%d %s", status, body)
	}
	for _, path := range []string{"/admin/dead-letters/relay", "/admin/dead-letters/clocks"} {
		if status, _ := ask(t, deps, token.RoleAdmin, http.MethodGet, path, "", nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
		if status, _ := ask(t, deps, token.RoleAdmin, http.MethodPost, path+"/redrive", "", nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := ask(t, deps, token.RoleSupport, http.MethodPost, "/admin/dead-letters/delivery/redrive", "", nil); status != http.StatusForbidden || s.moves != 0 {
		t.Errorf("support: %d", status)
	}
	for range 2 {
		var done redriven
		ask(t, deps, token.RoleAdmin, http.MethodPost, "/admin/dead-letters/delivery/redrive", "", &done)
		if done != (redriven{"delivery", 1, 0}) {
			t.Errorf("%+v", done)
		}
	}
	if s.moves != 1 || len(d.told) != 1 || d.told[0].Type != event.TypeDeadLettersRedriven || d.told[0].Actor != "staff:stf_1" {
		t.Errorf("%d moves, told %+v", s.moves, d.told)
	}
}

// S3-156: what staff did, of one or of all, newest first, with when, why and to whom; for administrators alone.
func TestAudit(t *testing.T) {
	ctx := event.WithTrace(t.Context(), event.Trace{Correlation: "cor", Causation: "req", Actor: "staff:stf_1"})
	e, _, err := history.EntryOf(event.New(ctx, "demo", noon, event.AccountVerified{CustomerID: "cus_1", By: "staff", Reason: "called us"}))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{acts: []history.Entry{e}}
	var got audit
	ask(t, Deps{Store: d}, token.RoleAdmin, http.MethodGet, "/admin/audit?staffId=stf_1&from=2026-11-01T00:00:00Z&until=2026-11-03T00:00:00Z&limit=7", "", &got)
	if len(got.Acts) != 1 || got.Acts[0].StaffID != "stf_1" || got.Acts[0].Why != "called us" || got.Acts[0].CustomerID != "cus_1" || got.Acts[0].What != event.TypeAccountVerified || got.NextCursor == "" ||
		d.asked != "stf_1 2026-11-01 2026-11-03 7" {
		t.Errorf("%+v, asked %s", got, d.asked)
	}
	for _, role := range []string{token.RoleSupport, token.RoleBilling, token.RoleNetwork} {
		if status, _ := ask(t, Deps{Store: d}, role, http.MethodGet, "/admin/audit", "", nil); status != http.StatusForbidden {
			t.Errorf("%s: %d", role, status)
		}
	}
	for _, query := range []string{"?from=yesterday", "?cursor=!", "?limit=0"} {
		if status, body := ask(t, Deps{Store: d}, token.RoleAdmin, http.MethodGet, "/admin/audit"+query, "", nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
}

func (d *desk) Acts(_ context.Context, _ id.Tenant, staff string, from, until time.Time, _ string, limit int32) ([]history.Entry, string, error) {
	d.asked = fmt.Sprint(staff, " ", from.Format(time.DateOnly), " ", until.Format(time.DateOnly), " ", limit)
	return d.acts, "ACT#" + string(d.acts[0].ID), nil
}

// What is overdue is done again from the queue that its kind is announced to.
func TestAnOverdueTimersQueue(t *testing.T) {
	for kind, queue := range map[timer.Kind]string{timer.OrderWatch: "timers", timer.Verification: "timers", timer.Subscription: "renewals", timer.Signup: "signups", timer.Webhook: "webhooks"} {
		d := &desk{timers: []timer.Pending{{Timer: timer.Timer{Tenant: "demo", Kind: kind, Subject: "it", Due: ago(8)}}}}
		var got attention
		ask(t, Deps{Store: d, Letters: &shelf{}}, token.RoleSupport, http.MethodGet, "/admin/attention", "", &got)
		if len(got.Matters) != 1 || got.Matters[0].Action == nil || got.Matters[0].Action.Path != "/admin/dead-letters/"+queue+"/redrive" {
			t.Errorf("%s: %+v", kind, got.Matters)
		}
	}
}
