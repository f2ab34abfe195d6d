package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// cwmpFault is a fault of a router (TR-069 A.5).
type cwmpFault struct {
	code   string
	text   string   // the standard's if empty
	params []string // of SetParameterValues: the paths refused, each with 9007
}

var faultStrings = map[string]string{
	"9000": "Method not supported", "9001": "Request denied", "9002": "Internal error", "9003": "Invalid arguments",
	"9004": "Resources exceeded", "9005": "Invalid parameter name", "9007": "Invalid parameter value", "9010": "Download failure",
}

// connect asks a router to connect, and gives why it does not. It may answer and open no session all the same.
func (s *Server) connect(d *router) (offline string, opens bool) {
	asked := concerns(d.ID, connectionRequest)
	switch {
	case s.taken(asked, modeOffline).Mode != "", d.Offline, d.restarting:
		return "Device is offline", false
	case d.InSession:
		return "Connection request error: Unexpected response code 503", false
	}
	return "", s.taken(asked, modeLie).Mode == "" && !d.Lies
}

// session has a router inform and work off its tasks. One that refuses a task keeps it, with its fault, and goes on.
func (s *Server) session(d *router) {
	now := time.Now()
	d.inform(now)
	for _, t := range slices.Clone(s.tasks) {
		if t.device != d.ID || s.refusal(t) != nil || d.restarting {
			continue
		}
		if f := s.perform(d, t, now); f != nil {
			s.refuse(t, *f)
			continue
		}
		s.tasks = slices.DeleteFunc(s.tasks, func(other *task) bool { return other == t })
	}
	if c := d.credentials(); c != d.dialled {
		if c.username != d.dialled.username || c.password != d.dialled.password {
			d.changes++
			select {
			case s.dials <- c:
			case <-s.ctx.Done():
			}
		}
		d.dialled = c
	}
}

// Inform has a router inform by itself, as it does from time to time; false when there is none, or it is off.
func (s *Server) Inform(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.devices[id]
	if d == nil || d.Offline {
		return false
	}
	s.session(d)
	return true
}

// perform has a router do a task.
func (s *Server) perform(d *router, t *task, now time.Time) *cwmpFault {
	if f := s.taken(concerns(d.ID, t.name), modeTask); f.Mode != "" {
		if f.Code == "" {
			f.Code = "9002"
		}
		return &cwmpFault{code: f.Code, text: f.Text}
	}
	switch t.name {
	case "setParameterValues":
		return s.setValues(d, t, now)
	case "getParameterValues", "refreshObject":
		for _, name := range t.names() {
			d.refresh(name, now)
		}
	case "reboot":
		if d.NoReboot {
			return &cwmpFault{code: "9000"}
		}
		d.reboots++
		s.restart(d)
	case "download":
		d.downloads++
		s.later(d, func() { s.install(d, t) })
	default: // factoryReset, addObject, deleteObject
		return &cwmpFault{code: "9000"}
	}
	return nil
}

// setValues sets all values or none.
func (s *Server) setValues(d *router, t *task, now time.Time) *cwmpFault {
	bad := cwmpFault{code: "9003"}
	for _, v := range t.values() {
		if p, ok := d.params[v.path]; ok && (!p.writable || slices.Contains(d.Rejects, v.path)) {
			bad.params = append(bad.params, v.path)
		}
	}
	if bad.params != nil {
		return &bad
	}
	for _, v := range t.values() {
		p, ok := d.params[v.path]
		if !ok {
			continue // not there: neither a fault nor an effect
		}
		p.value = typed(p.kind, v.value)
		d.params[v.path] = p
		d.know(v.path, p, now)
		for _, object := range []string{d.model().ping, d.model().trace} {
			if v.path == object+".DiagnosticsState" && p.value == "Requested" {
				s.later(d, func() { // 8 DIAGNOSTICS COMPLETE
					d.measured(object)
					s.session(d)
				})
			}
		}
	}
	return nil
}

// typed is a value in the type of its parameter.
func typed(kind string, v any) any {
	plain := fmt.Sprint(v)
	switch kind {
	case "xsd:boolean":
		return plain == "true" || plain == "1"
	case "xsd:unsignedInt":
		n, _ := strconv.Atoi(plain)
		return n
	}
	return plain
}

// restart has a router be away for a while and then inform with 1 BOOT.
func (s *Server) restart(d *router) {
	d.restarting = true
	s.later(d, func() {
		d.restarting, d.booted = false, time.Now()
		if !d.Offline {
			s.session(d)
		}
	})
}

// install ends a download: with a fault, whose task is long gone, or with a restart.
func (s *Server) install(d *router, t *task) {
	id, _ := t.raw["file"].(string)
	f, ok := s.files[id]
	switch {
	case !ok || d.Firmware == "fails":
		s.refuse(t, cwmpFault{code: "9010"})
		return
	case d.Firmware == "stays":
	default:
		if d.Software = f.Version; f.Version == "" {
			d.Software = id
		}
		d.set(d.Root+".DeviceInfo.SoftwareVersion", d.Software)
	}
	s.restart(d)
}
