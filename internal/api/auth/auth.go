// Package auth is the authentication service for who is not signed in (yet): registering with a mail address, confirming it,
// signing in, keeping a session going, and a new password for who forgot the old one. It alone signs the tokens of sessions.
//
// Nothing here tells whether an account exists, with one exception that the journey asks for: registering an address that is
// taken is a conflict. Who collects such conflicts is slowed down.
package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/testclock"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "authentication"

// The budgets of who asks for mails, for one mail address and for one caller, and of who meets taken addresses.
const (
	MailBudget      = 5
	MailWindow      = time.Hour
	AddressBudget   = 120
	AddressWindow   = time.Minute
	ConflictsBudget = 30
)

// Store keeps accounts and sessions, and counts calls.
type Store interface {
	account.SessionKeeper
	account.Doorkeeper
	// Spend counts a call against a budget; fault.ErrThrottled when it is used up.
	Spend(ctx context.Context, tenant id.Tenant, what, caller string, budget int, window time.Duration) error
	// SpendOnce counts a request, and its repetitions under one key as one.
	SpendOnce(ctx context.Context, r once.Request, what, caller string, budget int, window time.Duration) error
	// TestClock reads a test clock; an unknown one is testclock.ErrUnknown.
	TestClock(ctx context.Context, tenant id.Tenant, clock id.TestClock) (testclock.Clock, error)
	// Attaching keeps accounts that live by a test clock from their beginning.
	Attaching(c testclock.Clock) account.Keeper
}

// Deps are the parts the service works with.
type Deps struct {
	Store    Store
	Clock    clock.Clock
	Signer   *token.Signer
	Verifier *token.Verifier // of refresh tokens
	Links    *token.LinkKeys
	Sandbox  bool // whether there are test clocks
}

type service struct {
	Deps
	gate account.Gate
}

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d, account.Gate{Store: d.Store, Door: d.Store, Clock: d.Clock}}
	s.registerRegister(a)
	s.registerVerify(a)
	s.registerResend(a)
	s.registerLogin(a)
	s.registerRefresh(a)
	s.registerForgot(a)
	s.registerReset(a)
	s.registerConfirmEmail(a)
}

// session is what signing in and refreshing answer.
type session struct {
	AccountID        id.Customer   `json:"accountId" doc:"Whose session it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	SessionID        id.Session    `json:"sessionId" doc:"Id of the session" example:"ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	AccessToken      string        `json:"accessToken" doc:"Send it as Authorization: Bearer" example:"eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl"`
	ExpiresAt        time.Time     `json:"expiresAt" doc:"When the access token ends" example:"2030-01-01T12:15:00Z"`
	RefreshToken     string        `json:"refreshToken" doc:"Good once, for the next access token; keep it where no script reads it" example:"eyJhbGciOiJFZERTQSIsInR5cCI6InJ0K2p3dCJ9.e30.c2lnbmF0dXJl"`
	RefreshExpiresAt time.Time     `json:"refreshExpiresAt" doc:"When the session ends if it is not refreshed" example:"2030-01-31T12:00:00Z"`
	Pending          token.Pending `json:"pending,omitempty" enum:"verification,profile" doc:"What is to be done before anything can be bought; refresh the session afterwards" example:"profile"`
	Roles            []string      `json:"roles,omitempty" nullable:"false" doc:"Of staff" example:"[\"support\"]"`
}

var exampleSession = session{AccountID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", SessionID: "ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
	AccessToken: "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl", ExpiresAt: time.Date(2030, 1, 1, 12, 15, 0, 0, time.UTC),
	RefreshToken: "eyJhbGciOiJFZERTQSIsInR5cCI6InJ0K2p3dCJ9.e30.c2lnbmF0dXJl", RefreshExpiresAt: time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)}

type sessionOutput struct {
	Body session
}

// tokens signs the tokens of a session's turn. The same turn gives the same tokens.
func (s service) tokens(in account.SignedIn) (*sessionOutput, error) {
	claims, audience := token.Claims{Tenant: in.Tenant, Country: in.Country, Session: in.Session, Pending: in.Pending}, token.CustomerAudience
	if len(in.Roles) > 0 {
		claims, audience = token.Claims{Tenant: in.Tenant, Roles: in.Roles, Session: in.Session}, token.StaffAudience
	}
	access, expires, err := s.Signer.Access(claims, string(in.Account), audience, in.Since, token.SessionLifetime)
	if err != nil {
		return nil, err
	}
	refresh, err := s.Signer.RefreshToken(token.Refresh{Tenant: in.Tenant, Account: in.Account, Session: in.Session, Turn: in.Turn, Expires: in.Until})
	return &sessionOutput{session{AccountID: in.Account, SessionID: in.Session, AccessToken: access, ExpiresAt: expires, RefreshToken: refresh,
		RefreshExpiresAt: in.Until, Pending: claims.Pending, Roles: in.Roles}}, err
}

// hidden tells mail addresses apart in a counter's key without saying what they are.
func hidden(email string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(email))))
	return hex.EncodeToString(sum[:16])
}
