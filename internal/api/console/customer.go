package console

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addCustomer(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleCustomer", Method: http.MethodGet, Path: "/console/customers/{customer}", About: "A customer: what comes next, contracts, and what happened."}, view.overview)
	s.page(site, web.Page{ID: "getConsoleMoney", Method: http.MethodGet, Path: "/console/customers/{customer}/money", About: "A customer's orders, invoices and wallet."}, view.money)
	s.page(site, web.Page{ID: "getConsoleServices", Method: http.MethodGet, Path: "/console/customers/{customer}/services", About: "A customer's lines."}, view.services)
	s.page(site, web.Page{ID: "getConsoleContact", Method: http.MethodGet, Path: "/console/customers/{customer}/contact", About: "A customer's tickets and mails."}, view.contact)
	s.page(site, web.Page{ID: "getConsoleAccount", Method: http.MethodGet, Path: "/console/customers/{customer}/account", About: "A customer's data, groups and taxes."}, view.account)
	s.page(site, web.Page{ID: "getConsoleContract", Method: http.MethodGet, Path: "/console/customers/{customer}/contracts/{contract}", About: "A contract and what comes next of it."}, view.contract)
	s.page(site, web.Page{ID: "getConsoleInvoice", Method: http.MethodGet, Path: "/console/customers/{customer}/invoices/{invoice}", About: "An invoice and its refunds."}, view.invoice)
	s.page(site, web.Page{ID: "getConsoleInvoicePdf", Method: http.MethodGet, Path: "/console/customers/{customer}/invoices/{invoice}/pdf", About: "An invoice as a file."}, view.invoicePdf)
	s.page(site, web.Page{ID: "getConsoleService", Method: http.MethodGet, Path: "/console/customers/{customer}/services/{service}", About: "A line, its work and its diagnoses."}, view.service)
}

// customerPath is a customer's path of the API.
func (v view) customerPath(segments ...string) string {
	return session.Path(append([]string{"customers", v.PathValue("customer")}, segments...)...)
}

// of is an address below the customer's page.
func (v view) of(segments ...string) string {
	return v.on(append([]string{"customers", v.PathValue("customer")}, segments...)...)
}

// customerBoard makes the board of a page about a customer.
func (v view) customerBoard(c person, here string) board {
	b := v.board(c.called())
	b.under, b.badges = c.Email, []look.Cell{state(c.Status)}
	if c.Pending != "" {
		b.badges = append(b.badges, look.Cell{Text: "Pending: " + c.Pending, Tone: look.Warn})
	}
	b.crumbs = []look.Place{{Name: "Customers", Address: v.on("customers")}}
	for _, tab := range []struct{ name, path, operation string }{
		{"Overview", "", "getCustomer"}, {"Money", "money", "listInvoices"}, {"Lines", "services", "listServices"}, {"Tickets and mails", "contact", "listTickets"}, {"Account", "account", "getCustomer"},
	} {
		if v.may(tab.operation) {
			address := v.of()
			if tab.path != "" {
				address = v.of(tab.path)
			}
			b.tabs = append(b.tabs, look.Place{Name: tab.name, Address: address, Here: tab.path == here})
		}
	}
	return b
}

func (v view) overview() (web.Answer, error) {
	var c person
	var contracts contractPage
	var timers timerPage
	var happened happeningPage
	var journey journeyOf
	g, id := v.reads(), v.PathValue("customer")
	g.need(v.customerPath(), nil, &c)
	g.get("listSubscriptions", "/subscriptions", query("customerId", id, "limit", "50"), &contracts)
	g.get("listTimers", "/admin"+v.customerPath("timers"), nil, &timers)
	g.get("listHistory", "/admin"+v.customerPath("history"), query("limit", "25", "cursor", v.Query().Get("cursor")), &happened)
	g.get("getCustomerJourney", v.customerPath("journey"), nil, &journey)
	if err := g.Wait(); err != nil {
		return web.Answer{}, err
	}
	b := v.customerBoard(c, "")
	b.actions = v.buttons("customer", "", "openTicket", "credit")
	if v.Query().Get("cursor") == "" {
		next := comesNext(v, contracts.Subscriptions, timers)
		contractTable := v.contracts(contracts.Subscriptions)
		b.blocks = append(b.blocks, block{title: "Who", entries: entries(entry("Customer id", code(c.CustomerID)), entry("Username", text(c.Username)), entry("Phone", text(c.Phone)),
			entry("Country", text(c.Country)), entry("Tier", text(c.Tier)), entry("Registered", text(moment(c.RegisteredAt))), entry("Stage of the journey", text(plain(journey.Current))))},
			block{title: "What comes next", text: "By itself, if nobody does anything.", table: &next}, block{title: "Contracts", table: &contractTable})
	}
	trailBlock := block{title: "What happened", text: "Everything about this customer, newest first.", pager: v.pager("Pages of what happened", happened.NextCursor)}
	if len(happened.Entries) > 0 {
		trailBlock.more = trail(v.tellAll(id, happened.Entries))
	} else {
		trailBlock.table = &look.Table{Empty: "Nothing yet. What happens is here within seconds."}
	}
	b.blocks = append(b.blocks, trailBlock)
	return v.show(b)
}

func (v view) tellAll(customer string, all []happening) (out []told) {
	for _, h := range all {
		out = append(out, v.tell(customer, h))
	}
	return out
}

func (v view) contracts(all []contract) look.Table {
	t := look.Table{Caption: "Contracts", Columns: look.Columns("Plan", "Status", "Period", "Next bill", "#Price"), Empty: "No contracts."}
	for _, c := range all {
		period := ""
		if c.Period.From != "" {
			period = c.Period.From + " to " + c.Period.Until
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: c.Name, Address: v.of("contracts", c.SubscriptionID), Note: short(c.SubscriptionID)}, c.state(), text(period), text(c.NextBilling), text(sum(c.Price))})
	}
	return t
}

// state tells more than the status: what is wrong, or ends.
func (c contract) state() look.Cell {
	said := state(c.Status)
	switch {
	case c.Dunning != nil:
		return look.Cell{Text: plain(c.Status) + ", unpaid", Tone: look.Bad}
	case c.Cancellation != nil:
		return look.Cell{Text: plain(c.Status) + ", cancelled", Tone: look.Warn}
	}
	return said
}

// coming is something that is to happen.
type coming struct{ when, what, about, address string }

// next lists what a contract has before it.
func (c contract) next(v view) (out []coming) {
	add := func(when, what string) {
		if when != "" {
			out = append(out, coming{when, what, c.Name, v.of("contracts", c.SubscriptionID)})
		}
	}
	if c.Cancellation != nil {
		add(c.Cancellation.On, "Ends, because it was cancelled")
	} else {
		add(c.NextBilling, "Renews for "+sum(c.Price))
	}
	if c.NextPlan != nil {
		add(c.NextPlan.On, "Changes to "+cmp.Or(c.NextPlan.Name, c.NextPlan.ItemID))
	}
	if c.Pause != nil {
		add(c.Pause.Until, "Resumes from its pause")
	}
	if c.Dunning != nil {
		add(stamp(c.Dunning.NextReminderAt), "Next reminder of the unpaid invoice")
		add(stamp(c.Dunning.SuspendsAt), "Is suspended, if not paid by then")
		add(stamp(c.Dunning.EndsAt), "Ends, if not paid by then")
		if held := c.Dunning.Held; held != nil {
			add(stamp(held.Until), "The hold of its suspension ends ("+held.Reason+")")
		}
	}
	return out
}

// stamp sorts as text together with days.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// timersSay is what a kind of timer does when it is due.
var timersSay = map[string]string{
	"order.watch": "Looks after an unpaid order: finds its money, or lets it expire", "subscription.due": "Looks after a contract: reminds, renews, duns, suspends or ends it",
	"account.verification": "Reminds of confirming the mail address, or lets the registration expire", "signup.due": "Looks after a signup that nobody goes on with",
}

func comesNext(v view, contracts []contract, timers timerPage) look.Table {
	var all []coming
	for _, c := range contracts {
		all = append(all, c.next(v)...)
	}
	for _, t := range timers.Timers {
		said := timersSay[t.Kind]
		if said == "" {
			said = plain(t.Kind)
		}
		if t.NextTry.After(t.Due) {
			said += " (tried again " + moment(t.NextTry) + ")"
		}
		all = append(all, coming{stamp(t.Due), said, short(t.Subject), ""})
	}
	slices.SortStableFunc(all, func(a, b coming) int { return cmp.Compare(a.when, b.when) })
	t := look.Table{Caption: "What comes next", Columns: look.Columns("When", "What", "Of"), Empty: "Nothing waits for this customer."}
	for _, c := range all {
		t.Rows = append(t.Rows, []look.Cell{text(c.when), text(c.what), link(c.about, c.address)})
	}
	return t
}
