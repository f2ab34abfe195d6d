package console

import (
	"net/http"
	"strings"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addTickets(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleTickets", Method: http.MethodGet, Path: "/console/tickets", About: "The desk: what waits for staff first."}, view.tickets)
	s.page(site, web.Page{ID: "getConsoleTicket", Method: http.MethodGet, Path: "/console/tickets/{ticket}", About: "A ticket with its messages and notes."}, view.showTicket)
	s.page(site, web.Page{ID: "sendConsoleTicket", Method: http.MethodPost, Path: "/console/tickets/{ticket}", About: "Answers, notes, changes or resolves it."}, view.sendTicket)
}

var (
	categories = []look.Option{{Value: "technical", Label: "Technical"}, {Value: "billing", Label: "Billing"}, {Value: "account", Label: "Account"}, {Value: "other", Label: "Other"}}
	priorities = []look.Option{{Value: "low", Label: "Low"}, {Value: "normal", Label: "Normal"}, {Value: "high", Label: "High"}, {Value: "urgent", Label: "Urgent"}}
)

func init() {
	for word, said := range map[string]string{"answered": "Your answer is sent.", "noted": "Your note is kept.", "resolved": "The ticket is resolved.", "changed": "It is changed."} {
		done[word] = said
	}
}

func (v view) tickets() (web.Answer, error) {
	var found ticketPage
	status, mine := v.Query().Get("status"), ""
	if status == "mine" {
		status, mine = "", v.api.Account
	}
	if err := v.api.Get("/tickets", query("status", status, "assignee", mine, "limit", "25", "cursor", v.Query().Get("cursor")), &found); err != nil {
		return web.Answer{}, err
	}
	b := v.board("Tickets")
	for _, tab := range [][2]string{{"All to do", ""}, {"Wait for us", "open"}, {"Wait for the customer", "pending"}, {"Mine", "mine"}, {"Resolved", "resolved"}} {
		address := v.on("tickets")
		if tab[1] != "" {
			address += "?status=" + tab[1]
		}
		b.tabs = append(b.tabs, look.Place{Name: tab[0], Address: address, Here: v.Query().Get("status") == tab[1]})
	}
	t := ticketTable(v, found.Tickets, "Tickets")
	b.blocks = []block{{table: &t, pager: v.pager("Pages of tickets", found.NextCursor)}}
	return v.show(b)
}

func ticketTable(v view, all []ticketOf, caption string) look.Table {
	t := look.Table{Caption: caption, Columns: look.Columns("Subject", "Status", "Priority", "About", "Last message", "Looked after by"), Empty: "No tickets here. New ones appear within seconds."}
	for _, one := range all {
		t.Rows = append(t.Rows, []look.Cell{link(one.Subject, v.on("tickets", one.TicketID)), waits(one.Status), state(one.Priority), text(plain(one.Category)), text(moment(one.LastMessageAt)), text(one.Assignee)})
	}
	return t
}

// waits tells whom a ticket waits for.
func waits(status string) look.Cell {
	switch status {
	case "open":
		return look.Cell{Text: "Waits for us", Tone: look.Warn}
	case "pending":
		return look.Cell{Text: "Waits for the customer", Tone: look.Plain}
	}
	return state(status)
}

// desk is a ticket's page.
type desk struct {
	form
	ticket ticketOf
	mine   bool
}

func (v view) desk() (*desk, error) {
	var t ticketOf
	if err := v.api.Get(session.Path("tickets", v.PathValue("ticket")), query("limit", "50", "cursor", v.Query().Get("cursor")), &t); err != nil {
		return nil, err
	}
	d := &desk{form: v.form(t.Subject, input{rows: 6, Field: look.Field{Name: "body", Label: "Your message", Max: 10000, Value: v.Field("body")}}), ticket: t, mine: t.Assignee == v.api.Account}
	d.crumbs, d.badges = []look.Place{{Name: "Tickets", Address: v.on("tickets")}}, []look.Cell{waits(t.Status), state(t.Priority)}
	var works []string
	for _, w := range t.Maintenance {
		works = append(works, w.said(v.Now()))
	}
	d.blocks = []block{{title: "About", entries: entries(entry("Customer", link("Open the customer", v.on("customers", t.CustomerID))), entry("About", text(plain(t.Category))), entry("Opened", text(moment(t.OpenedAt))),
		entry("Planned work", text(strings.Join(works, " "))), entry("Resolved", text(moment(t.ResolvedAt))), entry("Looked after by", text(t.Assignee)), entry("Id", code(t.TicketID)))}}
	d.blocks[0].pager = v.pager("Pages of messages", t.NextCursor)
	return d, nil
}

func (v view) showTicket() (web.Answer, error) {
	d, err := v.desk()
	return web.Show(ticketPart(d)), err
}

func (v view) sendTicket() (web.Answer, error) {
	path, word := session.Path("tickets", v.PathValue("ticket")), ""
	var err error
	switch key := v.Field("attempt"); v.Field("go") {
	case "answer":
		word, err = "answered", v.api.Post(path+"/messages", key, map[string]any{"body": v.Field("body")}, nil)
	case "note":
		word, err = "noted", v.api.Post(path+"/messages", key, map[string]any{"body": v.Field("body"), "internal": true}, nil)
	case "resolve":
		word, err = "resolved", v.api.Post(path+"/resolve", key, nil, nil)
	case "take":
		word, err = "changed", v.api.Patch(path, v.Field("version"), map[string]any{"assignee": v.api.Account}, nil)
	case "change":
		word, err = "changed", v.api.Patch(path, v.Field("version"), map[string]any{"priority": v.Field("priority"), "category": v.Field("category")}, nil)
	default:
		err = fault.ErrInvalid.Naming("go", "is none of the buttons")
	}
	if err == nil {
		return goDone(v.on("tickets", v.PathValue("ticket")), word), nil
	}
	return again(err, v.desk, ticketPart)
}
