package web_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/freetext"
	"turnup/internal/platform/web"
)

const (
	base   = "https://shop.example.com/v1"
	canary = "canary-4711"
)

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

func text(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	})
}

// bench is a site with one page of each kind; said is what its form's page read.
type bench struct {
	site *web.Site
	fail error
	said string
}

func newBench(t *testing.T, c *clock.Manual) *bench {
	t.Helper()
	cookies, err := web.NewCookies(key('a') + "," + key('b'))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{}
	b.site, err = web.New(web.Options{Tenant: "demo", Clock: c, Base: base, Cookies: cookies,
		Problem: func(v *web.Visit, f *fault.Fault) templ.Component {
			return text("problem " + f.Code + " " + v.RequestID())
		}})
	if err != nil {
		t.Fatal(err)
	}
	b.site.Add(web.Page{ID: "getPage", Method: http.MethodGet, Path: "/page/{id}"}, func(v *web.Visit) (web.Answer, error) {
		return web.Show(text(v.PathValue("id")+" "+v.Language()+" "+v.To("page", "a/b")+" "+v.Here()), "https://pay.example.com"), b.fail
	})
	b.site.Add(web.Page{ID: "sendForm", Method: http.MethodPost, Path: "/page/{id}"}, func(v *web.Visit) (web.Answer, error) {
		b.said = v.Field("name") + "|" + v.Field("password")
		return web.Go(v.To("page", "next")), b.fail
	})
	b.site.Add(web.Page{ID: "remember", Method: http.MethodGet, Path: "/remember"}, func(v *web.Visit) (web.Answer, error) {
		return web.Show(text("had " + v.Cookie("one"))), v.Remember("one", "this; and=that", time.Hour)
	})
	b.site.Add(web.Page{ID: "panics", Method: http.MethodGet, Path: "/panics"}, func(*web.Visit) (web.Answer, error) { panic(canary) })
	b.site.Add(web.Page{ID: "getFile", Method: http.MethodGet, Path: "/file"}, func(*web.Visit) (web.Answer, error) {
		return web.File("text/css", []byte("a{}"), time.Hour), nil
	})
	b.site.Add(web.Page{ID: "getData", Method: http.MethodGet, Path: "/data"}, func(*web.Visit) (web.Answer, error) { return web.Data(map[string]int{"n": 1}) })
	return b
}

func key(c byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(c), 32)))
}

func (b *bench) send(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	return w
}

func TestDocument(t *testing.T) {
	w := newBench(t, clock.At(now)).send("GET", "/page/x", "", "Accept-Language: de-AT;q=0.9, en", "X-Correlation-Id: journey-0815", "Host: evil.example.com")
	if w.Code != 200 || w.Body.String() != "x de-AT "+base+"/page/a%2Fb "+base+"/page/x" {
		t.Errorf("%d %q", w.Code, w.Body.String())
	}
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' https://pay.example.com",
		"Content-Type":            "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
		"Strict-Transport-Security": "max-age=31536000", "X-Correlation-Id": "journey-0815",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if w.Header().Get("X-Request-Id") == "" || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error("it has no request id, or other origins may read it")
	}
}

func TestFormsAreReadAndLeadOn(t *testing.T) {
	b := newBench(t, clock.At(now))
	w := b.send("POST", "/page/x", "name=+Ada+%26+co&password=+secret+")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != base+"/page/next" || b.said != "Ada & co| secret " {
		t.Errorf("%d %q %q", w.Code, w.Header().Get("Location"), b.said)
	}
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		headers []string
		fine    bool
	}{
		"our own page":                  {[]string{"Sec-Fetch-Site: same-origin", "Origin: https://shop.example.com"}, true},
		"an older browser, our page":    {[]string{"Origin: https://shop.example.com"}, true},
		"no browser":                    {nil, true},
		"another site":                  {[]string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example.com"}, false},
		"a neighbour":                   {[]string{"Sec-Fetch-Site: same-site", "Origin: https://evil.shop.example.com"}, false},
		"an older browser, other site":  {[]string{"Origin: https://evil.example.com"}, false},
		"an older browser, hidden site": {[]string{"Origin: null"}, false},
	} {
		b := newBench(t, clock.At(now))
		w := b.send("POST", "/page/x", "name=Ada", c.headers...)
		if fine := w.Code == http.StatusSeeOther && b.said != ""; fine != c.fine || !c.fine && (w.Code != 403 || !strings.Contains(w.Body.String(), "problem cross_site_request")) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestBadInputHasItsOwnPage(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		code               string
		status             int
	}{
		"JSON":        {"POST", "/page/x", "{}", []string{"Content-Type: application/json"}, "invalid_request", 400},
		"too much":    {"POST", "/page/x", "name=" + strings.Repeat("a", web.MaxForm), nil, "request_too_large", 413},
		"a card":      {"POST", "/page/x", "name=4242424242424242", nil, freetext.ErrCardNumber.Code, 400},
		"no text":     {"POST", "/page/x", "name=%ff", nil, "invalid_request", 400},
		"bad escape":  {"POST", "/page/x", "name=%zz", nil, "invalid_request", 400},
		"bad query":   {"GET", "/page/x?a=%zz", "", nil, "invalid_request", 400},
		"no page":     {"GET", "/elsewhere", "", nil, "route_not_found", 404},
		"wrong verb":  {"DELETE", "/page/x", "", nil, "route_not_found", 404},
		"a password":  {"POST", "/page/x", "password=4242424242424242", nil, "", 303},
		"a long name": {"POST", "/page/x", "name=" + strings.Repeat("a", 60000), nil, "", 303},
	} {
		b := newBench(t, clock.At(now))
		w := b.send(c.method, c.path, c.body, c.headers...)
		if w.Code != c.status || c.code != "" && (!strings.Contains(w.Body.String(), "problem "+c.code+" ") || b.said != "") {
			t.Errorf("%s: %d %s %q", name, w.Code, w.Body, b.said)
		}
	}
}

func TestFailuresTellNothing(t *testing.T) {
	b := newBench(t, clock.At(now))
	b.fail = errors.New(canary)
	for _, path := range []string{"/page/x", "/panics"} {
		w := b.send("GET", path, "")
		if w.Code != 500 || !strings.HasPrefix(w.Body.String(), "problem internal ") || strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	b.fail = fault.ErrUnavailable
	if w := b.send("GET", "/page/x", ""); w.Code != 503 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestCookiesAreOurs(t *testing.T) {
	c := clock.At(now)
	b := newBench(t, c)
	set := b.send("GET", "/remember", "").Header().Get("Set-Cookie")
	for _, part := range []string{"__Host-one=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Max-Age=3600"} {
		if !strings.Contains(set, part) {
			t.Errorf("%q has no %q", set, part)
		}
	}
	value, _, _ := strings.Cut(strings.TrimPrefix(set, "__Host-one="), ";")
	had := func(cookie string) string {
		return strings.TrimPrefix(b.send("GET", "/remember", "", "Cookie: "+cookie).Body.String(), "had ")
	}
	if got := had("__Host-one=" + value); got != "this; and=that" {
		t.Errorf("it remembers %q", got)
	}
	older, err := web.NewCookies(key('b'))
	if err != nil {
		t.Fatal(err)
	}
	if got := had("__Host-one=" + older.Seal("one", "before", now.Add(time.Minute))); got != "before" {
		t.Errorf("the older key's cookie is %q", got)
	}
	stranger, _ := web.NewCookies(key('c'))
	for name, forged := range map[string]string{
		"plain": "__Host-one=x", "without prefix": "one=" + value, "of another name": "__Host-one=" + older.Seal("two", "x", now.Add(time.Minute)),
		"of another key": "__Host-one=" + stranger.Seal("one", "x", now.Add(time.Minute)), "changed": "__Host-one=A" + value, "over": "__Host-one=" + older.Seal("one", "x", now),
	} {
		if got := had(forged); got != "" {
			t.Errorf("%s: it takes %q", name, got)
		}
	}
	c.Advance(time.Hour)
	if got := had("__Host-one=" + value); got != "" {
		t.Errorf("after its time it remembers %q", got)
	}
}

func TestFilesMayBeKept(t *testing.T) {
	b := newBench(t, clock.At(now))
	if w := b.send("GET", "/file", ""); w.Header().Get("Cache-Control") != "public, max-age=3600, immutable" || w.Body.String() != "a{}" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	if w := b.send("GET", "/data", ""); w.Header().Get("Content-Type") != "application/json" || w.Body.String() != `{"n":1}` {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	for _, bad := range []string{"", "shop.example.com", "https://shop.example.com/", "https://shop.example.com?a=b"} {
		if _, err := web.New(web.Options{Clock: clock.At(now), Base: bad}); err == nil {
			t.Errorf("%q is taken for a base address", bad)
		}
	}
	for _, bad := range []string{"", "short", key('a') + ",", base64.StdEncoding.EncodeToString([]byte("short"))} {
		if _, err := web.NewCookies(bad); err == nil {
			t.Errorf("%q is taken for keys", bad)
		}
	}
}
