package reference

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"turnup/internal/base/clock"
	"turnup/internal/base/token"
	"turnup/internal/platform/rest"
)

// owned are fields that only the server sets, of every kind of thing there is. A body may have one of these names for something
// of its own, as the reason of a correction has an amount: then it says so in its schema, and is not offered it.
var owned = []string{"id", "customerId", "accountId", "sessionId", "orderId", "paymentId", "cartId", "subscriptionId", "ticketId", "messageId", "eventId", "entryId", "itemId", "planId",
	"tenant", "tenantId", "status", "state", "pending", "tier", "groups", "roles", "role", "scope", "admin", "onSale", "country", "currency", "version", "etag", "price", "total", "amount", "balance", "minor", "discount", "quantity",
	"createdAt", "updatedAt", "paidAt", "deliveredAt", "cancelledAt", "expiresAt", "registeredAt", "verifiedAt", "profiledAt", "termsAt", "resolvedAt", "erasedAt", "startedAt", "turnedAt", "usedAt", "askedAt",
	"by", "actor", "who", "author", "authorKind", "assignee", "internal", "priority", "team", "verification", "nonce", "passwordHash", "hash", "secondFactor", "turn", "sid", "sub", "pspCustomer", "pspReference", "entitlement",
	"origin", "used", "correlationId", "causationId", "emailVerified", "formerEmail", "testClock", "idempotencyKey", "__proto__", "constructor"}

// callers are tokens for every audience.
func callers(t *testing.T) (v *token.Verifier, of map[rest.Audience]string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := token.NewSigner(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	if err != nil {
		t.Fatal(err)
	}
	if v, err = token.NewVerifier(token.KeyID(public)+":"+base64.StdEncoding.EncodeToString(public), clock.System); err != nil {
		t.Fatal(err)
	}
	customer, _, err := signer.Session("demo", "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "DE", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	staff, _, err := signer.StaffSession("demo", "grace", token.Roles, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return v, map[rest.Audience]string{rest.Customer: customer, rest.Person: customer, rest.Staff: staff}
}

// place is an object in a body and where it stands in it.
type place struct {
	at     string
	object map[string]any
	schema *huma.Schema
}

// places finds every object of a body.
func places(t *testing.T, doc *huma.OpenAPI, at string, v any, s *huma.Schema) (found []place) {
	t.Helper()
	for s != nil && s.Ref != "" {
		s = doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	switch v := v.(type) {
	case map[string]any:
		found = append(found, place{at, v, s})
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if s.Properties[name] == nil {
				t.Fatalf("%s.%s is not in the schema", at, name)
			}
			found = append(found, places(t, doc, at+"."+name, v[name], s.Properties[name])...)
		}
	case []any:
		for i := range v {
			found = append(found, places(t, doc, fmt.Sprintf("%s[%d]", at, i), v[i], s.Items)...)
		}
	}
	return found
}

var pathParameter = regexp.MustCompile(`\{([^}]+)\}`)

// X3: no body of any operation takes a field that its schema does not declare, at any depth: each server-owned field is offered
// to the operation itself, on top of its own example, and refused by name before anything is done. (Nothing could be done: the
// operations have no parts to work with.)
func TestServerOwnedFieldsAreRefused(t *testing.T) {
	v, tokens := callers(t)
	a := rest.New(rest.Options{Clock: clock.System, Tenant: "demo", Verifier: v})
	everything(a)
	offered := 0
	for _, op := range a.Operations() {
		entry := a.Entry(op)
		if entry.RequestBody == nil || op.Audience == rest.Provider { // what the PSP sends is the PSP's, and signed
			continue
		}
		media := entry.RequestBody.Content["application/json"]
		if media == nil || op.Request == nil {
			t.Errorf("%s: the body is not JSON, or has no example", op.ID)
			continue
		}
		path := pathParameter.ReplaceAllStringFunc(op.Path, func(p string) string {
			for _, declared := range entry.Parameters {
				if declared.In == "path" && "{"+declared.Name+"}" == p {
					return fmt.Sprint(declared.Example)
				}
			}
			return p
		})
		send := func(body any) *httptest.ResponseRecorder {
			raw, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(op.Method, path, strings.NewReader(string(raw)))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Idempotency-Key", "x")
			r.Header.Set("Authorization", "Bearer "+tokens[op.Audience])
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			return w
		}
		example := decoded(t, []byte(rest.Indented(op.Request)))
		for _, p := range places(t, a.OpenAPI(), "body", example, media.Schema) {
			for _, field := range owned {
				if p.schema.Properties[field] != nil {
					continue
				}
				offered++
				p.object[field] = "x"
				w := send(example)
				var said struct {
					Code   string
					Fields []struct{ Field string }
				}
				if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Code != http.StatusBadRequest || said.Code != "invalid_request" || len(said.Fields) != 1 || said.Fields[0].Field != p.at+"."+field {
					t.Errorf("%s took %s.%s: %d %s", op.ID, p.at, field, w.Code, w.Body)
				}
				delete(p.object, field)
			}
		}
	}
	if offered < 3000 {
		t.Errorf("only %d were offered", offered)
	}
}

// X3: what a body may hold is closed at every depth, also in parts that no example shows.
func TestBodiesAreClosed(t *testing.T) {
	a := Document()
	seen := map[*huma.Schema]bool{}
	var closed func(at string, s *huma.Schema)
	closed = func(at string, s *huma.Schema) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		if s.Ref != "" {
			closed(at, a.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref))
			return
		}
		if s.Type == "" {
			t.Errorf("%s may be anything", at)
		}
		if open, is := s.AdditionalProperties.(bool); s.Type == huma.TypeObject && (!is || open) {
			t.Errorf("%s takes any field", at)
		}
		for name, p := range s.Properties {
			closed(at+"."+name, p)
		}
		closed(at+"[]", s.Items)
	}
	bodies := 0
	for _, op := range a.Operations() {
		if body := a.Entry(op).RequestBody; body != nil && op.Audience != rest.Provider {
			bodies++
			for _, m := range body.Content {
				closed(op.ID, m.Schema)
			}
		}
	}
	if bodies < 30 || len(seen) < 100 {
		t.Errorf("only %d bodies with %d schemas", bodies, len(seen))
	}
}
