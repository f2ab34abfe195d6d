package portal

import (
	"net/url"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/money"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addPlans() {
	unknown := []*fault.Fault{subscription.ErrUnknown, catalogue.ErrPlanUnknown}
	s.page(web.Page{ID: "getPortalPlans", Path: "/portal/subscriptions/{subscriptionId}/plans", Faults: unknown, About: "The plans that a subscription may change to."}, s.showPlans)
	s.page(web.Page{ID: "getPortalChange", Path: "/portal/subscriptions/{subscriptionId}/plans/{planId}", Faults: unknown, About: "What a change to this plan costs or gives, line by line, before it is asked for."}, s.showChange)
	s.form(web.Page{ID: "sendPortalChange", Path: "/portal/subscriptions/{subscriptionId}/plans/{planId}", Faults: unknown, About: "Changes the plan, now for what was quoted, or at the end of the period."}, s.showChange, s.change)
}

type plan struct {
	ID          string       `json:"planId"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Price       money.Amount `json:"price"`
	Billing     string       `json:"billingPeriod"`
}

func (s service) showPlans(sh *sheet) (view, error) {
	var c contract
	var all struct {
		Plans []plan
		Next  string `json:"nextCursor"`
	}
	err := together(
		func() error { return sh.api.Get(sh.of(), nil, &c) },
		func() error {
			return sh.api.Get("/plans", url.Values{"limit": {"50"}, "cursor": {sh.v.Query().Get("cursor")}}, &all)
		})
	if err != nil {
		return view{}, err
	}
	v := view{title: sh.say("plans", "plan", c.Name), text: sh.say("plans.text"), section: "-"}
	for _, p := range all.Plans {
		if p.ID == c.ItemID || p.Price.Currency != c.Price.Currency {
			continue
		}
		v.cards = append(v.cards, card{title: p.Name, text: p.Description, facts: []look.Fact{{Name: sh.say("plan.price"), Value: sh.price(p.Price, p.Billing)}},
			links: []link{{sh.say("plans.see"), sh.here("plans", p.ID), true}}})
	}
	if len(v.cards) == 0 {
		v.text = sh.say("plans.none")
	}
	back := card{links: []link{{sh.say("back"), sh.here(), false}}}
	if all.Next != "" {
		back.links = append(back.links, link{sh.say("pager.next"), sh.here("plans") + "?cursor=" + url.QueryEscape(all.Next), false})
	}
	v.cards = append(v.cards, back)
	return v, nil
}

// quote is what a change costs or gives.
type quote struct {
	ID    string     `json:"quoteId"`
	Good  time.Time  `json:"goodUntil"`
	On    civil.Date `json:"effectiveOn"`
	Lines []struct {
		Name   string        `json:"name"`
		Kind   string        `json:"kind"`
		Days   int           `json:"days"`
		Of     int           `json:"of"`
		Amount money.Amount  `json:"amount"`
		Period *civil.Period `json:"period"`
	} `json:"lines"`
	CreditUsed  money.Amount `json:"creditUsed"`
	CreditAfter money.Amount `json:"creditAfter"`
	Due         money.Amount `json:"dueNow"`
	Next        struct {
		On     civil.Date   `json:"on"`
		Amount money.Amount `json:"amount"`
	} `json:"nextRenewal"`
}

func (s service) showChange(sh *sheet) (view, error) {
	var c contract
	var p plan
	var q quote
	to := sh.v.PathValue("planId")
	err := together(
		func() error { return sh.api.Get(sh.of(), nil, &c) },
		func() error { return sh.api.Get(session.Path("plans", to), nil, &p) },
		func() error { return sh.api.Get(sh.of("proration"), url.Values{"planId": {to}}, &q) })
	if f := fault.Of(err); f != nil && f.Kind == fault.Conflict { // it cannot be had, and the API says why
		sh.refuse(f)
		return view{title: sh.say("change.not"), section: "-", cards: []card{{links: []link{{sh.say("change.others"), sh.here("plans"), true}, {sh.say("back"), sh.here(), false}}}}}, nil
	}
	if err != nil {
		return view{}, err
	}
	facts := []look.Fact{}
	for _, l := range q.Lines {
		name := l.Name
		if l.Period != nil {
			name = sh.say("change.line."+l.Kind, "plan", l.Name, "days", itoa(l.Days), "of", itoa(l.Of))
		}
		facts = append(facts, look.Fact{Name: name, Value: sh.Amount(l.Amount)})
	}
	if q.CreditUsed.Minor > 0 {
		facts = append(facts, look.Fact{Name: sh.say("change.creditUsed"), Value: sh.Amount(q.CreditUsed.Times(-1))})
	}
	facts = append(facts, look.Fact{Name: sh.say("change.due"), Value: sh.Amount(q.Due), Sum: true})
	now := sh.ask(sh.say("change.now.submit", "amount", sh.Amount(q.Due)), sh.here("plans", to))
	now.hidden = map[string]string{"when": "now", "quote": q.ID}
	later := sh.ask(sh.say("change.later.submit"), sh.here("plans", to))
	later.hidden, later.quiet = map[string]string{"when": "period_end"}, true
	text := sh.say("change.now.text", "price", sh.price(p.Price, p.Billing), "date", sh.Date(q.Next.On), "amount", sh.Amount(q.Next.Amount))
	if q.CreditAfter.Minor > 0 {
		text += " " + sh.say("change.credit", "amount", sh.Amount(q.CreditAfter))
	}
	return view{title: sh.say("change", "from", c.Name, "to", p.Name), section: "-", cards: []card{
		{title: sh.say("change.now"), text: text, facts: facts, forms: []form{now}},
		{title: sh.say("change.later"), text: sh.say("change.later.text", "date", sh.Date(q.Next.On), "price", sh.price(p.Price, p.Billing)), forms: []form{later}},
		{links: []link{{sh.say("change.others"), sh.here("plans"), false}, {sh.say("back"), sh.here(), false}}}}}, nil
}

func (s service) change(sh *sheet) (string, error) {
	body := map[string]string{"planId": sh.v.PathValue("planId"), "when": sh.v.Field("when"), "returnUrl": sh.to("return")}
	if quoted := sh.v.Field("quote"); quoted != "" {
		body["quoteId"] = quoted
	}
	return sh.begin(errand{Path: sh.of("change-plan"), Key: sh.key(), Body: body, To: sh.here(), Done: "change"})
}
