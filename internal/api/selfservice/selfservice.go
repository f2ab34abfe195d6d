// Package selfservice is what people who are signed in do with their own account: see it, end its sessions, change password
// and mail address, and ask for a second factor at sign-in. Customers and staff have accounts of one kind.
package selfservice

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "account"

// Store is what the service reads itself.
type Store interface {
	// Sessions lists an account's sessions, the newest first, also such that are over.
	Sessions(ctx context.Context, tenant id.Tenant, account id.Customer, after string, limit int32) (page []account.Session, next string, err error)
	// Now is the time by a customer's clock.
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
}

// Deps are the parts the service works with.
type Deps struct {
	Security account.Security
	Store    Store
	Clock    clock.Clock
	Brand    string // by which authenticators list the account
}

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerGet(a)
	s.registerSessions(a)
	s.registerEnding(a)
	s.registerPassword(a)
	s.registerEmail(a)
	s.registerSecondFactor(a)
}

// own declares an operation about the caller's own account. early is what may be pending for a customer.
func own(op rest.Op, early token.Pending) rest.Op {
	op.Audience, op.Roles, op.Early, op.Service = rest.Person, token.Roles, early, Service
	op.Faults = append([]*fault.Fault{account.ErrUnknown}, op.Faults...)
	return op
}

// proving declares an operation that asks for a proof again.
func proving(op rest.Op) rest.Op {
	op = own(op, token.Profile)
	op.Method = http.MethodPost
	op.Faults = append(op.Faults, fault.ErrThrottled.After(time.Minute))
	return op
}

// asked is the request of the caller, without proofs.
func asked(ctx context.Context) account.Asked {
	caller := rest.CallerOf(ctx)
	return account.Asked{Key: once.Request{Tenant: caller.Tenant}, Account: caller.Account(), Session: caller.Session}
}

// proven is the request of the caller under its Idempotency-Key. input is what may be kept of it, without passwords; what they
// say to show that it is them is in the mark.
func proven(ctx context.Context, operation string, input any, password, code string, more ...string) account.Asked {
	a := asked(ctx)
	a.Key, a.Password, a.Code = rest.Once(ctx, operation, input), password, code
	a.Mark = rest.Mark(ctx, append([]string{operation, password, code}, more...)...)
	return a
}

type view struct {
	AccountID    id.Customer    `json:"accountId" doc:"Id of the account: of customers their customer id" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Email        string         `json:"email" doc:"Where mails go, and a name to sign in by" example:"ada@example.com"`
	EmailWaiting string         `json:"emailWaiting,omitempty" doc:"A new mail address that waits to be confirmed by the link that was sent there" example:"ada.lovelace@example.com"`
	Username     string         `json:"username,omitempty" doc:"Another name to sign in by" example:"ada.lovelace"`
	Status       account.Status `json:"status" enum:"unverified,active" doc:"unverified: the mail address is to be confirmed" example:"active"`
	Pending      token.Pending  `json:"pending,omitempty" enum:"verification,profile" doc:"What is left to do before one can buy" example:"profile"`
	SecondFactor factorView     `json:"secondFactor" doc:"Whether sign-in asks for a code"`
	ChangedAt    *time.Time     `json:"passwordChangedAt,omitempty" doc:"When the password was chosen" example:"2030-01-01T12:00:00Z"`
}

type factorView struct {
	Active            bool `json:"active" doc:"Whether sign-in asks for a code" example:"true"`
	RecoveryCodesLeft int  `json:"recoveryCodesLeft" doc:"How many recovery codes are not used up" example:"10"`
}

type accountOutput struct {
	Body view
}

func (s service) registerGet(a *rest.API) {
	at := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	rest.Register(a, own(rest.Op{
		ID: "getAccount", Method: http.MethodGet, Path: "/auth/account",
		Summary: "Read one's account",
		About:   "How one signs in, and what is left to do before one can buy.",
		Answer:  view{AccountID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Email: "ada@example.com", Username: "ada.lovelace", Status: account.Active, SecondFactor: factorView{true, 10}, ChangedAt: &at},
		Variants: map[string]any{"new": view{AccountID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Email: "ada@example.com", Status: account.Unverified,
			Pending: token.Verification, ChangedAt: &at}},
	}, token.Verification), s.getAccount)
}

func (s service) getAccount(ctx context.Context, _ *struct{}) (*accountOutput, error) {
	o, err := s.Security.Read(ctx, asked(ctx))
	if err != nil {
		return nil, err
	}
	now, err := s.Store.Now(ctx, o.Customer.Tenant, o.Customer.TestClock)
	if err != nil {
		return nil, err
	}
	c, k := o.Customer, o.Credentials
	out := view{AccountID: c.ID, Email: c.Email, EmailWaiting: o.EmailWaiting(now), Username: c.Username, Status: c.Status,
		SecondFactor: factorView{k.SecondFactor.Active(), k.SecondFactor.RecoveryLeft()}}
	if len(c.Roles) == 0 {
		out.Pending = c.Pending()
	}
	if !k.ChangedAt.IsZero() {
		out.ChangedAt = &k.ChangedAt
	}
	return &accountOutput{out}, nil
}
