package console

import (
	"net/http"

	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addSignups(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleSignups", Method: http.MethodGet, Path: "/console/signups", About: "Signups by their state; those that hang come first."}, view.signups)
	s.page(site, web.Page{ID: "getConsoleSignup", Method: http.MethodGet, Path: "/console/signups/{signup}", About: "A signup with all that happened in it."}, view.signup)
	s.page(site, web.Page{ID: "getConsoleAttention", Method: http.MethodGet, Path: "/console/attention", About: "What hangs, since when and why, and what helps."}, view.attention)
}

func (v view) signups() (web.Answer, error) {
	status := v.Query().Get("status")
	if status == "" {
		status = "open"
	}
	var found signupPage
	if err := v.api.Get("/admin/signups", query("status", status, "limit", "25", "cursor", v.Query().Get("cursor")), &found); err != nil {
		return web.Answer{}, err
	}
	b := v.board("Signups")
	for _, s := range []string{"open", "requested", "failed", "completed", "expired"} {
		b.tabs = append(b.tabs, look.Place{Name: plain(s), Address: v.on("signups") + "?status=" + s, Here: s == status})
	}
	t := v.signupTable(found.Signups, "No signups in this state.")
	b.blocks = []block{{table: &t, pager: v.pager("Pages of signups", found.NextCursor)}}
	return v.show(b)
}

func (v view) signupTable(all []signupOf, empty string) look.Table {
	t := look.Table{Caption: "Signups", Columns: look.Columns("Signup", "Status", "At step", "Why", "Since", "Plan", "#Price"), Empty: empty}
	for _, s := range all {
		t.Rows = append(t.Rows, []look.Cell{{Text: short(s.SignupID), Address: v.on("signups", s.SignupID), Note: plain(s.Flow)}, s.state(), {Text: plain(s.Step), Note: s.System}, text(plain(s.Reason)), text(moment(s.Since)), text(s.PlanID), text(sum(s.Price))})
	}
	return t
}

func (s signupOf) state() look.Cell {
	if s.Hangs {
		return look.Cell{Text: "Hangs", Tone: look.Bad}
	}
	return state(s.Status)
}

func (v view) signup() (web.Answer, error) {
	var s signupOf
	if err := v.api.Get(session.Path("admin", "signups", v.PathValue("signup")), nil, &s); err != nil {
		return web.Answer{}, err
	}
	b := v.board("Signup " + short(s.SignupID))
	b.crumbs, b.badges = []look.Place{{Name: "Signups", Address: v.on("signups")}}, []look.Cell{s.state()}
	customer := look.Cell{}
	if s.CustomerID != "" {
		customer = link("Open the customer", v.on("customers", s.CustomerID))
	}
	t := look.Table{Caption: "What happened", Columns: look.Columns("When", "What", "Step", "More"), Empty: "Nothing yet."}
	for _, h := range s.History {
		t.Rows = append(t.Rows, []look.Cell{text(moment(h.At)), text(plain(h.Fact)), text(plain(h.Step)), text(h.Detail)})
	}
	b.blocks = []block{{title: "Where it is", entries: entries(entry("Customer", customer), entry("Flow", text(plain(s.Flow))), entry("Step", text(plain(s.Step))), entry("System", text(s.System)), entry("Why", text(plain(s.Reason))),
		entry("Since", text(moment(s.Since))), entry("Next by itself", text(moment(s.NextAt))), entry("Plan", text(s.PlanID)), entry("Price", text(sum(s.Price))), entry("Order", code(s.OrderID)), entry("Attempts at a contract", text(count(s.Attempt))),
		entry("Begun", text(moment(s.BeganAt))), entry("Id", code(s.SignupID)))}, {title: "What happened", text: "Step by step.", table: &t}}
	return v.show(b)
}

// attention lists what hangs.
func (v view) attention() (web.Answer, error) {
	var parked servicePage
	var signups signupPage
	g := v.reads()
	g.get("listParkedServices", "/admin/services/parked", query("limit", "50", "cursor", v.Query().Get("cursor")), &parked)
	g.get("listSignups", "/admin/signups", query("status", "open", "limit", "50"), &signups)
	if err := g.Wait(); err != nil {
		return web.Answer{}, err
	}
	b := v.board("What hangs")
	b.under = "And what helps. Everything else goes on by itself."
	if v.may("listParkedServices") {
		t := v.serviceTable(parked.Services, "No work on the network is stuck.")
		t.Columns = append(t.Columns, look.Column{Name: "Do"})
		for i, l := range parked.Services {
			t.Rows[i] = append(t.Rows[i], link("Go on, after mending it", v.actionOf(l.CustomerID, "retry", l.ServiceID, "")))
		}
		b.blocks = append(b.blocks, block{title: "Parked provisioning", text: "Tried eight times or refused for good. Mend the cause, then go on.", table: &t, pager: v.pager("Pages of parked work", parked.NextCursor)})
	}
	if v.may("listSignups") {
		t := v.signupTable(signups.hanging(), "No signup hangs.")
		b.blocks = append(b.blocks, block{title: "Signups that hang", text: "Their customers have a mail with a link to go on, where we know their address.", table: &t})
	}
	return v.show(b)
}
