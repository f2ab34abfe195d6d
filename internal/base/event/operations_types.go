package event

import (
	"time"

	"turnup/internal/base/id"
)

// The event types of what the operator's staff do across customers.
const (
	TypeDeadLettersRedriven  Type = "deadLetters.redriven"
	TypeMaintenanceAnnounced Type = "maintenance.announced"
	TypeMaintenanceChanged   Type = "maintenance.changed"
	TypeMaintenanceWithdrawn Type = "maintenance.withdrawn"
)

// DeadLettersRedriven says that staff had what was parked of a queue done again.
type DeadLettersRedriven struct {
	Queue string `json:"queue"`
	Moved int    `json:"moved"` // messages that were sent back
	Left  int    `json:"left"`  // about how many are parked still
}

// EventType of DeadLettersRedriven.
func (DeadLettersRedriven) EventType() (Type, int) { return TypeDeadLettersRedriven, 1 }

// Maintenance is what events say of a window in which the network is worked on.
type Maintenance struct {
	MaintenanceID id.Maintenance `json:"maintenanceId"`
	Start         time.Time      `json:"start"`
	End           time.Time      `json:"end"`           // the first instant after it
	OLT           string         `json:"olt,omitempty"` // on whose lines; without one the whole network
	Note          string         `json:"note"`          // for customers
}

// MaintenanceAnnounced says that there will be maintenance.
type MaintenanceAnnounced struct{ Maintenance }

// EventType of MaintenanceAnnounced.
func (MaintenanceAnnounced) EventType() (Type, int) { return TypeMaintenanceAnnounced, 1 }

// MaintenanceChanged says how it is to be from now on; of one that has begun when it ends.
type MaintenanceChanged struct{ Maintenance }

// EventType of MaintenanceChanged.
func (MaintenanceChanged) EventType() (Type, int) { return TypeMaintenanceChanged, 1 }

// MaintenanceWithdrawn says that it will not be.
type MaintenanceWithdrawn struct{ Maintenance }

// EventType of MaintenanceWithdrawn.
func (MaintenanceWithdrawn) EventType() (Type, int) { return TypeMaintenanceWithdrawn, 1 }
