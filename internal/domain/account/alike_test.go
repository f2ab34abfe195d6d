package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
)

// recorder notes which calls its store gets.
type recorder struct {
	*memory
	calls []string
}

func (r *recorder) note(call string) { r.calls = append(r.calls, call) }

func (r *recorder) Recall(ctx context.Context, q once.Request) (json.RawMessage, error) {
	r.note("Recall")
	return r.memory.Recall(ctx, q)
}

func (r *recorder) SaveAccount(ctx context.Context, c account.Change) error {
	r.note("SaveAccount")
	return r.memory.SaveAccount(ctx, c)
}

func (r *recorder) Account(ctx context.Context, tenant id.Tenant, c id.Customer) (account.Customer, account.Credentials, error) {
	r.note("Account")
	return r.memory.Account(ctx, tenant, c)
}

func (r *recorder) AccountBy(ctx context.Context, tenant id.Tenant, l account.Login) (id.Customer, error) {
	r.note("AccountBy " + string(l.Kind))
	return r.memory.AccountBy(ctx, tenant, l)
}

func (r *recorder) Now(ctx context.Context, tenant id.Tenant, c id.TestClock) (time.Time, error) {
	r.note("Now")
	return r.memory.Now(ctx, tenant, c)
}

func (r *recorder) Try(ctx context.Context, tenant id.Tenant, attempts ...account.Attempt) error {
	r.note(fmt.Sprint("Try ", len(attempts)))
	return r.memory.Try(ctx, tenant, attempts...)
}

// X7: signing in with a wrong password, asking for the verification mail and for a new password make the same calls to the store,
// in the same order, whether or not somebody has the name, and whatever became of their account.
func TestSameCallsForEveryName(t *testing.T) {
	h := newHouse(t)
	gone := h.customers[h.eve]
	gone.Status = account.Erased
	h.customers["cus_gone"], h.logins[account.Login{Kind: account.ByEmail, Name: "gone@example.com"}] = gone, "cus_gone"
	r := &recorder{memory: h.memory}
	g := account.Gate{Store: r, Door: r, Clock: h.memory.clock}
	for name, do := range map[string]func(key, email string) error{
		"login": func(key, email string) error {
			_, err := g.Login(t.Context(), h.key(key), account.SignIn{Name: email, Password: "wrong password", Address: "192.0.2.1"})
			if !errors.Is(err, account.ErrCredentials) {
				return fmt.Errorf("answered %w", err)
			}
			return nil
		},
		"verification": func(key, email string) error { _, err := g.AskVerification(t.Context(), h.key(key), email); return err },
		"reset":        func(key, email string) error { _, err := g.AskReset(t.Context(), h.key(key), email); return err },
	} {
		var first []string
		for _, email := range []string{"nobody@example.com", "ada@example.com", "eve@example.com", "grace@example.com", "gone@example.com", "@", "no address@example.com"} {
			r.calls = nil
			if err := do(name+email, email); err != nil {
				t.Errorf("%s of %s: %v", name, email, err)
			}
			if first == nil {
				first = r.calls
			}
			if len(first) < 3 || !slices.Equal(r.calls, first) {
				t.Errorf("%s of %s: %v, of nobody %v", name, email, r.calls, first)
			}
		}
	}
}

// X7: a wrong password takes as long as an unknown name: both are one comparison with a hash. Medians, because other programs run
// on the machine; the best of a few tries for the same reason.
func TestSameTimeForEveryName(t *testing.T) {
	h := newHouse(t)
	ratio := 0.0
	for try := range 4 {
		took := map[string][]time.Duration{}
		for i := range 11 { // by turns, that both meet the same weather
			for _, name := range []string{"ada@example.com", "nobody@example.com"} {
				clear(h.attempts)
				began := time.Now()
				if _, err := h.login(fmt.Sprint(try, i, name), name, "wrong password", ""); !errors.Is(err, account.ErrCredentials) {
					t.Fatal(err)
				}
				took[name] = append(took[name], time.Since(began))
			}
		}
		median := func(name string) float64 { slices.Sort(took[name]); return float64(took[name][len(took[name])/2]) }
		ratio = median("ada@example.com") / median("nobody@example.com")
		if ratio > 0.7 && ratio < 1.4 {
			return
		}
	}
	t.Errorf("a known name takes %.2f times as long as an unknown one", ratio)
}

// X7: of many who ask for a mail to one address at once none is told that somebody was faster, which would say that the address
// is known.
func TestAskingAtOnceTellsNothing(t *testing.T) {
	h := newHouse(t)
	for _, email := range []string{"ada@example.com", "nobody@example.com"} {
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				key := h.key(fmt.Sprint(email, i))
				if _, err := h.AskReset(t.Context(), key, email); err != nil {
					t.Errorf("%s: %v", email, err)
				}
				if key.Key += "again"; i%2 == 0 {
					if _, err := h.AskVerification(t.Context(), key, email); err != nil {
						t.Errorf("%s: %v", email, err)
					}
				}
			})
		}
		all.Wait()
	}
}
