package journey

import (
	"context"
	"net/http"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// S3-09, S3-34, S3-35, S3-36, S3-71: a quote changes nothing; the change charges exactly it, once; a step down gives credit and a credit note,
// and no money moves; the same plan is refused.
func TestS3ChangePlan(t *testing.T) {
	ctx := context.Background()
	c, r, made := subscribed(t, "plan_stream-hd")
	path := "/subscriptions/" + made.SubscriptionID
	began := time.Now()
	q := into[Proration](t, expect(t, must[Answer](t)(c.Get(ctx, path+"/proration?planId=plan_stream-4k")), nil, http.StatusOK, ""))
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the quote took %s", took)
	}
	if q.DueNow.Minor != q.Charge.Minor-q.Unused.Minor || q.DueNow.Minor != 500 || len(q.Lines) != 2 || q.NextRenewal.Amount.Minor != 1799 {
		t.Errorf("%+v", q)
	}
	if is := must[Contract](t)(c.Contract(ctx, made.SubscriptionID)); is.ItemID != "plan_stream-hd" {
		t.Errorf("the quote changed it: %+v", is)
	}
	key, body := Key(), map[string]any{"planId": "plan_stream-4k", "quoteId": q.QuoteID}
	for range 2 {
		up := into[PlanChanged](t, expect(t, must[Answer](t)(c.Post(ctx, path+"/change-plan", key, body)), nil, http.StatusOK, ""))
		if up.Status != "complete" || up.Charged != q.DueNow || up.InvoiceID == "" {
			t.Errorf("%+v", up)
		}
	}
	if charged := psp.charges(t, r.CustomerID); len(charged) != 2 || charged[0].Amount+charged[1].Amount != 1299+q.DueNow.Minor {
		t.Errorf("charged %+v", charged)
	}
	exactlyOne(t, event.TypeSubscriptionChanged, made.SubscriptionID)
	expect(t, must[Answer](t)(c.Post(ctx, path+"/change-plan", Key(), map[string]any{"planId": "plan_stream-4k"})), nil, http.StatusConflict, "plan_unchanged")
	expect(t, must[Answer](t)(c.Post(ctx, path+"/change-plan", Key(), map[string]any{"planId": "plan_stream-basic", "quoteId": q.QuoteID})), nil, http.StatusConflict, "quote_stale")
	down := into[PlanChanged](t, expect(t, must[Answer](t)(c.Post(ctx, path+"/change-plan", Key(), map[string]any{"planId": "plan_stream-basic"})), nil, http.StatusOK, ""))
	is := must[Contract](t)(c.Contract(ctx, made.SubscriptionID))
	if down.Credited.Minor != 900 || down.Charged.Minor != 0 || is.Credit.Minor != 900 || is.ItemID != "plan_stream-basic" || len(psp.charges(t, r.CustomerID)) != 2 {
		t.Errorf("%+v; %+v", down, is)
	}
	// The plan that was left can be bought anew, the one that is kept cannot.
	expect(t, must[Answer](t)(c.Subscribe(ctx, Key(), "plan_stream-basic", nil)), nil, http.StatusConflict, "subscription_already_active")
	expect(t, must[Answer](t)(c.Subscribe(ctx, Key(), "plan_stream-hd", nil)), nil, http.StatusCreated, "")
	expect(t, must[Answer](t)(c.Post(ctx, path+"/change-plan", Key(), map[string]any{"planId": "plan_stream-hd"})), nil, http.StatusConflict, "subscription_already_active")
}

// S3-09, S3-36, S3-86: a change whose charge is declined changes nothing: plan, period, credit, invoices and the claim on the plan are as they were; with
// another card it is made, once, though the first key is sent again.
func TestS3ChangeDeclined(t *testing.T) {
	ctx := context.Background()
	s := living(t, time.Date(2029, 4, 1, 12, 0, 0, 0, time.UTC), cardDeclines)
	advance(t, s.clock, time.Date(2029, 4, 16, 12, 0, 0, 0, time.UTC))
	path, key, up := "/subscriptions/"+s.sub, Key(), map[string]any{"planId": "plan_stream-4k"}
	before, invoices := must[Answer](t)(s.Get(ctx, path)), must[Answer](t)(s.Get(ctx, "/invoices"))
	for range 2 {
		a := expect(t, must[Answer](t)(s.Post(ctx, path+"/change-plan", key, up)), nil, http.StatusPaymentRequired, "payment_declined")
		if detail(a, "reason") == "" {
			t.Errorf("%s", a.Raw)
		}
	}
	if after := must[Answer](t)(s.Get(ctx, path)); string(after.Raw) != string(before.Raw) {
		t.Errorf("it was %s, and is %s", before.Raw, after.Raw)
	}
	if after := must[Answer](t)(s.Get(ctx, "/invoices")); string(after.Raw) != string(invoices.Raw) || len(psp.charges(t, s.id)) != 0 {
		t.Errorf("there were %s, and are %s", invoices.Raw, after.Raw)
	}
	if is := s.contract(t); len(is.Debts) != 0 {
		t.Errorf("%+v", is)
	}
	other := must[Method](t)(s.AddCard(ctx, cardGood))
	expect(t, must[Answer](t)(s.Put(ctx, "/payment-methods/"+other.Reference+"/default", nil)), nil, http.StatusOK, "")
	done := into[PlanChanged](t, expect(t, must[Answer](t)(s.Post(ctx, path+"/change-plan", Key(), up)), nil, http.StatusOK, ""))
	if charges := psp.charges(t, s.id); done.Charged.Minor != 250 || len(charges) != 1 || charges[0].Amount != 250 { // half a month of 5.00
		t.Errorf("%+v, %+v", done, charges)
	}
	exactlyOne(t, event.TypeSubscriptionChanged, s.sub)
}

// S3-09: a change at the period's end can be seen and withdrawn.
func TestS3ChangeLater(t *testing.T) {
	ctx := context.Background()
	c, _, made := subscribed(t, "plan_stream-hd")
	path := "/subscriptions/" + made.SubscriptionID + "/change-plan"
	later := into[PlanChanged](t, expect(t, must[Answer](t)(c.Post(ctx, path, Key(), map[string]any{"planId": "plan_stream-4k", "when": "period_end"})), nil, http.StatusOK, ""))
	is := must[Contract](t)(c.Contract(ctx, made.SubscriptionID))
	if later.Status != "scheduled" || is.NextPlan == nil || is.NextPlan.ItemID != "plan_stream-4k" || is.NextPlan.On != is.Period.Until || is.ItemID != "plan_stream-hd" {
		t.Errorf("%+v; %+v", later, is)
	}
	kept := into[Contract](t, expect(t, must[Answer](t)(c.Delete(ctx, path)), nil, http.StatusOK, ""))
	if kept.NextPlan != nil {
		t.Errorf("%+v", kept)
	}
	expect(t, must[Answer](t)(c.Delete(ctx, path)), nil, http.StatusConflict, "plan_change_not_scheduled")
}

// A pause gives nothing and costs nothing, and can be ended.
func TestS3Pause(t *testing.T) {
	ctx := context.Background()
	c, _, made := subscribed(t, "plan_stream-hd")
	path := "/subscriptions/" + made.SubscriptionID
	paused := into[Contract](t, expect(t, must[Answer](t)(c.Post(ctx, path+"/pause", Key(), map[string]any{})), nil, http.StatusOK, ""))
	if paused.Status != "paused" || paused.Entitlement.State != "paused" || paused.Pause == nil || paused.NextBilling != "" {
		t.Errorf("%+v", paused)
	}
	expect(t, must[Answer](t)(c.Post(ctx, path+"/pause", Key(), map[string]any{})), nil, http.StatusConflict, "subscription_paused")
	if back := into[Contract](t, expect(t, must[Answer](t)(c.Post(ctx, path+"/resume", Key(), nil)), nil, http.StatusOK, "")); back.Status != "active" || back.Credit.Minor != 0 {
		t.Errorf("%+v", back)
	}
	expect(t, must[Answer](t)(c.Post(ctx, path+"/resume", Key(), nil)), nil, http.StatusConflict, "subscription_not_paused")
}

// S3-37, S3-71: the running session of a fibre line has its new speed without anybody's doing, and a pause bars it.
func TestS3ChangeFibre(t *testing.T) {
	ctx, h := context.Background(), NewHome()
	r := movesIn(t, h)
	is := r.becomes(t, "active")
	must[Method](t)(r.AddCard(ctx, cardGood))
	path := "/subscriptions/" + r.subscription
	up := into[PlanChanged](t, expect(t, must[Answer](t)(r.Post(ctx, path+"/change-plan", Key(), map[string]any{"planId": "plan_fibre-1000"})), nil, http.StatusOK, ""))
	if up.Charged.Minor != 2000 {
		t.Errorf("%+v", up)
	}
	eventually(t, within, "the session has the new speed", func() bool {
		n := inNetwork(t, h, is)
		return n.line != nil && n.line.Session != nil && n.line.Session.DownKbps == 1_000_000 && n.line.Session.UpKbps == 500_000
	})
	if now := r.asStaff(t); now.Name != "Fibre 1000" || now.Profile.DownKbps != 1_000_000 {
		t.Errorf("%+v", now)
	}
	expect(t, must[Answer](t)(r.Post(ctx, path+"/pause", Key(), map[string]any{})), nil, http.StatusOK, "")
	r.becomes(t, "suspended")
	expect(t, must[Answer](t)(r.Post(ctx, path+"/resume", Key(), nil)), nil, http.StatusOK, "")
	r.becomes(t, "active")
}
