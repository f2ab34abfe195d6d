package carts

import (
	"context"
	"errors"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/cart"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

type checkoutInput struct {
	CartPath
	Body checkout
}

type checkout struct {
	PaymentMethodID id.Method `json:"paymentMethodId" maxLength:"40" pattern:"^pmt_[0-9A-Z]{26}$" patternDescription:"the paymentMethodId of a confirmed method" doc:"What to charge, as answered by confirmPaymentMethod" example:"pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	ReturnURL       string    `json:"returnUrl" format:"uri" maxLength:"500" doc:"Where the bank sends the customer back to, should it ask for authentication; its origin must be allowed" example:"http://localhost:3000/checkout/return"`
}

type checkoutOutput struct {
	Body checkedOut
}

type checkedOut struct {
	Status        string            `json:"status" enum:"complete,redirect_required" doc:"complete, or the customer must be sent to redirectUrl; then call checkoutCart again" example:"complete"`
	OrderID       id.Order          `json:"orderId" doc:"The order; read it with getOrder" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	PaymentID     id.Payment        `json:"paymentId" doc:"The payment; quote it when you ask about the charge" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Subscriptions []id.Subscription `json:"subscriptionIds" nullable:"false" doc:"The contracts, one for each subscription in the cart" example:"[\"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA\"]"`
	Amount        money.Amount      `json:"amount" doc:"What was charged, or will be"`
	RedirectURL   string            `json:"redirectUrl,omitempty" doc:"The bank's page" example:"https://hooks.stripe.com/3d_secure_2/redirect"`
}

func (s service) registerCheckout(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "checkoutCart", Method: http.MethodPost, Path: "/carts/{cartId}/checkout", Audience: rest.Customer, Service: Service,
		Summary: "Buy what is in the cart",
		About: "Charges the confirmed payment method exactly the cart's total. Prices and availability are checked again first. " +
			"When the bank wants the customer to authenticate, the answer is redirect_required: send the customer to redirectUrl, and call this operation again when they come back. " +
			"Checkouts of one cart that overlap, or repeat with the same Idempotency-Key, make one charge and give the same answer. A declined charge leaves the cart open.",
		Step:   "S0 7 Checkout",
		Events: []string{string(event.TypePaymentInitiated), string(event.TypePaymentSucceeded), string(event.TypePaymentFailed), string(event.TypeContractSigned), string(event.TypeOrderPaid), string(event.TypeOrderDelivered)},
		Faults: []*fault.Fault{cart.ErrUnknown, cart.ErrEmpty, cart.ErrCheckedOut.With("orderId", "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"), cart.ErrInCheckout,
			cart.ErrPriceChanged.With("itemId", "plan_stream-hd").With("price", "13.99 EUR"), cart.ErrNotSoldNow.With("itemId", "plan_stream-hd"), payment.ErrNoMethod,
			payment.ErrDeclined.With("reason", string(payment.InsufficientFunds)),
			subscription.ErrActive, payment.ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins"), payment.ErrPSPUnavailable, payment.ErrUnsettled},
		Request: checkout{PaymentMethodID: "pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", ReturnURL: "http://localhost:3000/checkout/return"},
		Answer: checkedOut{Status: "complete", OrderID: "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", PaymentID: "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
			Subscriptions: []id.Subscription{"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}, Amount: money.Amount{Minor: 1299, Currency: "EUR"}},
		Variants: map[string]any{"redirect_required": checkedOut{Status: "redirect_required", OrderID: "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", PaymentID: "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
			Subscriptions: []id.Subscription{"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}, Amount: money.Amount{Minor: 1299, Currency: "EUR"}, RedirectURL: "https://hooks.stripe.com/3d_secure_2/redirect"}},
	}, s.checkoutCart)
}

func (s service) checkoutCart(ctx context.Context, in *checkoutInput) (*checkoutOutput, error) {
	if !payment.ReturnAllowed(in.Body.ReturnURL, s.Origins) {
		return nil, payment.ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins")
	}
	var p payment.Payment
	var begun bool
	ticket, err := once.Do(ctx, s.Store, rest.Once(ctx, "checkoutCart", in), func(use *once.Use) (payment.Ticket, error) {
		var err error
		p, begun, err = s.begin(ctx, use, in)
		return payment.Ticket{PaymentID: p.ID}, err
	})
	if err != nil {
		return nil, err
	}
	if p.ID != ticket.PaymentID { // the key's first use began another attempt: its answer is this one's
		if p, err = s.Checkout.Book.Payment(ctx, rest.CallerOf(ctx).Tenant, ticket.PaymentID); err != nil {
			return nil, err
		}
	}
	p, charge, err := s.Checkout.Drive(ctx, p, begun)
	if err != nil {
		return nil, err
	}
	return answer(p, charge)
}

// begin starts an attempt for an open cart (begun), or joins the attempt that holds it.
func (s service) begin(ctx context.Context, use *once.Use, in *checkoutInput) (p payment.Payment, begun bool, err error) {
	caller := rest.CallerOf(ctx)
	ref := id.Swap[id.Reference](in.Body.PaymentMethodID, id.MethodPrefix, id.ReferencePrefix)
	for {
		c, method, err := s.Store.Till(ctx, caller.Tenant, caller.Customer, in.CartID, ref)
		if err != nil {
			return p, false, err
		}
		if c.State == cart.InCheckout {
			joined, freed, err := s.join(ctx, c, in)
			if freed {
				continue
			}
			return joined, false, err
		}
		if method == nil || method.ID() == "" {
			return p, false, payment.ErrNoMethod
		}
		if err := s.stillSold(ctx, c); err != nil {
			return p, false, err
		}
		p, err = s.Checkout.Begin(ctx, use, payment.Payment{Tenant: caller.Tenant, Customer: caller.Customer, CartID: c.ID, Lines: c.Lines, Amount: c.Total(),
			Method: method.ID(), PSPCustomer: method.PSPCustomer, PSPMethod: method.PSPMethod, PaidWith: method.Card.String(), ReturnURL: in.Body.ReturnURL}, c.Version)
		if !errors.Is(err, payment.ErrMoved) {
			return p, err == nil, err
		}
		if ctx.Err() != nil {
			return p, false, ctx.Err()
		}
	}
}

// join finds what a checkout of a cart that an attempt already holds is to answer. freed tells that the attempt was
// given up, because it waited for the customer's authentication and the customer now wants to pay with another card.
func (s service) join(ctx context.Context, c cart.Cart, in *checkoutInput) (p payment.Payment, freed bool, err error) {
	p, err = s.Checkout.Book.Payment(ctx, c.Tenant, c.PaymentID)
	switch {
	case err != nil:
		return p, false, err
	case p.State == payment.Pending && p.Method != in.Body.PaymentMethodID && p.Redirected:
		ended, _, err := s.Checkout.Abandon(ctx, p, payment.Charge{ID: p.ChargeID})
		return ended, err == nil && ended.State == payment.Failed, err
	case p.State == payment.Pending && p.Method != in.Body.PaymentMethodID:
		return p, false, cart.ErrInCheckout
	case p.State == payment.Succeeded && !p.Redirected && p.SettledAt.Before(rest.Arrived(ctx)):
		// It was done before this request came. A customer who came back from the bank is told all the same.
		return p, false, cart.ErrCheckedOut.With("orderId", string(p.OrderID))
	}
	return p, false, nil
}

// stillSold compares the cart with the catalogue as it is now.
func (s service) stillSold(ctx context.Context, c cart.Cart) error {
	caller, now := rest.CallerOf(ctx), s.Clock.Now()
	if len(c.Lines) == 0 {
		return cart.ErrEmpty
	}
	ids := make([]id.Item, len(c.Lines))
	for i, l := range c.Lines {
		ids[i] = l.ItemID
	}
	_, offers, err := s.Store.Shelf(ctx, caller.Tenant, caller.Customer, caller.Country, "", ids)
	if err != nil {
		return err
	}
	today := map[id.Item]lineitem.Line{}
	for _, o := range offers {
		if line, err := o.PublicLine(now, 1); err == nil {
			today[o.ItemID] = line
		}
	}
	return c.ReadyFor(today)
}

func answer(p payment.Payment, charge payment.Charge) (*checkoutOutput, error) {
	out := checkedOut{Status: "complete", OrderID: p.OrderID, PaymentID: p.ID, Subscriptions: p.Subscriptions, Amount: p.Amount}
	switch {
	case p.State == payment.Succeeded:
		return &checkoutOutput{out}, nil
	case p.State == payment.Pending && charge.RedirectURL != "":
		out.Status, out.RedirectURL = "redirect_required", charge.RedirectURL
		return &checkoutOutput{out}, nil
	case p.State == payment.Pending:
		return nil, payment.ErrUnsettled
	case p.Reason == payment.NotCharged:
		return nil, payment.ErrPSPUnavailable
	}
	return nil, payment.ErrDeclined.With("reason", string(p.Reason))
}
