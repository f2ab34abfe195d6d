// Package group owns the tiers and extra groups by which an operator sorts customers: that they exist and what they are
// called. It does not own who is in them (account) nor what they may buy (catalogue).
package group

import (
	"regexp"
	"slices"
	"strings"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// The faults of groups.
var (
	ErrTierUnknown = fault.New(fault.Invalid, "tier_unknown", "There is no such tier.", "operator")
	ErrUnknown     = fault.New(fault.Invalid, "group_unknown", "There is no such group.", "operator")
	ErrKindFixed   = fault.New(fault.Conflict, "group_kind_fixed", "A tier cannot become a group, nor a group a tier.", "operator")
)

// Kind tells tiers and extra groups apart. They share one space of names, so that a name means one thing.
type Kind string

// The kinds.
const (
	Tier  Kind = "tier"  // every customer has exactly one
	Extra Kind = "group" // a customer may be in any number
)

// Group is a tier or an extra group.
type Group struct {
	Tenant id.Tenant
	ID     string // an id.Tier or an id.Group, by its kind
	Kind   Kind
	Name   string // for people
}

// Standard is the tier that always exists: new customers have it.
const Standard = "standard"

// Pattern is what ids of tiers and groups look like.
const Pattern = `^[a-z0-9][a-z0-9-]{0,39}$`

var valid = regexp.MustCompile(Pattern)

// Valid tells whether a text has the form of an id.
func Valid(text string) bool { return valid.MatchString(text) }

// Validate checks what the schema of a request cannot.
func (g Group) Validate() error {
	if g.ID == Standard && g.Kind != Tier {
		return ErrKindFixed
	}
	return nil
}

// WithStandard completes a page of stored groups, which are in the order of their ids and come after one id, with the
// standard tier where its place is, unless it is stored. next is the last id of the page when there are more.
func WithStandard(tenant id.Tenant, page []Group, after, next string, limit int) (whole []Group, last string) {
	at, stored := slices.BinarySearchFunc(page, Standard, func(g Group, name string) int { return strings.Compare(g.ID, name) })
	if stored || Standard <= after || next != "" && Standard > next {
		return page, next
	}
	page = slices.Insert(slices.Clone(page), at, Group{Tenant: tenant, ID: Standard, Kind: Tier, Name: "Standard"})
	if len(page) > limit {
		return page[:limit], page[limit-1].ID
	}
	return page, next
}

// Known is which of the names somebody mentioned exist, and as what.
type Known map[string]Kind

// Tiers checks that all are tiers. field gives the name of the one at an index, for the fault.
func (k Known) Tiers(names []id.Tier, field func(i int) string) error {
	return check(k, names, Tier, ErrTierUnknown, field)
}

// Groups checks that all are extra groups.
func (k Known) Groups(names []id.Group, field func(i int) string) error {
	return check(k, names, Extra, ErrUnknown, field)
}

func check[T ~string](k Known, names []T, kind Kind, unknown *fault.Fault, field func(int) string) error {
	wrong := unknown
	for i, name := range names {
		if k[string(name)] != kind && (kind != Tier || name != Standard) {
			wrong = wrong.Naming(field(i), "there is no such "+string(kind))
		}
	}
	if len(wrong.Fields) == 0 {
		return nil
	}
	return wrong
}
