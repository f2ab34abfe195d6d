package provisioning

import (
	"context"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Settler ends work: it verifies that the network is as the service says, and then records that it is (S3-52).
type Settler struct {
	Saga
	Sessions Sessions
	Final    Final
}

// Final writes the end of work.
type Final interface {
	// SettleService is SaveService together with what the end of work means for the contract: the first activation makes the subscription
	// active and the order delivered; giving up before it ends the contract.
	SettleService(ctx context.Context, was, is Service, events ...event.Envelope) error
}

// LinkFor is how long the link is good that shows the credentials once.
const LinkFor = 7 * 24 * time.Hour

// Verify waits until a session of the service is seen. Nobody got in before the work began, so any is one of since then.
func (g Settler) Verify(ctx context.Context, r Ref) (Outcome, error) {
	return g.step(ctx, r, StepVerify, func(s Service) error { return g.online(ctx, s) })
}

// Activate ends provisioning: the service is active, or waits to be activated when that was asked for.
func (g Settler) Activate(ctx context.Context, r Ref) (Outcome, error) {
	return g.settle(ctx, r, StepActivate, func(s Service) error { return nil })
}

// Settle ends the other kinds of work, when the network has followed: suspended and terminated mean that no session is left, resumed
// that one is seen.
func (g Settler) Settle(ctx context.Context, r Ref) (Outcome, error) {
	return g.settle(ctx, r, StepSettle, func(s Service) error {
		switch s.Work.Kind {
		case Resume:
			return g.online(ctx, s)
		case Suspend:
			return g.offline(ctx, s)
		}
		return nil
	})
}

// Bar is the step of terminating that undoes the account: nobody is let in any more, and no session is left.
func (g Settler) Bar(ctx context.Context, r Ref) (Outcome, error) {
	return g.step(ctx, r, StepSubscriber, func(s Service) error { return g.offline(ctx, s) })
}

func (g Settler) step(ctx context.Context, r Ref, step Step, verified func(Service) error) (Outcome, error) {
	s, err := g.Book.Service(ctx, r.Tenant, r.Service)
	switch {
	case err != nil:
		return Outcome{}, err
	case !s.current(r):
		return Outcome{}, ErrSuperseded
	case s.Work.Is(step):
		return done, nil
	}
	var built func(*Service)
	if s.Work.Kind == Provision {
		built = func(*Service) {}
	}
	return g.record(ctx, s, r, step, verified(s), built)
}

func (g Settler) settle(ctx context.Context, r Ref, step Step, verified func(Service) error) (Outcome, error) {
	s, err := g.Book.Service(ctx, r.Tenant, r.Service)
	switch {
	case err != nil:
		return Outcome{}, err
	case !s.current(r):
		return Outcome{}, ErrSuperseded
	}
	if err := verified(s); err != nil {
		return g.record(ctx, s, r, step, err, nil)
	}
	now, err := g.Book.Now(ctx, s.Tenant, s.TestClock)
	if err != nil {
		return Outcome{}, err
	}
	is, events := s.settled(ctx, now)
	return done, g.Final.SettleService(ctx, s, is, events...)
}

// settled is the service at the end of its work, with what is told of it.
func (s Service) settled(ctx context.Context, now time.Time) (is Service, events []event.Envelope) {
	about := event.ServiceChanged{ServiceID: s.ID, SubscriptionID: s.Subscription, CustomerID: s.Customer, Service: s.Name}
	switch s.Work.Kind {
	case Suspend:
		is = s.moved(Suspended, now)
		about.Cause = string(s.Holds[0].Cause)
		events = append(events, event.New(ctx, s.Tenant, now, event.ServiceSuspended{ServiceChanged: about}))
	case Resume:
		is = s.moved(Active, now)
		events = append(events, event.New(ctx, s.Tenant, now, event.ServiceResumed{ServiceChanged: about}))
	case Terminate:
		is = s.moved(Terminated, now)
		is.Built, is.Allocation, is.Alarms = nil, Allocation{}, nil
		events = append(events, s.Terminated(ctx, now))
	case Provision:
		if s.Work.Hold {
			is = s.moved(Provisioned, now)
			break
		}
		is, events = s.Activated(ctx, now)
	}
	step := StepSettle
	if s.Work.Kind == Provision {
		step = StepActivate
		is.Built = append(is.Built[:len(is.Built):len(is.Built)], StepActivate)
	}
	is.Work = s.Work.finish(step)
	return is, events
}

// Activated is the service in use, with what is told of it: the first time, the customer gets a link to the credentials.
func (s Service) Activated(ctx context.Context, now time.Time) (is Service, events []event.Envelope) {
	is = s.activated(now)
	if s.ActiveSince.IsZero() {
		is.LinkNonce, is.LinkUntil = nonce(), now.Add(LinkFor)
	}
	return is, []event.Envelope{event.New(ctx, s.Tenant, now, event.ServiceActivated{ServiceChanged: event.ServiceChanged{ServiceID: s.ID, SubscriptionID: s.Subscription, CustomerID: s.Customer,
		Service: s.Name}, OrderID: s.Order, First: s.ActiveSince.IsZero(), OLT: s.Port.OLT})}
}

// Terminated tells that the service has ended.
func (s Service) Terminated(ctx context.Context, now time.Time) event.Envelope {
	return event.New(ctx, s.Tenant, now, event.ServiceTerminated{ServiceChanged: event.ServiceChanged{ServiceID: s.ID, SubscriptionID: s.Subscription, CustomerID: s.Customer, Service: s.Name},
		Cancelled: s.Cancelled})
}

func (g Settler) online(ctx context.Context, s Service) error {
	return g.await(ctx, ErrNoSession, func(ctx context.Context) (bool, error) {
		n, err := g.Sessions.OpenSessions(ctx, s.Tenant, s.Username)
		return n > 0, err
	})
}

func (g Settler) offline(ctx context.Context, s Service) error {
	return g.await(ctx, ErrSessions, func(ctx context.Context) (bool, error) {
		n, err := g.Sessions.OpenSessions(ctx, s.Tenant, s.Username)
		return n == 0, err
	})
}

// await looks until something is so, at most as long as one try may take.
func (g Settler) await(ctx context.Context, not *fault.Fault, look func(context.Context) (bool, error)) error {
	end := time.After(g.Patience.Within)
	for {
		if is, err := look(ctx); is || err != nil {
			return err
		}
		select {
		case <-end:
			return not.With("system", "radius")
		case <-ctx.Done():
			return not.With("system", "radius")
		case <-time.After(g.Patience.Every):
		}
	}
}

// Request asks for the work that the service needs: the event starts its machine.
func (s Service) Request(ctx context.Context, now time.Time) event.Envelope {
	return event.New(ctx, s.Tenant, now, event.ProvisioningRequested{ServiceID: s.ID, CustomerID: s.Customer, Kind: string(s.Work.Kind), Number: s.Work.Number, Run: s.Work.Run})
}

// AccessChange tells those who speak to the NAS that sessions of the account are to be ended, or to get another speed.
func (s Service) AccessChange(ctx context.Context, now time.Time) event.Envelope {
	return event.New(ctx, s.Tenant, now, event.AccessChanged{ServiceID: s.ID, CustomerID: s.Customer, Username: s.Username, Barred: s.Barred(), DownKbps: s.Profile.DownKbps, UpKbps: s.Profile.UpKbps})
}

// RefOf reads the attempt of a request.
func RefOf(tenant id.Tenant, correlation string, q event.ProvisioningRequested) Ref {
	return Ref{Tenant: tenant, Service: q.ServiceID, Number: q.Number, Run: q.Run, CorrelationID: correlation}
}

// SpeedChange asks for a new speed on the line, and in running sessions. The machine is named after the service's version: each change is
// one execution.
func (s Service) SpeedChange(ctx context.Context, now time.Time) []event.Envelope {
	return []event.Envelope{s.AccessChange(ctx, now),
		event.New(ctx, s.Tenant, now, event.ProvisioningRequested{ServiceID: s.ID, CustomerID: s.Customer, Kind: string(Speed), Number: int(s.Version)})}
}
