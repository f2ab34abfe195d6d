// Package pages are the pages of a signup that come with Turnup, as another system: it works only with what the signed link says and with
// the systems behind it, and when it is done, or cannot, it returns to the address that the link gave it. Where the customer goes next is
// the owner's to say. Whoever has better pages puts theirs in the place of these by configuration.
//
// It has one key, its own, and knows no signup but by the id that it was given.
package pages

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/base/signlink"
	"turnup/internal/domain/account"
	"turnup/internal/domain/billing"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

// The pages, by the step that they are for.
const (
	register        = signup.Register
	customerProfile = signup.CustomerProfile
	paymentProfile  = signup.PaymentProfile
	review          = signup.Review
)

// backWithin is how long the link by which a page returns is good: the browser follows it at once.
const backWithin = 15 * time.Minute

// Store reads and writes what the pages are about.
type Store interface {
	account.SessionKeeper
	account.Doorkeeper
	account.ProfileKeeper
	// PlanFor reads a profile and a plan (nil when there is none), in one call.
	PlanFor(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, plan id.Item) (account.Customer, *catalogue.Offer, error)
	// ChargeableMethod reads the default payment method of a customer.
	ChargeableMethod(ctx context.Context, tenant id.Tenant, customer id.Customer) (payment.Standing, error)
	// BillingSettings reads how the tenant bills.
	BillingSettings(ctx context.Context, tenant id.Tenant) (billing.Settings, error)
	// ThankYouPage reads a page on which a signup ends; signup.ErrUnknown.
	ThankYouPage(ctx context.Context, tenant id.Tenant, p id.ThankYouPage) (signup.ThankYouPage, error)
	// Spend counts a call against a budget; fault.ErrThrottled when it is used up.
	Spend(ctx context.Context, tenant id.Tenant, what, caller string, budget int, window time.Duration) error
}

// Deps are the parts the pages work with.
type Deps struct {
	Store    Store
	Clock    clock.Clock
	Keys     *signlink.Keys // its own
	Partner  string         // its name among the keys
	Setup    payment.Setup
	PSPPages string // origin of the PSP's pages
	WebURL   string // the front end, where customers look after what they have
	Look     *look.Look
}

type service struct{ Deps }

// Register adds the pages to a site.
func Register(s *web.Site, d Deps) {
	p := service{d}
	s.Add(web.Page{ID: "getPagesAsset", Method: http.MethodGet, Path: "/pages/assets/{file}", About: "Stylesheet and script of the pages."}, d.Look.Asset)
	p.addRegister(s)
	p.addCustomerProfile(s)
	p.addPaymentProfile(s)
	p.addReview(s)
	p.addThankYou(s)
}

// ask is what a link asks a page for.
type ask struct {
	step        string
	client      id.Tenant
	signup      string
	customer    id.Customer
	plan        id.Item
	country     string // whose catalogue the plan is of
	price       money.Amount
	refused     id.Method // a payment method that was declined
	back        string    // where to return to
	query       string    // the link's own, canonical: what a form sends itself to
	fingerprint string    // tells links apart
	expired     bool
}

// asked reads the link by which a browser came to a page. One that is over is not an error: the page returns with it.
func (s service) asked(v *web.Visit, step string) (ask, error) {
	decoded := maps.Clone(v.Query())
	for _, ours := range pspParams { // which the PSP's page adds to the link it was given
		decoded.Del(ours)
	}
	query, err := signlink.Query(decoded)
	if err != nil {
		return ask{}, err
	}
	link, err := s.Keys.Verify(signlink.Page(step), v.To("pages", step), query, v.Now())
	expired := errors.Is(err, signlink.ErrExpired)
	if err != nil && !expired {
		return ask{}, err
	}
	p := link.Params
	a := ask{step: step, client: id.Tenant(p["client"]), signup: p["signup"], customer: id.Customer(p["customer"]), plan: id.Item(p["plan"]), country: p["country"],
		refused: id.Method(p["refused"]), back: p["return"], query: query, fingerprint: query[strings.LastIndexByte(query, '=')+1:], expired: expired}
	a.price.Currency = p["currency"]
	a.price.Minor, _ = strconv.ParseInt(p["amount"], 10, 64) // of a link without a price it is none
	if a.client != v.Tenant() || a.signup == "" || a.back == "" || step != register && a.customer == "" {
		return ask{}, signlink.ErrInvalid.Because(errors.New("pages: the link does not say what the page needs"))
	}
	if a.customer != "" {
		v.Note(a.customer)
	}
	return a, nil
}

// on shows a page to who comes by its link. When the link is over, the page returns with it.
func (s service) on(step string, show func(*web.Visit, ask) (web.Answer, error)) func(*web.Visit) (web.Answer, error) {
	return func(v *web.Visit) (web.Answer, error) {
		a, err := s.asked(v, step)
		switch {
		case err != nil:
			return web.Answer{}, err
		case a.expired:
			return s.goBack(v, a, failed)
		}
		return show(v, a)
	}
}

// here is the address of the page itself, for the PSP to come back to.
func (a ask) here(v *web.Visit, more ...string) string {
	return v.To(append([]string{"pages", a.step}, more...)...) + "?" + a.query
}

// The outcomes of a page.
const (
	success = string(signup.Success)
	cancel  = string(signup.Cancel)
	failed  = string(signup.PageError)
)

// back is the signed address by which a page returns.
func (s service) back(v *web.Visit, a ask, outcome string, more ...string) (string, error) {
	params := map[string]string{"client": string(a.client), "signup": a.signup, "outcome": outcome}
	for i := 0; i+1 < len(more); i += 2 {
		params[more[i]] = more[i+1]
	}
	return s.Keys.Sign(s.Partner, signlink.Back(a.step), a.back, params, v.Now().Add(backWithin))
}

// goBack returns.
func (s service) goBack(v *web.Visit, a ask, outcome string, more ...string) (web.Answer, error) {
	to, err := s.back(v, a, outcome, more...)
	return web.Go(to), err
}

// key identifies what a form asks for: the same form sent twice is one request. What the fingerprint covers holds no password.
func (a ask) key(v *web.Visit, what string, visible ...string) once.Request {
	return once.Request{Tenant: a.client, Caller: "pages|" + a.signup, Key: what + "|" + a.fingerprint + "|" + v.Field("attempt"), Fingerprint: once.Fingerprint(what, visible)}
}

// leads lists where a form of a page may lead beside the site itself.
func (a ask) leads(others ...string) []string {
	return append([]string{signlink.OriginOf(a.back)}, others...)
}
