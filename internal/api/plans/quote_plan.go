package plans

import (
	"context"
	"errors"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/coupon"
	"turnup/internal/platform/rest"
)

type quoteInput struct {
	PlanPath
	Coupon string `query:"coupon" maxLength:"80" doc:"A coupon's code as the customer entered it; capitals and blanks around do not matter" example:"WELCOME20"`
}

type quoteOutput struct {
	Body quote
}

type quote struct {
	PlanID   id.Item      `json:"planId" doc:"Id of the plan" example:"plan_stream-hd"`
	Price    money.Amount `json:"price" doc:"Price of one billing period; of a customer who pays no tax, without it"`
	Discount money.Amount `json:"discount" doc:"What the coupon takes off; nothing without one"`
	Payable  money.Amount `json:"payable" doc:"What an order made now would cost"`
	Coupon   *shownCoupon `json:"coupon,omitempty" doc:"The coupon, when one was asked about"`
}

type shownCoupon struct {
	Code        id.Coupon `json:"code" doc:"Its code in capitals" example:"WELCOME20"`
	Description string    `json:"description,omitempty" doc:"Sentence for the customer" example:"20 % off your first month"`
}

func (s service) registerQuote(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "quotePlan", Method: http.MethodGet, Path: "/plans/{planId}/quote", Audience: rest.Customer, Service: Service,
		Step:    "S1 3 Coupon",
		Summary: "See what a plan would cost",
		About: "With a coupon or without. It is a preview: nothing is used up or reserved, and the order's creation looks at the coupon again. " +
			"A percentage is rounded half up to the minor unit, and a discount is never more than the price. A customer may try 20 unknown codes a minute.",
		Faults: append([]*fault.Fault{catalogue.ErrPlanUnknown, fault.ErrThrottled}, coupon.Faults...),
		Answer: quote{PlanID: examplePlan.PlanID, Price: money.Amount{Minor: 1299, Currency: "EUR"}, Discount: money.Amount{Minor: 260, Currency: "EUR"},
			Payable: money.Amount{Minor: 1039, Currency: "EUR"}, Coupon: &shownCoupon{Code: "WELCOME20", Description: "20 % off your first month"}},
	}, s.quotePlan)
}

func (s service) quotePlan(ctx context.Context, in *quoteInput) (*quoteOutput, error) {
	caller := rest.CallerOf(ctx)
	code, malformed := coupon.Parse(in.Coupon)
	who, offer, shown, err := s.Store.Quote(ctx, caller.Tenant, caller.Customer, caller.Country, in.PlanID, code)
	switch {
	case errors.Is(err, fault.ErrNotFound): // the token is of somebody who does not exist
		return nil, catalogue.ErrPlanUnknown.Because(err)
	case err != nil:
		return nil, err
	}
	now, err := s.Store.Now(ctx, caller.Tenant, who.TestClock)
	if err != nil {
		return nil, err
	}
	line, err := offer.LineFor(now, who.Tier, who.Groups)
	if err != nil {
		return nil, err
	}
	if malformed != nil {
		return nil, malformed
	}
	tax, err := s.Store.Tax(ctx, who, now)
	if err != nil {
		return nil, err
	}
	line = line.For(tax)
	discount, err := shown.Discount(line.ItemID, line.Price, now)
	if err != nil {
		return nil, s.Store.CouponRefused(ctx, caller.Tenant, caller.Customer, err)
	}
	payable, err := line.Price.Minus(discount)
	if err != nil {
		return nil, err
	}
	out := quote{PlanID: line.ItemID, Price: line.Price, Discount: discount, Payable: payable}
	if shown != nil {
		out.Coupon = &shownCoupon{Code: shown.Code, Description: shown.Coupon.Description}
		return &quoteOutput{out}, s.anyLeft(ctx, *shown.Coupon)
	}
	return &quoteOutput{out}, nil
}

// anyLeft finds out whether a coupon with a limit is used up.
func (s service) anyLeft(ctx context.Context, c coupon.Coupon) error {
	if c.Limit == 0 {
		return nil
	}
	full, err := s.Store.CouponFull(ctx, c.Tenant, c.Code)
	if err == nil && full {
		err = coupon.ErrUsedUp
	}
	return err
}
