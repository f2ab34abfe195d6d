// Package settlement sees to it that no payment stays pending: the queue's consumer looks at each attempt a while
// after it began and starts the settlement machine for those not settled; the machine's tasks ask the PSP, again and
// again with growing pauses, and park what cannot be settled for an operator.
package settlement

import (
	"context"
	"errors"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/task"
)

// Store has the payments.
type Store interface {
	Payment(ctx context.Context, tenant id.Tenant, p id.Payment) (payment.Payment, error)
	// MarkOverdue shows a pending payment to operators; payment.ErrMoved when it is not pending any more.
	MarkOverdue(ctx context.Context, p payment.Payment) error
}

// Machine starts executions; one that exists is success.
type Machine interface {
	Start(ctx context.Context, name string, input any) error
}

// Consumer handles payment.initiated, which its queue delays.
type Consumer struct {
	Store   Store
	Machine Machine
}

// Execution is the input of the settlement machine.
type Execution struct {
	Tenant        id.Tenant  `json:"tenant"`
	PaymentID     id.Payment `json:"paymentId"`
	CorrelationID string     `json:"correlationId"`
}

// Handle shows the payment to operators and starts the machine when it is still pending.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	var begun event.PaymentInitiated
	if err := event.Decode(e, &begun); err != nil {
		return err
	}
	p, err := c.Store.Payment(ctx, e.Tenant, begun.PaymentID)
	if err != nil || p.State != payment.Pending {
		return err
	}
	if err := c.Store.MarkOverdue(ctx, p); err != nil {
		if errors.Is(err, payment.ErrMoved) {
			return nil // settled just now
		}
		return err
	}
	return c.Machine.Start(ctx, string(p.ID), Execution{Tenant: p.Tenant, PaymentID: p.ID, CorrelationID: e.CorrelationID})
}

// Outcome is what a task tells the machine's Choice.
type Outcome struct {
	Outcome string `json:"outcome"` // settled, pending or parked
}

// Tasks are the machine's tasks.
type Tasks struct{ Checkout payment.Checkout }

// Named gives the tasks under the names the machine calls them by.
func (t Tasks) Named() map[string]task.Handle {
	return map[string]task.Handle{"reconcile": task.Typed(t.reconcile), "park": task.Typed(t.park)}
}

func (t Tasks) reconcile(ctx context.Context, in Execution) (Outcome, error) {
	p, err := t.Checkout.Reconcile(ctx, in.Tenant, in.PaymentID)
	switch {
	case err != nil:
		return Outcome{}, err
	case p.State == payment.Pending:
		return Outcome{"pending"}, nil
	}
	return Outcome{"settled"}, nil
}

func (t Tasks) park(ctx context.Context, in Execution) (Outcome, error) {
	p, err := t.Checkout.Book.Payment(ctx, in.Tenant, in.PaymentID)
	if err != nil {
		return Outcome{}, err
	}
	if p, err = t.Checkout.Park(ctx, p); err != nil {
		return Outcome{}, err
	}
	if p.State != payment.Pending {
		return Outcome{"settled"}, nil
	}
	return Outcome{"parked"}, nil
}
