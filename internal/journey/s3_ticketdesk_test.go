package journey

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/journey/demo"
)

// S3-59: customers list theirs, newest first and by status; staff all, filtered in every way, what waits for them first and the most
// urgent of it first. Pages go on where they ended.
func TestTicketLists(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	staff := support(t)
	who := "journey-" + token.RoleSupport
	for _, subject := range []string{"a", "b", "c", "d", "e"} {
		opened(t, c, question(subject))
	}
	lists(t, c, "", "e", "d", "c", "b", "a")
	ids := map[string]string{}
	for _, w := range into[ticketPage](t, must[Answer](t)(c.Get(ctx, "/tickets"))).Tickets {
		ids[w.Subject] = w.TicketID
	}
	mark(t, staff, ids["b"], map[string]any{"priority": "urgent", "category": "billing", "assignee": who}, http.StatusOK, "")
	mark(t, staff, ids["d"], map[string]any{"priority": "high", "assignee": who}, http.StatusOK, "")
	say(t, staff, ids["c"], "And now?", false)
	resolve(t, staff, ids["e"])
	resolve(t, c, ids["a"])
	lists(t, c, "status=resolved", "e", "a")
	lists(t, c, "status=open", "d", "b")
	of := "customerId=" + r.CustomerID + "&"
	lists(t, staff, of, "e", "d", "c", "b", "a")
	lists(t, staff, of+"status=pending", "c")
	lists(t, staff, of+"priority=urgent", "b")
	lists(t, staff, of+"category=technical", "e", "d", "c", "a")
	lists(t, staff, of+"assignee="+who, "d", "b")
	lists(t, staff, of+"assignee=none&status=resolved", "e", "a")
	for query, want := range map[string]string{"assignee=" + who: "b d", "assignee=" + who + "&status=open": "b d", "": "b d c", "status=open": "b d", "status=resolved": "a e",
		"status=open&priority=urgent": "b", "priority=high": "d", "category=billing&status=open": "b"} {
		var mine []string // the desk has others' tickets as well
		a := must[Answer](t)(staff.Get(ctx, "/tickets?limit=100&"+query))
		for p := into[ticketPage](t, a); ; p = into[ticketPage](t, must[Answer](t)(staff.Get(ctx, "/tickets?limit=100&cursor="+p.NextCursor+"&"+query))) {
			for _, w := range p.Tickets {
				if w.CustomerID == r.CustomerID {
					mine = append(mine, w.Subject)
				}
			}
			if p.NextCursor == "" {
				break
			}
		}
		if strings.Join(mine, " ") != want {
			t.Errorf("%s: %q, want %q", query, mine, want)
		}
	}
	for _, query := range []string{"customerId=" + r.CustomerID, "assignee=none", "priority=high", "category=billing"} {
		a := expect(t, must[Answer](t)(c.Get(ctx, "/tickets?"+query)), nil, http.StatusBadRequest, "invalid_request")
		if name, _, _ := strings.Cut(query, "="); fields(a) != "query."+name {
			t.Errorf("%s: %s", query, a.Raw)
		}
	}
	for _, cursor := range []string{"!", "eA", url.QueryEscape("b3BlbiM")} {
		expect(t, must[Answer](t)(c.Get(ctx, "/tickets?cursor="+cursor)), nil, http.StatusBadRequest, "cursor_invalid")
		expect(t, must[Answer](t)(staff.Get(ctx, "/tickets?cursor="+cursor)), nil, http.StatusBadRequest, "cursor_invalid")
		expect(t, must[Answer](t)(c.Get(ctx, "/tickets/"+ids["a"]+"?cursor="+cursor)), nil, http.StatusBadRequest, "cursor_invalid")
	}
}

// Staff change what is sent and nothing else, and not what somebody else changed meanwhile.
func TestTicketMarks(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	staff := support(t)
	w := opened(t, c, question("Marks"))
	a := must[Answer](t)(staff.Get(ctx, "/tickets/"+w.TicketID))
	tag := a.Header.Get("ETag")
	changed := mark(t, staff, w.TicketID, map[string]any{"priority": "high"}, http.StatusOK, "", Header{"If-Match", tag})
	got := into[supportTicket](t, changed)
	if got.Priority != "high" || got.Category != "technical" || got.Assignee != "" || got.Status != "open" || changed.Header.Get("ETag") == tag {
		t.Errorf("%+v, %s", got, changed.Header.Get("ETag"))
	}
	mark(t, staff, w.TicketID, map[string]any{"priority": "low"}, http.StatusPreconditionFailed, "version_mismatch", Header{"If-Match", tag})
	say(t, c, w.TicketID, "Hello?", false)
	mark(t, staff, w.TicketID, map[string]any{"priority": "low"}, http.StatusPreconditionFailed, "version_mismatch", Header{"If-Match", changed.Header.Get("ETag")})
	mark(t, staff, w.TicketID, map[string]any{"assignee": "journey-support"}, http.StatusOK, "")
	mark(t, staff, w.TicketID, map[string]any{"category": "billing"}, http.StatusOK, "")
	same := mark(t, staff, w.TicketID, map[string]any{}, http.StatusOK, "")
	if got := into[supportTicket](t, same); got.Priority != "high" || got.Category != "billing" || got.Assignee != "journey-support" {
		t.Errorf("%+v", got)
	}
	if again := mark(t, staff, w.TicketID, map[string]any{"category": "billing"}, http.StatusOK, "", Header{"If-Match", same.Header.Get("ETag")}); again.Header.Get("ETag") != same.Header.Get("ETag") {
		t.Errorf("nothing changed, and the ETag is another: %s", again.Header.Get("ETag"))
	}
	for _, nobody := range []string{"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", w.CustomerID, "none"} { // a customer is no colleague
		mark(t, staff, w.TicketID, map[string]any{"assignee": nobody}, http.StatusBadRequest, "assignee_unknown")
	}
	colleague := account.Customer{Tenant: demo.Tenant, ID: id.New[id.Customer](id.StaffPrefix, time.Now()), Status: account.Active, Roles: []string{token.RoleNetwork}, Version: 1}
	if err := site.DB().SaveAccount(ctx, account.Change{Tenant: demo.Tenant, Account: colleague.ID, Customer: &colleague}); err != nil {
		t.Fatal(err)
	}
	mark(t, staff, w.TicketID, map[string]any{"assignee": colleague.ID}, http.StatusOK, "")
	mark(t, staff, w.TicketID, map[string]any{"assignee": nil, "priority": nil, "category": nil}, http.StatusOK, "") // as if absent
	if got := readTicket(t, staff, w.TicketID, 50); got.Assignee != string(colleague.ID) || got.Priority != "high" {
		t.Errorf("%+v", got)
	}
	mark(t, staff, w.TicketID, map[string]any{"assignee": ""}, http.StatusOK, "")
	if got := readTicket(t, staff, w.TicketID, 50); got.Assignee != "" || got.Priority != "high" || len(got.History) != 1 {
		t.Errorf("%+v", got)
	}
	if got := readTicket(t, c, w.TicketID, 50); got.Category != "billing" {
		t.Errorf("%+v", got)
	}
}

// Staff open tickets for customers, urgent ones too; the customer sees who wrote by their kind.
func TestStaffOpenTickets(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	staff := support(t)
	w := opened(t, staff, with(with(question("By phone"), "customerId", r.CustomerID), "priority", "urgent"))
	if w.CustomerID != r.CustomerID || w.Priority != "urgent" || w.Status != "open" {
		t.Errorf("%+v", w)
	}
	if got := readTicket(t, c, w.TicketID, 50); got.Messages[0].Author != (person{Kind: "staff"}) || got.History[0].By != (person{Kind: "staff"}) {
		t.Errorf("%+v", got)
	}
	expect(t, must[Answer](t)(staff.Post(ctx, "/tickets", Key(), question("Nobody's"))), nil, http.StatusBadRequest, "invalid_request")
	expect(t, must[Answer](t)(staff.Post(ctx, "/tickets", Key(), with(question("Nobody's"), "customerId", "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"))), nil, http.StatusNotFound, "customer_not_found")
}

// X3: nothing that the server owns, or only staff may say, is taken of anybody else: each is refused by name.
func TestTicketsTakeNothingElse(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	staff := support(t)
	w := opened(t, c, question("X3"))
	owned := []string{"ticketId", "id", "number", "author", "at", "openedAt", "lastMessageAt", "resolvedAt", "status", "history", "messages", "messageCount", "noteCount", "version",
		"tenant", "erased", "owner", "queue", "testClock", "by", "cause", "note"}
	words := map[string]any{"body": "Hello"}
	for _, k := range []struct {
		from         *Customer
		method, path string
		body         map[string]any
		more         []string
	}{
		{c, http.MethodPost, "/tickets", question("X3"), []string{"assignee", "internal", "customerId", "priority"}},
		{staff, http.MethodPost, "/tickets", with(question("X3"), "customerId", r.CustomerID), []string{"assignee", "internal"}},
		{c, http.MethodPost, "/tickets/" + w.TicketID + "/messages", words, []string{"internal", "subject", "customerId", "priority"}},
		{staff, http.MethodPost, "/tickets/" + w.TicketID + "/messages", words, []string{"subject", "customerId", "priority", "assignee"}},
		{staff, http.MethodPatch, "/tickets/" + w.TicketID, map[string]any{"priority": "high"}, []string{"subject", "body", "customerId", "internal"}},
	} {
		for _, field := range append(k.more, owned...) {
			values := map[string]any{"internal": true, "customerId": r.CustomerID, "priority": "high"}
			value, ok := values[field]
			if !ok {
				value = "x"
			}
			a := must[Answer](t)(k.from.Call(ctx, k.method, k.path, with(k.body, field, value), Header{"Idempotency-Key", Key()}))
			if a.Status != http.StatusBadRequest || a.Code() != "invalid_request" || fields(a) != "body."+field {
				t.Errorf("%s %s took %s: %d %s", k.method, k.path, field, a.Status, a.Raw)
			}
		}
	}
	if a := must[Answer](t)(c.Post(ctx, "/tickets/"+w.TicketID+"/resolve", Key(), map[string]any{"status": "open"})); a.Status >= 500 {
		t.Errorf("%d %s", a.Status, a.Raw)
	}
	if got := readTicket(t, staff, w.TicketID, 50); got.Subject != "X3" || got.MessageCount != 1 || got.Priority != "normal" || got.CustomerID != r.CustomerID {
		t.Errorf("%+v", got)
	}
}

// X8: what looks like a card number is refused wherever it can be written, and the refusal does not repeat it.
func TestTicketsRefuseCardNumbers(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	w := opened(t, c, question("Payment"))
	for _, card := range []string{cardGood, "4000 0025 0000 3155", "My card: 4000-0027-6000-3184, 12/34."} {
		for _, k := range []struct {
			path string
			body map[string]any
		}{{"/tickets", with(question("x"), "subject", card)}, {"/tickets", with(question("x"), "body", card)}, {"/tickets/" + w.TicketID + "/messages", map[string]any{"body": card}}} {
			a := expect(t, must[Answer](t)(c.Post(ctx, k.path, Key(), k.body)), nil, http.StatusBadRequest, "card_number_refused")
			if strings.Contains(string(a.Raw), "4000") || strings.Contains(string(a.Raw), cardGood) {
				t.Errorf("the refusal repeats it: %s", a.Raw)
			}
		}
	}
	for field, value := range map[string]any{"subject": "two\nlines", "body": "a\u0000b", "category": "complaint"} {
		a := must[Answer](t)(c.Post(ctx, "/tickets", Key(), with(question("x"), field, value)))
		if a.Status != http.StatusBadRequest || fields(a) != "body."+field {
			t.Errorf("%s: %d %s", field, a.Status, a.Raw)
		}
	}
	for field, length := range map[string]int{"subject": 200, "body": 10_000} {
		expect(t, must[Answer](t)(c.Post(ctx, "/tickets", Key(), with(question("x"), field, strings.Repeat("ü", length)))), nil, http.StatusCreated, "")
		expect(t, must[Answer](t)(c.Post(ctx, "/tickets", Key(), with(question("x"), field, strings.Repeat("ü", length+1)))), nil, http.StatusBadRequest, "invalid_request")
	}
}

// A customer's tickets live by the customer's clock.
func TestTicketsByTestClock(t *testing.T) {
	at := time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)
	c, r := newCustomer(t)
	clock := newTestClock(t, &at).ClockID
	expect(t, attach(t, clock, r.CustomerID), nil, http.StatusOK, "")
	w := opened(t, c, question("Later"))
	advance(t, clock, at.Add(48*time.Hour))
	said := say(t, support(t), w.TicketID, "Now?", false)
	if !w.OpenedAt.Equal(at) || !said.Message.At.Equal(at.Add(48*time.Hour)) {
		t.Errorf("opened %v, answered %v", w.OpenedAt, said.Message.At)
	}
}

// X11, of tickets: after an erasure the customer's words, and what was written to them, are gone from what anybody can read, and nothing new is
// taken; the tickets stay.
func TestErasedTickets(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	staff := support(t)
	w := opened(t, c, question("Call me at home"))
	say(t, staff, w.TicketID, "Dear Ada", false)
	say(t, staff, w.TicketID, "Ada again", true)
	if err := site.DB().EraseTickets(ctx, demo.Tenant, id.Customer(r.CustomerID)); err != nil {
		t.Fatal(err)
	}
	for _, who := range []*Customer{c, staff} {
		a := expect(t, must[Answer](t)(who.Get(ctx, "/tickets/"+w.TicketID)), nil, http.StatusOK, "")
		got := into[supportTicket](t, a)
		if strings.Contains(string(a.Raw), "Ada") || strings.Contains(string(a.Raw), "home") || strings.Contains(string(a.Raw), "noon") || got.MessageCount != 2 || got.Status != "pending" {
			t.Errorf("%s", a.Raw)
		}
		expect(t, must[Answer](t)(who.Post(ctx, "/tickets/"+w.TicketID+"/messages", Key(), map[string]any{"body": "Hello"})), nil, http.StatusConflict, "ticket_erased")
	}
	eventually(t, 10*time.Second, "the list is empty of words", func() bool {
		a := must[Answer](t)(staff.Get(ctx, "/tickets?customerId="+r.CustomerID))
		return !strings.Contains(string(a.Raw), "home") && strings.Contains(string(a.Raw), w.TicketID)
	})
	resolve(t, staff, w.TicketID)
}
