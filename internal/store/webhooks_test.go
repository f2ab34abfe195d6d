package store

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/timer"
	"turnup/internal/domain/webhook"
)

var partnerTerms = webhook.Terms{URL: "https://partner.example.com/in?key=canary", Enabled: true}

// partnered writes an endpoint.
func (s shop) partnered() webhook.Endpoint {
	s.Helper()
	e := webhook.Open(s.tenant, partnerTerms, s.clock.Now())
	ok(s.T, s.db.SaveEndpoint(s.Context(), s.key(), e))
	return e
}

// recorded writes the delivery of an event that becomes true now.
func (s shop) recorded(e webhook.Endpoint) webhook.Delivery {
	s.Helper()
	d, err := e.Deliver(event.New(s.Context(), s.tenant, s.clock.Now(), event.OrderPaid{OrderID: "ord_1", CustomerID: customer}), s.clock.Now())
	ok(s.T, err)
	d, err = s.db.RecordDelivery(s.Context(), d)
	ok(s.T, err)
	return d
}

func answer(status int, at time.Time) webhook.Answer {
	return webhook.Answer{Try: webhook.Try{Status: status, At: at}}
}

func (s shop) tried(e webhook.Endpoint, was webhook.Delivery, status int) (webhook.Delivery, error) {
	is := was.Tried(answer(status, s.clock.Now()), s.clock.Now(), 0.5)
	return is, s.db.DeliveryTried(s.Context(), e, was, is, s.clock.Now())
}

// An endpoint is changed by whoever saw how it is, found by its client account alone, and no row has its secret.
func TestEndpoints(t *testing.T) {
	s := opened(t)
	e := s.partnered()
	read, err := s.db.WebhookEndpoint(t.Context(), s.tenant, e.ID)
	ok(t, err)
	same(t, "as it was written", read, e)
	_, err = s.db.WebhookEndpoint(t.Context(), "another", e.ID)
	want(t, err, webhook.ErrUnknown)
	s.clock.Advance(time.Second)
	second := s.partnered()
	all, err := s.db.WebhookEndpoints(t.Context(), s.tenant)
	ok(t, err)
	if len(all) != 2 || all[0].ID != e.ID || all[1].ID != second.ID {
		t.Errorf("%+v", all)
	}
	copies := func() (generations []int) {
		for n := range ReceiverCopies {
			of, err := s.db.endpoints(t.Context(), receiversPK(s.tenant, n), true)
			ok(t, err)
			for _, e := range of {
				generations = append(generations, e.Generation)
			}
		}
		return generations
	}
	same(t, "copies", copies(), []int{1, 1, 1, 1, 1, 1, 1, 1})
	rotated := e.Rotated(s.clock.Now())
	same(t, "at once", at(6, func(int) error { return s.db.SaveEndpoint(context.Background(), nil, rotated) }), map[string]int{"": 1, fault.ErrStale.Code: 5})
	same(t, "copies of what was written", copies(), []int{2, 1, 2, 1, 2, 1, 2, 1})
	want(t, s.db.DeleteEndpoint(t.Context(), e), fault.ErrStale)
	ok(t, s.db.DeleteEndpoint(t.Context(), rotated))
	same(t, "copies of what is left", copies(), []int{1, 1, 1, 1})
	_, err = s.db.WebhookEndpoint(t.Context(), s.tenant, e.ID)
	want(t, err, webhook.ErrUnknown)
}

// An event has one delivery for each endpoint, however often and at once it comes; it ends 30 days after it was begun.
func TestADeliveryIsRecordedOnce(t *testing.T) {
	s := opened(t)
	e := s.partnered()
	d := s.recorded(e)
	done, err := s.tried(e, d, 200)
	ok(t, err)
	same(t, "at once", at(6, func(int) error {
		is, err := s.db.RecordDelivery(context.Background(), d)
		if err == nil && (is.First() || is.State != webhook.Delivered) {
			return fmt.Errorf("recorded anew: %+v", is)
		}
		return err
	}), map[string]int{"": 6})
	read, err := s.db.WebhookDelivery(t.Context(), s.tenant, e.ID, d.ID)
	ok(t, err)
	same(t, "as it was written", read.Last, done.Last)
	_, err = s.db.WebhookDelivery(t.Context(), "another", e.ID, d.ID)
	want(t, err, webhook.ErrDeliveryUnknown)
	row, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: s.db.table(webhooks), Key: deliveryKey(s.tenant, e.ID, d.ID).item()})
	ok(t, err)
	same(t, "ends", row.Item["ttl"], number(noon.Add(webhook.Kept).Unix()))
}

// A delivery that failed has one timer, which moves with it and goes when it is over; of two who tried it at once one counts.
func TestADeliveryHasOneTimer(t *testing.T) {
	s := opened(t)
	e := s.partnered()
	d := s.recorded(e)
	if found := s.signupTimers(id.Customer(e.ID)); len(found) != 0 {
		t.Errorf("before the first try %+v", found)
	}
	failed, err := s.tried(e, d, 500)
	ok(t, err)
	found := s.signupTimers(id.Customer(e.ID))
	if len(found) != 1 || found[0].Kind != timer.Webhook || found[0].Subject != string(d.ID) || !found[0].Due.Equal(noon.Add(time.Minute)) {
		t.Fatalf("after it %+v", found)
	}
	_, err = s.tried(e, d, 200)
	want(t, err, webhook.ErrMoved)
	e, err = s.db.WebhookEndpoint(t.Context(), s.tenant, e.ID)
	ok(t, err)
	if !e.FailingSince.Equal(noon) || e.Version != 1 {
		t.Errorf("the endpoint %+v", e)
	}
	_, err = s.tried(e, failed, 200)
	ok(t, err)
	if found := s.signupTimers(id.Customer(e.ID)); len(found) != 0 {
		t.Errorf("at last %+v", found)
	}
	e, err = s.db.WebhookEndpoint(t.Context(), s.tenant, e.ID)
	ok(t, err)
	if !e.FailingSince.IsZero() || len(announced(t, s.db, s.tenant)) != 0 {
		t.Errorf("the endpoint %+v", e)
	}
}

// Deliveries of one endpoint that fail at once are all written, whatever they say of the endpoint; a 410 among them disables it once, and
// the event that says so holds no address.
func TestDeliveriesThatFailAtOnce(t *testing.T) {
	s := opened(t)
	e := s.partnered()
	var all []webhook.Delivery
	for range 6 {
		s.clock.Advance(time.Second)
		all = append(all, s.recorded(e))
	}
	same(t, "how they ended", at(6, func(i int) error {
		status := 500
		if i%2 == 1 {
			status = 410
		}
		_, err := s.tried(e, all[i], status)
		return err
	}), map[string]int{"": 6})
	is, err := s.db.WebhookEndpoint(t.Context(), s.tenant, e.ID)
	ok(t, err)
	told := announced(t, s.db, s.tenant)
	if is.Terms.Enabled || is.Reason != webhook.Gone || is.Version != 2 || len(told) != 1 || told[0].Type != event.TypeWebhookEndpointDisabled || slices.Contains([]byte(told[0].Data), '?') {
		t.Errorf("%+v, %+v", is, told)
	}
	ok(t, s.db.DeleteEndpoint(t.Context(), is))
	_, err = s.tried(e, s.recorded(e), 410) // deleted while it was called
	ok(t, err)
}

// What is to be sent at once is announced with the row that says so, and has a timer for when that comes to nothing.
func TestSentAtOnce(t *testing.T) {
	s := opened(t)
	e := s.partnered()
	d := s.recorded(e)
	ok(t, s.db.SendDelivery(t.Context(), s.key(), d, d.Again(noon)))
	want(t, s.db.SendDelivery(t.Context(), s.key(), d, d.Again(noon)), webhook.ErrMoved)
	trial, err := e.Trial(noon)
	ok(t, err)
	ok(t, s.db.SendDelivery(t.Context(), s.key(), webhook.Delivery{}, trial))
	told, found := announced(t, s.db, s.tenant), s.signupTimers(id.Customer(e.ID))
	if len(told) != 2 || told[0].Type != event.TypeTimerDue || len(found) != 2 || !found[0].Due.Equal(noon.Add(webhook.Grace)) {
		t.Errorf("%+v, %+v", told, found)
	}
	ok(t, s.db.ForgetDelivery(t.Context(), s.tenant, e.ID, string(d.ID)))
	if found := s.signupTimers(id.Customer(e.ID)); len(found) != 1 {
		t.Errorf("%+v", found)
	}
}

// What was sent is listed, the newest first, a page at a time, of one state; a replay reads its range and nothing beside it.
func TestDeliveriesAreListed(t *testing.T) {
	s := opened(t)
	e, other := s.partnered(), s.partnered()
	var all []webhook.Delivery
	for i := range 11 {
		s.clock.Advance(time.Minute)
		d := s.recorded(e)
		s.recorded(other)
		if i%4 == 0 {
			failed, err := s.tried(webhook.Endpoint{}, d, 410)
			ok(t, err)
			d = failed
		}
		all = append(all, d)
	}
	ids := func(of []webhook.Delivery) (out []id.Delivery) {
		for _, d := range of {
			out = append(out, d.ID)
		}
		return out
	}
	newest := slices.Clone(all)
	slices.Reverse(newest)
	for state, wanted := range map[webhook.State][]webhook.Delivery{"": newest, webhook.Failed: {all[8], all[4], all[0]}, webhook.Held: nil} {
		var got []webhook.Delivery
		for after, pages := "", 0; ; pages++ {
			page, next, err := s.db.WebhookDeliveries(t.Context(), s.tenant, e.ID, state, after, 2)
			ok(t, err)
			got = append(got, page...)
			if after = next; next == "" || pages > 20 {
				break
			}
		}
		same(t, string(state), ids(got), ids(wanted))
	}
	_, _, err := s.db.WebhookDeliveries(t.Context(), s.tenant, e.ID, "", "END#x", 2)
	want(t, err, fault.ErrCursor)

	r, err := e.Replays(all[3].At, all[9].At, nil, s.clock.Now())
	ok(t, err)
	ok(t, s.db.BeginReplay(t.Context(), s.key(), r))
	var got []webhook.Delivery
	for more := true; more; {
		var page []webhook.Delivery
		page, more, err = s.db.ReplayPage(t.Context(), r, 4)
		ok(t, err)
		got = append(got, page...)
		next := r.Went(page[len(page)-1].ID, len(page), more, s.clock.Now())
		ok(t, s.db.SaveReplay(t.Context(), next))
		want(t, s.db.SaveReplay(t.Context(), next), webhook.ErrMoved)
		r, err = s.db.Replay(t.Context(), s.tenant, e.ID, r.ID)
		ok(t, err)
	}
	same(t, "replayed", ids(got), ids(all[3:9]))
	if r.Sent != 6 || len(s.signupTimers(id.Customer(e.ID))) != 0 {
		t.Errorf("%+v", r)
	}
}
