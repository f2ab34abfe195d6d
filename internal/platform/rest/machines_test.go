package rest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/platform/rest"
)

// A machine is let in by one of its tenant's keys and by nothing else, short keys and rotation included; what it sends is not read before.
func TestMachines(t *testing.T) {
	const key, next = "0123456789abcdefghij", "ABCDEFGHIJ0123456789"
	var got id.Tenant
	a := rest.New(rest.Options{Tenant: "demo", Clock: clock.System, Machines: rest.ParseMachines("acme:" + key + ", acme:" + next + ",other:short,:" + key + ",nokey")})
	type in struct {
		RawBody []byte `contentType:"application/json"`
	}
	rest.Register(a, rest.Op{ID: "tell", Method: http.MethodPost, Path: "/tell", Audience: rest.Machine, Service: "x", Status: http.StatusNoContent}, func(ctx context.Context, _ *in) (*struct{}, error) {
		got = rest.CallerOf(ctx).Tenant
		return nil, nil
	})
	for k, want := range map[string]int{key: 204, next: 204, "": 403, "short": 403, key + "x": 403, key[1:]: 403, "acme:" + key: 403, "nokey": 403} {
		got = ""
		r := httptest.NewRequest(http.MethodPost, "/tell", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		if k != "" {
			r.Header.Set("x-api-key", k)
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != want || (want == 204) != (got == "acme") {
			t.Errorf("%q: %d for %q\n%s", k, w.Code, got, w.Body)
		}
	}
}
