package chaos

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/order"
	"turnup/internal/domain/timer"
	"turnup/internal/rig"
)

// settle lets time pass until nothing is left to do. over tells that the customer does nothing any more: then so much
// time passes that orders expire, and settle goes on until nothing waits for its time.
func (w *World) settle(ctx context.Context, over bool) error {
	for try := 0; ; try++ {
		for _, f := range w.Scheduled() {
			if _, err := w.Invoke(ctx, f, map[string]any{"detail-type": "Scheduled Event", "source": "aws.events"}); err != nil {
				w.blame[f]++
			}
		}
		stuck, err := w.pump(ctx, true)
		if err != nil {
			return err
		}
		rows, err := w.outboxRows(ctx)
		if err != nil {
			return err
		}
		left, err := w.left(ctx, true)
		if err != nil {
			return err
		}
		timers, err := w.timers(ctx, over)
		if err != nil || stuck+left+len(rows)+timers == 0 && !w.executing(over) {
			return err
		}
		if left > len(w.hidden) { // just arrived; or received by us while the answer was lost, then they show themselves again
			w.unreceived++
			if err := w.awaitShown(ctx); err != nil {
				return err
			}
			continue
		}
		if try == 20 {
			return fmt.Errorf("chaos: it does not come to rest: %d stuck, %d rows in the outbox, %d timers and unpaid orders; tried in vain: %v", stuck, len(rows), timers, w.blame)
		}
		if err := w.elapse(ctx, rows, over); err != nil {
			return err
		}
	}
}

// hiddenFor is how long the site's queues hide a message.
const hiddenFor = rig.Hidden * time.Second

// soon is longer than an announcement of a timer is waited for. A contract's next step is days ahead, unless it is due.
const soon = time.Hour

// timers is how much waits for its time: steps of contracts that are due; and, if that shall come, all other timers and orders that are to
// expire.
func (w *World) timers(ctx context.Context, over bool) (n int, err error) {
	rows, err := w.scan(ctx, "timers")
	if err != nil {
		return 0, err
	}
	horizon := textOf(sortable(time.Now().Add(soon)))
	for _, row := range rows {
		switch contract := textOf(row["Kind"]) == string(timer.Subscription); {
		case contract && textOf(row["at"]) < horizon, !contract && over:
			n++
		}
	}
	if !over {
		return n, nil
	}
	orders, err := w.scan(ctx, "orders")
	for _, o := range orders {
		if textOf(o["State"]) == string(order.Unpaid) {
			n++
		}
	}
	return n, err
}

// sortable is a time as the index of timers has it.
func sortable(at time.Time) types.AttributeValue {
	return &types.AttributeValueMemberS{Value: at.UTC().Format("2006-01-02T15:04:05.000000000Z")}
}

// awaitShown waits until a consumer can receive something.
func (w *World) awaitShown(ctx context.Context) error {
	for until := time.Now().Add(2 * hiddenFor); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		for _, name := range w.consumers() {
			for _, c := range w.Functions()[name].Queues {
				if shown, _, err := w.waiting(ctx, c.Source); err != nil || shown > 0 {
					return err
				}
			}
		}
	}
	return nil
}

// left is how many messages wait for a consumer or are hidden; late, also those in queues with a delay.
func (w *World) left(ctx context.Context, late bool) (n int, err error) {
	for _, name := range w.consumers() {
		for _, c := range w.Functions()[name].Queues {
			if !late && w.delayed(c.Source) {
				continue
			}
			shown, hidden, err := w.waiting(ctx, c.Source)
			if err != nil {
				return 0, err
			}
			n += shown + hidden
		}
	}
	return n, nil
}

// elapse lets the time pass after which others may act: failed messages are visible again, leases on mails run out, rows of the outbox are old enough for
// the sweep, and customers who were sent to their bank half an hour ago have not come
// back; and, when all is over, that orders expire and timers are due. Code under test reads the
// machine's clock, so what is written moves into the past instead.
func (w *World) elapse(ctx context.Context, rows []rig.OutboxRow, over bool) error {
	w.show(ctx)
	for _, r := range rows {
		older := id.New[id.Event](id.EventPrefix, time.Now().Add(-2*time.Minute))
		if w.lost[r.ID] {
			w.lost[string(older)] = true
		}
		if _, err := event.ParseBatch(r.Shard, r.ID, r.Encoded); err != nil {
			return err
		}
		if err := w.replace(ctx, "outbox", r, string(older)); err != nil {
			return err
		}
	}
	if err := w.rewrite(ctx, "history", "SET lease = :past", "attribute_exists(lease)", nil, item{":past": &types.AttributeValueMemberN{Value: "1"}}); err != nil {
		return err
	}
	past := &types.AttributeValueMemberS{Value: time.Now().Add(-time.Hour).UTC().Format(time.RFC3339Nano)}
	err := w.rewrite(ctx, "payments", "SET InitiatedAt = :past", "Redirected = :true AND InitiatedAt > :past", nil,
		item{":past": past, ":true": &types.AttributeValueMemberBOOL{Value: true}})
	if err != nil {
		return err
	}
	// a step of a contract whose announcement led to nothing is announced again
	contract := &types.AttributeValueMemberS{Value: string(timer.Subscription)}
	err = w.rewrite(ctx, "timers", "SET #at = :due", "#at BETWEEN :due AND :soon AND #k = :contract", map[string]string{"#at": "at", "#k": "Kind"},
		item{":due": sortable(time.Now()), ":soon": sortable(time.Now().Add(soon)), ":contract": contract})
	if err != nil || !over {
		return err
	}
	// now, and no earlier: money that came while there was time to pay still came in time
	now := time.Now().UTC()
	err = w.rewrite(ctx, "orders", "SET ExpiresAt = :past", "#s = :unpaid AND ExpiresAt > :past", map[string]string{"#s": "State"},
		item{":past": &types.AttributeValueMemberS{Value: now.Format(time.RFC3339Nano)}, ":unpaid": &types.AttributeValueMemberS{Value: string(order.Unpaid)}})
	if err != nil {
		return err
	}
	// so long ago that every limit of a signup is over
	long := textOf(sortable(now.AddDate(0, -3, 0)))
	err = w.rewrite(ctx, "signups", "SET Since = :long", "attribute_exists(Since) AND Since > :long", nil, item{":long": &types.AttributeValueMemberS{Value: long}})
	if err != nil {
		return err
	}
	if err := w.dueDeliveries(ctx, "", nil, nil); err != nil {
		return err
	}
	return w.rewrite(ctx, "timers", "SET #at = :due", "#at > :due AND #k <> :contract", map[string]string{"#at": "at", "#k": "Kind"},
		item{":due": sortable(now), ":contract": contract})
}
