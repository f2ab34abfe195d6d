// Package webhookadmin is webhooks for staff: the endpoints at which partners receive events, their secrets, and what became of each
// delivery.
package webhookadmin

import (
	"context"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/webhook"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "partner webhooks"

const (
	base = "/admin/webhook-endpoints"
	path = base + "/{endpointId}"
)

var admin = []string{token.RoleAdmin}

// Store keeps endpoints and their deliveries.
type Store interface {
	once.Memory
	// WebhookEndpoint reads one; unknown is webhook.ErrUnknown.
	WebhookEndpoint(ctx context.Context, tenant id.Tenant, e id.Endpoint) (webhook.Endpoint, error)
	// WebhookEndpoints reads all, the oldest first.
	WebhookEndpoints(ctx context.Context, tenant id.Tenant) ([]webhook.Endpoint, error)
	// SaveEndpoint writes a new one, or the next revision of one; fault.ErrStale when somebody else was faster. use may be nil.
	SaveEndpoint(ctx context.Context, use *once.Use, e webhook.Endpoint) error
	// DeleteEndpoint removes one; fault.ErrStale when somebody changed it.
	DeleteEndpoint(ctx context.Context, e webhook.Endpoint) error
	// WebhookDelivery reads one; unknown is webhook.ErrDeliveryUnknown.
	WebhookDelivery(ctx context.Context, tenant id.Tenant, e id.Endpoint, d id.Delivery) (webhook.Delivery, error)
	// WebhookDeliveries reads a page, the newest first; of one state unless that is empty.
	WebhookDeliveries(ctx context.Context, tenant id.Tenant, e id.Endpoint, state webhook.State, after string, limit int32) (page []webhook.Delivery, next string, err error)
	// SendDelivery writes a delivery to be sent at once; webhook.ErrMoved when somebody else wrote it.
	SendDelivery(ctx context.Context, use *once.Use, was, is webhook.Delivery) error
	// BeginReplay writes a replay to be begun at once.
	BeginReplay(ctx context.Context, use *once.Use, r webhook.Replay) error
}

// Deps are the parts the service works with.
type Deps struct {
	Store   Store
	Clock   clock.Clock
	Key     webhook.Key // of the secrets
	Sandbox bool        // whether http and addresses that are not public are taken
}

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerCreate(a)
	s.registerEndpoints(a)
	s.registerSecret(a)
	s.registerDeliveries(a)
	s.registerSending(a)
}

// EndpointPath names an endpoint. (huma reads embedded structs only when they are exported.)
type EndpointPath struct {
	EndpointID id.Endpoint `path:"endpointId" maxLength:"40" pattern:"^whe_[0-9A-Z]{26}$" patternDescription:"an endpoint's id" doc:"Id of the endpoint" example:"whe_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// Terms are what can be set of an endpoint.
type Terms struct {
	URL         string       `json:"url" minLength:"1" maxLength:"500" doc:"Where events are sent: https, a public host, no user, no fragment" example:"https://partner.example/turnup"`
	Types       []event.Type `json:"eventTypes" nullable:"false" maxItems:"100" doc:"Types of the events that are sent there, of those that go out; none are all of them, those to come too" example:"[\"order.paid\",\"subscription.ended\"]"`
	Enabled     bool         `json:"enabled" doc:"Whether events are sent; what happens while they are not is held, and can be replayed" example:"true"`
	Description string       `json:"description,omitempty" maxLength:"200" doc:"Whose it is, and what for" example:"Data warehouse"`
}

func (t Terms) domain() webhook.Terms {
	return webhook.Terms{URL: t.URL, Types: t.Types, Enabled: t.Enabled, Description: t.Description}
}

// View is an endpoint. Its secret is shown when it is made and never again.
type View struct {
	EndpointID id.Endpoint `json:"endpointId" doc:"Id of the endpoint" example:"whe_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Terms
	Reason        webhook.Reason `json:"disabledReason,omitempty" enum:"staff,gone,failing" doc:"Why it is disabled; staff: somebody did it; gone: it answered 410; failing: nothing got through for three days" example:"gone"`
	DisabledAt    *time.Time     `json:"disabledAt,omitempty" doc:"Since when it is" example:"2030-01-01T12:00:00Z"`
	FailingSince  *time.Time     `json:"failingSince,omitempty" doc:"Since when nothing gets through; absent when the last message did" example:"2030-01-01T12:00:00Z"`
	PreviousUntil *time.Time     `json:"previousSecretUntil,omitempty" doc:"Until when messages are signed by the secret before as well" example:"2030-01-02T12:00:00Z"`
	CreatedAt     time.Time      `json:"createdAt" doc:"When it was made" example:"2030-01-01T12:00:00Z"`
	Version       int64          `json:"version" doc:"Counts changes" example:"1"`
}

// Secret is an endpoint with its new secret.
type Secret struct {
	View
	Secret string `json:"secret" doc:"Signs the messages (Standard Webhooks). Shown this once: the partner keeps it" example:"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"`
}

type endpointOutput struct {
	ETag string `header:"ETag" doc:"Version of the endpoint, for If-Match" example:"\"1\""`
	Body View
}

type secretOutput struct {
	ETag string `header:"ETag" doc:"Version of the endpoint, for If-Match" example:"\"1\""`
	Body Secret
}

func (s service) viewOf(e webhook.Endpoint) View {
	now := s.Clock.Now()
	v := View{EndpointID: e.ID, Terms: Terms{URL: e.Terms.URL, Types: e.Terms.Types, Enabled: e.Terms.Enabled, Description: e.Terms.Description}, Reason: e.Reason,
		DisabledAt: set(e.DisabledAt), FailingSince: set(e.FailingSince), PreviousUntil: set(e.PreviousUntil(now)), CreatedAt: e.CreatedAt, Version: e.Version}
	if v.Types == nil {
		v.Types = []event.Type{}
	}
	return v
}

func (s service) outputOf(e webhook.Endpoint) *endpointOutput {
	return &endpointOutput{ETag: rest.ETag(e.Version), Body: s.viewOf(e)}
}

func set(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// endpoint reads one of the caller's client account.
func (s service) endpoint(ctx context.Context, e id.Endpoint) (webhook.Endpoint, error) {
	return s.Store.WebhookEndpoint(ctx, rest.CallerOf(ctx).Tenant, e)
}

var (
	exampleAt    = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	exampleTerms = Terms{URL: "https://partner.example/turnup", Types: []event.Type{event.TypeOrderPaid, event.TypeSubscriptionEnded}, Enabled: true, Description: "Data warehouse"}
	exampleView  = View{EndpointID: "whe_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Terms: exampleTerms, CreatedAt: exampleAt, Version: 1}
)

const exampleSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
