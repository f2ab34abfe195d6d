package portal

import (
	"net/url"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/money"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addHome() {
	s.page(web.Page{ID: "getPortalHome", Path: "/portal", About: "What the customer has and how it stands: subscriptions, use, what is to be paid, and when the network is worked on."}, s.home)
}

// contract is a subscription as the API tells of it.
type contract struct {
	ID          string             `json:"subscriptionId"`
	Name        string             `json:"name"`
	ItemID      string             `json:"itemId"`
	Status      subscription.State `json:"status"`
	Price       money.Amount       `json:"price"`
	Credit      money.Amount       `json:"credit"`
	Billing     string             `json:"billingPeriod"`
	Period      *civil.Period      `json:"period"`
	NextBilling civil.Date         `json:"nextBilling"`
	NextPlan    *struct {
		Name  string       `json:"name"`
		On    civil.Date   `json:"on"`
		Price money.Amount `json:"price"`
	} `json:"nextPlan"`
	Cancellation *struct {
		On civil.Date `json:"on"`
	} `json:"cancellation"`
	Pause *struct {
		Since civil.Date `json:"since"`
		Until civil.Date `json:"until"`
	} `json:"pause"`
	Dunning *struct {
		InvoiceID string     `json:"invoiceId"`
		Reason    string     `json:"reason"`
		Suspends  *time.Time `json:"suspendsAt"`
		Ends      *time.Time `json:"endsAt"`
	} `json:"dunning"`
	EndedAt   *time.Time `json:"endedAt"`
	ServiceID string     `json:"serviceId"`
	TimeZone  string     `json:"timeZone"`
}

// state says how a subscription stands, why, and what is to be done.
func (w words) state(c contract) (badge look.Entry, text string) {
	of := func(tone look.Tone, what string, pairs ...string) (look.Entry, string) {
		return look.Entry{Cell: look.Cell{Text: w.say("state." + string(c.Status)), Tone: tone}}, w.say("state."+what, pairs...)
	}
	zone := zoneOf(c.TimeZone)
	switch {
	case c.Status == subscription.Ended && c.EndedAt != nil:
		return of(look.Plain, "endedOn", "date", w.day(*c.EndedAt, zone))
	case c.Status == subscription.Suspended && c.Dunning != nil && c.Dunning.Ends != nil:
		return of(look.Bad, "suspendedUntil", "date", w.day(*c.Dunning.Ends, zone))
	case c.Status == subscription.Suspended:
		return of(look.Bad, "suspendedWhy")
	case c.Status == subscription.Paused && c.Pause != nil && c.Pause.Until != "":
		return of(look.Warn, "pausedUntil", "date", w.Date(c.Pause.Until))
	case c.Status == subscription.Paused:
		return of(look.Warn, "pausedOpen")
	case c.Status == subscription.Pending:
		return of(look.Busy, "pendingWhy")
	case c.Cancellation != nil:
		return of(look.Warn, "cancelled", "date", w.Date(c.Cancellation.On.Plus(-1)))
	case c.Dunning != nil && c.Dunning.Suspends != nil:
		return of(look.Warn, "overdueUntil", "date", w.day(*c.Dunning.Suspends, zone))
	case c.Dunning != nil:
		return of(look.Warn, "overdue")
	case c.NextPlan != nil:
		return of(look.Good, "changes", "date", w.Date(c.NextPlan.On), "plan", c.NextPlan.Name, "price", w.Amount(c.NextPlan.Price))
	case c.Period != nil && c.NextBilling != "":
		return of(look.Good, "renews", "until", w.Date(c.Period.Until.Plus(-1)), "date", w.Date(c.NextBilling), "price", w.Amount(c.Price))
	case c.Period != nil:
		return of(look.Good, "runs", "until", w.Date(c.Period.Until.Plus(-1)))
	}
	return of(look.Good, "on")
}

// price of a subscription, and for how long.
func (w words) price(of money.Amount, every string) string {
	return w.Amount(of) + " " + w.named("every", every)
}

// line is the cookie that names the subscription whose use the first page shows, so that it can be asked for at once with everything else.
const (
	line     = "portal-line"
	lineKept = 90 * 24 * time.Hour
)

func (s service) home(sh *sheet) (view, error) {
	var contracts struct{ Subscriptions []contract }
	var open struct{ Invoices []billed }
	var used usage
	var lines struct{ Services []worked }
	guess := sh.v.Cookie(line)
	err := together(
		func() error { return sh.api.Get("/subscriptions", url.Values{"limit": {"50"}}, &contracts) },
		func() error {
			return sh.api.Get("/invoices", url.Values{"status": {"open"}, "limit": {pageMax}}, &open)
		},
		func() error { return sh.used(guess, &used) },
		func() error { return bearable(sh.api.Get("/services", url.Values{"limit": {"50"}}, &lines)) })
	if err != nil {
		return view{}, err
	}
	if now := lineOf(contracts.Subscriptions); now != used.Subscription {
		used = usage{}
		if err := sh.used(now, &used); err != nil {
			return view{}, err
		}
		if err := sh.v.Remember(line, now, lineKept); err != nil {
			return view{}, err
		}
	}
	v := view{title: sh.say("home"), cards: append(sh.workCards(lines.Services, contracts.Subscriptions), sh.openCards(open.Invoices)...)}
	for _, c := range contracts.Subscriptions {
		v.cards = append(v.cards, sh.contractCard(c, used))
	}
	if len(contracts.Subscriptions) == 0 {
		v.cards = append(v.cards, card{title: sh.say("home.none"), text: sh.say("home.noneText"), links: []link{{sh.say("home.plans"), sh.v.On("/signup/" + string(sh.v.Tenant()) + "/plans"), true}}})
	}
	return v, nil
}

// lineOf is the line whose use is shown: the first that runs.
func lineOf(all []contract) string {
	for _, c := range all {
		if c.ServiceID != "" && c.Status != subscription.Ended && c.Status != subscription.Pending {
			return c.ID
		}
	}
	return ""
}

// openCards are what is to be paid, first of all.
func (sh *sheet) openCards(open []billed) (out []card) {
	for _, i := range open {
		text := sh.say("home.openText", "amount", sh.Amount(i.Due), "number", i.Number)
		if i.DueOn != "" {
			text = sh.say("home.openDue", "amount", sh.Amount(i.Due), "number", i.Number, "date", sh.Date(i.DueOn))
		}
		out = append(out, card{title: sh.say("home.open"), badge: look.Entry{Cell: look.Cell{Text: sh.say("status.open"), Tone: look.Warn}}, text: text, links: []link{{sh.say("invoice.payNow"), sh.to("invoices", i.ID, "pay"), true}, {sh.say("home.invoice"), sh.to("invoices", i.ID), false}}})
	}
	return out
}

func (sh *sheet) contractCard(c contract, used usage) card {
	badge, text := sh.state(c)
	out := card{title: c.Name, badge: badge, text: text, facts: []look.Fact{{Name: sh.say("plan.price"), Value: sh.price(c.Price, c.Billing)}}}
	if c.Status == subscription.Suspended || c.Dunning != nil {
		out.links = append(out.links, link{sh.say("state.pay"), sh.payAddress(c), true})
	}
	if used.Subscription == c.ID {
		out.inside = append(out.inside, sh.usagePlot(used))
	}
	out.links = append(out.links, link{sh.say("home.manage"), sh.to("subscriptions", c.ID), false})
	return out
}

// payAddress is where what suspends a subscription is paid.
func (sh *sheet) payAddress(c contract) string {
	if c.Dunning != nil && c.Dunning.InvoiceID != "" {
		return sh.to("invoices", c.Dunning.InvoiceID, "pay")
	}
	return sh.to("invoices")
}

// used reads the use of a line; of what is none there is none.
func (sh *sheet) used(subscription string, into *usage) error {
	if subscription == "" {
		return nil
	}
	return bearable(perhaps(sh.api.Get(session.Path("subscriptions", subscription, "usage"), url.Values{"past": {"6"}}, into)))
}

// bearable passes over what cannot be read now: the page is of use without it.
func bearable(err error) error {
	if f := fault.Of(err); f != nil && f.Kind == fault.Unavailable {
		return nil
	}
	return err
}
