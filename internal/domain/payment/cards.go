package payment

import (
	"context"
	"errors"
	"log/slog"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// ErrMethodInUse is answered to who would remove the card that their running contracts are charged to.
var ErrMethodInUse = fault.New(fault.Conflict, "payment_method_in_use",
	"Your subscriptions are charged to this card. Please add another one and make it the default first.", "customer")

// CardStore keeps the cards of customers.
type CardStore interface {
	// Method reads one; unknown or another customer's is ErrMethodUnknown.
	Method(ctx context.Context, tenant id.Tenant, customer id.Customer, ref id.Reference) (Method, error)
	// Methods reads one page of a customer's methods, newest first.
	Methods(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []Method, next string, err error)
	// ChargeableMethod reads the default.
	ChargeableMethod(ctx context.Context, tenant id.Tenant, customer id.Customer) (Standing, error)
	// SetDefault makes a confirmed method the default; ErrMoved when it is confirmed no more.
	SetDefault(ctx context.Context, m Method) error
	// RetireMethod writes that a confirmed method is removed. When it was the default, the heir becomes it, or there is none. ErrMoved when
	// the default is another one than was, or the method is confirmed no more.
	RetireMethod(ctx context.Context, m Method, was Standing, heir *Method) error
	// DropMethod removes the row of a method.
	DropMethod(ctx context.Context, m Method) error
	// RefreshCard writes what is new of the card of a confirmed method, there and where it is the default.
	RefreshCard(ctx context.Context, m Method) error
	// Running tells whether a customer has a contract that goes on.
	Running(ctx context.Context, tenant id.Tenant, customer id.Customer) (bool, error)
}

// CardProvider is a PSP that keeps cards.
type CardProvider interface {
	// Detach removes a saved card; one that is removed is no error.
	Detach(ctx context.Context, pspMethod string) error
	// Saved reads a saved card and whose it is; nobody's has no customer.
	Saved(ctx context.Context, pspMethod string) (Saved, error)
}

// Saved is a card as the PSP keeps it.
type Saved struct {
	Tenant    id.Tenant
	Customer  id.Customer
	PSPMethod string
	Card      Card
}

// Cards looks after the cards that customers have set up.
type Cards struct {
	Store CardStore
	PSP   CardProvider
}

// Default makes a method the one that contracts are charged to.
func (c Cards) Default(ctx context.Context, tenant id.Tenant, customer id.Customer, ref id.Reference) (Method, error) {
	m, err := c.Store.Method(ctx, tenant, customer, ref)
	switch {
	case err != nil:
		return m, err
	case m.State == MethodRemoved:
		return m, ErrMethodUnknown
	case m.State != MethodConfirmed:
		return m, ErrNoMethod
	}
	if err = c.Store.SetDefault(ctx, m); errors.Is(err, ErrMoved) {
		return m, ErrMethodUnknown // it was removed meanwhile
	}
	return m, err
}

// Remove removes a method, here and at the PSP. First nobody can be charged with it any more, then the PSP forgets it, then we do: whatever
// fails in between is done when it is asked for again.
func (c Cards) Remove(ctx context.Context, tenant id.Tenant, customer id.Customer, ref id.Reference) error {
	for {
		m, err := c.Store.Method(ctx, tenant, customer, ref)
		if err != nil {
			return err
		}
		switch m.State {
		case MethodPending:
			return ErrNoMethod // its page may still be completed
		case MethodConfirmed:
			if err = c.retire(ctx, m); errors.Is(err, ErrMoved) && ctx.Err() == nil {
				continue
			}
			if err != nil {
				return err
			}
		}
		if m.PSPMethod != "" {
			if err := c.PSP.Detach(ctx, m.PSPMethod); err != nil {
				return unreachable(err)
			}
		}
		return c.Store.DropMethod(ctx, m)
	}
}

func (c Cards) retire(ctx context.Context, m Method) error {
	standing, err := c.Store.ChargeableMethod(ctx, m.Tenant, m.Customer)
	if err != nil {
		return err
	}
	var heir *Method
	if standing.None() || standing.Reference == m.Reference {
		running, err := c.Store.Running(ctx, m.Tenant, m.Customer)
		if err != nil {
			return err
		}
		if heir, err = c.heir(ctx, m); err != nil {
			return err
		}
		if running && (heir == nil || !standing.None()) {
			return ErrMethodInUse
		}
	}
	m.State = MethodRemoved
	return c.Store.RetireMethod(ctx, m, standing, heir)
}

// heir is the newest other method that can be charged.
func (c Cards) heir(ctx context.Context, m Method) (*Method, error) {
	for after := ""; ; {
		page, next, err := c.Store.Methods(ctx, m.Tenant, m.Customer, after, 100)
		if err != nil {
			return nil, err
		}
		for _, other := range page {
			if other.State == MethodConfirmed && other.Reference != m.Reference {
				return &other, nil
			}
		}
		if after = next; after == "" {
			return nil, nil
		}
	}
}

// Refreshed takes what a webhook tells of a saved card: its bank gave it a new number or date. What it is now is asked for, because
// events come in any order.
func (c Cards) Refreshed(ctx context.Context, pspMethod string) error {
	saved, err := c.PSP.Saved(ctx, pspMethod)
	if err != nil {
		return unreachable(err)
	}
	if saved.Customer == "" {
		slog.WarnContext(ctx, "webhook of a card of nobody's", "card", pspMethod)
		return nil
	}
	for after := ""; ; {
		page, next, err := c.Store.Methods(ctx, saved.Tenant, saved.Customer, after, 100)
		if err != nil {
			return err
		}
		for _, m := range page {
			if m.State == MethodConfirmed && m.PSPMethod == pspMethod && m.Card != saved.Card {
				m.Card = saved.Card
				return c.Store.RefreshCard(ctx, m)
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}
