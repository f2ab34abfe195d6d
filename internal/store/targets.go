package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	domain "turnup/internal/domain/target"
)

// TargetShards is how many rows count the same day, so that many events can be counted at once.
const TargetShards = 32

// oltCountersPK has the counters of the lines of one OLT.
func oltCountersPK(t id.Tenant, olt string) string { return tenantKey(t, "OLT#"+olt) }

// oltCountersKey is the same as countersKey of the lines of one OLT.
func oltCountersKey(t id.Tenant, olt string, shard int, day civil.Date) key {
	return key{oltCountersPK(t, olt), fmt.Sprintf("%s#%02d", countersKey(t, shard, day).sk, shard)}
}

// stepsPK has what changed on a day, by the second.
func stepsPK(t id.Tenant, day civil.Date) string { return tenantKey(t, "STEPS#"+string(day)) }

// stepKey is one of the rows of what changed in a second of a day, of the lines of one OLT.
func stepKey(t id.Tenant, day civil.Date, second int, olt string, shard int) key {
	return key{stepsPK(t, day), fmt.Sprintf("%05d#%02d#%s", second, shard, olt)}
}

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

// count adds to the counters of each place, in one of its rows.
func (t *tx) count(tenant id.Tenant, shard int, moves domain.Counts) {
	rows := map[key][]domain.Place{}
	for p := range moves {
		k := countersOf(tenant, shard, p)
		rows[k] = append(rows[k], p)
	}
	for k, places := range rows {
		var adds []string
		names, values := map[string]string{}, item{}
		for i, p := range places {
			name, value := fmt.Sprint("#c", i), fmt.Sprint(":n", i)
			adds, names[name], values[value] = append(adds, name+" "+value), string(p.Counter), number(moves[p])
		}
		t.update(targets, k, "ADD "+strings.Join(adds, ", "), "", names, values, nil)
	}
}

// countersOf is the row that has the counters of a place.
func countersOf(tenant id.Tenant, shard int, p domain.Place) key {
	switch {
	case p.Second > 0:
		return stepKey(tenant, p.Day, p.Second, p.OLT, shard)
	case p.OLT != "":
		return oltCountersKey(tenant, p.OLT, shard, p.Day)
	}
	return countersKey(tenant, shard, p.Day)
}

func targetShard(s domain.Subject) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s.ID))
	return int(h.Sum32() % TargetShards)
}

// Targets reads the counters of all days from one on, and where they stand.
func (db *DB) Targets(ctx context.Context, tenant id.Tenant, from civil.Date) (domain.Counts, error) {
	all := domain.Counts{}
	for shard := range TargetShards {
		first := countersKey(tenant, shard, from)
		if err := db.addCounters(ctx, all, first.pk, first.sk, dayOf); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// LineTargets adds to counters what windows of maintenance need beside them: those of the lines of some OLTs, and some days by the second.
func (db *DB) LineTargets(ctx context.Context, tenant id.Tenant, from civil.Date, olts []string, days []civil.Date, all domain.Counts) error {
	read, ctx := errgroup.WithContext(ctx)
	read.SetLimit(lineReads)
	parts := make([]domain.Counts, len(olts)+len(days))
	for i, olt := range olts {
		parts[i] = domain.Counts{}
		read.Go(func() error {
			return db.addCounters(ctx, parts[i], oltCountersPK(tenant, olt), string(from), func(sk string) domain.Place {
				day, _, _ := strings.Cut(sk, "#")
				return domain.Place{Day: dayOf(day).Day, OLT: olt}
			})
		})
	}
	for i, day := range days {
		part := domain.Counts{}
		parts[len(olts)+i] = part
		read.Go(func() error {
			return db.addCounters(ctx, part, stepsPK(tenant, day), "0", func(sk string) domain.Place { return stepOf(day, sk) })
		})
	}
	if err := read.Wait(); err != nil {
		return err
	}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return nil
}

// lineReads is how many rows of days or OLTs are read at once.
const lineReads = 16

// dayOf is the day of a row of counters; without one it is where they stand.
func dayOf(sk string) domain.Place {
	if sk == standingSK {
		return domain.Place{}
	}
	return domain.Place{Day: civil.Date(sk)}
}

// stepOf is the second of a row.
func stepOf(day civil.Date, sk string) domain.Place {
	parts := strings.SplitN(sk, "#", 3)
	second, _ := strconv.Atoi(parts[0])
	return domain.Place{Day: day, Second: second, OLT: parts[2]}
}

// addCounters adds the counters of a partition's rows from one on to those of their places.
func (db *DB) addCounters(ctx context.Context, all domain.Counts, pk, from string, placeOf func(sk string) domain.Place) error {
	condition := "pk = :pk AND sk >= :from"
	in := &dynamodb.QueryInput{TableName: db.table(targets), KeyConditionExpression: &condition, ExpressionAttributeValues: item{":pk": text(pk), ":from": text(from)}}
	for {
		out, err := db.client.Query(ctx, in)
		if err != nil {
			return outage(err)
		}
		for _, row := range out.Items {
			if err := addRow(all, placeOf(positionOf(row)), row); err != nil {
				return err
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
			return nil
		}
	}
}

// addRow adds the counters of one row to those of its place.
func addRow(all domain.Counts, p domain.Place, row item) error {
	for name, value := range row {
		n, isNumber := value.(*types.AttributeValueMemberN)
		if !isNumber {
			continue
		}
		by, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil {
			return fmt.Errorf("store: counter %s: %w", name, err)
		}
		p.Counter = domain.Counter(name)
		all[p] += by
	}
	return nil
}
