package portal

import (
	"net/url"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/money"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addSubscription() {
	unknown := []*fault.Fault{subscription.ErrUnknown}
	s.page(web.Page{ID: "getPortalSubscription", Path: "/portal/subscriptions/{subscriptionId}", Faults: unknown, About: "One subscription: how it stands, its use, its next invoice, and what can be done."}, s.showSubscription)
	s.page(web.Page{ID: "getPortalCancel", Path: "/portal/subscriptions/{subscriptionId}/cancel", Faults: unknown, About: "What cancelling would come to, at the end of the period and at once."}, s.showCancel)
	s.form(web.Page{ID: "sendPortalCancel", Path: "/portal/subscriptions/{subscriptionId}/cancel", Faults: unknown, About: "Cancels."}, s.showCancel, s.cancel)
	s.form(web.Page{ID: "sendPortalKeep", Path: "/portal/subscriptions/{subscriptionId}/keep", Faults: unknown, About: "Withdraws a cancellation."}, s.showSubscription, s.removes("cancellation", "kept"))
	s.form(web.Page{ID: "sendPortalKeepPlan", Path: "/portal/subscriptions/{subscriptionId}/keep-plan", Faults: unknown, About: "Withdraws a change of plan that waits."}, s.showSubscription, s.removes("change-plan", "planKept"))
	s.page(web.Page{ID: "getPortalPause", Path: "/portal/subscriptions/{subscriptionId}/pause", Faults: unknown, About: "What a pause means."}, s.showPause)
	s.form(web.Page{ID: "sendPortalPause", Path: "/portal/subscriptions/{subscriptionId}/pause", Faults: unknown, About: "Pauses."}, s.showPause, s.pause)
	s.form(web.Page{ID: "sendPortalResume", Path: "/portal/subscriptions/{subscriptionId}/resume", Faults: unknown, About: "Resumes a paused subscription."}, s.showSubscription, s.asks("resume", "resumed"))
	s.form(web.Page{ID: "sendPortalRenew", Path: "/portal/subscriptions/{subscriptionId}/renew", Faults: unknown, About: "Renews a subscription that is due."}, s.showSubscription, s.asks("renew", "renewed"))
}

// of is the path of the API about the subscription of the page.
func (sh *sheet) of(more ...string) string {
	return session.Path(append([]string{"subscriptions", sh.v.PathValue("subscriptionId")}, more...)...)
}

// here is a page about the same subscription.
func (sh *sheet) here(more ...string) string {
	return sh.to(append([]string{"subscriptions", sh.v.PathValue("subscriptionId")}, more...)...)
}

// asks makes what a button asks for that needs nothing said.
func (s service) asks(what, done string) does {
	return func(sh *sheet) (string, error) {
		return sh.here() + "?done=" + done, sh.api.Post(sh.of(what), sh.key(), nil, nil)
	}
}

// removes makes what a button takes back.
func (s service) removes(what, done string) does {
	return func(sh *sheet) (string, error) {
		return sh.here() + "?done=" + done, sh.api.Delete(sh.of(what), "", nil)
	}
}

// upcoming is the next invoice of a subscription.
type upcoming struct {
	On      civil.Date `json:"billedOn"`
	Invoice bill       `json:"invoice"`
}

func (s service) showSubscription(sh *sheet) (view, error) {
	var c contract
	var used usage
	var next upcoming
	id := sh.v.PathValue("subscriptionId")
	err := together(
		func() error { return sh.api.Get(sh.of(), nil, &c) },
		func() error { return sh.used(id, &used) },
		func() error {
			return perhaps(sh.api.Get("/invoices/upcoming", url.Values{"subscriptionId": {id}}, &next))
		})
	if err != nil {
		return view{}, err
	}
	v := view{title: c.Name, section: "-", cards: []card{sh.standing(c)}}
	if used.Subscription != "" {
		v.cards = append(v.cards, card{title: sh.say("usage.title"), badge: sh.online(used), inside: plots(sh, used)})
	}
	if next.On != "" {
		v.cards = append(v.cards, card{title: sh.say("upcoming"), text: sh.say("upcoming.text", "date", sh.Date(next.On)), facts: sh.billFacts(next.Invoice)})
	}
	return v, nil
}

func (sh *sheet) online(u usage) look.Entry {
	if u.Online {
		return look.Entry{Cell: look.Cell{Text: sh.say("usage.online"), Tone: look.Good}}
	}
	return look.Entry{Cell: look.Cell{Text: sh.say("usage.offline"), Tone: look.Plain}}
}

// standing is how a subscription stands, with what can be done in this state.
func (sh *sheet) standing(c contract) card {
	badge, text := sh.state(c)
	out := card{title: sh.say("standing"), badge: badge, text: text, facts: []look.Fact{{Name: sh.say("plan.price"), Value: sh.price(c.Price, c.Billing)}}}
	if c.Credit.Minor > 0 {
		out.facts = append(out.facts, look.Fact{Name: sh.say("plan.credit"), Value: sh.Amount(c.Credit)})
	}
	if c.Status == subscription.Suspended || c.Dunning != nil {
		out.links = append(out.links, link{sh.say("state.pay"), sh.payAddress(c), true})
	}
	quiet := func(text, page string) link { return link{sh.say(text), sh.here(page), false} }
	button := func(text, page string) form {
		f := sh.ask(sh.say(text), sh.here(page))
		f.quiet = true
		return f
	}
	if c.Cancellation != nil && c.Status != subscription.Ended {
		out.forms = append(out.forms, button("do.keep", "keep"))
	}
	if c.NextPlan != nil {
		out.forms = append(out.forms, button("do.keepPlan", "keep-plan"))
	}
	switch c.Status {
	case subscription.Active:
		if c.Cancellation == nil && c.Dunning == nil {
			out.links = append(out.links, quiet("do.change", "plans"), quiet("do.pause", "pause"))
		}
		if c.Period != nil && c.Dunning == nil && c.Cancellation == nil && civil.On(sh.v.Now(), zoneOf(c.TimeZone)) >= c.Period.Until {
			out.forms = append(out.forms, button("do.renew", "renew"))
		}
	case subscription.Paused:
		out.forms = append(out.forms, button("do.resume", "resume"))
	}
	if c.Status != subscription.Ended {
		out.links = append(out.links, quiet("do.cancel", "cancel"))
	}
	return out
}

// ending is what cancelling comes to.
type ending struct {
	On   civil.Date   `json:"endsOn"`
	Back money.Amount `json:"back"`
	Owed money.Amount `json:"owed"`
}

func (s service) showCancel(sh *sheet) (view, error) {
	var c contract
	var would struct {
		Later *ending `json:"endOfPeriod"`
		Now   ending  `json:"now"`
	}
	err := together(func() error { return sh.api.Get(sh.of(), nil, &c) }, func() error { return sh.api.Get(sh.of("cancellation"), nil, &would) })
	if err != nil {
		return view{}, err
	}
	v := view{title: sh.say("cancel", "plan", c.Name), text: sh.say("cancel.text"), section: "-"}
	choice := func(mode, text string, is ending) card {
		facts := []look.Fact{{Name: sh.say("cancel.back"), Value: sh.Amount(is.Back)}}
		if is.Owed.Minor > 0 {
			facts = append(facts, look.Fact{Name: sh.say("cancel.owed"), Value: sh.Amount(is.Owed)})
		}
		f := sh.ask(sh.say("cancel."+mode+".submit"), sh.here("cancel"))
		f.hidden, f.bad = map[string]string{"mode": mode}, mode == "now"
		return card{title: sh.say("cancel." + mode), text: sh.say(text, "last", sh.Date(is.On.Plus(-1)), "date", sh.Date(is.On)), facts: facts, forms: []form{f}}
	}
	if would.Later != nil && c.Cancellation == nil {
		v.cards = append(v.cards, choice("end_of_period", "cancel.end_of_period.text", *would.Later))
	}
	text := "cancel.now.text"
	if c.ServiceID != "" {
		text = "cancel.now.line"
	}
	v.cards = append(v.cards, choice("now", text, would.Now), card{links: []link{{sh.say("cancel.not"), sh.here(), false}}})
	return v, nil
}

func (s service) cancel(sh *sheet) (string, error) {
	mode := sh.v.Field("mode")
	return sh.here() + "?done=cancel." + mode, sh.api.Post(sh.of("cancel"), sh.key(), map[string]string{"mode": mode}, nil)
}

func (s service) showPause(sh *sheet) (view, error) {
	var c contract
	if err := sh.api.Get(sh.of(), nil, &c); err != nil {
		return view{}, err
	}
	until := sh.field("until")
	until.Type, until.Optional = "date", true
	return view{title: sh.say("pause", "plan", c.Name), text: sh.say("pause.text"), section: "-",
		cards: []card{{forms: []form{sh.ask(sh.say("do.pause"), sh.here("pause"), until)}, links: []link{{sh.say("back"), sh.here(), false}}}}}, nil
}

func (s service) pause(sh *sheet) (string, error) {
	body := map[string]string{}
	if until := sh.v.Field("until"); until != "" {
		body["until"] = until
	}
	return sh.here() + "?done=paused", sh.api.Post(sh.of("pause"), sh.key(), body, nil)
}
