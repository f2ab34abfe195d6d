package plant_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/domain/provisioning"
	"turnup/internal/external/genieacs"
	"turnup/internal/external/netbox"
	"turnup/internal/external/voltha"
	"turnup/internal/plant"
)

const (
	token  = "nbt_plant.0123456789"
	secret = "geheim-geheim-22"
)

// hook lets one account in, and counts the sessions that begin and end.
type hook struct {
	mu   sync.Mutex
	told []string
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case r.Header.Get("x-api-key") != "the-key":
		w.WriteHeader(http.StatusForbidden)
	case strings.HasSuffix(r.URL.Path, "/authorize"):
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"control:Cleartext-Password":{"op":":=","value":[%q]}}`, secret)
	default:
		var report map[string]struct{ Value []any }
		_ = json.Unmarshal(raw, &report)
		if status := report["Acct-Status-Type"].Value; len(status) == 1 {
			h.told = append(h.told, fmt.Sprint(status[0]))
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func (h *hook) heard(what string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.told {
		if t == what {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 5 s: " + what)
		}
	}
}

func send(t *testing.T, method, url, body string, status int) string {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	raw, _ := io.ReadAll(w.Body)
	if w.StatusCode != status {
		t.Fatalf("%s %s: %d %s", method, url, w.StatusCode, raw)
	}
	return string(raw)
}

// S3-121, S3-125, S3-129: the adapters provision a home through the plant's addresses; the router dials in once it has credentials and
// traffic passes its ONU, hangs up when it ceases to, and again when it is told to forget them.
func TestARouterDialsWhileItsLineIsUp(t *testing.T) {
	p, err := plant.New(plant.Options{Pool: "100.64.0.0/24", Core: "127.0.0.1:0", CoA: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	web := httptest.NewServer(p)
	defer web.Close()
	h := &hook{}
	radius := httptest.NewServer(h)
	defer radius.Close()
	send(t, http.MethodGet, web.URL+"/_plant/health", "", http.StatusOK)
	send(t, http.MethodPut, web.URL+"/_plant/hook", `{"url":"`+radius.URL+`/radius","key":"the-key","secret":"`+secret+`","netboxToken":"`+token+`"}`, http.StatusOK)
	eventually(t, "the BNG says that it is on", func() bool { return h.heard("Accounting-On") == 1 })
	const home = `{"onuSerial":"BBSM00000001","cpeId":"202BC1-BM632w-%s","olt":"olt-7","pon":"pon-0/3","model":%q}`
	for model, cpe := range map[string]string{plant.TR181: "000001", plant.TR098: "000002"} {
		send(t, http.MethodPut, web.URL+"/_plant/homes", "["+fmt.Sprintf(home, cpe, model)+"]", http.StatusOK)
		began, ended := h.heard("Start"), h.heard("Stop")
		port := provisioning.Port{OLT: "olt-7", PON: "pon-0/3"}
		ctx, user := t.Context(), "line-"+cpe+"@demo"
		box := netbox.New(netbox.Options{URL: web.URL + "/netbox", Token: token, Pool4: "100.64.0.0/24", SplitRatio: 4, Within: 5 * time.Second})
		if a, err := box.Reserve(ctx, provisioning.Binding{Service: "svc_1", Customer: "cus_1", Port: port, Serial: "BBSM00000001"}); err != nil || a.Address == "" {
			t.Fatalf("%+v, %v", a, err)
		}
		acs := genieacs.New(genieacs.Options{URL: web.URL + "/genieacs", Within: 5 * time.Second})
		if err := acs.Configure(ctx, "202BC1-BM632w-"+cpe, provisioning.Settings{Service: "svc_1", Username: user, Secret: secret}, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
		if n := len(p.BNG.State().Lines); n != 0 {
			t.Fatalf("%d lines before the ONU has a service", n)
		}
		access, err := voltha.New(voltha.Options{Core: p.Core, Controller: web.URL + "/vgc/v1"})
		if err != nil {
			t.Fatal(err)
		}
		defer access.Close()
		line := provisioning.Line{Service: "svc_1", Port: port, Serial: "BBSM00000001", Profile: provisioning.Profile{DownKbps: 300000, UpKbps: 150000}, Username: user}
		if err := access.Provision(ctx, line, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a session", func() bool { return h.heard("Start") == began+1 })
		send(t, http.MethodPut, web.URL+"/voltha/_sandbox/onus/BBSM00000001", `{"mode":"loss_of_signal"}`, http.StatusOK)
		eventually(t, "its end, without light", func() bool { return h.heard("Stop") == ended+1 && len(p.BNG.State().Lines) == 0 })
		send(t, http.MethodPut, web.URL+"/voltha/_sandbox/onus/BBSM00000001", `{"mode":""}`, http.StatusOK)
		eventually(t, "another session", func() bool { return h.heard("Start") == began+2 })
		if err := acs.Forget(ctx, "202BC1-BM632w-"+cpe, "svc_1", user); err != nil {
			t.Fatal(err)
		}
		eventually(t, "its end, without credentials", func() bool { return h.heard("Stop") == ended+2 && len(p.BNG.State().Lines) == 0 })
		if err := access.Deprovision(ctx, line); err != nil {
			t.Fatal(err)
		}
	}
	send(t, http.MethodPut, web.URL+"/_plant/hook", `{"url":"`+radius.URL+`/radius","key":"the-key","secret":"another"}`, http.StatusOK)
	time.Sleep(100 * time.Millisecond)
	if n := h.heard("Accounting-On"); n != 1 {
		t.Errorf("told %d times that the BNG is on", n)
	}
}

// What cannot be built is refused, and a reset leaves the pool alone.
func TestHomesAndReset(t *testing.T) {
	p, err := plant.New(plant.Options{Pool: "100.64.0.0/24", Core: "127.0.0.1:0", CoA: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	web := httptest.NewServer(p)
	defer web.Close()
	for _, bad := range []string{`[{"onuSerial":"","cpeId":"202BC1-BM632w-000001","olt":"olt-1","pon":"pon-0/1"}]`, `[{"onuSerial":"BBSM00000001","cpeId":"nobody","olt":"olt-1","pon":"pon-0/1"}]`,
		`[{"onuSerial":"BBSM00000001","cpeId":"202BC1-BM632w-000001","olt":"olt-1","pon":"north"}]`, `[{"onuSerial":"BBSM00000001","cpeId":"202BC1-BM632w-000001","olt":"olt-1","pon":"pon-0/1","model":"tr1"}]`, `[{"onu":"x"}]`} {
		send(t, http.MethodPut, web.URL+"/_plant/homes", bad, http.StatusBadRequest)
	}
	if err := p.Build(plant.Home{ONU: "BBSM00000001", CPE: "202BC1-BM632w-000001", OLT: "olt-1", PON: "pon-0/1"}); err != nil {
		t.Fatal(err)
	}
	send(t, http.MethodDelete, web.URL+"/_plant", "", http.StatusOK)
	inventory := p.Netbox.State()
	if len(inventory.Devices) != 0 || len(inventory.Prefixes) != 1 || len(p.Voltha.State().ONUs) != 0 || len(p.Genieacs.State().Devices) != 0 {
		t.Errorf("%+v", inventory)
	}
	if _, err := plant.Listen("0.0.0.0:0"); err == nil {
		t.Error("the whole world may come")
	}
}
