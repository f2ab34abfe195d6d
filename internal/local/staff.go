package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/token"
)

// localTenant is the client account of the local stacks, as the template's parameter has it by default.
const localTenant id.Tenant = "demo"

// staffToken makes an access token of staff, signed with the stack's own key. Locally nobody signs staff in; whoever may
// read the stack's secrets is its staff.
func staffToken(s stack, roles string) (string, error) {
	names := strings.Split(roles, ",")
	for _, r := range names {
		if !slices.Contains(token.Roles, r) {
			return "", fmt.Errorf("there is no role %q; use -role with one of %s, or several with commas", r, strings.Join(token.Roles, ", "))
		}
	}
	file := s.dir("secrets.json")
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("the %s stack has no secrets yet; start it first: make run", s.name)
	}
	found, err := ensureSecrets(file)
	if err != nil {
		return "", err
	}
	signer, err := token.NewSigner(found.TokenSigningKey)
	if err != nil {
		return "", err
	}
	raw, _, err := signer.StaffSession(localTenant, "local-"+names[0], names, time.Now())
	return raw, err
}
