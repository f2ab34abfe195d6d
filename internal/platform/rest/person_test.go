package rest_test

import (
	"context"
	"net/http"
	"testing"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/platform/rest"
)

// S3-17, S3-23: what is pending for a customer bars them from what needs more, whoever else may call it; staff need the role.
func TestPendingAndPersons(t *testing.T) {
	b := newBench(t)
	var saw rest.Caller
	for path, op := range map[string]rest.Op{
		"/whole":   {Audience: rest.Customer},
		"/profile": {Audience: rest.Customer, Early: token.Profile},
		"/any":     {Audience: rest.Customer, Early: token.Verification},
		"/both":    {Audience: rest.Person, Roles: []string{token.RoleSupport}},
	} {
		op.ID, op.Method, op.Path, op.Service = path, http.MethodGet, path, "bench"
		rest.Register(b.api, op, func(ctx context.Context, _ *struct{}) (*nameOutput, error) {
			saw = rest.CallerOf(ctx)
			return &nameOutput{}, nil
		})
	}
	access := func(c token.Claims, subject, audience string) string {
		c.Tenant, c.Session = "demo", "ses_1"
		raw, _, err := b.signer.Access(c, subject, audience, now, token.SessionLifetime)
		if err != nil {
			t.Fatal(err)
		}
		return "Authorization: Bearer " + raw
	}
	customer := func(p token.Pending) string {
		return access(token.Claims{Pending: p}, "cus_1", token.CustomerAudience)
	}
	staff := func(role string) string {
		return access(token.Claims{Roles: []string{role}}, "stf_1", token.StaffAudience)
	}
	for _, k := range []struct {
		path, authorization string
		want                *fault.Fault
	}{
		{"/whole", customer(token.Nothing), nil}, {"/profile", customer(token.Nothing), nil}, {"/any", customer(token.Nothing), nil}, {"/both", customer(token.Nothing), nil},
		{"/whole", customer(token.Profile), token.ErrNoProfile}, {"/profile", customer(token.Profile), nil}, {"/any", customer(token.Profile), nil}, {"/both", customer(token.Profile), token.ErrNoProfile},
		{"/whole", customer(token.Verification), token.ErrUnverified}, {"/profile", customer(token.Verification), token.ErrUnverified}, {"/any", customer(token.Verification), nil},
		{"/whole", customer("dance"), token.ErrUnverified}, {"/profile", customer("dance"), token.ErrUnverified},
		{"/whole", staff(token.RoleSupport), token.ErrInvalid}, {"/both", staff(token.RoleSupport), nil}, {"/both", staff(token.RoleBilling), fault.ErrForbidden},
	} {
		saw = rest.Caller{}
		w := b.send(http.MethodGet, k.path, "", k.authorization)
		if k.want != nil {
			problem(t, w, k.want)
		} else if w.Code != http.StatusOK || saw.Session != "ses_1" || (saw.Customer == "") == (saw.Staff == "") || saw.Account() != id.Customer(string(saw.Customer)+saw.Staff) {
			t.Errorf("%s: %d %s, %+v", k.path, w.Code, w.Body, saw)
		}
	}
}
