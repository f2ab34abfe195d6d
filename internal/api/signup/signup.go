// Package signup are the pages of the owner of a signup's flow: the plans to choose from, the page on which is waited, and what is shown
// when something does not go on by itself. Between them it sends the customer to the pages of other systems and takes them back, by signed
// links in both directions.
//
// Where the customer goes next is decided in domain/signup, and nowhere else; here that is carried out.
package signup

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/signlink"
	"turnup/internal/domain/account"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/group"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

// Store keeps signups and reads what they begin with.
type Store interface {
	once.Memory
	// Plans reads one page of a country's plans after one; more tells that there may be others.
	Plans(ctx context.Context, tenant id.Tenant, country string, after id.Item, limit int32) (page []catalogue.Offer, more bool, err error)
	// Plan reads a plan, nil when there is none.
	Plan(ctx context.Context, tenant id.Tenant, country string, plan id.Item, tiers []id.Tier, extra []id.Group) (*catalogue.Offer, group.Known, error)
	// Customer reads an account; unknown is fault.ErrNotFound.
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error)
	// SignupFlow reads how signups of a kind go.
	SignupFlow(ctx context.Context, tenant id.Tenant, name string) (signup.Flow, error)
	// SignupPartner reads another system; signup.ErrPartnerUnknown.
	SignupPartner(ctx context.Context, tenant id.Tenant, name string) (signup.Partner, error)
	// BeginSignup writes a new signup with its events. The key's answer is set before.
	BeginSignup(ctx context.Context, use *once.Use, s signup.Signup, events []event.Data) error
	// Signup reads a signup; unknown, or of another client account, is signup.ErrUnknown.
	Signup(ctx context.Context, tenant id.Tenant, s id.Signup) (signup.Signup, error)
	// ChangeSignup changes a signup as decide says, again when somebody else was faster, and answers how it stands then.
	ChangeSignup(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Signup,
		decide func(signup.Signup, time.Time) (signup.Signup, []event.Data, error)) (signup.Signup, error)
}

// Prober asks whether a system is there.
type Prober interface {
	// Up asks an address; anything but 2xx in time is an error that says what was seen.
	Up(ctx context.Context, address string) error
}

// Deps are the parts the pages work with.
type Deps struct {
	Store   Store
	Clock   clock.Clock
	Keys    *signlink.Keys // of all partners
	Prober  Prober
	Base    string // own base address, below which the hosted pages are too
	Country string // whose plans are shown to who names none
	WebURL  string // the front end
	Look    *look.Look
}

type service struct{ Deps }

// Register adds the pages to a site.
func Register(s *web.Site, d Deps) {
	o := service{d}
	s.Add(web.Page{ID: "getSignupAsset", Method: http.MethodGet, Path: "/signup-assets/{file}", About: "Stylesheet and script of the pages."}, d.Look.Asset)
	o.addEntry(s)
	o.addWay(s)
	o.addAgain(s)
}

// mine admits a visit to a client account's pages: another one's look like none.
func mine(v *web.Visit) error {
	if id.Tenant(v.PathValue("client")) != v.Tenant() {
		return signup.ErrUnknown
	}
	return nil
}

// visited is the signup that a visit is about: its id in the path, and a browser that was let in to it. Everybody else is told the same,
// whether there is such a signup or not.
func (s service) visited(v *web.Visit) (id.Signup, error) {
	which := id.Signup(v.PathValue("signupId"))
	if err := mine(v); err != nil {
		return "", err
	}
	if v.Cookie(cookie(which)) != string(which) || which == "" {
		return "", signup.ErrUnknown
	}
	return which, nil
}

// cookie is the name of what lets a browser in to a signup: several signups in one browser do not disturb each other.
func cookie(s id.Signup) string { return "signup-" + string(s) }

// admit lets the browser in to a signup for as long as it can go on.
func admit(v *web.Visit, s signup.Signup) error {
	return v.Remember(cookie(s.ID), string(s.ID), time.Duration(s.Flow.AbandonAfter)*time.Second)
}

// at is the address of one of a signup's pages.
func at(v *web.Visit, s id.Signup, page ...string) string {
	return v.To(append([]string{"signup", string(v.Tenant()), string(s)}, page...)...)
}

// common are the faults of pages about one signup.
var common = []*fault.Fault{signup.ErrUnknown, signup.ErrExpired, signup.ErrMoved}
