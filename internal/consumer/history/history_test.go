package history_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/consumer/history"
	domain "turnup/internal/domain/history"
)

type book struct {
	entries    []domain.Entry
	references []domain.Reference
	acts       []domain.Entry
	err        error
}

func (b *book) RecordAct(_ context.Context, e domain.Entry) error {
	b.acts = append(b.acts, e)
	return b.err
}

func (b *book) Refer(_ context.Context, r domain.Reference) error {
	b.references = append(b.references, r)
	return b.err
}

func (b *book) Record(_ context.Context, e domain.Entry) error {
	b.entries = append(b.entries, e)
	return b.err
}

// S3-156: what is about a customer is recorded, also of a type that nobody knows yet; what is about none is passed over.
func TestHandle(t *testing.T) {
	noon, b := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC), &book{}
	c := history.Consumer{Store: b}
	known := event.New(t.Context(), "demo", noon, event.CustomerErased{CustomerID: "cus_1"})
	newer := known
	newer.Type, newer.Data = "fibre.cut", json.RawMessage(`{"customerId":"cus_2","cutId":"cut_1"}`)
	for _, e := range []event.Envelope{known, newer, event.New(t.Context(), "demo", noon, event.ClockAdvanced{TestClockID: "clk_1"})} {
		if err := c.Handle(t.Context(), e); err != nil {
			t.Error(err)
		}
	}
	if len(b.entries) != 2 || b.entries[0].Customer != "cus_1" || b.entries[1].Customer != "cus_2" || b.entries[1].Type != "fibre.cut" {
		t.Errorf("recorded %+v", b.entries)
	}
	b.err = errors.New("lost")
	if err := c.Handle(t.Context(), known); !errors.Is(err, b.err) {
		t.Error(err)
	}
	known.Data = json.RawMessage(`7`)
	if err := c.Handle(t.Context(), known); !errors.Is(err, fault.ErrInvalid) {
		t.Error(err)
	}
}

// S3-156: whose an order or an invoice is, is found by its id alone, and an invoice by the number that is printed on it.
func TestReferences(t *testing.T) {
	noon, b := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC), &book{}
	c := history.Consumer{Store: b}
	for _, data := range []event.Data{event.OrderCreated{OrderID: "ord_1", CustomerID: "cus_1"}, event.OrderDelivered{OrderID: "ord_1", CustomerID: "cus_1"},
		event.InvoiceIssued{InvoiceID: "inv_1", CustomerID: "cus_1", OrderID: "ord_1", Number: "INV-3-000042"}} {
		if err := c.Handle(t.Context(), event.New(t.Context(), "demo", noon, data)); err != nil {
			t.Error(err)
		}
	}
	want := []domain.Reference{{Tenant: "demo", Name: "ord_1", ID: "ord_1", Customer: "cus_1"}, {Tenant: "demo", Name: "inv_1", ID: "inv_1", Customer: "cus_1"},
		{Tenant: "demo", Name: "INV-3-000042", ID: "inv_1", Customer: "cus_1"}}
	if !slices.Equal(b.references, want) || len(b.entries) != 3 {
		t.Errorf("got %+v of %d", b.references, len(b.entries))
	}
	b.err = errors.New("lost")
	if err := c.Handle(t.Context(), event.New(t.Context(), "demo", noon, event.OrderCreated{OrderID: "ord_2", CustomerID: "cus_1"})); !errors.Is(err, b.err) {
		t.Error(err)
	}
}

// S3-156: what staff do is recorded as theirs, also when it is about no customer; what customers and the system do is not.
func TestActs(t *testing.T) {
	noon, b := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC), &book{}
	c := history.Consumer{Store: b}
	for _, actor := range []string{"staff:stf_1", "customer:cus_1", "system:on-timers", ""} {
		ctx := event.WithTrace(t.Context(), event.Trace{Actor: actor})
		for _, data := range []event.Data{event.CustomerUpdated{CustomerID: "cus_1"}, event.DeadLettersRedriven{Queue: "delivery"}} {
			if err := c.Handle(ctx, event.New(ctx, "demo", noon, data)); err != nil {
				t.Error(err)
			}
		}
	}
	if len(b.entries) != 4 || len(b.acts) != 2 || b.acts[0].Staff() != "stf_1" || b.acts[1].Type != event.TypeDeadLettersRedriven || b.acts[1].Customer != "" {
		t.Errorf("acts %+v of %d entries", b.acts, len(b.entries))
	}
	b.err = errors.New("lost")
	ctx := event.WithTrace(t.Context(), event.Trace{Actor: "staff:stf_1"})
	if err := c.Handle(ctx, event.New(ctx, "demo", noon, event.DeadLettersRedriven{Queue: "delivery"})); !errors.Is(err, b.err) {
		t.Error(err)
	}
}
