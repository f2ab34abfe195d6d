package rest_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/platform/gateway"
	"turnup/internal/platform/rest"
)

// X6: who is called for by our own pages is known by their own address, where the operation's function has the pages' key; anybody else,
// whatever they claim, is known by the address they call from.
func TestVisitorsAddress(t *testing.T) {
	keys, err := gateway.ParseKeys(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	if err != nil {
		t.Fatal(err)
	}
	said := keys.Vouch("203.0.113.9", now)
	for name, c := range map[string]struct {
		trusts gateway.Keys
		header string
		want   string
	}{
		"our pages":         {keys, said, "203.0.113.9"},
		"forged":            {keys, strings.Replace(said, "113.9", "113.8", 1), "192.0.2.1:1234"},
		"old":               {keys, keys.Vouch("203.0.113.9", now.Add(-time.Minute)), "192.0.2.1:1234"},
		"none":              {keys, "", "192.0.2.1:1234"},
		"nobody is trusted": {nil, said, "192.0.2.1:1234"},
	} {
		seen := ""
		api := rest.New(rest.Options{Tenant: "demo", Clock: clock.At(now), Visitors: c.trusts})
		rest.Register(api, rest.Op{ID: "getHelp", Method: http.MethodGet, Path: "/help", Audience: rest.Public, Service: "bench"}, func(ctx context.Context, _ *struct{}) (*nameOutput, error) {
			seen = rest.CallerOf(ctx).Address
			return &nameOutput{}, nil
		})
		r := httptest.NewRequest(http.MethodGet, "/help", nil)
		r.Header.Set(gateway.VisitorHeader, c.header)
		api.ServeHTTP(httptest.NewRecorder(), r)
		if seen != c.want {
			t.Errorf("%s: %q, want %q", name, seen, c.want)
		}
	}
}
