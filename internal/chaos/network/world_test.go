package network

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"google.golang.org/grpc"

	"turnup/internal/api/network"
	"turnup/internal/api/networkadmin"
	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/loopback"
	"turnup/internal/base/token"
	"turnup/internal/base/token/tokentest"
	"turnup/internal/consumer/access"
	"turnup/internal/consumer/delivery"
	"turnup/internal/consumer/provisioning"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
	"turnup/internal/external/genieacs"
	"turnup/internal/external/netbox"
	box "turnup/internal/external/netbox/sandbox"
	"turnup/internal/external/radius"
	"turnup/internal/external/voltha"
	"turnup/internal/plant"
	"turnup/internal/platform/rest"
	"turnup/internal/platform/task"
	"turnup/internal/store"
)

// How long things take here, where a machine's second is a third of a millisecond.
const (
	callWithin = 400 * time.Millisecond // one call of an adapter
	stepWithin = time.Second            // one try of a step that waits
	tries      = 4                      // of a step
	redial     = 150 * time.Millisecond
)

const (
	secretOfNAS = "geheim-geheim-22"
	pool4       = "100.64.0.0/20"
	pool6       = "2001:db8::/40"
)

var accountKey = domain.Key("the-key-of-all-subscribers-012345")

// World is the network with everything of Turnup that works on it, in one process: the functions' handlers with the real store and
// adapters, and what carries messages between them.
type World struct {
	tenant   id.Tenant
	Wire     *Wire
	Plant    *plant.Plant
	Store    *store.DB // whose calls are nobody's, unless the context says whose
	systems  *httptest.Server
	hook     *httptest.Server
	staff    *rest.API
	token    string
	machines map[domain.Kind]Machine
	twice    bool // queues deliver everything twice
	many     bool // lines are worked on side by side

	mu       sync.Mutex
	doing    domain.Kind // the work that is being done
	tasks    map[string]task.Tasks
	handles  map[string]func(context.Context, event.Envelope) error
	queue    []message
	busy     int             // who carries them
	started  map[string]bool // executions by name
	told     []event.Envelope
	batches  map[string]bool // of the outbox, by id
	dead     []string        // messages that were parked
	stuck    []string        // executions that ended in Fail
	closeAll []func()
}

// machineOf is the machine of each kind of work, and functionsOf what its placeholders stand for.
var machineOf = map[domain.Kind]string{domain.Provision: "provisioning", domain.Suspend: "barring", domain.Resume: "barring", domain.Terminate: "termination", domain.Speed: "speed"}

// open makes a world with an empty network.
func open() (w *World, err error) {
	var b [8]byte
	_, _ = rand.Read(b[:])
	w = &World{tenant: id.Tenant("n" + hex.EncodeToString(b[:])), machines: map[domain.Kind]Machine{}, started: map[string]bool{}, batches: map[string]bool{}}
	w.Wire = &Wire{count: map[Point]int{}}
	for kind, name := range machineOf {
		if w.machines[kind], err = readMachine(root, name); err != nil {
			return nil, err
		}
	}
	if w.Plant, err = plant.New(plant.Options{Pool: pool4, Core: "127.0.0.1:0", CoA: "127.0.0.1:0", Redial: redial}); err != nil {
		return nil, err
	}
	if err = w.Plant.Netbox.Seed(box.Inventory{Prefixes: []string{pool6}}); err != nil {
		return nil, err
	}
	w.systems = httptest.NewServer(w.Plant)
	w.Store = store.New(database(site, w.announced), site.Prefix, clock.System)
	w.restart()
	w.openStaff()
	w.openHook()
	return w, nil
}

// Close ends it.
func (w *World) Close() {
	w.hook.CloseClientConnections()
	_ = w.Plant.Close()
	w.hook.Close()
	w.systems.CloseClientConnections()
	w.systems.Close()
	for _, end := range w.closeAll {
		end()
	}
}

// restart makes the functions anew, as if their processes had begun just now: no circuit is open.
func (w *World) restart() {
	quick := domain.Patience{Tries: tries, Within: stepWithin, Every: 60 * time.Millisecond}
	line, err := voltha.New(voltha.Options{Core: w.Plant.Core, Controller: w.systems.URL + "/vgc/v1", Within: callWithin, Discovery: callWithin, Poll: 10 * time.Millisecond,
		Dial: []grpc.DialOption{grpc.WithUnaryInterceptor(onCore)}})
	if err != nil {
		panic(err) // options are constants
	}
	saga := func(of domain.Saga) domain.Saga {
		of.Book, of.Clock, of.Patience = w.Store, clock.System, quick
		return of
	}
	records := netbox.New(netbox.Options{URL: w.systems.URL + "/netbox", Pool4: pool4, Pool6: pool6, SplitRatio: 64, Within: callWithin})
	routers := genieacs.New(genieacs.Options{URL: w.systems.URL + "/genieacs", Within: callWithin, Poll: 10 * time.Millisecond})
	settler := domain.Settler{Saga: saga(domain.Saga{}), Sessions: w.Store, Final: w.Store}
	at := radius.Sessions{Fleet: radius.Fleet{plant.NAS: {Identifier: plant.NAS, Address: w.Plant.BNG.Address(), Secret: secretOfNAS, Type: radius.MikroTik}}, Dynamic: radius.NewDynamic(callWithin)}
	nowhere := radius.Sessions{Fleet: radius.Fleet{plant.NAS: {Identifier: plant.NAS, Address: loopback.Refused, Secret: secretOfNAS, Type: radius.MikroTik}}, Dynamic: radius.NewDynamic(callWithin)}
	sessions := access.Consumer{Store: w.Store, NAS: fleet{w.Plant.BNG, at, nowhere}, Clock: clock.System}
	starts := provisioning.Consumer{Desk: w.Store, Machines: map[domain.Kind]provisioning.Machine{}}
	for kind := range machineOf {
		starts.Machines[kind] = starter{w, kind}
	}
	none := domain.Doctor{}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tasks = map[string]task.Tasks{}
	for placeholder, named := range map[string]map[string]task.Handle{"${InventoryTasks}": provisioning.Inventory(saga(domain.Saga{Inventory: records}), none),
		"${AccessTasks}": provisioning.Access(saga(domain.Saga{Access: line}), none), "${DeviceTasks}": provisioning.Devices(saga(domain.Saga{Devices: routers, Secrets: accountKey}), none),
		"${OwnTasks}": provisioning.Own(settler, none)} {
		w.tasks[placeholder] = task.Tasks{Named: named, Clock: clock.System}
	}
	w.handles = map[string]func(context.Context, event.Envelope) error{"on-delivery": delivery.Consumer{Store: w.Store, Clock: clock.System}.Handle, "on-provisioning": starts.Handle, "on-access": sessions.Handle}
	w.closeAll = append(w.closeAll, func() { _ = line.Close() })
}

// openHook makes what FreeRADIUS calls, and points the BNG to it.
func (w *World) openHook() {
	const key = "the-key-of-the-radius-servers"
	api := rest.New(rest.Options{Tenant: w.tenant, Machines: rest.ParseMachines(string(w.tenant) + ":" + key), Clock: clock.System})
	nases := radius.Fleet{plant.NAS: {Identifier: plant.NAS, Type: radius.MikroTik}}
	network.RegisterRadius(api, network.RadiusDeps{Store: w.Store,
		Asked: func(b []byte, at time.Time) (subscriber.Message, error) {
			return radius.MessageOf(radius.Authorize, b, at)
		},
		Told: func(b []byte, at time.Time) (subscriber.Message, error) {
			return radius.MessageOf(radius.Accounting, b, at)
		},
		Accept: func(a subscriber.Account, nas string) ([]byte, error) {
			return nases.Accepted(a, accountKey.SecretOf(a.Tenant, a.Username, a.Generation), nas)
		}, Reject: radius.Reject})
	w.hook = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		in := &invocation{wire: w.Wire, function: w.now("radius-hook " + r.URL.Path)}
		in.again = func() {} // a NAS tells one thing after the other
		api.ServeHTTP(out, r.WithContext(context.WithValue(r.Context(), invocationKey{}, in)))
	}))
	w.Plant.Point(plant.Hook{URL: w.hook.URL + "/radius", Key: key, Secret: secretOfNAS})
}

// openStaff makes the API of network operations.
func (w *World) openStaff() {
	signer, verifier := tokentest.Pair(clock.System)
	var err error
	if w.token, _, err = signer.Access(token.Claims{Tenant: w.tenant, Roles: []string{token.RoleNetwork}}, "stf_1", token.StaffAudience, time.Now(), time.Hour); err != nil {
		panic(err)
	}
	w.staff = rest.New(rest.Options{Tenant: w.tenant, Verifier: verifier, Clock: clock.System})
	networkadmin.Register(w.staff, networkadmin.Deps{Store: w.Store})
}

// begin says which work is being done from now on, and gives the one before.
func (w *World) begin(kind domain.Kind) (before domain.Kind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, w.doing = w.doing, kind
	return before
}

// now names a function with the work that is being done.
func (w *World) now(function string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("%s %s", cmp.Or(w.doing, "no work:"), function)
}
