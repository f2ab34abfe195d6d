package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/external/netbox/sandbox"
)

const v2 = "nbt_ZL5u8WBZ4ZnV.sandbox-token"

// box is a sandbox behind a real socket.
type box struct {
	*sandbox.Server
	t   *testing.T
	url string
}

func start(t *testing.T, o sandbox.Options) *box {
	t.Helper()
	s := sandbox.New(o)
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.Close() })
	if err := s.Seed(sandbox.Inventory{Prefixes: []string{"100.64.10.0/29", "2001:db8:100::/54"}, Devices: []sandbox.Device{
		{Name: "olt-1", Interfaces: []sandbox.Interface{{Name: "pon-0/1", Type: "gpon"}}}}}); err != nil {
		t.Fatal(err)
	}
	return &box{s, t, h.URL}
}

// call sends a request; an error is a connection without an answer.
func (b *box) call(method, path, body string, header ...string) (int, string, error) {
	r, err := http.NewRequest(method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer a.Body.Close()
	raw, err := io.ReadAll(a.Body)
	return a.StatusCode, string(raw), err
}

func (b *box) want(status int, part, method, path, body string, header ...string) string {
	b.t.Helper()
	got, answer, err := b.call(method, path, body, header...)
	if err != nil || got != status || !strings.Contains(answer, part) {
		b.t.Fatalf("%s %s: %d %s %v, want %d %q", method, path, got, answer, err, status, part)
	}
	return answer
}

// The answers as they were captured.
func TestAnswersAsCaptured(t *testing.T) {
	b := start(t, sandbox.Options{})
	const ips, pds, addresses, interfaces = "/api/ipam/prefixes/1/available-ips/", "/api/ipam/prefixes/2/available-prefixes/", "/api/ipam/ip-addresses/", "/api/dcim/interfaces/"
	b.want(200, `"netbox-version":"4.6.8"`, "GET", "/api/status/", "")
	b.want(200, `"count":1,"next":null,"previous":null`, "GET", "/api/ipam/prefixes/?prefix=100.64.10.0/29", "")
	b.want(200, `"count":2`, "GET", "/api/ipam/prefixes/?colour=red", "") // a filter it does not know
	b.want(200, `[{"address":"100.64.10.1/29","family":4,"vrf":null},{"address":"100.64.10.2/29","family":4,"vrf":null}]`, "GET", ips+"?limit=2", "")
	b.want(400, `{"status":["bogus is not a valid choice."]}`, "POST", ips, `{"status":"bogus"}`)
	b.want(201, `"address":"100.64.10.1/29"`, "POST", ips, `{"status":"active","dns_name":"Sub-1.ISP.example","description":"svc_1"}`)
	b.want(200, `"dns_name":"sub-1.isp.example"`, "GET", addresses+"1/", "")
	b.want(201, `[{"address":"100.64.10.2/29"`, "POST", ips, `[{}]`)
	b.want(409, `{"detail":"Insufficient resources are available to satisfy the request"}`, "POST", ips, `[{},{},{},{},{}]`)
	b.want(400, `bogus`, "POST", ips, `[{},{"status":"bogus"}]`)
	if n := len(b.State().Addresses); n != 2 {
		t.Fatalf("all or nothing: %d addresses", n)
	}
	b.want(201, "", "POST", ips, `[{},{},{},{}]`)
	b.want(409, "Insufficient", "POST", ips, `{}`)
	b.want(200, "", "PATCH", addresses+"1/", `{"status":"deprecated"}`)
	b.want(409, "", "POST", ips, `{}`) // in quarantine it stays taken
	b.want(204, "", "DELETE", addresses+"1/", "")
	b.want(404, `{"detail":"No IPAddress matches the given query."}`, "DELETE", addresses+"1/", "")
	b.want(400, "Duplicate IP address found in global table", "POST", addresses, `{"address":"100.64.10.2/24"}`)
	b.want(400, "This field is required.", "POST", pds, `{}`)
	for _, p := range []string{"2001:db8:100::/56", "2001:db8:100:100::/56", "2001:db8:100:200::/56", "2001:db8:100:300::/56"} {
		b.want(201, `"prefix":"`+p+`"`, "POST", pds, `{"prefix_length":56}`)
	}
	b.want(409, "Insufficient", "POST", pds, `{"prefix_length":56}`)

	onu := `{"device":1,"name":"pon-0/1:BBSM00000001","type":"virtual","parent":1,"description":"svc_1"}`
	b.want(201, `"enabled":true`, "POST", interfaces, onu)
	b.want(400, "must make a unique set", "POST", interfaces, onu)
	b.want(400, "Only virtual interfaces", "POST", interfaces, `{"device":1,"name":"x","type":"gpon","parent":1}`)
	b.want(200, `"count":1`, "GET", interfaces+"?parent_id=1&description=svc_1", "")
	b.want(200, `"assigned_object_id":2`, "PATCH", addresses+"2/", `{"assigned_object_type":"dcim.interface","assigned_object_id":2}`)
	b.want(409, "dependent objects", "DELETE", interfaces+"1/", "")
	b.want(204, "", "DELETE", interfaces+"2/", "")
	b.want(404, "No IPAddress", "GET", addresses+"2/", "") // went with its interface
	b.want(400, "Related object not found using the provided numeric ID: 9", "POST", interfaces, `{"device":9,"name":"x","type":"gpon"}`)
	b.want(204, "", "DELETE", "/api/dcim/devices/1/", "")
	b.want(200, `"count":0`, "GET", interfaces, "")
	b.want(404, "", "GET", "/api/dcim/interfaces", "")
}

func TestTokens(t *testing.T) {
	b := start(t, sandbox.Options{Tokens: []string{v2, "0123456789abcdef"}})
	b.want(200, "", "GET", "/api/status/", "", "Authorization", "Bearer "+v2)
	b.want(200, "", "GET", "/api/status/", "", "Authorization", "Token 0123456789abcdef")
	b.want(403, "Invalid v1 token", "GET", "/api/status/", "", "Authorization", "Token wrong")
	b.want(403, "Invalid v2 token", "GET", "/api/status/", "", "Authorization", "Bearer nbt_x.y")
	b.want(403, "not provided", "GET", "/api/status/", "")
	if log, _ := json.Marshal(b.Requests()); strings.Contains(string(log), "nbt_") {
		t.Fatal("a token is in the log")
	}
}

func TestPages(t *testing.T) {
	b := start(t, sandbox.Options{MaxPage: 2})
	b.want(201, "", "POST", "/api/ipam/prefixes/1/available-ips/", `[{},{},{},{},{}]`)
	var seen []int
	for next := b.url + "/api/ipam/ip-addresses/?limit=100"; next != ""; {
		var page struct {
			Count   int
			Next    string
			Results []struct{ ID int }
		}
		if err := json.Unmarshal([]byte(b.want(200, "", "GET", strings.TrimPrefix(next, b.url), "")), &page); err != nil || page.Count != 5 {
			t.Fatal(page, err)
		}
		for _, r := range page.Results {
			seen = append(seen, r.ID)
		}
		next = page.Next
	}
	if !slices.Equal(seen, []int{1, 2, 3, 4, 5}) {
		t.Fatalf("read %v", seen)
	}
}

// Ten at once on a /29: six get six addresses, four get 409, as it was seen.
func TestAllocationsAtOnce(t *testing.T) {
	b := start(t, sandbox.Options{})
	var mu sync.Mutex
	statuses, addresses := map[int]int{}, map[string]bool{}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			status, body, _ := b.call("POST", "/api/ipam/prefixes/1/available-ips/", `{}`)
			var a struct{ Address string }
			_ = json.Unmarshal([]byte(body), &a)
			mu.Lock()
			defer mu.Unlock()
			if statuses[status]++; status == 201 {
				addresses[a.Address] = true
			}
		})
	}
	all.Wait()
	if statuses[201] != 6 || statuses[409] != 4 || len(addresses) != 6 {
		t.Fatalf("%v, %v", statuses, addresses)
	}
}

// S3-137: every way of failing, by the control API.
func TestFaults(t *testing.T) {
	b := start(t, sandbox.Options{})
	const take = "/api/ipam/prefixes/1/available-ips/"
	for _, c := range []struct {
		fault  string
		status int // 0: no answer
		takes  int
	}{
		{`{"mode":"refuse","match":"POST /api/ipam"}`, 0, 0},
		{`{"mode":"hang","milliseconds":1}`, 0, 0},
		{`{"mode":"fail","match":"POST"}`, 500, 0},
		{`{"mode":"full"}`, 409, 0},
		{`{"mode":"lose","match":"/api/ipam/prefixes/1/available"}`, 0, 1},
		{`{"mode":"slow","milliseconds":1,"times":2}`, 201, 1},
		{`{"mode":"fail","match":"GET /api/ipam"}`, 201, 1},
	} {
		b.want(204, "", "PUT", "/_sandbox/faults", "["+strings.Replace(c.fault, "{", `{"times":1,`, 1)+"]")
		before := len(b.State().Addresses)
		if status, _, _ := b.call("POST", take, `{}`); status != c.status || len(b.State().Addresses)-before != c.takes {
			t.Errorf("%s: %d, took %d", c.fault, status, len(b.State().Addresses)-before)
		}
	}
	b.want(204, "", "DELETE", "/_sandbox/faults", "")
	b.want(201, "", "POST", take, `{}`)
	for _, wrong := range []string{`[{"mode":"sulk"}]`, `[{"mode":"lose","tiems":1}]`, `[{"mode":"slow"}]`, `{}`} {
		b.want(400, "error", "PUT", "/_sandbox/faults", wrong)
	}
}

// A slow call is carried out although its client has left.
func TestSlowGoesOn(t *testing.T) {
	b := start(t, sandbox.Options{})
	if err := b.SetFaults(sandbox.Fault{Mode: sandbox.ModeSlow, Milliseconds: 60}); err != nil {
		t.Fatal(err)
	}
	impatient := http.Client{Timeout: 10 * time.Millisecond}
	if _, err := impatient.Post(b.url+"/api/ipam/prefixes/1/available-ips/", "application/json", strings.NewReader(`{}`)); err == nil {
		t.Fatal("it was not slow")
	}
	for deadline := time.Now().Add(5 * time.Second); len(b.State().Addresses) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing was taken")
		}
	}
}

func TestControl(t *testing.T) {
	b := start(t, sandbox.Options{Tokens: []string{v2}}) // which the control API does not ask for
	inventory := `{"devices":[{"name":"olt-1","status":"planned"},{"name":"olt-2","interfaces":[{"name":"pon-0/1","type":"xgs-pon","disabled":true}]}],"prefixes":["100.64.10.0/29","100.64.11.0/24"]}`
	for range 2 {
		b.want(204, "", "PUT", "/_sandbox/inventory", inventory)
	}
	s := b.State()
	if len(s.Devices) != 2 || s.Devices[0].Status != "planned" || len(s.Interfaces) != 2 || s.Interfaces[1].Enabled || len(s.Prefixes) != 3 {
		t.Fatalf("%+v", s)
	}
	b.want(200, `"name":"olt-2"`, "GET", "/_sandbox/state", "")
	b.want(403, "", "GET", "/api/status/", "")
	b.want(200, `"status":403`, "GET", "/_sandbox/requests", "")
	b.want(204, "", "DELETE", "/_sandbox/state", "")
	b.want(200, `{"devices":[],"interfaces":[],"prefixes":[],"addresses":[]}`, "GET", "/_sandbox/state", "")
	b.want(200, `[]`, "GET", "/_sandbox/requests", "")
	b.want(400, "error", "PUT", "/_sandbox/inventory", `{"devices":[{"name":"olt-1","interfaces":[{"name":"x"}]}]}`)
	b.want(404, "", "GET", "/_sandbox/nothing", "")
}

func TestServe(t *testing.T) {
	s := sandbox.New(sandbox.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	a, err := http.Get(fmt.Sprintf("http://%s/_sandbox/health", l.Addr()))
	if err != nil || a.StatusCode != 200 {
		t.Fatal(a, err)
	}
	a.Body.Close()
	s.Close()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	everywhere, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Skip(err)
	}
	defer everywhere.Close()
	if sandbox.New(sandbox.Options{}).Serve(everywhere) == nil {
		t.Fatal("it listens on every address")
	}
}
