package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
)

// The faults of signing in. One answer to a wrong name and a wrong password.
var ErrCredentials = fault.New(fault.Unauthenticated, "credentials_wrong", "The name or the password is wrong.", "customer")

// Times of a session. It lives by the real time, also of a customer on a test clock.
const (
	SessionIdle  = 30 * 24 * time.Hour // a session that is not refreshed for so long is over
	StaffIdle    = 12 * time.Hour      // the same of staff: their next working day begins with signing in
	RefreshGrace = 10 * time.Second    // how long the token of the turn before is answered with the same successor: the answer may have been lost
)

// Gate lets people into their accounts.
type Gate struct {
	Store SessionKeeper
	Door  Doorkeeper
	Clock clock.Clock
}

// SessionKeeper keeps accounts and their sessions.
type SessionKeeper interface {
	Keeper
	// Session reads a session with its account in one call; an unknown session is a zero one, an unknown account ErrUnknown.
	Session(ctx context.Context, tenant id.Tenant, account id.Customer, session id.Session) (Customer, Credentials, Session, error)
	// Turn writes a session's next turn, if it is still at the one before; else fault.ErrStale.
	Turn(ctx context.Context, use *once.Use, s Session) error
}

// SignIn is what somebody says to be let in, and from where.
type SignIn struct {
	Name, Password string
	Code           string // of the second factor
	Address        string // source IP
	Device         string // User-Agent
	Mark           string // tells this guess from others without saying what it is: see Attempt
}

// SignedIn is what signing in answers. It is stored with the key, so it holds no secret: the tokens are signed anew from
// it, and come out the same.
type SignedIn struct {
	Tenant  id.Tenant     `json:"tenant"`
	Account id.Customer   `json:"account"`
	Session id.Session    `json:"session"`
	Turn    int64         `json:"turn"`
	Since   time.Time     `json:"since"` // when the turn began
	Until   time.Time     `json:"until"` // when its refresh token ends
	Country string        `json:"country,omitempty"`
	Roles   []string      `json:"roles,omitempty"`
	Pending token.Pending `json:"pending,omitempty"`
}

// idleAt is when a session that turned now is over unless it turns again.
func (c Customer) idleAt(now time.Time) time.Time {
	idle := SessionIdle
	if len(c.Roles) > 0 {
		idle = StaffIdle
	}
	return now.Add(idle).Truncate(time.Second)
}

func signedIn(c Customer, s Session) SignedIn {
	return SignedIn{Tenant: c.Tenant, Account: c.ID, Session: s.ID, Turn: s.Turn, Since: s.TurnedAt, Until: s.ExpiresAt, Country: c.Country, Roles: c.Roles, Pending: c.Pending()}
}

// LoginOf reads what somebody typed as their name: a mail address, or a username. Usernames with an @ are their owner's
// own address, so that no name can mean two accounts.
func LoginOf(raw string) (Login, bool) {
	if strings.Contains(raw, "@") {
		name, err := NormaliseEmail(raw)
		return Login{ByEmail, name}, err == nil
	}
	name, err := Normalise(raw)
	return Login{ByUsername, name}, err == nil
}

// OnLogin counts an attempt for a login name, whether or not anybody has it.
func OnLogin(raw, mark string) Attempt {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(raw))))
	return Attempt{Kind: OnAccount, Name: "login|" + hex.EncodeToString(sum[:16]), Mark: mark}
}

// Login lets somebody in who says the right name and password, and the code of the second factor if there is one. Whatever
// is wrong takes the same time and is answered alike. The key's fingerprint must not cover the password.
func (g Gate) Login(ctx context.Context, key once.Request, in SignIn) (SignedIn, error) {
	attempts := []Attempt{OnLogin(in.Name, in.Mark), {Kind: FromAddress, Name: in.Address}}
	if err := g.Door.Try(ctx, key.Tenant, attempts...); err != nil {
		return SignedIn{}, err
	}
	c, k, err := g.find(ctx, key.Tenant, in.Name)
	if err != nil {
		return SignedIn{}, err
	}
	if !CheckPassword(in.Password, k.PasswordHash) {
		return SignedIn{}, ErrCredentials
	}
	fresh := false
	out, err := once.Do(ctx, g.Store, key, func(use *once.Use) (SignedIn, error) {
		now := g.Clock.Now().Truncate(time.Millisecond)
		change := Change{Tenant: c.Tenant, Account: c.ID, Use: use, Pardon: attempts}
		if k.SecondFactor.Active() {
			used, err := k.SecondFactor.Use(in.Code, now)
			if err != nil {
				return SignedIn{}, err
			}
			k.SecondFactor = &used
			k.Version++
			change.Credentials = &k
		}
		s := Session{Tenant: c.Tenant, Account: c.ID, ID: id.New[id.Session](id.SessionPrefix, now), Turn: 1, StartedAt: now, TurnedAt: now,
			ExpiresAt: c.idleAt(now), Address: in.Address, Device: clip(in.Device)}
		done := signedIn(c, s)
		if err := use.Answer(done); err != nil {
			return done, err
		}
		change.Start = &s
		change.Events = []event.Envelope{event.New(actingAs(ctx, c), c.Tenant, now, event.SessionStarted{CustomerID: c.ID, SessionID: s.ID})}
		err := g.Store.SaveAccount(ctx, change)
		fresh = err == nil
		if errors.Is(err, fault.ErrStale) { // the same code was used elsewhere in this moment
			return done, ErrSecondFactorWrong
		}
		return done, err
	})
	if err == nil && !fresh { // a repetition, which guessed nothing
		err = g.Store.SaveAccount(ctx, Change{Tenant: c.Tenant, Account: c.ID, Pardon: attempts})
	}
	return out, err
}

// find reads the account of a name. One that does not exist, or is gone, comes out empty: no password fits it. It takes as
// many calls.
func (g Gate) find(ctx context.Context, tenant id.Tenant, raw string) (Customer, Credentials, error) {
	owner := id.Customer("")
	name, valid := LoginOf(raw)
	if !valid {
		name = Login{ByEmail, "nobody"}
	}
	found, err := g.Store.AccountBy(ctx, tenant, name)
	switch {
	case err == nil:
		owner = found
	case !errors.Is(err, ErrUnknown):
		return Customer{}, Credentials{}, err
	}
	c, k, err := g.Store.Account(ctx, tenant, owner)
	if errors.Is(err, ErrUnknown) || err == nil && c.Gone() {
		return Customer{}, Credentials{}, nil
	}
	return c, k, err
}

// actingAs names who signed in as the actor of what the request does: before, nobody knew who it was.
func actingAs(ctx context.Context, c Customer) context.Context {
	trace := event.TraceOf(ctx)
	trace.Actor = "customer:" + string(c.ID)
	if len(c.Roles) > 0 {
		trace.Actor = "staff:" + string(c.ID)
	}
	return event.WithTrace(ctx, trace)
}

// clip keeps a device's name to what a list can show.
func clip(device string) string {
	const most = 200
	if len(device) > most {
		return strings.ToValidUTF8(device[:most], "")
	}
	return strings.ToValidUTF8(device, "")
}
