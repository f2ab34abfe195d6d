// Package network takes what the operator's equipment asks and tells: FreeRADIUS who may dial in and what is used, the access network what
// is wrong with an ONU. Its callers have a key of their own; what they send is never logged.
package network

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/subscriber"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "equipment"

// Subscribers keeps accounts and what they use.
type Subscribers interface {
	Subscriber(ctx context.Context, tenant id.Tenant, username string) (subscriber.Account, error)
	ChangeLive(ctx context.Context, tenant id.Tenant, username string, decide func(subscriber.Account, subscriber.Live) (subscriber.Live, []event.Envelope, error)) error
	Announce(ctx context.Context, events ...event.Envelope) error
}

// RadiusDeps are the parts that speak rlm_rest.
type RadiusDeps struct {
	Store Subscribers
	// Asked and Told read bodies of rlm_rest: what is asked in authorize, without its password, and what is told in accounting.
	Asked, Told func(body []byte, now time.Time) (subscriber.Message, error)
	// Accept is the answer to an account that may dial in at a NAS; Reject the answer to one that may not.
	Accept func(a subscriber.Account, nas string) ([]byte, error)
	Reject func(reason string) []byte
}

type radius struct{ RadiusDeps }

type radiusInput struct {
	RawBody []byte `contentType:"application/json" doc:"The request's attributes as rlm_rest writes them"`
}

type radiusOutput struct {
	Status      int
	ContentType string `header:"Content-Type" doc:"application/json" example:"application/json"`
	Body        []byte
}

// RegisterRadius adds what FreeRADIUS calls to an API.
func RegisterRadius(a *rest.API, d RadiusDeps) {
	r := radius{d}
	attribute := func(kind string, value any) map[string]any {
		return map[string]any{"type": kind, "value": []any{value}}
	}
	rest.Register(a, rest.Op{
		ID: "authorizeSubscriber", Method: http.MethodPost, Path: "/radius/authorize", Audience: rest.Machine, Service: Service, Media: "application/json",
		Summary: "Say whether a subscriber may dial in, and with what",
		About: "For rlm_rest of FreeRADIUS. Who may is answered with the secret to compare, address and bandwidth; who may not, or is not known, with 401 and a Reply-Message: never with 404, " +
			"which rlm_rest does not take for a refusal.",
		Request: map[string]any{"User-Name": attribute("string", "01jd3q6v6k8m4h0wz0v5q3y1xa@demo"), "NAS-Identifier": attribute("string", "bng1")},
		Answer:  map[string]any{"control:Cleartext-Password": map[string]any{"op": ":=", "value": []string{"…"}}, "reply:WISPr-Bandwidth-Max-Down": map[string]any{"op": ":=", "value": []int{300000000}}},
	}, r.authorize)
	rest.Register(a, rest.Op{
		ID: "noteAuthentication", Method: http.MethodPost, Path: "/radius/post-auth", Audience: rest.Machine, Service: Service, Status: http.StatusNoContent,
		Summary: "Take the outcome of an authentication",
		About:   "For rlm_rest of FreeRADIUS. Nothing is kept of it: sessions begin with accounting.",
		Request: map[string]any{"User-Name": attribute("string", "01jd3q6v6k8m4h0wz0v5q3y1xa@demo")},
	}, func(context.Context, *radiusInput) (*struct{}, error) { return nil, nil })
	rest.Register(a, rest.Op{
		ID: "accountSession", Method: http.MethodPost, Path: "/radius/accounting", Audience: rest.Machine, Service: Service, Status: http.StatusNoContent,
		Summary: "Take what a NAS tells of a session",
		About: "For rlm_rest of FreeRADIUS: Start, Interim-Update, Stop, Accounting-On and -Off. It is taken once, however often and in whichever order it comes; anything but 204 makes the NAS send it again. " +
			"What is told of an account that does not exist is taken and dropped.",
		Events: []string{string(event.TypeUsageReached), string(event.TypeAccessChanged), string(event.TypeNASRestarted)},
		Request: map[string]any{"User-Name": attribute("string", "01jd3q6v6k8m4h0wz0v5q3y1xa@demo"), "NAS-Identifier": attribute("string", "bng1"), "Acct-Status-Type": attribute("integer", "Start"),
			"Acct-Session-Id": attribute("string", "0000A1F3"), "Acct-Unique-Session-Id": attribute("string", "29c8d2ae8c89799af76ca3c00614dab6")},
	}, r.account)
}

func (r radius) authorize(ctx context.Context, in *radiusInput) (*radiusOutput, error) {
	m, err := r.Asked(in.RawBody, rest.Arrived(ctx))
	if err != nil {
		return nil, err
	}
	a, err := r.Store.Subscriber(ctx, rest.CallerOf(ctx).Tenant, m.Username)
	switch {
	case errors.Is(err, subscriber.ErrUnknown):
		return rejected(r.Reject("Unknown subscriber")), nil
	case err != nil:
		return nil, err
	case a.Barred != "":
		return rejected(r.Reject(a.Reason())), nil
	}
	body, err := r.Accept(a, m.NAS)
	return &radiusOutput{http.StatusOK, "application/json", body}, err
}

func rejected(body []byte) *radiusOutput {
	return &radiusOutput{http.StatusUnauthorized, "application/json", body}
}

func (r radius) account(ctx context.Context, in *radiusInput) (*struct{}, error) {
	now := rest.Arrived(ctx)
	m, err := r.Told(in.RawBody, now)
	if err != nil {
		return nil, err
	}
	tenant := rest.CallerOf(ctx).Tenant
	if m.Restart {
		return nil, r.Store.Announce(ctx, event.New(ctx, tenant, now, event.NASRestarted{NAS: m.NAS, At: m.Report.At}))
	}
	if m.Report.Kind == "" { // of a kind that is to be acknowledged and left alone
		return nil, nil
	}
	if m.Report.UniqueID == "" || m.Username == "" {
		return nil, fault.ErrInvalid
	}
	err = r.Store.ChangeLive(ctx, tenant, m.Username, func(a subscriber.Account, was subscriber.Live) (subscriber.Live, []event.Envelope, error) {
		is, events, changed := a.Record(ctx, was, m.Report, now)
		if !changed {
			return was, nil, nil
		}
		return is, events, nil
	})
	if errors.Is(err, subscriber.ErrUnknown) { // a terminated line's last words
		return nil, nil
	}
	return nil, err
}
