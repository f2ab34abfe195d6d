package target

import "turnup/internal/base/event"

// setUp is the kind of work that sets a service up.
const setUp = "provision"

// ofLines reads what happens to services in the network.
func ofLines(e event.Envelope, data event.Data) []Said {
	switch d := data.(type) {
	case event.ProvisioningRequested:
		if d.Kind != setUp {
			return nil
		}
		all := []Said{first(Service, d.ServiceID, e.Time, begun)}
		if byStaff(e) {
			all = append(all, first(Customer, d.CustomerID, e.Time, helped))
		}
		return all
	case event.ProvisioningParked:
		if d.Kind != setUp {
			return nil
		}
		return []Said{first(Customer, d.CustomerID, e.Time, helped)}
	case event.ServiceActivated:
		line, whose := first(Service, d.ServiceID, e.Time, active), first(Customer, d.CustomerID, e.Time, active)
		line.Switches, line.OLT = []Switch{{e.Time, inUse, true}}, d.OLT
		if byStaff(e) {
			whose.First[helped] = e.Time
		}
		return []Said{line, whose}
	case event.ServiceSuspended:
		return []Said{switched(Service, d.ServiceID, Switch{e.Time, suspended, true})}
	case event.ServiceResumed:
		return []Said{switched(Service, d.ServiceID, Switch{e.Time, resuming, false}, Switch{e.Time, suspended, false})}
	case event.ServiceTerminated:
		return []Said{switched(Service, d.ServiceID, Switch{e.Time, "", false})}
	}
	return nil
}

// ofFaults reads what is wrong with lines, and what was done to find it out.
func ofFaults(e event.Envelope, data event.Data) []Said {
	switch d := data.(type) {
	case event.LineAlarmed:
		switch {
		case d.Alarm != noSignal && d.Alarm != noPower:
			return nil
		case d.Alarm == noSignal && !d.Raised: // a signal needs power
			return []Said{switched(Service, d.ServiceID, Switch{d.At, noPower, false}, Switch{d.At, noSignal, false})}
		}
		return []Said{switched(Service, d.ServiceID, Switch{d.At, d.Alarm, d.Raised})}
	case event.DiagnosisRequested:
		return []Said{first(Diagnosis, d.DiagnosisID, e.Time, begun)}
	case event.DiagnosisFinished:
		return []Said{first(Diagnosis, d.DiagnosisID, e.Time, ended)}
	}
	return nil
}
