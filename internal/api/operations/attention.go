package operations

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/timer"
	"turnup/internal/platform/rest"
)

// Waiters reads what waits for somebody, of each kind the oldest first and at most limit; more says that there are others.
type Waiters interface {
	UndeliveredOrders(ctx context.Context, tenant id.Tenant, limit int32) (all []order.Order, more bool, err error)
	Troubles(ctx context.Context, tenant id.Tenant, all []id.Order) (map[id.Order]order.Trouble, error)
	ParkedServices(ctx context.Context, tenant id.Tenant, after string, limit int32) ([]provisioning.Service, string, error)
	UnsettledPayments(ctx context.Context, tenant id.Tenant, limit int32) (all []payment.Payment, more bool, err error)
	OpenReturns(ctx context.Context, tenant id.Tenant, limit int32) (all []payment.Return, more bool, err error)
	HeldContracts(ctx context.Context, tenant id.Tenant, limit int32) (all []subscription.Subscription, more bool, err error)
	Signups(ctx context.Context, tenant id.Tenant, state signup.State, after string, limit int32) (page []signup.Signup, next string, err error)
	OverdueTimers(ctx context.Context, before, leasedUntil time.Time, limit int32) (all []timer.Pending, more bool, err error)
	// Waiting reads what was written into the outbox before a time and is still there.
	Waiting(ctx context.Context, before time.Time) ([]event.Batch, error)
	// Now is the time by a customer's clock: the system's unless it is a test clock.
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
}

type attentionInput struct {
	Limit int32 `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"Most matters of each kind"`
}

type attentionOutput struct{ Body attention }

type attention struct {
	At      time.Time `json:"at" doc:"When it was so" example:"2030-01-01T12:30:00Z"`
	Counts  []count   `json:"counts" nullable:"false" doc:"All kinds, also those of which nothing hangs"`
	Matters []matter  `json:"matters" nullable:"false" doc:"What hangs, the oldest first"`
}

type count struct {
	Kind   string `json:"kind" enum:"order_undelivered,provisioning_parked,payment_unsettled,refund_open,suspension_held,signup_hangs,timer_overdue,events_unpublished,dead_letters" doc:"What kind of matter" example:"order_undelivered"`
	Count  int    `json:"count" doc:"How many are shown" example:"1"`
	More   bool   `json:"more" doc:"Whether there are others besides" example:"false"`
	Unread bool   `json:"unread,omitempty" doc:"Whether this kind could not be read now" example:"false"`
}

// matter is one thing that hangs.
type matter struct {
	Kind       string            `json:"kind" enum:"order_undelivered,provisioning_parked,payment_unsettled,refund_open,suspension_held,signup_hangs,timer_overdue,events_unpublished,dead_letters" doc:"What kind of matter" example:"order_undelivered"`
	Subjects   map[string]string `json:"subjectIds" doc:"What it is about" example:"{\"orderId\":\"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA\"}"`
	CustomerID id.Customer       `json:"customerId,omitempty" doc:"Whom it concerns; missing where it is no single one" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Since      time.Time         `json:"since" doc:"Since when it hangs" example:"2030-01-01T12:10:00Z"`
	Age        int64             `json:"ageSeconds" doc:"How long that is, by the clock whose time since is" example:"1200"`
	Cause      cause             `json:"cause" doc:"Why"`
	NextAt     *time.Time        `json:"nextAt,omitempty" doc:"When about something happens by itself; missing when nothing does" example:"2030-01-01T12:35:00Z"`
	Action     *action           `json:"action,omitempty" doc:"The operation that helps; missing where there is none"`

	clock id.TestClock // whose time Since is; the real one of none
}

type cause struct {
	Code string `json:"code" doc:"Stable" example:"subscription_not_found"`
	Text string `json:"text" doc:"What it means and what is to be done, for staff" example:"There is no such subscription."`
}

type action struct {
	Name   string `json:"name" doc:"Operation" example:"redriveDeadLetters"`
	Method string `json:"method" doc:"Its method" example:"POST"`
	Path   string `json:"path" doc:"Its path, filled in; what its body needs is said by the operation" example:"/admin/dead-letters/delivery/redrive"`
}

func post(name, path string) *action { return &action{name, http.MethodPost, path} }

// source reads the matters of one kind.
type source struct {
	kind string
	read func(context.Context, look) ([]matter, bool, error)
}

// look is what each source is asked.
type look struct {
	tenant id.Tenant
	now    time.Time
	limit  int32
	clocks *clocks
}

// clocks are the times of the test clocks by which something that hangs lives. Each is read once: another read for each clock, and not for
// each row, and none for whom no test clock is, so that only sandboxes pay for it.
type clocks struct {
	sync.Mutex
	show map[id.TestClock]time.Time
}

// by is the time of a clock.
func (s service) by(ctx context.Context, at look, clock id.TestClock) (time.Time, error) {
	if clock == "" {
		return at.now, nil
	}
	at.clocks.Lock()
	defer at.clocks.Unlock()
	now, known := at.clocks.show[clock]
	if !known {
		var err error
		if now, err = s.Store.Now(ctx, at.tenant, clock); err != nil {
			return now, err
		}
		at.clocks.show[clock] = now
	}
	return now, nil
}

// matters reads those of a source, with their ages: each by the clock that it hangs by.
func (s service) matters(ctx context.Context, at look, from source) (all []matter, more bool, err error) {
	if all, more, err = from.read(ctx, at); err != nil {
		return nil, more, err
	}
	if len(all) > int(at.limit) {
		all, more = all[:at.limit], true
	}
	for i := range all {
		m := &all[i]
		now, err := s.by(ctx, at, m.clock)
		if err != nil {
			return nil, more, err
		}
		m.Kind, m.Since, m.Age = from.kind, m.Since.UTC(), max(int64(now.Sub(m.Since)/time.Second), 0)
	}
	return all, more, nil
}

func (s service) registerAttention(a *rest.API) {
	at := time.Date(2030, 1, 1, 12, 30, 0, 0, time.UTC)
	next := at.Add(5 * time.Minute)
	rest.Register(a, rest.Op{
		ID: "listAttention", Method: http.MethodGet, Path: "/admin/attention", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "What hangs, why, and what helps",
		About: "Paid orders that are not delivered, work on the network that is parked, payments whose outcome is open, refunds that are not settled, contracts kept from being suspended, signups that hang, timers that are overdue, " +
			"events that are not on their way, and messages in dead-letter queues: each with its cause, when it is tried again by itself, and the operation that helps. A matter is gone as soon as it is settled. " +
			"A kind that cannot be read at the moment is said to be unread. The causes of faults are in the list of faults. People on test clocks wait by these: since, ageSeconds and what takes too long are of their time.",
		Answer: attention{at, []count{{"order_undelivered", 1, false, false}}, []matter{{Kind: "order_undelivered", Subjects: map[string]string{"orderId": "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}, CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
			Since: at.Add(-20 * time.Minute), Age: 1200, Cause: cause{"subscription_not_found", "There is no such subscription."}, NextAt: &next, Action: post("redriveDeadLetters", "/admin/dead-letters/delivery/redrive")}}},
	}, s.attention)
}

func (s service) attention(ctx context.Context, in *attentionInput) (*attentionOutput, error) {
	at := look{rest.CallerOf(ctx).Tenant, s.Clock.Now(), in.Limit, &clocks{show: map[id.TestClock]time.Time{}}}
	sources := []source{{"order_undelivered", s.undelivered}, {"provisioning_parked", s.parked}, {"payment_unsettled", s.unsettled}, {"refund_open", s.refunds}, {"suspension_held", s.held},
		{"signup_hangs", s.signups}, {"timer_overdue", s.timers}, {"events_unpublished", s.unpublished}, {"dead_letters", s.dead}}
	out := attention{At: at.now, Counts: make([]count, len(sources)), Matters: []matter{}}
	found := make([][]matter, len(sources))
	var all sync.WaitGroup
	for i, from := range sources {
		all.Go(func() {
			c := count{Kind: from.kind}
			var err error
			if found[i], c.More, err = s.matters(ctx, at, from); err != nil { // the others are shown all the same
				slog.ErrorContext(ctx, "attention", "kind", from.kind, "error", err.Error())
				c.Unread = true
			}
			c.Count = len(found[i])
			out.Counts[i] = c
		})
	}
	all.Wait()
	for _, matters := range found {
		out.Matters = append(out.Matters, matters...)
	}
	slices.SortStableFunc(out.Matters, func(a, b matter) int { return cmp.Compare(b.Age, a.Age) })
	return &attentionOutput{out}, nil
}
