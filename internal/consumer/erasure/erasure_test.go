package erasure_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/consumer/erasure"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// X11: each part is asked, whatever becomes of another; the message comes again as long as one of them may succeed later, and
// is parked when none may.
func TestEveryPartErases(t *testing.T) {
	lost, broken := errors.New("lost"), fault.ErrInvalid.Because(errors.New("broken"))
	for name, try := range map[string]struct {
		first, second error
		want          error
		again         bool
	}{
		"both":              {},
		"first lost":        {first: lost, want: lost, again: true},
		"second lost":       {second: lost, want: lost, again: true},
		"first broken":      {first: broken, want: broken},
		"broken, then lost": {first: broken, second: lost, want: lost, again: true},
		"lost, then broken": {first: lost, second: broken, want: lost, again: true},
		"both broken":       {first: broken, second: broken, want: broken},
	} {
		var asked []string
		part := func(name string, err error) erasure.Part {
			return erasure.Part{Name: name, Erase: func(_ context.Context, tenant id.Tenant, c id.Customer) error {
				asked = append(asked, fmt.Sprint(name, " ", tenant, " ", c))
				return err
			}}
		}
		c := erasure.Consumer{Parts: []erasure.Part{part("a", try.first), part("b", try.second)}}
		err := c.Handle(t.Context(), event.New(t.Context(), "demo", noon, event.CustomerErased{CustomerID: "cus_1"}))
		if !errors.Is(err, try.want) || err != nil && fault.Transient(err) != try.again {
			t.Errorf("%s: %v", name, err)
		}
		if got := fmt.Sprint(asked); got != "[a demo cus_1 b demo cus_1]" {
			t.Errorf("%s: asked %s", name, got)
		}
	}
	other := event.New(t.Context(), "demo", noon, event.CustomerUpdated{CustomerID: "cus_1"})
	if err := (erasure.Consumer{}).Handle(t.Context(), other); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("another event: %v", err)
	}
}
