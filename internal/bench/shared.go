package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"turnup/internal/domain/coupon"
	"turnup/internal/store"
)

// Bars of P8: what one value of a partition key can be written and read, in units a second.
const (
	mostWritten = 1000
	mostRead    = 3000
)

// scenario is something that many customers do at once. It was recorded twice, with different customers.
type scenario struct {
	name   string
	rate   float64 // how many a second
	played [2][]measured
}

// partitionsOf adds up what each partition was used.
func partitionsOf(all []measured) map[partition]units {
	used := map[partition]units{}
	for _, m := range all {
		for _, c := range m.calls {
			for _, t := range c.touches {
				used[t.at] = used[t.at].plus(t.used)
			}
		}
	}
	return used
}

// spread tells over how many values of the partition key our code spreads what is written to a partition, evenly, and
// gives all of them one name.
func spread(p partition) (partition, float64) {
	cut := strings.LastIndex(p.key, "#") + 1
	all := partition{p.table, p.key[:cut] + "*"}
	switch {
	case strings.HasPrefix(p.key, "OUTBOX#"):
		return all, store.OutboxShards
	case strings.HasPrefix(p.key, "DUE#"):
		return all, store.TimerShards
	case strings.Contains(p.key, "#COUPON#"):
		return all, coupon.Shards
	case strings.Contains(p.key, "#RECEIVERS#"):
		return all, store.ReceiverCopies
	case strings.Contains(p.key, "#COUNTERS#"):
		return all, store.TargetShards
	}
	return p, 1
}

// perKey is what one customer's doing costs one value of each partition key that all customers share. A key that is met
// with both customers is shared; one that is met with one of them only is theirs, and is used as often as they do it.
func (s scenario) perKey() map[partition]units {
	var once [2]map[partition]units
	for i, played := range s.played {
		once[i] = map[partition]units{}
		for p, used := range partitionsOf(played) {
			class, over := spread(p)
			once[i][class] = once[i][class].plus(units{used.read / over, used.write / over})
		}
	}
	shared := map[partition]units{}
	for p, used := range once[0] {
		if other, both := once[1][p]; both {
			shared[p] = used.larger(other)
		}
	}
	return shared
}

// loads are the units a second of each shared value of a partition key when all scenarios happen at once.
func loads(all []scenario) map[partition]units {
	sum := map[partition]units{}
	for _, s := range all {
		for p, used := range s.perKey() {
			sum[p] = sum[p].plus(units{used.read * s.rate, used.write * s.rate})
		}
	}
	return sum
}

// sharedFigures are P8: the hottest value of the partition key of each table and index.
func sharedFigures(prefix string, all []scenario) ([]figure, error) {
	read, written := map[string]figure{}, map[string]figure{}
	hotter := func(to map[string]figure, verb, table, key string, value float64, must float64) {
		if was, ok := to[table]; value > 0 && (!ok || value > was.value) {
			to[table] = figure{name: fmt.Sprintf("P8 hottest key %s in %s", verb, table), value: value, must: must, stretch: must / 2, detail: "units/s of " + key}
		}
	}
	for p, used := range loads(all) {
		table := strings.TrimPrefix(p.table, prefix)
		hotter(read, "read", table, p.key, used.read, mostRead)
		hotter(written, "written", table, p.key, used.write, mostWritten)
	}
	if len(read) == 0 || len(written) == 0 {
		return nil, fmt.Errorf("nothing is shared by customers: the trace is not whole")
	}
	var out []figure
	for _, of := range []map[string]figure{written, read} {
		for _, table := range slices.Sorted(maps.Keys(of)) {
			out = append(out, of[table])
		}
	}
	return out, nil
}
