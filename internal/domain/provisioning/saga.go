package provisioning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// How a step ends that does not go on. The machines catch both by their codes.
var (
	// ErrParked: the work waits for a human, who has been told.
	ErrParked = fault.New(fault.Conflict, "work_parked", "The work on the service waits for a human.", "operator")
	// ErrSuperseded: other work has taken its place, or the work is done.
	ErrSuperseded = fault.New(fault.Conflict, "work_superseded", "The service is no longer worked on in this way.", "operator")
)

// Book keeps services.
type Book interface {
	// Service reads one; unknown is ErrUnknown.
	Service(ctx context.Context, tenant id.Tenant, s id.Service) (Service, error)
	// SaveService writes a service that was changed from was, with what follows from it: its RADIUS account, its claim on equipment
	// and location. ErrMoved when somebody else changed it meanwhile.
	SaveService(ctx context.Context, was, is Service, events ...event.Envelope) error
	// ServiceWithONU reads the service that an ONU belongs to; ErrUnknown when it belongs to none.
	ServiceWithONU(ctx context.Context, tenant id.Tenant, serial string) (Service, error)
	// Now tells what time it is for a service's customer.
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
}

// Sessions tells who is online.
type Sessions interface {
	// OpenSessions counts the open sessions of an account.
	OpenSessions(ctx context.Context, tenant id.Tenant, username string) (int, error)
}

// Secrets make the secret of a service's account.
type Secrets interface{ Secret(s Service) string }

// Patience is how long steps wait, and how often they are tried.
type Patience struct {
	Tries  int           // of one step before the work is parked
	Within time.Duration // one try of a step that waits for the network to follow
	Every  time.Duration // looks while it waits
}

// Saga does the steps of work. A function has the parts that its steps need.
type Saga struct {
	Book      Book
	Inventory Inventory
	Access    Access
	Devices   Devices
	Secrets   Secrets
	Clock     clock.Clock
	Patience  Patience
}

// Outcome is what a step tells its machine.
type Outcome struct {
	Outcome string `json:"outcome"` // done
}

var done = Outcome{"done"}

// Run does a step of provisioning, or, when the work is to terminate, undoes it. It can run again: what is done is not done twice.
func (g Saga) Run(ctx context.Context, r Ref, step Step) (Outcome, error) {
	s, err := g.Book.Service(ctx, r.Tenant, r.Service)
	switch {
	case err != nil:
		return Outcome{}, err
	case !s.current(r):
		return Outcome{}, g.late(ctx, s, r, step)
	case s.Work.Is(step):
		return done, nil
	case s.Work.Kind == Terminate:
		if s.touched(step) {
			err = g.undo(ctx, s, step)
		}
		return g.record(ctx, s, r, step, err, nil)
	}
	built, err := g.do(ctx, s, step)
	return g.record(ctx, s, r, step, err, built)
}

// do does a step of provisioning and tells how the service is changed by it.
func (g Saga) do(ctx context.Context, s Service, step Step) (built func(*Service), err error) {
	built = func(*Service) {}
	switch step {
	case StepInventory:
		if err = g.Inventory.Validate(ctx, s.Port, s.ID); err != nil {
			return built, err
		}
		a, err := g.Inventory.Reserve(ctx, s.binding())
		return func(s *Service) { s.Allocation = a }, err
	case StepSubscriber: // the account follows from the service
	case StepAccess:
		if err = g.Access.Provision(ctx, s.line(), g.Patience.Within); err == nil {
			err = g.light(ctx, s)
		}
	case StepCPE:
		err = g.Devices.Configure(ctx, s.Equipment.CPE, Settings{Service: s.ID, Username: s.Username, Secret: g.Secrets.Secret(s)}, g.Patience.Within)
	default:
		err = fault.ErrInvalid.Because(fmt.Errorf("provisioning: no step %q", step))
	}
	return built, err
}

// light checks the optical level at an ONU that was just set up (S3-122).
func (g Saga) light(ctx context.Context, s Service) error {
	onu, err := g.Access.Status(ctx, s.Equipment.ONU)
	switch {
	case err != nil:
		return err
	case onu.Optical != nil && !onu.Optical.InRange():
		return ErrOptical.With("system", "voltha").With("cause", fmt.Sprintf("the ONU receives %.1f dBm; it works with %.0f to %.0f dBm", onu.Optical.RxDBm, LeastRxDBm, MostRxDBm))
	}
	return nil
}

func (g Saga) undo(ctx context.Context, s Service, step Step) error {
	switch step {
	case StepInventory:
		return g.Inventory.Release(ctx, s.ID)
	case StepAccess:
		return g.Access.Deprovision(ctx, s.line())
	case StepCPE:
		return g.Devices.Forget(ctx, s.Equipment.CPE, s.ID, s.Username)
	}
	return nil
}

// late ends a try of a step whose attempt is not the present one any more. When the service is being ended, or has ended, what this try did,
// or one before it that was cut off, is taken back: who ends it may have been here before. Whatever else took the place of the attempt
// builds on the effect.
func (g Saga) late(ctx context.Context, now Service, r Ref, step Step) error {
	if now.ending() && r.Number < now.Work.Number {
		if err := g.takeBack(ctx, now, step); err != nil {
			return err // it is tried again, and comes here again
		}
	}
	return ErrSuperseded
}

// takeBack undoes what came after the end of a service. An ONU that is another service's by now is left to that.
func (g Saga) takeBack(ctx context.Context, s Service, step Step) error {
	if step == StepAccess {
		holder, err := g.Book.ServiceWithONU(ctx, s.Tenant, s.Equipment.ONU)
		switch {
		case err == nil && holder.ID != s.ID:
			return nil
		case err != nil && !errors.Is(err, ErrUnknown):
			return err
		}
	}
	return g.undo(ctx, s, step)
}

// record notes how a step went.
func (g Saga) record(ctx context.Context, was Service, r Ref, step Step, failed error, built func(*Service)) (Outcome, error) {
	for {
		is := was
		is.Version++
		if failed == nil {
			is.Work = was.Work.finish(step)
			if built != nil {
				built(&is)
				is.Built = append(slices.Clone(was.Built), step)
			}
			if err := g.Book.SaveService(ctx, was, is); err == nil {
				return done, nil
			} else if !errors.Is(err, ErrMoved) {
				return Outcome{}, err
			}
		} else if err := g.failed(ctx, was, is, step, failed); !errors.Is(err, ErrMoved) {
			return Outcome{}, err
		}
		now, err := g.Book.Service(ctx, r.Tenant, r.Service)
		switch {
		case err != nil:
			return Outcome{}, err
		case !now.current(r):
			return Outcome{}, g.late(ctx, now, r, step)
		case now.Work.Is(step): // another try of it was faster
			return done, nil
		case now.Profile != was.Profile: // it was done for another speed
			return Outcome{}, ErrMoved
		}
		was = now
	}
}

// failed notes a failed try, and parks the work when another one is of no use. The answer is what the machine is told.
func (g Saga) failed(ctx context.Context, was, is Service, step Step, failed error) error {
	is.Work = was.Work.fail(failed)
	if fault.Transient(failed) && is.Work.Tries < g.Patience.Tries {
		if err := g.Book.SaveService(ctx, was, is); err != nil {
			return err
		}
		return failed
	}
	return g.park(ctx, was, is, step, failed)
}

func (g Saga) park(ctx context.Context, was, is Service, step Step, failed error) error {
	now, err := g.Book.Now(ctx, is.Tenant, is.TestClock)
	if err != nil {
		return err
	}
	is.Work = is.Work.park(step, failed, g.Clock.Now()) // whoever mends it lives by the real time
	is.Work.Told = true
	p := is.Work.Parked
	parked := event.ProvisioningParked{ServiceID: is.ID, SubscriptionID: is.Subscription, CustomerID: is.Customer, OrderID: is.Order, Service: is.Name, Kind: string(is.Work.Kind), Step: string(p.Step),
		System: p.System, Code: p.Code, Cause: p.Cause, Again: was.Work.Told}
	if err = g.Book.SaveService(ctx, was, is, event.New(ctx, is.Tenant, now, parked)); err != nil {
		return err
	}
	return ErrParked.Because(failed)
}

// Speed gives the line of a service the speed that the service has now. Sessions are told of theirs by the NAS.
func (g Saga) Speed(ctx context.Context, r Ref) (Outcome, error) {
	s, err := g.Book.Service(ctx, r.Tenant, r.Service)
	switch {
	case err != nil:
		return Outcome{}, err
	case s.ending() && s.Work.Kind != "": // a try before this one may have come late
		return done, g.takeBack(ctx, s, StepAccess)
	case !s.Has(StepAccess):
		return done, nil
	}
	if err := g.Access.SetProfile(ctx, s.line()); err != nil {
		return Outcome{}, err
	}
	if s, err = g.Book.Service(ctx, r.Tenant, r.Service); err == nil && s.ending() {
		err = g.takeBack(ctx, s, StepAccess)
	}
	return done, err
}

// Park parks work whose machine gave up, for example because a step did not answer in its time.
func (g Saga) Park(ctx context.Context, r Ref, step Step, cause string) (Outcome, error) {
	s, err := g.Book.Service(ctx, r.Tenant, r.Service)
	if err != nil || !s.current(r) {
		return done, err
	}
	is := s
	is.Version++
	failed := fault.ErrInternal.With("cause", cause)
	if err := g.park(ctx, s, is, step, failed); !errors.Is(err, ErrParked) {
		return Outcome{}, err
	}
	return done, nil
}

func (s Service) binding() Binding {
	return Binding{Service: s.ID, Customer: s.Customer, Port: s.Port, Serial: s.Equipment.ONU, Hostname: hostname(s.Username)}
}

func (s Service) line() Line {
	return Line{Service: s.ID, Port: s.Port, Serial: s.Equipment.ONU, Profile: s.Profile, Username: s.Username}
}

// hostname is the account's name as a DNS name.
func hostname(username string) string {
	b := []byte(username)
	for i, c := range b {
		if c == '@' {
			b[i] = '.'
		}
	}
	return string(b)
}
