package genieacs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/genieacs"
	"turnup/internal/external/genieacs/sandbox"
)

// What a test gives a router and must be found nowhere else.
const (
	password    = "very-secret-4711"
	other       = "another-secret-0815"
	service     = "svc_01KAT3YZ9Q8W7E6R5T4Y3U2I1P"
	within      = 5 * time.Second
	soon        = 150 * time.Millisecond
	router      = "202BC1-BM%2D632w-000001" // encoded, and so to be encoded again
	old         = "00259E-EG8145V5-000002"  // TR-098
	installable = "fw-2.bin"
)

var settings = provisioning.Settings{Service: service, Username: "cust1@isp.example", Secret: password}

// everything that was logged in all tests.
var logged struct {
	sync.Mutex
	bytes.Buffer
}

type log struct{}

func (log) Write(p []byte) (int, error) {
	logged.Lock()
	defer logged.Unlock()
	return logged.Buffer.Write(p)
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(log{}, nil)))
	code := m.Run()
	if text := logged.String(); code == 0 && (text == "" || strings.Contains(text, password) || strings.Contains(text, other) || strings.Contains(text, "cust1@")) {
		os.Stderr.WriteString("FAIL: nothing was logged, or a secret was\n")
		code = 1
	}
	os.Exit(code)
}

// network is a device management with two routers.
type network struct {
	*testing.T
	*sandbox.Server
	client *genieacs.Client
	clock  *clock.Manual
	url    string
	mu     sync.Mutex
	dials  []string // what the hook was told
}

func start(t *testing.T) *network {
	n := &network{T: t, clock: clock.At(time.Now())}
	n.Server = sandbox.New(sandbox.Options{
		Devices: []sandbox.Device{{ID: router}, {ID: old, Root: "InternetGatewayDevice"}},
		Takes:   5 * time.Millisecond, Crash: 50 * time.Millisecond,
		Configured: func(device, username, password string) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.dials = append(n.dials, device+" "+username+" "+password)
		},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go n.Serve(l)
	t.Cleanup(func() { n.Close() })
	n.url = "http://" + l.Addr().String()
	n.client = genieacs.New(genieacs.Options{URL: n.url, Within: time.Second, Poll: 4 * time.Millisecond, Clock: n.clock})
	return n
}

func (n *network) faults(faults ...sandbox.Fault) {
	n.Helper()
	if err := n.SetFaults(faults...); err != nil {
		n.Fatal(err)
	}
}

func (n *network) mode(cpe string, change func(*sandbox.Modes)) {
	n.Helper()
	if err := n.Switch(cpe, func(m *sandbox.Modes) error { change(m); return nil }); err != nil {
		n.Fatal(err)
	}
}

func (n *network) device(cpe string) sandbox.DeviceState {
	n.Helper()
	for _, d := range n.State().Devices {
		if d.ID == cpe {
			return d
		}
	}
	n.Fatal("no device ", cpe)
	return sandbox.DeviceState{}
}

// file has the device management have firmware.
func (n *network) file(version string) {
	n.Helper()
	r, _ := http.NewRequest(http.MethodPut, n.url+"/files/"+installable, strings.NewReader("firmware"))
	r.Header.Set("fileType", "1 Firmware Upgrade Image")
	r.Header.Set("version", version)
	a, err := http.DefaultClient.Do(r)
	if err != nil || a.StatusCode != http.StatusCreated {
		n.Fatal(a, err)
	}
	a.Body.Close()
}

// queued counts how often tasks of a name were queued; "" is any.
func (n *network) queued(name string) (times int) {
	for _, r := range n.Requests() {
		if r.Method == http.MethodPost && r.Task != "" && r.Task != "connectionRequest" && (name == "" || r.Task == name) {
			times++
		}
	}
	return times
}

// dialled waits until the hook has been told last what is wanted.
func (n *network) dialled(want string) {
	n.Helper()
	var last string
	for range 200 {
		n.mu.Lock()
		if len(n.dials) > 0 {
			last = n.dials[len(n.dials)-1]
		}
		n.mu.Unlock()
		if last == want {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	n.Fatalf("the hook was told %q, not %q", last, want)
}

// is checks an error, and that it tells no secret.
func (n *network) is(err, want error, causes ...string) {
	n.Helper()
	if !errors.Is(err, want) {
		n.Fatalf("%v, not %v", err, want)
	}
	if err == nil {
		return
	}
	text, _ := json.Marshal(err)
	for _, s := range []string{password, other} {
		if strings.Contains(err.Error()+string(text), s) {
			n.Fatal("the error tells a secret")
		}
	}
	for _, c := range causes {
		if !strings.Contains(err.Error(), c) {
			n.Fatalf("%v does not tell %s", err, c)
		}
	}
}

// clean checks that nothing is left queued or faulted, and that what the sandbox shows has no secrets.
func (n *network) clean() {
	n.Helper()
	state := n.State()
	if len(state.Tasks) > 0 || len(state.Faults) > 0 {
		n.Fatalf("left: %v %v", state.Tasks, state.Faults)
	}
	text, _ := json.Marshal([]any{state, n.Requests()})
	if strings.Contains(string(text), password) || strings.Contains(string(text), other) {
		n.Fatal("the sandbox shows a secret")
	}
}
