package event

import (
	"time"

	"turnup/internal/base/id"
)

// The event types of services in the network.
const (
	TypeServiceOrdered        Type = "service.ordered"
	TypeProvisioningRequested Type = "provisioning.requested"
	TypeProvisioningParked    Type = "provisioning.parked"
	TypeServiceActivated      Type = "service.activated"
	TypeServiceSuspended      Type = "service.suspended"
	TypeServiceResumed        Type = "service.resumed"
	TypeServiceTerminated     Type = "service.terminated"
	TypeAccessChanged         Type = "access.changed"
	TypeNASRestarted          Type = "nas.restarted"
	TypeUsageReached          Type = "usage.reached"
	TypeLineAlarmed           Type = "line.alarmed"
	TypeDiagnosisRequested    Type = "diagnosis.requested"
	TypeDiagnosisFinished     Type = "diagnosis.finished"
)

// ServiceOrdered says that a service was paid for and is to be provisioned; without equipment it waits for some.
type ServiceOrdered struct {
	ServiceID      id.Service      `json:"serviceId"`
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	OrderID        id.Order        `json:"orderId"`
	LocationID     id.Location     `json:"locationId"`
}

// EventType of ServiceOrdered.
func (ServiceOrdered) EventType() (Type, int) { return TypeServiceOrdered, 1 }

// ProvisioningRequested asks for work on the network. It starts the machine of its kind, named after service, number and run.
type ProvisioningRequested struct {
	ServiceID  id.Service  `json:"serviceId"`
	CustomerID id.Customer `json:"customerId"`
	Kind       string      `json:"kind"` // provision, suspend, resume, terminate or speed
	Number     int         `json:"number"`
	Run        int         `json:"run"`
}

// EventType of ProvisioningRequested.
func (ProvisioningRequested) EventType() (Type, int) { return TypeProvisioningRequested, 1 }

// ProvisioningParked says that work on the network waits for a human.
type ProvisioningParked struct {
	ServiceID      id.Service      `json:"serviceId"`
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	OrderID        id.Order        `json:"orderId"`
	Service        string          `json:"service"` // its plan's name
	Kind           string          `json:"kind"`
	Step           string          `json:"step"`
	System         string          `json:"system,omitempty"`
	Code           string          `json:"code"` // of the fault
	Cause          string          `json:"cause"`
	Again          bool            `json:"again"` // the same work was parked before: ticket and customer know
}

// EventType of ProvisioningParked.
func (ProvisioningParked) EventType() (Type, int) { return TypeProvisioningParked, 1 }

// ServiceChanged is what the events of a service's life have in common.
type ServiceChanged struct {
	ServiceID      id.Service      `json:"serviceId"`
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	Service        string          `json:"service"`         // its plan's name
	Cause          string          `json:"cause,omitempty"` // of a suspension
}

// ServiceActivated says that a service works.
type ServiceActivated struct {
	ServiceChanged
	OrderID id.Order `json:"orderId"`
	First   bool     `json:"first"`         // the customer is told how to get in
	OLT     string   `json:"olt,omitempty"` // at which its line begins
}

// EventType of ServiceActivated.
func (ServiceActivated) EventType() (Type, int) { return TypeServiceActivated, 1 }

// ServiceSuspended says that nobody gets in with the service any more, and nobody is in.
type ServiceSuspended struct{ ServiceChanged }

// EventType of ServiceSuspended.
func (ServiceSuspended) EventType() (Type, int) { return TypeServiceSuspended, 1 }

// ServiceResumed says that a service works again.
type ServiceResumed struct{ ServiceChanged }

// EventType of ServiceResumed.
func (ServiceResumed) EventType() (Type, int) { return TypeServiceResumed, 1 }

// ServiceTerminated says that a service has ended and holds nothing in the network any more.
type ServiceTerminated struct {
	ServiceChanged
	Cancelled bool `json:"cancelled"` // it never worked
}

// EventType of ServiceTerminated.
func (ServiceTerminated) EventType() (Type, int) { return TypeServiceTerminated, 1 }

// AccessChanged says that an account's sessions are to be ended (it is barred), or to get another speed.
type AccessChanged struct {
	ServiceID  id.Service  `json:"serviceId"`
	CustomerID id.Customer `json:"customerId"`
	Username   string      `json:"username"`
	Barred     string      `json:"barred,omitempty"` // why; empty when it is not
	DownKbps   int64       `json:"downKbps"`
	UpKbps     int64       `json:"upKbps"`
}

// EventType of AccessChanged.
func (AccessChanged) EventType() (Type, int) { return TypeAccessChanged, 1 }

// NASRestarted says that a NAS has begun anew, or is going down: its sessions are over.
type NASRestarted struct {
	NAS string    `json:"nas"`
	At  time.Time `json:"at"` // sessions that began before are over
}

// EventType of NASRestarted.
func (NASRestarted) EventType() (Type, int) { return TypeNASRestarted, 1 }

// UsageReached says that a share of a period's volume is used up. Each share is told once a period.
type UsageReached struct {
	ServiceID      id.Service      `json:"serviceId"`
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	Percent        int             `json:"percent"` // 80 or 100
	UsedBytes      int64           `json:"usedBytes"`
	CapBytes       int64           `json:"capBytes"`
	From           string          `json:"from"`  // first day of the period
	Until          string          `json:"until"` // first day after it
}

// EventType of UsageReached.
func (UsageReached) EventType() (Type, int) { return TypeUsageReached, 1 }

// LineAlarmed says that the access network raised or cleared an alarm of a service's ONU.
type LineAlarmed struct {
	ServiceID  id.Service  `json:"serviceId"`
	CustomerID id.Customer `json:"customerId"`
	Alarm      string      `json:"alarm"` // loss_of_signal, dying_gasp, …
	Raised     bool        `json:"raised"`
	At         time.Time   `json:"at"`
}

// EventType of LineAlarmed.
func (LineAlarmed) EventType() (Type, int) { return TypeLineAlarmed, 1 }

// DiagnosisRequested asks for something to be measured or done at a service for support.
type DiagnosisRequested struct {
	DiagnosisID id.Diagnosis `json:"diagnosisId"`
	ServiceID   id.Service   `json:"serviceId"`
	CustomerID  id.Customer  `json:"customerId"`
	Kind        string       `json:"kind"`
}

// EventType of DiagnosisRequested.
func (DiagnosisRequested) EventType() (Type, int) { return TypeDiagnosisRequested, 1 }

// DiagnosisFinished says that the result can be read.
type DiagnosisFinished struct {
	DiagnosisID id.Diagnosis `json:"diagnosisId"`
	ServiceID   id.Service   `json:"serviceId"`
	CustomerID  id.Customer  `json:"customerId"`
	Kind        string       `json:"kind"`
	State       string       `json:"state"` // done or failed
}

// EventType of DiagnosisFinished.
func (DiagnosisFinished) EventType() (Type, int) { return TypeDiagnosisFinished, 1 }
