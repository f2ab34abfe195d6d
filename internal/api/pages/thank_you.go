package pages

import (
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/language"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

func (s service) addThankYou(site *web.Site) {
	site.Add(web.Page{ID: "getThankYouPage", Method: http.MethodGet, Path: "/pages/thank-you/{pageId}", Step: "S2 10 Thank-you page", Faults: []*fault.Fault{signup.ErrUnknown},
		About: "On which a signup ends: what was bought, and nothing about who bought it."}, s.showThankYou)
}

type thankYouView struct {
	words
	frame  look.Frame
	facts  []look.Fact
	webURL string
}

func (s service) showThankYou(v *web.Visit) (web.Answer, error) {
	page, err := s.Store.ThankYouPage(v.Context(), v.Tenant(), id.ThankYouPage(v.PathValue("pageId")))
	if err != nil {
		return web.Answer{}, err
	}
	tag := language.Match(v.Language(), shipped())
	w, in := shipped()[tag], invoice.WordsOf(tag)
	facts := []look.Fact{{Name: w.ThankYou.Plan, Value: page.Plan.Name}, {Name: look.Fill(w.ThankYou.Price, "{every}", w.Every[page.Plan.BillingPeriod]), Value: in.Amount(page.Plan.Price)}}
	return web.Show(thankYouPage(thankYouView{w, s.Look.Frame(v, w.ThankYou.Title), facts, s.WebURL})), nil
}
