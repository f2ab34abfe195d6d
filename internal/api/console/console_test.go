package console

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/token"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

// api is a stand-in for the API. With a gate it answers nobody before as many are there as the gate is for.
type api struct {
	mu      sync.Mutex
	answers map[string]string // by path; {} where there is none
	refused map[string]string // code of a fault, by path
	asked   []string
	atOnce  int
	gate    chan struct{}
	alone   bool // somebody waited in vain
}

// expects begins anew; calls are as many as are to come at once, 0 if nobody is to wait.
func (a *api) expects(calls int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked, a.atOnce, a.gate, a.alone = nil, calls, nil, false
	if calls > 0 {
		a.gate = make(chan struct{})
	}
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.asked = append(a.asked, r.Method+" "+r.URL.Path)
	gate := a.gate
	if gate != nil && len(a.asked) == a.atOnce {
		close(gate)
	}
	answer, known := a.answers[r.URL.Path]
	if code := a.refused[r.URL.Path]; code != "" {
		a.mu.Unlock()
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"code":"` + code + `","detail":"It is ` + code + `."}`))
		return
	}
	a.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-time.After(20 * time.Second):
			a.mu.Lock()
			a.alone = true
			a.mu.Unlock()
		}
	}
	if !known {
		answer = "{}"
	}
	_, _ = w.Write([]byte(answer))
}

// browser is at the console, as an administrator who is signed in.
type browser struct {
	site *web.Site
	api  *api
	jar  []*http.Cookie
}

func atDesk(t *testing.T, answers map[string]string) *browser {
	t.Helper()
	now := time.Date(2030, 1, 15, 12, 0, 0, 0, time.UTC)
	in, err := json.Marshal(session.SignedIn{Account: "stf_1", Access: "a", AccessExpires: now.Add(time.Hour), Refresh: "r", RefreshExpiresAt: now.Add(2 * time.Hour), Roles: token.Roles})
	if err != nil {
		t.Fatal(err)
	}
	answers["/auth/login"] = string(in)
	d := &browser{api: &api{answers: answers}}
	server := httptest.NewServer(d.api)
	t.Cleanup(server.Close)
	cookies, err := web.NewCookies(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	if err != nil {
		t.Fatal(err)
	}
	l := look.New(look.Theme{Brand: "Demo", Color: "#1f4fd8"}, "console", "assets")
	if d.site, err = web.New(web.Options{Tenant: "demo", Clock: clock.At(now), Base: "https://isp.example/v1", Cookies: cookies, Problem: Problem(l)}); err != nil {
		t.Fatal(err)
	}
	Register(d.site, Deps{Desk: session.Desk{API: session.NewAPI(server.URL), Name: "console", SignIn: SignIn, Staff: true}, Look: l})
	w := d.visit(http.MethodPost, SignIn, url.Values{"login": {"grace@example.com"}, "password": {"right"}})
	if d.jar = w.Result().Cookies(); w.Code != http.StatusSeeOther || len(d.jar) != 1 {
		t.Fatalf("sign-in: %d %s", w.Code, w.Body)
	}
	return d
}

func (d *browser) visit(method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://isp.example"+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range d.jar {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	d.site.ServeHTTP(w, r)
	return w
}
