package provisioning

import (
	"fmt"
	"slices"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Kind of work.
type Kind string

// The kinds; each is one machine's.
const (
	Provision Kind = "provision"
	Suspend   Kind = "suspend"
	Resume    Kind = "resume"
	Terminate Kind = "terminate"

	// Speed is no work of a service's life: it has no state, and whoever comes later sets what is true then.
	Speed Kind = "speed"
)

// Step of work.
type Step string

// The steps of provisioning, in their order. Terminating undoes those that were begun, in reverse.
const (
	StepInventory  Step = "inventory"  // the port is valid; ONU and addresses are recorded
	StepSubscriber Step = "subscriber" // the RADIUS account lets the subscriber in, with the plan's bandwidth
	StepAccess     Step = "access"     // the ONU is active, the subscriber's service is on
	StepCPE        Step = "cpe"        // the router has its credentials
	StepVerify     Step = "verify"     // the light is good, a session was seen
	StepActivate   Step = "activate"

	StepSettle Step = "settle" // the end of suspending, resuming and terminating: what is true is verified and recorded
)

// order is that of provisioning.
var order = []Step{StepInventory, StepSubscriber, StepAccess, StepCPE, StepVerify, StepActivate}

// Parked is work that waits for a human.
type Parked struct {
	Step   Step      `json:"step" dynamodbav:"step" doc:"Where it stopped" example:"cpe"`
	System string    `json:"system,omitempty" dynamodbav:"system,omitempty" doc:"Which system it failed at" example:"genieacs"`
	Code   string    `json:"code" dynamodbav:"code" doc:"Fault code" example:"cpe_offline"`
	Cause  string    `json:"cause" dynamodbav:"cause" doc:"What the system said" example:"the device did not take the task within 40s"`
	At     time.Time `json:"at" dynamodbav:"at" doc:"Since when it waits" example:"2030-01-01T12:24:00Z"`
}

// Work is what is being done, or was done last, to a service in the network.
type Work struct {
	Kind   Kind      `json:"kind,omitempty" dynamodbav:"kind" doc:"What is done: the service is set up, suspended, resumed or taken down" enum:"provision,suspend,resume,terminate" example:"provision"`
	Number int       `json:"number" dynamodbav:"number" doc:"Counts the works of a service" example:"1"`
	Run    int       `json:"run" dynamodbav:"run" doc:"Counts the attempts of one work; each is one execution" example:"1"`
	Since  time.Time `json:"since,omitzero" dynamodbav:"since" doc:"When it began" example:"2030-01-01T12:20:00Z"`
	Done   []Step    `json:"done" nullable:"false" dynamodbav:"done" doc:"The steps that are done, in their order" example:"[\"inventory\",\"subscriber\",\"access\"]"`
	Tries  int       `json:"tries" dynamodbav:"tries" doc:"Failed tries of the present step" example:"0"`
	Failed string    `json:"failed,omitempty" dynamodbav:"failed,omitempty" doc:"Fault code of the last failed try" example:"cpe_offline"`
	Parked *Parked   `json:"parked,omitempty" dynamodbav:"parked,omitempty" doc:"Why it waits for a human; absent when it does not"`
	Told   bool      `json:"-" dynamodbav:"told"` // the ticket exists and the customer knows: once for one work
	Hold   bool      `json:"held" dynamodbav:"hold" doc:"Stops before the activation"`
}

// next is new work.
func (w Work) next(k Kind, at time.Time) Work {
	return Work{Kind: k, Number: w.Number + 1, Run: 1, Since: at, Done: []Step{}}
}

// again is another attempt after somebody has looked.
func (w Work) again(at time.Time) Work {
	w.Run, w.Tries, w.Parked = w.Run+1, 0, nil
	return w
}

// Execution names the attempt, and so the machine's execution.
func (w Work) Execution(s id.Service) string { return fmt.Sprintf("%s-%d-%d", s, w.Number, w.Run) }

// Is tells whether a step is done.
func (w Work) Is(step Step) bool { return slices.Contains(w.Done, step) }

// Ref names one attempt of one work; it is what travels through queues and machines.
type Ref struct {
	Tenant        id.Tenant  `json:"tenant"`
	Service       id.Service `json:"serviceId"`
	Number        int        `json:"number"`
	Run           int        `json:"run"`
	CorrelationID string     `json:"correlationId"`
}

// current tells whether the attempt is the one that is being done: an older one has nothing to do any more.
func (s Service) current(r Ref) bool {
	return s.Working() && s.Work.Number == r.Number && s.Work.Run == r.Run && s.Work.Parked == nil
}

func (w Work) finish(step Step) Work {
	w.Done, w.Tries, w.Failed = append(slices.Clone(w.Done), step), 0, ""
	return w
}

// fail notes a failed try.
func (w Work) fail(err error) Work {
	w.Tries++
	w.Failed = codeOf(err)
	return w
}

func codeOf(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return fault.ErrInternal.Code
}

// park stops the work for a human.
func (w Work) park(step Step, err error, at time.Time) Work {
	p := Parked{Step: step, Code: codeOf(err), At: at}
	if f := fault.Of(err); f != nil {
		p.System, p.Cause = f.Details["system"], f.Details["cause"]
		if p.Cause == "" {
			p.Cause = f.Message
		}
	}
	w.Parked = &p
	return w
}
