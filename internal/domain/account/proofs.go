package account

import (
	"context"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
)

// ErrPasswordSame is for who wants to keep the password they have.
var ErrPasswordSame = fault.New(fault.Invalid, "password_same", "This is the password you have already. Please choose another one.", "customer")

// done is the answer of what has nothing to say.
type done struct{}

// ChangePassword gives an account another password. Every other session ends. So does what somebody could use who knew the
// old one: a link to reset it, and a mail address that waits to be confirmed.
func (s Security) ChangePassword(ctx context.Context, a Asked, next string) error {
	_, err := perform(ctx, s, a, step[done]{
		guess: true,
		refuse: func(o Owned) error {
			if weak := weakness(next, o.Customer); weak != "" {
				return ErrPasswordWeak.Naming("body.newPassword", weak)
			}
			if next == a.Password {
				return ErrPasswordSame.Naming("body.newPassword", "the password you have")
			}
			return nil
		},
		accept: func(o Owned, now time.Time) (Change, done, error) {
			k := o.Credentials
			if !a.password(o) {
				return Change{}, done{}, ErrPasswordWrong
			}
			hash, err := HashPassword(next)
			if err != nil {
				return Change{}, done{}, err
			}
			k.PasswordHash, k.ChangedAt, k.Reset, k.NewEmail = hash, now, nil, nil
			change := o.with(k.endSessions(s.Clock.Now(), a.Session))
			change.Events = []event.Envelope{
				event.New(ctx, change.Tenant, now, event.PasswordChanged{CustomerID: change.Account, By: "change"}),
				event.New(ctx, change.Tenant, now, event.SessionEnded{CustomerID: change.Account, Why: "password_changed"})}
			return change, done{}, nil
		},
		same: func(o Owned) bool { return CheckPassword(next, o.Credentials.PasswordHash) },
	})
	return err
}

// EnableSecondFactor begins the set-up of a second factor, which replaces one that was begun and not confirmed. The secret
// is with the account only, which is answered with it: a repetition is answered from there, while the set-up is the last one
// and not confirmed yet.
func (s Security) EnableSecondFactor(ctx context.Context, a Asked) (made Owned, err error) {
	_, err = perform(ctx, s, a, step[string]{
		guess: true,
		refuse: func(o Owned) error {
			if o.Credentials.SecondFactor.Active() {
				return ErrSecondFactorActive
			}
			return nil
		},
		accept: func(o Owned, _ time.Time) (Change, string, error) {
			if !a.password(o) {
				return Change{}, "", ErrPasswordWrong
			}
			f := NewSecondFactor()
			o.Credentials.SecondFactor = &f
			made = o
			return o.with(o.Credentials), f.name(), nil
		},
		same: a.password,
		again: func(o Owned, name string) error {
			switch f := o.Credentials.SecondFactor; {
			case f.Active():
				return ErrSecondFactorActive
			case f == nil || f.name() != name:
				return ErrSecondFactorAbsent
			}
			made = o
			return nil
		},
	})
	return made, err
}

// ConfirmSecondFactor makes a second factor active by the first right code.
func (s Security) ConfirmSecondFactor(ctx context.Context, a Asked) error {
	_, err := perform(ctx, s, a, step[done]{
		guess: true,
		refuse: func(o Owned) error {
			switch f := o.Credentials.SecondFactor; {
			case f.Active():
				return ErrSecondFactorActive
			case f == nil:
				return ErrSecondFactorAbsent
			}
			return nil
		},
		accept: func(o Owned, now time.Time) (Change, done, error) {
			f, err := o.Credentials.SecondFactor.Confirm(a.Code, s.Clock.Now())
			if err != nil {
				return Change{}, done{}, ErrProofWrong
			}
			k := o.Credentials
			k.SecondFactor = &f
			change := o.with(k)
			change.Events = []event.Envelope{event.New(ctx, change.Tenant, now, event.SecondFactorEnabled{CustomerID: change.Account})}
			return change, done{}, nil
		},
	})
	return err
}

// DisableSecondFactor takes the second factor away, from who has both: password and a code.
func (s Security) DisableSecondFactor(ctx context.Context, a Asked) error {
	_, err := perform(ctx, s, a, step[done]{
		guess: true,
		refuse: func(o Owned) error {
			if !o.Credentials.SecondFactor.Active() {
				return ErrSecondFactorAbsent
			}
			return nil
		},
		accept: func(o Owned, now time.Time) (Change, done, error) {
			k := o.Credentials
			_, wrong := k.SecondFactor.Use(a.Code, s.Clock.Now())
			if !a.password(o) || wrong != nil {
				return Change{}, done{}, ErrProofWrong
			}
			k.SecondFactor = nil
			change := o.with(k)
			change.Events = []event.Envelope{event.New(ctx, change.Tenant, now, event.SecondFactorDisabled{CustomerID: change.Account, By: "customer"})}
			return change, done{}, nil
		},
		same: a.password,
	})
	return err
}
