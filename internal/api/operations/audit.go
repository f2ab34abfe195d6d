package operations

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/history"
	"turnup/internal/platform/rest"
)

// Auditor reads what staff did.
type Auditor interface {
	// Acts reads a page of it, newest first: somebody's or everybody's, from a time on and before another.
	Acts(ctx context.Context, tenant id.Tenant, staff string, from, until time.Time, after string, limit int32) (page []history.Entry, next string, err error)
}

type auditInput struct {
	StaffID string    `query:"staffId" maxLength:"60" pattern:"^[0-9A-Za-z_-]*$" patternDescription:"the id of a member of staff" doc:"Whose acts; by default everybody's" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	From    time.Time `query:"from" doc:"The first moment; by default the beginning" example:"2030-01-01T00:00:00Z"`
	Until   time.Time `query:"until" doc:"The moment after the last; by default now" example:"2030-02-01T00:00:00Z"`
	Limit   int32     `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most acts a page"`
	Cursor  string    `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"QUNUI2V2dF8wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

type auditOutput struct{ Body audit }

type audit struct {
	Acts       []act  `json:"acts" nullable:"false" doc:"Newest first"`
	NextCursor string `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"QUNUI2V2dF8wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

type act struct {
	EventID       id.Event       `json:"eventId" doc:"Id of the event that tells of it" example:"evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	At            time.Time      `json:"at" doc:"When, by the clock of whom it is about" example:"2030-01-01T12:10:00Z"`
	StaffID       string         `json:"staffId" doc:"Who of the staff" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	What          event.Type     `json:"what" doc:"Type of the event" example:"account.verified"`
	CustomerID    id.Customer    `json:"customerId,omitempty" doc:"Whom it is about, a customer or a member of staff; missing where it is nobody" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Why           string         `json:"why,omitempty" doc:"Why, as far as the event says" example:"Showed an identity card at the shop"`
	CorrelationID string         `json:"correlationId" doc:"Names the journey it was part of, also in logs" example:"cor_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Data          map[string]any `json:"data" doc:"What the event says, by its schema; never contact data" example:"{\"customerId\":\"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA\"}"`
}

func (s service) registerAudit(a *rest.API) {
	const customer = "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
	rest.Register(a, rest.Op{
		ID: "listAudit", Method: http.MethodGet, Path: "/admin/audit", Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: Service,
		Summary: "List what staff did, newest first",
		About: "Every event that somebody of the staff made true: who, when, what, why and to whom. It is written within seconds, once, and stays. Changes of plans, groups, coupons and settings have no events and are not in it. " +
			"Go on with the nextCursor while there is one.",
		Faults: []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")},
		Answer: audit{Acts: []act{{"evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC), "stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", event.TypeAccountVerified, customer,
			"Showed an identity card at the shop", "cor_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", map[string]any{"customerId": customer, "by": "staff", "reason": "Showed an identity card at the shop"}}}},
	}, s.audit)
}

func (s service) audit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	found, next, err := s.Store.Acts(ctx, rest.CallerOf(ctx).Tenant, in.StaffID, in.From, in.Until, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := audit{Acts: []act{}, NextCursor: rest.Cursor(next)}
	for _, e := range found {
		shown := act{EventID: e.ID, At: e.At, StaffID: e.Staff(), What: e.Type, CustomerID: e.Customer, Why: e.Why, CorrelationID: e.Correlation}
		if err := json.Unmarshal([]byte(e.Data), &shown.Data); err != nil {
			return nil, fmt.Errorf("operations: data of %s: %w", e.ID, err)
		}
		out.Acts = append(out.Acts, shown)
	}
	return &auditOutput{out}, nil
}
