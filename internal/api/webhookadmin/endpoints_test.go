package webhookadmin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/base/token/tokentest"
	"turnup/internal/domain/webhook"
	"turnup/internal/platform/rest"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// drawer keeps endpoints in memory.
type drawer struct {
	Store
	endpoints []webhook.Endpoint
	answers   map[string]json.RawMessage
}

func (d *drawer) Recall(_ context.Context, r once.Request) (json.RawMessage, error) {
	return d.answers[r.Key], nil
}

func (d *drawer) WebhookEndpoints(context.Context, id.Tenant) ([]webhook.Endpoint, error) {
	return d.endpoints, nil
}

func (d *drawer) SaveEndpoint(_ context.Context, use *once.Use, e webhook.Endpoint) error {
	d.endpoints = append(d.endpoints, e)
	d.answers[use.Key] = use.Stored()
	use.Committed()
	return nil
}

// desk is the API with an administrator's token.
func desk(t *testing.T, d *drawer) func(key string) *httptest.ResponseRecorder {
	t.Helper()
	signer, verifier := tokentest.Pair(clock.At(noon))
	session, _, err := signer.StaffSession("demo", "stf_1", []string{token.RoleAdmin}, noon)
	if err != nil {
		t.Fatal(err)
	}
	api := rest.New(rest.Options{Tenant: "demo", Verifier: verifier, Clock: clock.At(noon)})
	Register(api, Deps{Store: d, Clock: clock.At(noon), Key: webhook.Key("0123456789abcdef0123456789abcdef")})
	return func(key string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, base, strings.NewReader(`{"url":"https://hooks.example.com/turnup","eventTypes":["order.paid"],"enabled":true}`))
		r.Header.Set("Authorization", "Bearer "+session)
		r.Header.Set("Idempotency-Key", key)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w
	}
}

// A client account has a bound of endpoints. The one after the last is refused with a code of its own, and nothing is kept of it; the
// last one, asked for again under its key, is answered as it was; and when one is deleted there is room again.
func TestEndpointsAreBounded(t *testing.T) {
	d := &drawer{answers: map[string]json.RawMessage{}}
	create := desk(t, d)
	var last *httptest.ResponseRecorder
	for n := range webhook.Most {
		if last = create(fmt.Sprintf("key-%d", n)); last.Code != http.StatusCreated {
			t.Fatalf("number %d: %d %s", n+1, last.Code, last.Body)
		}
	}
	if w := create("key-more"); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), `"webhook_endpoints_exhausted"`) || len(d.endpoints) != webhook.Most || d.answers["key-more"] != nil {
		t.Errorf("%d %s, %d endpoints", w.Code, w.Body, len(d.endpoints))
	}
	if w := create(fmt.Sprintf("key-%d", webhook.Most-1)); w.Code != http.StatusCreated || w.Body.String() != last.Body.String() || len(d.endpoints) != webhook.Most {
		t.Errorf("again: %d %s", w.Code, w.Body)
	}
	d.endpoints = d.endpoints[1:]
	if w := create("key-more"); w.Code != http.StatusCreated {
		t.Errorf("with room: %d %s", w.Code, w.Body)
	}
}
