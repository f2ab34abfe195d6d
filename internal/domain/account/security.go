package account

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
)

// The faults of an owner's proofs. They are 403 and not 401: the session is as good as before.
var (
	ErrPasswordWrong = fault.New(fault.Forbidden, "password_wrong", "This is not your present password.", "customer")
	// ErrProofWrong does not say which of them it was: a password alone must not be found out by it.
	ErrProofWrong = fault.New(fault.Forbidden, "proof_wrong", "The password or the code is not right. Please enter the newest code of your authenticator.", "customer")
)

// Vault keeps what the owners of accounts change themselves.
type Vault interface {
	Keeper
	Doorkeeper
	// Own reads an account and one of its sessions, and whether a key was used before: for the same request it is a
	// *once.Replay, for another one fault.ErrKeyReused. An unknown account is ErrUnknown; of an unknown session there is nothing.
	Own(ctx context.Context, key once.Request, account id.Customer, session id.Session) (Owned, error)
	// EndSession ends a session that is there; else ErrSessionUnknown.
	EndSession(ctx context.Context, end Ending) error
}

// Owned is an account as its owner meets it in a request.
type Owned struct {
	Customer    Customer
	Credentials Credentials
	Session     Session // the one that was asked for; zero when there is none
}

// Security is what people who are signed in do about how they sign in.
type Security struct {
	Store Vault
	Clock clock.Clock // the system's: sessions and authenticators know no test clock
}

// Asked is a request of somebody who is signed in, and how they show again that they are the owner.
type Asked struct {
	Key      once.Request // without a key where nothing is repeated under one; its fingerprint covers no password
	Account  id.Customer
	Session  id.Session // that the request belongs to; empty of a token that belongs to none
	Password string
	Code     string
	Mark     string // see Attempt
}

// ByOwner is an attempt of who is signed in already. It is counted apart from those at sign-in: who
// guesses there holds back nobody who is in.
func ByOwner(account id.Customer, mark string) Attempt {
	return Attempt{Kind: OnAccount, Name: "id|" + string(account), Mark: mark}
}

func (a Asked) attempt() Attempt { return ByOwner(a.Account, a.Mark) }

// Read gives the account of a request, if its session still runs: who was signed out must not read or change how to sign in,
// although the access token is good for some minutes yet. Else it is token.ErrInvalid.
func (s Security) Read(ctx context.Context, a Asked) (Owned, error) {
	o, err := s.Store.Own(ctx, a.Key, a.Account, a.Session)
	switch {
	case err != nil:
		return o, err
	case o.Customer.Gone():
		return o, ErrUnknown
	case a.Session != "" && (o.Session.ID == "" || o.Session.Over(o.Credentials, s.Clock.Now())):
		return o, token.ErrInvalid.Because(errors.New("the session is over"))
	}
	return o, nil
}

// step is one change of an account by its owner. T is kept with the key, so it holds no secret.
type step[T any] struct {
	refuse func(Owned) error                         // what stands against it whoever asks; nil is nothing
	accept func(Owned, time.Time) (Change, T, error) // what it leads to, at a time by the account's clock; checks the proof
	guess  bool                                      // accept checks what could be guessed
	same   func(Owned) bool                          // whether a repetition has the passwords of the first request; nil where there are none
	again  func(Owned, T) error                      // what else a repetition is answered by; nil is nothing
}

// kept is what is kept with a key.
type kept[T any] struct {
	Answer T      `json:"answer"`
	Mark   string `json:"mark,omitempty"` // of the first request
}

// staleTries is how often a change is decided anew because somebody was faster.
const staleTries = 3

// perform does a step once per key. An attempt is counted before anything is checked that could be guessed, and pardoned by
// the change that it leads to. Repetitions at once have the same mark and are one attempt.
func perform[T any](ctx context.Context, s Security, a Asked, st step[T]) (T, error) {
	fresh := false
	out, err := once.Do(ctx, s.Store, a.Key, func(use *once.Use) (out kept[T], err error) {
		for try := 1; ; try++ {
			out, err = attempt(ctx, s, a, st, use, try == 1)
			switch {
			case !errors.Is(err, fault.ErrStale):
				fresh = err == nil
				return out, err
			case try == staleTries:
				return out, fault.ErrUnavailable.Because(err)
			}
		}
	})
	if err == nil && !fresh {
		err = repeat(ctx, s, a, st, out)
	}
	return out.Answer, err
}

func attempt[T any](ctx context.Context, s Security, a Asked, st step[T], use *once.Use, first bool) (out kept[T], err error) {
	o, err := s.Read(ctx, a)
	if err != nil {
		return out, err
	}
	if st.refuse != nil {
		if err := st.refuse(o); err != nil {
			return out, err
		}
	}
	if st.guess && first {
		if err := s.Store.Try(ctx, a.Key.Tenant, a.attempt()); err != nil {
			return out, err
		}
	}
	now, err := s.Store.Now(ctx, a.Key.Tenant, o.Customer.TestClock)
	if err != nil {
		return out, err
	}
	change, answer, err := st.accept(o, now)
	if err != nil {
		return out, err
	}
	out = kept[T]{answer, a.Mark}
	if err := use.Answer(out); err != nil {
		return out, err
	}
	if change.Use = use; st.guess {
		change.Pardon = []Attempt{a.attempt()}
	}
	return out, s.Store.SaveAccount(ctx, change)
}

// repeat lets a repetition have the first answer, if it says the same. No password is in what is kept, not even as a hash: the
// mark shows that it is the same, or else, with another access token, the password is checked and counted as anew.
func repeat[T any](ctx context.Context, s Security, a Asked, st step[T], first kept[T]) error {
	check := st.same != nil && (a.Mark == "" || a.Mark != first.Mark)
	if !check && st.again == nil {
		return nil
	}
	if check {
		if err := s.Store.Try(ctx, a.Key.Tenant, a.attempt()); err != nil {
			return err
		}
	}
	a.Key = once.Request{Tenant: a.Key.Tenant} // which was used, as we know
	o, err := s.Read(ctx, a)
	if err != nil {
		return err
	}
	if check {
		if !st.same(o) {
			return fault.ErrKeyReused
		}
		if err := s.Store.SaveAccount(ctx, Change{Tenant: a.Key.Tenant, Account: a.Account, Pardon: []Attempt{a.attempt()}}); err != nil {
			return err
		}
	}
	if st.again == nil {
		return nil
	}
	return st.again(o, first.Answer)
}

// password checks the one that was given.
func (a Asked) password(o Owned) bool { return CheckPassword(a.Password, o.Credentials.PasswordHash) }

// with is the change that leaves an account with other credentials.
func (o Owned) with(k Credentials) Change {
	k.Version++
	return Change{Tenant: o.Customer.Tenant, Account: o.Customer.ID, Credentials: &k}
}
