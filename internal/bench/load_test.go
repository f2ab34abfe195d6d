package main

import (
	"fmt"
	"strings"
	"testing"
)

// doing is what one customer does: what is used of each partition.
func doing(used map[partition]units) []measured {
	var c call
	for at, u := range used {
		c.touches = append(c.touches, touch{at, u})
	}
	return []measured{{calls: []call{c}}}
}

// P8: what all customers share is scaled and added up; what is a customer's own is not, and shards divide what they take.
func TestSharedKeys(t *testing.T) {
	at := func(table, key string) partition { return partition{"p-" + table, key} }
	of := func(customer string, shard int) []measured {
		return doing(map[partition]units{
			at("orders", "T#demo#CUS#"+customer):                      {write: 50},
			at("catalogue", "T#demo#CATALOGUE"):                       {read: 2},
			at("outbox", fmt.Sprint("OUTBOX#", shard)):                {write: 10},
			at("outbox", fmt.Sprint("OUTBOX#", shard+1)):              {write: 6},
			at("timers/due", fmt.Sprint("DUE#", shard)):               {write: 4},
			at("coupons", fmt.Sprint("T#demo#COUPON#HALF#", shard%8)): {read: 1, write: 2},
		})
	}
	all := []scenario{{rate: 500, played: [2][]measured{of("a", 1), of("b", 9)}}, {rate: 1000, played: [2][]measured{of("c", 3), of("d", 3)}}}
	got := loads(all)
	for p, want := range map[partition]units{
		at("catalogue", "T#demo#CATALOGUE"):     {read: 2 * 1500},
		at("outbox", "OUTBOX#*"):                {write: 16 * 1500 / 16},
		at("timers/due", "DUE#*"):               {write: 4 * 1500 / 16.0},
		at("coupons", "T#demo#COUPON#HALF#*"):   {read: 1500 / 8.0, write: 2 * 1500 / 8.0},
		at("orders", "T#demo#CUS#a"):            {},
		at("coupons", "T#demo#COUPON#HALF#3#*"): {},
	} {
		if got[p] != want {
			t.Errorf("%v: %+v, not %+v", p, got[p], want)
		}
	}
	figures, err := sharedFigures("p-", all)
	if err != nil || len(figures) != 5 {
		t.Fatalf("%v %+v", err, figures)
	}
	for _, f := range figures {
		if want := map[bool]string{true: "must", false: "stretch"}[strings.Contains(f.name, "catalogue")]; strings.Contains(f.name, "written in outbox") {
			if f.value != 1500 || f.met() != "NO" {
				t.Errorf("%+v", f)
			}
		} else if f.met() != want {
			t.Errorf("%+v is %s", f, f.met())
		}
	}
	if _, err := sharedFigures("p-", []scenario{{rate: 500}}); err == nil {
		t.Error("an empty trace was taken")
	}
}

// P4: the ratio of both ticks' work; a tick that did not do its work is refused.
func TestTickFigures(t *testing.T) {
	query := call{what: "DynamoDB.Query", told: units{read: 8}, paging: paging{timersDue, timersDue}}
	work := func(extra int, q call) tickWork {
		m := measured{calls: []call{q, {what: "DynamoDB.UpdateItem", retry: true, told: units{write: 9}}}}
		for range timersDue + extra {
			m.calls = append(m.calls, call{what: "DynamoDB.UpdateItem", told: units{write: 3}})
		}
		return workOf([]measured{m})
	}
	few, reader := work(0, query), query
	reader.paging.ScannedCount += 7
	figures, err := tickFigures(few, work(100, reader))
	if err != nil || few.calls != 1001 || few.used != (units{8, 3000}) {
		t.Fatalf("%v %+v", err, few)
	}
	if f := figures[0]; f.value != 1101/1001.0 || f.met() != "NO" {
		t.Errorf("%+v", f)
	}
	if f := figures[1]; f.value != 3308/3008.0 || f.met() != "NO" {
		t.Errorf("%+v", f)
	}
	if f := figures[2]; f.value != 7 || f.met() != "NO" {
		t.Errorf("%+v", f)
	}
	idle := query
	idle.paging.Count = 12
	if _, err := tickFigures(few, work(0, idle)); err == nil {
		t.Error("a tick that announced less was taken")
	}
}

// P3 and P10: what starts a machine, what SQS is asked, and a neighbour that would run again, are seen.
func TestLoadFigures(t *testing.T) {
	some := []measured{{calls: []call{{what: "AWSStepFunctions.StartExecution"}, {what: "AmazonSQS.SendMessage"}, {what: "DynamoDB.Query"}}}}
	if f := transitionFigure("x", some, 0, 0); f.met() != "NO" {
		t.Errorf("%+v", f)
	}
	if f := transitionFigure("x", some[:0], 0, 0); f.met() != "stretch" {
		t.Errorf("%+v", f)
	}
	if n := sqsRequests(some); n != 1 {
		t.Errorf("%d requests", n)
	}
	figures := jobFigures(10, batchWork{delivered: 10, requests: 2}, batchWork{delivered: 5, requests: 3, again: 4})
	for i, want := range []string{"stretch", "NO", "NO"} {
		if figures[i].met() != want {
			t.Errorf("%+v is %s, not %s", figures[i], figures[i].met(), want)
		}
	}
}
