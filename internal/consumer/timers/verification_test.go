package timers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/consumer/timers"
	"turnup/internal/domain/account"
	"turnup/internal/domain/timer"
)

// house is one account under the conditions of the store.
type house struct {
	account account.Customer
	later   time.Duration
	saved   []account.Change
	fails   error
}

func (h *house) Account(_ context.Context, _ id.Tenant, c id.Customer) (account.Customer, account.Credentials, error) {
	if c != h.account.ID {
		return account.Customer{}, account.Credentials{}, account.ErrUnknown
	}
	return h.account, account.Credentials{Tenant: "demo", Account: c, PasswordHash: "hash", Version: 4}, nil
}

func (h *house) Now(_ context.Context, _ id.Tenant, clock id.TestClock) (time.Time, error) {
	if clock != "clk_1" {
		return time.Time{}, errors.New("not the account's clock")
	}
	return noon.Add(h.later), nil
}

func (h *house) SaveAccount(_ context.Context, c account.Change) error {
	if h.fails == nil {
		h.saved = append(h.saved, c)
	}
	return h.fails
}

func newcomer() account.Customer {
	return account.Customer{Tenant: "demo", ID: "cus_1", Email: "Ada@example.com", RegisteredAt: noon, TestClock: "clk_1", Version: 1}.BeginVerification()
}

// S3-109, S3-110, S3-111, S3-113, S3-114: what is due of a verification is done, with the event that leads to its mail; the address of
// an account that expires is free and nothing lets anybody in; one that was confirmed meanwhile is left alone.
func TestRemindOfVerification(t *testing.T) {
	verified, _, err := newcomer().Verify(noon)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		account account.Customer
		later   time.Duration
		event   string
	}{
		"early": {newcomer(), 11 * time.Hour, ""}, "confirmed": {verified, 30 * 24 * time.Hour, ""},
		"after 12 hours": {newcomer(), 12 * time.Hour, `{"customerId":"cus_1","why":"reminder"}`},
		"after a day":    {newcomer(), 24 * time.Hour, `{"customerId":"cus_1","why":"renewed"}`},
		"after a week":   {newcomer(), 7 * 24 * time.Hour, `{"customerId":"cus_1"}`},
	} {
		h := &house{account: k.account, later: k.later}
		consumer := timers.New(&orders{}, timers.Verifier{Store: h})
		if err := consumer.Handle(t.Context(), due(t, timer.Verification)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if (len(h.saved) == 0) != (k.event == "") {
			t.Errorf("%s: %+v", name, h.saved)
		}
		for _, c := range h.saved {
			if len(c.Events) != 1 || string(c.Events[0].Data) != k.event || c.Customer.Version != 2 || c.Account != "cus_1" {
				t.Errorf("%s: %+v", name, c)
			}
			expired := c.Events[0].Type == event.TypeAccountExpired
			if expired != (name == "after a week") || expired != (c.Credentials != nil && c.Credentials.PasswordHash == "" && c.Credentials.Version == 5 && len(c.Free) == 1 && c.Free[0].Name == "ada@example.com") {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
}

// S3-114: who confirms in the very moment is not overruled: it is looked at again.
func TestRemindAgainstVerify(t *testing.T) {
	h := &house{account: newcomer(), later: 7 * 24 * time.Hour, fails: fault.ErrStale}
	if err := (timers.Verifier{Store: h}).Remind(t.Context(), "demo", "cus_1"); !fault.Transient(err) {
		t.Error(err)
	}
	if err := (timers.Verifier{Store: h}).Remind(t.Context(), "demo", "cus_2"); !errors.Is(err, account.ErrUnknown) {
		t.Error(err)
	}
}
