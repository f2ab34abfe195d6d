// Package signupadmin is signups for staff: what hangs and since when, what became of each, and how flows and partner systems are set up.
package signupadmin

import (
	"context"

	"turnup/internal/base/id"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "signup"

// Store keeps signups, flows and partners.
type Store interface {
	// Signup reads one; unknown is signup.ErrUnknown.
	Signup(ctx context.Context, tenant id.Tenant, s id.Signup) (signup.Signup, error)
	// Signups reads a page of those in a state, those that hang first, then by age.
	Signups(ctx context.Context, tenant id.Tenant, state signup.State, after string, limit int32) (page []signup.Signup, next string, err error)
	// SignupFlow reads a flow, as it was set or by default; unknown is signup.ErrFlowUnknown.
	SignupFlow(ctx context.Context, tenant id.Tenant, name string) (signup.Flow, error)
	// PutSignupFlow writes the next version of one; fault.ErrStale when somebody else was faster.
	PutSignupFlow(ctx context.Context, f signup.Flow) error
	// SignupPartner reads another system; unknown is signup.ErrPartnerUnknown.
	SignupPartner(ctx context.Context, tenant id.Tenant, name string) (signup.Partner, error)
	// PutSignupPartner writes the next version of one; fault.ErrStale when somebody else was faster.
	PutSignupPartner(ctx context.Context, p signup.Partner) error
}

// Deps are the parts the service works with.
type Deps struct {
	Store  Store
	Hosted string // address of the pages that come with Turnup
}

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerSignups(a)
	s.registerFlows(a)
	s.registerPartners(a)
}
