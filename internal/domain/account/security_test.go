package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
)

// S3-19: every state of a second factor × everything that can be done to it.
func TestSecondFactorStates(t *testing.T) {
	states := map[string]func(*desk) account.SecondFactor{
		"none": func(*desk) account.SecondFactor { return account.NewSecondFactor() },
		"begun": func(d *desk) account.SecondFactor {
			f := account.NewSecondFactor()
			d.keep(func(k *account.Credentials) { k.SecondFactor = &f })
			return f
		},
		"active": (*desk).active,
	}
	enable := func(password string) func(*desk, account.SecondFactor) error {
		return func(d *desk, _ account.SecondFactor) error {
			_, err := d.EnableSecondFactor(t.Context(), ask("k", password, ""))
			return err
		}
	}
	code := func(d *desk, f account.SecondFactor) string { return codeAt(t, f, d.clock.Now()) }
	recovery := func(_ *desk, f account.SecondFactor) string { return f.Recovery()[3] }
	wrong := func(*desk, account.SecondFactor) string { return "ABCD" }
	confirm := func(code func(*desk, account.SecondFactor) string) func(*desk, account.SecondFactor) error {
		return func(d *desk, f account.SecondFactor) error {
			return d.ConfirmSecondFactor(t.Context(), ask("k", "", code(d, f)))
		}
	}
	disable := func(password string, code func(*desk, account.SecondFactor) string) func(*desk, account.SecondFactor) error {
		return func(d *desk, f account.SecondFactor) error {
			return d.DisableSecondFactor(t.Context(), ask("k", password, code(d, f)))
		}
	}
	actions := map[string]func(*desk, account.SecondFactor) error{
		"enable": enable(strong), "enable, wrong password": enable("wrong"),
		"confirm": confirm(code), "confirm, wrong": confirm(wrong), "confirm, recovery": confirm(recovery),
		"disable": disable(strong, code), "disable, recovery": disable(strong, recovery), "disable, wrong password": disable("wrong", code),
		"disable, wrong code": disable(strong, wrong), "disable, both wrong": disable("wrong", wrong),
		"staff": func(d *desk, _ account.SecondFactor) error {
			return d.ResetSecondFactor(t.Context(), ask("k", "", "").Key, me, "lost")
		},
		"password": func(d *desk, _ account.SecondFactor) error {
			return d.ChangePassword(t.Context(), ask("k", strong, ""), "another horse battery")
		},
	}
	const absent, active, proof = "second_factor_absent", "second_factor_active", "proof_wrong"
	want := map[string]map[string]string{ // state → action → the fault, or the state it leads to
		"none": {"enable": "begun", "enable, wrong password": "password_wrong", "confirm": absent, "confirm, wrong": absent, "confirm, recovery": absent, "disable": absent,
			"disable, recovery": absent, "disable, wrong password": absent, "disable, wrong code": absent, "disable, both wrong": absent, "staff": "none", "password": "none"},
		"begun": {"enable": "begun", "enable, wrong password": "password_wrong", "confirm": "active", "confirm, wrong": proof, "confirm, recovery": proof, "disable": absent,
			"disable, recovery": absent, "disable, wrong password": absent, "disable, wrong code": absent, "disable, both wrong": absent, "staff": "begun", "password": "begun"},
		"active": {"enable": active, "enable, wrong password": active, "confirm": active, "confirm, wrong": active, "confirm, recovery": active, "disable": "none",
			"disable, recovery": "none", "disable, wrong password": proof, "disable, wrong code": proof, "disable, both wrong": proof, "staff": "none", "password": "active"},
	}
	says := map[string][]event.Type{"confirm": {event.TypeSecondFactorEnabled}, "disable": {event.TypeSecondFactorDisabled}, "disable, recovery": {event.TypeSecondFactorDisabled},
		"staff": {event.TypeSecondFactorDisabled, event.TypeSessionEnded}, "password": {event.TypePasswordChanged, event.TypeSessionEnded}}
	for state, begin := range states {
		for action, do := range actions {
			t.Run(state+", "+action, func(t *testing.T) {
				d := newDesk(t)
				f := begin(d)
				err := do(d, f)
				expected := want[state][action]
				if _, good := states[expected]; !good {
					if fault.Of(err) == nil || fault.Of(err).Code != expected || stateOf(d) != state || len(d.told()) > 0 {
						t.Errorf("%v, now %s", err, stateOf(d))
					}
					return
				}
				tell := says[action]
				if action == "staff" && state != "active" {
					tell = nil // nothing happened
				}
				if got := d.told(); err != nil || stateOf(d) != expected || !slices.Equal(got, tell) || d.guesses() != 0 {
					t.Errorf("%v, now %s, told %v, %d guesses", err, stateOf(d), got, d.guesses())
				}
			})
		}
	}
}

func stateOf(d *desk) string {
	switch f := d.credentials().SecondFactor; {
	case f == nil:
		return "none"
	case f.Active():
		return "active"
	}
	return "begun"
}

// S3-19: what is set up is answered, and begun anew it is another secret; R6: the same key gives the same one until it is
// confirmed or replaced, to who knows the password.
func TestEnableAgain(t *testing.T) {
	d := newDesk(t)
	enable := func(key, password string) (string, error) {
		o, err := d.EnableSecondFactor(t.Context(), ask(key, password, ""))
		if err != nil {
			return "", err
		}
		return o.Credentials.SecondFactor.Secret, nil
	}
	first, err := enable("k", strong)
	if err != nil || first != d.credentials().SecondFactor.Secret {
		t.Fatal(err)
	}
	if again, err := enable("k", strong); err != nil || again != first {
		t.Errorf("%v, %v", again, err)
	}
	if _, err := enable("k", "wrong"); !errors.Is(err, fault.ErrKeyReused) || d.guesses() != 1 {
		t.Errorf("%v, %d guesses", err, d.guesses())
	}
	second, err := enable("k2", strong)
	if err != nil || second == first {
		t.Errorf("%v, %v", second, err)
	}
	if _, err := enable("k", strong); !errors.Is(err, account.ErrSecondFactorAbsent) {
		t.Errorf("the first is replaced: %v", err)
	}
	if err := d.ConfirmSecondFactor(t.Context(), ask("k3", "", codeAt(t, *d.credentials().SecondFactor, d.clock.Now()))); err != nil {
		t.Fatal(err)
	}
	if secret, err := enable("k2", strong); !errors.Is(err, account.ErrSecondFactorActive) || secret != "" {
		t.Errorf("an active secret is shown again: %v", err)
	}
	for key, kept := range d.vault.keys {
		for _, secret := range append(d.credentials().SecondFactor.Recovery(), first, second, strong) {
			if strings.Contains(kept[1], secret) {
				t.Errorf("%s keeps %s", key, kept[1])
			}
		}
	}
}

// X5: one code at once by many is good for one of them.
func TestOneCodeInParallel(t *testing.T) {
	d := newDesk(t)
	f := d.active()
	for _, code := range []string{codeAt(t, f, d.clock.Now()), f.Recovery()[7]} {
		var all sync.WaitGroup
		var mu sync.Mutex
		good := 0
		read := make(chan struct{})
		for range 20 {
			all.Go(func() { // as a sign-in does it
				k := d.credentials()
				<-read
				used, err := k.SecondFactor.Use(code, d.clock.Now())
				if err != nil {
					return
				}
				k.SecondFactor = &used
				k.Version++
				err = d.vault.SaveAccount(t.Context(), account.Change{Tenant: "demo", Account: me, Credentials: &k})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					good++
				} else if !errors.Is(err, fault.ErrStale) {
					t.Error(err)
				}
			})
		}
		close(read)
		all.Wait()
		if _, err := d.credentials().SecondFactor.Use(code, d.clock.Now()); good != 1 || !errors.Is(err, account.ErrSecondFactorWrong) {
			t.Errorf("%q was good %d times, then %v", code, good, err)
		}
	}
}

// operations are all that take a password or a code, as the owner does them right.
var operations = map[string]func(d *desk, a account.Asked) error{
	"password": func(d *desk, a account.Asked) error {
		return d.ChangePassword(d.t.Context(), a, "another horse battery")
	},
	"email":   func(d *desk, a account.Asked) error { return d.RequestEmailChange(d.t.Context(), a, "new@example.com") },
	"enable":  func(d *desk, a account.Asked) error { _, err := d.EnableSecondFactor(d.t.Context(), a); return err },
	"confirm": func(d *desk, a account.Asked) error { return d.ConfirmSecondFactor(d.t.Context(), a) },
	"disable": func(d *desk, a account.Asked) error { return d.DisableSecondFactor(d.t.Context(), a) },
}

// ready prepares an account for an operation, and gives the code for it.
func ready(d *desk, operation string) string {
	switch operation {
	case "confirm":
		f := account.NewSecondFactor()
		d.keep(func(k *account.Credentials) { k.SecondFactor = &f })
		return codeAt(d.t, f, d.clock.Now())
	case "disable":
		return codeAt(d.t, d.active(), d.clock.Now())
	}
	return ""
}

// R6: one key fifty times at once has one effect and equal answers, whatever is counted against guessing; also when somebody
// else is faster at first.
func TestSameKeyFiftyTimes(t *testing.T) {
	for name, do := range operations {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			a := ask("k", strong, ready(d, name))
			d.vault.stale = 2
			before := d.credentials().Version
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					if err := do(d, a); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if after := d.credentials().Version; after != before+1 || d.guesses() > 1 {
				t.Errorf("%d changes, %d guesses", after-before, d.guesses())
			}
			if told := d.told(); len(told) > 2 || len(slices.Compact(told)) != len(told) {
				t.Errorf("told %v", told)
			}
		})
	}
}

// R6: the same key with another password is another request, and it is a guess.
func TestSameKeyOtherPassword(t *testing.T) {
	for _, name := range []string{"password", "email", "enable", "disable"} {
		d := newDesk(t)
		code := ready(d, name)
		if err := operations[name](d, ask("k", strong, code)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		other := ask("k", "wrong horse battery", code)
		do := func() error { return operations[name](d, other) }
		if name == "password" {
			do = func() error { return d.ChangePassword(t.Context(), other, "a third horse battery") }
		}
		for n := range allowed + 2 {
			other.Mark = fmt.Sprint(n)
			err := do()
			if held := n >= allowed; !held && !errors.Is(err, fault.ErrKeyReused) || held && !errors.Is(err, fault.ErrThrottled) {
				t.Errorf("%s: guess %d: %v", name, n, err)
			}
		}
	}
}

// X6: guesses are counted before they are checked, also many at once; then the owner has to wait too, and a success forgives.
func TestGuessing(t *testing.T) {
	for name, do := range operations {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			code := ready(d, name)
			var all sync.WaitGroup
			var mu sync.Mutex
			ends := map[string]int{}
			for n := range 40 {
				all.Go(func() {
					err := do(d, ask(fmt.Sprint("guess", n), fmt.Sprint("wrong", n), "000"))
					mu.Lock()
					defer mu.Unlock()
					ends[fault.Of(err).Code]++
				})
			}
			all.Wait()
			refused := ends["password_wrong"] + ends["proof_wrong"]
			if refused != allowed || ends["too_many_requests"] != 40-allowed {
				t.Errorf("got %v", ends)
			}
			if err := do(d, ask("k", strong, code)); !errors.Is(err, fault.ErrThrottled) || fault.Of(err).RetryAfter != time.Minute {
				t.Errorf("the owner: %v", err)
			}
			d.vault.tries = map[string]int{account.ByOwner(me, "").Name: allowed - 1} // after a while
			if err := do(d, ask("k", strong, code)); err != nil || d.guesses() != 0 {
				t.Errorf("%v, %d guesses", err, d.guesses())
			}
		})
	}
}

// What has nothing to do with the password is refused without counting a guess.
func TestNoGuess(t *testing.T) {
	d := newDesk(t)
	for _, k := range []struct {
		err  error
		want *fault.Fault
	}{
		{d.ChangePassword(t.Context(), ask("a", strong, ""), "password"), account.ErrPasswordWeak},
		{d.ChangePassword(t.Context(), ask("b", strong, ""), "ada.lovelace"), account.ErrPasswordWeak},
		{d.ChangePassword(t.Context(), ask("c", strong, ""), strong), account.ErrPasswordSame},
		{d.RequestEmailChange(t.Context(), ask("d", strong, ""), " ADA@example.com"), fault.ErrInvalid},
		{d.RequestEmailChange(t.Context(), ask("e", strong, ""), "nobody"), account.ErrEmailInvalid},
		{d.ConfirmSecondFactor(t.Context(), ask("f", "", "000000")), account.ErrSecondFactorAbsent},
	} {
		if !errors.Is(k.err, k.want) {
			t.Errorf("got %v, want %v", k.err, k.want)
		}
	}
	if d.guesses() != 0 || d.credentials().Version != 1 || len(d.vault.keys) != 0 {
		t.Errorf("%d guesses, version %d, keys %v", d.guesses(), d.credentials().Version, d.vault.keys)
	}
}

// A new password ends the other sessions and what the old one could have led to.
func TestChangePassword(t *testing.T) {
	d := newDesk(t)
	d.keep(func(k *account.Credentials) {
		k.Reset, k.NewEmail = &account.Mailed{Nonce: "n", ExpiresAt: noon.Add(time.Hour)}, &account.NewEmail{Address: "thief@example.com"}
	})
	if err := operations["password"](d, ask("k", strong, "")); err != nil {
		t.Fatal(err)
	}
	k := d.credentials()
	if !account.CheckPassword("another horse battery", k.PasswordHash) || account.CheckPassword(strong, k.PasswordHash) || k.Reset != nil || k.NewEmail != nil {
		t.Errorf("got %+v", k)
	}
	if !d.runs(here) || d.runs(there) {
		t.Errorf("here %v, there %v", d.runs(here), d.runs(there))
	}
	if err := operations["password"](d, ask("k2", strong, "")); !errors.Is(err, account.ErrPasswordWrong) {
		t.Errorf("the old password: %v", err)
	}
}

// Whoever was signed out does nothing more about the account, although the access token is good: above all not what would
// spare the session that was ended.
func TestEndedSession(t *testing.T) {
	for why, end := range map[string]func(*desk){
		"logout":     func(d *desk) { delete(d.vault.sessions, here) },
		"everywhere": func(d *desk) { d.keep(func(k *account.Credentials) { k.EndedAt, k.Spared = d.clock.Now(), there }) },
		"expired":    func(d *desk) { d.clock.Advance(24 * time.Hour) },
	} {
		d := newDesk(t)
		end(d)
		all := map[string]error{"everywhere": d.EndAll(t.Context(), ask("all", "", ""), true), "revoke": d.Revoke(t.Context(), ask("", "", ""), there)}
		for name, do := range operations {
			all[name] = do(d, ask(name, strong, "000000"))
		}
		_, all["read"] = d.Read(t.Context(), ask("", "", ""))
		for name, err := range all {
			if !errors.Is(err, token.ErrInvalid) {
				t.Errorf("%s, %s: %v", why, name, err)
			}
		}
		if d.runs(here) || len(d.told()) > 0 || d.guesses() > 0 {
			t.Errorf("%s: the session is back: %v", why, d.runs(here))
		}
	}
}

// A session-less token, such as a registration's, is its customer's as well; an account that is gone is nobody's.
func TestWhoseAccount(t *testing.T) {
	d := newDesk(t)
	a := ask("k", strong, "")
	a.Session = ""
	if err := operations["password"](d, a); err != nil || d.runs(here) || d.runs(there) {
		t.Errorf("%v, here %v, there %v", err, d.runs(here), d.runs(there))
	}
	c := d.vault.customers[me]
	c.Status = account.Erased
	d.vault.customers[me] = c
	a.Key.Key = ""
	if _, err := d.Read(t.Context(), a); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("got %v", err)
	}
	a.Account = "cus_nobody"
	if _, err := d.Read(t.Context(), a); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

// Somebody who is always faster makes the answer "busy", and nothing happens.
func TestAlwaysStale(t *testing.T) {
	d := newDesk(t)
	d.vault.stale = 3
	if err := operations["email"](d, ask("k", strong, "")); !errors.Is(err, fault.ErrUnavailable) || len(d.told()) > 0 || d.guesses() != 1 {
		t.Errorf("%v, %d guesses", err, d.guesses())
	}
}
