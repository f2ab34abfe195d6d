package event_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/money"
)

var noon = time.Date(2026, 11, 2, 13, 0, 0, 0, time.FixedZone("CET", 3600))

func all() map[event.Type]event.Data {
	return map[event.Type]event.Data{
		"customer.registered": &event.CustomerRegistered{CustomerID: "cus_1", Country: "DE", Marketing: true},
		"payment.initiated":   &event.PaymentInitiated{PaymentID: "pay_1", CustomerID: "cus_1", OrderID: "ord_1", CartID: "cart_1", Amount: money.Amount{Minor: 1299, Currency: "EUR"}},
		"payment.succeeded":   &event.PaymentSucceeded{PaymentID: "pay_1", CustomerID: "cus_1", OrderID: "ord_1", Amount: money.Amount{Minor: 1299, Currency: "EUR"}},
		"payment.failed":      &event.PaymentFailed{PaymentID: "pay_1", Reason: "card_declined"},
		"payment.refunded":    &event.PaymentRefunded{PaymentID: "pay_1", OrderID: "ord_1", Reason: "late_payment"},
		"payment.parked":      &event.PaymentParked{PaymentID: "pay_1", Since: noon.UTC(), Reason: "amount_differs", Captured: &money.Amount{Minor: 1, Currency: "EUR"}},
		"contract.signed":     &event.ContractSigned{OrderID: "ord_1", Subscriptions: []event.SignedContract{{SubscriptionID: "sub_1", ItemID: "plan_hd"}}},
		"order.created":       &event.OrderCreated{OrderID: "ord_1", Coupon: "WELCOME20", Discount: &money.Amount{Minor: 260, Currency: "EUR"}},
		"order.paid":          &event.OrderPaid{OrderID: "ord_1", PaidWith: "visa •••• 4242"},
		"order.delivered":     &event.OrderDelivered{OrderID: "ord_1"},
		"order.cancelled":     &event.OrderCancelled{OrderID: "ord_1", By: "timeout"},
	}
}

// S0-55: each type has its published name; what is written can be read again, by its own type only.
func TestEveryTypeComesBack(t *testing.T) {
	ctx := event.WithTrace(t.Context(), event.Trace{Correlation: "c", Causation: "req"})
	for typ, data := range all() {
		e := event.New(ctx, "demo", noon, data)
		if e.Type != typ || e.Version != 1 || e.Tenant != "demo" || e.CorrelationID != "c" || e.CausationID != "req" || e.Time.Location() != time.UTC || !e.Time.Equal(noon) {
			t.Errorf("envelope of %s: %+v", typ, e)
		}
		if !strings.HasPrefix(string(e.ID), "evt_") {
			t.Errorf("id %s", e.ID)
		}
		for other, into := range all() {
			fresh := reflect.New(reflect.TypeOf(into).Elem()).Interface().(event.Data)
			err := event.Decode(e, fresh)
			if (err == nil) != (other == typ) {
				t.Errorf("%s read as %s: %v", typ, other, err)
			}
			if other == typ && !reflect.DeepEqual(fresh, data) {
				t.Errorf("%s: wrote %+v, read %+v", typ, data, fresh)
			}
		}
		e.Version = 2
		if event.Decode(e, data) == nil {
			t.Errorf("%s: another version was read", typ)
		}
	}
}

func TestDecodeOfBrokenData(t *testing.T) {
	e := event.New(t.Context(), "demo", noon, event.OrderDelivered{})
	e.Data = json.RawMessage(`{"orderId":7}`)
	if event.Decode(e, &event.OrderDelivered{}) == nil {
		t.Error("a number was read as an id")
	}
}

// The names on the bus are a contract.
func TestEnvelopeOnTheBus(t *testing.T) {
	raw, err := json.Marshal(event.New(t.Context(), "demo", noon, event.OrderDelivered{OrderID: "ord_1"}))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id", "type", "version", "time", "tenant", "correlationId", "causationId", "data"} {
		if _, ok := fields[name]; !ok {
			t.Errorf("no %s in %s", name, raw)
		}
		delete(fields, name)
	}
	if len(fields) > 0 || !strings.Contains(string(raw), `"time":"2026-11-02T12:00:00Z"`) {
		t.Errorf("%s", raw)
	}
}

func TestTrace(t *testing.T) {
	if event.TraceOf(context.Background()) != (event.Trace{}) {
		t.Error("a trace out of nothing")
	}
	e := event.Envelope{ID: "evt_1", CorrelationID: "journey"}
	if got := event.TraceOf(event.Caused(t.Context(), e, "on-x")); got != (event.Trace{Correlation: "journey", Causation: "evt_1", Actor: "system:on-x"}) {
		t.Errorf("got %+v", got)
	}
}

func TestParseBatch(t *testing.T) {
	raw, err := event.EncodeBatch([]event.Envelope{{ID: "evt_1", Type: event.TypeOrderPaid, Data: []byte("{}")}, {ID: "evt_2", Data: []byte("{}")}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := event.ParseBatch("OUTBOX#1", "evt_1", raw)
	if err != nil || b.Shard != "OUTBOX#1" || b.ID != "evt_1" || len(b.Events) != 2 || b.Events[1].ID != "evt_2" {
		t.Errorf("got %+v, %v", b, err)
	}
	if _, err := event.ParseBatch("OUTBOX#1", "evt_1", []byte("{")); err == nil || !strings.Contains(err.Error(), "evt_1") {
		t.Errorf("got %v", err)
	}
}
