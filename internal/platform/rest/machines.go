package rest

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// ErrMachine is the one answer to a missing and a wrong key. It is 403: rlm_rest takes 401 for "reject this subscriber", and a slip with
// a key must not look like that to all of them.
var ErrMachine = fault.New(fault.Forbidden, "machine_key_invalid", "The key of this equipment is missing or not valid.", "operator")

// MachineHeader carries the key of the operator's equipment.
const MachineHeader = "X-Api-Key"

// Machines are the keys of the operator's equipment, and whose each is.
type Machines []machine

type machine struct {
	tenant id.Tenant
	sum    [sha256.Size]byte
}

// leastKey is how long a key must be: it is compared, never slowed down.
const leastKey = 20

// ParseMachines reads comma-separated keys as tenant:key; several of one tenant are for rotation. Keys that are too short are left out,
// and so is what is no key at all: they open nothing.
func ParseMachines(keys string) (m Machines) {
	for _, k := range strings.Split(keys, ",") {
		tenant, key, ok := strings.Cut(strings.TrimSpace(k), ":")
		if ok && tenant != "" && len(key) >= leastKey {
			m = append(m, machine{id.Tenant(tenant), sha256.Sum256([]byte(key))})
		}
	}
	return m
}

// tenant says whose equipment has a key. All keys are compared, in constant time.
func (m Machines) tenant(key string) (tenant id.Tenant, err error) {
	sum, known := sha256.Sum256([]byte(key)), false
	for _, one := range m {
		if subtle.ConstantTimeCompare(sum[:], one.sum[:]) == 1 {
			tenant, known = one.tenant, true
		}
	}
	if !known {
		return "", ErrMachine
	}
	return tenant, nil
}
