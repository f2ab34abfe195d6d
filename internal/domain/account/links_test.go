package account_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
)

func (h *house) link(who id.Customer, nonce string) token.Link {
	return token.Link{Tenant: "demo", Account: who, Nonce: nonce}
}

// S3-03, S3-18, S3-139: the link of the mail confirms once, with one event; again is harmless; another's nonce and no account
// are refused.
func TestVerify(t *testing.T) {
	h := newHouse(t)
	good := h.link(h.ada, h.customers[h.ada].Verification.Nonce)
	for name, k := range map[string]struct {
		link token.Link
		want error
	}{"other nonce": {h.link(h.ada, "x"), account.ErrLinkExpired}, "no account": {h.link("cus_none", good.Nonce), token.ErrLink}} {
		if _, err := h.Verify(t.Context(), h.key(name), k.link); !errors.Is(err, k.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range 3 {
		done, err := h.Verify(t.Context(), h.key(fmt.Sprint(i/2)), good) // the same key, then another
		if err != nil || done.Account != h.ada || done.Pending != token.Profile {
			t.Errorf("%d: %+v, %v", i, done, err)
		}
	}
	if types(h.events) != "account.verified" || h.events[0].Actor != "customer:"+string(h.ada) || h.customers[h.ada].Status != account.Active {
		t.Errorf("%s, %s", types(h.events), h.customers[h.ada].Status)
	}
}

// S3-112: staff confirm an address, and why is part of the event.
func TestVerifyByStaff(t *testing.T) {
	h := newHouse(t)
	for i := range 2 {
		if done, err := h.VerifyByStaff(t.Context(), h.key(fmt.Sprint(i)), h.ada, "called us"); err != nil || done.Pending != token.Profile {
			t.Errorf("%+v, %v", done, err)
		}
	}
	if types(h.events) != "account.verified" || string(h.events[0].Data) != fmt.Sprintf(`{"customerId":%q,"by":"staff","reason":"called us"}`, h.ada) {
		t.Errorf("%s %s", types(h.events), h.events[0].Data)
	}
	if _, err := h.VerifyByStaff(t.Context(), h.key("x"), "cus_none", "why"); !errors.Is(err, account.ErrUnknown) {
		t.Error(err)
	}
}

// S3-110, S3-116, X7: who asks for a mail is answered alike whether or not there is an account; a known one gets a fresh link
// and one event.
func TestAsking(t *testing.T) {
	h := newHouse(t)
	for name, k := range map[string]struct {
		ask    func(context.Context, string) (account.MailAsked, error)
		email  string
		events string
	}{
		"verification":           {h.again, "ada@example.com", "verification.requested"},
		"verification, unknown":  {h.again, "nobody@example.com", ""},
		"verification, username": {h.again, "eve", "verification.requested"},
		"reset":                  {h.forgot, "ADA@example.com", "passwordReset.requested"},
		"reset, unknown":         {h.forgot, "nobody@example.com", ""},
		"reset, staff":           {h.forgot, "grace@example.com", "passwordReset.requested"},
	} {
		h.events = nil
		before := h.customers[h.ada].Verification.Nonce
		got, err := k.ask(t.Context(), k.email)
		if err != nil || !got.AskedAt.Equal(noon.Truncate(time.Second)) || types(h.events) != k.events {
			t.Errorf("%s: %+v, %v, %s", name, got, err, types(h.events))
		}
		if fresh := h.customers[h.ada].Verification.Nonce != before; fresh != (name == "verification") {
			t.Errorf("%s: a fresh link: %v", name, fresh)
		}
	}
}

func (h *house) again(ctx context.Context, email string) (account.MailAsked, error) {
	return h.AskVerification(ctx, h.key("again"+email), email)
}

func (h *house) forgot(ctx context.Context, email string) (account.MailAsked, error) {
	return h.AskReset(ctx, h.key("forgot"+email), email)
}

// A link sets a new password once and in time; it ends all sessions, forgives what was guessed, and confirms the address.
func TestReset(t *testing.T) {
	const better = "staple battery horse"
	h := newHouse(t)
	s, _ := h.login("k", "ada@example.com", strong, "")
	for i := range 12 {
		_, _ = h.login(fmt.Sprint("guess", i), "ada@example.com", "wrong password", "")
	}
	h.clock.Advance(time.Minute)
	if _, err := h.forgot(t.Context(), "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	good := h.link(h.ada, h.credentials[h.ada].Reset.Nonce)
	h.events = nil
	for name, k := range map[string]struct {
		link     token.Link
		password string
		want     error
	}{
		"other nonce": {h.link(h.ada, "x"), better, account.ErrLinkExpired}, "another's": {h.link(h.eve, good.Nonce), better, account.ErrLinkExpired}, "no account": {h.link("cus_none", "x"), better, token.ErrLink},
		"weak": {good, "password", account.ErrPasswordWeak}, "a link to verify": {h.link(h.ada, h.customers[h.ada].Verification.Nonce), better, account.ErrLinkExpired},
	} {
		if _, err := h.Reset(t.Context(), h.key(name), k.link, k.password); !errors.Is(err, k.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 2 {
		if done, err := h.Reset(t.Context(), h.key("r"), good, better); err != nil || done.Account != h.ada || done.Pending != token.Profile {
			t.Errorf("%+v, %v", done, err)
		}
	}
	if types(h.events) != "password.changed session.ended account.verified" {
		t.Error(types(h.events))
	}
	if _, err := h.Reset(t.Context(), h.key("r"), good, "another password"); !errors.Is(err, fault.ErrKeyReused) {
		t.Errorf("the key of another password: %v", err)
	}
	if _, err := h.Reset(t.Context(), h.key("r2"), good, better); !errors.Is(err, account.ErrLinkExpired) {
		t.Errorf("a used link: %v", err)
	}
	if _, err := h.refresh("a", h.turn(s)); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("a session of before: %v", err)
	}
	h.clock.Advance(time.Second)
	if _, err := h.login("new", "ada@example.com", better, ""); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if _, err := h.login("old", "ada@example.com", strong, ""); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := h.forgot(t.Context(), "eve@example.com"); err != nil {
		t.Fatal(err)
	}
	late := h.link(h.eve, h.credentials[h.eve].Reset.Nonce)
	h.clock.Advance(account.ResetWithin)
	if _, err := h.Reset(t.Context(), h.key("late"), late, better); !errors.Is(err, account.ErrLinkExpired) {
		t.Errorf("an hour later: %v", err)
	}
}

// S3-114: who confirms while somebody else changes the account is not refused: it is decided anew.
func TestVerifyAgainstOthers(t *testing.T) {
	h := newHouse(t)
	good := h.link(h.ada, h.customers[h.ada].Verification.Nonce)
	busy := &faster{memory: h.memory, times: 2}
	h.Gate.Store = busy
	if done, err := h.Verify(t.Context(), h.key("v"), good); err != nil || done.Pending != token.Profile || busy.times != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	busy.times = 100
	if _, err := h.AskReset(t.Context(), h.key("r"), "ada@example.com"); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("for ever: %v", err)
	}
}

// faster is a memory in which others are faster some times.
type faster struct {
	*memory
	times int
}

func (f *faster) SaveAccount(ctx context.Context, c account.Change) error {
	if f.times > 0 {
		f.times--
		return fault.ErrStale
	}
	return f.memory.SaveAccount(ctx, c)
}
