package walletadmin

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/wallet"
	"turnup/internal/platform/rest"
)

type moveInput struct {
	CustomerPath
	Body movement
}

type movement struct {
	Kind    string   `json:"kind" enum:"credit,debit,hold,release,refund" doc:"credit and debit change what the customer has; hold and release what of it can be spent; refund gives back what the wallet paid for an order" example:"credit"`
	Amount  sum      `json:"amount" doc:"How much"`
	Reason  string   `json:"reason" minLength:"1" maxLength:"200" doc:"Why, for colleagues and auditors; customers do not see it" example:"Goodwill for the outage in May"`
	OrderID id.Order `json:"orderId,omitempty" maxLength:"40" pattern:"^ord_[0-9A-Z]{26}$" patternDescription:"an order id" doc:"Of a refund, and only of one: which order" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// sum is a positive amount of money.
type sum struct {
	Minor    int64  `json:"minor" minimum:"1" maximum:"100000000" doc:"Amount in the currency's minor unit, for example cents" example:"2500"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" patternDescription:"an ISO 4217 code" doc:"Which of the customer's wallets" example:"EUR"`
}

type moveOutput struct {
	Body entry
}

func (s service) registerMove(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "moveWallet", Method: http.MethodPost, Path: "/admin/customers/{customerId}/wallet/movements", Audience: rest.Staff, Roles: []string{token.RoleAdmin},
		Service: Service, Status: http.StatusCreated,
		Summary: "Move a customer's wallet by hand",
		About: "Books one entry and changes the balance with it, or does nothing. A wallet never falls below zero, and held money cannot be debited: release it first. " +
			"A refund gives back, wholly or in parts, what the wallet paid for an order of this customer, and never more than that.",
		Events: []string{string(event.TypeWalletMoved)},
		Faults: []*fault.Fault{account.ErrUnknown, wallet.ErrInsufficient.With("available", "12.00 EUR"), wallet.ErrNotHeld.With("held", "0.00 EUR"), wallet.ErrFull,
			order.ErrUnknown, order.ErrNotRefundable, order.ErrRefundTooMuch.With("left", "12.00 EUR")},
		Request: movement{Kind: "credit", Amount: sum{Minor: 2500, Currency: "EUR"}, Reason: exampleEntry.Reason},
		Answer:  exampleEntry,
	}, s.moveWallet)
}

// how says what each kind does to a wallet and to the books.
var how = map[string]struct {
	move func(wallet.Balance, money.Amount) (wallet.Balance, error)
	book func(ledger.ByStaff, money.Amount) ledger.Entry
}{
	"credit":  {wallet.Balance.Credit, ledger.OperatorCredit},
	"debit":   {wallet.Balance.Debit, ledger.OperatorDebit},
	"hold":    {wallet.Balance.Hold, ledger.Hold},
	"release": {wallet.Balance.Release, ledger.Release},
}

func (s service) moveWallet(ctx context.Context, in *moveInput) (*moveOutput, error) {
	if (in.Body.Kind == "refund") != (in.Body.OrderID != "") {
		return nil, fault.ErrInvalid.Naming("body.orderId", "a refund names its order, and nothing else does")
	}
	if err := s.known(ctx, in.CustomerID); err != nil {
		return nil, err
	}
	booked, err := once.Do(ctx, s.Store, rest.Once(ctx, "moveWallet", in), func(use *once.Use) (entry, error) {
		if in.Body.Kind == "refund" {
			return s.refund(ctx, use, in)
		}
		return s.move(ctx, use, in)
	})
	if err != nil {
		return nil, err
	}
	return &moveOutput{booked}, nil
}

func (s service) byStaff(ctx context.Context, in *moveInput) (ledger.ByStaff, money.Amount) {
	caller := rest.CallerOf(ctx)
	return ledger.ByStaff{Tenant: caller.Tenant, Customer: in.CustomerID, By: caller.Staff, Reason: in.Body.Reason, At: s.Clock.Now()},
		money.Amount{Minor: in.Body.Amount.Minor, Currency: in.Body.Amount.Currency}
}

func (s service) move(ctx context.Context, use *once.Use, in *moveInput) (booked entry, err error) {
	by, amount := s.byStaff(ctx, in)
	kind := how[in.Body.Kind]
	err = s.Store.MoveWallet(ctx, use, by.Tenant, by.Customer, amount.Currency, func(b wallet.Balance) (wallet.Balance, ledger.Entry, error) {
		after, err := kind.move(b, amount)
		if err != nil {
			return b, ledger.Entry{}, err
		}
		e := kind.book(by, amount)
		booked = answerOf(e, after)
		return after, e, use.Answer(booked)
	})
	return booked, err
}

func (s service) refund(ctx context.Context, use *once.Use, in *moveInput) (booked entry, err error) {
	by, amount := s.byStaff(ctx, in)
	err = s.Store.RefundOrder(ctx, use, by.Tenant, by.Customer, in.Body.OrderID, amount.Currency,
		func(o order.Order, b wallet.Balance) (order.Order, wallet.Balance, ledger.Entry, error) {
			refunded, err := o.RefundToWallet(amount)
			if err != nil {
				return o, b, ledger.Entry{}, err
			}
			after, err := b.Credit(amount)
			if err != nil {
				return o, b, ledger.Entry{}, err
			}
			e := ledger.WalletRefund(by, o.ID, o.Refunded, amount)
			booked = answerOf(e, after)
			return refunded, after, e, use.Answer(booked)
		})
	return booked, err
}

// answerOf is an entry with the balance it leads to.
func answerOf(e ledger.Entry, after wallet.Balance) entry {
	e.Balance, e.Held = after.Available, after.Held
	return entryOf(e)
}
