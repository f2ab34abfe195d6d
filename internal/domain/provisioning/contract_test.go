package provisioning_test

import (
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/domain/provisioning"
)

var slow = provisioning.Profile{DownKbps: 100_000, UpKbps: 50_000}

// S3-37, S3-152, S3-154, S3-155: a service in each state becomes what its contract wants of it, in one write, and what is to be done on the
// network is asked for once.
func TestFollow(t *testing.T) {
	fast := provisioning.Profile{DownKbps: 500_000, UpKbps: 250_000}
	sold := provisioning.Sold{Profile: slow}
	base := func(state provisioning.State, holds ...provisioning.Cause) provisioning.Service {
		s := provisioning.Service{Tenant: "demo", ID: "svc_1", State: state, Profile: slow, Sold: sold, Version: 7, ActiveSince: noon}
		if state == provisioning.Designed || state == provisioning.Provisioning {
			s.ActiveSince = time.Time{}
		}
		for _, c := range holds {
			s.Holds = append(s.Holds, provisioning.Hold{Cause: c})
		}
		return s
	}
	running := provisioning.Contract{Name: "Fibre 100", Profile: slow}
	with := func(change func(*provisioning.Contract)) provisioning.Contract {
		c := running
		change(&c)
		return c
	}
	ended, unpaid := with(func(c *provisioning.Contract) { c.Ended = true }), with(func(c *provisioning.Contract) { c.Unpaid = true })
	paused, faster := with(func(c *provisioning.Contract) { c.Paused = true }), with(func(c *provisioning.Contract) { c.Profile, c.Name = fast, "Fibre 500" })
	goodwill := base(provisioning.Active)
	goodwill.Profile = fast
	for name, c := range map[string]struct {
		is       provisioning.Service
		contract provisioning.Contract
		state    provisioning.State
		events   string
	}{
		"running":                         {base(provisioning.Active), running, provisioning.Active, "[]"},
		"ended":                           {base(provisioning.Active), ended, provisioning.Terminating, "[provisioning.requested access.changed]"},
		"ended while it is set up":        {base(provisioning.Provisioning), ended, provisioning.Terminating, "[provisioning.requested access.changed]"},
		"ended before":                    {base(provisioning.Designed), ended, provisioning.Terminated, "[service.terminated]"},
		"ended while suspended":           {base(provisioning.Suspended, provisioning.NonPayment), ended, provisioning.Terminating, "[provisioning.requested access.changed]"},
		"ended twice":                     {base(provisioning.Terminated), ended, provisioning.Terminated, "[]"},
		"unpaid":                          {base(provisioning.Active), unpaid, provisioning.Suspending, "[provisioning.requested access.changed]"},
		"unpaid twice":                    {base(provisioning.Suspending, provisioning.NonPayment), unpaid, provisioning.Suspending, "[]"},
		"unpaid while it is held":         {base(provisioning.Suspended, provisioning.ByStaff), unpaid, provisioning.Suspended, "[]"},
		"unpaid while it is set up":       {base(provisioning.Provisioning), unpaid, provisioning.Provisioning, "[]"},
		"paid":                            {base(provisioning.Suspended, provisioning.NonPayment), running, provisioning.Resuming, "[provisioning.requested]"},
		"paid, and held by staff":         {base(provisioning.Suspended, provisioning.ByStaff, provisioning.NonPayment), running, provisioning.Suspended, "[]"},
		"held by staff":                   {base(provisioning.Suspended, provisioning.ByStaff), running, provisioning.Suspended, "[]"},
		"paused":                          {base(provisioning.Active), paused, provisioning.Suspending, "[provisioning.requested access.changed]"},
		"resumed":                         {base(provisioning.Suspended, provisioning.ByCustomer), running, provisioning.Resuming, "[provisioning.requested]"},
		"paused, and unpaid meanwhile":    {base(provisioning.Suspended, provisioning.ByCustomer), unpaid, provisioning.Suspended, "[]"},
		"another plan":                    {base(provisioning.Active), faster, provisioning.Active, "[access.changed provisioning.requested]"},
		"another plan while suspended":    {base(provisioning.Suspended, provisioning.NonPayment), faster, provisioning.Resuming, "[access.changed provisioning.requested provisioning.requested]"},
		"another plan before it is begun": {base(provisioning.Designed), faster, provisioning.Designed, "[]"},
		"another plan when it has ended":  {base(provisioning.Terminated), faster, provisioning.Terminated, "[]"},
		"speed for goodwill":              {goodwill, running, provisioning.Active, "[]"},
	} {
		next, events := c.is.Follow(t.Context(), c.contract, noon)
		var types []event.Type
		for _, e := range events {
			types = append(types, e.Type)
		}
		if next.State != c.state || fmt.Sprint(types) != c.events {
			t.Errorf("%s: %s, %v", name, next.State, types)
		}
		again, events := next.Follow(t.Context(), c.contract, noon)
		if len(events) > 0 || again.Version != next.Version {
			t.Errorf("%s, once more: %v, version %d after %d", name, events, again.Version, next.Version)
		}
		if next.Version > c.is.Version+1 {
			t.Errorf("%s is %d writes", name, next.Version-c.is.Version)
		}
	}
	if next, _ := base(provisioning.Active).Follow(t.Context(), faster, noon); next.Profile != fast || next.Name != "Fibre 500" || next.Sold.Profile != fast {
		t.Errorf("got %+v", next)
	}
	if next, _ := goodwill.Follow(t.Context(), running, noon); next.Profile != fast {
		t.Errorf("goodwill is over: %+v", next.Profile)
	}
}
