package rest_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/platform/rest"
)

// staffed adds operations for staff: one for both roles, one for admins only, which tells the caller it saw.
func staffed(t *testing.T) (b *bench, saw *rest.Caller) {
	t.Helper()
	b, saw = newBench(t), &rest.Caller{}
	add := func(method, path string, roles ...string) {
		rest.Register(b.api, rest.Op{ID: method + path, Method: method, Path: path, Audience: rest.Staff, Roles: roles, Service: "bench"}, func(ctx context.Context, _ *struct{}) (*nameOutput, error) {
			b.reach++
			*saw = rest.CallerOf(ctx)
			out := &nameOutput{}
			out.Body.Name = rest.Once(ctx, "x", nil).Caller
			return out, nil
		})
	}
	add(http.MethodGet, "/admin/read", token.RoleAdmin, token.RoleSupport)
	add(http.MethodPost, "/admin/change", token.RoleAdmin)
	return b, saw
}

func (b *bench) staff(t *testing.T, issued time.Time, roles ...string) string {
	t.Helper()
	raw, _, err := b.signer.StaffSession("demo", "cus_1", roles, issued)
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: Bearer " + raw
}

// S1-64: staff operations are for staff with a role that the operation names: without it 403, with a customer's token or
// none 401; and a member of staff is no customer.
func TestStaffRoles(t *testing.T) {
	b, _ := staffed(t)
	customer := "Authorization: Bearer " + b.session(t, now)
	for name, c := range map[string]struct {
		method, path, authorization string
		want                        *fault.Fault // nil: let through
	}{
		"support reads":         {http.MethodGet, "/admin/read", b.staff(t, now, token.RoleSupport), nil},
		"admin reads":           {http.MethodGet, "/admin/read", b.staff(t, now, token.RoleAdmin), nil},
		"admin changes":         {http.MethodPost, "/admin/change", b.staff(t, now, token.RoleAdmin), nil},
		"both roles":            {http.MethodPost, "/admin/change", b.staff(t, now, token.RoleSupport, token.RoleAdmin), nil},
		"support changes":       {http.MethodPost, "/admin/change", b.staff(t, now, token.RoleSupport), fault.ErrForbidden},
		"role in other letters": {http.MethodPost, "/admin/change", b.staff(t, now, "Admin"), fault.ErrForbidden},
		"roles in one word":     {http.MethodPost, "/admin/change", b.staff(t, now, "support,admin"), fault.ErrForbidden},
		"no role":               {http.MethodGet, "/admin/read", b.staff(t, now), fault.ErrForbidden},
		"outlived admin":        {http.MethodGet, "/admin/read", b.staff(t, now.Add(-token.Lifetime), token.RoleAdmin), token.ErrInvalid},
		"customer reads":        {http.MethodGet, "/admin/read", customer, token.ErrInvalid},
		"customer changes":      {http.MethodPost, "/admin/change", customer, token.ErrInvalid},
		"anonymous":             {http.MethodGet, "/admin/read", "Authorization: ", fault.ErrTokenMissing},
		"admin as a customer":   {http.MethodGet, "/name", b.staff(t, now, token.RoleAdmin), token.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			b.reach = 0
			w := b.send(c.method, c.path, "", c.authorization, withKey)
			if c.want != nil {
				problem(t, w, c.want)
			} else if w.Code != http.StatusOK {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if reached := b.reach > 0; reached != (c.want == nil) {
				t.Errorf("the operation was reached: %v", reached)
			}
		})
	}
}

// A member of staff has the tenant and the name of their token, and keys apart from those of a customer called alike.
func TestStaffCaller(t *testing.T) {
	b, saw := staffed(t)
	if w := b.send(http.MethodPost, "/admin/change", "", b.staff(t, now, token.RoleAdmin), withKey); w.Body.String() != "{\"name\":\"staff|cus_1\"}\n" {
		t.Errorf("keys are kept for %s", w.Body)
	}
	if saw.Tenant != id.Tenant("demo") || saw.Customer != "" || saw.Staff != "cus_1" || !slices.Equal(saw.Roles, []string{token.RoleAdmin}) {
		t.Errorf("the caller is %+v", *saw)
	}
}

// An operation for staff that forgot its roles, or one for others that names some, is a slip that must not start.
func TestRolesAreDeclared(t *testing.T) {
	for name, op := range map[string]rest.Op{
		"staff without roles":  {ID: "x", Method: http.MethodGet, Path: "/x", Audience: rest.Staff, Service: "bench"},
		"customer with roles":  {ID: "x", Method: http.MethodGet, Path: "/x", Audience: rest.Customer, Roles: []string{token.RoleAdmin}, Service: "bench"},
		"everybody with roles": {ID: "x", Method: http.MethodGet, Path: "/x", Audience: rest.Public, Roles: []string{token.RoleAdmin}, Service: "bench"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it was registered")
				}
			}()
			rest.Register(newBench(t).api, op, func(context.Context, *struct{}) (*nameOutput, error) { return &nameOutput{}, nil })
		})
	}
}
