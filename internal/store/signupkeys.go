package store

import (
	"fmt"
	"hash/fnv"

	"turnup/internal/base/id"
	"turnup/internal/domain/signup"
)

// The keys of the table signups.

const signupPrefix = "SGN#"

// signupKey has the id in sk too: a batch tells rows apart by it.
func signupKey(t id.Tenant, s id.Signup) key {
	return key{tenantKey(t, signupPrefix+string(s)), signupPrefix + string(s)}
}

// thankYouKey is the page on which a signup ends.
func thankYouKey(t id.Tenant, p id.ThankYouPage) key {
	return key{tenantKey(t, "THX#"+string(p)), "PAGE"}
}

const flowPrefix, partnerPrefix = "FLOW#", "PARTNER#"

// flowKey is how signups of a kind go, partnerKey another system: what the owner of a flow is told by staff is one partition.
func flowKey(t id.Tenant, name string) key { return key{signupSettingsPK(t), flowPrefix + name} }

func partnerKey(t id.Tenant, name string) key { return key{signupSettingsPK(t), partnerPrefix + name} }

func signupSettingsPK(t id.Tenant) string { return tenantKey(t, "SIGNUP-SETTINGS") }

// SignupShards spreads the list of signups over partitions of its index.
const SignupShards = 8

// signupShard is the index's partition of a signup.
func signupShard(s signup.Signup) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s.ID))
	return signupsPK(s.Tenant, s.State, int(h.Sum32()%SignupShards))
}

func signupsPK(t id.Tenant, state signup.State, shard int) string {
	return tenantKey(t, fmt.Sprintf("SIGNUPS#%s#%d", state, shard))
}

// signupPlace puts those that hang before the others, each by age. It changes with the state alone, so that most changes cost nothing
// in the index.
func signupPlace(s signup.Signup) string {
	if s.Hangs() {
		return "0#" + string(s.ID)
	}
	return "1#" + string(s.ID)
}
