package session_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/sync/errgroup"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/platform/gateway"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/session"
)

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

var key = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))

// api is a stand-in for the API: it knows one customer and one member of staff, and whose access token is "<turn>".
type api struct {
	ended   bool
	failing atomic.Int32 // answers 503 so often
	asked   []*http.Request
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.asked = append(a.asked, r)
	problem := func(status int, code string) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "detail": "It is " + code, "fields": []fault.Field{{Name: "body.x", Message: "bad"}}})
	}
	raw, _ := io.ReadAll(r.Body)
	opened := func(turn string, roles ...string) {
		_ = json.NewEncoder(w).Encode(session.SignedIn{Account: "cus_1", Access: turn, AccessExpires: now.Add(15 * time.Minute), Refresh: "r" + turn, RefreshExpiresAt: now.Add(time.Hour), Roles: roles})
	}
	switch {
	case a.failing.Add(-1) >= 0:
		problem(503, "unavailable")
	case r.URL.Path == "/auth/login" && strings.Contains(string(raw), `"password":"right"`):
		opened("one")
	case r.URL.Path == "/auth/login" && strings.Contains(string(raw), `"password":"staff"`):
		opened("one", "support")
	case r.URL.Path == "/auth/login":
		problem(401, "credentials_wrong")
	case r.URL.Path == "/auth/refresh" && a.ended, r.URL.Path == "/thing" && a.ended:
		problem(401, "token_invalid")
	case r.URL.Path == "/auth/refresh":
		opened("two")
	case r.URL.Path == "/thing" && r.Method == http.MethodPost:
		problem(409, "taken")
	default:
		w.Header().Set("ETag", `"7"`)
		_ = json.NewEncoder(w).Encode(map[string]string{"name": r.Header.Get("Authorization")})
	}
}

type thing struct{ Name, ETag string }

func (t *thing) Version(v string) { t.ETag = v }

type bench struct {
	api   *api
	clock *clock.Manual
	site  *web.Site
	jar   string // the one cookie
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{api: &api{}, clock: clock.At(now)}
	server := httptest.NewServer(b.api)
	t.Cleanup(server.Close)
	cookies, err := web.NewCookies(key)
	if err != nil {
		t.Fatal(err)
	}
	b.site, err = web.New(web.Options{Tenant: "demo", Clock: b.clock, Base: "https://shop.example.com/v1", Cookies: cookies,
		Problem: func(_ *web.Visit, f *fault.Fault) templ.Component {
			return templ.Raw("problem " + f.Code + " " + f.Message)
		}})
	if err != nil {
		t.Fatal(err)
	}
	d := session.Desk{API: session.NewAPI(server.URL), Name: "portal", SignIn: "/portal/sign-in"}
	staff := session.Desk{API: d.API, Name: "console", SignIn: "/console/sign-in", Staff: true}
	b.site.Add(web.Page{ID: "staffIn", Method: "POST", Path: "/console/sign-in"}, func(v *web.Visit) (web.Answer, error) {
		return web.Go(v.On("/console")), staff.Open(v, session.Credentials{Login: v.Field("login"), Password: v.Field("password")})
	})
	b.site.Add(web.Page{ID: "staffThing", Method: "GET", Path: "/console/thing"}, staff.For(func(_ *web.Visit, c session.Caller) (web.Answer, error) {
		return web.Show(templ.Raw("thing")), c.Get("/thing", nil, nil)
	}))
	b.site.Add(web.Page{ID: "in", Method: "POST", Path: "/portal/sign-in"}, func(v *web.Visit) (web.Answer, error) {
		return web.Go(session.Next(v, "/portal")), d.Open(v, session.Credentials{Login: v.Field("login"), Password: v.Field("password")})
	})
	b.site.Add(web.Page{ID: "out", Method: "POST", Path: "/portal/out"}, func(v *web.Visit) (web.Answer, error) {
		d.Close(v)
		return web.Go(v.On("/portal")), nil
	})
	b.site.Add(web.Page{ID: "thing", Method: "GET", Path: "/portal/thing"}, d.For(func(_ *web.Visit, c session.Caller) (web.Answer, error) {
		var it thing
		err := c.Get("/thing", nil, &it)
		return web.Show(templ.Raw(it.Name + " " + it.ETag)), err
	}))
	b.site.Add(web.Page{ID: "do", Method: "POST", Path: "/portal/thing"}, d.For(func(v *web.Visit, c session.Caller) (web.Answer, error) {
		return web.Answer{}, c.Post("/thing", v.Field("attempt"), map[string]int{"n": 1}, nil)
	}))
	return b
}

// visit sends a request as a browser that keeps the cookie would.
func (b *bench) visit(method, path, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://shop.example.com"+path, strings.NewReader(form))
	r.Header.Set("User-Agent", "Browser/1")
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if b.jar != "" {
		r.Header.Set("Cookie", b.jar)
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.jar = c.Name + "=" + c.Value; c.MaxAge < 0 {
			b.jar = ""
		}
	}
	return w
}

// Whoever is not signed in signs in first and then comes to the page they asked for, on this site; what they read is asked for in their name.
func TestSignIn(t *testing.T) {
	b := newBench(t)
	if w := b.visit("GET", "/portal/thing", ""); w.Header().Get("Location") != "https://shop.example.com/v1/portal/sign-in?next=%2Fportal%2Fthing" {
		t.Fatalf("led to %q", w.Header().Get("Location"))
	}
	if w := b.visit("POST", "/portal/sign-in", "login=ada&password=wrong"); w.Code != 401 || b.jar != "" || !strings.Contains(w.Body.String(), "credentials_wrong It is credentials_wrong") {
		t.Errorf("%d %s %q", w.Code, w.Body, b.jar)
	}
	if w := b.visit("POST", "/portal/sign-in", "login=ada&password=staff"); w.Code != 403 || b.jar != "" {
		t.Errorf("staff came in at the customers' door: %d %q", w.Code, b.jar)
	}
	for next, want := range map[string]string{"/portal/thing": "/portal/thing", "//evil.example": "/portal", "/portal//evil.example": "/portal", "https://evil.example": "/portal", "/portalevil": "/portal", "/portal/\\evil": "/portal"} {
		if w := b.visit("POST", "/portal/sign-in", "login=ada&password=right&next="+next); w.Header().Get("Location") != "https://shop.example.com/v1"+want {
			t.Errorf("next %q leads to %q", next, w.Header().Get("Location"))
		}
	}
	w := b.visit("GET", "/portal/thing", "")
	last := b.api.asked[len(b.api.asked)-1]
	if w.Body.String() != `Bearer one "7"` || last.Header.Get("User-Agent") != "Browser/1" || last.Header.Get("X-Correlation-Id") != w.Header().Get("X-Correlation-Id") {
		t.Errorf("%s with %v", w.Body, last.Header)
	}
	trust, err := gateway.ParseKeys(key)
	if err != nil || trust.Visitor(last.Header.Get(gateway.VisitorHeader), now) == "" {
		t.Errorf("the visitor's address is not vouched for: %v", last.Header)
	}
}

// The access line of a page says whose visit it was: a customer's, or of the staff.
func TestAccessLineSaysWho(t *testing.T) {
	b := newBench(t)
	var lines bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&lines, nil)))
	defer slog.SetDefault(before)
	for door, who := range map[string]string{"/portal": `"customerId":"cus_1","staff":""`, "/console": `"customerId":"","staff":"cus_1"`} {
		lines.Reset()
		b.visit("POST", door+"/sign-in", "login=ada&password="+map[string]string{"/portal": "right", "/console": "staff"}[door])
		b.visit("GET", door+"/thing", "")
		if got := strings.Count(lines.String(), who); got != 2 {
			t.Errorf("%s: %d of two lines say who: %s", door, got, lines.String())
		}
	}
}

// Calls of a page that are made together leave their connections to the next page.
func TestConnectionsAreKept(t *testing.T) {
	const together = 8
	var opened atomic.Int32
	var gate sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		gate.Done()
		gate.Wait()
		_, _ = w.Write([]byte("{}"))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	api := session.NewAPI(server.URL)
	b := newBench(t)
	b.site.Add(web.Page{ID: "many", Method: "GET", Path: "/many"}, func(v *web.Visit) (web.Answer, error) {
		gate.Add(together)
		var g errgroup.Group
		for range together {
			g.Go(func() error { return api.Post(v, "/x", "", nil, nil) })
		}
		return web.Show(templ.Raw("many")), g.Wait()
	})
	for range 3 {
		if w := b.visit("GET", "/many", ""); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if n := opened.Load(); n != together {
		t.Errorf("%d connections for %d calls at once", n, together)
	}
}

// A session goes on with the next tokens when its access token is over; where it was ended, its visitor signs in again. Signing out ends it.
func TestSessionGoesOnAndEnds(t *testing.T) {
	b := newBench(t)
	b.visit("POST", "/portal/sign-in", "login=ada&password=right")
	b.clock.Advance(15 * time.Minute)
	if w := b.visit("GET", "/portal/thing", ""); w.Body.String() != `Bearer two "7"` {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := b.visit("POST", "/portal/thing", "attempt=1"); w.Code != 409 || !strings.Contains(w.Body.String(), "problem taken") || b.api.asked[len(b.api.asked)-1].Header.Get("Idempotency-Key") != "1" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.api.failing.Store(1)
	if w := b.visit("GET", "/portal/thing", ""); w.Code != 200 {
		t.Errorf("one bad moment of the API is shown: %d %s", w.Code, w.Body)
	}
	b.api.failing.Store(2)
	if w := b.visit("GET", "/portal/thing", ""); w.Code != 503 || b.jar == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	kept := b.jar
	b.api.ended = true
	if w := b.visit("GET", "/portal/thing", ""); w.Code != http.StatusSeeOther || b.jar != "" {
		t.Errorf("an ended session shows %d %s", w.Code, w.Body)
	}
	b.jar, b.api.ended = kept, false
	b.visit("POST", "/portal/out", "x=1")
	if last := b.api.asked[len(b.api.asked)-1]; last.URL.Path != "/auth/logout" || b.jar != "" {
		t.Errorf("signing out asks %s and leaves %q", last.URL, b.jar)
	}
}
