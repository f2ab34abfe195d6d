package provisioning

import (
	"slices"
	"strings"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// The faults of services.
var (
	ErrUnknown     = fault.New(fault.NotFound, "service_not_found", "There is no such service.", "integrator")
	ErrTransition  = fault.New(fault.Conflict, "service_state_conflict", "The service is in a state that does not allow this.", "integrator")
	ErrEquipment   = fault.New(fault.Conflict, "service_equipment_differs", "The service is being set up with other equipment.", "operator")
	ErrONUTaken    = fault.New(fault.Conflict, "onu_taken", "This fibre terminal belongs to another service.", "operator")
	ErrCPETaken    = fault.New(fault.Conflict, "cpe_taken", "This router belongs to another service.", "operator")
	ErrNeedsONU    = fault.New(fault.Conflict, "onu_required", "Please give the serial number of the fibre terminal: none is recorded for the location.", "customer")
	ErrNeedsCPE    = fault.New(fault.Conflict, "cpe_required", "Please give the id of the router: none is recorded for the location.", "customer")
	ErrHeldAlready = fault.New(fault.Conflict, "service_held_already", "The service is suspended for this cause already.", "operator")
	ErrNotHeld     = fault.New(fault.Conflict, "service_not_held", "The service is not suspended for this cause.", "operator")
	ErrNotParked   = fault.New(fault.Conflict, "service_not_parked", "Nothing about this service waits for a human.", "operator")
	ErrMoved       = fault.New(fault.Unavailable, "service_moved", "Somebody else changed the service at the same moment. Please try again.", "integrator")
	ErrLinkInvalid = fault.New(fault.Invalid, "credentials_link_invalid", "This link is not valid, or was used before.", "customer")
)

// State of a service.
type State string

// The states, and all there are. While one ends in -ing there is work on the network to do.
const (
	Designed     State = "designed"     // ordered and paid; waits for its equipment
	Provisioning State = "provisioning" // is being set up
	Provisioned  State = "provisioned"  // set up and verified; waits to be activated
	Active       State = "active"
	Suspending   State = "suspending" // barred already; sessions are being ended
	Suspended    State = "suspended"  // barred, and no session is left
	Resuming     State = "resuming"   // no longer barred; waits for a session
	Terminating  State = "terminating"
	Terminated   State = "terminated"
)

// Cause of a suspension.
type Cause string

// The causes. Each is a hold of its own: the service runs when none is left.
const (
	NonPayment Cause = "non_payment"
	ByStaff    Cause = "staff"
	ByCustomer Cause = "paused" // who paused the contract
)

// Hold is a reason why a service is suspended.
type Hold struct {
	Cause  Cause     `json:"cause" dynamodbav:"cause" doc:"For what it is suspended; each cause is a hold of its own" enum:"non_payment,staff,paused" example:"staff"`
	Reason string    `json:"reason" dynamodbav:"reason" doc:"In words, for staff" example:"The customer asked for it"`
	Since  time.Time `json:"since" dynamodbav:"since" doc:"Since when" example:"2030-01-01T12:30:00Z"`
}

// Equipment is what stands at the customer's place.
type Equipment struct {
	ONU string `json:"onuSerial" dynamodbav:"onu" doc:"Serial number of the ONU" example:"BBSM00000001"`
	CPE string `json:"cpeId" dynamodbav:"cpe" doc:"Id of the router in the device management" example:"202BC1-BM632w-000001"`
}

// Service is what one subscription runs on in the network.
type Service struct {
	Tenant       id.Tenant
	Customer     id.Customer
	ID           id.Service
	Subscription id.Subscription
	Order        id.Order
	Name         string // of the plan, as it was bought
	Profile      Profile
	CapBytes     int64 // a month's volume that warns; 0 is none
	Sold         Sold
	Location     id.Location
	Port         Port
	State        State
	StateSince   time.Time
	Equipment    Equipment
	Allocation   Allocation
	Username     string
	Generation   int // of the secret: each reset counts one
	Holds        []Hold
	ActiveSince  time.Time  // first
	Anchor       civil.Date // its day begins the months in which volume is counted: of the activation, until then of the work
	Cancelled    bool       // given up before it was ever active
	Built        []Step     // of provisioning: what stands in the network
	Work         Work
	LinkNonce    string    // of the link that shows the secret once; empty when it was used
	LinkUntil    time.Time // when that link ends
	Alarms       []Alarm   // of the ONU, raised and not cleared
	TestClock    id.TestClock
	Correlation  string
	Version      int64 // counts changes, from 1
}

// Alarm is one that the access network raised about the ONU.
type Alarm struct {
	Kind  string    `json:"kind" dynamodbav:"kind" doc:"What the access network calls it" example:"loss_of_signal"`
	Since time.Time `json:"since" dynamodbav:"since" doc:"When it was raised" example:"2030-01-01T12:30:00Z"`
}

// ServiceOf gives the id of the service of a subscription: they share their ULID.
func ServiceOf(s id.Subscription) id.Service {
	return id.Swap[id.Service](s, id.SubscriptionPrefix, id.ServicePrefix)
}

// SubscriptionOf is the other way round.
func SubscriptionOf(s id.Service) id.Subscription {
	return id.Swap[id.Subscription](s, id.ServicePrefix, id.SubscriptionPrefix)
}

// Design makes the service of a subscription that was paid. The rest of s is the caller's. The account's realm is the tenant, by
// which a RADIUS proxy can route.
func Design(s Service, at time.Time) Service {
	s.ID, s.State, s.StateSince, s.Generation, s.Version = ServiceOf(s.Subscription), Designed, at, 1, 1
	s.Work.Done = []Step{}
	s.Username = UsernameOf(s.Tenant, s.ID)
	return s
}

// UsernameOf is the account's name of a service.
func UsernameOf(t id.Tenant, s id.Service) string {
	return strings.ToLower(strings.TrimPrefix(string(s), id.ServicePrefix)) + "@" + string(t)
}

// Working tells whether there is work on the network to do.
func (s Service) Working() bool {
	return slices.Contains([]State{Provisioning, Suspending, Resuming, Terminating}, s.State)
}

// ending tells whether the service has ended, or is about to: that is for good.
func (s Service) ending() bool { return s.State == Terminating || s.State == Terminated }

// Barred says for which cause the network lets nobody in with the service's account; empty when it lets them in. Until the service
// has been set up, and when it ends, nobody is let in either.
func (s Service) Barred() string {
	switch {
	case !s.Has(StepSubscriber) || s.ending():
		return "not_in_service"
	case len(s.Holds) == 0:
		return ""
	case s.Held(NonPayment):
		return string(NonPayment)
	}
	return string(s.Holds[0].Cause)
}

// Has tells whether a step of provisioning stands.
func (s Service) Has(step Step) bool { return slices.Contains(s.Built, step) }

// touched tells whether a step may have had an effect: it stands, or it is the one after those that stand.
func (s Service) touched(step Step) bool { return slices.Index(order, step) <= len(s.Built) }

// Held tells whether the service is held for a cause.
func (s Service) Held(c Cause) bool {
	return slices.ContainsFunc(s.Holds, func(h Hold) bool { return h.Cause == c })
}

// refused names the states of a transition that is not possible.
func (s Service) refused(wanted State) error {
	return ErrTransition.With("current", string(s.State)).With("wanted", string(wanted))
}

func (s Service) moved(to State, at time.Time) Service {
	s.State, s.StateSince, s.Version = to, at, s.Version+1
	return s
}

// Begin starts to provision with equipment; hold stops before the activation. A service that was begun with the same equipment
// stays as it is (moved is false).
func (s Service) Begin(e Equipment, hold bool, at time.Time) (next Service, moved bool, err error) {
	switch {
	case s.ending():
		return s, false, s.refused(Active)
	case s.State != Designed && e != s.Equipment:
		return s, false, ErrEquipment.With("onuSerial", s.Equipment.ONU).With("cpeId", s.Equipment.CPE)
	case s.State != Designed:
		return s, false, nil
	case e.ONU == "":
		return s, false, ErrNeedsONU
	case e.CPE == "":
		return s, false, ErrNeedsCPE
	}
	next = s.moved(Provisioning, at)
	next.Equipment, next.Work, next.Anchor = e, s.Work.next(Provision, at), civil.On(at, time.UTC)
	next.Work.Hold = hold
	return next, true, nil
}

// Activate puts a service that was set up and held back into use. An active one stays as it is.
func (s Service) Activate(at time.Time) (next Service, moved bool, err error) {
	switch s.State {
	case Active:
		return s, false, nil
	case Provisioned:
		return s.activated(at), true, nil
	}
	return s, false, s.refused(Active)
}

func (s Service) activated(at time.Time) Service {
	next := s.moved(Active, at)
	if next.ActiveSince.IsZero() {
		next.ActiveSince, next.Anchor = at, civil.On(at, time.UTC)
	}
	return next
}

// Suspend holds an active service. One that is suspended is held for another cause as well; its state stays.
func (s Service) Suspend(h Hold) (next Service, err error) {
	if s.Held(h.Cause) {
		return s, ErrHeldAlready.With("cause", string(h.Cause)).With("current", string(s.State)).With("wanted", string(Suspended))
	}
	switch s.State {
	case Active, Resuming:
		next = s.moved(Suspending, h.Since)
		next.Work = s.Work.next(Suspend, h.Since)
	case Suspending, Suspended:
		next = s
		next.Version++
	default:
		return s, s.refused(Suspended)
	}
	next.Holds = append(slices.Clone(s.Holds), h)
	return next, nil
}

// Resume ends the hold of one cause. The service is resumed when no other is left.
func (s Service) Resume(c Cause, at time.Time) (next Service, err error) {
	if s.State != Suspended && s.State != Suspending {
		return s, s.refused(Active)
	}
	if !s.Held(c) {
		return s, ErrNotHeld.With("cause", string(c)).With("heldFor", string(s.Holds[0].Cause))
	}
	next = s
	next.Holds = slices.DeleteFunc(slices.Clone(s.Holds), func(h Hold) bool { return h.Cause == c })
	if len(next.Holds) > 0 {
		next.Version++
		return next, nil
	}
	next = next.moved(Resuming, at)
	next.Work = s.Work.next(Resume, at)
	return next, nil
}

// Terminate ends a service. One that was never begun ends at once; one that is ending or has ended stays as it is.
func (s Service) Terminate(at time.Time) (next Service, moved bool) {
	switch s.State {
	case Terminating, Terminated:
		return s, false
	case Designed:
		next = s.moved(Terminated, at)
	default:
		next = s.moved(Terminating, at)
		next.Work = s.Work.next(Terminate, at)
	}
	next.Cancelled, next.Holds, next.LinkNonce = s.ActiveSince.IsZero(), nil, ""
	return next, true
}

// GiveUp is Terminate of a service whose provisioning is parked.
func (s Service) GiveUp(at time.Time) (next Service, err error) {
	if s.Work.Parked == nil || s.State != Provisioning {
		return s, ErrNotParked
	}
	next, _ = s.Terminate(at)
	return next, nil
}

// Retry goes on with work that is parked, from the step that failed.
func (s Service) Retry(at time.Time) (next Service, err error) {
	if s.Work.Parked == nil {
		return s, ErrNotParked
	}
	next = s
	next.Work, next.Version = s.Work.again(at), s.Version+1
	return next, nil
}

// NewSpeed gives a service another speed and volume; moved is false when it has them. One that has ended gets none.
func (s Service) NewSpeed(p Profile, capBytes int64) (next Service, moved bool, err error) {
	switch {
	case s.ending():
		return s, false, s.refused(Active)
	case s.Profile == p && s.CapBytes == capBytes:
		return s, false, nil
	}
	s.Profile, s.CapBytes, s.Version = p, capBytes, s.Version+1
	return s, true, nil
}

// Erase forgets where the service was and what stood there. It is for services that have ended, of customers who are erased.
func (s Service) Erase() Service {
	if s.State != Terminated || s.Location == "" {
		return s
	}
	s.Location, s.Port, s.Equipment, s.Allocation, s.Version = "", Port{}, Equipment{}, Allocation{}, s.Version+1
	return s
}

// Alarms that say more to us than their names.
const (
	LossOfSignal = "loss_of_signal"
	DyingGasp    = "dying_gasp" // nobody clears it: an ONU that is seen again has its power back
)

// Noticed is the service after an alarm of its ONU was raised or cleared; moved is false when that was known.
func (s Service) Noticed(kind string, raised bool, at time.Time) (next Service, moved bool) {
	ends := func(a Alarm) bool {
		return a.Kind == kind || !raised && kind == LossOfSignal && a.Kind == DyingGasp
	}
	if slices.ContainsFunc(s.Alarms, ends) == raised {
		return s, false
	}
	next = s
	next.Version++
	next.Alarms = slices.DeleteFunc(slices.Clone(s.Alarms), ends)
	if raised {
		next.Alarms = append(next.Alarms, Alarm{kind, at})
	}
	return next, true
}
