package history_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/consumer/history"
	domain "turnup/internal/domain/history"
)

type book struct {
	entries []domain.Entry
	err     error
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
