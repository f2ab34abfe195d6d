package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
)

func anyVersion(account.Customer) error { return nil }

// An invitation makes an account with roles that nobody can sign in to before its owner chose a password by the link; the
// address must be free, and one key is one invitation.
func TestInvite(t *testing.T) {
	h := newHouse(t)
	office := account.Office{Store: h.memory}
	made, err := office.Invite(t.Context(), h.key("i"), "Alan@Example.com", "Alan", []string{token.RoleNetwork}, noon)
	if err != nil || made.Email != "alan@example.com" || !slices.Equal(made.Roles, []string{token.RoleNetwork}) || types(h.events) != "staff.invited passwordReset.requested" {
		t.Fatalf("%+v, %v, %s", made, err, types(h.events))
	}
	if again, err := office.Invite(t.Context(), h.key("i"), "alan@example.com", "Alan", []string{token.RoleNetwork}, noon); err != nil || again.ID != made.ID {
		t.Errorf("again: %+v, %v", again, err)
	}
	if _, err := office.Invite(t.Context(), h.key("j"), "ADA@example.com", "Ada", []string{token.RoleAdmin}, noon); !errors.Is(err, account.ErrEmailExists) {
		t.Errorf("a customer's address: %v", err)
	}
	if _, err := h.login("before", "alan@example.com", "", ""); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("without a password: %v", err)
	}
	link := h.link(made.ID, h.credentials[made.ID].Reset.Nonce)
	h.events = nil
	if _, err := h.Reset(t.Context(), h.key("r"), link, "staple battery horse"); err != nil || types(h.events) != "password.changed session.ended" {
		t.Errorf("%v, %s", err, types(h.events))
	}
	h.clock.Advance(time.Second)
	if in, err := h.login("after", "alan@example.com", "staple battery horse", ""); err != nil || !slices.Equal(in.Roles, made.Roles) {
		t.Errorf("%+v, %v", in, err)
	}
	if _, err := h.again(t.Context(), "alan@example.com"); err != nil || types(h.events) != "password.changed session.ended session.started" {
		t.Errorf("staff have nothing to confirm: %v, %s", err, types(h.events))
	}
}

// Other roles and removal end the sessions; nobody does either to themselves, and customers are not found as staff.
func TestRolesAndRemoval(t *testing.T) {
	h := newHouse(t)
	office := account.Office{Store: h.memory}
	s, err := h.login("k", "grace@example.com", strong, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]struct{ err, want error }{
		"own roles":      {set(t, office, h, true), account.ErrOwnRoles},
		"own removal":    {office.Remove(t.Context(), "demo", h.grace, h.grace, noon), account.ErrOwnRoles},
		"a customer":     {office.Remove(t.Context(), "demo", h.ada, "stf_2", noon), account.ErrStaffUnknown},
		"nobody":         {office.Remove(t.Context(), "demo", "stf_9", "stf_2", noon), account.ErrStaffUnknown},
		"other version":  {refused(t, office, h), fault.ErrStale},
		"another's will": {set(t, office, h, false), nil},
	} {
		if !errors.Is(try.err, try.want) || (try.err == nil) != (try.want == nil) {
			t.Errorf("%s: %v", name, try.err)
		}
	}
	if _, err := h.refresh("a", h.turn(s)); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("the session goes on with the old roles: %v", err)
	}
	h.clock.Advance(time.Second)
	if in, err := h.login("l", "grace@example.com", strong, ""); err != nil || !slices.Equal(in.Roles, []string{token.RoleBilling}) {
		t.Errorf("%+v, %v", in, err)
	}
	if err := office.Remove(t.Context(), "demo", h.grace, "stf_2", h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if left := h.customers[h.grace]; left.Email != "" || left.Status != account.Erased || len(left.Roles) > 0 || h.credentials[h.grace].PasswordHash != "" {
		t.Errorf("left is %+v", left)
	}
	if _, err := h.login("m", "grace@example.com", strong, ""); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("removed: %v", err)
	}
}

func set(t *testing.T, o account.Office, h *house, own bool) error {
	by := h.eve
	if own {
		by = h.grace
	}
	_, err := o.SetRoles(t.Context(), "demo", h.grace, by, []string{token.RoleBilling}, anyVersion, noon)
	return err
}

func refused(t *testing.T, o account.Office, h *house) error {
	_, err := o.SetRoles(t.Context(), "demo", h.grace, h.eve, []string{token.RoleAdmin}, func(account.Customer) error { return fault.ErrStale }, noon)
	return err
}
