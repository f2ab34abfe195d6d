package history

import (
	"time"

	"turnup/internal/base/event"
)

// Stage is one of the eleven of a customer's journey, by its number.
type Stage int

// The stages, in their order, and all there are.
const (
	Registration Stage = iota + 1
	Verification
	Profile
	Plan
	Activation
	Usage
	Renewal
	PlanChange
	Suspension
	Resumption
	Cancellation
)

var names = map[Stage]string{Registration: "registration", Verification: "verification", Profile: "profile", Plan: "plan", Activation: "activation",
	Usage: "usage", Renewal: "renewal", PlanChange: "plan_change", Suspension: "suspension", Resumption: "resumption", Cancellation: "cancellation"}

// Stages lists them.
func Stages() []Stage {
	all := make([]Stage, len(names))
	for i := range all {
		all[i] = Stage(i + 1)
	}
	return all
}

func (s Stage) String() string { return names[s] }

// once tells whether the stage is gone through a single time, on the way to being a customer. The others come again.
func (s Stage) once() bool { return s <= Profile }

// stages says which stages an event stands for. Those that are not here get theirs with the events that bring them about.
var stages = map[event.Type][]Stage{
	event.TypeAccountRegistered:  {Registration},
	event.TypeAccountVerified:    {Verification},
	event.TypeCustomerRegistered: {Registration, Profile}, // of who came by mail address, the account was first
	event.TypeContractSigned:     {Plan},
	event.TypeServiceActivated:   {Activation, Usage}, // it is active when a session was seen: from then on it is used
	event.TypeServiceSuspended:   {Suspension},
	event.TypeServiceResumed:     {Resumption},
	event.TypeServiceTerminated:  {Cancellation},

	event.TypeSubscriptionRenewed:   {Renewal},
	event.TypeSubscriptionChanged:   {PlanChange},
	event.TypeSubscriptionSuspended: {Suspension},
	event.TypeSubscriptionResumed:   {Resumption},
	event.TypeSubscriptionCancelled: {Cancellation},
	event.TypeSubscriptionEnded:     {Cancellation},
}

// StagesOf are the stages that an event stands for.
func StagesOf(t event.Type) []Stage { return stages[t] }

// Reached is when a stage was reached, first and last.
type Reached struct {
	Stage       Stage
	First, Last time.Time // zero when it never was
}

// Again is what is known after a stage was reached at a time, which may be told in any order.
func (r Reached) Again(at time.Time) Reached {
	if r.First.IsZero() || at.Before(r.First) {
		r.First = at
	}
	if at.After(r.Last) {
		r.Last = at
	}
	return r
}

// Journey is how far a customer is: all stages in their order.
type Journey []Reached

// JourneyOf puts together what is known of a customer's stages: what was recorded, and the facts that their account itself
// tells, which are never late. The beginning is gone through once, so that its first time is its last as well.
func JourneyOf(recorded []Reached, registered, verified, profiled time.Time) Journey {
	j := make(Journey, len(names))
	for i := range j {
		j[i].Stage = Stage(i + 1)
	}
	for _, r := range recorded {
		if r.Stage >= Registration && int(r.Stage) <= len(j) {
			j[r.Stage-1] = r
		}
	}
	for stage, at := range map[Stage]time.Time{Registration: registered, Verification: verified, Profile: profiled} {
		if !at.IsZero() {
			j[stage-1].First = at
		}
	}
	for i := range j {
		if j[i].Stage.once() {
			j[i].Last = j[i].First
		}
	}
	return j
}

// Current is the stage a customer is in: the last one of the beginning, until there is a plan; from then on the one that
// was reached last, because those come and go. Of two that were reached at once it is the later one.
func (j Journey) Current() Stage {
	var current Reached
	for _, r := range j {
		switch {
		case r.First.IsZero():
		case r.Stage.once(), current.Stage.once(), !r.Last.Before(current.Last):
			current = r
		}
	}
	return current.Stage
}
