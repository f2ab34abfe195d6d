package ticket_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/freetext"
	"turnup/internal/base/id"
	"turnup/internal/domain/ticket"
)

const owner = id.Customer("cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA")

var (
	noon     = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	moment   = noon.Add(time.Hour)
	customer = ticket.Author{Kind: ticket.Customer, ID: string(owner)}
	staff    = ticket.Author{Kind: ticket.Staff, ID: "stf_1"}
	system   = ticket.Author{Kind: ticket.System, ID: "on-provisioning"}
	statuses = []ticket.Status{ticket.Open, ticket.Pending, ticket.Resolved}
	ctx      = event.WithTrace(context.Background(), event.Trace{Correlation: "cor_1", Actor: "staff:stf_1"})
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func opening() ticket.Opening {
	return ticket.Opening{Tenant: "demo", Customer: owner, By: customer, Subject: "No picture", Body: "Since noon.\nWhat now?", Category: ticket.Technical}
}

// in is a ticket that came to a status the way tickets do.
func in(t *testing.T, s ticket.Status) ticket.Ticket {
	t.Helper()
	c, err := opening().Open(ctx, noon)
	ok(t, err)
	switch s {
	case ticket.Pending:
		c, err = c.Ticket.Write(ctx, staff, "Is it plugged in?", noon.Add(time.Minute))
		ok(t, err)
	case ticket.Resolved:
		c = c.Ticket.Resolve(ctx, staff, noon.Add(time.Minute))
	}
	same(t, "status", c.Ticket.Status, s)
	return c.Ticket
}

// told are the types and data of events, without their ids.
func told(events []event.Envelope) (all []string) {
	for _, e := range events {
		all = append(all, string(e.Type)+" "+string(e.Data))
	}
	return all
}

func data(t *testing.T, d event.Data) string {
	t.Helper()
	typ, _ := d.EventType()
	raw, err := json.Marshal(d)
	ok(t, err)
	return string(typ) + " " + string(raw)
}

// reached is what an action does to a ticket in one status; the zero value is nothing.
type reached struct {
	status ticket.Status
	events []event.Data
	err    bool
}

// Every status × every action. S3-60, S3-61, S3-62.
func TestEveryStatusAndAction(t *testing.T) {
	write := func(by ticket.Author) func(ticket.Ticket) (ticket.Change, error) {
		return func(w ticket.Ticket) (ticket.Change, error) { return w.Write(ctx, by, "text", moment) }
	}
	writeNote := func(by ticket.Author) func(ticket.Ticket) (ticket.Change, error) {
		return func(w ticket.Ticket) (ticket.Change, error) { return w.WriteNote(ctx, by, "text", moment) }
	}
	resolve := func(by ticket.Author) func(ticket.Ticket) (ticket.Change, error) {
		return func(w ticket.Ticket) (ticket.Change, error) { return w.Resolve(ctx, by, moment), nil }
	}
	update := func(u ticket.Update) func(ticket.Ticket) (ticket.Change, error) {
		return func(w ticket.Ticket) (ticket.Change, error) { return w.Update(ctx, u, staff, moment) }
	}
	answered := func(w ticket.Ticket, by string, n int64) event.Data {
		return event.TicketAnswered{TicketID: w.ID, CustomerID: owner, By: by, Number: n}
	}
	fails := func(ticket.Ticket) reached { return reached{err: true} }
	high, assignee, category, unknown := ticket.High, "stf_2", ticket.Billing, ticket.Priority("whatever")
	normal, nobody, technical := ticket.Normal, "", ticket.Technical
	for _, a := range []struct {
		name string
		do   func(ticket.Ticket) (ticket.Change, error)
		want func(ticket.Ticket) reached
	}{
		{"the customer writes", write(customer), func(w ticket.Ticket) reached {
			events := []event.Data{answered(w, "customer", w.Messages+1)}
			if w.Status == ticket.Resolved {
				events = append([]event.Data{event.TicketReopened{TicketID: w.ID, CustomerID: owner}}, events...)
			}
			return reached{status: ticket.Open, events: events}
		}},
		{"staff write", write(staff), func(w ticket.Ticket) reached {
			events := []event.Data{answered(w, "staff", w.Messages+1)}
			if w.Status == ticket.Resolved {
				events = append([]event.Data{event.TicketReopened{TicketID: w.ID, CustomerID: owner}}, events...)
			}
			return reached{status: ticket.Pending, events: events}
		}},
		{"the system writes", write(system), fails},
		{"staff note", writeNote(staff), func(w ticket.Ticket) reached {
			return reached{status: w.Status, events: []event.Data{answered(w, "note", w.Messages)}}
		}},
		{"the customer notes", writeNote(customer), fails},
		{"the system notes", writeNote(system), fails},
		{"the customer resolves", resolve(customer), func(w ticket.Ticket) reached {
			if w.Status == ticket.Resolved {
				return reached{}
			}
			return reached{status: ticket.Resolved, events: []event.Data{event.TicketResolved{TicketID: w.ID, CustomerID: owner, By: "customer"}}}
		}},
		{"staff resolve", resolve(staff), func(w ticket.Ticket) reached {
			if w.Status == ticket.Resolved {
				return reached{}
			}
			return reached{status: ticket.Resolved, events: []event.Data{event.TicketResolved{TicketID: w.ID, CustomerID: owner, By: "staff"}}}
		}},
		{"update all", update(ticket.Update{Assignee: &assignee, Priority: &high, Category: &category}), func(w ticket.Ticket) reached {
			return reached{status: w.Status, events: []event.Data{event.TicketUpdated{TicketID: w.ID, CustomerID: owner, Fields: []string{"assignee", "priority", "category"}}}}
		}},
		{"update one", update(ticket.Update{Assignee: &nobody, Priority: &high}), func(w ticket.Ticket) reached {
			return reached{status: w.Status, events: []event.Data{event.TicketUpdated{TicketID: w.ID, CustomerID: owner, Fields: []string{"priority"}}}}
		}},
		{"update to the same", update(ticket.Update{Assignee: &nobody, Priority: &normal, Category: &technical}), func(ticket.Ticket) reached { return reached{} }},
		{"update nothing", update(ticket.Update{}), func(ticket.Ticket) reached { return reached{} }},
		{"update to what there is not", update(ticket.Update{Priority: &unknown}), fails},
		{"erase", func(w ticket.Ticket) (ticket.Change, error) { return ticket.Change{Ticket: w.Erase(moment)}, nil }, func(w ticket.Ticket) reached {
			return reached{status: w.Status}
		}},
	} {
		for _, s := range statuses {
			t.Run(a.name+" × "+string(s), func(t *testing.T) {
				was := in(t, s)
				copied, want := fmt.Sprintf("%+v", was), a.want(was)
				c, err := a.do(was)
				same(t, "the ticket it was made from", was, copied)
				if want.err {
					if err == nil {
						t.Error("it is not refused")
					}
					return
				}
				ok(t, err)
				var events []string
				for _, d := range want.events {
					events = append(events, data(t, d))
				}
				same(t, "events", told(c.Events), events)
				if want.status == "" {
					same(t, "nothing changed", c, ticket.Change{Ticket: was})
					return
				}
				same(t, "status and version", []any{c.Ticket.Status, c.Ticket.Version}, []any{want.status, was.Version + 1})
				history := was.History
				if want.status != was.Status {
					by := customer
					if strings.HasPrefix(a.name, "staff") {
						by = staff
					}
					history = append(history[:len(history):len(history)], ticket.Transition{Status: want.status, At: moment, By: by})
				}
				same(t, "history", c.Ticket.History, history)
			})
		}
	}
}

// S3-59: a ticket begins open, with its first message and the event, whoever opens it.
func TestOpening(t *testing.T) {
	for _, by := range []ticket.Author{customer, staff} {
		o := opening()
		o.By, o.TestClock = by, "clk_1"
		c, err := o.Open(ctx, noon)
		ok(t, err)
		if !strings.HasPrefix(string(c.Ticket.ID), id.TicketPrefix) || !c.Ticket.IsOf(owner) || c.Ticket.IsOf("cus_2") {
			t.Errorf("%+v", c.Ticket)
		}
		same(t, "ticket", c.Ticket, ticket.Ticket{Tenant: "demo", Customer: owner, ID: c.Ticket.ID, Subject: "No picture", Category: ticket.Technical, Priority: ticket.Normal,
			Status: ticket.Open, OpenedAt: noon, LastMessageAt: noon, Messages: 1, History: []ticket.Transition{{Status: ticket.Open, At: noon, By: by}}, TestClock: "clk_1", Version: 1})
		same(t, "message", *c.Message, ticket.Message{Ticket: c.Ticket.ID, Number: 1, Author: by, Body: "Since noon.\nWhat now?", At: noon})
		same(t, "events", told(c.Events), []string{data(t, event.TicketOpened{TicketID: c.Ticket.ID, CustomerID: owner, Category: "technical", Priority: "normal"})})
		same(t, "envelope", []any{c.Events[0].Actor, c.Events[0].CorrelationID, c.Events[0].Time, c.Events[0].Tenant}, []any{"staff:stf_1", "cor_1", noon, "demo"})
	}
}

// One cause makes one ticket: its id follows from the cause, and only the system opens such a one.
func TestOpeningByCause(t *testing.T) {
	o := opening()
	o.By, o.Cause, o.Priority = system, "evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", ticket.High
	for at := range 2 {
		c, err := o.Open(ctx, noon.Add(time.Duration(at)*time.Hour))
		ok(t, err)
		same(t, "id", c.Ticket.ID, "tic_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA")
		same(t, "author and priority", []any{c.Message.Author, c.Ticket.History[0].By, c.Ticket.Priority}, []any{system, system, ticket.High})
	}
	for _, k := range []struct {
		by    ticket.Author
		cause string
	}{{system, ""}, {system, "01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}, {system, "evt_"}, {customer, o.Cause}, {staff, o.Cause}} {
		o.By, o.Cause = k.by, k.cause
		if _, err := o.Open(ctx, noon); err == nil || fault.Of(err) != nil {
			t.Errorf("%+v: %v", k, err)
		}
	}
}

// X8: what is no text, too long, or like a card number is refused wherever somebody writes, and named.
func TestTextsAreChecked(t *testing.T) {
	for _, k := range []struct {
		field, text string
		want        *fault.Fault
	}{
		{"subject", "", fault.ErrInvalid}, {"subject", " ", fault.ErrInvalid}, {"subject", "two\nlines", fault.ErrInvalid}, {"subject", strings.Repeat("é", ticket.SubjectMax+1), fault.ErrInvalid},
		{"subject", "My card 4242 4242 4242 4242", freetext.ErrCardNumber}, {"subject", strings.Repeat("é", ticket.SubjectMax), nil},
		{"body", "", fault.ErrInvalid}, {"body", "\n", fault.ErrInvalid}, {"body", "a\x00", fault.ErrInvalid}, {"body", strings.Repeat("é", ticket.BodyMax+1), fault.ErrInvalid},
		{"body", "4242424242424242", freetext.ErrCardNumber}, {"body", strings.Repeat("é", ticket.BodyMax), nil}, {"body", "a\n\tb", nil},
		{"category", "nonsense", fault.ErrInvalid}, {"priority", "nonsense", fault.ErrInvalid},
	} {
		o := opening()
		switch k.field {
		case "subject":
			o.Subject = k.text
		case "body":
			o.Body = k.text
		case "category":
			o.Category = ticket.Category(k.text)
		case "priority":
			o.Priority = ticket.Priority(k.text)
		}
		tries := map[string]error{}
		_, tries["open"] = o.Open(ctx, noon)
		if k.field == "body" {
			w := in(t, ticket.Open)
			_, tries["write"] = w.Write(ctx, customer, k.text, moment)
			_, tries["note"] = w.WriteNote(ctx, staff, k.text, moment)
		}
		for name, err := range tries {
			f := fault.Of(err)
			if k.want == nil && err != nil || k.want != nil && (!errors.Is(err, k.want) || len(f.Fields) != 1 || f.Fields[0].Name != "body."+k.field) {
				t.Errorf("%s, %s %.20q: %v", name, k.field, k.text, err)
			}
		}
	}
}

// S3-60: messages are numbered in their order; notes are numbered by themselves, behind the message before them. S3-62: a
// note moves nothing that the customer sees.
func TestNumbers(t *testing.T) {
	w := in(t, ticket.Open)
	var numbers [][2]int64
	for i, step := range strings.Fields("message note note message note message") {
		at := moment.Add(time.Duration(i) * time.Minute)
		c, err := w.WriteNote(ctx, staff, "note", at)
		if step == "message" {
			c, err = w.Write(ctx, customer, "text", at)
			same(t, "last message", c.Ticket.LastMessageAt, at)
		} else {
			same(t, "what the customer sees", []any{c.Ticket.Status, c.Ticket.LastMessageAt, c.Ticket.Messages, c.Ticket.History}, []any{w.Status, w.LastMessageAt, w.Messages, w.History})
		}
		ok(t, err)
		numbers = append(numbers, [2]int64{c.Message.Number, c.Message.Note})
		w = c.Ticket
	}
	same(t, "numbers", numbers, [][2]int64{{2, 0}, {2, 1}, {2, 2}, {3, 0}, {3, 3}, {4, 0}})
	same(t, "counts", []int64{w.Messages, w.Notes}, []int64{4, 3})
}

// A ticket has so many messages and so many notes, and neither takes the other's place.
func TestFull(t *testing.T) {
	w := in(t, ticket.Resolved)
	w.Messages = ticket.MessagesMax
	_, err := w.Write(ctx, customer, "text", moment)
	same(t, "one more message", errors.Is(err, ticket.ErrFull), true)
	_, err = w.WriteNote(ctx, staff, "text", moment)
	ok(t, err)
	w.Messages, w.Notes = ticket.MessagesMax-1, ticket.MessagesMax
	_, err = w.WriteNote(ctx, staff, "text", moment)
	same(t, "one more note", errors.Is(err, ticket.ErrFull), true)
	c, err := w.Write(ctx, customer, "text", moment)
	ok(t, err)
	same(t, "the last one", c.Message.Number, ticket.MessagesMax)
}

// X11, of tickets: nothing that was written is left, nothing can be written any more, and the rest stays; twice is once.
func TestErasing(t *testing.T) {
	for _, s := range statuses {
		was := in(t, s)
		is := was.Erase(moment)
		want := was
		want.Subject, want.ErasedAt, want.Version = "", moment, was.Version+1
		same(t, "erased", is, want)
		same(t, "again", is.Erase(moment.Add(time.Hour)), is)
		_, err := is.Write(ctx, customer, "text", moment)
		same(t, "no message", errors.Is(err, ticket.ErrErased), true)
		_, err = is.WriteNote(ctx, staff, "text", moment)
		same(t, "no note", errors.Is(err, ticket.ErrErased), true)
		same(t, "it can be resolved", is.Resolve(ctx, staff, moment).Ticket.Status, ticket.Resolved)
	}
	m := ticket.Message{Ticket: "tic_1", Number: 3, Note: 1, Author: staff, Body: "Call Ada.", At: noon}
	want := m
	want.Body, want.Erased = "", true
	same(t, "message", m.Erase(), want)
}

func TestFilter(t *testing.T) {
	w := in(t, ticket.Pending)
	w.Assignee = "stf_1"
	me, other, nobody := "stf_1", "stf_2", ""
	for _, k := range []struct {
		f    ticket.Filter
		want bool
	}{
		{ticket.Filter{}, true}, {ticket.Filter{Status: ticket.Pending, Priority: ticket.Normal, Category: ticket.Technical, Assignee: &me}, true},
		{ticket.Filter{Status: ticket.Open}, false}, {ticket.Filter{Priority: ticket.High}, false}, {ticket.Filter{Category: ticket.Other}, false},
		{ticket.Filter{Assignee: &other}, false}, {ticket.Filter{Assignee: &nobody}, false},
	} {
		same(t, fmt.Sprintf("%+v", k.f), k.f.Admits(w), k.want)
	}
	w.Assignee = ""
	same(t, "nobody's", ticket.Filter{Assignee: &nobody}.Admits(w), true)
	same(t, "ranks", []int{ticket.Urgent.Rank(), ticket.High.Rank(), ticket.Normal.Rank(), ticket.Low.Rank()}, []int{0, 1, 2, 3})
}
