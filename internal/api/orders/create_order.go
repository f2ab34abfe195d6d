package orders

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/coupon"
	"turnup/internal/domain/order"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

type createInput struct {
	Body newOrder
}

type newOrder struct {
	PlanID   id.Item     `json:"planId" maxLength:"80" pattern:"^plan_[a-z0-9-]+$" patternDescription:"a plan id" doc:"The plan, as listed by listPlans" example:"plan_stream-hd"`
	Location id.Location `json:"locationId,omitempty" maxLength:"64" pattern:"^[a-z0-9][a-z0-9-]{0,63}$" patternDescription:"a location id" doc:"Of a fibre plan: where, as answered by qualifyAddress" example:"loc-100231"`
	Coupon   string      `json:"coupon,omitempty" maxLength:"60" doc:"Code of a coupon; capitals do not matter" example:"WELCOME20"`
}

func (s service) registerCreate(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "createOrder", Method: http.MethodPost, Path: "/orders", Audience: rest.Customer, Service: Service, Status: http.StatusCreated,
		Step:    "S1 4 Order",
		Summary: "Order a plan",
		About: "Makes an unpaid order whose amount is locked: later changes of price, coupon or group do not touch it. That the customer may have the plan, and the coupon, are checked again. " +
			"For a fibre plan the line at the location is checked before anything is accepted. A coupon's use is held until the order is paid, or given back when it is cancelled or its time is over. An order with nothing to pay is paid at once. Pay others with payOrder before expiresAt.",
		Events: []string{string(event.TypeOrderCreated), string(event.TypeOrderPaid), string(event.TypeContractSigned), string(event.TypeOrderDelivered)},
		Faults: append([]*fault.Fault{catalogue.ErrPlanUnknown, subscription.ErrActive.With("itemId", "plan_stream-hd"),
			order.ErrTooMany, fault.ErrThrottled, provisioning.ErrLocationNeeded.Naming("body.locationId", "a fibre plan is for a place, and no other plan is"), provisioning.ErrLocationUnknown,
			provisioning.ErrNotServiceable, provisioning.ErrLocationServed, provisioning.ErrTooSlow}, coupon.Faults...),
		Request: newOrder{PlanID: "plan_stream-hd", Coupon: "WELCOME20"},
		Answer:  exampleUnpaid,
	}, s.createOrder)
}

func (s service) createOrder(ctx context.Context, in *createInput) (*orderOutput, error) {
	code, err := coupon.Parse(in.Body.Coupon)
	if err != nil {
		return nil, err
	}
	placed, err := once.Do(ctx, s.Store, rest.Once(ctx, "createOrder", in), func(use *once.Use) (order.Order, error) {
		o, c, err := s.take(ctx, in.Body, code, 0)
		if err != nil {
			return o, err
		}
		if err := use.Answer(o); err != nil {
			return o, err
		}
		return o, s.Store.Place(ctx, use, o, c, s.UnpaidLimit)
	})
	if err != nil {
		return nil, err
	}
	return &orderOutput{viewOf(placed)}, nil
}

// take decides on an order of a plan and prices it; one for which there is nothing to pay is paid. It comes with the coupon it uses, if any.
func (s service) take(ctx context.Context, in newOrder, code id.Coupon, billingDay int) (o order.Order, c *coupon.Coupon, err error) {
	caller := rest.CallerOf(ctx)
	who, offer, claimed, shown, err := s.Store.Counter(ctx, caller.Tenant, caller.Customer, caller.Country, in.PlanID, code)
	if err != nil {
		return o, nil, unknown(err, catalogue.ErrPlanUnknown)
	}
	now, err := s.Store.Now(ctx, caller.Tenant, who.TestClock)
	if err != nil {
		return o, nil, err
	}
	line, err := offer.LineFor(now, who.Tier, who.Groups)
	if err == nil {
		line, err = s.atPlace(ctx, line, in.Location)
	}
	if err == nil && claimed {
		err = subscription.ErrActive.With("itemId", string(line.ItemID))
	}
	if err != nil {
		return o, nil, err
	}
	tax, err := s.Store.Tax(ctx, who, now)
	if err != nil {
		return o, nil, err
	}
	price, first, err := firstOf(line, billingDay, who, tax, now)
	if err != nil {
		return o, nil, err
	}
	discount, err := shown.Discount(line.ItemID, price, now)
	if err != nil {
		return o, nil, s.Store.CouponRefused(ctx, caller.Tenant, caller.Customer, err)
	}
	total, err := price.Minus(discount)
	if err != nil {
		return o, nil, err
	}
	o = s.place(ctx, who, line.For(tax), total, now)
	o.Exempt = tax.Exempt
	o.Subscriptions, o.BillingDay, o.First = []id.Subscription{id.New[id.Subscription](id.SubscriptionPrefix, now)}, billingDay, first
	if shown != nil {
		c, o.Coupon = shown.Coupon, &order.Coupon{Code: code, Discount: discount, State: order.Held}
	}
	if total.Minor == 0 {
		o, err = o.Pay(order.Payment{By: order.ByNobody, Made: now}, now)
	}
	return o, c, err
}

// firstOf is what is charged for the first period: the plan's price, or a part of it when a billing day was chosen.
func firstOf(line lineitem.Line, billingDay int, who account.Customer, tax lineitem.Tax, now time.Time) (money.Amount, *lineitem.Charge, error) {
	if billingDay == 0 {
		return tax.Price(line.Price), nil, nil
	}
	zone, err := civil.Zone(who.Zone())
	if err != nil {
		return line.Price, nil, err
	}
	first, err := subscription.First(line, billingDay, civil.On(now, zone), tax)
	return first.Amount, &first, err
}

// atPlace is a line of a fibre plan at its place, after a look whether it can be had there; any other line is as it is.
func (s service) atPlace(ctx context.Context, l lineitem.Line, place id.Location) (lineitem.Line, error) {
	switch {
	case (l.Access != nil) != (place != ""):
		return l, provisioning.ErrLocationNeeded.Naming("body.locationId", "a fibre plan is for a place, and no other plan is")
	case l.Access == nil:
		return l, nil
	}
	at, err := s.Store.Location(ctx, rest.CallerOf(ctx).Tenant, place)
	if err == nil {
		err = at.Qualify(provisioning.Profile{DownKbps: l.Access.DownKbps, UpKbps: l.Access.UpKbps})
	}
	if err != nil {
		return l, err
	}
	return catalogue.At(l, place), nil
}

// place makes an unpaid order of one line.
func (s service) place(ctx context.Context, who account.Customer, line lineitem.Line, total money.Amount, now time.Time) order.Order {
	return order.Place(order.Order{Tenant: who.Tenant, Customer: who.ID, ID: id.New[id.Order](id.OrderPrefix, now), Lines: []lineitem.Line{line}, Total: total,
		Subscriptions: []id.Subscription{}, // none is an empty list in events and answers, never null
		ExpiresAt:     now.Add(s.Timeout), TestClock: who.TestClock, Correlation: event.TraceOf(ctx).Correlation}, now)
}
