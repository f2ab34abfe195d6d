package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/account"
)

// S3-28, X11: of an erased account nothing personal is left and nobody can sign in; names are free and sessions are over.
func TestErase(t *testing.T) {
	for name, c := range states() {
		c.Username, c.FormerEmail, c.Groups, c.TestClock = "ada", "former@example.com", nil, "clk_1"
		d := newCounter(c)
		is, now, err := account.Eraser{Store: d, Clock: clock.At(noon)}.Erase(t.Context(), "demo", "cus_1")
		if c.Gone() {
			if err != nil || now || len(d.events) > 0 || is.Status != c.Status {
				t.Errorf("%s: got %+v, %v, %v", name, is, now, err)
			}
			continue
		}
		left, k := d.customers["cus_1"], d.credentials["cus_1"]
		for _, personal := range []string{"Ada", "ada", "example.com", "Linden", "Berlin", "+49", "hash"} {
			if strings.Contains(fmt.Sprintf("%+v%+v%+v", left, k, d.events), personal) {
				t.Errorf("%s: %s is left: %+v", name, personal, left)
			}
		}
		if err != nil || !now || left.Status != account.Erased || left.Version != 4 || !left.RegisteredAt.Equal(noon) || left.Country != c.Country || left.ProfiledAt != c.ProfiledAt || left.TestClock != "clk_1" {
			t.Errorf("%s: got %+v, %v, %v", name, left, now, err)
		}
		if k.SecondFactor != nil || k.PasswordHash != "" || len(d.logins) > 0 || !(account.Session{ID: "ses_1", StartedAt: noon, ExpiresAt: noon.Add(time.Hour)}).Over(k, noon) {
			t.Errorf("%s: somebody can sign in: %+v, %v", name, k, d.logins)
		}
		if len(d.events) != 1 || d.events[0].Type != event.TypeCustomerErased {
			t.Errorf("%s: events %v", name, d.events)
		}
	}
}

// S3-28: each tie keeps a customer, with a code of its own, and nothing changes.
func TestEraseIsRefused(t *testing.T) {
	for refusal, ties := range map[*fault.Fault]account.Ties{account.ErrSubscribed: {Subscriptions: true}, account.ErrOrdersOpen: {Orders: true}, account.ErrMoneyLeft: {Money: true}, account.ErrInvoicesOpen: {Debts: true}} {
		d := newCounter(states()["profiled"])
		d.ties = ties
		_, now, err := account.Eraser{Store: d, Clock: clock.At(noon)}.Erase(t.Context(), "demo", "cus_1")
		if !errors.Is(err, refusal) || now || d.customers["cus_1"].Name != "Ada" || len(d.events) > 0 || len(d.logins) != 1 {
			t.Errorf("%s: got %v, %v", refusal.Code, now, err)
		}
	}
	d := newCounter(states()["profiled"])
	if _, _, err := (account.Eraser{Store: d, Clock: clock.At(noon)}).Erase(t.Context(), "demo", "cus_2"); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
}

// S3-28: a change between reading and writing is not lost to an erasure decided before it: it is decided again.
func TestEraseRace(t *testing.T) {
	d := newCounter(states()["profiled"])
	d.before = func() {
		d.ties = account.Ties{Money: true}
		c := d.customers["cus_1"]
		c.Version++
		d.customers["cus_1"] = c
	}
	if _, _, err := (account.Eraser{Store: d, Clock: clock.At(noon)}).Erase(t.Context(), "demo", "cus_1"); !errors.Is(err, account.ErrMoneyLeft) {
		t.Errorf("got %v", err)
	}
}
