package network

import (
	"context"
	"strings"
	"sync"
	"testing"

	domain "turnup/internal/domain/provisioning"
	genieacs "turnup/internal/external/genieacs/sandbox"
	netbox "turnup/internal/external/netbox/sandbox"
	voltha "turnup/internal/external/voltha/sandbox"
)

// trouble is something in the network that somebody has to mend.
type trouble struct {
	step          domain.Step
	code          string
	tries         int // of the step before it waits for a human
	cause, repair func(*Line) error
}

func mode(m voltha.Mode) func(*Line) error {
	return func(l *Line) error { return l.Plant.Voltha.SetMode(l.Home.ONU, m) }
}

func router(change func(*genieacs.Modes)) func(*Line) error {
	return func(l *Line) error {
		return l.Plant.Genieacs.Switch(l.Home.CPE, func(m *genieacs.Modes) error { change(m); return nil })
	}
}

func ponOf(disabled bool) func(*Line) error {
	return func(l *Line) error {
		return l.Plant.Netbox.Seed(netbox.Inventory{Devices: []netbox.Device{{Name: l.Home.OLT, Interfaces: []netbox.Interface{{Name: l.Home.PON, Type: "gpon", Disabled: disabled}}}}})
	}
}

func at(pon int) func(*Line) error {
	return func(l *Line) error {
		return l.Plant.Voltha.Plug(voltha.ONU{Serial: l.Home.ONU, OLT: l.Home.OLT, PON: pon})
	}
}

var troubles = map[string]trouble{
	"no light":          {domain.StepAccess, "optical_level_out_of_range", 1, mode(voltha.Weak), mode(voltha.Normal)},
	"no such ONU":       {domain.StepAccess, "onu_not_found", 1, mode(voltha.Absent), mode(voltha.Normal)},
	"ONU does not wake": {domain.StepAccess, "onu_not_active", tries, mode(voltha.Inactive), mode(voltha.Normal)},
	"ONU elsewhere":     {domain.StepAccess, "onu_on_other_port", 1, at(9), func(l *Line) error { return at(int(l.Home.PON[len(l.Home.PON)-1] - '0'))(l) }},
	"port disabled":     {domain.StepInventory, "pon_port_disabled", 1, ponOf(true), ponOf(false)},
	"pool is empty": {domain.StepInventory, "address_pool_empty", 1, func(l *Line) error { return l.Plant.Netbox.SetFaults(netbox.Fault{Mode: netbox.ModeFull}) },
		func(l *Line) error { return l.Plant.Netbox.SetFaults() }},
	"router is off": {domain.StepCPE, "cpe_offline", tries, router(func(m *genieacs.Modes) { m.Offline = true }), router(func(m *genieacs.Modes) { m.Offline = false })},
	"router refuses": {domain.StepCPE, "cpe_refused", 1, func(l *Line) error {
		return l.Plant.Genieacs.SetFaults(genieacs.Fault{Mode: "refuse_task", Match: "setParameterValues"})
	}, func(l *Line) error { return l.Plant.Genieacs.SetFaults() }},
}

// S3-98, S3-104, S3-105, S3-106, I11: what passes by itself is tried again as often as it may be, what somebody has to mend only once; both are told
// apart. Mended, it goes on; or it is given up. Then nothing is left, even while the trouble is still there.
func TestWhatSomebodyHasToMend(t *testing.T) {
	t.Parallel()
	var working sync.WaitGroup
	for name, k := range troubles {
		for _, giveUp := range []bool{false, true} {
			worlds <- struct{}{}
			working.Go(func() {
				defer func() { <-worlds }()
				if out := k.play(t.Context(), giveUp); len(out) > 0 {
					t.Errorf("%s, given up: %v\n\t%s", name, giveUp, strings.Join(out, "\n\t"))
				}
			})
		}
	}
	working.Wait()
}

func (k trouble) play(ctx context.Context, giveUp bool) (out wrong) {
	w, err := open()
	if err != nil {
		return wrong{err.Error()}
	}
	defer w.Close()
	l, err := w.build(ctx)
	if err == nil {
		err = k.cause(l)
	}
	if err == nil {
		err = l.request(ctx, domain.Provision)
	}
	s, err2 := l.is(ctx)
	if err != nil || err2 != nil {
		return wrong{err.Error()}
	}
	if p := s.Work.Parked; p == nil || p.Step != k.step || p.Code != k.code || p.System == "" || p.Cause == "" || s.Work.Tries != k.tries {
		out.add("parked: %+v after %d tries, want %+v", p, s.Work.Tries, k)
		return out
	}
	l.parked[domain.Provision] = true
	kind := domain.Terminate
	if giveUp {
		l.begin(kind)
		err = l.ask(ctx, "cancel", "")
	} else if err = k.repair(l); err == nil {
		err = l.ask(ctx, "retry", "")
		kind = domain.Provision
	}
	l.pump(ctx)
	if s, err2 = l.is(ctx); err != nil || err2 != nil || s.State != ends[kind] {
		out.add("%v, %v; after it was mended, or given up, it is %s: %+v", err, err2, s.State, s.Work)
		return out
	}
	if !giveUp {
		out = w.eventually(ctx, func() wrong { return l.standing(ctx, s) })
		if err := l.request(ctx, domain.Terminate); err != nil {
			out.add("%v", err)
		}
	}
	if err := k.repair(l); err != nil {
		out.add("%v", err)
	}
	l.inform() // a router that was off learns it now
	out = append(out, w.eventually(ctx, func() wrong {
		if s, err = l.is(ctx); err != nil {
			return wrong{err.Error()}
		}
		return l.left(ctx, s)
	})...)
	return append(out, l.escalations(ctx)...)
}
