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
	UndeliveredOrders(ctx context.Context, tenant id.Tenant, before time.Time, limit int32) (all []order.Order, more bool, err error)
	Troubles(ctx context.Context, tenant id.Tenant, all []id.Order) (map[id.Order]order.Trouble, error)
	ParkedServices(ctx context.Context, tenant id.Tenant, after string, limit int32) ([]provisioning.Service, string, error)
	UnsettledPayments(ctx context.Context, tenant id.Tenant, before time.Time, limit int32) (all []payment.Payment, more bool, err error)
	OpenReturns(ctx context.Context, tenant id.Tenant, before time.Time, limit int32) (all []payment.Return, more bool, err error)
	HeldContracts(ctx context.Context, tenant id.Tenant, limit int32) (all []subscription.Subscription, more bool, err error)
	Signups(ctx context.Context, tenant id.Tenant, state signup.State, after string, limit int32) (page []signup.Signup, next string, err error)
	OverdueTimers(ctx context.Context, before, leasedUntil time.Time, limit int32) (all []timer.Pending, more bool, err error)
	// Waiting reads what was written into the outbox before a time and is still there.
	Waiting(ctx context.Context, before time.Time) ([]event.Batch, error)
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
	Age        int64             `json:"ageSeconds" doc:"How long that is" example:"1200"`
	Cause      cause             `json:"cause" doc:"Why"`
	NextAt     *time.Time        `json:"nextAt,omitempty" doc:"When about something happens by itself; missing when nothing does" example:"2030-01-01T12:35:00Z"`
	Action     *action           `json:"action,omitempty" doc:"The operation that helps; missing where there is none"`
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
}

func (s service) registerAttention(a *rest.API) {
	at := time.Date(2030, 1, 1, 12, 30, 0, 0, time.UTC)
	next := at.Add(5 * time.Minute)
	rest.Register(a, rest.Op{
		ID: "listAttention", Method: http.MethodGet, Path: "/admin/attention", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "What hangs, why, and what helps",
		About: "Paid orders that are not delivered, work on the network that is parked, payments whose outcome is open, refunds that are not settled, contracts kept from being suspended, signups that hang, timers that are overdue, " +
			"events that are not on their way, and messages in dead-letter queues: each with its cause, when it is tried again by itself, and the operation that helps. A matter is gone as soon as it is settled. " +
			"A kind that cannot be read at the moment is said to be unread. The causes of faults are in the list of faults; people on test clocks wait by these.",
		Answer: attention{at, []count{{"order_undelivered", 1, false, false}}, []matter{{Kind: "order_undelivered", Subjects: map[string]string{"orderId": "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}, CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
			Since: at.Add(-20 * time.Minute), Age: 1200, Cause: cause{"subscription_not_found", "There is no such subscription."}, NextAt: &next, Action: post("redriveDeadLetters", "/admin/dead-letters/delivery/redrive")}}},
	}, s.attention)
}

func (s service) attention(ctx context.Context, in *attentionInput) (*attentionOutput, error) {
	at := look{rest.CallerOf(ctx).Tenant, s.Clock.Now(), in.Limit}
	sources := []source{{"order_undelivered", s.undelivered}, {"provisioning_parked", s.parked}, {"payment_unsettled", s.unsettled}, {"refund_open", s.refunds}, {"suspension_held", s.held},
		{"signup_hangs", s.signups}, {"timer_overdue", s.timers}, {"events_unpublished", s.unpublished}, {"dead_letters", s.dead}}
	out := attention{At: at.now, Counts: make([]count, len(sources)), Matters: []matter{}}
	found := make([][]matter, len(sources))
	var all sync.WaitGroup
	for i, from := range sources {
		all.Go(func() {
			c := count{Kind: from.kind}
			var err error
			if found[i], c.More, err = from.read(ctx, at); err != nil { // the others are shown all the same
				slog.ErrorContext(ctx, "attention", "kind", from.kind, "error", err.Error())
				found[i], c.Unread = nil, true
			}
			if len(found[i]) > int(at.limit) {
				found[i], c.More = found[i][:at.limit], true
			}
			c.Count = len(found[i])
			out.Counts[i] = c
		})
	}
	all.Wait()
	for i, matters := range found {
		for _, m := range matters {
			m.Kind, m.Since, m.Age = sources[i].kind, m.Since.UTC(), max(int64(at.now.Sub(m.Since)/time.Second), 0)
			out.Matters = append(out.Matters, m)
		}
	}
	slices.SortStableFunc(out.Matters, func(a, b matter) int { return cmp.Compare(b.Age, a.Age) })
	return &attentionOutput{out}, nil
}
