package target

import (
	"turnup/internal/base/event"
)

// setUp is the kind of work that sets a service up.
const setUp = "provision"

// ofLines reads what happens to services in the network.
func ofLines(e event.Envelope) ([]Said, error) {
	switch e.Type {
	case event.TypeProvisioningRequested:
		var d event.ProvisioningRequested
		err := event.Decode(e, &d)
		if d.Kind != setUp {
			return nil, err
		}
		all := []Said{first(Service, d.ServiceID, e.Time, begun)}
		if byStaff(e) {
			all = append(all, first(Customer, d.CustomerID, e.Time, helped))
		}
		return all, err
	case event.TypeProvisioningParked:
		var d event.ProvisioningParked
		err := event.Decode(e, &d)
		if d.Kind != setUp {
			return nil, err
		}
		return []Said{first(Customer, d.CustomerID, e.Time, helped)}, err
	case event.TypeServiceActivated:
		var d event.ServiceActivated
		err := event.Decode(e, &d)
		line, whose := first(Service, d.ServiceID, e.Time, active), first(Customer, d.CustomerID, e.Time, active)
		line.Switches = []Switch{{e.Time, inUse, true}}
		if byStaff(e) {
			whose.First[helped] = e.Time
		}
		return []Said{line, whose}, err
	case event.TypeServiceSuspended:
		var d event.ServiceSuspended
		err := event.Decode(e, &d)
		return []Said{switched(Service, d.ServiceID, Switch{e.Time, suspended, true})}, err
	case event.TypeServiceResumed:
		var d event.ServiceResumed
		err := event.Decode(e, &d)
		return []Said{switched(Service, d.ServiceID, Switch{e.Time, resuming, false}, Switch{e.Time, suspended, false})}, err
	case event.TypeServiceTerminated:
		var d event.ServiceTerminated
		err := event.Decode(e, &d)
		return []Said{switched(Service, d.ServiceID, Switch{e.Time, "", false})}, err
	}
	return ofFaults(e)
}

// ofFaults reads what is wrong with lines, and what was done to find it out.
func ofFaults(e event.Envelope) ([]Said, error) {
	switch e.Type {
	case event.TypeLineAlarmed:
		var d event.LineAlarmed
		err := event.Decode(e, &d)
		switch {
		case d.Alarm != noSignal && d.Alarm != noPower:
			return nil, err
		case d.Alarm == noSignal && !d.Raised: // a signal needs power
			return []Said{switched(Service, d.ServiceID, Switch{d.At, noPower, false}, Switch{d.At, noSignal, false})}, err
		}
		return []Said{switched(Service, d.ServiceID, Switch{d.At, d.Alarm, d.Raised})}, err
	case event.TypeDiagnosisRequested:
		var d event.DiagnosisRequested
		err := event.Decode(e, &d)
		return []Said{first(Diagnosis, d.DiagnosisID, e.Time, begun)}, err
	case event.TypeDiagnosisFinished:
		var d event.DiagnosisFinished
		err := event.Decode(e, &d)
		return []Said{first(Diagnosis, d.DiagnosisID, e.Time, ended)}, err
	}
	return nil, nil
}
