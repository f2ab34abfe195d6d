package qualification

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/rest"
)

func TestMain(m *testing.M) {
	metric.Sink = io.Discard
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// streets is a store of the homes of one house.
type streets struct {
	asked provisioning.Address
	spent int
}

func (s *streets) LocationsAt(_ context.Context, _ id.Tenant, a provisioning.Address) ([]provisioning.Location, error) {
	if s.asked = a; a.House != "12a" {
		return nil, nil
	}
	most := provisioning.Profile{DownKbps: 1000000, UpKbps: 500000}
	return []provisioning.Location{{ID: "loc-1", Serving: true, Most: most}, {ID: "loc-2", Serving: true, Serves: "svc_1", Most: most, Equipment: provisioning.Equipment{ONU: "a", CPE: "b"}}, {ID: "loc-3", Most: most, Equipment: provisioning.Equipment{ONU: "a"}}}, nil
}

func (s *streets) Spend(_ context.Context, tenant id.Tenant, what, caller string, budget int, window time.Duration) error {
	if s.spent++; s.spent > 2 || tenant != "demo" || what != "qualification" || caller == "" || budget != 30 || window != time.Minute {
		return fault.ErrThrottled
	}
	return nil
}

// S3-32, S3-107: which homes there are at an address, which can be had and why not; who asks too often waits. Whose a home is stays untold.
func TestQualify(t *testing.T) {
	for query, k := range map[string]struct {
		status int
		body   string
	}{
		"country=DE&postcode=10115&street=Ringstr.&houseNumber=12a": {200, `{"reached":true,"places":[{"locationId":"loc-1","available":true,"technology":"gpon","most":{"downKbps":1000000,"upKbps":500000},"installed":false},` +
			`{"locationId":"loc-2","available":false,"reason":"location_already_served","technology":"gpon","most":{"downKbps":1000000,"upKbps":500000},"installed":true},` +
			`{"locationId":"loc-3","available":false,"reason":"address_not_serviceable","technology":"gpon","most":{"downKbps":1000000,"upKbps":500000},"installed":false}]}`},
		"country=DE&postcode=10115&street=Ringstr.&houseNumber=13": {200, `{"reached":false,"places":[]}`},
		"country=de&postcode=10115&street=Ringstr.&houseNumber=13": {400, "query.country"},
		"country=DE&postcode=10115&street=Ringstr.":                {400, "query.houseNumber"},
	} {
		s := &streets{}
		ask := func() *httptest.ResponseRecorder {
			api := rest.New(rest.Options{Tenant: "demo", Clock: clock.System})
			Register(api, Deps{Store: s})
			w := httptest.NewRecorder()
			api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/service-qualification?"+query, nil))
			return w
		}
		if w := ask(); w.Code != k.status || !strings.Contains(w.Body.String(), k.body) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
		if s.spent = 2; k.status == 200 {
			if w := ask(); w.Code != http.StatusTooManyRequests {
				t.Errorf("%s, too often: %d", query, w.Code)
			}
			if s.asked.Street != "Ringstr." || s.asked.Postcode != "10115" || s.asked.Country != "DE" {
				t.Errorf("asked for %+v", s.asked)
			}
		}
	}
}
