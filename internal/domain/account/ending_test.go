package account_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
)

// S3-22: logging out ends the session, once, and is harmless whenever there is nothing to end.
func TestLogout(t *testing.T) {
	d := newDesk(t)
	if err := d.Logout(t.Context(), ask("k", "", "")); err != nil || d.runs(here) || !d.runs(there) {
		t.Errorf("%v, here %v, there %v", err, d.runs(here), d.runs(there))
	}
	var ended event.SessionEnded
	if err := event.Decode(d.vault.events[0], &ended); err != nil || ended != (event.SessionEnded{CustomerID: me, SessionID: here, Why: "logout"}) {
		t.Errorf("%v, %+v", err, ended)
	}
	none, nobody := ask("k3", "", ""), ask("k4", "", "")
	none.Session, nobody.Account = "", "stf_nobody"
	for _, a := range []account.Asked{ask("k", "", ""), ask("k2", "", ""), none, nobody} {
		if err := d.Logout(t.Context(), a); err != nil {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if got := d.told(); !slices.Equal(got, []event.Type{event.TypeSessionEnded}) {
		t.Errorf("told %v", got)
	}
}

// R6, S3-22: fifty at once, under one key and under as many, are one end.
func TestLogoutFiftyTimes(t *testing.T) {
	for _, keys := range []func(int) string{func(int) string { return "k" }, func(n int) string { return string(rune('a' + n)) }} {
		d := newDesk(t)
		var all sync.WaitGroup
		for n := range 50 {
			all.Go(func() {
				if err := d.Logout(t.Context(), ask(keys(n), "", "")); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := d.told(); len(got) != 1 {
			t.Errorf("told %v", got)
		}
	}
}

// One's own session can be revoked, whichever it is; what is over, unknown or another's is not there.
func TestRevoke(t *testing.T) {
	d := newDesk(t)
	d.vault.sessions["ses_over"] = account.Session{ID: "ses_over", Account: me, StartedAt: noon.Add(-48 * time.Hour), ExpiresAt: noon}
	for _, s := range []id.Session{"ses_over", "ses_unknown"} {
		if err := d.Revoke(t.Context(), ask("", "", ""), s); !errors.Is(err, account.ErrSessionUnknown) {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []id.Session{there, here} {
		if err := d.Revoke(t.Context(), ask("", "", ""), s); err != nil || d.runs(s) {
			t.Errorf("%s: %v, runs %v", s, err, d.runs(s))
		}
	}
	if got := d.told(); len(got) != 2 {
		t.Errorf("told %v", got)
	}
}

// Ending all sessions is one write, which spares the one that asks if it shall; repeating it says the same, although the session
// that asks is over.
func TestEndAll(t *testing.T) {
	for _, keep := range []bool{false, true} {
		d := newDesk(t)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if err := d.EndAll(context.Background(), ask("k", "", ""), keep); err != nil {
					t.Errorf("keep %v: %v", keep, err)
				}
			})
		}
		all.Wait()
		if d.runs(here) != keep || d.runs(there) || d.credentials().Version != 2 || len(d.told()) != 1 {
			t.Errorf("keep %v: here %v, there %v, version %d", keep, d.runs(here), d.runs(there), d.credentials().Version)
		}
	}
}

// Who of the staff took the second factor away says why, and everybody who is signed in has to sign in again.
func TestResetSecondFactor(t *testing.T) {
	d := newDesk(t)
	d.active()
	key := ask("k", "", "").Key
	for range 2 { // R6: again is the same
		if err := d.ResetSecondFactor(t.Context(), key, me, "lost"); err != nil {
			t.Fatal(err)
		}
	}
	var gone event.SecondFactorDisabled
	if err := event.Decode(d.vault.events[0], &gone); err != nil || gone != (event.SecondFactorDisabled{CustomerID: me, By: "staff", Reason: "lost"}) {
		t.Errorf("%v, %+v", err, gone)
	}
	if d.credentials().SecondFactor != nil || d.runs(here) || d.runs(there) || len(d.told()) != 2 {
		t.Errorf("%+v", d.credentials())
	}
	if err := d.ResetSecondFactor(t.Context(), ask("k2", "", "").Key, me, "lost"); err != nil || len(d.told()) > 0 { // there is none any more
		t.Errorf("got %v", err)
	}
	key.Fingerprint = "another reason"
	if err := d.ResetSecondFactor(t.Context(), key, me, "other"); !errors.Is(err, fault.ErrKeyReused) {
		t.Errorf("got %v", err)
	}
}
