package provisioning

import (
	"context"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// What the network's systems can do for a service, and how they fail. The adapters in internal/external speak to the systems;
// nothing here knows their protocols.

// The faults of the network. Transient ones are worth trying again by themselves, the others need somebody to change
// something (S3-98, S3-106). Each carries the details "system" and, where it is known, "cause".
var (
	// Transient.
	ErrNetwork    = fault.New(fault.Unavailable, "network_error", "A system of the network does not answer.", "operator")
	ErrUnanswered = fault.New(fault.Unavailable, "network_unanswered", "A system of the network did not answer in time; whether it acted is not known.", "operator")
	ErrBusy       = fault.New(fault.Unavailable, "network_busy", "A system of the network cannot do this now.", "operator")
	ErrCPEOffline = fault.New(fault.Unavailable, "cpe_offline", "The router at the customer's place cannot be reached.", "customer")
	ErrONUWaiting = fault.New(fault.Unavailable, "onu_not_active", "The fibre terminal is known but not active yet.", "operator")
	ErrNoSession  = fault.New(fault.Unavailable, "session_not_seen", "No session of the service has been seen yet.", "operator")
	ErrSessions   = fault.New(fault.Unavailable, "sessions_not_ended", "Sessions of the service are still open.", "operator")

	// Permanent.
	ErrONUNotFound   = fault.New(fault.NotFound, "onu_not_found", "The network does not see a fibre terminal with this serial number.", "operator")
	ErrONUElsewhere  = fault.New(fault.Conflict, "onu_on_other_port", "The fibre terminal is connected to another port than the location's.", "operator")
	ErrCPEUnknown    = fault.New(fault.NotFound, "cpe_not_found", "The device management does not know this router.", "operator")
	ErrCPERefused    = fault.New(fault.Conflict, "cpe_refused", "The router refused its configuration.", "operator")
	ErrPortUnknown   = fault.New(fault.NotFound, "pon_port_not_found", "The inventory has no such PON port.", "operator")
	ErrPortDown      = fault.New(fault.Conflict, "pon_port_disabled", "The PON port is out of service.", "operator")
	ErrPortFull      = fault.New(fault.Conflict, "pon_port_full", "The PON port has no room for another fibre terminal.", "operator")
	ErrPoolUnknown   = fault.New(fault.NotFound, "address_pool_not_found", "The inventory has no such address pool.", "operator")
	ErrPoolEmpty     = fault.New(fault.Conflict, "address_pool_empty", "The address pool has no free address.", "operator")
	ErrOptical       = fault.New(fault.Conflict, "optical_level_out_of_range", "The optical signal at the fibre terminal is out of range.", "operator")
	ErrRefused       = fault.New(fault.Conflict, "network_refused", "A system of the network refused the request.", "operator")
	ErrCredential    = fault.New(fault.Conflict, "network_credential_refused", "A system of the network does not accept our credential.", "operator")
	ErrNotMeasurable = fault.New(fault.Conflict, "not_measurable", "The device does not offer this measurement.", "operator")
)

// Port is where a line begins, by the names of the inventory.
type Port struct {
	OLT string `json:"olt" dynamodbav:"olt" minLength:"1" maxLength:"64" example:"olt-1" doc:"Name of the OLT, as in the inventory and, as serial number or id, in VOLTHA"`
	PON string `json:"pon" dynamodbav:"pon" minLength:"1" maxLength:"64" example:"pon-0/1" doc:"Name of the PON port at the OLT, as in the inventory"`
}

// Profile is the speed of a plan.
type Profile struct {
	DownKbps int64 `json:"downKbps" dynamodbav:"down" minimum:"1" maximum:"100000000" example:"300000" doc:"To the customer, kbit/s"`
	UpKbps   int64 `json:"upKbps" dynamodbav:"up" minimum:"1" maximum:"100000000" example:"150000" doc:"From the customer, kbit/s"`
}

// Binding says which service a resource of the inventory is for.
type Binding struct {
	Service  id.Service
	Customer id.Customer
	Port     Port
	Serial   string // of the ONU
	Hostname string // DNS name of the address
}

// Allocation is what the inventory gave to a service.
type Allocation struct {
	Address string `json:"address,omitempty" dynamodbav:"address,omitempty" example:"100.64.10.1/29" doc:"IPv4 address with the length of its pool's prefix"`
	Prefix6 string `json:"prefix6,omitempty" dynamodbav:"prefix6,omitempty" example:"2001:db8:100::/56" doc:"Delegated IPv6 prefix; empty when the operator delegates none"`
	Port    bool   `json:"port" dynamodbav:"port" doc:"Whether the inventory records the ONU at its port"`
}

// Inventory is the operator's record of what belongs to whom (NetBox). Every method can be repeated: nothing is taken twice.
type Inventory interface {
	// Validate tells whether the port exists, is in service and has room for the service (which may be recorded there already).
	Validate(ctx context.Context, port Port, service id.Service) error
	// Reserve records the ONU at its port and takes addresses, which are active from then on. What the service has already is kept.
	Reserve(ctx context.Context, b Binding) (Allocation, error)
	// Find reads what the service has; the zero Allocation when it has nothing.
	Find(ctx context.Context, service id.Service) (Allocation, error)
	// Release gives everything back that the service has. Nothing to release is success.
	Release(ctx context.Context, service id.Service) error
}

// Line is what the access network sets up for a service at an ONU.
type Line struct {
	Service  id.Service
	Port     Port
	Serial   string // of the ONU, for example BBSM00000001
	Profile  Profile
	Username string // the subscriber's, as remote id
}

// ONU is how an ONU is.
type ONU struct {
	Serial  string   `json:"serial" example:"BBSM00000001"`
	Active  bool     `json:"active" doc:"Enabled, operational and reachable"`
	State   string   `json:"state" example:"ENABLED ACTIVE REACHABLE" doc:"Administrative, operational and connection state, as VOLTHA has them"`
	Reason  string   `json:"reason,omitempty" example:"omci-flows-pushed"`
	Optical *Optical `json:"optical,omitempty" doc:"Absent when the ONU cannot be measured"`
	Service bool     `json:"service" doc:"Whether the subscriber's service is set up at the ONU"`
}

// Optical are the levels at an ONU.
type Optical struct {
	RxDBm        float64 `json:"rxDbm" example:"-18.4" doc:"Received power, dBm"`
	TxDBm        float64 `json:"txDbm" example:"2.1" doc:"Mean launch power, dBm"`
	BiasMilliamp float64 `json:"biasMilliamp" example:"12.5" doc:"Laser bias current, mA"`
	Volts        float64 `json:"volts" example:"3.3" doc:"Supply voltage, V"`
	Celsius      float64 `json:"celsius" example:"45" doc:"Temperature, °C"`
}

// Received power that a class B+ ONU works with (ITU-T G.984.2 Amd 1: sensitivity -27 dBm, overload -8 dBm).
const (
	LeastRxDBm = -27.0
	MostRxDBm  = -8.0
)

// InRange tells whether the received power is one that the ONU works with.
func (o Optical) InRange() bool { return o.RxDBm >= LeastRxDBm && o.RxDBm <= MostRxDBm }

// Access is the access network (VOLTHA and the controller north of it). Every method can be repeated.
type Access interface {
	// Provision sets the line up: the ONU is enabled, its bandwidth profiles and subscriber exist, the subscriber's service is on.
	// It returns when the ONU is active, or ErrONUWaiting when that takes longer than within.
	Provision(ctx context.Context, l Line, within time.Duration) error
	// SetProfile gives a line that is set up another speed.
	SetProfile(ctx context.Context, l Line) error
	// Status reads the ONU, with its optical levels; ErrONUNotFound.
	Status(ctx context.Context, serial string) (ONU, error)
	// Deprovision takes the subscriber's service away and disables the ONU. What is not there is success.
	Deprovision(ctx context.Context, l Line) error
	// Reboot restarts the ONU and returns when it is active again, or ErrONUWaiting.
	Reboot(ctx context.Context, serial string, within time.Duration) error
}

// Settings are what a CPE needs to dial in.
type Settings struct {
	Service  id.Service
	Username string
	Secret   string // never logged, never stored
}

// Fact is one parameter of a device with its value.
type Fact struct {
	Name  string `json:"name" doc:"What was read or measured" example:"Device.DeviceInfo.SoftwareVersion"`
	Value string `json:"value" doc:"Its value, as the system has it" example:"1.2.3"`
}

// CPE is how the router at the customer's place is.
type CPE struct {
	ID         string    `json:"id" example:"202BC1-BM632w-000001" doc:"The device's id in the device management"`
	LastInform time.Time `json:"lastInform,omitzero" doc:"When it last reported"`
	Reachable  bool      `json:"reachable" doc:"Whether it answered a connection request just now"`
	Configured bool      `json:"configured" doc:"Whether it has the service's user name"`
	Software   string    `json:"software,omitempty" example:"1.2.3"`
}

// Devices is the device management (GenieACS, TR-069). A device is named by its id there.
type Devices interface {
	// Configure sets what the CPE needs and reads it back; ErrCPEOffline when the device has not taken it within the time. The task
	// it queued stays, so that repeating does not queue another one.
	Configure(ctx context.Context, cpe string, s Settings, within time.Duration) error
	// Forget takes the settings of a service, whose account has the user name, off the device, as soon as it is reachable, and drops tasks
	// of ours that wait for it. What is not there is success, and so is a device that is another service's.
	Forget(ctx context.Context, cpe string, service id.Service, username string) error
	// Status reads the device; ErrCPEUnknown.
	Status(ctx context.Context, cpe string) (CPE, error)
	// Reboot restarts the device; it returns when the device has taken the request.
	Reboot(ctx context.Context, cpe string, within time.Duration) error
	// Upgrade installs firmware, a file the device management has, and returns when the device reports another software version.
	Upgrade(ctx context.Context, cpe, file string, within time.Duration) (software string, err error)
	// Ping and Trace measure the way from the CPE to a host (TR-143, TR-181 diagnostics).
	Ping(ctx context.Context, cpe, host string, within time.Duration) ([]Fact, error)
	Trace(ctx context.Context, cpe, host string, within time.Duration) ([]Fact, error)
	// Parameters reads parameters afresh from the device.
	Parameters(ctx context.Context, cpe string, names []string, within time.Duration) ([]Fact, error)
}
