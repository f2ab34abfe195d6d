package rest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/platform/gateway"
)

// Caller is who sent the request.
type Caller struct {
	Tenant   id.Tenant
	Customer id.Customer // empty for public and staff operations
	Country  string      // of the customer
	Staff    string      // who of the staff; empty for everybody else
	Roles    []string    // of the staff
	Session  id.Session  // of a customer or staff; empty of a token that belongs to none
	Address  string      // source IP as the gateway saw it
	Device   string      // User-Agent
}

type (
	callerKey  struct{}
	onceKey    struct{}
	arrivalKey struct{}
	tokenKey   struct{}
)

// Account is whose account the caller signed in to; empty of who did not.
func (c Caller) Account() id.Customer {
	if c.Staff != "" {
		return id.Customer(c.Staff)
	}
	return c.Customer
}

// actor names the caller in the events of what they do.
func (c Caller) actor(a Audience) string {
	switch {
	case c.Customer != "":
		return "customer:" + string(c.Customer)
	case c.Staff != "":
		return "staff:" + c.Staff
	case a == Provider:
		return "provider:stripe"
	case a == Machine:
		return "machine:network"
	}
	return "anonymous"
}

// CallerOf reads who sent the request. It panics outside an operation.
func CallerOf(ctx context.Context) Caller { return ctx.Value(callerKey{}).(Caller) }

// Arrived is when the request reached the function.
func Arrived(ctx context.Context) time.Time { return ctx.Value(arrivalKey{}).(time.Time) }

// admit lets a request through to its operation or answers the fault: token first, then the Idempotency-Key.
func (a *API) admit(op Op) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		caller, err := a.identify(hc, op)
		if err == nil && needsKey(op) && !validKey(hc.Header(keyHeader)) {
			err = fault.ErrKeyMissing
		}
		if err != nil {
			writeHumaProblem(hc, err)
			return
		}
		ctx := context.WithValue(hc.Context(), callerKey{}, caller)
		ctx = context.WithValue(ctx, arrivalKey{}, a.opts.Clock.Now())
		ctx = context.WithValue(ctx, onceKey{}, hc.Header(keyHeader))
		if op.Audience.SignedIn() {
			ctx = context.WithValue(ctx, tokenKey{}, hc.Header("Authorization"))
		}
		trace := event.TraceOf(ctx)
		trace.Actor = caller.actor(op.Audience)
		ctx = event.WithTrace(ctx, trace)
		noteCaller(ctx, op.ID, caller)
		next(huma.WithContext(hc, ctx))
	}
}

func (a *API) identify(hc huma.Context, op Op) (Caller, error) {
	address := gateway.Address(hc.Context(), hc.RemoteAddr())
	if visitor := a.opts.Visitors.Visitor(hc.Header(gateway.VisitorHeader), a.opts.Clock.Now()); visitor != "" {
		address = visitor
	}
	if op.Audience == Public || op.Audience == Provider {
		return Caller{Tenant: a.opts.Tenant, Address: address, Device: hc.Header("User-Agent")}, nil
	}
	if op.Audience == Machine {
		tenant, err := a.opts.Machines.tenant(hc.Header(MachineHeader))
		return Caller{Tenant: tenant, Address: address, Device: hc.Header("User-Agent")}, err
	}
	if !op.Audience.SignedIn() {
		return Caller{}, fault.ErrForbidden
	}
	claims, err := a.verify(hc, op.Audience)
	if err != nil {
		return Caller{}, err
	}
	caller := Caller{Tenant: claims.Tenant, Session: claims.Session, Address: address, Device: hc.Header("User-Agent")}
	if claims.Audience[0] == token.CustomerAudience { // the one that was verified: our tokens have no other
		caller.Customer, caller.Country = id.Customer(claims.Subject), claims.Country
		if !op.Admits(claims.Pending) {
			err = claims.Pending.Bar()
		}
		return caller, err
	}
	caller.Staff, caller.Roles = claims.Subject, claims.Roles
	if !slices.ContainsFunc(claims.Roles, func(r string) bool { return slices.Contains(op.Roles, r) }) {
		err = fault.ErrForbidden
	}
	return caller, err
}

// verify reads the access token of a request.
func (a *API) verify(hc huma.Context, audience Audience) (token.Claims, error) {
	scheme, raw, ok := strings.Cut(hc.Header("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || a.opts.Verifier == nil {
		return token.Claims{}, fault.ErrTokenMissing
	}
	return a.opts.Verifier.Verify(raw, audience.tokens()...)
}

const keyHeader = "Idempotency-Key"

// needsKey: every POST but a message's, which can be told from its repetition by what is in it.
func needsKey(op Op) bool { return op.Method == http.MethodPost && !op.message() }

// NeedsKey tells whether callers send an Idempotency-Key.
func (op Op) NeedsKey() bool { return needsKey(op) }

func validKey(key string) bool {
	if len(key) == 0 || len(key) > 200 {
		return false
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

func keyParameter() *huma.Param {
	low, high := 1, 200
	return &huma.Param{Name: keyHeader, In: "header", Required: true,
		Description: "Chosen by you, new for each purpose (a UUID). Repeating the request with the same key gives the first answer; the same key with another body is refused. Remembered for 48 hours.",
		Example:     "7c4e9f9e-3a51-4a0e-9a43-0f2b8f7d9a10", Schema: &huma.Schema{Type: "string", MinLength: &low, MaxLength: &high, Pattern: "^[!-~]+$"}}
}

// Once identifies this request for package once. input is what the fingerprint covers: the decoded input without
// secrets.
func Once(ctx context.Context, operation string, input any) once.Request {
	caller := CallerOf(ctx)
	who := "anonymous"
	switch {
	case caller.Customer != "":
		who = string(caller.Customer)
	case caller.Staff != "":
		who = "staff|" + caller.Staff // apart from customers, whatever staff are called
	}
	key, _ := ctx.Value(onceKey{}).(string)
	return once.Request{Tenant: caller.Tenant, Caller: who, Key: key, Fingerprint: once.Fingerprint(operation, input)}
}

// Mark names what a signed-in caller says in a request without telling it: the same under the same Idempotency-Key has the same
// mark. It is keyed by the access token, which is kept nowhere, so that it may be kept itself: nobody can try out passwords
// on it. With another access token the mark is another one. Where there is no token there is no mark, which is "".
func Mark(ctx context.Context, said ...string) string {
	secret, _ := ctx.Value(tokenKey{}).(string)
	if secret == "" {
		return ""
	}
	mac := hmac.New(sha256.New, []byte(secret))
	key, _ := ctx.Value(onceKey{}).(string)
	for _, part := range append([]string{key}, said...) {
		fmt.Fprintf(mac, "%d:%s", len(part), part) // lengths keep parts apart
	}
	return hex.EncodeToString(mac.Sum(nil))
}
