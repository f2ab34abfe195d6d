package payments

import (
	"context"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

type listInput struct {
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most methods a page"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"TUVUSE9EI3Btcl8wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

type listOutput struct {
	Body page
}

type page struct {
	Methods    []method `json:"methods" nullable:"false" doc:"Newest first"`
	NextCursor string   `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"TUVUSE9EI3Btcl8wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

func (s service) registerKeep(a *rest.API) {
	standing := confirmedExample
	standing.Default = true
	rest.Register(a, rest.Op{
		ID: "listPaymentMethods", Method: http.MethodGet, Path: "/payment-methods", Audience: rest.Customer, Service: Service,
		Summary: "List one's own payment methods, newest first",
		About:   "The default is the one that subscriptions are charged to. Go on with the nextCursor while there is one.",
		Faults:  []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")},
		Answer:  page{Methods: []method{standing}},
	}, s.listPaymentMethods)
	rest.Register(a, rest.Op{
		ID: "setDefaultPaymentMethod", Method: http.MethodPut, Path: "/payment-methods/{reference}/default", Audience: rest.Customer, Service: Service,
		Summary: "Make a payment method the default",
		About:   "All of the customer's subscriptions are charged to it from the next charge on. The first confirmed method is the default by itself.",
		Faults:  []*fault.Fault{payment.ErrMethodUnknown, payment.ErrNoMethod},
		Answer:  standing,
	}, s.setDefault)
	rest.Register(a, rest.Op{
		ID: "removePaymentMethod", Method: http.MethodDelete, Path: "/payment-methods/{reference}", Audience: rest.Customer, Service: Service, Status: http.StatusNoContent,
		Summary: "Remove a payment method",
		About: "It is removed at the PSP as well, and cannot be charged any more. The one that running subscriptions are charged to cannot be removed: make another one the default first. " +
			"Without such subscriptions the newest other one becomes the default. Ask again after a 503.",
		Faults: []*fault.Fault{payment.ErrMethodUnknown, payment.ErrNoMethod, payment.ErrMethodInUse, payment.ErrPSPUnavailable},
	}, func(ctx context.Context, in *ReferencePath) (*struct{}, error) {
		caller := rest.CallerOf(ctx)
		return nil, s.Cards.Remove(ctx, caller.Tenant, caller.Customer, in.Reference)
	})
}

func (s service) listPaymentMethods(ctx context.Context, in *listInput) (*listOutput, error) {
	caller := rest.CallerOf(ctx)
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	standing, err := s.Cards.Store.ChargeableMethod(ctx, caller.Tenant, caller.Customer)
	if err != nil {
		return nil, err
	}
	found, next, err := s.Cards.Store.Methods(ctx, caller.Tenant, caller.Customer, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := page{Methods: []method{}, NextCursor: rest.Cursor(next)}
	for _, m := range found {
		if m.State == payment.MethodRemoved {
			continue
		}
		shown := methodOf(m, s.Clock.Now())
		shown.Default = m.Reference == standing.Reference
		out.Methods = append(out.Methods, shown)
	}
	return &listOutput{out}, nil
}

func (s service) setDefault(ctx context.Context, in *ReferencePath) (*methodOutput, error) {
	caller := rest.CallerOf(ctx)
	m, err := s.Cards.Default(ctx, caller.Tenant, caller.Customer, in.Reference)
	if err != nil {
		return nil, err
	}
	out := methodOf(m, s.Clock.Now())
	out.Default = true
	return &methodOutput{out}, nil
}
