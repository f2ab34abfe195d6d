package account

import (
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Credentials are how somebody shows that an account is theirs. They are apart from the Customer, because hardly anybody
// who reads that needs them.
type Credentials struct {
	Tenant       id.Tenant
	Account      id.Customer
	PasswordHash string // argon2id in PHC form; empty of staff who were invited and have not chosen one
	ChangedAt    time.Time
	Reset        *Mailed       // the link to choose a new password, when one is good
	NewEmail     *NewEmail     // a mail address that waits to be confirmed
	SecondFactor *SecondFactor // nil when there is none
	EndedAt      time.Time     // sessions that began until then are over, but for the spared one
	Spared       id.Session
	Version      int64 // counts changes, from 1
}

// NewEmail is a mail address that its owner has to confirm from there.
type NewEmail struct {
	Mailed
	Address string
}

// SecondFactor is a time-based one-time code (RFC 6238) and the recovery codes for when it is lost.
type SecondFactor struct {
	Secret      string    // base32, as an authenticator takes it
	ConfirmedAt time.Time // zero until the first right code: it is not asked for before
	Step        int64     // the last time step a code of which was accepted: no code is good twice
	Recovered   []int     // which recovery codes are used up
}

// Emptied are the credentials of an account that is gone: nothing lets anybody in, and no session runs.
func (k Credentials) Emptied(now time.Time) Credentials {
	return Credentials{Tenant: k.Tenant, Account: k.Account, EndedAt: now, Version: k.Version + 1}
}

// Active tells whether a sign-in is asked for a code.
func (f *SecondFactor) Active() bool { return f != nil && !f.ConfirmedAt.IsZero() }

// Login is a name by which one signs in: a username or a mail address, each of which belongs to one account.
type Login struct {
	Kind LoginKind
	Name string // as Normalise or NormaliseEmail gives it
}

// LoginKind tells usernames from mail addresses.
type LoginKind string

// The kinds.
const (
	ByUsername LoginKind = "USERNAME"
	ByEmail    LoginKind = "EMAIL"
)

// Taken is the fault of a login name that belongs to somebody.
func (l Login) Taken() *fault.Fault {
	if l.Kind == ByEmail {
		return ErrEmailExists
	}
	return ErrUsernameExists
}

// Logins are the names by which one signs in to the account.
func (c Customer) Logins() []Login {
	var names []Login
	if c.Username != "" {
		names = append(names, Login{ByUsername, c.Username})
	}
	if email, err := NormaliseEmail(c.Email); err == nil {
		names = append(names, Login{ByEmail, email})
	}
	return names
}

// Session is somebody signed in somewhere. Each refresh is its next turn, and the refresh token of the present turn is the
// one that is good.
type Session struct {
	Tenant    id.Tenant
	Account   id.Customer
	ID        id.Session
	Turn      int64 // from 1
	StartedAt time.Time
	TurnedAt  time.Time // when the present turn began
	ExpiresAt time.Time // when its refresh token ends; each turn sets it anew
	Address   string    // source IP of the last turn
	Device    string    // User-Agent of the last turn
}

// Over tells whether a session was ended, or ended by itself.
func (s Session) Over(c Credentials, now time.Time) bool {
	return !now.Before(s.ExpiresAt) || !s.StartedAt.After(c.EndedAt) && s.ID != c.Spared
}
