package payments

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/wallet"
	"turnup/internal/platform/rest"
)

// OrderStore keeps the orders that are paid here.
type OrderStore interface {
	once.Memory
	// Order reads a customer's order; unknown or another customer's is order.ErrUnknown.
	Order(ctx context.Context, tenant id.Tenant, customer id.Customer, o id.Order) (order.Order, error)
	// Now is the time by a customer's clock: the system's unless it is a test clock.
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
	// Open records a page, its payment and the key; payment.ErrMoved when somebody changed the order meanwhile.
	Open(ctx context.Context, use *once.Use, o order.Order, p payment.Payment, page order.Page, e event.Envelope) error
	// PayByWallet takes what an order costs from the wallet and makes it paid, or does neither.
	PayByWallet(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, o id.Order, answered func(order.Order) error) error
	// Claimed tells whether the customer has, or is buying, one of the plans.
	Claimed(ctx context.Context, tenant id.Tenant, customer id.Customer, plans []id.Item) (bool, error)
}

// OrderPath names an order in the path. (huma reads embedded structs only when they are exported.)
type OrderPath struct {
	OrderID id.Order `path:"orderId" maxLength:"40" pattern:"^ord_[0-9A-Z]{26}$" patternDescription:"an order id" doc:"Id of the order" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type payInput struct {
	OrderPath
	Body pay
}

type pay struct {
	Method    string `json:"method" maxLength:"40" doc:"How to pay: stripe for the gateway's page, wallet for the customer's wallet" example:"stripe"`
	ReturnURL string `json:"returnUrl,omitempty" format:"uri" maxLength:"500" doc:"Where the gateway's page sends the customer back to; its origin must be allowed. Only for a gateway" example:"http://localhost:3000/orders/return"`
}

type payOutput struct {
	Body paid
}

type paid struct {
	Status      string       `json:"status" enum:"paid,redirect_required" doc:"paid, or the customer must be sent to redirectUrl" example:"redirect_required"`
	OrderID     id.Order     `json:"orderId" doc:"The order" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	PaymentID   id.Payment   `json:"paymentId" doc:"The payment; quote it when you ask about it" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Amount      money.Amount `json:"amount" doc:"What was taken, or will be: the order's locked amount"`
	RedirectURL string       `json:"redirectUrl,omitempty" doc:"The gateway's page" example:"https://checkout.stripe.com/c/pay/cs_test_a1"`
}

var examplePaid = paid{Status: "redirect_required", OrderID: "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", PaymentID: "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
	Amount: money.Amount{Minor: 1039, Currency: "EUR"}, RedirectURL: "https://checkout.stripe.com/c/pay/cs_test_a1"}

func (s service) registerPay(a *rest.API) {
	byWallet := examplePaid
	byWallet.Status, byWallet.RedirectURL = "paid", ""
	rest.Register(a, rest.Op{
		ID: "payOrder", Method: http.MethodPost, Path: "/orders/{orderId}/pay", Audience: rest.Customer, Service: Service,
		Step:    "S1 5 Pay",
		Summary: "Pay an order",
		About: "By a gateway: answers redirect_required with the page on which the customer pays exactly the locked amount; while it is open, asking again answers the same page. " +
			"The order is paid when the gateway's signed callback, or its answer to confirmOrderPayment, says so; not when the browser comes back. " +
			"By the wallet: takes the whole amount at once, or nothing. An order whose time is over cannot be paid.",
		Events: []string{string(event.TypePaymentInitiated), string(event.TypePaymentSucceeded), string(event.TypeOrderPaid), string(event.TypeContractSigned), string(event.TypeOrderDelivered)},
		Faults: []*fault.Fault{order.ErrUnknown, order.ErrPaid, order.ErrCancelled.With("cancelledBy", string(order.ByUser)), order.ErrExpired,
			payment.ErrWayUnknown.Naming("body.method", "stripe or wallet"), payment.ErrWayDisabled.With("method", payment.Stripe), payment.ErrWalletTopUp,
			payment.ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins"), payment.ErrPageRefused, payment.ErrPSPUnavailable, payment.ErrUnsettled,
			wallet.ErrInsufficient.With("available", "4.00 EUR"), subscription.ErrActive.With("itemId", "plan_stream-hd")},
		Request: pay{Method: payment.Stripe, ReturnURL: "http://localhost:3000/orders/return"},
		Answer:  examplePaid, Variants: map[string]any{"paid by wallet": byWallet},
	}, s.payOrder)
}

func (s service) payOrder(ctx context.Context, in *payInput) (*payOutput, error) {
	if err := s.Ways.Check(in.Body.Method); err != nil {
		return nil, err
	}
	way := s.byPage
	if in.Body.Method == payment.Wallet {
		way = s.byWallet
	}
	done, err := once.Do(ctx, s.Orders, rest.Once(ctx, "payOrder", in), func(use *once.Use) (paid, error) { return way(ctx, use, in) })
	if err != nil {
		return nil, err
	}
	return &payOutput{done}, nil
}

func (s service) byWallet(ctx context.Context, use *once.Use, in *payInput) (done paid, err error) {
	caller := rest.CallerOf(ctx)
	err = s.Orders.PayByWallet(ctx, use, caller.Tenant, caller.Customer, in.OrderID, func(o order.Order) error {
		done = paid{Status: "paid", OrderID: o.ID, PaymentID: o.PaymentID, Amount: o.Total}
		return use.Answer(done)
	})
	return done, err
}

// byPage opens a page for the order, or answers the one that is open.
func (s service) byPage(ctx context.Context, use *once.Use, in *payInput) (paid, error) {
	caller := rest.CallerOf(ctx)
	for {
		o, err := s.Orders.Order(ctx, caller.Tenant, caller.Customer, in.OrderID)
		if err != nil {
			return paid{}, err
		}
		now, err := s.Orders.Now(ctx, caller.Tenant, o.TestClock)
		if err == nil {
			err = o.Payable(now)
		}
		if err != nil {
			return paid{}, err
		}
		if page := o.Page; page != nil {
			if s.Clock.Now().Before(page.ExpiresAt) {
				return paid{Status: "redirect_required", OrderID: o.ID, PaymentID: page.PaymentID, Amount: o.Total, RedirectURL: page.URL}, nil
			}
			ended, err := s.Checkout.Look(ctx, o.Tenant, page.PaymentID, true)
			if err != nil {
				return paid{}, err
			}
			if ended.State == payment.Pending {
				return paid{}, payment.ErrUnsettled
			}
			continue // it may have been paid on that page
		}
		if err := s.free(ctx, o); err != nil {
			return paid{}, err
		}
		done, err := s.open(ctx, use, o, in.Body.ReturnURL)
		if !errors.Is(err, payment.ErrMoved) {
			return done, err
		}
		if ctx.Err() != nil {
			return paid{}, ctx.Err()
		}
	}
}

// free refuses an order for a plan that the customer has got otherwise meanwhile, before they pay for it.
func (s service) free(ctx context.Context, o order.Order) error {
	plans := o.Plans()
	if len(plans) == 0 {
		return nil
	}
	claimed, err := s.Orders.Claimed(ctx, o.Tenant, o.Customer, plans)
	if err == nil && claimed {
		err = subscription.ErrActive.With("itemId", string(plans[0]))
	}
	return err
}

func (s service) open(ctx context.Context, use *once.Use, o order.Order, returnURL string) (paid, error) {
	p, page, e, err := s.Pages.Start(ctx, payment.Due{Tenant: o.Tenant, Customer: o.Customer, OrderID: o.ID, Amount: o.Total, Description: o.Lines[0].Name,
		Until: o.ExpiresAt}, returnURL)
	if err != nil {
		return paid{}, err
	}
	done := paid{Status: "redirect_required", OrderID: o.ID, PaymentID: p.ID, Amount: o.Total, RedirectURL: page.URL}
	if err := use.Answer(done); err != nil {
		return done, err
	}
	return done, s.Orders.Open(ctx, use, o, p, order.Page{PaymentID: p.ID, Gateway: payment.Stripe, URL: page.URL, ExpiresAt: page.ExpiresAt}, e)
}
