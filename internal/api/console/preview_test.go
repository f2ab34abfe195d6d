package console

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func TestPreview(t *testing.T) {
	if os.Getenv("PREVIEW") == "" {
		t.Skip()
	}
	key := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	cookies, _ := web.NewCookies(key)
	l := look.New(look.Theme{Brand: "Turnup Demo", Color: "#1f4fd8"}, "console", "assets")
	l.Only = "en"
	base := "http://127.0.0.1:18556"
	site, err := web.New(web.Options{Tenant: "demo", Clock: clock.System, Base: base, Cookies: cookies, Problem: Problem(l)})
	if err != nil {
		t.Fatal(err)
	}
	Register(site, Deps{Desk: session.Desk{API: session.NewAPI("http://127.0.0.1:18555"), Name: "console", SignIn: SignIn, Staff: true}, Look: l})
	r := httptest.NewRequest("POST", base+"/console/sign-in", strings.NewReader("login=a@b.example&password=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	c := w.Result().Cookies()
	if len(c) == 0 {
		t.Fatal(w.Code, w.Body)
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Cookie", c[0].Name+"="+c[0].Value)
		site.ServeHTTP(w, r)
	})
	go http.ListenAndServe("127.0.0.1:18556", h)
	time.Sleep(20 * time.Minute)
}
