// Package fault is the one error type that callers of Turnup may see.
//
// A Fault has a kind, which decides how each runtime renders it (HTTP status, SQS retry, Step Functions
// error name), a stable machine code that never changes once published, and a sentence fit to show to a customer.
// Anything that is not a Fault is internal: it is logged and never shown.
//
// The package does not decide what is logged, nor how an answer looks; that is platform/rest, platform/worker and
// platform/task. The page of all codes is README.md beside this file; it is generated from Catalogue.
package fault

import (
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"
)

// Kind classifies a Fault. The zero value is Internal, so a forgotten kind is never shown to a caller.
type Kind int

// The kinds, with the HTTP status each gets.
const (
	Internal        Kind = iota // 500, fixed text; retried by workers
	Invalid                     // 400: the request is wrong, repeating it cannot help
	Mismatch                    // 422: the request contradicts an earlier one (Idempotency-Key reused)
	Unauthenticated             // 401: no valid access token
	PaymentRequired             // 402: the money was refused
	Forbidden                   // 403: a valid token without the right
	NotFound                    // 404: unknown, or not the caller's
	Conflict                    // 409: the state does not allow it
	Gone                        // 410: it expired; begin anew
	TooLarge                    // 413: the body is over the limit
	Precondition                // 412: If-Match names an older version
	Throttled                   // 429 + Retry-After; retried by workers
	Unavailable                 // 503 + Retry-After; retried by workers
)

var statuses = map[Kind]int{
	Internal: 500, Invalid: 400, Mismatch: 422, Unauthenticated: 401, PaymentRequired: 402, Forbidden: 403, NotFound: 404,
	Conflict: 409, Gone: 410, TooLarge: 413, Precondition: 412, Throttled: 429, Unavailable: 503,
}

// Status is the HTTP status of the kind.
func (k Kind) Status() int { return statuses[k] }

// KindOf is the kind of a status that somebody answered; of one that no kind has it is Internal.
func KindOf(status int) Kind {
	for k, s := range statuses {
		if s == status {
			return k
		}
	}
	return Internal
}

// Transient tells whether the same request may succeed later without anybody changing anything.
func (k Kind) Transient() bool { return k == Internal || k == Throttled || k == Unavailable }

// Field says what is wrong with one field of a request.
type Field struct {
	Name    string `json:"field" doc:"Path of the field, for example body.contact.email" example:"body.contact.email"`
	Message string `json:"message" doc:"What is wrong with it" example:"expected string to be RFC 5322 email"`
}

// Fault is an error with a stable code. Compare with errors.Is against the declared value: two Faults are the same
// when their codes are.
type Fault struct {
	Kind       Kind
	Code       string            // stable, snake_case
	Message    string            // for the customer: no ids of internals, no jargon
	Acts       string            // who does something about it: customer, integrator, operator
	Fields     []Field           // which fields, for Invalid
	Details    map[string]string // facts a front end acts on, for example loginUrl or reason
	RetryAfter time.Duration     // for Throttled and Unavailable
	cause      error
}

var catalogue = struct {
	sync.Mutex
	byCode map[string]*Fault
}{byCode: map[string]*Fault{}}

// New declares a fault. It panics on a code declared twice: codes are a published contract.
// acts names who can do something about it ("customer", "integrator", "operator").
func New(kind Kind, code, message, acts string) *Fault {
	f := &Fault{Kind: kind, Code: code, Message: message, Acts: acts}
	catalogue.Lock()
	defer catalogue.Unlock()
	if _, taken := catalogue.byCode[code]; taken {
		panic("fault: code declared twice: " + code)
	}
	catalogue.byCode[code] = f
	return f
}

// Catalogue lists every declared fault by code.
func Catalogue() []*Fault {
	catalogue.Lock()
	defer catalogue.Unlock()
	all := make([]*Fault, 0, len(catalogue.byCode))
	for _, f := range catalogue.byCode {
		all = append(all, f)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Code < all[j].Code })
	return all
}

func (f *Fault) Error() string {
	if f.cause != nil {
		return fmt.Sprintf("%s: %s: %v", f.Code, f.Message, f.cause)
	}
	return f.Code + ": " + f.Message
}

// Unwrap gives the cause, which is for the log only.
func (f *Fault) Unwrap() error { return f.cause }

// Is makes every copy of a declared fault equal to it.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Code == f.Code
}

// Because returns a copy with the internal cause, for the log.
func (f *Fault) Because(cause error) *Fault {
	c := *f
	c.cause = cause
	return &c
}

// With returns a copy with one more detail for the caller.
func (f *Fault) With(name, value string) *Fault {
	c := *f
	c.Details = map[string]string{name: value}
	for k, v := range f.Details {
		if k != name {
			c.Details[k] = v
		}
	}
	return &c
}

// Naming returns a copy that names one more field.
func (f *Fault) Naming(field, message string) *Fault {
	c := *f
	c.Fields = append(append([]Field(nil), f.Fields...), Field{Name: field, Message: message})
	return &c
}

// After returns a copy that tells when to try again.
func (f *Fault) After(d time.Duration) *Fault {
	c := *f
	c.RetryAfter = d
	return &c
}

// Of finds the fault in an error chain; nil means the error is internal.
func Of(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// Transient tells whether an error deserves another try: everything that is not a Fault does.
func Transient(err error) bool {
	f := Of(err)
	return f == nil || f.Kind.Transient()
}

// The faults every endpoint may answer.
var (
	ErrInternal     = New(Internal, "internal", "Something went wrong on our side. Please try again.", "operator")
	ErrInvalid      = New(Invalid, "invalid_request", "The request is not valid.", "integrator")
	ErrTooLarge     = New(TooLarge, "request_too_large", "The request body is too large.", "integrator")
	ErrCursor       = New(Invalid, "cursor_invalid", "The page you asked for does not exist. Start again from the first page.", "integrator")
	ErrNotFound     = New(NotFound, "not_found", "There is no such resource.", "integrator")
	ErrMethod       = New(NotFound, "route_not_found", "There is no such endpoint.", "integrator")
	ErrTokenMissing = New(Unauthenticated, "unauthenticated", "Please sign in.", "customer")
	ErrForbidden    = New(Forbidden, "forbidden", "You may not do this.", "integrator")
	ErrThrottled    = New(Throttled, "too_many_requests", "Too many requests. Please wait a moment.", "customer")
	ErrUnavailable  = New(Unavailable, "temporarily_unavailable", "The service is busy. Please try again in a moment.", "operator")
	ErrStale        = New(Precondition, "version_mismatch", "Somebody changed this meanwhile. Please read it again.", "integrator")
	ErrKeyMissing   = New(Invalid, "idempotency_key_missing", "The Idempotency-Key header is required: 1 to 200 visible ASCII characters.", "integrator")
	ErrKeyReused    = New(Mismatch, "idempotency_key_reused", "This Idempotency-Key was used for another request.", "integrator")
)
