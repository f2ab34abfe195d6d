package portal

import (
	"net/url"
	"strings"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/domain/ticket"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addTickets() {
	unknown := []*fault.Fault{ticket.ErrUnknown}
	s.page(web.Page{ID: "getPortalTickets", Path: "/portal/tickets", About: "The customer's requests for help."}, s.showTickets)
	s.page(web.Page{ID: "getPortalNewTicket", Path: "/portal/tickets/new", About: "Where support is asked."}, s.showNewTicket)
	s.form(web.Page{ID: "sendPortalNewTicket", Path: "/portal/tickets/new", About: "Asks support."}, s.showNewTicket, s.openTicket)
	s.page(web.Page{ID: "getPortalTicket", Path: "/portal/tickets/{ticketId}", Faults: unknown, About: "One request with what was written."}, s.showTicket)
	s.form(web.Page{ID: "sendPortalMessage", Path: "/portal/tickets/{ticketId}/messages", Faults: append(unknown, ticket.ErrFull), About: "Writes in a request; one that was resolved is open again."}, s.showTicket, s.write)
	s.form(web.Page{ID: "sendPortalResolve", Path: "/portal/tickets/{ticketId}/resolve", Faults: unknown, About: "Says that nothing is left to do."}, s.showTicket, s.resolve)
}

type request struct {
	ID       string    `json:"ticketId"`
	Subject  string    `json:"subject"`
	Category string    `json:"category"`
	Status   string    `json:"status"`
	Last     time.Time `json:"lastMessageAt"`
	Messages []struct {
		At     time.Time `json:"at"`
		Body   string    `json:"body"`
		Author struct {
			Kind string `json:"kind"`
		} `json:"author"`
	} `json:"messages"`
	Maintenance []work `json:"maintenance"`
	Next        string `json:"nextCursor"`
}

// whoami is what the pages need of the profile.
type whoami struct{ Name, TimeZone string }

// zone reads the customer's time zone, beside the other calls of a page.
func (sh *sheet) zone(of *whoami) func() error {
	return func() error { return sh.api.Get(session.Path("customers", sh.api.Account), nil, of) }
}

func (s service) showTickets(sh *sheet) (view, error) {
	var all struct {
		Tickets []request
		Next    string `json:"nextCursor"`
	}
	var me whoami
	if err := together(func() error { return sh.api.Get("/tickets", sh.listed(), &all) }, sh.zone(&me)); err != nil {
		return view{}, err
	}
	t := &look.Table{Caption: sh.say("tickets"), Columns: look.Columns(sh.say("ticket.subject"), sh.say("ticket.state"), sh.say("ticket.last")), Empty: sh.say("tickets.none")}
	for _, r := range all.Tickets {
		t.Rows = append(t.Rows, []look.Cell{{Text: r.Subject, Address: sh.to("tickets", r.ID), Note: sh.named("category", r.Category)}, sh.ticketState(r), {Text: sh.at(r.Last, zoneOf(me.TimeZone))}})
	}
	return view{title: sh.say("tickets"), text: sh.say("tickets.text"), section: "tickets",
		cards: []card{{links: []link{{sh.say("tickets.new"), sh.to("tickets", "new"), true}}}, {table: t, pager: sh.pagerOf(all.Next, "tickets")}}}, nil
}

func (sh *sheet) ticketState(r request) look.Cell {
	tone := map[string]look.Tone{"open": look.Busy, "pending": look.Warn, "resolved": look.Good}[r.Status]
	return look.Cell{Text: sh.named("ticket.status", r.Status), Tone: tone}
}

func (s service) showNewTicket(sh *sheet) (view, error) {
	subject := sh.field("subject")
	if subject.Max = ticket.SubjectMax; subject.Value == "" && sh.v.Query().Get("about") == "feedback" {
		subject.Value = sh.say("ticket.feedback")
	}
	category := sh.field("category")
	for _, c := range []string{"technical", "billing", "account", "other"} {
		category.Options = append(category.Options, look.Option{Value: c, Label: sh.say("category." + c)})
	}
	f := sh.ask(sh.say("ticket.send"), sh.to("tickets", "new"), subject, category)
	f.area = sh.area()
	return view{title: sh.say("tickets.new"), text: sh.say("ticket.newText"), section: "tickets", cards: []card{{forms: []form{f}}}}, nil
}

func (sh *sheet) area() *look.Area {
	field := sh.field("body")
	field.Max = ticket.BodyMax
	return &look.Area{Field: sh.correct(field)[0], Rows: 7}
}

func (s service) openTicket(sh *sheet) (string, error) {
	var is request
	err := sh.api.Post("/tickets", sh.key(), map[string]string{"subject": sh.v.Field("subject"), "category": sh.v.Field("category"), "body": strings.ReplaceAll(sh.v.Field("body"), "\r\n", "\n")}, &is)
	return sh.done("ticket", "tickets", is.ID), err
}

func (sh *sheet) ticketPath(more ...string) string {
	return session.Path(append([]string{"tickets", sh.v.PathValue("ticketId")}, more...)...)
}

func (s service) showTicket(sh *sheet) (view, error) {
	var is request
	var me whoami
	q := url.Values{"limit": {"50"}}
	if cursor := sh.v.Query().Get("cursor"); cursor != "" {
		q.Set("cursor", cursor)
	}
	if err := together(func() error { return sh.api.Get(sh.ticketPath(), q, &is) }, sh.zone(&me)); err != nil {
		return view{}, err
	}
	page, zone := sh.to("tickets", is.ID), zoneOf(me.TimeZone)
	var said []saying
	for _, m := range is.Messages {
		said = append(said, saying{sh.named("author", m.Author.Kind), sh.at(m.At, zone), strings.Split(m.Body, "\n"), m.Author.Kind == "customer"})
	}
	reply := sh.ask(sh.say("ticket.reply"), page+"/messages")
	reply.area = sh.area()
	c := card{title: sh.named("category", is.Category), badge: look.Entry{Cell: sh.ticketState(is)}, forms: []form{reply}}
	c.inside = append(c.inside, conversation(sh.say("ticket.conversation"), said))
	if is.Next != "" {
		c.links = append(c.links, link{sh.say("ticket.later"), page + "?cursor=" + url.QueryEscape(is.Next), false})
	}
	if is.Status != "resolved" {
		f := sh.ask(sh.say("ticket.resolve"), page+"/resolve")
		f.quiet = true
		c.forms = append(c.forms, f)
	}
	var cards []card
	for _, w := range is.Maintenance {
		cards = append(cards, sh.workCard(w, zone))
	}
	return view{title: is.Subject, section: "tickets", cards: append(cards, c)}, nil
}

// saying is one message of a conversation.
type saying struct {
	who, at string
	lines   []string
	own     bool
}

func (s service) write(sh *sheet) (string, error) {
	return sh.done("written", "tickets", sh.v.PathValue("ticketId")), sh.api.Post(sh.ticketPath("messages"), sh.key(), map[string]string{"body": strings.ReplaceAll(sh.v.Field("body"), "\r\n", "\n")}, nil)
}

func (s service) resolve(sh *sheet) (string, error) {
	return sh.done("resolved", "tickets", sh.v.PathValue("ticketId")), sh.api.Post(sh.ticketPath("resolve"), sh.key(), nil, nil)
}
