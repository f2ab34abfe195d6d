package journey

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
)

// What the operations on tickets answer, as a front end reads it.
type (
	person struct{ Kind, ID string }

	ticketMessage struct {
		Number   int64
		Author   person
		At       time.Time
		Body     string
		Internal bool
	}

	supportTicket struct {
		TicketID, CustomerID, Subject, Category, Status, Priority, Assignee string
		OpenedAt, LastMessageAt                                             time.Time
		ResolvedAt                                                          *time.Time
		MessageCount                                                        int64
		NoteCount                                                           *int64
		History                                                             []struct {
			Status string
			At     time.Time
			By     person
		}
		Messages    []ticketMessage
		Maintenance []behind
		NextCursor  string
	}

	// behind is maintenance that may be behind a ticket.
	behind struct {
		MaintenanceID, Note string
		Start, End          time.Time
		Over                bool
	}

	addedMessage struct {
		Message ticketMessage
		Status  string
	}

	ticketPage struct {
		Tickets    []supportTicket
		NextCursor string
	}
)

func question(subject string) map[string]any {
	return map[string]any{"subject": subject, "body": "Since noon.\n\tWhat <b>now</b>?", "category": "technical"}
}

// opened opens a ticket.
func opened(t *testing.T, c *Customer, question map[string]any) supportTicket {
	t.Helper()
	a, err := c.Post(context.Background(), "/tickets", Key(), question)
	return into[supportTicket](t, expect(t, a, err, http.StatusCreated, ""))
}

func say(t *testing.T, c *Customer, ticket, body string, internal bool) addedMessage {
	t.Helper()
	words := map[string]any{"body": body}
	if internal {
		words["internal"] = true
	}
	a, err := c.Post(context.Background(), "/tickets/"+ticket+"/messages", Key(), words)
	return into[addedMessage](t, expect(t, a, err, http.StatusCreated, ""))
}

func resolve(t *testing.T, c *Customer, ticket string) Answer {
	t.Helper()
	a, err := c.Post(context.Background(), "/tickets/"+ticket+"/resolve", Key(), nil)
	return expect(t, a, err, http.StatusOK, "")
}

// mark changes what staff say of a ticket.
func mark(t *testing.T, c *Customer, ticket string, marks any, status int, code string, headers ...Header) Answer {
	t.Helper()
	a, err := c.Call(context.Background(), http.MethodPatch, "/tickets/"+ticket, marks, headers...)
	return expect(t, a, err, status, code)
}

// readTicket reads a ticket with all its messages, a page of a size at a time.
func readTicket(t *testing.T, c *Customer, ticket string, limit int) (whole supportTicket) {
	t.Helper()
	var all []ticketMessage
	cursor := ""
	for {
		a, err := c.Get(context.Background(), fmt.Sprintf("/tickets/%s?limit=%d&cursor=%s", ticket, limit, url.QueryEscape(cursor)))
		whole = into[supportTicket](t, expect(t, a, err, http.StatusOK, ""))
		all = append(all, whole.Messages...)
		if cursor = whole.NextCursor; cursor == "" {
			whole.Messages = all
			return whole
		}
		if len(whole.Messages) != limit {
			t.Errorf("%d messages in a page of %d that is not the last", len(whole.Messages), limit)
		}
	}
}

// ticketsOf lists subjects, a page of two at a time.
func ticketsOf(t *testing.T, c *Customer, query string) (subjects []string) {
	t.Helper()
	cursor := ""
	for {
		a, err := c.Get(context.Background(), "/tickets?limit=2&cursor="+url.QueryEscape(cursor)+"&"+query)
		p := into[ticketPage](t, expect(t, a, err, http.StatusOK, ""))
		for _, w := range p.Tickets {
			subjects = append(subjects, w.Subject)
		}
		if cursor = p.NextCursor; cursor == "" {
			return subjects
		}
	}
}

// lists waits until a list, which lags behind, shows these and no others.
func lists(t *testing.T, c *Customer, query string, want ...string) {
	t.Helper()
	var got []string
	defer func() {
		if t.Failed() {
			t.Logf("%s: %q, want %q", query, got, want)
		}
	}()
	eventually(t, 10*time.Second, "the list "+query, func() bool {
		got = ticketsOf(t, c, query)
		return slices.Equal(got, want)
	})
}

// S3-59, S3-60, S3-61: a customer opens a ticket, talks with staff in it, and resolves it; later they write again, and it is open.
// Both see the same messages in the same order, with author and time, as they were written.
func TestTicketFromOpeningToReopening(t *testing.T) {
	c, r := newCustomer(t)
	staff := support(t)
	begin := time.Now().Add(-time.Second)
	w := opened(t, c, question("No picture"))
	if w.CustomerID != r.CustomerID || w.Subject != "No picture" || w.Category != "technical" || w.Status != "open" || w.MessageCount != 1 ||
		w.OpenedAt.Before(begin) || !w.LastMessageAt.Equal(w.OpenedAt) || w.Priority != "" || w.NoteCount != nil {
		t.Errorf("opened %+v", w)
	}
	if got := say(t, staff, w.TicketID, "Is it plugged in?", false); got.Status != "pending" || got.Message.Number != 2 || got.Message.Author.Kind != "staff" || got.Message.Author.ID == "" {
		t.Errorf("staff said %+v", got)
	}
	if got := say(t, c, w.TicketID, "It is.", false); got.Status != "open" || got.Message.Number != 3 || got.Message.Author != (person{"customer", r.CustomerID}) {
		t.Errorf("the customer said %+v", got)
	}
	first, again := resolve(t, c, w.TicketID), resolve(t, staff, w.TicketID)
	if string(first.Raw) != string(again.Raw) || into[supportTicket](t, first).Status != "resolved" {
		t.Errorf("resolved %s, then %s", first.Raw, again.Raw)
	}
	if got := readTicket(t, c, w.TicketID, 50); got.Status != "resolved" || got.ResolvedAt == nil {
		t.Errorf("%+v", got)
	}
	if got := say(t, c, w.TicketID, "Gone again.", false); got.Status != "open" || got.Message.Number != 4 {
		t.Errorf("the customer said %+v", got)
	}
	mine, theirs := readTicket(t, c, w.TicketID, 3), readTicket(t, staff, w.TicketID, 2)
	var said, steps []string
	for i, m := range mine.Messages {
		said = append(said, m.Author.Kind+": "+m.Body)
		n := theirs.Messages[i]
		if m.Number != int64(i+1) || m.At.Before(begin) || i > 0 && m.At.Before(mine.Messages[i-1].At) || n.Body != m.Body || n.Number != m.Number || !n.At.Equal(m.At) {
			t.Errorf("message %d is %+v to the customer and %+v to staff", i, m, n)
		}
	}
	for _, h := range mine.History {
		steps = append(steps, h.Status+" "+h.By.Kind)
	}
	if want := []string{"customer: Since noon.\n\tWhat <b>now</b>?", "staff: Is it plugged in?", "customer: It is.", "customer: Gone again."}; !slices.Equal(said, want) || len(theirs.Messages) != 4 {
		t.Errorf("said %q", said)
	}
	if want := []string{"open customer", "pending staff", "open customer", "resolved customer", "open customer"}; !slices.Equal(steps, want) {
		t.Errorf("history %q", steps)
	}
	if mine.ResolvedAt != nil || mine.MessageCount != 4 {
		t.Errorf("%+v", mine)
	}
	e := exactlyOne(t, event.TypeTicketResolved, w.TicketID)
	if e.Actor != "customer:"+r.CustomerID || strings.Contains(string(e.Data), "picture") {
		t.Errorf("%+v %s", e, e.Data)
	}
}

// The operation's share of S3-74: a ticket is created, and the event that everybody is told by is on its way, well within the minute.
func TestTicketIsAnnouncedInTime(t *testing.T) {
	c, r := newCustomer(t)
	began := time.Now()
	w := opened(t, c, question("No picture"))
	e := exactlyOne(t, event.TypeTicketOpened, w.TicketID)
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v", took)
	}
	var d event.TicketOpened
	if err := event.Decode(e, &d); err != nil || string(d.CustomerID) != r.CustomerID || d.Category != "technical" || d.Priority != "normal" || !e.Time.Equal(w.OpenedAt) {
		t.Errorf("%+v %s, %v", e, e.Data, err)
	}
}

// S3-62: another customer's ticket does not exist; staff of every role see it, and only staff change what is the desk's.
func TestTicketsAreTheirCustomers(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	other, _ := newCustomer(t)
	w := opened(t, c, question("Mine"))
	for _, k := range []struct{ method, path string }{{http.MethodGet, ""}, {http.MethodPost, "/messages"}, {http.MethodPost, "/resolve"}} {
		for _, ticket := range []string{w.TicketID, "tic_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"} {
			var body any
			if k.path == "/messages" {
				body = map[string]any{"body": "Hello"}
			}
			a, err := other.Call(ctx, k.method, "/tickets/"+ticket+k.path, body, Header{"Idempotency-Key", Key()})
			expect(t, a, err, http.StatusNotFound, "ticket_not_found")
		}
	}
	mark(t, c, w.TicketID, map[string]any{"priority": "high"}, http.StatusUnauthorized, "token_invalid")
	if got := ticketsOf(t, other, ""); len(got) != 0 {
		t.Errorf("another customer sees %q", got)
	}
	for _, role := range token.Roles {
		staff := must[*Customer](t)(site.Staff(ctx, role))
		if got := readTicket(t, staff, w.TicketID, 50); got.Priority != "normal" || got.NoteCount == nil {
			t.Errorf("%s reads %+v", role, got)
		}
	}
	if got := readTicket(t, c, w.TicketID, 50); got.MessageCount != 1 || got.Status != "open" {
		t.Errorf("%+v", got)
	}
}

// S3-62: a note of staff leaves no trace for the customer: not in the messages, counts, numbers, times, status, pages or cursors.
func TestNotesAreHidden(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	staff := support(t)
	plain, noted := opened(t, c, question("Plain")), opened(t, c, question("Noted"))
	note := func(text string) {
		if got := say(t, staff, noted.TicketID, text, true); !got.Message.Internal {
			t.Errorf("noted %+v", got)
		}
	}
	before := readTicket(t, c, noted.TicketID, 50)
	note("Secret one")
	note("Secret two")
	if after := readTicket(t, c, noted.TicketID, 50); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("%+v, then %+v", before, after)
	}
	for i := range 5 {
		for _, ticket := range []string{plain.TicketID, noted.TicketID} {
			if got := say(t, c, ticket, fmt.Sprint("message ", i), false); got.Message.Number != int64(i+2) {
				t.Errorf("%+v", got)
			}
		}
		note(fmt.Sprint("Secret ", i))
	}
	for limit := 1; limit <= 7; limit++ { // the same pages of the same sizes under the same cursors
		cursor := ""
		for {
			var shown [2]supportTicket
			for i, ticket := range []string{plain.TicketID, noted.TicketID} {
				a := must[Answer](t)(c.Get(ctx, fmt.Sprintf("/tickets/%s?limit=%d&cursor=%s", ticket, limit, cursor)))
				if strings.Contains(string(a.Raw), "Secret") || strings.Contains(string(a.Raw), "internal") || strings.Contains(string(a.Raw), "note") || a.Header.Get("ETag") != "" {
					t.Fatalf("the customer sees %s, %v", a.Raw, a.Header)
				}
				shown[i] = into[supportTicket](t, a)
			}
			if len(shown[0].Messages) != len(shown[1].Messages) || shown[0].NextCursor != shown[1].NextCursor || shown[0].MessageCount != shown[1].MessageCount {
				t.Fatalf("%+v differs from %+v", shown[0], shown[1])
			}
			if cursor = shown[0].NextCursor; cursor == "" {
				break
			}
		}
	}
	theirs := readTicket(t, staff, noted.TicketID, 4)
	var order []string
	for _, m := range theirs.Messages {
		order = append(order, m.Body)
	}
	want := []string{question("")["body"].(string), "Secret one", "Secret two"}
	for i := range 5 {
		want = append(want, fmt.Sprint("message ", i), fmt.Sprint("Secret ", i))
	}
	if !slices.Equal(order, want) || *theirs.NoteCount != 7 || theirs.MessageCount != 6 {
		t.Errorf("staff see %q, %+v", order, theirs)
	}
	a := must[Answer](t)(c.Get(ctx, "/tickets"))
	if strings.Contains(string(a.Raw), "noteCount") || strings.Contains(string(a.Raw), "priority") {
		t.Errorf("the customer's list tells %s", a.Raw)
	}
}

// S3-60: whoever writes at the same time, every message is kept, in one order, under a number of its own.
func TestMessagesAtOnce(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	staff := support(t)
	w := opened(t, c, question("At once"))
	answers := parallel(t, 30, func(i int) (Answer, error) {
		from := c
		if i%3 == 0 {
			from = staff
		}
		return from.Post(ctx, "/tickets/"+w.TicketID+"/messages", Key(), map[string]any{"body": fmt.Sprint("message ", i)})
	})
	numbered := map[int64]string{}
	for _, a := range answers {
		m := into[addedMessage](t, expect(t, a, nil, http.StatusCreated, "")).Message
		numbered[m.Number] = m.Body
	}
	whole := readTicket(t, c, w.TicketID, 7)
	if len(numbered) != 30 || len(whole.Messages) != 31 {
		t.Fatalf("%d numbers, %d messages", len(numbered), len(whole.Messages))
	}
	for i, m := range whole.Messages[1:] {
		if m.Number != int64(i+2) || numbered[m.Number] != m.Body {
			t.Errorf("%+v, answered was %q", m, numbered[m.Number])
		}
	}
}

// R6: a ticket sent again and again at once is one ticket, a message one message, a note one note; the same key for something else
// is refused. A repetition is answered as at first, whatever came after.
func TestTicketsAreIdempotent(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	_, other := newCustomer(t)
	staff := support(t)
	w := into[supportTicket](t, sentOnce(t, c, "/tickets", question("Once"), question("Twice"), http.StatusCreated))
	lists(t, c, "", "Once")
	sentOnce(t, staff, "/tickets", with(question("By staff"), "customerId", r.CustomerID), with(question("By staff"), "customerId", other.CustomerID), http.StatusCreated)
	lists(t, c, "", "By staff", "Once")
	path := "/tickets/" + w.TicketID + "/messages"
	sentOnce(t, c, path, map[string]any{"body": "one"}, map[string]any{"body": "two"}, http.StatusCreated)
	sentOnce(t, staff, path, map[string]any{"body": "note", "internal": true}, map[string]any{"body": "note"}, http.StatusCreated)
	sentOnce(t, c, "/tickets/"+w.TicketID+"/resolve", nil, nil, http.StatusOK)
	key, body := Key(), map[string]any{"body": "three"}
	first := must[Answer](t)(c.Post(ctx, path, key, body))
	say(t, staff, w.TicketID, "four", false)
	if again := must[Answer](t)(c.Post(ctx, path, key, body)); string(again.Raw) != string(first.Raw) {
		t.Errorf("%s, then %s", first.Raw, again.Raw)
	}
	if got := readTicket(t, staff, w.TicketID, 50); got.MessageCount != 4 || *got.NoteCount != 1 || len(got.Messages) != 5 {
		t.Errorf("%+v", got)
	}
	exactlyOne(t, event.TypeTicketOpened, w.TicketID)
	exactlyOne(t, event.TypeTicketResolved, w.TicketID)
}

// Who has no profile yet may ask for help; who has not confirmed their address may not.
func TestTicketsBeforeTheProfile(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	w := opened(t, c, question("Help"))
	for pending, status := range map[token.Pending]int{token.Profile: http.StatusOK, token.Verification: http.StatusForbidden} {
		early := site.Visitor()
		early.Token = forge(t, r.CustomerID, func(claims jwt.MapClaims, _ map[string]any) { claims["pending"] = pending })
		created, code := http.StatusCreated, ""
		if status != http.StatusOK {
			created, code = status, "email_unverified"
		}
		expect(t, must[Answer](t)(early.Get(ctx, "/tickets")), nil, status, code)
		expect(t, must[Answer](t)(early.Get(ctx, "/tickets/"+w.TicketID)), nil, status, code)
		expect(t, must[Answer](t)(early.Post(ctx, "/tickets", Key(), question("Early"))), nil, created, code)
		expect(t, must[Answer](t)(early.Post(ctx, "/tickets/"+w.TicketID+"/messages", Key(), map[string]any{"body": "Hello"})), nil, created, code)
		expect(t, must[Answer](t)(early.Post(ctx, "/tickets/"+w.TicketID+"/resolve", Key(), nil)), nil, status, code)
	}
}
