// Package timers consumes what is due and hands it to whoever handles its kind.
//
// It does not read the timer: an announcement may be old, doubled or of a timer that was set anew since. The handler
// looks at how things stand, in the transaction that clears the timer or sets it anew, and does nothing when there is
// nothing to do.
package timers

import (
	"context"
	"fmt"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/timer"
)

// Handler does what is due, if it still is.
type Handler func(ctx context.Context, tenant id.Tenant, due event.TimerDue) error

// Orders looks after unpaid orders.
type Orders interface {
	Watch(ctx context.Context, tenant id.Tenant, customer id.Customer, order id.Order) error
}

// Accounts looks after accounts whose mail address is to be confirmed.
type Accounts interface {
	Remind(ctx context.Context, tenant id.Tenant, customer id.Customer) error
}

// Consumer handles timer.due.
type Consumer struct{ Handlers map[timer.Kind]Handler }

// New is a consumer that knows every kind.
func New(orders Orders, accounts Accounts) Consumer {
	return Consumer{Handlers: map[timer.Kind]Handler{
		timer.OrderWatch: func(ctx context.Context, tenant id.Tenant, due event.TimerDue) error {
			return orders.Watch(ctx, tenant, due.CustomerID, id.Order(due.Subject))
		},
		timer.Verification: func(ctx context.Context, tenant id.Tenant, due event.TimerDue) error {
			return accounts.Remind(ctx, tenant, due.CustomerID)
		},
	}}
}

// Handle hands one event on. A kind that nobody handles is parked: the rule let it in by mistake.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	var due event.TimerDue
	if err := event.Decode(e, &due); err != nil {
		return err
	}
	handle := c.Handlers[timer.Kind(due.Kind)]
	if handle == nil {
		return fault.ErrInvalid.Because(fmt.Errorf("timers: nobody handles %q", due.Kind))
	}
	return handle(ctx, e.Tenant, due)
}
