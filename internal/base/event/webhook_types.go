package event

import (
	"time"

	"turnup/internal/base/id"
)

// TypeWebhookEndpointDisabled is the event type of a partner's endpoint that gets no more events.
const TypeWebhookEndpointDisabled Type = "webhookEndpoint.disabled"

// WebhookEndpointDisabled says that a partner's endpoint was disabled by itself. Staff enable it, and replay what was missed.
type WebhookEndpointDisabled struct {
	EndpointID   id.Endpoint `json:"endpointId"`
	Reason       string      `json:"reason"`       // gone, or failing
	FailingSince time.Time   `json:"failingSince"` // since when nothing got through
}

// EventType of WebhookEndpointDisabled.
func (WebhookEndpointDisabled) EventType() (Type, int) { return TypeWebhookEndpointDisabled, 1 }
