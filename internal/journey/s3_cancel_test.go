package journey

import (
	"context"
	"net/http"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// S3-12, S3-41, S3-42, S3-146: by default a cancellation is for the period's end: it can be seen and withdrawn, twice is as once, and the
// customer is told the date.
func TestS3CancelLater(t *testing.T) {
	ctx := context.Background()
	c, _, made := subscribed(t, "plan_stream-hd")
	path := "/subscriptions/" + made.SubscriptionID
	var first Cancelled
	for range 2 {
		first = into[Cancelled](t, expect(t, must[Answer](t)(c.Post(ctx, path+"/cancel", Key(), map[string]any{"reason": "moving"})), nil, http.StatusOK, ""))
		if first.Status != "active" || first.Back.Minor != 0 || first.Owed.Minor != 0 {
			t.Errorf("%+v", first)
		}
	}
	is := must[Contract](t)(c.Contract(ctx, made.SubscriptionID))
	if is.Cancellation == nil || is.Cancellation.On != first.EndsOn || is.Cancellation.Reason != "moving" || is.NextBilling != "" || is.Entitlement.State != "active" {
		t.Errorf("%+v", is)
	}
	exactlyOne(t, event.TypeSubscriptionCancelled, made.SubscriptionID)
	if kept := into[Contract](t, expect(t, must[Answer](t)(c.Delete(ctx, path+"/cancellation")), nil, http.StatusOK, "")); kept.Cancellation != nil || kept.NextBilling == "" {
		t.Errorf("%+v", kept)
	}
	expect(t, must[Answer](t)(c.Delete(ctx, path+"/cancellation")), nil, http.StatusConflict, "cancellation_not_scheduled")
}

// S3-12, S3-41, S3-42, S3-154: a cancellation that was withdrawn and asked for again takes effect with the period: until then it is used, then
// it has ended, nothing is charged or billed any more, and the plan can be bought anew.
func TestS3CancelTakesEffect(t *testing.T) {
	ctx := context.Background()
	s := living(t, time.Date(2029, 3, 31, 12, 0, 0, 0, time.UTC), cardGood)
	path := "/subscriptions/" + s.sub
	expect(t, must[Answer](t)(s.Post(ctx, path+"/cancel", Key(), map[string]any{})), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(s.Delete(ctx, path+"/cancellation")), nil, http.StatusOK, "")
	advance(t, s.clock, time.Date(2029, 4, 30, 12, 0, 0, 0, time.UTC)) // withdrawn: it was renewed
	if charges := psp.charges(t, s.id); len(charges) != 1 || charges[0].Amount != 1299 {
		t.Fatalf("%+v", charges)
	}
	last := into[Cancelled](t, expect(t, must[Answer](t)(s.Post(ctx, path+"/cancel", Key(), map[string]any{"mode": "end_of_period"})), nil, http.StatusOK, ""))
	if last.EndsOn != "2029-05-31" {
		t.Errorf("%+v", last)
	}
	advance(t, s.clock, time.Date(2029, 5, 30, 20, 0, 0, 0, time.UTC))
	if is := must[Contract](t)(s.Contract(ctx, s.sub)); is.Status != "active" || is.Entitlement.State != "active" || is.Cancellation == nil {
		t.Errorf("before the end: %+v", is)
	}
	advance(t, s.clock, time.Date(2029, 7, 31, 12, 0, 0, 0, time.UTC))
	if is := must[Contract](t)(s.Contract(ctx, s.sub)); is.Status != "ended" || is.Entitlement.State == "active" || is.NextBilling != "" {
		t.Errorf("after the end: %+v", is)
	}
	exactlyOne(t, event.TypeSubscriptionEnded, s.sub)
	if charges, all := psp.charges(t, s.id), must[[]Invoice](t)(s.Invoices(ctx, "")); len(charges) != 1 || len(all) != 2 {
		t.Errorf("%+v, %+v", charges, all)
	}
	expect(t, must[Answer](t)(s.Delete(ctx, path+"/cancellation")), nil, http.StatusConflict, "subscription_ended")
	expect(t, must[Answer](t)(s.Subscribe(ctx, Key(), "plan_stream-hd", nil)), nil, http.StatusCreated, "")
}

// S3-40: cancelled now, it has ended, what was paid for the days that are left is in the wallet, and the plan can be bought anew. Twice is as
// once.
func TestS3CancelNow(t *testing.T) {
	ctx := context.Background()
	c, _, made := subscribed(t, "plan_stream-hd")
	path := "/subscriptions/" + made.SubscriptionID
	for n := range 2 {
		done := into[Cancelled](t, expect(t, must[Answer](t)(c.Post(ctx, path+"/cancel", Key(), map[string]any{"mode": "now"})), nil, http.StatusOK, ""))
		if done.Status != "ended" || n == 0 && (done.Back.Minor != 1299 || done.CreditNoteID == "") { // of the day it began on nothing was used
			t.Errorf("%+v", done)
		}
	}
	if left := balance(t, c); left != 1299 {
		t.Errorf("the wallet has %d", left)
	}
	exactlyOne(t, event.TypeSubscriptionEnded, made.SubscriptionID)
	expect(t, must[Answer](t)(c.Post(ctx, path+"/change-plan", Key(), map[string]any{"planId": "plan_stream-4k"})), nil, http.StatusConflict, "subscription_ended")
	expect(t, must[Answer](t)(c.Subscribe(ctx, Key(), "plan_stream-hd", nil)), nil, http.StatusCreated, "")
}

// S3-40, S3-154: a line that is cancelled now is taken down.
func TestS3CancelFibre(t *testing.T) {
	ctx, h := context.Background(), NewHome()
	r := movesIn(t, h)
	is := r.becomes(t, "active")
	done := into[Cancelled](t, expect(t, must[Answer](t)(r.Post(ctx, "/subscriptions/"+r.subscription+"/cancel", Key(), map[string]any{"mode": "now"})), nil, http.StatusOK, ""))
	r.becomes(t, "terminated")
	if n := inNetwork(t, h, is); len(n.addresses) != 0 || n.up || n.line != nil && n.line.Session != nil {
		t.Errorf("%+v", n)
	}
	if left := balance(t, r.Customer); left != done.Back.Minor || left != 2999 {
		t.Errorf("the wallet has %d, told were %+v", left, done.Back)
	}
}

// S3-155: cancelled while it is being set up, the line is undone, the contract has ended and what was paid is in the wallet, once.
func TestS3CancelWhileProvisioning(t *testing.T) {
	ctx, h := context.Background(), NewHome()
	h.Recorded = false // it waits for its equipment
	r := movesIn(t, h)
	eventually(t, within, "there is a service", func() bool {
		a, err := r.Get(ctx, "/services/"+r.service)
		return err == nil && a.Status == http.StatusOK
	})
	expect(t, must[Answer](t)(r.Post(ctx, "/services/provision", Key(), map[string]any{"subscriptionId": r.subscription, "onuSerial": h.ONU, "cpeId": h.CPE})), nil, http.StatusAccepted, "")
	expect(t, must[Answer](t)(r.Post(ctx, "/subscriptions/"+r.subscription+"/cancel", Key(), map[string]any{})), nil, http.StatusConflict, "subscription_not_active")
	expect(t, must[Answer](t)(r.Post(ctx, "/subscriptions/"+r.subscription+"/cancel", Key(), map[string]any{"mode": "now"})), nil, http.StatusOK, "")
	is := r.becomes(t, "terminated")
	eventually(t, within, "what was paid is in the wallet", func() bool { return balance(t, r.Customer) == 2999 })
	if n := inNetwork(t, h, is); len(n.addresses) != 0 || n.up {
		t.Errorf("%+v", n)
	}
	if s := must[Contract](t)(r.Contract(ctx, r.subscription)); s.Status != "ended" {
		t.Errorf("%+v", s)
	}
}
