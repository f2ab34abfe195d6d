// Package webhooks tells partners of events: it records a delivery for each endpoint that wants one, sends it, and tries again what did
// not get through.
//
// At least once. A delivery is recorded before it is sent, and what came of it after. Whoever is killed in between leaves one that was
// recorded and not tried, or a timer: the queue, or the next tick, brings it back, and it is sent with the same webhook-id.
//
// Nobody waits for a slow endpoint. A message of the queue is one event, or one delivery that is due, and an invocation takes one
// message: the deliveries of an event are sent at once, beside each other, each within the sender's ten seconds, and the next event has
// an invocation of its own. What fails is not tried again here, but by a timer of its own. So an endpoint that is dead costs itself.
//
// The rows of deliveries hold the messages: ids and amounts, as the events do, and no contact data. They end by their time (webhook.Kept)
// also when their customer is erased: customer.erased, which goes out as well, says to partners what they have to do.
package webhooks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/webhook"
)

// Name of the consumer.
const Name = "on-webhooks"

// Store keeps endpoints, deliveries and replays.
type Store interface {
	// WebhookReceivers reads the endpoints of a client account.
	WebhookReceivers(ctx context.Context, tenant id.Tenant) ([]webhook.Endpoint, error)
	// WebhookEndpoint reads one; unknown is webhook.ErrUnknown.
	WebhookEndpoint(ctx context.Context, tenant id.Tenant, e id.Endpoint) (webhook.Endpoint, error)
	// RecordDelivery writes a delivery once, and answers how it stands.
	RecordDelivery(ctx context.Context, d webhook.Delivery) (webhook.Delivery, error)
	// WebhookDelivery reads one; unknown is webhook.ErrDeliveryUnknown.
	WebhookDelivery(ctx context.Context, tenant id.Tenant, e id.Endpoint, d id.Delivery) (webhook.Delivery, error)
	// SaveDelivery writes the next version of one; webhook.ErrMoved when somebody else did.
	SaveDelivery(ctx context.Context, was, is webhook.Delivery) error
	// DeliveryTried writes what came of a try, and what that says of the endpoint; webhook.ErrMoved when somebody else wrote the delivery.
	DeliveryTried(ctx context.Context, e webhook.Endpoint, was, is webhook.Delivery, at time.Time) error
	// ForgetDelivery clears the timer of what is not there any more.
	ForgetDelivery(ctx context.Context, tenant id.Tenant, e id.Endpoint, subject string) error
	// Replay reads one; unknown is webhook.ErrDeliveryUnknown.
	Replay(ctx context.Context, tenant id.Tenant, e id.Endpoint, r id.Replay) (webhook.Replay, error)
	// ReplayPage reads the deliveries of its range that come next.
	ReplayPage(ctx context.Context, r webhook.Replay, limit int32) (page []webhook.Delivery, more bool, err error)
	// SaveReplay writes the next version of one; webhook.ErrMoved when somebody else did.
	SaveReplay(ctx context.Context, r webhook.Replay) error
}

// Sender sends a message, within a bounded time; whatever comes of it is an answer.
type Sender interface {
	Send(ctx context.Context, address string, headers map[string]string, body string) webhook.Answer
}

// Consumer handles the events that may go out, and what is due of their deliveries.
type Consumer struct {
	Store  Store
	Sender Sender
	Key    webhook.Key
	Clock  clock.Clock
	Chance func() float64 // from 0 to 1, spreads the pauses
}

// Handle handles one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	if e.Type != event.TypeTimerDue {
		return c.tell(ctx, e)
	}
	var due event.TimerDue
	if err := event.Decode(e, &due); err != nil {
		return err
	}
	endpoint, err := id.Endpoint(due.CustomerID), error(nil)
	switch {
	case strings.HasPrefix(due.Subject, id.DeliveryPrefix):
		err = c.again(ctx, e.Tenant, endpoint, id.Delivery(due.Subject))
	case strings.HasPrefix(due.Subject, id.ReplayPrefix):
		err = c.replay(ctx, e.Tenant, endpoint, id.Replay(due.Subject))
	default:
		err = fault.ErrInvalid.Because(fmt.Errorf("webhooks: nothing is due of %q", due.Subject))
	}
	switch {
	case errors.Is(err, webhook.ErrUnknown), errors.Is(err, webhook.ErrDeliveryUnknown):
		return c.Store.ForgetDelivery(ctx, e.Tenant, endpoint, due.Subject)
	case errors.Is(err, webhook.ErrMoved): // whoever was faster has seen to it
		return nil
	}
	return err
}

// tell records and sends what partners want to know of an event. What fails for one of them keeps no other back.
func (c Consumer) tell(ctx context.Context, ev event.Envelope) error {
	if !webhook.GoesOut(ev) {
		return fault.ErrInvalid.Because(fmt.Errorf("webhooks: %s v%d does not go out", ev.Type, ev.Version))
	}
	endpoints, err := c.Store.WebhookReceivers(ctx, ev.Tenant)
	if err != nil {
		return err
	}
	errs := make([]error, len(endpoints))
	var all sync.WaitGroup
	for i, e := range endpoints {
		if !e.Wants(ev) {
			continue
		}
		all.Go(func() {
			if errs[i] = c.deliver(ctx, e, ev); errors.Is(errs[i], webhook.ErrMoved) {
				errs[i] = nil
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (c Consumer) deliver(ctx context.Context, e webhook.Endpoint, ev event.Envelope) error {
	d, err := e.Deliver(ev, c.Clock.Now())
	if err == nil {
		d, err = c.Store.RecordDelivery(ctx, d)
	}
	if err != nil || !d.First() {
		return err
	}
	return c.send(ctx, e, d)
}

// again tries what is due, if it still is.
func (c Consumer) again(ctx context.Context, tenant id.Tenant, of id.Endpoint, delivery id.Delivery) error {
	e, err := c.Store.WebhookEndpoint(ctx, tenant, of)
	if err != nil {
		return err
	}
	d, err := c.Store.WebhookDelivery(ctx, tenant, of, delivery)
	if err != nil || !d.Due(c.Clock.Now()) {
		return err
	}
	return c.send(ctx, e, d)
}

// send tries a delivery, and writes what came of it.
func (c Consumer) send(ctx context.Context, e webhook.Endpoint, d webhook.Delivery) error {
	if !e.Terms.Enabled {
		return c.Store.SaveDelivery(ctx, d, d.Hold())
	}
	headers, err := c.Key.Headers(e, d, c.Clock.Now())
	if err != nil {
		return err
	}
	answer := c.Sender.Send(ctx, e.Terms.URL, headers, d.Body)
	now := c.Clock.Now()
	is := d.Tried(answer, now, c.Chance())
	slog.InfoContext(ctx, "webhook", "endpointId", e.ID, "deliveryId", d.ID, "type", d.Type, "tries", is.Tries, "state", is.State, "status", answer.Status, "failure", answer.Failure, "ms", answer.Millis)
	return c.Store.DeliveryTried(ctx, e, d, is, now)
}

// replay goes a step on with a replay: what it takes is due at once, and it goes on with the next step later.
func (c Consumer) replay(ctx context.Context, tenant id.Tenant, of id.Endpoint, replay id.Replay) error {
	r, err := c.Store.Replay(ctx, tenant, of, replay)
	now := c.Clock.Now()
	if err != nil || !r.Due(now) {
		return err
	}
	e, err := c.Store.WebhookEndpoint(ctx, tenant, of)
	if err != nil {
		return err
	}
	if !e.Terms.Enabled { // disabled meanwhile: what was not begun anew stays as it is
		return c.Store.SaveReplay(ctx, r.Went(r.After, 0, false, now))
	}
	page, more, err := c.Store.ReplayPage(ctx, r, webhook.ReplayStep)
	if err != nil {
		return err
	}
	sent, last := 0, r.After
	for _, d := range page {
		last = d.ID
		if !r.Takes(d) {
			continue
		}
		switch err := c.Store.SaveDelivery(ctx, d, d.Again(now)); {
		case errors.Is(err, webhook.ErrMoved): // it is being sent in this moment
		case err != nil:
			return err
		}
		sent++
	}
	return c.Store.SaveReplay(ctx, r.Went(last, sent, more, now))
}
