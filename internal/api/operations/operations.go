// Package operations is the work of the operator's staff across customers: finding whatever a caller names, what hangs and the action
// that helps, and who of the staff did what.
//
// It decides nothing about what it shows: everything is read from keys and indexes that those keep who own it, and the actions it
// names are the operations of others.
package operations

import (
	"turnup/internal/base/clock"
	"turnup/internal/base/token"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "operations"

// readers are all staff: what hangs is everybody's.
var readers = []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling, token.RoleNetwork}

// Store keeps what is read here.
type Store interface {
	Finder
	Waiters
	Announcer
	Auditor
}

// Deps are the parts the service works with.
type Deps struct {
	Store   Store
	Letters Letters
	Clock   clock.Clock
}

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerSearch(a)
	s.registerAttention(a)
	s.registerLetters(a)
	s.registerAudit(a)
}
