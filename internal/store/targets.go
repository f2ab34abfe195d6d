package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	domain "turnup/internal/domain/target"
)

// TargetShards is how many rows count the same day, so that many events can be counted at once.
const TargetShards = 32

// memoryRow is what is known of a subject. It ends some time after it was learnt, unless something of the subject lasts.
type memoryRow struct {
	domain.Memory
	TTL int64 `dynamodbav:"ttl,omitempty"`
}

// LearnTargets adds what an event says to what is known of its subjects, and what that changes to the counters, once, in one transaction.
func (db *DB) LearnTargets(ctx context.Context, consumer string, e event.Envelope, said []domain.Said) error {
	return untilStill(ctx, func() error {
		b := db.batch()
		for _, s := range said {
			b.add(targets, rememberedKey(e.Tenant, s.Subject))
		}
		rows, err := b.read(ctx)
		if err != nil {
			return err
		}
		t, moves := db.tx(), domain.Counts{}
		t.handled(consumer, e.ID)
		for _, s := range said {
			k := rememberedKey(e.Tenant, s.Subject)
			was, err := decode[memoryRow](rows[targets][k.sk])
			if err != nil {
				return err
			}
			is := was.With(s)
			for place, n := range domain.Moves(s.Subject.Kind, was.Memory, is) {
				moves[place] += n
			}
			t.remember(k, is.Folded())
		}
		t.count(e.Tenant, targetShard(said[0].Subject), moves)
		if err := t.commit(ctx); !errors.Is(err, once.ErrHandled) {
			return err
		}
		return nil
	})
}

func (t *tx) remember(k key, m domain.Memory) {
	row := memoryRow{Memory: m}
	if !m.Lasting() {
		row.TTL = t.db.clock.Now().Add(domain.Remembered).Unix()
	}
	t.versioned(targets, k, row, m.Version, errMemoryMoved)
}

var errMemoryMoved = errors.New("store: something else was learnt of a subject meanwhile")

// count adds to the counters of each day, in one of its rows.
func (t *tx) count(tenant id.Tenant, shard int, moves domain.Counts) {
	days := map[civil.Date][]domain.Counter{}
	for p := range moves {
		days[p.Day] = append(days[p.Day], p.Counter)
	}
	for day, counters := range days {
		slices.Sort(counters)
		var adds []string
		names, values := map[string]string{}, item{}
		for i, c := range counters {
			name, value := fmt.Sprint("#c", i), fmt.Sprint(":n", i)
			adds, names[name], values[value] = append(adds, name+" "+value), string(c), number(moves[domain.Place{Day: day, Counter: c}])
		}
		t.update(targets, countersKey(tenant, shard, day), "ADD "+strings.Join(adds, ", "), "", names, values, nil)
	}
}

func targetShard(s domain.Subject) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s.ID))
	return int(h.Sum32() % TargetShards)
}

// Targets reads the counters of all days from one on, and where they stand.
func (db *DB) Targets(ctx context.Context, tenant id.Tenant, from civil.Date) (domain.Counts, error) {
	all := domain.Counts{}
	condition := "pk = :pk AND sk >= :from"
	for shard := range TargetShards {
		first := countersKey(tenant, shard, from)
		in := &dynamodb.QueryInput{TableName: db.table(targets), KeyConditionExpression: &condition, ExpressionAttributeValues: item{":pk": text(first.pk), ":from": text(first.sk)}}
		for {
			out, err := db.client.Query(ctx, in)
			if err != nil {
				return nil, outage(err)
			}
			for _, row := range out.Items {
				if err := addCounters(all, row); err != nil {
					return nil, err
				}
			}
			if in.ExclusiveStartKey = out.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
				break
			}
		}
	}
	return all, nil
}

// addCounters adds the counters of one row to those of its day.
func addCounters(all domain.Counts, row item) error {
	day := civil.Date(positionOf(row))
	if day == standingSK {
		day = ""
	}
	for name, value := range row {
		n, isNumber := value.(*types.AttributeValueMemberN)
		if !isNumber {
			continue
		}
		by, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil {
			return fmt.Errorf("store: counter %s: %w", name, err)
		}
		all[domain.Place{Day: day, Counter: domain.Counter(name)}] += by
	}
	return nil
}
