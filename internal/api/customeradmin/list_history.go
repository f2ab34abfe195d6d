package customeradmin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/history"
	"turnup/internal/platform/rest"
)

type historyInput struct {
	CustomerPath
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most entries a page"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"RVZFTlQjZXZ0XzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

type historyOutput struct {
	Body trail
}

type trail struct {
	Entries    []entry `json:"entries" nullable:"false" doc:"Newest first"`
	NextCursor string  `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"RVZFTlQjZXZ0XzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

type entry struct {
	EventID       id.Event       `json:"eventId" doc:"Id of the event" example:"evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	What          event.Type     `json:"what" doc:"Type of the event" example:"customer.updated"`
	At            time.Time      `json:"at" doc:"When it became true" example:"2030-01-01T12:10:00Z"`
	Who           string         `json:"who,omitempty" doc:"Who made it true: customer:<id>, staff:<who>, system:<function>, provider:<which>, machine:<which> or anonymous" example:"staff:stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Why           string         `json:"why,omitempty" doc:"Why or how, as far as the event says" example:"user"`
	CorrelationID string         `json:"correlationId" doc:"Names the journey it was part of, also in logs" example:"cor_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	CausationID   string         `json:"causationId" doc:"The request or event that led to it" example:"01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Data          map[string]any `json:"data" doc:"What the event says, by its schema; never contact data" example:"{\"customerId\":\"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA\",\"fields\":[\"tier\"]}"`
}

func (s service) registerHistory(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listHistory", Method: http.MethodGet, Path: "/admin/customers/{customerId}/history", Audience: rest.Staff,
		Roles: []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling, token.RoleNetwork}, Service: Service,
		Summary: "List what happened to a customer, newest first",
		About: "Every event about the customer: what, when, who and why. It is written within seconds, once, and stays when the customer is erased. " +
			"Go on with the nextCursor while there is one.",
		Faults: []*fault.Fault{account.ErrUnknown, fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")},
		Answer: trail{Entries: []entry{{EventID: "evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", What: event.TypeCustomerUpdated, At: time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC),
			Who: "staff:stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", CorrelationID: "cor_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", CausationID: "01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
			Data: map[string]any{"customerId": "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "fields": []string{"tier", "groups"}}}}},
	}, s.listHistory)
}

func (s service) listHistory(ctx context.Context, in *historyInput) (*historyOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	tenant := rest.CallerOf(ctx).Tenant
	found, next, err := s.Store.History(ctx, tenant, in.CustomerID, after, in.Limit)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		if err := s.known(ctx, tenant, in.CustomerID); err != nil {
			return nil, err
		}
	}
	out := trail{Entries: []entry{}, NextCursor: rest.Cursor(next)}
	for _, e := range found {
		shown, err := entryOf(e)
		if err != nil {
			return nil, err
		}
		out.Entries = append(out.Entries, shown)
	}
	return &historyOutput{out}, nil
}

// known tells a customer of whom nothing is recorded yet from one there is not.
func (s service) known(ctx context.Context, tenant id.Tenant, customer id.Customer) error {
	_, err := s.Store.Customer(ctx, tenant, customer)
	if errors.Is(err, fault.ErrNotFound) {
		return account.ErrUnknown
	}
	return err
}

func entryOf(e history.Entry) (entry, error) {
	out := entry{EventID: e.ID, What: e.Type, At: e.At, Who: e.Actor, Why: e.Why, CorrelationID: e.Correlation, CausationID: e.Causation}
	if err := json.Unmarshal([]byte(e.Data), &out.Data); err != nil {
		return out, fmt.Errorf("customeradmin: data of %s: %w", e.ID, err)
	}
	return out, nil
}
