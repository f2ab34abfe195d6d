package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
)

// house is accounts behind a gate: Ada, unverified by mail address, Eve with a username as well, and Grace of the staff.
type house struct {
	*memory
	account.Gate
	ada, eve, grace id.Customer
}

func newHouse(t *testing.T) *house {
	t.Helper()
	m := newMemory()
	h := &house{memory: m, Gate: account.Gate{Store: m, Door: m, Clock: m.clock}}
	r := account.Registrar{Store: m, Clock: m.clock}
	ada, err := r.RegisterEmail(t.Context(), h.key("ada"), account.Customer{Tenant: "demo", Email: "Ada@Example.com"}, strong)
	if err != nil {
		t.Fatal(err)
	}
	eve, err := r.Register(t.Context(), h.key("eve"), account.Customer{Tenant: "demo", Username: "eve", Email: "eve@example.com", Country: "DE"}, strong, true)
	if err != nil {
		t.Fatal(err)
	}
	h.ada, h.eve, h.grace = ada.CustomerID, eve.CustomerID, "stf_1"
	staff := account.Customer{Tenant: "demo", ID: h.grace, Email: "grace@example.com", Status: account.Active, Roles: []string{token.RoleSupport}, Version: 1}
	if err := m.SaveAccount(t.Context(), account.Change{Tenant: "demo", Account: h.grace, Customer: &staff, Take: staff.Logins(),
		Credentials: &account.Credentials{Tenant: "demo", Account: h.grace, PasswordHash: m.credentials[h.ada].PasswordHash, Version: 1}}); err != nil {
		t.Fatal(err)
	}
	m.events = nil
	return h
}

func (h *house) key(k string) once.Request {
	return once.Request{Tenant: "demo", Caller: "anonymous", Key: k, Fingerprint: "f"}
}

func (h *house) login(key, name, password, code string) (account.SignedIn, error) {
	return h.Login(context.Background(), h.key(key), account.SignIn{Name: name, Password: password, Code: code, Address: "192.0.2.1", Device: "test"})
}

func (h *house) enable(t *testing.T, who id.Customer) account.SecondFactor {
	t.Helper()
	f := account.NewSecondFactor()
	f.ConfirmedAt = noon
	k := h.credentials[who]
	k.SecondFactor = &f
	h.credentials[who] = k
	return f
}

func types(events []event.Envelope) string {
	var all []string
	for _, e := range events {
		all = append(all, string(e.Type))
	}
	return strings.Join(all, " ")
}

// S3-15, S3-16: right names in every spelling get a session that says what is pending; a wrong name and a wrong password are
// answered alike, and leave no session behind.
func TestLogin(t *testing.T) {
	h := newHouse(t)
	for name, want := range map[string]account.SignedIn{
		"ada@example.com": {Account: h.ada, Pending: token.Verification}, " ADA@example.com ": {Account: h.ada, Pending: token.Verification},
		"eve": {Account: h.eve, Country: "DE"}, "Eve@Example.com": {Account: h.eve, Country: "DE"}, "grace@example.com": {Account: h.grace, Pending: token.Profile},
	} {
		got, err := h.login("in "+name, name, strong, "")
		if err != nil || got.Account != want.Account || got.Pending != want.Pending || got.Country != want.Country || got.Turn != 1 || got.Until.Sub(noon) < map[bool]time.Duration{true: account.StaffIdle, false: account.SessionIdle}[want.Account == h.grace]-time.Second {
			t.Errorf("%q: %+v, %v", name, got, err)
		}
		if s := h.sessions[got.Session]; s.Account != want.Account || s.Device != "test" || s.Over(h.credentials[want.Account], noon.Add(time.Hour)) {
			t.Errorf("%q: session %+v", name, s)
		}
	}
	if n := len(h.sessions); n != 5 || types(h.events) != strings.TrimSpace(strings.Repeat("session.started ", 5)) {
		t.Errorf("%d sessions, %s", n, types(h.events))
	}
	for _, wrong := range [][2]string{{"ada@example.com", strong + "x"}, {"ada@example.com", ""}, {"nobody@example.com", strong}, {"nobody", strong}, {"", strong}, {"@", strong}, {"ada", strong}} {
		if _, err := h.login("wrong"+wrong[0]+wrong[1], wrong[0], wrong[1], ""); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if len(h.sessions) != 5 {
		t.Error("a wrong one got a session")
	}
}

// S3-16, X7: an account that is gone, and one without a password, are answered like one that never was.
func TestLoginOfWhoIsGone(t *testing.T) {
	h := newHouse(t)
	for _, gone := range []account.Status{account.Expired, account.Erased} {
		c := h.customers[h.ada]
		c.Status = gone
		h.customers[h.ada] = c
		if _, err := h.login(string(gone), "ada@example.com", strong, ""); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("%s: %v", gone, err)
		}
	}
	k := h.credentials[h.eve]
	k.PasswordHash = ""
	h.credentials[h.eve] = k
	if _, err := h.login("empty", "eve", "", ""); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("no password: %v", err)
	}
}

// S3-20, X5: with a second factor, no code and a wrong one get nothing; a right one is good once, also in parallel.
func TestLoginWithSecondFactor(t *testing.T) {
	h := newHouse(t)
	f := h.enable(t, h.eve)
	recovery := f.Recovery()
	for i, k := range []struct {
		code string
		want error
	}{{"", account.ErrSecondFactorRequired}, {"000000", account.ErrSecondFactorWrong}, {recovery[0], nil}, {recovery[0], account.ErrSecondFactorWrong}, {strings.ToLower(recovery[1]), nil}} {
		if _, err := h.login(fmt.Sprint(i), "eve", strong, k.code); !errors.Is(err, k.want) || (err == nil) != (k.want == nil) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if _, err := h.login("x", "eve", "wrong password", recovery[2]); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("a code without the password: %v", err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	in := 0
	for i := range 4 {
		all.Go(func() {
			_, err := h.login(fmt.Sprint("at once ", i), "eve", strong, recovery[3])
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				in++
			} else if !errors.Is(err, account.ErrSecondFactorWrong) && !errors.Is(err, fault.ErrThrottled) {
				t.Error(err)
			}
		})
	}
	if all.Wait(); in != 1 {
		t.Errorf("one code let %d in", in)
	}
}

// R6: a sign-in that is repeated is one session with one answer, also with a code, which is used up by then; another body, or
// another password under the same key, gets nothing.
func TestLoginAgain(t *testing.T) {
	h := newHouse(t)
	f := h.enable(t, h.eve)
	first, err := h.login("k", "eve", strong, f.Recovery()[0])
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if again, err := h.login("k", "eve", strong, f.Recovery()[0]); err != nil || fmt.Sprint(again) != fmt.Sprint(first) {
			t.Errorf("got %+v, %v", again, err)
		}
	}
	if len(h.sessions) != 1 || len(h.attempts) != 1 {
		t.Errorf("%d sessions", len(h.sessions))
	}
	if _, err := h.login("k", "eve", "another password", f.Recovery()[0]); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("without the password: %v", err)
	}
}

// X6: guesses are held back however many come at once, whether or not there is such an account; a success is no guess.
func TestGuesses(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"ada@example.com", "nobody@example.com"} {
		for i := range 12 {
			_, err := h.login(fmt.Sprint(name, i), name, "wrong password", "")
			if want := map[bool]error{true: account.ErrCredentials, false: fault.ErrThrottled}[i < 10]; !errors.Is(err, want) {
				t.Errorf("%s, guess %d: %v", name, i, err)
			}
		}
	}
	for i := range 30 {
		if _, err := h.login(fmt.Sprint("eve", i), "eve", strong, ""); err != nil {
			t.Fatalf("sign-in %d: %v", i, err)
		}
	}
}

func (h *house) turn(s account.SignedIn) token.Refresh {
	return token.Refresh{Tenant: s.Tenant, Account: s.Account, Session: s.Session, Turn: s.Turn, Expires: s.Until}
}

func (h *house) refresh(key string, r token.Refresh) (account.SignedIn, error) {
	return h.Refresh(context.Background(), h.key(key), r, "192.0.2.2", "other")
}

// S3-21, X5: each refresh is the session's next turn; the turn before gets the same successor for ten seconds; older ones end
// the session for everybody.
func TestRefresh(t *testing.T) {
	h := newHouse(t)
	s, err := h.login("k", "ada@example.com", strong, "")
	if err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Hour)
	second, err := h.refresh("a", h.turn(s))
	if err != nil || second.Turn != 2 || !second.Since.Equal(h.clock.Now().Truncate(time.Millisecond)) || !second.Until.After(s.Until) {
		t.Fatalf("%+v, %v", second, err)
	}
	h.clock.Advance(account.RefreshGrace - time.Millisecond)
	if again, err := h.refresh("b", h.turn(s)); err != nil || fmt.Sprint(again) != fmt.Sprint(second) {
		t.Errorf("in the grace: %+v, %v", again, err)
	}
	third, err := h.refresh("c", h.turn(second))
	if err != nil || third.Turn != 3 {
		t.Fatalf("%+v, %v", third, err)
	}
	h.events = nil
	if _, err := h.refresh("d", h.turn(s)); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("the first turn again: %v", err)
	}
	if _, err := h.refresh("e", h.turn(third)); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("the session goes on: %v", err)
	}
	if types(h.events) != "session.ended" || !strings.Contains(string(h.events[0].Data), "replayed") {
		t.Errorf("%s", types(h.events))
	}
}

// S3-21: after the grace the turn before is a replay too; a repetition of the request with its key is not.
func TestRefreshAfterTheGrace(t *testing.T) {
	h := newHouse(t)
	s, _ := h.login("k", "ada@example.com", strong, "")
	second, err := h.refresh("a", h.turn(s))
	if err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(account.RefreshGrace + time.Second)
	if again, err := h.refresh("a", h.turn(s)); err != nil || fmt.Sprint(again) != fmt.Sprint(second) {
		t.Errorf("the same request: %+v, %v", again, err)
	}
	if _, err := h.refresh("b", h.turn(s)); !errors.Is(err, token.ErrInvalid) || len(h.sessions) != 0 {
		t.Errorf("a replay: %v, %d sessions", err, len(h.sessions))
	}
}

// R6: many at once with one token are one turn with one answer.
func TestRefreshAtOnce(t *testing.T) {
	h := newHouse(t)
	s, _ := h.login("k", "ada@example.com", strong, "")
	var all sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for i := range 20 {
		all.Go(func() {
			got, err := h.refresh(fmt.Sprint(i%2), h.turn(s))
			mu.Lock()
			defer mu.Unlock()
			answers[fmt.Sprint(got, err)]++
		})
	}
	if all.Wait(); len(answers) != 1 || h.sessions[s.Session].Turn != 2 {
		t.Errorf("%v", answers)
	}
}

// What ended a session ends its refreshing: its time, a watermark, the account's end, its row's absence.
func TestRefreshOfWhatIsOver(t *testing.T) {
	for name, end := range map[string]func(*house, account.SignedIn){
		"idle":       func(h *house, _ account.SignedIn) { h.clock.Advance(account.SessionIdle) },
		"logged out": func(h *house, s account.SignedIn) { delete(h.sessions, s.Session) },
		"all ended": func(h *house, s account.SignedIn) {
			k := h.credentials[s.Account]
			k.EndedAt = h.clock.Now()
			h.credentials[s.Account] = k
		},
		"account gone": func(h *house, s account.SignedIn) {
			c := h.customers[s.Account]
			c.Status = account.Erased
			h.customers[s.Account] = c
		},
		"account unknown": func(h *house, s account.SignedIn) { delete(h.customers, s.Account) },
	} {
		h := newHouse(t)
		s, _ := h.login("k", "ada@example.com", strong, "")
		end(h, s)
		if _, err := h.refresh("a", h.turn(s)); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h := newHouse(t)
	s, _ := h.login("k", "ada@example.com", strong, "")
	k := h.credentials[s.Account]
	k.EndedAt, k.Spared = h.clock.Now(), s.Session
	h.credentials[s.Account] = k
	if _, err := h.refresh("a", h.turn(s)); err != nil {
		t.Errorf("the spared one: %v", err)
	}
}
