package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/journey"
	"turnup/internal/rig"
)

// R1: the PSP tells of a thousand charges, whose answers were lost, in any order, five times each, "succeeded" before
// "created", to eight functions at once. Every copy is taken, and each charge has its effect once.
func TestManyWebhooks(t *testing.T) {
	payments, copies, functions := 60, 5, 8
	if whole {
		payments = 1000
	}
	w, ctx := open(t, "hooks"), t.Context()
	o, _, err := w.Originals(ctx, LostPurchase, "payments", "carts", "subscriptions")
	if err != nil {
		t.Fatal(err)
	}
	first := w.charge(t, o, payments)
	if err := w.awaitPSP(ctx); err != nil {
		t.Fatal(err)
	}
	w.Tape.Rewind()
	var told []*webhook
	for _, h := range w.webhooks {
		if !strings.Contains(string(h.body), first) { // the original's
			told = append(told, h)
		}
	}
	shuffled := shuffle(t, told, copies)
	t.Logf("%d webhooks of %d charges", len(shuffled), payments)
	began := time.Now()
	queue := make(chan *webhook, len(shuffled))
	for _, h := range shuffled {
		queue <- h
	}
	close(queue)
	var working sync.WaitGroup
	for range functions {
		r, err := w.runner("stripe-webhook", false)
		if err != nil {
			t.Fatal(err)
		}
		defer r.close()
		working.Go(func() {
			for h := range queue {
				if err := deliver(ctx, r, h); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	working.Wait()
	t.Logf("delivered in %v", time.Since(began).Round(time.Millisecond))
	w.haveEffect(t, payments)
}

// charge makes pending payments like the original, each with a charge at the PSP whose answer nobody got. It answers the
// original's id.
func (w *World) charge(t *testing.T, o *Originals, n int) string {
	t.Helper()
	var was payment.Payment
	for _, row := range o.rows["payments"] {
		if textOf(row["sk"]) == "PAYMENT" {
			var err error
			if was, err = read[payment.Payment](row); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range n {
		now := time.Now()
		is := map[string]string{string(was.ID): string(id.New[id.Payment](id.PaymentPrefix, now)), string(was.Customer): string(id.New[id.Customer](id.CustomerPrefix, now)),
			string(was.CartID): string(id.New[id.Cart](id.CartPrefix, now)), string(was.Subscriptions[0]): string(id.New[id.Subscription](id.SubscriptionPrefix, now))}
		is[string(was.OrderID)] = string(id.Swap[id.Order](id.Payment(is[string(was.ID)]), id.PaymentPrefix, id.OrderPrefix))
		var pairs []string
		for from, to := range is {
			pairs = append(pairs, from, to)
		}
		if err := o.Copy(t.Context(), w, strings.NewReplacer(pairs...)); err != nil {
			t.Fatal(err)
		}
		form := url.Values{"amount": {fmt.Sprint(was.Amount.Minor)}, "currency": {strings.ToLower(was.Amount.Currency)}, "customer": {was.PSPCustomer},
			"payment_method": {was.PSPMethod}, "payment_method_types[0]": {"card"}, "off_session": {"true"}, "confirm": {"true"},
			"metadata[turnup_tenant]": {string(was.Tenant)}, "metadata[turnup_customer]": {is[string(was.Customer)]},
			"metadata[turnup_payment]": {is[string(was.ID)]}, "metadata[turnup_order]": {is[string(was.OrderID)]}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.PSP+"/v1/payment_intents", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", "Bearer "+w.Secrets["psp-key"])
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(res.Body)
		if _ = res.Body.Close(); res.StatusCode != http.StatusOK {
			t.Fatalf("the PSP does not charge: %s %s", res.Status, raw)
		}
	}
	return string(was.ID)
}

// shuffle puts copies of each webhook into any order in which the first "succeeded" of a charge comes before its first
// "created".
func shuffle(t *testing.T, told []*webhook, copies int) []*webhook {
	t.Helper()
	type placed struct {
		*webhook
		at float64
	}
	firstOf := map[string]float64{}
	kinds := make([]struct{ kind, of string }, len(told))
	var all []placed
	for pass := range 2 {
		for i, h := range told {
			var e struct {
				Type string
				Data struct {
					Object struct{ Metadata map[string]string }
				}
			}
			if err := json.Unmarshal(h.body, &e); err != nil {
				t.Fatal(err)
			}
			kinds[i].kind, kinds[i].of = e.Type, e.Data.Object.Metadata["turnup_payment"]
			created := strings.HasSuffix(e.Type, ".created")
			if created != (pass == 1) {
				continue
			}
			for range copies {
				at := rand.Float64()
				if created {
					at = firstOf[kinds[i].of] + at*(1-firstOf[kinds[i].of])
				}
				if first, seen := firstOf[kinds[i].of]; e.Type == "payment_intent.succeeded" && (!seen || at < first) {
					firstOf[kinds[i].of] = at
				}
				all = append(all, placed{h, at})
			}
		}
	}
	slices.SortFunc(all, func(a, b placed) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	out := make([]*webhook, len(all))
	for i, p := range all {
		out[i] = p.webhook
	}
	return out
}

// deliver hands a webhook to a function, which must take it.
func deliver(ctx context.Context, r *runner, h *webhook) error {
	payload, err := rig.GatewayEvent(rig.GatewayRequest{Method: http.MethodPost, Path: "/webhooks/stripe", Header: h.header, Body: string(h.body), ID: journey.Key()})
	if err != nil {
		return err
	}
	raw, err := r.invoke(ctx, payload)
	if err != nil {
		return err
	}
	var out struct {
		StatusCode int
		Body       string
	}
	if err := json.Unmarshal(raw, &out); err != nil || out.StatusCode/100 != 2 {
		return fmt.Errorf("a webhook was answered %d %s (%v)", out.StatusCode, out.Body, err)
	}
	return nil
}

// haveEffect checks that each payment was completed once.
func (w *World) haveEffect(t *testing.T, payments int) {
	t.Helper()
	b, err := w.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	succeeded, paid := 0, 0
	for _, p := range b.Payments {
		if p.State == payment.Succeeded {
			succeeded++
		}
	}
	for _, o := range b.Orders {
		if o.State == order.Paid {
			paid++
		}
	}
	if succeeded != payments || paid != payments || len(b.Subscriptions) != payments || len(b.Entries) != payments {
		t.Errorf("of %d payments %d succeeded; %d orders are paid, %d subscriptions signed, %d entries booked", payments, succeeded, paid, len(b.Subscriptions), len(b.Entries))
	}
	for _, broken := range slices.Concat(balanced(b), caused(b), held(b), ended(b)) {
		t.Error(broken)
	}
	rows, err := w.outboxRows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	announced := map[id.Event]bool{}
	for _, r := range rows {
		batch, err := event.ParseBatch(r.Shard, r.ID, r.Encoded)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range batch.Events {
			announced[e.ID] = e.Type == event.TypeOrderPaid
		}
	}
	n := 0
	for _, isPaid := range announced {
		if isPaid {
			n++
		}
	}
	if n != payments {
		t.Errorf("order.paid was announced %d times for %d payments", n, payments)
	}
}
