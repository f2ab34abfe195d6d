package renewals

import (
	"context"
	"sync/atomic"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/domain/payment"
)

// Share is how much of what the PSP allows is for renewals, in percent. The rest is left to customers, who are waiting.
const Share = 92

// Turns gives each caller a turn of its own, in the order in which they come, however many functions there are.
type Turns interface {
	// TakeTurn takes the next one, when others are waiting: step after the one before. Not taken when nobody is.
	TakeTurn(ctx context.Context, tenant id.Tenant, now time.Time, step time.Duration) (at time.Time, taken bool, err error)
	// FirstTurn takes the present moment, when nobody is waiting; not taken when somebody is.
	FirstTurn(ctx context.Context, tenant id.Tenant, now time.Time, step time.Duration) (taken bool, err error)
}

// Paced is a PSP that is called at the pace it allows: each call waits for its turn. A turn costs one write.
type Paced struct {
	payment.Charger
	Turns Turns
	Rate  int // calls a second that the PSP allows
	Clock clock.Clock
	Wait  func(ctx context.Context, d time.Duration) error

	crowded atomic.Bool // whether others were waiting at the last call: then they are likely to be at the next
}

// Sleep waits, unless the context ends before.
func Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Charge implements payment.Charger.
func (p *Paced) Charge(ctx context.Context, pay payment.Payment) (payment.Charge, error) {
	if err := p.turn(ctx, pay.Tenant); err != nil {
		return payment.Charge{}, payment.ErrPSPUnavailable.Because(err)
	}
	return p.Charger.Charge(ctx, pay)
}

// Find implements payment.Charger.
func (p *Paced) Find(ctx context.Context, pay payment.Payment) (payment.Charge, error) {
	if err := p.turn(ctx, pay.Tenant); err != nil {
		return payment.Charge{}, payment.ErrPSPUnavailable.Because(err)
	}
	return p.Charger.Find(ctx, pay)
}

func (p *Paced) turn(ctx context.Context, tenant id.Tenant) error {
	step := time.Second * 100 / time.Duration(p.Rate*Share)
	for crowded := p.crowded.Load(); ; crowded = !crowded {
		at := p.Clock.Now()
		now, taken, err := at, false, error(nil)
		if crowded {
			at, taken, err = p.Turns.TakeTurn(ctx, tenant, now, step)
		} else {
			taken, err = p.Turns.FirstTurn(ctx, tenant, now, step)
		}
		switch {
		case err != nil:
			return err
		case taken:
			p.crowded.Store(crowded)
			return p.Wait(ctx, at.Sub(now))
		}
	}
}
