package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/ticket"
)

// subjects lists all pages, by their subjects.
func subjects(t *testing.T, limit int32, page func(after string, limit int32) ([]ticket.Ticket, string, error)) (all []string) {
	t.Helper()
	after := ""
	for {
		found, next, err := page(after, limit)
		ok(t, err)
		if len(found) > int(limit) {
			t.Fatalf("%d in a page of %d", len(found), limit)
		}
		for _, w := range found {
			all = append(all, w.Subject)
		}
		if after = next; next == "" {
			return all
		}
	}
}

// S3-59, S3-62: the desk sees what waits for it first, the most urgent first, then the oldest; what is resolved last is first
// there. Customers see theirs, newest first. Every filter, and pages of every size.
func TestTicketLists(t *testing.T) {
	db, tenant := fresh(t)
	customer, author := asker(t, db, tenant)
	other, otherAuthor := asker(t, db, tenant)
	ctx, begin := t.Context(), time.Now().UTC().Add(-time.Hour)
	open := func(n int, subject string, c id.Customer, by ticket.Author, p ticket.Priority, category ticket.Category) ticket.Ticket {
		o := trouble(tenant, c, by)
		o.Subject, o.Priority, o.Category = subject, p, category
		return filed(t, db, o, begin.Add(time.Duration(n)*time.Minute))
	}
	open(1, "a", customer, author, ticket.Normal, ticket.Technical)
	b := open(2, "b", other, otherAuthor, ticket.Urgent, ticket.Billing)
	c := open(3, "c", customer, author, ticket.Normal, ticket.Technical)
	d := open(4, "d", customer, author, ticket.Urgent, ticket.Billing)
	e := open(5, "e", other, otherAuthor, ticket.Low, ticket.Account)
	f := open(6, "f", customer, author, ticket.High, ticket.Other)
	open(7, "g", customer, author, ticket.Normal, ticket.Technical)
	changed(t, db, c, says(ctx, agent, "And now?"))
	changed(t, db, d, says(ctx, agent, "And now?"))
	changed(t, db, f, resolves(ctx, agent))
	time.Sleep(2 * time.Millisecond) // resolved later
	changed(t, db, e, resolves(ctx, agent))
	me, nobody := "stf_1", ""
	changed(t, db, b, func(w ticket.Ticket, now time.Time) (ticket.Change, error) {
		return w.Update(ctx, ticket.Update{Assignee: &me}, agent, now)
	})
	for limit := int32(1); limit <= 8; limit++ {
		for _, k := range []struct {
			what string
			f    ticket.Filter
			want string
		}{
			{"the desk", ticket.Filter{}, "b a g d c"}, {"open", ticket.Filter{Status: ticket.Open}, "b a g"}, {"pending", ticket.Filter{Status: ticket.Pending}, "d c"},
			{"resolved", ticket.Filter{Status: ticket.Resolved}, "e f"}, {"urgent", ticket.Filter{Priority: ticket.Urgent}, "b d"},
			{"open and urgent", ticket.Filter{Status: ticket.Open, Priority: ticket.Urgent}, "b"}, {"resolved and low", ticket.Filter{Status: ticket.Resolved, Priority: ticket.Low}, "e"},
			{"billing", ticket.Filter{Category: ticket.Billing}, "b d"}, {"mine", ticket.Filter{Assignee: &me}, "b"}, {"nobody's", ticket.Filter{Assignee: &nobody}, "a g d c"},
			{"nobody's that are open and normal", ticket.Filter{Status: ticket.Open, Priority: ticket.Normal, Assignee: &nobody}, "a g"},
			{"none", ticket.Filter{Status: ticket.Open, Category: ticket.Other}, ""},
		} {
			same(t, fmt.Sprintf("%s, %d a page", k.what, limit), subjects(t, limit, func(after string, limit int32) ([]ticket.Ticket, string, error) {
				return db.TicketQueue(ctx, tenant, k.f, after, limit)
			}), strings.Fields(k.want))
		}
		for _, k := range []struct {
			customer id.Customer
			f        ticket.Filter
			want     string
		}{
			{customer, ticket.Filter{}, "g f d c a"}, {customer, ticket.Filter{Status: ticket.Pending}, "d c"}, {customer, ticket.Filter{Status: ticket.Resolved}, "f"},
			{other, ticket.Filter{}, "e b"}, {"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", ticket.Filter{}, ""},
		} {
			same(t, fmt.Sprintf("of %s, %+v, %d a page", k.customer, k.f, limit), subjects(t, limit, func(after string, limit int32) ([]ticket.Ticket, string, error) {
				return db.CustomerTickets(ctx, tenant, k.customer, k.f, after, limit)
			}), strings.Fields(k.want))
		}
	}
	list, _, err := db.TicketQueue(ctx, tenant, ticket.Filter{Status: ticket.Resolved}, "", 1)
	ok(t, err)
	whole, err := db.Ticket(ctx, tenant, list[0].ID)
	ok(t, err)
	whole.History, whole.TestClock = nil, "" // what lists do not show
	same(t, "what a list tells", list[0], whole)
	none, _, err := db.TicketQueue(ctx, tenant+"x", ticket.Filter{}, "", 10)
	ok(t, err)
	same(t, "of another tenant", len(none), 0)
	for _, cursor := range []string{"x", "open#", "open#1#cus_1", "MSG#000001"} {
		_, _, err = db.TicketQueue(ctx, tenant, ticket.Filter{}, cursor, 10)
		want(t, err, fault.ErrCursor)
		_, _, err = db.CustomerTickets(ctx, tenant, customer, ticket.Filter{}, cursor, 10)
		want(t, err, fault.ErrCursor)
	}
	_, _, err = db.TicketQueue(ctx, tenant, ticket.Filter{Status: ticket.Pending}, "open#0#"+string(b.ID), 10)
	want(t, err, fault.ErrCursor)
}

// Moving in the queue: a ticket is in one place of it, whatever becomes of it.
func TestPlacesMove(t *testing.T) {
	db, tenant := fresh(t)
	customer, author := asker(t, db, tenant)
	ctx := t.Context()
	w := filed(t, db, trouble(tenant, customer, author), time.Now().UTC())
	for _, step := range []struct {
		decide func(ticket.Ticket, time.Time) (ticket.Change, error)
		in     ticket.Status
	}{{urgency(ctx, ticket.Urgent), ticket.Open}, {says(ctx, agent, "text"), ticket.Pending}, {urgency(ctx, ticket.Low), ticket.Pending}, {resolves(ctx, agent), ticket.Resolved},
		{urgency(ctx, ticket.High), ticket.Resolved}, {says(ctx, author, "text"), ticket.Open}, {resolves(ctx, author), ticket.Resolved}, {says(ctx, agent, "text"), ticket.Pending}} {
		is := changed(t, db, w, step.decide)
		for _, s := range []ticket.Status{ticket.Open, ticket.Pending, ticket.Resolved} {
			found, _, err := db.TicketQueue(ctx, tenant, ticket.Filter{Status: s, Priority: is.Priority}, "", 10)
			ok(t, err)
			same(t, fmt.Sprintf("%s, listed as %s", is.Status, s), len(found) == 1, s == step.in)
		}
	}
}
