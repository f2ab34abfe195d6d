package operations

import (
	"context"
	"encoding/json"
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
	"turnup/internal/base/token"
	"turnup/internal/base/token/tokentest"
	"turnup/internal/domain/account"
	"turnup/internal/domain/history"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/rest"
)

func TestMain(m *testing.M) {
	metric.Sink = io.Discard
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

const ulid = "01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"

// ask sends a request of staff with a role and reads the answer into out, unless that is nil.
func ask(t *testing.T, d Deps, role, method, path string, body string, out any) (int, string) {
	t.Helper()
	signer, verifier := tokentest.Pair(clock.At(noon))
	session, _, err := signer.StaffSession("demo", "stf_1", []string{role}, noon)
	if err != nil {
		t.Fatal(err)
	}
	api := rest.New(rest.Options{Tenant: "demo", Verifier: verifier, Clock: clock.At(noon)})
	d.Clock = clock.At(noon)
	Register(api, d)
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+session)
	r.Header.Set("Idempotency-Key", "key-1")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil || w.Code >= 300 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	return w.Code, w.Body.String()
}

// known is a store in which some things can be found.
type known struct {
	Store
	customers []account.Customer
	err       error
}

func (k *known) Customer(_ context.Context, _ id.Tenant, c id.Customer) (account.Customer, error) {
	for _, found := range k.customers {
		if found.ID == c {
			return found, k.err
		}
	}
	return account.Customer{}, fault.ErrNotFound
}

func (k *known) AccountBy(_ context.Context, _ id.Tenant, name account.Login) (id.Customer, error) {
	for _, found := range k.customers {
		for _, l := range found.Logins() {
			if l == name {
				return found.ID, k.err
			}
		}
	}
	return "", account.ErrUnknown
}

func (k *known) CustomersCalled(_ context.Context, _ id.Tenant, begin string, _ int32) (found []account.Customer, err error) {
	for _, c := range k.customers {
		if c.Name != "" && strings.HasPrefix(strings.ToLower(c.Name), strings.ToLower(begin)) {
			found = append(found, c)
		}
	}
	return found, k.err
}

func (k *known) Reference(_ context.Context, _ id.Tenant, name string) (history.Reference, error) {
	if name == "INV-3-000042" || name == "inv_"+ulid {
		return history.Reference{Name: name, ID: "inv_" + ulid, Customer: "cus_" + ulid}, k.err
	}
	return history.Reference{}, fault.ErrNotFound
}

func (k *known) Invoice(context.Context, id.Tenant, id.Customer, id.Invoice) (invoice.Invoice, error) {
	return invoice.Invoice{Number: "INV-3-000042", State: invoice.Open}, k.err
}

func (k *known) Service(_ context.Context, _ id.Tenant, s id.Service) (provisioning.Service, error) {
	if s != "svc_"+ulid {
		return provisioning.Service{}, provisioning.ErrUnknown
	}
	return provisioning.Service{ID: s, Customer: "cus_" + ulid, Name: "Fibre 300", State: provisioning.Active}, k.err
}

func (k *known) ServiceWithONU(ctx context.Context, t id.Tenant, serial string) (provisioning.Service, error) {
	if serial != "BBSM00000001" {
		return provisioning.Service{}, provisioning.ErrUnknown
	}
	return k.Service(ctx, t, "svc_"+ulid)
}

func (k *known) ServiceWithCPE(ctx context.Context, t id.Tenant, cpe string) (provisioning.Service, error) {
	if cpe != "202BC1-BM632w-000001" {
		return provisioning.Service{}, provisioning.ErrUnknown
	}
	return k.Service(ctx, t, "svc_"+ulid)
}

func (k *known) Subscriber(_ context.Context, _ id.Tenant, username string) (subscriber.Account, error) {
	if username != strings.ToLower(ulid)+"@demo" {
		return subscriber.Account{}, subscriber.ErrUnknown
	}
	return subscriber.Account{Service: "svc_" + ulid}, k.err
}

// S3-25, X1: whatever staff know of a customer finds them: an id, in capitals or not, a login name, a printed number, equipment, or how the
// name begins. What there is not is an empty list, what is too short a fault.
func TestSearch(t *testing.T) {
	erased := account.Customer{ID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB", Status: account.Erased}
	k := &known{customers: []account.Customer{{ID: "cus_" + ulid, Name: "Ada Lovelace", Username: "ada", Email: "ada@example.com", Status: account.Active}, erased, {ID: "stf_" + ulid, Email: "boss@example.com"}}}
	service := match{"service", "svc_" + ulid, "cus_" + ulid, "Fibre 300, active"}
	ada := match{"customer", "cus_" + ulid, "cus_" + ulid, "Ada Lovelace"}
	bill := match{"invoice", "inv_" + ulid, "cus_" + ulid, "INV-3-000042, open"}
	for q, want := range map[string][]match{"cus_" + ulid: {ada}, "CUS_" + strings.ToLower(ulid): {ada}, "ADA@example.com": {ada}, "Ada": {ada}, "ada+love": {ada}, "inv-3-000042": {bill}, "inv_" + ulid: {bill},
		"svc_" + ulid: {service}, "bbsm00000001": {service}, "202BC1-BM632w-000001": {service}, strings.ToLower(ulid) + "@demo": {service},
		string(erased.ID): {{"customer", string(erased.ID), erased.ID, "erased"}}, "nobody": {}, "ord_" + ulid: {}, "boss@example.com": {}, "svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB": {}} {
		var got matches
		ask(t, Deps{Store: k}, token.RoleNetwork, http.MethodGet, "/admin/search?q="+q, "", &got)
		if a, b := mustJSON(t, got.Matches), mustJSON(t, want); a != b {
			t.Errorf("%s: got %s, want %s", q, a, b)
		}
	}
	if status, _ := ask(t, Deps{Store: k}, token.RoleNetwork, http.MethodGet, "/admin/search?q=a", "", nil); status != http.StatusBadRequest {
		t.Errorf("too short: %d", status)
	}
	k.err = fault.ErrUnavailable
	if status, _ := ask(t, Deps{Store: k}, token.RoleNetwork, http.MethodGet, "/admin/search?q=ada", "", nil); status != http.StatusServiceUnavailable {
		t.Errorf("an outage: %d", status)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
