package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
)

// trail reads all of a customer's history as support, pages of a size.
func trail(t *testing.T, customer, limit string) (all HistoryPage) {
	t.Helper()
	ctx, desk := context.Background(), staff(t, token.RoleSupport)
	cursor := ""
	for {
		page := into[HistoryPage](t, must[Answer](t)(desk.Get(ctx, "/admin/customers/"+customer+"/history?"+url.Values{"limit": {limit}, "cursor": {cursor}}.Encode())))
		all.Entries = append(all.Entries, page.Entries...)
		if cursor = page.NextCursor; cursor == "" {
			return all
		}
	}
}

func whats(h HistoryPage) (types []string) {
	for _, e := range h.Entries {
		types = append(types, e.What)
	}
	return types
}

// S3-156: each step of a customer and each of staff about them is in the trail once, newest first, with who, when and why; the
// trail has no contact data; telling an event again changes nothing.
func TestHistory(t *testing.T) {
	ctx := context.Background()
	began := time.Now().Add(-2 * time.Second)
	c, customer := newProfile(t, "Trail")
	expect(t, must[Answer](t)(c.Patch(ctx, "/customers/"+customer, map[string]any{"phone": "+4930111111"})), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(admin(t).SetAccess(ctx, customer, "business")), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(admin(t).SetAccess(ctx, customer, "business")), nil, http.StatusOK, "") // no change, no event
	want := []string{"customer.updated", "customer.updated", "customer.registered", "session.started", "account.verified", "account.registered"}
	eventually(t, 20*time.Second, "all is in the trail", func() bool { return len(trail(t, customer, "50").Entries) >= len(want) })
	h := trail(t, customer, "2")
	if !slices.Equal(whats(h), want) {
		t.Fatalf("the trail has %v", whats(h))
	}
	moved, updated, registered, verified := h.Entries[0], h.Entries[1], h.Entries[2], h.Entries[4]
	if !strings.HasPrefix(moved.Who, "staff:journey-admin") || fmt.Sprint(moved.Data["fields"]) != "[tier]" || updated.Who != "customer:"+customer || fmt.Sprint(updated.Data["fields"]) != "[phone]" ||
		registered.Who != "customer:"+customer || verified.Why != "mail" {
		t.Errorf("who and why: %+v", h.Entries)
	}
	for _, e := range h.Entries {
		if e.At.Before(began) || e.At.After(time.Now()) || e.Data["customerId"] != customer || !strings.HasPrefix(e.EventID, "evt_") {
			t.Errorf("entry %+v", e)
		}
	}
	if moved.CausationID == "" || moved.CorrelationID == "" {
		t.Errorf("the trace is lost: %+v", moved)
	}
	raw := string(must[[]byte](t)(json.Marshal(h)))
	for _, personal := range []string{"Trail", "example.com", "+4930", "Allee"} {
		if strings.Contains(raw, personal) {
			t.Errorf("%s is in the trail: %s", personal, raw)
		}
	}
	again(t, registered.EventID, customer, registered.At)
	expect(t, must[Answer](t)(admin(t).SetAccess(ctx, customer, "standard")), nil, http.StatusOK, "")
	eventually(t, 20*time.Second, "one more is in the trail", func() bool { return len(trail(t, customer, "50").Entries) > len(want) })
	if got := whats(trail(t, customer, "50")); !slices.Equal(got, append([]string{"customer.updated"}, want...)) {
		t.Errorf("after telling again: %v", got)
	}
	expect(t, must[Answer](t)(staff(t, token.RoleBilling).Get(ctx, "/admin/customers/cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/history")), nil, http.StatusNotFound, "customer_not_found")
}

// again puts an event into the queue a second time, and one more that must be read after it.
func again(t *testing.T, eventID, customer string, at time.Time) {
	t.Helper()
	client, name := sqs.NewFromConfig(site.AWS()), site.Prefix+"history"
	queue, err := client.GetQueueUrl(context.Background(), &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	e := event.New(context.Background(), "demo", at, event.CustomerRegistered{CustomerID: idOf(customer), Country: "DE"})
	e.ID = idOfEvent(eventID)
	body := string(must[[]byte](t)(json.Marshal(map[string]any{"detail-type": e.Type, "source": "turnup", "detail": e})))
	if _, err := client.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
}

func stagesOf(t *testing.T, c *Customer, customer string) (Stages, map[string]time.Time) {
	t.Helper()
	s := into[Stages](t, must[Answer](t)(c.Get(context.Background(), "/customers/"+customer+"/journey")))
	first := map[string]time.Time{}
	for i, one := range s.Stages {
		if one.Number != i+1 || one.FirstAt.IsZero() != one.LastAt.IsZero() || one.LastAt.Before(one.FirstAt) {
			t.Errorf("stage %+v", one)
		}
		if !one.FirstAt.IsZero() {
			first[one.Stage] = one.FirstAt
		}
	}
	return s, first
}

// S3-01: a customer's journey has the eleven stages in their order, and tells at once which one they are in and since when;
// staff see the same.
func TestJourneyStages(t *testing.T) {
	ctx := context.Background()
	c, customer := newAccount(t, false)
	s, first := stagesOf(t, c, customer)
	names := make([]string, 0, 11)
	for _, one := range s.Stages {
		names = append(names, one.Stage)
	}
	if got := strings.Join(names, " "); got != "registration verification profile plan activation usage renewal plan_change suspension resumption cancellation" {
		t.Errorf("the stages are %s", got)
	}
	if s.Current != "registration" || len(first) != 1 {
		t.Errorf("registered: %+v", s)
	}
	link := must[string](t)(site.AwaitLink(ctx, readCustomer(t, c, customer).Email, "/verify-email", 1, 20*time.Second))
	expect(t, must[Answer](t)(site.Verify(ctx, link)), nil, http.StatusOK, "")
	if s, first = stagesOf(t, c, customer); s.Current != "verification" || len(first) != 2 {
		t.Errorf("verified: %+v", s)
	}
	expect(t, must[Answer](t)(c.Post(ctx, "/customers", Key(), Profile("Ada"))), nil, http.StatusCreated, "")
	if s, first = stagesOf(t, c, customer); s.Current != "profile" || len(first) != 3 || first["verification"].Before(first["registration"]) || first["profile"].Before(first["verification"]) {
		t.Errorf("with a profile: %+v", s)
	}
	c = must[*Customer](t)(site.SignIn(ctx, customer))
	method := must[Method](t)(c.AddCard(ctx, cardGood))
	cart := must[Cart](t)(c.Fill(ctx, "plan_stream-hd"))
	expect(t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)), nil, http.StatusOK, "")
	eventually(t, 20*time.Second, "the plan is reached", func() bool {
		s, first = stagesOf(t, staff(t, token.RoleBilling), customer)
		return s.Current == "plan" && !first["plan"].Before(first["profile"])
	})
}

// S3-01: who came by a username and a profile at once is through both stages when they are registered.
func TestJourneyOfAUsername(t *testing.T) {
	c, r := newCustomer(t)
	if s, first := stagesOf(t, c, r.CustomerID); s.Current != "profile" || len(first) != 2 || !first["registration"].Equal(first["profile"]) {
		t.Errorf("got %+v", s)
	}
}
