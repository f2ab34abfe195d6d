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
