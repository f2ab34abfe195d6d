package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/store"
)

// tick lets a minute pass.
func (s *stage) tick(ctx context.Context, name string) error {
	_, err := s.invoke(ctx, name, "tick", map[string]any{"source": "aws.events", "detail-type": "Scheduled Event"})
	return err
}

// timerAt is a timer of an order of nobody.
type timerAt struct {
	shard, n int
	at       time.Time
}

func (t timerAt) row() map[string]types.AttributeValue {
	str := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	subject := fmt.Sprintf("ord_%026d", t.n)
	return map[string]types.AttributeValue{"pk": str(fmt.Sprintf("T#bench#CUS#%d", t.n)), "sk": str("TIMER#order.watch#" + subject),
		"bucket": str(fmt.Sprintf("DUE#%d", t.shard)), "at": str(t.at.UTC().Format("2006-01-02T15:04:05.000000000Z")),
		"Tenant": str("bench"), "Customer": str(fmt.Sprint(t.n)), "Kind": str("order.watch"), "Subject": str(subject), "Due": str(t.at.UTC().Format(time.RFC3339))}
}

// writers is how many batches are written at once.
const writers = 4

// putTimers writes timers, past the proxy.
func (s *stage) putTimers(ctx context.Context, all []timerAt) error {
	table := s.site.Prefix + "timers"
	batches, failed := make(chan []timerAt), make(chan error, writers)
	var done sync.WaitGroup
	for range writers {
		done.Go(func() {
			for batch := range batches {
				var writes []types.WriteRequest
				for _, t := range batch {
					writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: t.row()}})
				}
				out, err := s.site.DynamoDB.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: writes}})
				if err == nil && len(out.UnprocessedItems) > 0 {
					err = fmt.Errorf("%s takes no more rows", table)
				}
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
	var err error
	for begin := 0; begin < len(all) && err == nil; begin += 25 {
		batches <- all[begin:min(begin+25, len(all))]
		select {
		case err = <-failed:
		default:
		}
	}
	close(batches)
	done.Wait()
	for len(failed) > 0 && err == nil {
		err = <-failed
	}
	return err
}

// How many timers are due in P4, and among how many.
const (
	timersDue  = 1000
	fewTimers  = 10_000
	manyTimers = 100_000
)

// tickWork is what one tick did among so many rows.
type tickWork struct {
	rows  int
	calls int
	used  units
	read  paging // of its queries
}

// tickAmong fills the table up to so many rows, of which only timersDue are due now, and lets a tick do its work. The due
// ones are the same each time.
func (s *stage) tickAmong(ctx context.Context, there, rows int) (tickWork, error) {
	now := time.Now()
	var all []timerAt
	for n := range timersDue {
		all = append(all, timerAt{n % store.TimerShards, n, now.Add(-time.Hour).Truncate(time.Hour).Add(time.Duration(n) * time.Millisecond)})
	}
	for n := max(there, timersDue); n < rows; n++ {
		all = append(all, timerAt{n % store.TimerShards, n, now.Add(time.Hour + time.Duration(n)*time.Millisecond)})
	}
	if err := s.putTimers(ctx, all); err != nil {
		return tickWork{}, err
	}
	done, err := s.record(func() error { return s.tick(ctx, setUp) })
	w := workOf(done)
	w.rows = rows
	return w, err
}

// ticksAmong gives P4. What the first tick leased is due again before the second.
func (s *stage) ticksAmong(ctx context.Context, rows int) ([]figure, error) {
	few, err := s.tickAmong(ctx, 0, min(fewTimers, rows))
	if err != nil {
		return nil, err
	}
	many, err := s.tickAmong(ctx, few.rows, rows)
	if err != nil {
		return nil, err
	}
	return tickFigures(few, many)
}

func workOf(all []measured) (w tickWork) {
	for _, m := range all {
		for _, c := range m.calls {
			if c.retry {
				continue
			}
			w.calls, w.used = w.calls+1, w.used.plus(c.consumed())
			if strings.HasSuffix(c.what, ".Query") {
				w.read.Count, w.read.ScannedCount = w.read.Count+c.paging.Count, w.read.ScannedCount+c.paging.ScannedCount
			}
		}
	}
	return w
}

// tickFigures are P4.
func tickFigures(few, many tickWork) ([]figure, error) {
	for _, w := range []tickWork{few, many} {
		if w.read.Count != timersDue || w.calls < timersDue {
			return nil, fmt.Errorf("a tick among %d rows announced %d of %d due timers with %d calls", w.rows, w.read.Count, timersDue, w.calls)
		}
	}
	of := fmt.Sprintf("%d due among %d and %d", timersDue, many.rows, few.rows)
	return []figure{
		{name: "P4 calls of one tick, " + of, value: float64(many.calls) / float64(few.calls), must: 1.05, stretch: 1,
			detail: fmt.Sprintf("%d of %d", many.calls, few.calls)},
		{name: "P4 units of one tick, " + of, value: many.used.sum() / few.used.sum(), must: 1.05, stretch: 1,
			detail: fmt.Sprintf("%g W + %g R of %g + %g", many.used.write, many.used.read, few.used.write, few.used.read)},
		{name: "P4 rows read that are not due", value: float64(many.read.ScannedCount - many.read.Count), must: 0, stretch: 0,
			detail: fmt.Sprintf("%d read, %d due", many.read.ScannedCount, many.read.Count)},
	}, nil
}
