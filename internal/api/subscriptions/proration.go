package subscriptions

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/token"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

// quoteWindow is how long a quote is good.
const quoteWindow = 15 * time.Minute

type prorationInput struct {
	Path
	PlanID id.Item `query:"planId" required:"true" maxLength:"80" pattern:"^plan_[a-z0-9-]+$" patternDescription:"a plan id" doc:"The plan to change to" example:"plan_stream-4k"`
}

type prorationOutput struct {
	Body quote
}

type quote struct {
	QuoteID     string       `json:"quoteId" doc:"Give it to changePlan, to be charged exactly this or nothing" example:"eyJhbGciOiJIUzI1NiIsInR5cCI6Imxpbmsrand0In0.eyJ0ZW5hbnQiOiJkZW1vIn0.c2ln"`
	GoodUntil   time.Time    `json:"goodUntil" doc:"When the quote ends" example:"2030-01-12T12:15:00Z"`
	PlanID      id.Item      `json:"planId" doc:"The plan to change to" example:"plan_stream-4k"`
	EffectiveOn civil.Date   `json:"effectiveOn" format:"date" doc:"The first day of the new plan" example:"2030-01-12"`
	Lines       []quoteLine  `json:"lines" nullable:"false" doc:"What is given back of the plan as it is, and what the new one costs until the end of the period"`
	Unused      money.Amount `json:"unused" doc:"What is given back"`
	Charge      money.Amount `json:"charge" doc:"What the new plan costs until the end of the period"`
	CreditUsed  money.Amount `json:"creditUsed" doc:"What credit pays of it"`
	DueNow      money.Amount `json:"dueNow" doc:"What is charged at once"`
	CreditAfter money.Amount `json:"creditAfter" doc:"Credit for later bills, afterwards"`
	NextRenewal renewalView  `json:"nextRenewal" doc:"The renewal after it"`
}

type quoteLine struct {
	lineitem.Charge
	Explanation string `json:"explanation" doc:"In words" example:"20 of 31 days from 2030-01-12 up to 2030-02-01 of Stream 4K at 19.99 EUR"`
}

type renewalView struct {
	On     civil.Date   `json:"on" format:"date" doc:"The day" example:"2030-02-01"`
	Amount money.Amount `json:"amount" doc:"What will be charged, less the credit"`
}

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func (s service) registerProration(a *rest.API) {
	p := civil.Period{From: "2030-01-12", Until: "2030-02-01"}
	back := lineitem.Charge{Kind: lineitem.ForUnused, ItemID: "plan_stream-hd", Name: "Stream HD", Period: &p, Days: 20, Of: 31, Price: eur(1299), Amount: eur(-838)}
	charge := lineitem.Charge{Kind: lineitem.ForPeriod, ItemID: "plan_stream-4k", Name: "Stream 4K", Period: &p, Days: 20, Of: 31, Price: eur(1999), Amount: eur(1290)}
	rest.Register(a, rest.Op{
		ID: "quotePlanChange", Method: http.MethodGet, Path: "/subscriptions/{subscriptionId}/proration", Audience: rest.Person, Roles: deciders, Service: Service,
		Summary: "Calculate a change of plan",
		About: "What changing to a plan today costs or gives, line by line, without changing anything: what was charged for the days that are left is given back, and the new plan is charged for them. The day of the change belongs to the new plan. " +
			"A step down gives credit for later bills. The quote pins the figures for 15 minutes: changePlan with its quoteId charges exactly these, or is refused as quote_stale.",
		Faults: append([]*fault.Fault{subscription.ErrUnknown, catalogue.ErrPlanUnknown}, refusals...),
		Answer: quote{QuoteID: "eyJhbGciOiJIUzI1NiIsInR5cCI6Imxpbmsrand0In0.eyJ0ZW5hbnQiOiJkZW1vIn0.c2ln", GoodUntil: exampleAt.AddDate(0, 0, 11).Add(quoteWindow), PlanID: "plan_stream-4k", EffectiveOn: "2030-01-12",
			Lines: []quoteLine{explained(back), explained(charge)}, Unused: eur(838), Charge: eur(1290), CreditUsed: eur(0), DueNow: eur(452), CreditAfter: eur(0), NextRenewal: renewalView{"2030-02-01", eur(1999)}},
	}, s.proration)
}

// refusals are why a plan may not be changed to another.
var refusals = append([]*fault.Fault{subscription.ErrActive.With("itemId", "plan_stream-4k"), provisioning.ErrTooSlow}, subscription.Unchangeable...)

// explained is a charge with what it is for in words.
func explained(c lineitem.Charge) quoteLine {
	words := fmt.Sprintf("%d of %d days from %s up to %s of %s at %s", c.Days, c.Of, c.Period.From, c.Period.Until, c.Name, c.Price)
	if c.Kind == lineitem.ForUnused {
		words = fmt.Sprintf("%d of %d days from %s up to %s of %s, charged %s for, are given back", c.Days, c.Of, c.Period.From, c.Period.Until, c.Name, c.Price)
	}
	return quoteLine{c, words}
}

// offered is a change of plan that a customer can have.
type offered struct {
	subscription.Standing
	to   lineitem.Line
	card payment.Standing
}

// offer finds a change to a plan, and tells why it cannot be had.
func (s service) offer(ctx context.Context, sub id.Subscription, plan id.Item) (o offered, err error) {
	caller := rest.CallerOf(ctx)
	whose, err := s.owner(ctx, sub)
	if err != nil {
		return o, err
	}
	o.Standing, o.card, _, err = s.Store.Standing(ctx, caller.Tenant, whose, sub)
	if err != nil {
		return o, unknown(err)
	}
	found, claimed, err := s.Store.Alternative(ctx, caller.Tenant, whose, o.Country, plan)
	if err != nil {
		return o, err
	}
	if o.to, err = found.LineFor(o.Now, o.Tier, o.Groups); err != nil {
		return o, err
	}
	if err := o.Changeable(o.to, o.Now); err != nil {
		return o, err
	}
	if claimed && o.to.ItemID != o.ItemID {
		return o, subscription.ErrActive.With("itemId", string(o.to.ItemID))
	}
	return o, s.atPlace(ctx, &o)
}

// atPlace lets a fibre plan be one for the line's place, if the line there can do it.
func (s service) atPlace(ctx context.Context, o *offered) error {
	if o.to.Access == nil {
		return nil
	}
	at, err := s.Store.Location(ctx, o.Tenant, o.Access.Location)
	if err != nil {
		return err
	}
	o.to = catalogue.At(o.to, at.ID)
	at.Serves = "" // this line is what it serves
	return at.Qualify(provisioning.Profile{DownKbps: o.to.Access.DownKbps, UpKbps: o.to.Access.UpKbps})
}

func (s service) proration(ctx context.Context, in *prorationInput) (*prorationOutput, error) {
	o, err := s.offer(ctx, in.SubscriptionID, in.PlanID)
	if err != nil {
		return nil, err
	}
	today := o.Today(o.Now)
	bill := o.ChangeNow(o.to, today, o.Tax)
	out := quote{GoodUntil: o.Now.Add(quoteWindow).Truncate(time.Second), PlanID: o.to.ItemID, EffectiveOn: today, Unused: bill.Charges[0].Amount.Times(-1), Charge: bill.Charges[1].Amount,
		CreditUsed: money.Amount{Minor: bill.Credit, Currency: bill.Total.Currency}, DueNow: bill.Due(), CreditAfter: money.Amount{Minor: bill.After.Credit, Currency: bill.Total.Currency},
		NextRenewal: renewalView{bill.After.Period.Until, bill.After.Renewal(o.Tax).Due()}}
	for _, c := range bill.Charges {
		out.Lines = append(out.Lines, explained(c))
	}
	out.QuoteID, err = s.Quotes.Sign(token.PlanChange, token.Link{Tenant: o.Tenant, Account: o.Customer, Nonce: string(today) + "." + digest(o, bill), Expires: out.GoodUntil})
	return &prorationOutput{out}, err
}

// digest is of all that a quote pins: the contract, the plan, and every figure.
func digest(o offered, b subscription.Bill) string {
	raw, _ := json.Marshal([]any{o.ID, o.to, b.Charges, b.Due(), b.Credit, b.After.Credit}) // plain values
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// pinned is the bill of a change: of today, or of the day of the quote, whose figures it must have.
func (s service) pinned(o offered, quoted string) (subscription.Bill, error) {
	if quoted == "" {
		return o.ChangeNow(o.to, o.Today(o.Now), o.Tax), nil
	}
	link, err := s.Quotes.Verify(token.PlanChange, quoted)
	if err != nil || link.Tenant != o.Tenant || link.Account != o.Customer || !o.Now.Before(link.Expires) {
		return subscription.Bill{}, subscription.ErrQuoteStale.Because(err)
	}
	day, want, _ := strings.Cut(link.Nonce, ".")
	bill := o.ChangeNow(o.to, civil.Date(day), o.Tax)
	if digest(o, bill) != want {
		return subscription.Bill{}, subscription.ErrQuoteStale
	}
	return bill, nil
}
