package provisioning_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
)

var (
	noon      = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	equipment = provisioning.Equipment{ONU: "BBSM00000001", CPE: "202BC1-BM632w-000001"}
	port      = provisioning.Port{OLT: "olt-1", PON: "pon-0/1"}
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// designed is a service that was paid and waits for its equipment.
func designed() provisioning.Service {
	return provisioning.Design(provisioning.Service{Tenant: "demo", Customer: "cus_1", Subscription: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Order: "ord_1", Name: "Fibre 300", Location: "loc-1", Port: port,
		Profile: provisioning.Profile{DownKbps: 300000, UpKbps: 150000}}, noon)
}

// line is a service in a network that does and remembers what it is told, until a test makes it fail.
type line struct {
	*testing.T
	clock   *clock.Manual
	stored  provisioning.Service
	told    []event.Envelope
	saves   int
	settles int
	calls   []string             // of the systems
	stands  map[string]bool      // in the network
	fails   map[string][]error   // by call, each used once
	during  map[string]func()    // what happens meanwhile, once
	broken  error                // of the next write
	rx      float64              // received power; 0 cannot be measured
	online  func() int           // open sessions
	got     []any                // what the systems were given
	holder  provisioning.Service // of the ONU, when it is another service
	life    time.Time            // what test clocks show
}

func lineOf(t *testing.T, s provisioning.Service) *line {
	return &line{T: t, clock: clock.At(noon.Add(time.Minute)), stored: s, stands: map[string]bool{}, fails: map[string][]error{}, during: map[string]func(){}, rx: -18, online: func() int { return 1 }}
}

// begun is a line whose work has begun.
func begun(t *testing.T) *line {
	t.Helper()
	s, _, err := designed().Begin(equipment, false, noon)
	ok(t, err)
	return lineOf(t, s)
}

// Service and the two below implement provisioning.Book and Final: a version is written once.
func (l *line) Service(_ context.Context, tenant id.Tenant, s id.Service) (provisioning.Service, error) {
	if tenant != l.stored.Tenant || s != l.stored.ID {
		return provisioning.Service{}, provisioning.ErrUnknown
	}
	return l.stored, nil
}

func (l *line) SaveService(_ context.Context, was, is provisioning.Service, events ...event.Envelope) error {
	if hook := l.during["save"]; hook != nil {
		delete(l.during, "save")
		hook()
	}
	if err := l.broken; err != nil {
		l.broken = nil
		return err
	}
	if is.Version != was.Version+1 {
		l.Errorf("version %d was written over %d", is.Version, was.Version)
	}
	if l.stored.Version != was.Version {
		return provisioning.ErrMoved
	}
	l.stored, l.told, l.saves = is, append(l.told, events...), l.saves+1
	return nil
}

func (l *line) ServiceWithONU(context.Context, id.Tenant, string) (provisioning.Service, error) {
	switch {
	case l.holder.ID != "":
		return l.holder, nil
	case l.stored.State == provisioning.Terminated:
		return provisioning.Service{}, provisioning.ErrUnknown
	}
	return l.stored, nil
}

func (l *line) Now(_ context.Context, _ id.Tenant, clock id.TestClock) (time.Time, error) {
	if clock != "" {
		return l.life, nil
	}
	return l.clock.Now(), nil
}

func (l *line) SettleService(ctx context.Context, was, is provisioning.Service, events ...event.Envelope) error {
	l.settles++
	return l.SaveService(ctx, was, is, events...)
}

// OpenSessions implements provisioning.Sessions.
func (l *line) OpenSessions(_ context.Context, tenant id.Tenant, username string) (int, error) {
	if tenant != l.stored.Tenant || username != l.stored.Username {
		l.Errorf("asked for the sessions of %s at %s", username, tenant)
	}
	return l.online(), l.fail("sessions")
}

// call notes a call, lets happen what happens meanwhile, and fails if it is to.
func (l *line) call(name string, given ...any) error {
	l.calls, l.got = append(l.calls, name), append(l.got, given...)
	if hook := l.during[name]; hook != nil {
		delete(l.during, name)
		hook()
	}
	return l.fail(name)
}

func (l *line) fail(name string) error {
	if errs := l.fails[name]; len(errs) > 0 {
		l.fails[name] = errs[1:]
		return errs[0]
	}
	return nil
}

// made calls a system that sets something up.
func (l *line) made(name, what string, given ...any) error {
	err := l.call(name, given...)
	if err == nil {
		l.stands[what] = true
	}
	return err
}

// gone calls a system that takes something down.
func (l *line) gone(name, what string, given ...any) error {
	err := l.call(name, given...)
	if err == nil {
		delete(l.stands, what)
	}
	return err
}

// standing lists what stands in the network.
func (l *line) standing() (all []string) {
	for what := range l.stands {
		all = append(all, what)
	}
	slices.Sort(all)
	return all
}

type inventory struct{ *line }

var allocation = provisioning.Allocation{Address: "100.64.10.1/29", Prefix6: "2001:db8:100::/56", Port: true}

func (l inventory) Validate(_ context.Context, p provisioning.Port, s id.Service) error {
	return l.call("validate", p, s)
}

func (l inventory) Reserve(_ context.Context, b provisioning.Binding) (provisioning.Allocation, error) {
	return allocation, l.made("reserve", "addresses", b)
}

func (l inventory) Find(context.Context, id.Service) (provisioning.Allocation, error) {
	if err := l.call("find"); err != nil || !l.stands["addresses"] {
		return provisioning.Allocation{}, err
	}
	return allocation, nil
}

func (l inventory) Release(_ context.Context, s id.Service) error {
	return l.gone("release", "addresses", s)
}

type access struct{ *line }

func (l access) Provision(_ context.Context, at provisioning.Line, within time.Duration) error {
	return l.made("provision", "onu", at, within)
}

func (l access) Deprovision(_ context.Context, at provisioning.Line) error {
	return l.gone("deprovision", "onu", at)
}

func (l access) SetProfile(_ context.Context, at provisioning.Line) error {
	return l.call("set profile", at)
}

func (l access) Reboot(_ context.Context, serial string, within time.Duration) error {
	return l.call("reboot onu", serial, within)
}

func (l access) Status(_ context.Context, serial string) (provisioning.ONU, error) {
	onu := provisioning.ONU{Serial: serial, Active: l.stands["onu"], State: "ENABLED ACTIVE REACHABLE", Service: l.stands["onu"]}
	if l.rx != 0 {
		onu.Optical = &provisioning.Optical{RxDBm: l.rx, TxDBm: 2.1, BiasMilliamp: 12.5, Volts: 3.3, Celsius: 45}
	}
	return onu, l.call("status", serial)
}

type devices struct{ *line }

func (l devices) Configure(_ context.Context, cpe string, s provisioning.Settings, within time.Duration) error {
	return l.made("configure", "cpe", cpe, s, within)
}

func (l devices) Forget(_ context.Context, cpe string, s id.Service, _ string) error {
	return l.gone("forget", "cpe", cpe, s)
}

func (l devices) Status(context.Context, string) (provisioning.CPE, error) {
	return provisioning.CPE{LastInform: noon, Reachable: true, Configured: l.stands["cpe"], Software: "1.2.3"}, l.call("cpe status")
}

func (l devices) Reboot(_ context.Context, cpe string, within time.Duration) error {
	return l.call("reboot cpe", cpe, within)
}

func (l devices) Upgrade(_ context.Context, cpe, file string, within time.Duration) (string, error) {
	return "2.0.0", l.call("upgrade", cpe, file, within)
}

func (l devices) Ping(_ context.Context, cpe, host string, within time.Duration) ([]provisioning.Fact, error) {
	return []provisioning.Fact{{Name: "averageMs", Value: "7"}}, l.call("ping", cpe, host, within)
}

func (l devices) Trace(_ context.Context, cpe, host string, within time.Duration) ([]provisioning.Fact, error) {
	return []provisioning.Fact{{Name: "hop1", Value: host}}, l.call("trace", cpe, host, within)
}

func (l devices) Parameters(_ context.Context, cpe string, names []string, within time.Duration) ([]provisioning.Fact, error) {
	return []provisioning.Fact{{Name: names[0], Value: "x"}}, l.call("parameters", cpe, names, within)
}

var patience = provisioning.Patience{Tries: 3, Within: 20 * time.Second, Every: time.Second}

func (l *line) settler() provisioning.Settler {
	return provisioning.Settler{Sessions: l, Final: l, Saga: provisioning.Saga{Book: l, Inventory: inventory{l}, Access: access{l}, Devices: devices{l},
		Secrets: provisioning.Key("key"), Clock: l.clock, Patience: patience}}
}

// ref is the present attempt.
func (l *line) ref() provisioning.Ref {
	return provisioning.Ref{Tenant: "demo", Service: l.stored.ID, Number: l.stored.Work.Number, Run: l.stored.Work.Run, CorrelationID: "journey"}
}

type step = func(context.Context, provisioning.Ref) (provisioning.Outcome, error)

// run is a step by the name of its task.
func (l *line) run(name provisioning.Step) step {
	g := l.settler()
	switch {
	case name == provisioning.StepVerify:
		return g.Verify
	case name == provisioning.StepActivate:
		return g.Activate
	case name == provisioning.StepSettle:
		return g.Settle
	case name == provisioning.StepSubscriber && l.stored.Work.Kind == provisioning.Terminate:
		return g.Bar
	}
	return func(ctx context.Context, r provisioning.Ref) (provisioning.Outcome, error) {
		return g.Run(ctx, r, name)
	}
}

// The machines' steps in their order.
var (
	provisions = []provisioning.Step{provisioning.StepInventory, provisioning.StepSubscriber, provisioning.StepAccess, provisioning.StepCPE, provisioning.StepVerify, provisioning.StepActivate}
	terminates = []provisioning.Step{provisioning.StepCPE, provisioning.StepAccess, provisioning.StepSubscriber, provisioning.StepInventory, provisioning.StepSettle}
)

// machine does what a machine does with the present work: step after step, again what fails in passing, until a step says that it is
// over. It gives the last answer.
func (l *line) machine() error {
	steps := []provisioning.Step{provisioning.StepSettle}
	switch l.stored.Work.Kind {
	case provisioning.Provision:
		steps = provisions
	case provisioning.Terminate:
		steps = terminates
	}
	r := l.ref()
	for _, name := range steps {
		do := l.run(name)
		_, err := do(l.Context(), r)
		for tries := 0; err != nil && fault.Transient(err) && tries < 9; tries++ {
			_, err = do(l.Context(), r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// types are those of the events that were told.
func (l *line) types() (found []event.Type) {
	for _, e := range l.told {
		found = append(found, e.Type)
	}
	return found
}

func codeOf(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

var errLost = errors.New("the answer was lost")
