package couponadmin

import (
	"context"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/coupon"
	"turnup/internal/platform/rest"
)

type listInput struct {
	Limit  int32  `query:"limit" minimum:"1" maximum:"12" default:"12" doc:"Most coupons a page; each of them has several counters to read"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"V0VMQ09NRTIw"`
}

type listOutput struct {
	Body page
}

type page struct {
	Coupons    []view `json:"coupons" nullable:"false" doc:"In the order of their codes"`
	NextCursor string `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"V0VMQ09NRTIw"`
}

func (s service) registerList(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listCoupons", Method: http.MethodGet, Path: "/admin/coupons", Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling}, Service: Service,
		Summary: "List the coupons",
		About:   "With their uses so far. Go on with the nextCursor while there is one.",
		Faults:  []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer:  page{Coupons: []view{exampleCoupon}},
	}, s.listCoupons)
}

func (s service) listCoupons(ctx context.Context, in *listInput) (*listOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	tenant := rest.CallerOf(ctx).Tenant
	found, next, err := s.Store.Coupons(ctx, tenant, after, in.Limit)
	if err != nil {
		return nil, err
	}
	codes := make([]id.Coupon, len(found))
	for i, c := range found {
		codes[i] = c.Code
	}
	uses, err := s.Store.CouponUses(ctx, tenant, codes...)
	if err != nil {
		return nil, err
	}
	out := page{Coupons: []view{}, NextCursor: rest.Cursor(next)}
	for _, c := range found {
		out.Coupons = append(out.Coupons, viewOf(c, uses[c.Code]))
	}
	return &listOutput{out}, nil
}

func (s service) registerRead(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "readCoupon", Method: http.MethodGet, Path: "/admin/coupons/{code}", Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling}, Service: Service,
		Summary: "Read a coupon",
		About:   "With its uses so far. Its ETag goes into If-Match of a change.",
		Faults:  []*fault.Fault{coupon.ErrNotFound},
		Answer:  exampleCoupon,
	}, s.readCoupon)
}

func (s service) readCoupon(ctx context.Context, in *CouponPath) (*output, error) {
	code, err := coupon.Parse(in.Code)
	if err != nil {
		return nil, coupon.ErrNotFound
	}
	c, uses, err := s.Store.CouponUsed(ctx, rest.CallerOf(ctx).Tenant, code)
	if err != nil {
		return nil, err
	}
	return outputOf(c, uses), nil
}
