package orders

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/order"
	"turnup/internal/platform/rest"
)

type topUpInput struct {
	Body topUp
}

type topUp struct {
	Amount topUpAmount `json:"amount" doc:"How much to put into the wallet"`
}

type topUpAmount struct {
	Minor    int64  `json:"minor" minimum:"100" maximum:"100000" doc:"Amount in the currency's minor unit, for example cents" example:"2500"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" patternDescription:"an ISO 4217 code" doc:"Which of the customer's wallets" example:"EUR"`
}

// topUpItem is the item of a top-up's line.
const topUpItem = "top_up"

func (s service) registerTopUp(a *rest.API) {
	line := topUpLine(money.Amount{Minor: 2500, Currency: "EUR"})
	example := exampleUnpaid
	example.Lines, example.Price, example.Total, example.Coupon, example.Subscriptions = []lineitem.Line{line}, line.Price, line.Price, nil, []id.Subscription{}
	rest.Register(a, rest.Op{
		ID: "topUpWallet", Method: http.MethodPost, Path: "/wallet/top-ups", Audience: rest.Customer, Service: Service, Status: http.StatusCreated,
		Step:    "S1 9 Fund the wallet",
		Summary: "Order money for the wallet",
		About:   "Makes an unpaid order for the amount; pay it with payOrder by a gateway. The money is in the wallet when the order is delivered, normally within seconds of its payment.",
		Events:  []string{string(event.TypeOrderCreated)},
		Faults:  []*fault.Fault{account.ErrUnknown, order.ErrTooMany},
		Request: topUp{Amount: topUpAmount{Minor: 2500, Currency: "EUR"}},
		Answer:  example,
	}, s.topUpWallet)
}

func topUpLine(a money.Amount) lineitem.Line {
	return lineitem.Line{ItemID: topUpItem, Name: "Wallet top-up", Type: lineitem.TopUp, Price: a, Quantity: 1}
}

func (s service) topUpWallet(ctx context.Context, in *topUpInput) (*orderOutput, error) {
	caller := rest.CallerOf(ctx)
	amount := money.Amount{Minor: in.Body.Amount.Minor, Currency: in.Body.Amount.Currency}
	placed, err := once.Do(ctx, s.Store, rest.Once(ctx, "topUpWallet", in), func(use *once.Use) (order.Order, error) {
		who, err := s.Store.Customer(ctx, caller.Tenant, caller.Customer)
		if err == nil && who.Gone() { // an access token outlives its account by a little
			err = fault.ErrNotFound
		}
		if err != nil {
			return order.Order{}, unknown(err, account.ErrUnknown)
		}
		now, err := s.Store.Now(ctx, caller.Tenant, who.TestClock)
		if err != nil {
			return order.Order{}, err
		}
		o := s.place(ctx, who, topUpLine(amount), amount, now)
		if err := use.Answer(o); err != nil {
			return o, err
		}
		return o, s.Store.Place(ctx, use, o, nil, s.UnpaidLimit)
	})
	if err != nil {
		return nil, err
	}
	return &orderOutput{viewOf(placed)}, nil
}
