package reference

import (
	"encoding/json"
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
	"turnup/internal/base/token/tokentest"
	"turnup/internal/platform/rest"
)

// owned are fields that only the server sets, of every kind of thing there is. A body may have one of these names for something
// of its own, as the reason of a correction has an amount: then it says so in its schema, and is not offered it.
var owned = []string{"id", "customerId", "accountId", "sessionId", "orderId", "paymentId", "cartId", "subscriptionId", "ticketId", "serviceId", "diagnosisId", "messageId", "eventId", "entryId", "itemId", "planId",
	"tenant", "tenantId", "status", "state", "pending", "tier", "groups", "roles", "role", "scope", "admin", "onSale", "country", "currency", "version", "etag", "price", "total", "amount", "balance", "minor", "discount", "quantity",
	"createdAt", "updatedAt", "paidAt", "deliveredAt", "cancelledAt", "expiresAt", "registeredAt", "verifiedAt", "profiledAt", "termsAt", "resolvedAt", "erasedAt", "startedAt", "turnedAt", "usedAt", "askedAt",
	"by", "actor", "who", "author", "authorKind", "assignee", "internal", "priority", "team", "verification", "nonce", "passwordHash", "hash", "secondFactor", "turn", "sid", "sub", "pspCustomer", "pspReference", "entitlement",
	"holds", "equipment", "allocation", "port", "profile", "work", "built", "generation", "anchor", "alarms", "barred", "capBytes", "secret",
	"origin", "used", "correlationId", "causationId", "emailVerified", "formerEmail", "testClock", "idempotencyKey", "__proto__", "constructor"}

// callers are tokens for every audience.
func callers(t *testing.T) (v *token.Verifier, of map[rest.Audience]string) {
	t.Helper()
	signer, v := tokentest.Pair(clock.System)
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

// writable is one operation that takes a body, with its example.
type writable struct {
	op      rest.Op
	example any
	places  []place
	send    func(t *testing.T, body any) refusalSeen
}

// refusalSeen is what an operation answered.
type refusalSeen struct {
	Status int
	Code   string
	Fields []struct{ Field string }
	Raw    string
}

// names tells whether the answer is a 400 of a code about one field and no other.
func (r refusalSeen) names(code, field string) bool {
	other := func(f struct{ Field string }) bool { return f.Field != field }
	return r.Status == http.StatusBadRequest && r.Code == code && len(r.Fields) > 0 && !slices.ContainsFunc(r.Fields, other)
}

// foreign tells whether the body's form is its sender's and not ours: what the PSP sends, signed, and what the operator's equipment does,
// with a key. It is read raw.
func foreign(op rest.Op) bool { return op.Audience == rest.Provider || op.Audience == rest.Machine }

// writables are all operations that take a body, served as they are deployed but without parts to work with: what gets past the
// checks fails.
func writables(t *testing.T) (all []writable) {
	t.Helper()
	v, tokens := callers(t)
	a := rest.New(rest.Options{Clock: clock.System, Tenant: "demo", Verifier: v})
	everything(a)
	for _, op := range a.Operations() {
		entry := a.Entry(op)
		if entry.RequestBody == nil || foreign(op) {
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
		example := decoded(t, []byte(rest.Indented(op.Request)))
		all = append(all, writable{op, example, places(t, a.OpenAPI(), "body", example, media.Schema), func(t *testing.T, body any) (said refusalSeen) {
			t.Helper()
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
			if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
				t.Fatalf("%s: %s", op.ID, w.Body)
			}
			said.Status, said.Raw = w.Code, w.Body.String()
			return said
		}})
	}
	if len(all) < 30 {
		t.Errorf("only %d operations take a body", len(all))
	}
	return all
}

// X3: no body of any operation takes a field that its schema does not declare, at any depth: each server-owned field is offered
// to the operation itself, on top of its own example, and refused by name before anything is done.
func TestServerOwnedFieldsAreRefused(t *testing.T) {
	offered := 0
	for _, w := range writables(t) {
		for _, p := range w.places {
			for _, field := range owned {
				if p.schema.Properties[field] != nil {
					continue
				}
				offered++
				p.object[field] = "x"
				if said := w.send(t, w.example); !said.names("invalid_request", p.at+"."+field) {
					t.Errorf("%s took %s.%s: %d %s", w.op.ID, p.at, field, said.Status, said.Raw)
				}
				delete(p.object, field)
			}
		}
	}
	if offered < 3000 {
		t.Errorf("only %d were offered", offered)
	}
}

// secret are the fields that are kept nowhere as they were given. A password may look like anything.
var secret = []string{"password", "newPassword", "code", "token", "refreshToken"}

// X8: a card number is refused in every text of every body, optional ones too, before anything is done with it; where the text
// has a form that no card number has, as one that has. The answer does not repeat it.
func TestCardNumbersAreRefused(t *testing.T) {
	const number = "4242424242424242"
	free, bound := 0, 0
	for _, w := range writables(t) {
		for _, p := range w.places {
			for field, s := range p.schema.Properties {
				list := s.Type == huma.TypeArray && s.Items.Type == huma.TypeString
				if s.Type != huma.TypeString && !list || slices.Contains(secret, field) {
					continue
				}
				was, had := p.object[field]
				at := p.at + "." + field
				if p.object[field] = any(number); list {
					p.object[field] = []any{number}
					at += "[0]"
					s = s.Items
				}
				said := w.send(t, w.example)
				switch {
				case said.names("card_number_refused", at):
					free++
				case (s.Pattern != "" || s.Format != "" || len(s.Enum) > 0 || s.MaxLength != nil && *s.MaxLength < len(number)) && said.names("invalid_request", at):
					bound++
				default:
					t.Errorf("%s took %s: %d %s", w.op.ID, at, said.Status, said.Raw)
				}
				if strings.Contains(said.Raw, "4242") {
					t.Errorf("%s repeats it: %s", w.op.ID, said.Raw)
				}
				if p.object[field] = was; !had {
					delete(p.object, field)
				}
			}
		}
	}
	if free < 30 || bound < 10 {
		t.Errorf("only %d free texts and %d of a form", free, bound)
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
		if body := a.Entry(op).RequestBody; body != nil && !foreign(op) {
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
