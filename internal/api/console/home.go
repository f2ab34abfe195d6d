package console

import (
	"net/http"
	"strconv"

	"golang.org/x/sync/errgroup"

	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

func (s service) addHome(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleHome", Method: http.MethodGet, Path: "/console", About: "Where staff begin: a search, the tickets that wait, and what hangs."}, view.home)
}

func (v view) home() (web.Answer, error) {
	var tickets ticketPage
	var parked servicePage
	var signups signupPage
	g := v.reads()
	g.get("listTickets", "/tickets", query("status", "open", "limit", "10"), &tickets)
	g.get("listParkedServices", "/admin/services/parked", query("limit", "10"), &parked)
	g.get("listSignups", "/admin/signups", query("status", "open", "limit", "25"), &signups)
	if err := g.Wait(); err != nil {
		return web.Answer{}, err
	}
	b := v.board("Good day")
	b.under = "What waits for you, and what hangs."
	hang := signups.hanging()
	b.blocks = append(b.blocks, block{title: "Find a customer", text: "By anything that is theirs: a name, a mail address, an invoice number, a serial number, any id.", more: searchForm(v.on("customers"), "")})
	stuck := []look.Entry{}
	if v.may("listParkedServices") {
		stuck = append(stuck, counted("Parked provisioning", len(parked.Services), parked.NextCursor != "", v.on("attention")))
	}
	if v.may("listSignups") {
		stuck = append(stuck, counted("Signups that hang", len(hang), false, v.on("attention")))
	}
	stuck = append(stuck, counted("Open tickets", len(tickets.Tickets), tickets.NextCursor != "", v.on("tickets")))
	b.blocks = append(b.blocks, block{title: "At a glance", entries: stuck})
	t := ticketTable(v, tickets.Tickets, "Tickets that wait for us")
	b.blocks = append(b.blocks, block{title: "Tickets that wait for us", table: &t, actions: []button{v.to("All tickets", "tickets")}})
	return v.show(b)
}

// counted is a number that leads to what it counts.
func counted(name string, n int, more bool, address string) look.Entry {
	said := strconv.Itoa(n)
	if more {
		said += " or more"
	}
	return entry(name, link(said, address))
}

// to is a button to a page of the console.
func (v view) to(name string, segments ...string) button {
	return button{Place: look.Place{Name: name, Address: v.on(segments...)}}
}

// reads are calls of the API side by side, so that a page takes as long as the slowest of them.
type reads struct {
	*errgroup.Group
	v view
}

func (v view) reads() reads { return reads{&errgroup.Group{}, v} }
