package signup

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"

	"turnup/internal/base/country"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

// plansShown is how many plans a page has at most: more are no choice but a search.
const plansShown = 50

func (s service) addEntry(site *web.Site) {
	site.Add(web.Page{ID: "getSignupPlans", Method: http.MethodGet, Path: "/signup/{client}/plans", Step: "S2 1 Choose a plan", Faults: []*fault.Fault{signup.ErrUnknown, catalogue.ErrCountryUnknown},
		About: "The plans to choose from: those that everybody may have and that need no line. `country` says of which country."}, s.showPlans)
	site.Add(web.Page{ID: "beginSignup", Method: http.MethodPost, Path: "/signup/{client}", Step: "S2 2 Begin", Events: []string{string(event.TypeSignupStarted)}, Faults: []*fault.Fault{signup.ErrUnknown, catalogue.ErrCountryUnknown, catalogue.ErrPlanUnknown, fault.ErrKeyReused},
		About: "Begins a signup of the chosen plan and leads to the first page of its flow. The same form sent twice begins one."}, s.begin)
}

type plansView struct {
	words
	frame            look.Frame
	attempt, country string
	action           string
	plans            []planCard
}

type planCard struct{ id, name, text, price, every string }

func (s service) countryOf(named string) (string, error) {
	if named == "" {
		named = s.Country
	}
	if !country.Known(named) {
		return "", catalogue.ErrCountryUnknown.Naming("country", "not an ISO 3166-1 alpha-2 code")
	}
	return named, nil
}

func (s service) showPlans(v *web.Visit) (web.Answer, error) {
	if err := mine(v); err != nil {
		return web.Answer{}, err
	}
	in, err := s.countryOf(v.Query().Get("country"))
	if err != nil {
		return web.Answer{}, err
	}
	offers, _, err := s.Store.Plans(v.Context(), v.Tenant(), in, "", plansShown)
	if err != nil {
		return web.Answer{}, err
	}
	w, tag := wordsFor(v)
	view := plansView{words: w, frame: s.Look.Frame(v, w.Plans.Title), attempt: rand.Text(), country: in, action: v.To("signup", string(v.Tenant()))}
	view.frame.Wide = true
	slices.SortStableFunc(offers, func(a, b catalogue.Offer) int { return cmp.Compare(a.Price.Minor, b.Price.Minor) })
	money := invoice.WordsOf(tag)
	for _, o := range offers {
		if o.Public(v.Now()) {
			view.plans = append(view.plans, planCard{string(o.ItemID), o.Name, o.Description, money.Amount(o.Price), w.Every[o.BillingPeriod]})
		}
	}
	leads, err := s.firstOrigins(v)
	return web.Show(plansPage(view), leads...), err
}

// firstOrigins is where choosing a plan leads to: the first page of the flow, which may be another system's.
func (s service) firstOrigins(v *web.Visit) ([]string, error) {
	flow, err := s.Store.SignupFlow(v.Context(), v.Tenant(), signup.NewBusiness)
	if err != nil {
		return nil, err
	}
	p, err := signup.FindPartner(v.Context(), s.Store, v.Tenant(), flow.Steps[0].Partner, s.Base)
	if fault.Of(err) != nil { // the customer is told when they are about to go there
		return nil, nil
	}
	return p.Origins, err
}

// begun is the answer that is kept with the key.
type begun struct {
	SignupID id.Signup `json:"signupId"`
}

func (s service) begin(v *web.Visit) (web.Answer, error) {
	if err := mine(v); err != nil {
		return web.Answer{}, err
	}
	in, err := s.countryOf(v.Field("country"))
	if err != nil {
		return web.Answer{}, err
	}
	attempt, plan := v.Field("attempt"), id.Item(v.Field("plan"))
	if len(attempt) < 20 || len(attempt) > 64 { // what the plans' page made
		return web.Answer{}, fault.ErrInvalid.Naming("body.attempt", "not of the page of plans")
	}
	key := once.Request{Tenant: v.Tenant(), Caller: "signup", Key: attempt, Fingerprint: once.Fingerprint("beginSignup", []string{string(plan), in})}
	var now signup.Signup
	done, err := once.Do(v.Context(), s.Store, key, func(use *once.Use) (done begun, err error) {
		now, err = s.beginNew(v, use, in, plan)
		return begun{now.ID}, err
	})
	if err == nil && now.ID != done.SignupID { // the same form began it before
		now, err = s.Store.Signup(v.Context(), v.Tenant(), done.SignupID)
	}
	if err != nil {
		return web.Answer{}, err
	}
	if err := admit(v, now); err != nil {
		return web.Answer{}, err
	}
	way, err := s.way(v, now)
	if err != nil || way.next == "" {
		return web.Go(at(v, now.ID, "processing")), err
	}
	return web.Go(way.next), nil
}

func (s service) beginNew(v *web.Visit, use *once.Use, in string, plan id.Item) (signup.Signup, error) {
	flow, err := s.Store.SignupFlow(v.Context(), v.Tenant(), signup.NewBusiness)
	if err != nil {
		return signup.Signup{}, err
	}
	offer, _, err := s.Store.Plan(v.Context(), v.Tenant(), in, plan, nil, nil)
	switch {
	case err != nil:
		return signup.Signup{}, err
	case offer == nil:
		return signup.Signup{}, catalogue.ErrPlanUnknown
	}
	line, err := offer.PublicLine(v.Now(), 1)
	if err != nil {
		return signup.Signup{}, catalogue.ErrPlanUnknown.Because(err)
	}
	b := signup.Beginning{Tenant: v.Tenant(), ID: id.New[id.Signup](id.SignupPrefix, v.Now()), Flow: flow, Country: in, Plan: line, PlanVersion: offer.Version}
	made, events := signup.Begin(b, v.Now())
	if err := use.Answer(begun{made.ID}); err != nil {
		return made, err
	}
	return made, s.Store.BeginSignup(v.Context(), use, made, events)
}
