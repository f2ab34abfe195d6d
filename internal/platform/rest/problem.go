package rest

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"turnup/internal/base/fault"
	"turnup/internal/platform/gateway"
)

// Problem is the body of every error answer (RFC 9457).
type Problem struct {
	Type      string            `json:"type" doc:"URI of the fault" example:"urn:turnup:fault:username_exists"`
	Title     string            `json:"title" doc:"HTTP status text" example:"Conflict"`
	Status    int               `json:"status" doc:"HTTP status" example:"409"`
	Code      string            `json:"code" doc:"Stable machine code" example:"username_exists"`
	Detail    string            `json:"detail" doc:"Sentence fit to show to the customer" example:"This username is taken."`
	Fields    []fault.Field     `json:"fields,omitempty" nullable:"false" doc:"Which fields are wrong"`
	Details   map[string]string `json:"details,omitempty" doc:"Facts to act on, by name" example:"{\"loginUrl\":\"http://localhost:3000/login\"}"`
	RequestID string            `json:"requestId" doc:"Quote it when you ask for support" example:"01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	after     time.Duration
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is huma's way to learn the status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is huma's way to learn the media type.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders is huma's way to learn the headers.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.after > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.after.Seconds()))))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

func render(ctx context.Context, f *fault.Fault) *Problem {
	return &Problem{
		Type: "urn:turnup:fault:" + f.Code, Title: http.StatusText(f.Kind.Status()), Status: f.Kind.Status(), Code: f.Code,
		Detail: f.Message, Fields: f.Fields, Details: f.Details, RequestID: RequestID(ctx), after: gateway.RetryAfter(f),
	}
}

// problemOf renders an operation's error; what the caller does not see is logged.
func problemOf(ctx context.Context, err error) *Problem {
	return render(ctx, gateway.FaultOf(ctx, err))
}

func writeHumaProblem(hc huma.Context, err error) {
	p := problemOf(hc.Context(), err)
	for name, values := range p.GetHeaders() {
		hc.SetHeader(name, values[0])
	}
	hc.SetHeader("Content-Type", p.ContentType(""))
	hc.SetStatus(p.Status)
	_ = json.NewEncoder(hc.BodyWriter()).Encode(p) // the client is gone when this fails
}

func writeProblem(w http.ResponseWriter, r *http.Request, f *fault.Fault) {
	p := problemOf(r.Context(), f)
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// huma's own refusals (validation, media types, body size) become faults too.
func init() {
	huma.NewErrorWithContext = func(hc huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return problemOf(hc.Context(), refusal(status, msg, errs))
	}
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return render(context.Background(), refusal(status, msg, errs))
	}
}

func refusal(status int, msg string, errs []error) *fault.Fault {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return fault.ErrTooLarge
	case status >= http.StatusInternalServerError:
		return fault.ErrInternal.Because(errors.Join(append([]error{errors.New(msg)}, errs...)...))
	}
	f := fault.ErrInvalid
	for _, err := range errs {
		var d huma.ErrorDetailer
		if errors.As(err, &d) {
			f = f.Naming(d.ErrorDetail().Location, harmless(d.ErrorDetail().Message)) // never the value: it may be a password
		} else if err != nil {
			f = f.Naming("body", "cannot be read as JSON")
		}
	}
	if len(errs) == 0 {
		f = f.Naming("request", msg)
	}
	return f
}

// harmless keeps what huma's own validation says, which names the rule only. What a decoder says may hold a piece of
// the body, and names of our types.
func harmless(message string) string {
	for _, decoder := range []string{"json: ", "invalid character", "unexpected end", "unexpected EOF", "cbor", "unknown content type", "strconv", "parsing time"} {
		if strings.Contains(message, decoder) {
			return "cannot be read as JSON of this shape"
		}
	}
	return message
}
