package reference

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"turnup/internal/api/reference/site"
	"turnup/internal/base/clock"
	"turnup/internal/platform/rest"
)

func served(t *testing.T, path string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	w := httptest.NewRecorder()
	a := rest.New(rest.Options{Clock: clock.System})
	site.Register(a)
	a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w, w.Body.String()
}

// S3-157, S0-54, S0-55: the page tells every operation's endpoint, and the journey's steps with events and faults.
func TestPageTellsEverything(t *testing.T) {
	w, page := served(t, "/reference")
	if got := w.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; style-src") {
		t.Errorf("policy %q", got)
	}
	for _, op := range Document().Operations() {
		for _, want := range []string{`id="` + op.ID + `"`, `href="#` + op.ID + `"`, op.Method + "</b>" + op.Path} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %s", op.ID, want)
			}
		}
		for _, f := range op.Faults {
			if !strings.Contains(page, f.Code) {
				t.Errorf("%s: the page lacks %s", op.ID, f.Code)
			}
		}
		for _, e := range op.Events {
			if !strings.Contains(page, e) {
				t.Errorf("%s: the page lacks %s", op.ID, e)
			}
		}
	}
}

var (
	heading = regexp.MustCompile(`<h([1-6])`)
	ids     = regexp.MustCompile(`\sid="([^"]+)"`)
	links   = regexp.MustCompile(`href="#([^"]+)"`)
)

// The page works without scripts, loads nothing from elsewhere, and can be walked by headings and landmarks.
func TestPageIsAccessible(t *testing.T) {
	_, page := served(t, "/reference")
	for _, bad := range []string{"<script", "<img", "<link", "<iframe", "src=", "javascript:", "@import", "url("} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	for _, want := range []string{`lang="en"`, "<header>", "<nav ", "<main ", "<footer>", `class="skip"`, "prefers-color-scheme:dark", "width=device-width"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	last := 0
	for _, h := range heading.FindAllStringSubmatch(page, -1) {
		level := int(h[1][0] - '0')
		if level > last+1 {
			t.Errorf("a heading of level %d follows one of level %d", level, last)
		}
		last = level
	}
	known := map[string]bool{}
	for _, id := range ids.FindAllStringSubmatch(page, -1) {
		if known[id[1]] {
			t.Errorf("id %s is there twice", id[1])
		}
		known[id[1]] = true
	}
	for _, l := range links.FindAllStringSubmatch(page, -1) {
		if !known[l[1]] {
			t.Errorf("a link leads to #%s, which is not there", l[1])
		}
	}
}

// S0-56: what is served is the whole document.
func TestDocumentIsServed(t *testing.T) {
	w, body := served(t, "/openapi.json")
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]any
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || doc.OpenAPI != "3.1.0" || len(doc.Paths) < 10 {
		t.Errorf("%v, %s, %d paths", err, doc.OpenAPI, len(doc.Paths))
	}
}

// S0-52: the walk by hand goes through the journey's operations in order and needs nothing but a shell and curl.
func TestWalkFollowsTheJourney(t *testing.T) {
	api := Document()
	steps := walk(api)
	at := 0
	for _, op := range api.Operations() {
		if !strings.HasPrefix(op.Step, "S0 ") {
			continue
		}
		if at >= len(steps) || steps[at].Operation != op.ID {
			t.Fatalf("step %d is not %s", at+1, op.ID)
		}
		at++
	}
	set := map[string]bool{"API": true, "NAME": true, "PASSWORD": true, "RETURN": true, "SESSION": true}
	for _, s := range steps {
		if strings.Contains(s.Command, "$(") || strings.Contains(s.Command, "@") && !strings.Contains(s.Command, "@example.com") {
			t.Errorf("%s needs more than a shell: %s", s.Operation, s.Command)
		}
		for _, v := range regexp.MustCompile(`\$([A-Z]+)`).FindAllStringSubmatch(s.Command, -1) {
			if !set[v[1]] {
				t.Errorf("%s uses %s, which no step has set", s.Operation, v[1])
			}
		}
		for _, k := range s.Keep {
			set[k.Variable] = true
		}
	}
}
