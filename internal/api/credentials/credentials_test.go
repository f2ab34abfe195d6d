package credentials_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"turnup/internal/api/credentials"
	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/rest"
)

var (
	noon   = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	secret = provisioning.Key("a key of thirty-two random bytes")
)

// vault is a store of one service.
type vault struct{ service provisioning.Service }

func (v *vault) ChangeService(_ context.Context, use *once.Use, tenant id.Tenant, s id.Service, decide func(provisioning.Service, time.Time) (provisioning.Service, []event.Envelope, error)) error {
	if tenant != v.service.Tenant || s != v.service.ID {
		return provisioning.ErrUnknown
	}
	if use != nil {
		panic("the answer would be kept")
	}
	is, _, err := decide(v.service, noon)
	if err == nil {
		v.service = is
	}
	return err
}

// S3-140: the link of the mail shows user name and password once, and its repetition does not; no log and no cache has them. A link for
// something else, of another service or customer, forged or over, shows nothing.
func TestReveal(t *testing.T) {
	keys, err := token.NewLinkKeys(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	if err != nil {
		t.Fatal(err)
	}
	var logs bytes.Buffer
	before, sink := slog.Default(), metric.Sink
	slog.SetDefault(slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	metric.Sink = &logs
	t.Cleanup(func() { slog.SetDefault(before); metric.Sink = sink })
	v := &vault{provisioning.Service{Tenant: "demo", ID: "svc_1", Customer: "cus_1", Username: "ada@demo", Generation: 1, State: provisioning.Active, LinkNonce: "n", LinkUntil: noon.Add(time.Hour)}}
	api := rest.New(rest.Options{Tenant: "demo", Clock: clock.At(noon)})
	credentials.Register(api, credentials.Deps{Store: v, Links: keys, Key: secret})
	ask := func(raw string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/services/credentials", strings.NewReader(`{"token":"`+raw+`"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "one")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w
	}
	sign := func(p token.Purpose, l token.Link) string {
		raw, err := keys.Sign(p, l)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	good := token.Link{Tenant: "demo", Account: "cus_1", Nonce: "svc_1.n", Expires: noon.Add(time.Hour)}
	change := func(by func(*token.Link)) token.Link { l := good; by(&l); return l }
	for name, raw := range map[string]string{
		"another purpose":  sign(token.ResetPassword, good),
		"another customer": sign(token.AccessCredentials, change(func(l *token.Link) { l.Account = "cus_2" })),
		"another nonce":    sign(token.AccessCredentials, change(func(l *token.Link) { l.Nonce = "svc_1.m" })),
		"no nonce":         sign(token.AccessCredentials, change(func(l *token.Link) { l.Nonce = "svc_1." })),
		"no service":       sign(token.AccessCredentials, change(func(l *token.Link) { l.Nonce = "n" })),
		"another service":  sign(token.AccessCredentials, change(func(l *token.Link) { l.Nonce = "svc_2.n" })),
		"another tenant":   sign(token.AccessCredentials, change(func(l *token.Link) { l.Tenant = "acme" })),
		"forged":           sign(token.AccessCredentials, good) + "x",
		"nothing":          "x",
	} {
		if w := ask(raw); w.Code != http.StatusBadRequest && w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), secret.Secret(v.service)) || v.service.LinkNonce != "n" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	w := ask(sign(token.AccessCredentials, good))
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || !strings.Contains(w.Body.String(), `{"serviceId":"svc_1","username":"ada@demo","secret":"`+secret.Secret(v.service)+`"}`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := ask(sign(token.AccessCredentials, good)); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "credentials_link_invalid") {
		t.Errorf("shown twice: %d %s", w.Code, w.Body)
	}
	if logs.Len() == 0 || strings.Contains(logs.String(), secret.Secret(v.service)) || strings.Contains(logs.String(), sign(token.AccessCredentials, good)) {
		t.Errorf("logs: %s", logs.String())
	}
}
