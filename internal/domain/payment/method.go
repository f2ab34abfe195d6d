// Package payment owns payment methods and payment attempts: setting a card up on the PSP's page, charging it, and
// settling what came of it, whichever of answer, browser return, webhook or reconciliation tells first.
//
// It does not own prices (cart), orders or contracts: the store records those with a settled payment in one
// transaction. Card numbers never come here.
package payment

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
)

// The faults of payment methods.
var (
	ErrMethodUnknown    = fault.New(fault.NotFound, "payment_method_not_found", "There is no such payment method.", "integrator")
	ErrNotAuthenticated = fault.New(fault.Conflict, "payment_method_not_authenticated", "The card was not confirmed by your bank. Please try again or use another card.", "customer")
	ErrSessionExpired   = fault.New(fault.Gone, "payment_session_expired", "The payment page has expired. Please start again.", "customer")
	ErrResultForged     = fault.New(fault.Invalid, "payment_result_mismatch", "This result does not belong to this payment method.", "integrator")
	ErrReturnURL        = fault.New(fault.Invalid, "return_url_not_allowed", "The return address is not allowed.", "integrator")
	ErrPSPUnavailable   = fault.New(fault.Unavailable, "payment_provider_unavailable", "The payment provider cannot be reached. Please try again in a moment.", "operator")
)

// SetupWindow is how long the customer has on the PSP's page: Stripe's shortest, plus a minute for clocks that differ.
const SetupWindow = 31 * time.Minute

// MethodState of a payment method.
type MethodState string

// The states.
const (
	MethodPending   MethodState = "pending"
	MethodConfirmed MethodState = "confirmed"
	MethodExpired   MethodState = "expired"
	MethodRemoved   MethodState = "removed" // by the customer; its row is there until the PSP has forgotten the card
)

// Card is what may be shown of a card.
type Card struct {
	Brand    string `json:"brand" dynamodbav:"brand" example:"visa"`
	Last4    string `json:"last4" dynamodbav:"last4" example:"4242"`
	ExpMonth int64  `json:"expMonth" dynamodbav:"expMonth" example:"12"`
	ExpYear  int64  `json:"expYear" dynamodbav:"expYear" example:"2034"`
}

// String shows the card for people: "visa •••• 4242".
func (c Card) String() string { return c.Brand + " •••• " + c.Last4 }

// Method is a payment method of a customer, pending under its Reference until the PSP vouches for it.
type Method struct {
	Tenant      id.Tenant
	Customer    id.Customer
	Reference   id.Reference
	State       MethodState
	SessionID   string // the PSP's setup session
	RedirectURL string
	PSPCustomer string
	PSPMethod   string // the PSP's id, when confirmed
	Card        Card   // when confirmed
	CreatedAt   time.Time
	ExpiresAt   time.Time // of the session
	ConfirmedAt time.Time
}

// ID is the id at checkout. It exists only for confirmed methods.
func (m Method) ID() id.Method {
	if m.State != MethodConfirmed {
		return ""
	}
	return id.Swap[id.Method](m.Reference, id.ReferencePrefix, id.MethodPrefix)
}

// MethodStore keeps payment methods.
type MethodStore interface {
	once.Memory
	// PSPCustomer reads the PSP's customer of ours; empty when there is none yet, ErrErased when our customer is erased.
	PSPCustomer(ctx context.Context, tenant id.Tenant, customer id.Customer) (string, error)
	// AddMethod writes a pending method and the key in one transaction, and the PSP's customer when it is new.
	AddMethod(ctx context.Context, use *once.Use, m Method, newPSPCustomer bool) error
	// Method reads one; unknown or another customer's is ErrMethodUnknown.
	Method(ctx context.Context, tenant id.Tenant, customer id.Customer, ref id.Reference) (Method, error)
	// CloseMethod writes the end of a pending method, with the key that asked for it if any. One that has ended
	// already is left alone and not an error.
	CloseMethod(ctx context.Context, use *once.Use, m Method) error
}

// Setup sets up payment methods.
type Setup struct {
	Store   MethodStore
	PSP     SetupProvider
	Clock   clock.Clock
	Origins []string // allowed scheme://host[:port] of return addresses
}

// Begin opens a session on the PSP's page for a new pending method.
func (s Setup) Begin(ctx context.Context, key once.Request, tenant id.Tenant, customer id.Customer, returnURL, language string) (Method, error) {
	if !ReturnAllowed(returnURL, s.Origins) {
		return Method{}, ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins")
	}
	return once.Do(ctx, s.Store, key, func(use *once.Use) (Method, error) {
		now := s.Clock.Now().Truncate(time.Second)
		pspCustomer, err := s.Store.PSPCustomer(ctx, tenant, customer)
		first := pspCustomer == ""
		if err == nil && first {
			pspCustomer, err = s.PSP.CreateCustomer(ctx, tenant, customer)
		}
		if err != nil {
			return Method{}, unreachable(err)
		}
		m := Method{Tenant: tenant, Customer: customer, Reference: id.New[id.Reference](id.ReferencePrefix, now), State: MethodPending,
			PSPCustomer: pspCustomer, CreatedAt: now, ExpiresAt: now.Add(SetupWindow)}
		back := withQuery(returnURL, "reference", string(m.Reference))
		session, err := s.PSP.StartSetup(ctx, SetupRequest{Tenant: tenant, Customer: customer, Reference: m.Reference, PSPCustomer: pspCustomer,
			ReturnURL: back, CancelURL: withQuery(back, "cancelled", "true"), Expires: m.ExpiresAt, Language: language})
		if err != nil {
			return Method{}, unreachable(err)
		}
		m.SessionID, m.RedirectURL = session.ID, session.URL
		if err := use.Answer(m); err != nil {
			return m, err
		}
		return m, s.Store.AddMethod(ctx, use, m, first)
	})
}

// Confirm settles a pending method with the PSP. sessionID is what the browser brought back; it must be the method's
// own, and is no proof of anything.
func (s Setup) Confirm(ctx context.Context, key once.Request, tenant id.Tenant, customer id.Customer, ref id.Reference, sessionID string) (Method, error) {
	return once.Do(ctx, s.Store, key, func(use *once.Use) (Method, error) {
		m, err := s.Store.Method(ctx, tenant, customer, ref)
		if err != nil {
			return m, err
		}
		if sessionID != m.SessionID {
			return m, ErrResultForged.Naming("body.sessionId", "not the session of this reference")
		}
		return s.settle(ctx, use, m)
	})
}

// Notified settles the method of a session the PSP told of. Sessions we do not know are another system's, or their method
// was never written; they are ignored. Nobody can have completed one of ours before it was written: its address is
// answered only after that.
func (s Setup) Notified(ctx context.Context, told SetupSession) error {
	m, err := s.Store.Method(ctx, told.Tenant, told.Customer, told.Reference)
	if errors.Is(err, ErrMethodUnknown) || err == nil && m.SessionID != told.ID {
		slog.WarnContext(ctx, "webhook of an unknown session", "reference", told.Reference, "session", told.ID)
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.settle(ctx, nil, m)
	if f := fault.Of(err); f != nil && !f.Kind.Transient() {
		return nil // not confirmed (yet): nothing to tell the PSP
	}
	return err
}

// settle asks the PSP and writes what it says. use is nil when no key asked for it.
func (s Setup) settle(ctx context.Context, use *once.Use, m Method) (Method, error) {
	switch m.State {
	case MethodConfirmed:
		return m, nil
	case MethodExpired:
		return m, ErrSessionExpired
	case MethodRemoved:
		return m, ErrMethodUnknown
	}
	session, err := s.PSP.Setup(ctx, m.SessionID)
	if err != nil {
		return m, unreachable(err)
	}
	if session.Reference != m.Reference || session.Customer != m.Customer {
		return m, ErrResultForged
	}
	switch session.State {
	case SetupComplete:
		m.State, m.PSPMethod, m.Card, m.ConfirmedAt = MethodConfirmed, session.Method, session.Card, s.Clock.Now().Truncate(time.Second)
		if use != nil {
			if err := use.Answer(m); err != nil {
				return m, err
			}
		}
		return m, s.Store.CloseMethod(ctx, use, m)
	case SetupExpired:
		m.State = MethodExpired
		if err := s.Store.CloseMethod(ctx, nil, m); err != nil { // an expiry is no answer to remember
			return m, err
		}
		return m, ErrSessionExpired
	}
	return m, ErrNotAuthenticated
}

// unreachable turns any failure to talk to the PSP about a method into the retryable fault: setting up moves no money,
// so an unknown outcome may simply be tried again.
func unreachable(err error) error {
	if fault.Of(err) != nil {
		return err
	}
	return ErrPSPUnavailable.Because(err)
}

// ReturnAllowed tells whether an address the customer shall come back to is on one of the allowed origins
// (scheme://host[:port]); anything else would make us an open redirect.
func ReturnAllowed(raw string, origins []string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.User == nil && u.Host != "" && u.Fragment == "" && slices.Contains(origins, u.Scheme+"://"+u.Host)
}

func withQuery(raw, name, value string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw // checked by allowed
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// causedBy keeps the correlation of the customer's own request when something else settles it later. Who acts stays who it is.
func causedBy(ctx context.Context, correlation, causation string) context.Context {
	trace := event.TraceOf(ctx)
	trace.Correlation, trace.Causation = correlation, cmp.Or(trace.Causation, causation)
	return event.WithTrace(ctx, trace)
}
