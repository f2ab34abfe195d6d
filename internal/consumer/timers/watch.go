package timers

import (
	"context"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
)

// OrderStore keeps orders.
type OrderStore interface {
	// Order reads an order; unknown is order.ErrUnknown.
	Order(ctx context.Context, tenant id.Tenant, customer id.Customer, o id.Order) (order.Order, error)
	// Now is the time by a customer's clock: the system's unless it is a test clock.
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
	// Watched ends a look: it lets the order expire if its time is over and no page is open but the one that the look found
	// closed, and sets its timer anew or clears it.
	Watched(ctx context.Context, tenant id.Tenant, customer id.Customer, o id.Order, closed id.Payment) error
}

// Watcher looks after unpaid orders: it finds money of which nobody was told, closes pages that are not to be paid on any
// more, and lets orders expire. It asks the gateway before it lets one expire: what was paid in time counts.
type Watcher struct {
	Store    OrderStore
	Checkout payment.Checkout
}

// Watch implements Orders.
func (w Watcher) Watch(ctx context.Context, tenant id.Tenant, customer id.Customer, o id.Order) error {
	found, err := w.Store.Order(ctx, tenant, customer, o)
	if err != nil {
		return err
	}
	now, err := w.Store.Now(ctx, tenant, found.TestClock)
	if err != nil {
		return err
	}
	var closed id.Payment
	if found.Page != nil {
		closing := found.State != order.Unpaid || found.Expired(now)
		p, err := w.Checkout.Look(ctx, tenant, found.Page.PaymentID, closing)
		if err != nil {
			return err
		}
		if closing && p.State == payment.Pending && !p.Parked {
			return payment.ErrUnsettled // the gateway could not close it: again, later
		}
		if closing {
			closed = p.ID
		}
	}
	return w.Store.Watched(ctx, tenant, customer, o, closed)
}
