package main

import (
	"slices"
	"strings"
	"testing"

	"turnup/internal/base/clock"
	"turnup/internal/base/token"
)

func TestStaffToken(t *testing.T) {
	s := stack{root: t.TempDir(), name: "dev"}
	if _, err := staffToken(s, token.RoleAdmin); err == nil || !strings.Contains(err.Error(), "make run") {
		t.Errorf("before the stack was started: %v", err)
	}
	if err := s.makeDirs(); err != nil {
		t.Fatal(err)
	}
	keys, err := makeSecrets(s.dir("secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := keys.publicKeys()
	if err != nil {
		t.Fatal(err)
	}
	v, err := token.NewVerifier(public, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	for roles, want := range map[string][]string{"admin": {"admin"}, "support": {"support"}, "admin,support": {"admin", "support"}, "network": {"network"}} {
		raw, err := staffToken(s, roles)
		if err != nil {
			t.Fatal(err)
		}
		c, err := v.Verify(raw, token.StaffAudience)
		if err != nil || c.Tenant != localTenant || !slices.Equal(c.Roles, want) {
			t.Errorf("%s: %+v, %v", roles, c, err)
		}
	}
	for _, bad := range []string{"", "boss", "admin,", "admin, support", "Admin"} {
		if raw, err := staffToken(s, bad); err == nil || raw != "" {
			t.Errorf("%q gives a token", bad)
		}
	}
}
