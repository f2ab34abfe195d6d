package provisioning_test

import (
	"regexp"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
)

// S3-117: the same account has the same secret everywhere and always; another key, tenant, user name or generation has another one. It
// can be typed, and is never the key.
func TestSecrets(t *testing.T) {
	key := provisioning.Key("a key of thirty-two random bytes")
	first := key.SecretOf("demo", "ada@demo", 1)
	if !regexp.MustCompile(`^[a-z2-7]{16}$`).MatchString(first) {
		t.Errorf("%q", first)
	}
	same(t, "known secret", first, "omtfpdrywo323xm5") // another one would lock out every router there is
	seen := map[string]string{}
	for what, secret := range map[string]string{"first": first, "tenant": key.SecretOf("acme", "ada@demo", 1), "user": key.SecretOf("demo", "bob@demo", 1), "generation": key.SecretOf("demo", "ada@demo", 2),
		"key": provisioning.Key("another").SecretOf("demo", "ada@demo", 1), "generation 11": key.SecretOf("demo", "ada@demo", 11)} {
		if other, taken := seen[secret]; taken {
			t.Errorf("%s and %s have one secret", what, other)
		}
		seen[secret] = what
	}
	for range 3 {
		same(t, "again", key.SecretOf("demo", "ada@demo", 1), first)
	}
	same(t, "of a service", key.Secret(provisioning.Service{Tenant: "demo", Username: "ada@demo", Generation: 1}), first)
}

// S3-140: the link shows the secret once, to its customer, until it ends and not after the service has.
func TestReveal(t *testing.T) {
	s, events := in(t, provisioning.Provisioned).Activated(t.Context(), noon)
	if s.LinkNonce == "" || len(events) != 1 || events[0].Type != event.TypeServiceActivated {
		t.Fatalf("%+v", s)
	}
	good, end := s.LinkNonce, noon.Add(provisioning.LinkFor)
	ended, _ := s.Terminate(noon)
	ended.LinkNonce, ended.State = good, provisioning.Terminated
	used, err := s.Reveal("cus_1", good, noon)
	ok(t, err)
	same(t, "used", []any{used.LinkNonce, used.Version, s.LinkNonce}, []any{"", s.Version + 1, good})
	if _, err := s.Reveal("cus_1", good, end.Add(-time.Millisecond)); err != nil {
		t.Error(err)
	}
	for name, k := range map[string]struct {
		s     provisioning.Service
		who   id.Customer
		nonce string
		at    time.Time
	}{
		"used":       {used, "cus_1", good, noon},
		"used, none": {used, "cus_1", "", noon},
		"other's":    {s, "cus_2", good, noon},
		"wrong":      {s, "cus_1", good[1:], noon},
		"none":       {s, "cus_1", "", noon},
		"over":       {s, "cus_1", good, end},
		"terminated": {ended, "cus_1", good, noon},
	} {
		if next, err := k.s.Reveal(k.who, k.nonce, k.at); codeOf(err) != "credentials_link_invalid" || next.Version != k.s.Version {
			t.Errorf("%s: %v", name, err)
		}
	}
	again, _ := in(t, provisioning.Provisioned).Activated(t.Context(), noon)
	if again.LinkNonce == good {
		t.Error("two links have one nonce")
	}
}
