package subscriptions

import (
	"context"
	"net/http"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

type previewOutput struct {
	Body preview
}

type preview struct {
	EndOfPeriod *endView `json:"endOfPeriod,omitempty" doc:"At the end of the period. Absent where that is not possible"`
	Now         endView  `json:"now" doc:"At once"`
}

type endView struct {
	EndsOn civil.Date   `json:"endsOn" format:"date" doc:"The first day on which it gives nothing any more" example:"2030-02-01"`
	Back   money.Amount `json:"back" doc:"What is given back to the wallet, as things stand"`
	Owed   money.Amount `json:"owed" doc:"What is left to pay of its last invoice, as things stand"`
}

func (s service) registerPreview(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "previewCancellation", Method: http.MethodGet, Path: "/subscriptions/{subscriptionId}/cancellation", Audience: rest.Person, Roles: readers, Service: Service,
		Summary: "See what cancelling a subscription would come to",
		About: "At the end of its period, and at once: the date, what is given back, and what is still owed, as things stand. Nothing is changed. " +
			"Of a fibre line that never worked, what was paid is given back when it is taken down.",
		Faults: []*fault.Fault{subscription.ErrUnknown},
		Answer: preview{EndOfPeriod: &endView{"2030-02-01", eur(0), eur(0)}, Now: endView{"2030-01-12", eur(838), eur(0)}},
	}, s.preview)
}

func (s service) preview(ctx context.Context, in *pathInput) (*previewOutput, error) {
	whose, err := s.owner(ctx, in.SubscriptionID)
	if err != nil {
		return nil, err
	}
	is, _, _, err := s.Store.Standing(ctx, rest.CallerOf(ctx).Tenant, whose, in.SubscriptionID)
	if err != nil {
		return nil, unknown(err)
	}
	var out preview
	if later, moved, err := is.CancelLater("", is.Now); err == nil && (moved || later.Ending != nil) {
		v := endView{EndsOn: later.Ending.On}
		if v.Back, v.Owed, err = s.estimate(ctx, is, later); err != nil {
			return nil, err
		}
		out.EndOfPeriod = &v
	}
	out.Now, err = s.endsNow(ctx, is)
	return &previewOutput{out}, err
}

// endsNow is what the end would come to now: what is given back lowers what is owed of the last invoice first.
func (s service) endsNow(ctx context.Context, is subscription.Standing) (v endView, err error) {
	final, _ := is.CancelNow(is.Policy, is.Now)
	currency, unused := is.Price.Currency, -final.Unused.Amount.Minor
	v = endView{is.Today(is.Now), money.Amount{Minor: unused + final.Credit, Currency: currency}, money.Amount{Currency: currency}}
	if is.Billed == "" {
		return v, nil
	}
	last, err := s.Store.Invoice(ctx, is.Tenant, is.Customer, is.Billed)
	if err != nil {
		return v, err
	}
	after := last
	if off := min(unused, last.Correctable()); off > 0 {
		if _, after, err = last.Correction(id.Swap[id.Invoice](is.ID, id.SubscriptionPrefix, id.InvoicePrefix), off, "cancelled", is.Now); err != nil {
			return v, err
		}
	}
	v.Back.Minor -= last.Left() - after.Left()
	v.Owed.Minor = after.Left()
	return v, nil
}
