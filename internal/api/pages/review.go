package pages

import (
	"net/http"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/signlink"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/invoice"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

func (s service) addReview(site *web.Site) {
	faults := []*fault.Fault{signlink.ErrInvalid, catalogue.ErrPlanUnknown}
	site.Add(web.Page{ID: "getReviewPage", Method: http.MethodGet, Path: "/pages/review", Faults: faults,
		About: "What the customer is about to buy, with net price, tax and gross price."}, s.on(review, s.showReview))
	site.Add(web.Page{ID: "sendReviewPage", Method: http.MethodPost, Path: "/pages/review", Step: "S2 7 Review", Faults: faults,
		About: "The customer confirms, and the page returns."}, s.on(review, s.sendReview))
}

type reviewView struct {
	paper
	facts []look.Fact
}

func (s service) showReview(v *web.Visit, a ask) (web.Answer, error) {
	p, err := s.paper(v, a, func(w words) string { return w.Review.Title })
	if err != nil {
		return web.Answer{}, err
	}
	who, plan, err := s.Store.PlanFor(v.Context(), a.client, a.customer, a.country, a.plan)
	switch {
	case err != nil:
		return web.Answer{}, err
	case plan == nil:
		return web.Answer{}, catalogue.ErrPlanUnknown
	}
	settings, err := s.Store.BillingSettings(v.Context(), a.client)
	if err != nil {
		return web.Answer{}, err
	}
	zone, err := civil.Zone(who.Zone())
	if err != nil {
		return web.Answer{}, err
	}
	terms := lineitem.Tax{Rate: settings.Tax(who.Country, civil.On(v.Now(), zone))}
	rate := terms.Rate
	if who.Exemption != nil { // they pay no tax
		terms.Exempt, rate = &who.Exemption.Exemption, 0
	}
	net, total := lineitem.Net(a.price, terms.Rate), terms.Price(a.price)
	tax, err := total.Minus(net)
	in := invoice.WordsOf(p.tag)
	facts := []look.Fact{{Name: p.Review.Plan, Value: plan.Name}, {Name: p.Review.Net, Value: in.Amount(net)},
		{Name: look.Fill(p.Review.Tax, "{rate}", in.Rate(rate)), Value: in.Amount(tax)}, {Name: look.Fill(p.Review.Gross, "{every}", p.Every[plan.BillingPeriod]), Value: in.Amount(total), Sum: true}}
	return web.Show(reviewPage(reviewView{p, facts}), a.leads()...), err
}

func (s service) sendReview(v *web.Visit, a ask) (web.Answer, error) {
	return s.goBack(v, a, success, "customer", string(a.customer))
}
