package stripe

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/payment"
)

// Charge implements payment.Charger: one off-session PaymentIntent, created and confirmed in one call. A declined card
// is HTTP 402 with the PaymentIntent in the error.
func (c *Client) Charge(ctx context.Context, p payment.Payment) (payment.Charge, error) {
	in := &stripe.PaymentIntentParams{
		Amount: &p.Amount.Minor, Currency: stripe.String(strings.ToLower(p.Amount.Currency)), Customer: &p.PSPCustomer, PaymentMethod: &p.PSPMethod,
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}), OffSession: stripe.Bool(true), Confirm: stripe.Bool(true),
		Description: stripe.String(string(p.OrderID)),
		Metadata:    map[string]string{metaTenant: string(p.Tenant), metaCustomer: string(p.Customer), metaPayment: string(p.ID)},
	}
	if p.Bill != nil {
		in.Description = stripe.String(string(p.Bill.Invoice)) // an empty text is refused
	} else {
		in.Metadata[metaOrder] = string(p.OrderID)
	}
	in.Context = ctx
	in.SetIdempotencyKey("charge|" + string(p.ID))
	return settled(patiently(ctx, func() (*stripe.PaymentIntent, error) { return c.api.PaymentIntents.New(in) }))
}

// Authenticate implements payment.Charger: confirming the refused PaymentIntent again with the customer present, who
// is sent to their bank and comes back to the return address.
func (c *Client) Authenticate(ctx context.Context, p payment.Payment, charge payment.Charge) (payment.Charge, error) {
	in := &stripe.PaymentIntentConfirmParams{PaymentMethod: &p.PSPMethod, ReturnURL: &p.ReturnURL}
	in.Context = ctx
	in.SetIdempotencyKey("authenticate|" + string(p.ID))
	return settled(patiently(ctx, func() (*stripe.PaymentIntent, error) { return c.api.PaymentIntents.Confirm(charge.ID, in) }))
}

// findPages bounds the search for a charge: a customer's newest payments come first.
const findPages = 3

// Find implements payment.Charger: by the page or by id when it is known, else among the customer's payments by our
// metadata. What has neither page nor customer at the PSP cannot have been paid there.
func (c *Client) Find(ctx context.Context, p payment.Payment) (payment.Charge, error) {
	switch {
	case p.SessionID != "":
		return c.findPage(ctx, p.SessionID)
	case p.ChargeID != "":
		return c.get(ctx, p.ChargeID)
	case p.PSPCustomer == "":
		return payment.Charge{State: payment.ChargeNone}, nil
	}
	in := &stripe.PaymentIntentListParams{Customer: &p.PSPCustomer}
	in.AddExpand("data.latest_charge")
	in.Context, in.Single, in.Limit = ctx, true, stripe.Int64(100)
	for range findPages {
		list := c.api.PaymentIntents.List(in)
		page := list.PaymentIntentList()
		if err := list.Err(); err != nil {
			return payment.Charge{}, classify(err)
		}
		for _, pi := range page.Data {
			if pi.Metadata[metaPayment] == string(p.ID) {
				return ChargeOf(pi), nil
			}
		}
		if !page.HasMore || len(page.Data) == 0 {
			break
		}
		in.StartingAfter = &page.Data[len(page.Data)-1].ID
	}
	return payment.Charge{State: payment.ChargeNone}, nil
}

func (c *Client) get(ctx context.Context, intent string) (payment.Charge, error) {
	in := &stripe.PaymentIntentParams{}
	in.AddExpand("latest_charge")
	in.Context = ctx
	return settled(patiently(ctx, func() (*stripe.PaymentIntent, error) { return c.api.PaymentIntents.Get(intent, in) }))
}

// Cancel implements payment.Charger. Stripe refuses to cancel what has succeeded; then the charge is read as it is. The
// PaymentIntent of a page belongs to its session, and ends with it.
func (c *Client) Cancel(ctx context.Context, p payment.Payment, charge payment.Charge) (payment.Charge, error) {
	if p.SessionID != "" {
		return c.closePage(ctx, p.SessionID)
	}
	in := &stripe.PaymentIntentCancelParams{CancellationReason: stripe.String(string(stripe.PaymentIntentCancellationReasonAbandoned))}
	in.Context = ctx
	in.SetIdempotencyKey("cancel|" + string(p.ID))
	out, err := settled(patiently(ctx, func() (*stripe.PaymentIntent, error) { return c.api.PaymentIntents.Cancel(charge.ID, in) }))
	if statusOf(err) == http.StatusBadRequest {
		return c.get(ctx, charge.ID)
	}
	return out, err
}

// Refund implements payment.Charger. A key keeps a 500 it was answered, whatever was done, for a day; so after one the
// refunds that exist decide.
func (c *Client) Refund(ctx context.Context, p payment.Payment, charge payment.Charge) error {
	in := &stripe.RefundParams{PaymentIntent: &charge.ID, Metadata: map[string]string{metaTenant: string(p.Tenant), metaPayment: string(p.ID)}}
	in.Context = ctx
	in.SetIdempotencyKey("refund|" + string(p.ID) + "|" + charge.ID)
	_, err := patiently(ctx, func() (*stripe.Refund, error) { return c.api.Refunds.New(in) })
	var refused *stripe.Error
	switch errors.As(err, &refused); {
	case refused != nil && refused.Code == stripe.ErrorCodeChargeAlreadyRefunded:
		return nil
	case statusOf(err) >= http.StatusInternalServerError && c.refunded(ctx, charge.ID):
		return nil
	}
	return err
}

// refunded tells whether a refund of a charge is known to exist; one that failed gave nothing back.
func (c *Client) refunded(ctx context.Context, intent string) bool {
	in := &stripe.RefundListParams{PaymentIntent: &intent}
	in.Context, in.Single = ctx, true
	list := c.api.Refunds.List(in)
	return list.Err() == nil && slices.ContainsFunc(list.RefundList().Data, func(r *stripe.Refund) bool {
		return r.Status != stripe.RefundStatusFailed && r.Status != stripe.RefundStatusCanceled
	})
}

// settled maps an answer about a PaymentIntent; a refusal that carries the intent is an answer.
func settled(pi *stripe.PaymentIntent, err error) (payment.Charge, error) {
	var refused *stripe.Error
	if errors.As(err, &refused) && refused.PaymentIntent != nil && refused.HTTPStatusCode == http.StatusPaymentRequired {
		declined := *refused.PaymentIntent
		if declined.LastPaymentError == nil {
			declined.LastPaymentError = refused
		}
		return ChargeOf(&declined), nil
	}
	if err != nil {
		return payment.Charge{}, err
	}
	return ChargeOf(pi), nil
}

// ChargeOf maps a PaymentIntent; the time is there when its latest charge was expanded.
func ChargeOf(pi *stripe.PaymentIntent) payment.Charge {
	out := payment.Charge{ID: pi.ID, State: payment.ChargeProcessing, Tenant: id.Tenant(pi.Metadata[metaTenant]), PaymentID: id.Payment(pi.Metadata[metaPayment])}
	switch pi.Status {
	case stripe.PaymentIntentStatusSucceeded:
		out.State = payment.ChargeSucceeded
		out.Amount = money.Amount{Minor: pi.AmountReceived, Currency: strings.ToUpper(string(pi.Currency))}
		if pi.LatestCharge != nil {
			out.At = timeOf(pi.LatestCharge.Created)
		}
	case stripe.PaymentIntentStatusRequiresAction:
		out.State = payment.ChargeAuthenticating
		if pi.NextAction != nil && pi.NextAction.RedirectToURL != nil {
			out.RedirectURL = pi.NextAction.RedirectToURL.URL
		}
	case stripe.PaymentIntentStatusCanceled:
		out.State, out.Reason = payment.ChargeCancelled, payment.Abandoned
	case stripe.PaymentIntentStatusRequiresPaymentMethod, stripe.PaymentIntentStatusRequiresConfirmation:
		out.State, out.Reason = payment.ChargeDeclined, payment.CardDeclined
		if e := pi.LastPaymentError; e != nil {
			out.Reason = reasonOf(e)
			if e.Code == stripe.ErrorCodeAuthenticationRequired {
				out.State = payment.ChargeUnauthorised
			}
		}
	}
	return out
}

// timeOf reads Stripe's time; zero when it was not told.
func timeOf(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}

// reasonOf maps Stripe's decline codes (https://docs.stripe.com/declines/codes) to the classes we tell.
func reasonOf(e *stripe.Error) payment.Reason {
	switch {
	case e.DeclineCode == stripe.DeclineCodeInsufficientFunds:
		return payment.InsufficientFunds
	case e.Code == stripe.ErrorCodeExpiredCard:
		return payment.CardExpired
	case e.Code == stripe.ErrorCodeProcessingError:
		return payment.ProcessingError
	case e.Code == stripe.ErrorCodePaymentIntentAuthenticationFailure, e.Code == stripe.ErrorCodeAuthenticationRequired:
		return payment.AuthenticationFailed
	}
	return payment.CardDeclined
}
