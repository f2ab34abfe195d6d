package look

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/platform/web"

	"github.com/a-h/templ"
)

// draw serves one page of a tenant and answers it.
func draw(t *testing.T, l *Look, path string, page func(*web.Visit) templ.Component, headers ...string) string {
	t.Helper()
	site, err := web.New(web.Options{Clock: clock.System, Base: "https://shop.example.com/v1", Problem: func(v *web.Visit, f *fault.Fault) templ.Component {
		return Fault(l.Fault(v, f, map[string]Problem{"own": {"Own words", ""}}, "https://shop.example.com/back"))
	}})
	if err != nil {
		t.Fatal(err)
	}
	site.Add(web.Page{Method: http.MethodGet, Path: "/page"}, func(v *web.Visit) (web.Answer, error) { return web.Show(page(v)), nil })
	site.Add(web.Page{Method: http.MethodGet, Path: "/assets/{file}"}, l.Asset)
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w.Body.String()
}

var sheet = regexp.MustCompile(`https://shop\.example\.com/v1(/assets/style-[0-9a-f]{12}\.css)`)

// Pages say their language, load nothing but their own stylesheet, and mark what is wrong with a field for those who do not see it.
func TestPage(t *testing.T) {
	l := New(Theme{Brand: "Turnup <Demo>", Color: "#ffd400"}, "assets")
	mail := Field{Name: "email", Label: "Mail", Hint: "Yours", Wrong: "Not one", Value: `"><script>`}
	page := draw(t, l, "/page", func(v *web.Visit) templ.Component {
		f := l.Frame(v, "Title")
		return templ.Join(Mistakes(f, mail, Field{Name: "name"}), Input(mail), Page(f))
	}, "Accept-Language", "de-AT, en;q=0.5")
	for _, part := range []string{`<html lang="de">`, "Turnup &lt;Demo&gt;", `<a href="#email">Not one</a>`, `aria-describedby="email-hint email-wrong"`, `aria-invalid="true"`, `<label for="email">`, "Zum Inhalt springen", "&#34;&gt;&lt;script&gt;"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %s: %s", part, page)
		}
	}
	if strings.Contains(page, "<style") || strings.Contains(page, "style=") || strings.Contains(page, "<script") {
		t.Error("it holds what its policy forbids, or a script that it does not need")
	}
	found := sheet.FindStringSubmatch(page)
	if found == nil {
		t.Fatal("there is no stylesheet")
	}
	css := draw(t, l, found[1], nil)
	if !strings.HasPrefix(css, ":root{--brand:#ffd400;--on-brand:#1b1f24;--link:#1b1f24}") { // white letters could not be read on it, nor it on white
		t.Errorf("%.200s", css)
	}
	if dark := New(Theme{Color: "#1f4fd8"}, "assets"); dark.sheet == l.sheet || !strings.HasPrefix(dark.assets[dark.sheet].text, ":root{--brand:#1f4fd8;--on-brand:#fff;--link:#1f4fd8}") {
		t.Error("a stylesheet of another colour has the same name, or the wrong letters")
	}
}

// A page that leads on says where; one that waits looks again without a script too.
func TestPageGoesOn(t *testing.T) {
	l := New(Theme{Brand: "Demo", Color: "#1f4fd8"}, "assets")
	page := draw(t, l, "/page", func(v *web.Visit) templ.Component {
		f := l.Frame(v, "Title")
		waits := f
		waits.Refresh = true
		return templ.Join(Page(f.LeadingTo("https://pay.example.com/a?b=c&d=e")), Page(waits), Waiting("Wait", "A moment", "/status"))
	})
	for _, part := range []string{`content="0; url=https://pay.example.com/a?b=c&amp;d=e"`, `<noscript><meta http-equiv="refresh" content="3"></noscript>`, `/assets/wait-`, `data-status="/status"`, `role="status"`} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %s: %s", part, page)
		}
	}
}

func TestFaultPage(t *testing.T) {
	l := New(Theme{Brand: "Demo", Color: "#1f4fd8"}, "assets")
	page := draw(t, l, "/nowhere", nil)
	for _, part := range []string{"There is no such page", "route_not_found", "https://shop.example.com/back", "please quote"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %s: %s", part, page)
		}
	}
}

// Every language has words for everything.
func TestWordsAreWhole(t *testing.T) {
	for tag, w := range shipped() {
		for code := range shipped()["en"].Problems {
			if w.Problems[code].Title == "" {
				t.Errorf("%s has no words for %q", tag, code)
			}
		}
		if w.Skip == "" || w.Footer == "" || w.Request == "" || w.Back == "" || w.Mistakes == "" || w.Steps == "" {
			t.Errorf("%s lacks words: %+v", tag, w)
		}
	}
}
