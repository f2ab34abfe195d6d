package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/ticket"
)

var (
	agent     = ticket.Author{Kind: ticket.Staff, ID: "stf_1"}
	machinery = ticket.Author{Kind: ticket.System, ID: "on-provisioning"}
)

// asker is a new customer, as the author of what they write.
func asker(t *testing.T, db *DB, tenant id.Tenant) (id.Customer, ticket.Author) {
	t.Helper()
	c := ada(tenant)
	c.Username = "u" + strings.ToLower(string(id.New[id.Event]("", time.Now())))
	c.Email = c.Username + "@example.com"
	out, err := register(db, tenant, c.Username, c)
	ok(t, err)
	return out.CustomerID, ticket.Author{Kind: ticket.Customer, ID: string(out.CustomerID)}
}

func trouble(tenant id.Tenant, customer id.Customer, by ticket.Author) ticket.Opening {
	return ticket.Opening{Tenant: tenant, Customer: customer, By: by, Subject: "No picture", Body: "Since noon.", Category: ticket.Technical}
}

// filed opens a ticket under a key of its own.
func filed(t *testing.T, db *DB, o ticket.Opening, at time.Time) ticket.Ticket {
	t.Helper()
	c, err := o.Open(t.Context(), at)
	ok(t, err)
	ok(t, db.OpenTicket(t.Context(), &once.Use{Request: request(o.Tenant, "caller", string(c.Ticket.ID), "f")}, c))
	return c.Ticket
}

// changed changes a ticket and answers how it is then.
func changed(t *testing.T, db *DB, w ticket.Ticket, decide func(ticket.Ticket, time.Time) (ticket.Change, error)) ticket.Ticket {
	t.Helper()
	ok(t, db.ChangeTicket(t.Context(), nil, w.Tenant, w.ID, decide))
	is, err := db.Ticket(t.Context(), w.Tenant, w.ID)
	ok(t, err)
	return is
}

func says(ctx context.Context, by ticket.Author, body string) func(ticket.Ticket, time.Time) (ticket.Change, error) {
	return func(w ticket.Ticket, now time.Time) (ticket.Change, error) { return w.Write(ctx, by, body, now) }
}

func notes(ctx context.Context, body string) func(ticket.Ticket, time.Time) (ticket.Change, error) {
	return func(w ticket.Ticket, now time.Time) (ticket.Change, error) { return w.WriteNote(ctx, agent, body, now) }
}

func resolves(ctx context.Context, by ticket.Author) func(ticket.Ticket, time.Time) (ticket.Change, error) {
	return func(w ticket.Ticket, now time.Time) (ticket.Change, error) { return w.Resolve(ctx, by, now), nil }
}

func urgency(ctx context.Context, p ticket.Priority) func(ticket.Ticket, time.Time) (ticket.Change, error) {
	return func(w ticket.Ticket, now time.Time) (ticket.Change, error) {
		return w.Update(ctx, ticket.Update{Priority: &p}, agent, now)
	}
}

// conversation reads all pages of a size.
func conversation(t *testing.T, db *DB, w ticket.Ticket, withNotes bool, limit int32) (is ticket.Ticket, all []ticket.Message, pages int) {
	t.Helper()
	after := ""
	for {
		found, page, next, err := db.Conversation(t.Context(), w.Tenant, w.ID, withNotes, after, limit)
		ok(t, err)
		is, all, pages = found, append(all, page...), pages+1
		if after = next; next == "" {
			return is, all, pages
		}
		same(t, "a page that is not the last is full", len(page), limit)
	}
}

func bodies(all []ticket.Message) (texts []string) {
	for _, m := range all {
		texts = append(texts, m.Body)
	}
	return texts
}

// S3-59, S3-60: a ticket and its messages are read as they were written, in their order, with events that announce them.
func TestTicketsAndMessages(t *testing.T) {
	db, tenant := fresh(t)
	customer, author := asker(t, db, tenant)
	at := time.Now().UTC().Truncate(time.Millisecond)
	w := filed(t, db, trouble(tenant, customer, author), at)
	is, all, _ := conversation(t, db, w, true, 10)
	same(t, "ticket", is, w)
	same(t, "message", all, []ticket.Message{{Ticket: w.ID, Number: 1, Author: author, Body: "Since noon.", At: at}})
	is = changed(t, db, w, says(t.Context(), agent, "Is it plugged in?"))
	same(t, "waits for the customer", []any{is.Status, is.Version, is.Messages}, []any{ticket.Pending, 2, 2})
	is = changed(t, db, w, resolves(t.Context(), author))
	again := changed(t, db, w, resolves(t.Context(), agent))
	same(t, "resolved once", again, is)
	is = changed(t, db, w, says(t.Context(), author, "It is not."))
	same(t, "open again", []any{is.Status, len(is.History)}, []any{ticket.Open, 4})
	same(t, "events", typesOf(announced(t, db, tenant))[1:], []event.Type{event.TypeTicketOpened, event.TypeTicketAnswered, event.TypeTicketResolved,
		event.TypeTicketReopened, event.TypeTicketAnswered})

	for _, k := range []struct {
		tenant id.Tenant
		tic    id.Ticket
	}{{tenant, "tic_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}, {tenant + "x", w.ID}} {
		_, err := db.Ticket(t.Context(), k.tenant, k.tic)
		want(t, err, ticket.ErrUnknown)
		_, _, _, err = db.Conversation(t.Context(), k.tenant, k.tic, true, "", 10)
		want(t, err, ticket.ErrUnknown)
		_, _, _, err = db.Conversation(t.Context(), k.tenant, k.tic, true, "MSG#000001", 10)
		want(t, err, ticket.ErrUnknown)
		want(t, db.ChangeTicket(t.Context(), nil, k.tenant, k.tic, resolves(t.Context(), agent)), ticket.ErrUnknown)
	}
	for _, cursor := range []string{"HEAD", "x", "TIC#"} {
		_, _, _, err := db.Conversation(t.Context(), tenant, w.ID, true, cursor, 10)
		want(t, err, fault.ErrCursor)
	}
}

// S3-62: pages are exact, with and without notes, and without them nothing tells that there are any.
func TestConversationPages(t *testing.T) {
	db, tenant := fresh(t)
	customer, author := asker(t, db, tenant)
	w := filed(t, db, trouble(tenant, customer, author), time.Now().UTC())
	seen, whole := []string{"Since noon."}, []string{"Since noon."}
	for _, step := range strings.Fields("n1 n2 n3 m2 m3 n4 m4 m5 m6 n5 n6") {
		if whole = append(whole, step); step[0] == 'n' {
			changed(t, db, w, notes(t.Context(), step))
			continue
		}
		seen = append(seen, step)
		changed(t, db, w, says(t.Context(), author, step))
	}
	for limit := int32(1); limit <= 13; limit++ {
		_, all, pages := conversation(t, db, w, true, limit)
		same(t, fmt.Sprintf("staff, %d a page", limit), []any{bodies(all), pages}, []any{whole, (12 + limit - 1) / limit})
		_, all, pages = conversation(t, db, w, false, limit)
		same(t, fmt.Sprintf("customer, %d a page", limit), []any{bodies(all), pages}, []any{seen, (6 + limit - 1) / limit})
		for i, m := range all {
			same(t, "numbers without gaps", []int64{m.Number, m.Note}, []int64{int64(i + 1), 0})
		}
	}
	_, _, next, err := db.Conversation(t.Context(), tenant, w.ID, false, "", 3)
	ok(t, err)
	same(t, "the cursor", next, "MSG#000003")
}

// A ticket of many long messages is read whole, though no Query answers more than a megabyte.
func TestLongConversations(t *testing.T) {
	db, tenant := fresh(t)
	customer, author := asker(t, db, tenant)
	w := filed(t, db, trouble(tenant, customer, author), time.Now().UTC())
	long := strings.Repeat("€", ticket.BodyMax)
	for range 40 {
		changed(t, db, w, says(t.Context(), author, long))
	}
	_, all, pages := conversation(t, db, w, false, 50)
	same(t, "messages", []int{len(all), pages}, []int{41, 1})
	same(t, "the last one", []any{all[40].Number, all[40].Body == long}, []any{41, true})
}

// S3-60: whoever writes at the same time, every message is kept, under a number of its own.
func TestMessagesAtOnce(t *testing.T) {
	db, tenant := fresh(t)
	customer, author := asker(t, db, tenant)
	w := filed(t, db, trouble(tenant, customer, author), time.Now().UTC())
	const n = 40
	same(t, "all are written", at(n, func(i int) error {
		decide := says(context.Background(), author, fmt.Sprint("m", i))
		if i%4 == 0 {
			decide = notes(context.Background(), fmt.Sprint("n", i))
		}
		return db.ChangeTicket(context.Background(), nil, tenant, w.ID, decide)
	}), map[string]int{"": n})
	is, all, _ := conversation(t, db, w, true, 100)
	same(t, "counts", []any{is.Messages, is.Notes, is.Version, len(all)}, []any{31, 10, n + 1, n + 1})
	texts := bodies(all)
	slices.Sort(texts)
	same(t, "none twice", len(slices.Compact(texts)), n+1)
	number, note := int64(0), int64(0)
	for _, m := range all {
		if m.Note > 0 {
			note++
		} else {
			number++
		}
		same(t, "in order", []int64{m.Number, max(m.Note, note)}, []int64{number, note})
	}
}

// R6: one key makes one ticket, and one message, however often it comes at once; a decision that changes nothing leaves the key
// unused.
func TestTicketKeys(t *testing.T) {
	db, tenant := fresh(t)
	customer, author := asker(t, db, tenant)
	open := func(int) error {
		_, err := once.Do(context.Background(), db, request(tenant, string(customer), "open", "f"), func(use *once.Use) (id.Ticket, error) {
			c, err := trouble(tenant, customer, author).Open(context.Background(), time.Now().UTC())
			if err == nil {
				err = use.Answer(c.Ticket.ID)
			}
			if err != nil {
				return "", err
			}
			return c.Ticket.ID, db.OpenTicket(context.Background(), use, c)
		})
		return err
	}
	same(t, "opened", at(20, open), map[string]int{"": 20})
	mine, _, err := db.CustomerTickets(t.Context(), tenant, customer, ticket.Filter{}, "", 100)
	ok(t, err)
	same(t, "tickets", len(mine), 1)
	under := func(key string, decide func(ticket.Ticket, time.Time) (ticket.Change, error)) error {
		_, err := once.Do(context.Background(), db, request(tenant, string(customer), key, "f"), func(use *once.Use) (string, error) {
			return "", db.ChangeTicket(context.Background(), use, tenant, mine[0].ID, func(w ticket.Ticket, now time.Time) (ticket.Change, error) {
				c, err := decide(w, now)
				if err == nil {
					err = use.Answer("")
				}
				return c, err
			})
		})
		return err
	}
	same(t, "written", at(20, func(int) error { return under("write", says(context.Background(), author, "text")) }), map[string]int{"": 20})
	same(t, "resolved", at(20, func(int) error { return under("resolve", resolves(context.Background(), author)) }), map[string]int{"": 20})
	ok(t, under("nothing", resolves(t.Context(), author)))
	raw, err := db.Recall(t.Context(), request(tenant, string(customer), "nothing", "f"))
	ok(t, err)
	same(t, "the key of what changed nothing", len(raw), 0)
	_, all, _ := conversation(t, db, mine[0], true, 100)
	same(t, "messages", bodies(all), []string{"Since noon.", "text"})
	same(t, "events", typesOf(announced(t, db, tenant))[1:], []event.Type{event.TypeTicketOpened, event.TypeTicketAnswered, event.TypeTicketResolved})
}

// One cause makes one ticket. Who is not there, or was erased, gets none.
func TestOpeningIsConditional(t *testing.T) {
	db, tenant := fresh(t)
	customer, _ := asker(t, db, tenant)
	o := trouble(tenant, customer, machinery)
	o.Cause = "evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
	ends := at(10, func(int) error {
		c, err := o.Open(context.Background(), time.Now().UTC())
		if err == nil {
			err = db.OpenTicket(context.Background(), nil, c)
		}
		return err
	})
	same(t, "one of them", ends, map[string]int{"": 1, ticket.ErrOpened.Error(): 9})

	c, err := db.Customer(t.Context(), tenant, customer)
	ok(t, err)
	for status, expected := range map[account.Status]error{account.Erased: account.ErrUnknown, account.Expired: account.ErrUnknown, account.Active: nil} {
		c.Status, c.Version = status, c.Version+1
		ok(t, db.SaveAccount(t.Context(), account.Change{Tenant: tenant, Account: customer, Customer: &c}))
		change, err := trouble(tenant, customer, agent).Open(t.Context(), time.Now().UTC())
		ok(t, err)
		if err := db.OpenTicket(t.Context(), nil, change); endOf(err) != endOf(expected) {
			t.Errorf("%s: %v", status, err)
		}
	}
	change, err := trouble(tenant, "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", agent).Open(t.Context(), time.Now().UTC())
	ok(t, err)
	want(t, db.OpenTicket(t.Context(), nil, change), account.ErrUnknown)
}

// X11, of tickets: after an erasure nothing that anybody wrote in a customer's tickets is left, in no row and no list; ids, statuses and
// times are. Others' tickets stay. Again is nothing, and what a run that failed left behind is done by the next.
func TestEraseTickets(t *testing.T) {
	db, tenant := fresh(t)
	customer, author := asker(t, db, tenant)
	other, otherAuthor := asker(t, db, tenant)
	ctx := t.Context()
	var mine []ticket.Ticket
	for range 3 {
		w := filed(t, db, trouble(tenant, customer, author), time.Now().UTC())
		for range 30 {
			changed(t, db, w, says(ctx, agent, "Dear Ada"))
		}
		changed(t, db, w, notes(ctx, "Ada calls back"))
		mine = append(mine, w)
	}
	mine[1] = changed(t, db, mine[1], resolves(ctx, agent))
	kept := filed(t, db, trouble(tenant, other, otherAuthor), time.Now().UTC())
	before := map[id.Ticket]ticket.Ticket{}
	for _, w := range mine {
		is, err := db.Ticket(ctx, tenant, w.ID)
		ok(t, err)
		before[w.ID] = is
	}
	_, half, _, err := db.Conversation(ctx, tenant, mine[2].ID, true, "", 20)
	ok(t, err)
	tx := db.tx() // a run that ended after it erased one ticket and some of its messages
	tx.ticket(ticket.Change{Ticket: before[mine[2].ID].Erase(time.Now().UTC())}, "", nil, nil)
	for _, m := range half {
		tx.put(tickets, messageKey(tenant, m), m.Erase(), "", nil, nil)
	}
	ok(t, tx.commit(ctx))
	for range 2 {
		ok(t, db.EraseTickets(ctx, tenant, customer))
		for _, w := range mine {
			is, all, _ := conversation(t, db, w, true, 100)
			was := before[w.ID]
			same(t, "what stays", []any{is.ID, is.Customer, is.Status, is.History, is.Messages, is.Notes, is.OpenedAt, is.LastMessageAt, is.Version, len(all)},
				[]any{was.ID, was.Customer, was.Status, was.History, was.Messages, was.Notes, was.OpenedAt, was.LastMessageAt, was.Version + 1, 32})
			if is.Subject != "" || is.ErasedAt.IsZero() {
				t.Errorf("%+v", is)
			}
			for i, m := range all {
				if m.Body != "" || !m.Erased || m.At.IsZero() || m.Author.ID == "" || m.Number != int64(min(i+1, 31)) {
					t.Errorf("%+v", m)
				}
			}
			want(t, db.ChangeTicket(ctx, nil, tenant, w.ID, says(ctx, author, "text")), ticket.ErrErased)
		}
		list, _, err := db.CustomerTickets(ctx, tenant, customer, ticket.Filter{}, "", 10)
		ok(t, err)
		for _, w := range list {
			same(t, "in the list", []any{w.Subject, w.ErasedAt.IsZero()}, []any{"", false})
		}
	}
	is, all, _ := conversation(t, db, kept, true, 10)
	same(t, "of somebody else", []any{is.Subject, bodies(all)}, []any{"No picture", []string{"Since noon."}})
	ok(t, db.EraseTickets(ctx, tenant, "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA")) // who never had one
}
