package sandbox

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/opencord/voltha-protos/v5/go/common"
)

// Plant is the equipment. Building it adds OLTs and ONUs, and changes those that are there.
type Plant struct {
	OLTs []OLT `json:"olts"`
}

// OLT is an OLT to be. It is known to VOLTHA when it is enabled here, or was created there by its address.
type OLT struct {
	Serial  string `json:"serial"`            // for example BBSIM_OLT_0
	Address string `json:"address,omitempty"` // host:port, for CreateDevice
	Enabled bool   `json:"enabled"`           // active from the beginning
	ONUs    []ONU  `json:"onus,omitempty"`
}

// ONU is an ONU to be. It appears when its OLT is active.
type ONU struct {
	Serial string  `json:"serial"`
	OLT    string  `json:"olt,omitempty"` // serial number of the OLT; not needed inside one
	PON    int     `json:"pon"`           // from 0
	Mode   Mode    `json:"mode,omitempty"`
	RxDBm  float64 `json:"rxDbm,omitempty"` // received power; 0 is -18.4, or -30 when weak
}

// Mode is how an ONU behaves.
type Mode string

// The modes. Changing it has its effect at once.
const (
	Normal       Mode = ""
	Absent       Mode = "absent"         // never seen
	Inactive     Mode = "inactive"       // seen, never active
	Weak         Mode = "weak"           // active with -30 dBm
	Unmeasurable Mode = "unmeasurable"   // active, without optical measurement
	UNIDown      Mode = "uni_down"       // active, no router plugged in: flows are never installed
	NoSignal     Mode = "loss_of_signal" // went away with an event
	Gasped       Mode = "dying_gasp"     // lost its power, with an event
)

var modes = []Mode{Normal, Absent, Inactive, Weak, Unmeasurable, UNIDown, NoSignal, Gasped}

// device is what VOLTHA says of an OLT or ONU.
type device struct {
	id      string
	admin   common.AdminState_Types
	oper    common.OperStatus_Types
	connect common.ConnectStatus_Types
	reason  string
	epoch   int
}

func (d *device) set(oper common.OperStatus_Types, connect common.ConnectStatus_Types, reason string) {
	d.oper, d.connect, d.reason = oper, connect, reason
}

func (d *device) active() bool {
	return d.admin == common.AdminState_ENABLED && d.oper == common.OperStatus_ACTIVE && d.connect == common.ConnectStatus_REACHABLE
}

type olt struct {
	device  // without an id it is not known to VOLTHA
	OLT     OLT
	n       int         // for its datapath id
	highest map[int]int // ONU ids given, by PON
}

type onu struct {
	device // without an id it is not seen
	ONU
	at *olt
	no int // ONU id at its PON, from 1

	reboots int
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// datapath is the id of the OLT's logical device at the controller.
func (o *olt) datapath() string { return fmt.Sprintf("of:00000a0a0a0a%04x", o.n) }

// uni is the number of the ONU's first UNI (voltha-lib-go, platform: PON, ONU, UNI, eight bits for each of the latter).
func (o *onu) uni() int { return o.PON<<16 | o.no<<8 }

func (s *Server) olt(serial string) *olt {
	for _, o := range s.olts {
		if o.OLT.Serial == serial {
			return o
		}
	}
	return nil
}

func (s *Server) onu(serial string) *onu {
	for _, o := range s.onus {
		if strings.EqualFold(o.Serial, serial) {
			return o
		}
	}
	return nil
}

// build adds to the plant. The lock is held.
func (s *Server) build(p Plant) {
	for _, to := range p.OLTs {
		o := s.olt(to.Serial)
		if o == nil {
			o = &olt{OLT: to, n: len(s.olts), highest: map[int]int{}}
			s.olts = append(s.olts, o)
		}
		o.OLT.Address = to.Address
		if to.Enabled && o.id == "" {
			o.id, o.admin = newID(), common.AdminState_ENABLED
			s.begin(o)
		}
		for _, each := range to.ONUs {
			each.OLT = to.Serial
			s.plug(each)
		}
	}
}

// begin makes an OLT active; its ONUs appear.
func (s *Server) begin(o *olt) {
	o.set(common.OperStatus_ACTIVE, common.ConnectStatus_REACHABLE, "")
	for _, each := range s.onus {
		if each.at == o {
			s.appear(each)
		}
	}
}

// plug puts an ONU at a PON, from another if it is there, or changes its mode.
func (s *Server) plug(to ONU) {
	o, at := s.onu(to.Serial), s.olt(to.OLT)
	if o == nil {
		o = &onu{ONU: to, at: at}
		s.onus = append(s.onus, o)
	} else if o.at != at || o.PON != to.PON {
		s.gone(o)
		o.at, o.no, o.id = at, 0, "" // VOLTHA makes another device of an ONU that was moved
	}
	before := o.Mode
	o.ONU = to
	switch {
	case o.no == 0:
		at.highest[to.PON]++
		o.no = at.highest[to.PON]
		s.appear(o)
	case before != to.Mode:
		s.turn(o, before)
	}
	s.refresh(o)
}

// turn changes an ONU's mode.
func (s *Server) turn(o *onu, before Mode) {
	switch o.Mode {
	case Absent:
		s.gone(o)
		o.id = ""
		return
	case Inactive:
		if o.id == "" {
			break
		}
		o.epoch++
		o.set(common.OperStatus_ACTIVATING, common.ConnectStatus_REACHABLE, "starting-openomci")
		return
	case NoSignal:
		s.gone(o)
		s.event(o, "ONU_LOSS_OF_SIGNAL_RAISE_EVENT")
		return
	case Gasped:
		s.gone(o)
		s.event(o, "ONU_DYING_GASP_RAISE_EVENT")
		return
	}
	if before == NoSignal {
		s.event(o, "ONU_LOSS_OF_SIGNAL_CLEAR_EVENT")
	}
	if !o.active() {
		s.appear(o)
	}
}

// appear lets an ONU be seen and become active, as far as its mode and its OLT let it.
func (s *Server) appear(o *onu) {
	if !o.at.active() || o.Mode == Absent || o.Mode == NoSignal || o.Mode == Gasped {
		return
	}
	if o.id == "" {
		o.id, o.admin = newID(), common.AdminState_ENABLED
		o.set(common.OperStatus_DISCOVERED, common.ConnectStatus_UNREACHABLE, "activating-onu")
	}
	s.later(s.delays.Activate, &o.epoch, func() {
		switch {
		case o.admin == common.AdminState_DISABLED:
			o.set(common.OperStatus_UNKNOWN, common.ConnectStatus_REACHABLE, "omci-admin-lock")
		case o.Mode == Inactive:
			o.set(common.OperStatus_ACTIVATING, common.ConnectStatus_REACHABLE, "starting-openomci")
		default:
			o.set(common.OperStatus_ACTIVE, common.ConnectStatus_REACHABLE, "initial-mib-downloaded")
		}
		s.refresh(o)
	})
}

// gone makes an ONU unreachable.
func (s *Server) gone(o *onu) {
	o.epoch++
	o.set(common.OperStatus_DISCOVERED, common.ConnectStatus_UNREACHABLE, "stopping-openomci")
	s.refresh(o)
}

// unplug takes an ONU out of the plant, and out of VOLTHA.
func (s *Server) unplug(o *onu) {
	s.gone(o)
	s.onus = slices.DeleteFunc(s.onus, func(each *onu) bool { return each == o })
}

// refresh puts flows into the OLT for what is active at an ONU, and takes them out.
func (s *Server) refresh(o *onu) {
	port := o.Serial + "-1"
	for _, v := range s.services {
		if v.port != port {
			continue
		}
		possible := o.active() && o.Mode != UNIDown && v.active && !v.hollow
		switch {
		case !possible:
			v.epoch++
			v.installed = false
		case !v.installed:
			s.later(s.delays.Install, &v.epoch, func() {
				v.installed, o.reason = true, "omci-flows-pushed"
				s.notice(o.Serial)
			})
		}
	}
	s.notice(o.Serial)
}

func (s *Server) serviceUp(serial string) bool {
	o := s.onu(serial)
	return o != nil && o.active() && slices.ContainsFunc(s.services, func(v *service) bool {
		return v.port == o.Serial+"-1" && v.installed
	})
}

// notice tells the hook when a service began or ceased to work.
func (s *Server) notice(serial string) {
	up := s.serviceUp(serial)
	if up == s.up[serial] {
		return
	}
	s.up[serial] = up
	if changed := s.options.Changed; changed != nil {
		s.hook(func() { changed(serial, up) })
	}
}
