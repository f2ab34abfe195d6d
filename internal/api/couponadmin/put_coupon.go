package couponadmin

import (
	"context"
	"errors"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/coupon"
	"turnup/internal/platform/rest"
)

type putInput struct {
	CouponPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the coupon the change is meant for; another version is refused" example:"\"3\""`
	Body    Terms
}

func (s service) registerPut(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "putCoupon", Method: http.MethodPut, Path: "/admin/coupons/{code}", Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: Service,
		Summary: "Create or change a coupon",
		About: "Replaces everything about the coupon but its uses. Orders that were made with it before keep their discount. " +
			"Both limits are exact, also for customers who order at the same moment.",
		Events:  []string{string(event.TypeConfigurationChanged)},
		Faults:  []*fault.Fault{fault.ErrStale},
		Request: exampleCoupon.Terms,
		Answer:  exampleCoupon,
	}, s.putCoupon)
}

func (s service) putCoupon(ctx context.Context, in *putInput) (*output, error) {
	tenant := rest.CallerOf(ctx).Tenant
	code, err := coupon.Parse(in.Code)
	if err != nil {
		return nil, fault.ErrInvalid.Naming("path.code", "3 to 40 letters, digits, - or _")
	}
	was, uses, err := s.Store.CouponUsed(ctx, tenant, code)
	if err != nil && !errors.Is(err, coupon.ErrNotFound) {
		return nil, err
	}
	if err := rest.Matches(in.IfMatch, was.Version); err != nil { // 0: there is none yet
		return nil, err
	}
	next := couponOf(tenant, code, in.Body, was.Version+1)
	if err := next.Validate(); err != nil {
		return nil, err
	}
	if err := s.Store.PutCoupon(ctx, next); err != nil {
		return nil, err
	}
	return outputOf(next, uses), nil
}
