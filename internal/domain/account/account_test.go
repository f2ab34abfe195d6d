package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
)

const strong = "correct horse battery"

func ada() account.Customer {
	return account.Customer{Tenant: "demo", Username: "ada.lovelace", Name: "Ada", Email: "ada@example.com", Country: "DE", Language: "de"}
}

// S0-04: blanks around and case do not count; S0-05: what is no username is never "free".
func TestNormalise(t *testing.T) {
	for raw, want := range map[string]string{
		"ada": "ada", "  Ada \t\n": "ada", "ADA.Lovelace@Example.COM": "ada.lovelace@example.com", "9lives": "9lives", "a+b-c_d": "a+b-c_d",
		strings.Repeat("x", 64): strings.Repeat("x", 64),
		"":                      "", "   ": "", "ab": "", strings.Repeat("x", 65): "", ".ada": "", "-ada": "", "a da": "", "ada\n eve": "", "ädä": "", "ada#1": "",
		"ada/../eve": "", "ada\x00eve": "", "ada\u200beve": "", "аda": /* Cyrillic а */ "", "ada'--": "",
	} {
		got, err := account.Normalise(raw)
		if got != want || (want == "") != errors.Is(err, account.ErrUsernameInvalid) {
			t.Errorf("%q: got %q, %v", raw, got, err)
		}
		if want != "" {
			if again, _ := account.Normalise(got); again != got {
				t.Errorf("%q: not stable: %q", raw, again)
			}
		}
	}
}

// S0-11: length, a blocklist and the customer's own names; no composition rules.
func TestPassword(t *testing.T) {
	c := ada()
	c.Email = "countess@example.com"
	for password, good := range map[string]bool{
		strong: true, "abcdefgx": true, "ÄÖÜäöüßé": true, "        x": true, strings.Repeat("xy", 64): true, "パスワードは長い!": true,
		"": false, "1234567": false, "äöüäöü1": false, strings.Repeat("xy", 64) + "z": false,
		"password": false, "PassWord": false, "12345678": false, "aaaaaaaa": false, "        ": false,
		"ada.lovelace": false, "ADA.Lovelace": false, "countess": false, "Countess@example.com": false,
	} {
		err := c.Validate(password, true)
		if good && err != nil {
			t.Errorf("%q: %v", password, err)
		}
		if !good && !errors.Is(err, account.ErrPasswordWeak) {
			t.Errorf("%q: got %v", password, err)
		}
		if err != nil && len(password) > 8 && strings.Contains(err.Error(), password) { // "password" is in the sentence itself
			t.Errorf("the error says the password: %v", err)
		}
	}
}

// S0-10: one wrong field has its own code; several are named at once.
func TestAllInvalidFieldsAreNamedAtOnce(t *testing.T) {
	wrong := map[string]func(*account.Customer, *string, *bool){
		"body.username":      func(c *account.Customer, _ *string, _ *bool) { c.Username = "x" },
		"body.password":      func(_ *account.Customer, p *string, _ *bool) { *p = "short" },
		"body.country":       func(c *account.Customer, _ *string, _ *bool) { c.Country = "XX" },
		"body.consent.terms": func(_ *account.Customer, _ *string, terms *bool) { *terms = false },
	}
	own := map[string]*fault.Fault{"body.username": account.ErrUsernameInvalid, "body.password": account.ErrPasswordWeak,
		"body.country": account.ErrCountryUnknown, "body.consent.terms": fault.ErrInvalid}
	fields := []string{"body.username", "body.password", "body.country", "body.consent.terms"}
	for set := range 1 << len(fields) { // every combination
		c, password, terms := ada(), strong, true
		var want []string
		for i, f := range fields {
			if set&(1<<i) != 0 {
				wrong[f](&c, &password, &terms)
				want = append(want, f)
			}
		}
		err := c.Validate(password, terms)
		if len(want) == 0 {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		f := fault.Of(err)
		if f == nil || f.Kind.Status() != 400 {
			t.Fatalf("%v: got %v", want, err)
		}
		var named []string
		for _, field := range f.Fields {
			named = append(named, field.Name)
		}
		if !slices.Equal(named, want) {
			t.Errorf("wrong are %v, named %v", want, named)
		}
		if code := fault.ErrInvalid; len(want) == 1 && !errors.Is(err, own[want[0]]) || len(want) > 1 && !errors.Is(err, code) {
			t.Errorf("%v: got %v", want, err)
		}
	}
}

// S0-11: argon2id at no less than 19 MiB, 2, 1; salted; wrong ones refused.
func TestHash(t *testing.T) {
	a, err := account.HashPassword(strong)
	if err != nil || !strings.HasPrefix(a, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatal(a, err)
	}
	if b, _ := account.HashPassword(strong); a == b {
		t.Error("no salt")
	}
	if !account.CheckPassword(strong, a) || account.CheckPassword(strong+" ", a) || account.CheckPassword("", a) || account.CheckPassword(strong, "") ||
		account.CheckPassword(strong, "$argon2id$garbage") {
		t.Error("the check is wrong")
	}
}

func register(m *memory, key string, c account.Customer, password string) (account.Registered, error) {
	r := account.Registrar{Store: m, Clock: clock.At(noon)}
	return r.Register(context.Background(), once.Request{Tenant: "demo", Caller: "anonymous", Key: key, Fingerprint: "f"}, c, password, true)
}

// S0-08, S0-13: the customer exists, with a hash instead of a password, and one event that has no contact data.
func TestRegister(t *testing.T) {
	m, c := newMemory(), ada()
	c.Username = "  Ada.Lovelace "
	out, err := register(m, "k", c, strong)
	if err != nil {
		t.Fatal(err)
	}
	got := m.customers[out.CustomerID]
	if got.Username != "ada.lovelace" || got.TermsAt.IsZero() || got.RegisteredAt.Nanosecond() != 0 || !account.CheckPassword(strong, m.credentials[out.CustomerID].PasswordHash) || got.Status != account.Active {
		t.Errorf("got %+v", got)
	}
	if len(m.events) != 1 || m.events[0].Type != event.TypeCustomerRegistered {
		t.Fatalf("events: %+v", m.events)
	}
	if body := string(m.events[0].Data); strings.Contains(body, "ada") || strings.Contains(body, "argon2id") {
		t.Errorf("the event says too much: %s", body)
	}
	if answer := m.keys["k"][1]; strings.Contains(answer, "argon2id") || strings.Contains(answer, strong) {
		t.Errorf("the key's answer holds a secret: %s", answer)
	}
}

// S0-14: a repetition gets the first answer, but only who knows the password; S0-09: another key meets the taken name.
func TestRegisterAgain(t *testing.T) {
	m := newMemory()
	first, err := register(m, "k", ada(), strong)
	if err != nil {
		t.Fatal(err)
	}
	again, err := register(m, "k", ada(), strong)
	if err != nil || again != first {
		t.Errorf("got %+v, %v", again, err)
	}
	if _, err := register(m, "k", ada(), "another password"); !errors.Is(err, fault.ErrKeyReused) {
		t.Errorf("somebody else got the answer: %v", err)
	}
	if _, err := register(m, "other", ada(), strong); !errors.Is(err, account.ErrUsernameExists) {
		t.Errorf("got %v", err)
	}
	if len(m.customers) != 1 || len(m.events) != 1 {
		t.Errorf("%d customers, %d events", len(m.customers), len(m.events))
	}
}

// S0-06, S0-13: of parallel registrations with one name in several spellings exactly one succeeds.
func TestRegisterRace(t *testing.T) {
	m := newMemory()
	var all sync.WaitGroup
	var mu sync.Mutex
	results := map[string]int{}
	for i, name := range []string{"Ada", "ada", " ADA", "aDa ", "ada"} {
		all.Go(func() {
			c := ada()
			c.Username, c.Email = name, fmt.Sprintf("ada%d@example.com", i)
			_, err := register(m, fmt.Sprint(i), c, strong)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				results["registered"]++
			case errors.Is(err, account.ErrUsernameExists):
				results["exists"]++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if results["registered"] != 1 || results["exists"] != 4 || len(m.events) != 1 {
		t.Errorf("got %v, %d events", results, len(m.events))
	}
}

// S0-10: an invalid registration reaches no store and uses up no key.
func TestInvalidRegistrationWritesNothing(t *testing.T) {
	m, c := newMemory(), ada()
	c.Country = "XX"
	if _, err := register(m, "k", c, strong); !errors.Is(err, account.ErrCountryUnknown) {
		t.Errorf("got %v", err)
	}
	if _, err := register(m, "k", ada(), strong); err != nil {
		t.Errorf("the key is used up: %v", err)
	}
}
