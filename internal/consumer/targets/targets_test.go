package targets_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/consumer/targets"
	"turnup/internal/domain/target"
)

type book struct {
	subjects []target.Subject
	err      error
}

func (b *book) LearnTargets(_ context.Context, _ string, _ event.Envelope, said []target.Said) error {
	for _, s := range said {
		b.subjects = append(b.subjects, s.Subject)
	}
	return b.err
}

// S3-85: an event is counted for each subject it says something of; one that says nothing is passed over, and a broken one refused.
func TestHandle(t *testing.T) {
	b, noon := &book{}, time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	c := targets.Consumer{Store: b}
	activated := event.New(t.Context(), "demo", noon, event.ServiceActivated{ServiceChanged: event.ServiceChanged{ServiceID: "svc_1", CustomerID: "cus_1"}})
	for _, e := range []event.Envelope{activated, event.New(t.Context(), "demo", noon, event.CustomerErased{CustomerID: "cus_1"})} {
		if err := c.Handle(t.Context(), e); err != nil {
			t.Error(err)
		}
	}
	if len(b.subjects) != 2 || b.subjects[0] != (target.Subject{Kind: target.Service, ID: "svc_1"}) || b.subjects[1] != (target.Subject{Kind: target.Customer, ID: "cus_1"}) {
		t.Errorf("counted for %v", b.subjects)
	}
	b.err = errors.New("lost")
	if err := c.Handle(t.Context(), activated); !errors.Is(err, b.err) {
		t.Error(err)
	}
	activated.Version = 9
	if err := c.Handle(t.Context(), activated); !errors.Is(err, fault.ErrInvalid) {
		t.Error(err)
	}
}
