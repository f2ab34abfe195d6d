package netbox_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/loopback"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/netbox"
	"turnup/internal/external/netbox/sandbox"
)

var _ provisioning.Inventory = (*netbox.Client)(nil)

const token = "nbt_ZL5u8WBZ4ZnV.sandbox-token"

var line = provisioning.Port{OLT: "olt-1", PON: "pon-0/1"}

func binding(n int) provisioning.Binding {
	return provisioning.Binding{Service: id.Service(fmt.Sprintf("svc_%03d", n)), Customer: id.Customer(fmt.Sprintf("cus_%03d", n)), Port: line,
		Serial: fmt.Sprintf("BBSM%08d", n), Hostname: fmt.Sprintf("Sub-%03d.isp.example", n)}
}

// start runs a sandbox with two OLTs and pools, and gives options for it.
func start(t *testing.T, o sandbox.Options) (*sandbox.Server, netbox.Options) {
	t.Helper()
	o.Tokens = []string{token, "0123456789abcdef0123456789abcdef01234567"}
	s := sandbox.New(o)
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.Close() })
	err := s.Seed(sandbox.Inventory{Prefixes: []string{"100.64.10.0/26", "100.64.11.0/30", "2001:db8:100::/48"}, Devices: []sandbox.Device{
		{Name: "olt-1", Interfaces: []sandbox.Interface{{Name: "pon-0/1", Type: "gpon"}, {Name: "pon-0/2", Type: "xgs-pon"}, {Name: "pon-0/3", Type: "gpon", Disabled: true},
			{Name: "uplink-1", Type: "10gbase-x-sfpp"}}},
		{Name: "olt-2", Interfaces: []sandbox.Interface{{Name: "pon-0/1", Type: "gpon"}}},
		{Name: "olt-3", Status: "decommissioning", Interfaces: []sandbox.Interface{{Name: "pon-0/1", Type: "gpon"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return s, netbox.Options{URL: h.URL, Token: token, Pool4: "100.64.10.0/26", Pool6: "2001:db8:100::/48", SplitRatio: 64, Within: 10 * time.Second}
}

func set(t *testing.T, s *sandbox.Server, faults ...sandbox.Fault) {
	t.Helper()
	if err := s.SetFaults(faults...); err != nil {
		t.Fatal(err)
	}
}

// records are what a service has: ONUs, addresses and delegated prefixes.
func records(s *sandbox.Server, service id.Service) (onus []sandbox.InterfaceRecord, addresses []sandbox.AddressRecord, prefixes []sandbox.PrefixRecord) {
	all := s.State()
	for _, r := range all.Interfaces {
		if r.Description == string(service) {
			onus = append(onus, r)
		}
	}
	for _, r := range all.Addresses {
		if r.Description == string(service) {
			addresses = append(addresses, r)
		}
	}
	for _, r := range all.Prefixes {
		if r.Description == string(service) {
			prefixes = append(prefixes, r)
		}
	}
	return onus, addresses, prefixes
}

// once fails unless the service has one of each.
func once(t *testing.T, s *sandbox.Server, service id.Service) {
	t.Helper()
	onus, addresses, prefixes := records(s, service)
	if len(onus) != 1 || len(addresses) != 1 || len(prefixes) != 1 || addresses[0].Interface != onus[0].ID {
		t.Fatalf("%s has %+v %+v %+v", service, onus, addresses, prefixes)
	}
}

// S3-129, S3-130: an address is taken and given back; which port, ONU and address belong to whom is recorded.
func TestReserveFindRelease(t *testing.T) {
	s, o := start(t, sandbox.Options{})
	c := netbox.New(o)
	b := binding(1)
	if err := c.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	if has, err := c.Find(t.Context(), b.Service); err != nil || has != (provisioning.Allocation{}) {
		t.Fatalf("%+v, %v", has, err)
	}
	want := provisioning.Allocation{Address: "100.64.10.1/26", Prefix6: "2001:db8:100::/56", Port: true}
	for range 2 { // S3-53
		if has, err := c.Reserve(t.Context(), b); err != nil || has != want {
			t.Fatalf("reserved %+v, %v", has, err)
		}
	}
	if has, err := c.Find(t.Context(), b.Service); err != nil || has != want {
		t.Fatalf("found %+v, %v", has, err)
	}
	once(t, s, b.Service)
	onus, addresses, _ := records(s, b.Service)
	if o := onus[0]; o.Name != "pon-0/1:BBSM00000001" || o.Type != "virtual" || o.Parent != 1 || o.Device != 1 || o.Label != "cus_001" {
		t.Errorf("recorded %+v", o)
	}
	if a := addresses[0]; a.Status != "active" || a.DNSName != "sub-001.isp.example" {
		t.Errorf("took %+v", a)
	}
	changes := func() (n int) {
		for _, r := range s.Requests() {
			if r.Method != http.MethodGet {
				n++
			}
		}
		return n
	}
	before, made := s.State(), changes()
	set(t, s, sandbox.Fault{Mode: sandbox.ModeFull})
	if _, err := c.Reserve(t.Context(), b); err != nil || changes() != made {
		t.Errorf("nothing is to be taken from the full pool: %v, %d changes", err, changes()-made)
	}
	set(t, s)
	other := binding(2)
	if _, err := c.Reserve(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Release(t.Context(), other.Service); err != nil {
			t.Fatal(err)
		}
	}
	if after := s.State(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Fatalf("left %+v, was %+v", after, before)
	}
}

// S3-131: the port exists, is in service and has room.
func TestValidate(t *testing.T) {
	s, o := start(t, sandbox.Options{})
	o.SplitRatio = 2
	c := netbox.New(o)
	for _, n := range []int{1, 2} {
		if _, err := c.Reserve(t.Context(), binding(n)); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []struct {
		olt, pon string
		service  id.Service
		want     error
	}{
		{"olt-1", "pon-0/2", "svc_003", nil},
		{"olt-9", "pon-0/1", "svc_003", provisioning.ErrPortUnknown},
		{"olt-1", "pon-9/9", "svc_003", provisioning.ErrPortUnknown},
		{"olt-1", "uplink-1", "svc_003", provisioning.ErrPortUnknown},
		{"olt-1", "pon-0/1:BBSM00000001", "svc_003", provisioning.ErrPortUnknown},
		{"olt-1", "pon-0/3", "svc_003", provisioning.ErrPortDown},
		{"olt-3", "pon-0/1", "svc_003", provisioning.ErrPortDown},
		{"olt-1", "pon-0/1", "svc_003", provisioning.ErrPortFull},
		{"olt-1", "pon-0/1", "svc_002", nil}, // it is one of the two
		{"olt-2", "pon-0/1", "svc_003", nil}, // another OLT's port of this name
	} {
		if err := c.Validate(t.Context(), provisioning.Port{OLT: v.olt, PON: v.pon}, v.service); !errors.Is(err, v.want) {
			t.Errorf("%+v: %v", v, err)
		}
	}
	if _, err := c.Reserve(t.Context(), binding(3)); !errors.Is(err, provisioning.ErrPortFull) {
		t.Errorf("a third ONU of two: %v", err)
	}
	if onus, addresses, _ := records(s, "svc_003"); len(onus)+len(addresses) != 0 {
		t.Error("what did not fit was recorded")
	}
}

// S3-129: services at once get addresses of their own; when all have given theirs back, the pool is as it was.
func TestManyServicesAtOnce(t *testing.T) {
	s, o := start(t, sandbox.Options{})
	c := netbox.New(o)
	before := s.State()
	const many = 50
	var mu sync.Mutex
	owner := map[string]int{}
	var all sync.WaitGroup
	for n := range many {
		all.Go(func() {
			has, err := c.Reserve(t.Context(), binding(n))
			mu.Lock()
			defer mu.Unlock()
			if err != nil || owner[has.Address] != 0 || owner[has.Prefix6] != 0 {
				t.Errorf("service %d got %+v, %v", n, has, err)
			}
			owner[has.Address], owner[has.Prefix6] = n+1, n+1
		})
	}
	all.Wait()
	if len(owner) != 2*many {
		t.Fatalf("%d addresses and prefixes", len(owner))
	}
	for n := range many {
		once(t, s, binding(n).Service)
		all.Go(func() {
			if err := c.Release(t.Context(), binding(n).Service); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if after := s.State(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Fatalf("left %+v", after)
	}
}

// S3-53: the same service asked for several times at once has one of everything, and every caller is told the same.
func TestSameServiceAtOnce(t *testing.T) {
	s, o := start(t, sandbox.Options{})
	for round := range 10 {
		b := binding(round)
		got := make(chan provisioning.Allocation, 8)
		var all sync.WaitGroup
		for range cap(got) {
			all.Go(func() {
				has, err := netbox.New(o).Reserve(t.Context(), b)
				if err != nil {
					t.Error(err)
				}
				got <- has
			})
		}
		all.Wait()
		once(t, s, b.Service)
		first := <-got
		for len(got) > 0 {
			if next := <-got; next != first {
				t.Fatalf("told %+v and %+v", first, next)
			}
		}
	}
}

// S3-130: an ONU that is exchanged, or moved to another OLT, is recorded once, and the service keeps its address. NetBox deletes
// the addresses of an interface with it.
func TestMovedONU(t *testing.T) {
	s, o := start(t, sandbox.Options{})
	c := netbox.New(o)
	b, neighbour := binding(1), binding(2)
	_, taken := c.Reserve(t.Context(), neighbour)
	was, err := c.Reserve(t.Context(), b)
	// From now on an address that is lost is not the next to be taken.
	if err := errors.Join(taken, err, c.Release(t.Context(), neighbour.Service)); err != nil {
		t.Fatal(err)
	}
	for _, move := range []func(){func() { b.Serial = "BBSM00000009" }, func() { b.Port.OLT = "olt-2" }} {
		move()
		if is, err := c.Reserve(t.Context(), b); err != nil || is != was {
			t.Fatalf("%+v, %v, was %+v", is, err, was)
		}
		once(t, s, b.Service)
	}
	if onus, _, _ := records(s, b.Service); onus[0].Device != 2 || onus[0].Name != "pon-0/1:BBSM00000009" {
		t.Fatalf("recorded %+v", onus)
	}
}

// S3-131: what NetBox does not have, or has given to somebody else, is told apart.
func TestRefusals(t *testing.T) {
	s, o := start(t, sandbox.Options{})
	with := func(change func(*netbox.Options)) *netbox.Client {
		changed := o
		change(&changed)
		return netbox.New(changed)
	}
	if _, err := netbox.New(o).Reserve(t.Context(), binding(1)); err != nil {
		t.Fatal(err)
	}
	small := with(func(o *netbox.Options) { o.Pool4 = "100.64.11.0/30" })
	for n := 2; n < 4; n++ {
		if _, err := small.Reserve(t.Context(), binding(n)); err != nil {
			t.Fatal(err)
		}
	}
	stolen := binding(5)
	stolen.Serial = binding(1).Serial
	badName := binding(6)
	badName.Hostname = "not a name"
	nobody := binding(7)
	nobody.Service = ""
	for name, r := range map[string]struct {
		c     *netbox.Client
		b     provisioning.Binding
		want  *fault.Fault
		cause string
	}{
		"pool empty":         {small, binding(4), provisioning.ErrPoolEmpty, "100.64.11.0/30"},
		"pool unknown":       {with(func(o *netbox.Options) { o.Pool4 = "100.64.99.0/24" }), binding(21), provisioning.ErrPoolUnknown, "100.64.99.0/24"},
		"pool not named":     {with(func(o *netbox.Options) { o.Pool4 = "" }), binding(22), provisioning.ErrPoolUnknown, ""},
		"pool 6 unknown":     {with(func(o *netbox.Options) { o.Pool6 = "2001:db8:999::/48" }), binding(23), provisioning.ErrPoolUnknown, ""},
		"another's ONU":      {netbox.New(o), stolen, provisioning.ErrRefused, "recorded for another service"},
		"host name":          {netbox.New(o), badName, provisioning.ErrRefused, "dns_name: Only alphanumeric"},
		"no service":         {netbox.New(o), nobody, provisioning.ErrRefused, "no service named"},
		"token":              {with(func(o *netbox.Options) { o.Token = "nbt_x.wrong" }), binding(24), provisioning.ErrCredential, "HTTP 403"},
		"token of version 1": {with(func(o *netbox.Options) { o.Token = "wrong" }), binding(25), provisioning.ErrCredential, "HTTP 403"},
	} {
		_, err := r.c.Reserve(t.Context(), r.b)
		f := fault.Of(err)
		if !errors.Is(err, r.want) || f.Details["system"] != "netbox" || !strings.Contains(f.Details["cause"], r.cause) {
			t.Errorf("%s: %v", name, err)
		}
	}
	set(t, s, sandbox.Fault{Mode: sandbox.ModeFull})
	if _, err := netbox.New(o).Reserve(t.Context(), binding(8)); !errors.Is(err, provisioning.ErrPoolEmpty) {
		t.Errorf("full: %v", err)
	}
	if err := with(func(o *netbox.Options) { o.Token = "0123456789abcdef0123456789abcdef01234567" }).Status(t.Context()); err != nil {
		t.Errorf("a token of version 1: %v", err)
	}
}

// S3-137: how it fails decides which fault it is.
func TestFailures(t *testing.T) {
	s, o := start(t, sandbox.Options{})
	o.Within = 60 * time.Millisecond
	for mode, want := range map[string]error{sandbox.ModeRefuse: provisioning.ErrUnanswered, sandbox.ModeHang: provisioning.ErrUnanswered,
		sandbox.ModeFail: provisioning.ErrUnanswered} {
		set(t, s, sandbox.Fault{Mode: mode})
		c := netbox.New(o)
		b := binding(1)
		_, reserve := c.Reserve(t.Context(), b)
		_, find := c.Find(t.Context(), b.Service)
		for call, err := range map[string]error{"Validate": c.Validate(t.Context(), b.Port, b.Service), "Reserve": reserve, "Find": find,
			"Release": c.Release(t.Context(), b.Service)} {
			if !errors.Is(err, want) || !fault.Transient(err) {
				t.Errorf("%s, %s: %v", mode, call, err)
			}
		}
	}
	o.URL = "http://" + loopback.Refused
	if err := netbox.New(o).Status(t.Context()); !errors.Is(err, provisioning.ErrNetwork) {
		t.Errorf("nobody there: %v", err)
	}
}
