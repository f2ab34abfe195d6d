package provisioning

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Measurement is what a diagnosis measures or does.
type Measurement string

// The kinds of diagnosis, and all there are.
const (
	Health     Measurement = "health" // everything that can be asked, part by part
	Optics     Measurement = "optical"
	Ping       Measurement = "ping"
	Trace      Measurement = "trace"
	Parameters Measurement = "parameters"
	RebootONU  Measurement = "reboot_onu"
	RebootCPE  Measurement = "reboot_cpe"
	Firmware   Measurement = "firmware"
)

// The faults of diagnoses.
var (
	ErrDiagnosisUnknown = fault.New(fault.NotFound, "diagnosis_not_found", "There is no such diagnosis.", "integrator")
	ErrNotDiagnosable   = fault.New(fault.Conflict, "service_not_diagnosable", "Nothing of this service is in the network.", "operator")
)

// States of a diagnosis.
const (
	DiagnosisRunning = "running"
	DiagnosisDone    = "done"
	DiagnosisFailed  = "failed"
)

// Request is what a diagnosis is asked for.
type Request struct {
	Kind       Measurement `json:"kind" dynamodbav:"kind" doc:"What is measured or done" enum:"health,optical,ping,trace,parameters,reboot_onu,reboot_cpe,firmware" example:"ping"`
	Host       string      `json:"host,omitempty" dynamodbav:"host,omitempty" maxLength:"253" doc:"Of ping and trace" example:"192.0.2.1"`
	Parameters []string    `json:"parameters,omitempty" nullable:"false" dynamodbav:"parameters,omitempty" maxItems:"20" doc:"Of parameters: names in the CPE's data model" example:"[\"Device.DeviceInfo.SoftwareVersion\"]"`
	File       string      `json:"file,omitempty" dynamodbav:"file,omitempty" maxLength:"100" doc:"Of firmware: a file the device management has" example:"fw-1.2.3.bin"`
}

var (
	hostPattern      = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$`)
	parameterPattern = regexp.MustCompile(`^[A-Za-z0-9_.]+$`)
	filePattern      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
)

// fits tells whether a name follows a pattern and is not longer than may be. A pattern that counts is compiled into as many states, which
// every start of a function would pay for.
func fits(name string, pattern *regexp.Regexp, longest int) bool {
	return len(name) <= longest && pattern.MatchString(name)
}

// Validate names the field that does not fit.
func (r Request) Validate() error {
	switch {
	case (r.Kind == Ping || r.Kind == Trace) != (r.Host != ""):
		return fault.ErrInvalid.Naming("body.host", "ping and trace name a host, and nothing else does")
	case r.Host != "" && !fits(r.Host, hostPattern, 253):
		return fault.ErrInvalid.Naming("body.host", "not a host name or address")
	case (r.Kind == Firmware) != (r.File != ""):
		return fault.ErrInvalid.Naming("body.file", "firmware names a file, and nothing else does")
	case r.File != "" && !fits(r.File, filePattern, 100):
		return fault.ErrInvalid.Naming("body.file", "not the name of a file")
	case (r.Kind == Parameters) != (len(r.Parameters) > 0):
		return fault.ErrInvalid.Naming("body.parameters", "parameters names some, and nothing else does")
	}
	for i, p := range r.Parameters {
		if !fits(p, parameterPattern, 256) {
			return fault.ErrInvalid.Naming("body.parameters["+strconv.Itoa(i)+"]", "not the name of a parameter")
		}
	}
	return nil
}

// Part is what one system said.
type Part struct {
	Part  string `json:"part" dynamodbav:"part" doc:"What it is about; each part is another system's word" enum:"radius,onu,optical,cpe,address" example:"onu"`
	OK    bool   `json:"ok" dynamodbav:"ok" doc:"Whether it is well"`
	Code  string `json:"code,omitempty" dynamodbav:"code,omitempty" doc:"Fault code, when it is not well" example:"onu_not_found"`
	Facts []Fact `json:"facts" nullable:"false" dynamodbav:"facts" doc:"What was found"`
}

// Diagnosis is something measured or done at a service.
type Diagnosis struct {
	Tenant   id.Tenant
	Customer id.Customer
	Service  id.Service
	ID       id.Diagnosis
	Request  Request
	State    string
	Parts    []Part
	By       string // who asked
	AskedAt  time.Time
	EndedAt  time.Time
	Version  int64 // counts changes, from 1
}

// Order is what travels through queue and machine.
type Order struct {
	Tenant        id.Tenant    `json:"tenant"`
	Service       id.Service   `json:"serviceId"`
	Diagnosis     id.Diagnosis `json:"diagnosisId"`
	Kind          Measurement  `json:"kind"`
	CorrelationID string       `json:"correlationId"`
}

// Ask makes a diagnosis of a service.
func Ask(ctx context.Context, s Service, r Request, by string, now time.Time) (Diagnosis, event.Envelope, error) {
	if len(s.Built) == 0 && !s.Working() {
		return Diagnosis{}, event.Envelope{}, ErrNotDiagnosable.With("current", string(s.State))
	}
	d := Diagnosis{Tenant: s.Tenant, Customer: s.Customer, Service: s.ID, ID: id.New[id.Diagnosis](id.DiagnosisPrefix, now), Request: r, State: DiagnosisRunning, By: by, AskedAt: now, Version: 1}
	return d, event.New(ctx, s.Tenant, now, event.DiagnosisRequested{DiagnosisID: d.ID, ServiceID: s.ID, CustomerID: s.Customer, Kind: string(r.Kind)}), nil
}

// add is the diagnosis with one more part; a part that is there already is replaced.
func (d Diagnosis) add(p Part) Diagnosis {
	if p.Facts == nil {
		p.Facts = []Fact{}
	}
	d.Parts = slices.DeleteFunc(slices.Clone(d.Parts), func(was Part) bool { return was.Part == p.Part })
	d.Parts, d.Version = append(d.Parts, p), d.Version+1
	return d
}

func (d Diagnosis) has(part string) bool {
	return slices.ContainsFunc(d.Parts, func(p Part) bool { return p.Part == part })
}

// Records keeps diagnoses.
type Records interface {
	// ServiceDiagnosis reads a diagnosis with its service; ErrUnknown, ErrDiagnosisUnknown.
	ServiceDiagnosis(ctx context.Context, tenant id.Tenant, s id.Service, d id.Diagnosis) (Service, Diagnosis, error)
	SaveDiagnosis(ctx context.Context, d Diagnosis, events ...event.Envelope) error
}

// Doctor carries diagnoses out. A function has the systems that its tasks need.
type Doctor struct {
	Records  Records
	Systems  Systems
	Sessions Sessions
	Clock    clock.Clock
	Within   time.Duration // one try
	Longest  time.Duration // an upgrade
}

// Systems are those of the network.
type Systems struct {
	Inventory Inventory
	Access    Access
	Devices   Devices
}

// part measures one part and records it. What a system refuses, or cannot be asked, is a result; only the recording can fail.
func (g Doctor) part(ctx context.Context, o Order, name string, measure func(Service, Diagnosis) (Part, error)) (Outcome, error) {
	s, d, err := g.Records.ServiceDiagnosis(ctx, o.Tenant, o.Service, o.Diagnosis)
	if err != nil || d.has(name) || d.State != DiagnosisRunning {
		return done, err
	}
	p, failed := measure(s, d)
	p.Part = name
	if failed != nil {
		p.OK, p.Code = false, codeOf(failed)
		if f := fault.Of(failed); f != nil && f.Details["cause"] != "" {
			p.Facts = append(p.Facts, Fact{"cause", f.Details["cause"]})
		}
	}
	return done, g.Records.SaveDiagnosis(ctx, d.add(p))
}

// Inventory is the part of the addresses.
func (g Doctor) Inventory(ctx context.Context, o Order) (Outcome, error) {
	return g.part(ctx, o, "address", func(s Service, _ Diagnosis) (Part, error) {
		a, err := g.Systems.Inventory.Find(ctx, s.ID)
		p := Part{OK: a.Address != "" && a.Address == s.Allocation.Address && a.Port, Facts: []Fact{{"address", a.Address}, {"prefix6", a.Prefix6}, {"port", fmt.Sprint(a.Port)}}}
		if !p.OK {
			p.Code = "address_not_assigned"
		}
		return p, err
	})
}

// Access is the part of the ONU: its state and levels, or that it was restarted.
func (g Doctor) Access(ctx context.Context, o Order) (Outcome, error) {
	return g.part(ctx, o, "onu", func(s Service, d Diagnosis) (Part, error) {
		if d.Request.Kind == RebootONU {
			return Part{OK: true}, g.Systems.Access.Reboot(ctx, s.Equipment.ONU, g.Within)
		}
		onu, err := g.Systems.Access.Status(ctx, s.Equipment.ONU)
		p := Part{OK: onu.Active, Facts: []Fact{{"serial", s.Equipment.ONU}, {"state", onu.State}, {"reason", onu.Reason}, {"service", fmt.Sprint(onu.Service)}}}
		for _, a := range s.Alarms {
			p.Facts, p.OK, p.Code = append(p.Facts, Fact{"alarm", a.Kind}), false, a.Kind
		}
		if !onu.Active && p.Code == "" {
			p.Code = ErrONUWaiting.Code
		}
		switch {
		case err == nil && onu.Optical != nil:
			p.Facts = append(p.Facts, onu.Optical.facts()...)
			if !onu.Optical.InRange() {
				p.OK, p.Code = false, ErrOptical.Code
			}
		case err == nil && onu.Active && d.Request.Kind == Optics:
			err = ErrNotMeasurable
		}
		return p, err
	})
}

func (o Optical) facts() []Fact {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	return []Fact{{"rxDbm", number(o.RxDBm)}, {"txDbm", number(o.TxDBm)}, {"biasMilliamp", number(o.BiasMilliamp)}, {"volts", number(o.Volts)}, {"celsius", number(o.Celsius)}}
}

// CPE is the part of the router.
func (g Doctor) CPE(ctx context.Context, o Order) (Outcome, error) {
	return g.part(ctx, o, "cpe", func(s Service, d Diagnosis) (p Part, err error) {
		p.OK = true
		switch d.Request.Kind {
		case Ping:
			p.Facts, err = g.Systems.Devices.Ping(ctx, s.Equipment.CPE, d.Request.Host, g.Within)
		case Trace:
			p.Facts, err = g.Systems.Devices.Trace(ctx, s.Equipment.CPE, d.Request.Host, g.Within)
		case Parameters:
			p.Facts, err = g.Systems.Devices.Parameters(ctx, s.Equipment.CPE, d.Request.Parameters, g.Within)
		case RebootCPE:
			err = g.Systems.Devices.Reboot(ctx, s.Equipment.CPE, g.Within)
		case Firmware:
			var version string
			version, err = g.Systems.Devices.Upgrade(ctx, s.Equipment.CPE, d.Request.File, g.Longest)
			p.Facts = []Fact{{"software", version}}
		default:
			var c CPE
			c, err = g.Systems.Devices.Status(ctx, s.Equipment.CPE)
			p.OK = c.Reachable && c.Configured
			p.Facts = []Fact{{"lastInform", c.LastInform.UTC().Format(time.RFC3339)}, {"reachable", fmt.Sprint(c.Reachable)}, {"configured", fmt.Sprint(c.Configured)}, {"software", c.Software}}
			if !p.OK {
				p.Code = ErrCPEOffline.Code
			}
		}
		return p, err
	})
}

// Finish adds what we know ourselves, and ends the diagnosis.
func (g Doctor) Finish(ctx context.Context, o Order) (Outcome, error) {
	s, d, err := g.Records.ServiceDiagnosis(ctx, o.Tenant, o.Service, o.Diagnosis)
	if err != nil || d.State != DiagnosisRunning {
		return done, err
	}
	version := d.Version + 1 // one write, whatever it is of
	if d.Request.Kind == Health {
		open, err := g.Sessions.OpenSessions(ctx, o.Tenant, s.Username)
		if err != nil {
			return Outcome{}, err
		}
		d = d.add(s.dialled(open))
		for _, name := range []string{"onu", "cpe", "address"} {
			if !d.has(name) { // its task did not come to an end
				d = d.add(Part{Part: name, Code: ErrUnanswered.Code})
			}
		}
	}
	now := g.Clock.Now()
	d.State, d.EndedAt, d.Version = DiagnosisDone, now, version
	if len(d.Parts) == 0 || d.Request.Kind != Health && slices.ContainsFunc(d.Parts, func(p Part) bool { return p.Code != "" }) {
		d.State = DiagnosisFailed
	}
	return done, g.Records.SaveDiagnosis(ctx, d, event.New(ctx, o.Tenant, now, event.DiagnosisFinished{DiagnosisID: d.ID, ServiceID: d.Service, CustomerID: d.Customer, Kind: string(d.Request.Kind), State: d.State}))
}

// dialled is the part of the sessions: some when the service is in use, none when nobody may get in.
func (s Service) dialled(open int) Part {
	p := Part{Part: "radius", Facts: []Fact{{"username", s.Username}, {"openSessions", strconv.Itoa(open)}, {"barred", s.Barred()}}}
	switch {
	case open > 0 && s.Barred() != "":
		p.Code = ErrSessions.Code
	case open == 0 && (s.State == Active || s.State == Provisioned):
		p.Code = ErrNoSession.Code
	}
	p.OK = p.Code == ""
	return p
}
