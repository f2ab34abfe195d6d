package journey

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// newcomer registers a mail address that lives by a test clock.
func newcomer(t *testing.T) (email string, made Account, clock TestClock) {
	t.Helper()
	at := time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)
	clock, email = newTestClock(t, &at), newEmail()
	made = must[Account](t)(site.RegisterAccount(context.Background(), email, clock.ClockID))
	if !made.VerifyBefore.Equal(at.Add(7 * 24 * time.Hour)) {
		t.Errorf("%+v", made)
	}
	return email, made, clock
}

// S3-109, S3-110, S3-111, S3-113, S3-147: who does not confirm their address is reminded after 12 hours with the same link, gets a fresh link
// after 24, which replaces the first, and expires after 7 days: the links are dead, nobody signs in, and the address may
// register anew.
func TestVerificationIsNeverDone(t *testing.T) {
	ctx := context.Background()
	email, made, clock := newcomer(t)
	at := func(after time.Duration) time.Time { return clock.Now.Add(after) }
	mailsOf(t, email, 1)
	advance(t, clock.ClockID, at(12*time.Hour-time.Second))
	mailsOf(t, email, 1)
	advance(t, clock.ClockID, at(12*time.Hour))
	mailsOf(t, email, 2)
	first := must[string](t)(site.AwaitLink(ctx, email, "/verify-email", 1, time.Second))
	if reminder := must[string](t)(site.AwaitLink(ctx, email, "/verify-email", 2, time.Second)); reminder != first {
		t.Error("the reminder has another link")
	}
	advance(t, clock.ClockID, at(24*time.Hour))
	mailsOf(t, email, 3)
	fresh := must[string](t)(site.AwaitLink(ctx, email, "/verify-email", 3, time.Second))
	expect(t, must[Answer](t)(site.Verify(ctx, first)), nil, http.StatusGone, "link_expired")
	advance(t, clock.ClockID, at(7*24*time.Hour-time.Second))
	expect(t, login(t, email, Password), nil, http.StatusOK, "")
	advance(t, clock.ClockID, at(7*24*time.Hour))
	mailsOf(t, email, 3)
	expect(t, must[Answer](t)(site.Verify(ctx, fresh)), nil, http.StatusGone, "account_expired")
	expect(t, login(t, email, Password), nil, http.StatusUnauthorized, "credentials_wrong")
	again := must[Account](t)(site.RegisterAccount(ctx, email, ""))
	if again.CustomerID == made.CustomerID {
		t.Error("the expired account came back")
	}
}

// S3-110, S3-114: who confirms, at any time, with the newest link, is not reminded, gets no fresh link and does not expire.
func TestVerificationEnds(t *testing.T) {
	ctx := context.Background()
	for _, after := range []time.Duration{0, 13 * time.Hour, 6 * 24 * time.Hour} {
		email, made, clock := newcomer(t)
		mails := 1
		for _, step := range []time.Duration{13 * time.Hour, 6 * 24 * time.Hour} { // a mail that is overtaken by the next one is not sent
			if step <= after {
				mails++
				advance(t, clock.ClockID, clock.Now.Add(step))
				must[string](t)(site.AwaitLink(ctx, email, "/verify-email", mails, 20*time.Second))
			}
		}
		link := must[string](t)(site.AwaitLink(ctx, email, "/verify-email", mails, 20*time.Second))
		expect(t, must[Answer](t)(site.Verify(ctx, link)), nil, http.StatusOK, "")
		advance(t, clock.ClockID, clock.Now.Add(30*24*time.Hour))
		mailsOf(t, email, mails+1) // that the address is confirmed, and nothing else
		if _, in, err := site.Login(ctx, email, Password, ""); err != nil || in.AccountID != made.CustomerID || in.Pending != "profile" {
			t.Errorf("after %v: %+v, %v", after, in, err)
		}
		var list struct{ Timers []any }
		a, err := admin(t).Get(ctx, "/admin/customers/"+made.CustomerID+"/timers")
		if err := expect(t, a, err, http.StatusOK, "").Into(&list); err != nil || len(list.Timers) != 0 {
			t.Errorf("timers %s, %v", a.Raw, err)
		}
	}
}

// S3-112: staff confirm an address and say why; it goes on record, and nothing is due any more.
func TestVerificationByStaff(t *testing.T) {
	ctx := context.Background()
	email, made, clock := newcomer(t)
	support := must[*Customer](t)(site.Staff(ctx, "support"))
	path := "/admin/customers/" + made.CustomerID + "/verify"
	if a := must[Answer](t)(support.Post(ctx, path, Key(), map[string]any{})); a.Status != http.StatusBadRequest || !strings.Contains(string(a.Raw), "reason") {
		t.Errorf("without a reason: %s", a.Raw)
	}
	for range 2 {
		done := into[Account](t, expect(t, must[Answer](t)(support.Post(ctx, path, Key(), map[string]any{"reason": "showed a card at the shop"})), nil, http.StatusOK, ""))
		if done.Pending != "profile" {
			t.Errorf("%+v", done)
		}
	}
	advance(t, clock.ClockID, clock.Now.Add(8*24*time.Hour))
	if _, in, err := site.Login(ctx, email, Password, ""); err != nil || in.Pending != "profile" {
		t.Errorf("%+v, %v", in, err)
	}
}

// Test clocks can be used to register only where they exist, and only by who knows one.
func TestRegisterOnUnknownClock(t *testing.T) {
	a := signUp(t, Key(), with(Signup(newEmail()), "testClockId", "clk_00000000000000000000000000"))
	expect(t, a, nil, http.StatusNotFound, "test_clock_not_found")
}
