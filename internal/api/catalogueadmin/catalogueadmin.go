// Package catalogueadmin is the catalogue for the operator's staff: plans, also those not on sale, and the tiers and groups
// they are for. Who is in a group is customeradmin's.
package catalogueadmin

import (
	"context"

	"turnup/internal/base/id"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/group"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "catalogue administration"

// Store keeps plans and groups.
type Store interface {
	// Plan reads a plan of a country (nil when there is none) and which of the tiers and groups exist, in one call.
	Plan(ctx context.Context, tenant id.Tenant, country string, plan id.Item, tiers []id.Tier, extra []id.Group) (*catalogue.Offer, group.Known, error)
	Offers(ctx context.Context, tenant id.Tenant, country, itemPrefix, after string, limit int32) (page []catalogue.Offer, next string, err error)
	// SavePlan writes a new or changed plan; fault.ErrStale when somebody changed it meanwhile.
	SavePlan(ctx context.Context, o catalogue.Offer) error
	// Groups reads a page of stored tiers and groups in the order of their ids.
	Groups(ctx context.Context, tenant id.Tenant, after string, limit int32) (page []group.Group, next string, err error)
	// PutGroup writes a tier or group; group.ErrKindFixed when it exists as the other kind.
	PutGroup(ctx context.Context, g group.Group) error
}

// Deps are the parts the service works with.
type Deps struct{ Store Store }

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerList(a)
	s.registerRead(a)
	s.registerPut(a)
	s.registerListGroups(a)
	s.registerPutGroup(a)
}
