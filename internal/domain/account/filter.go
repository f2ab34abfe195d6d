package account

import (
	"strings"
	"time"

	"turnup/internal/base/id"
)

// Filter says which customers a list is of. What is empty does not matter. Accounts that are gone are in no list, and
// neither are those of staff.
type Filter struct {
	Status   Status
	Tier     id.Tier
	Email    string    // exact, in any case
	Username string    // exact, in any case
	From, To time.Time // registered at or after From and before To
}

// Name is a login name that the filter asks for, if it does: at most one customer has it.
func (f Filter) Name() (Login, bool) {
	switch {
	case f.Email != "":
		return Login{ByEmail, folded(f.Email)}, true
	case f.Username != "":
		return Login{ByUsername, folded(f.Username)}, true
	}
	return Login{}, false
}

// Takes tells whether the list has a customer.
func (f Filter) Takes(c Customer) bool {
	switch {
	case c.Gone(), len(c.Roles) > 0,
		f.Status != "" && c.Status != f.Status,
		f.Tier != "" && c.Tier != f.Tier,
		f.Email != "" && folded(c.Email) != folded(f.Email),
		f.Username != "" && c.Username != folded(f.Username),
		!f.From.IsZero() && c.RegisteredAt.Before(f.From),
		!f.To.IsZero() && !c.RegisteredAt.Before(f.To):
		return false
	}
	return true
}

func folded(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
