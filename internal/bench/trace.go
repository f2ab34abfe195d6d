package main

import (
	"regexp"
	"strings"
	"sync"
)

// touch is what a call consumed of one partition: of a table, or of an index of one.
type touch struct {
	at   partition
	used units
}

// partition names one value of a partition key.
type partition struct{ table, key string }

// tracer knows which partition keys calls touch. Of a write to the timers it must know where the row is in their index,
// because a moved row is written there twice, and a removed one once.
type tracer struct {
	mu     sync.Mutex
	places map[string]place // by table and key
}

// place is a row's place in the index of the timers; its zero value is none.
type place struct{ bucket, at string }

func newTracer() *tracer { return &tracer{places: map[string]place{}} }

// change is one write of a request.
type change struct {
	kind, table string // Put, Update, Delete or ConditionCheck
	key         row
	item        row // of a Put
	at          string
	rate        float64 // units for each started KB
}

type changeBody struct {
	TableName                 string
	Item, Key                 row
	UpdateExpression          string
	ExpressionAttributeValues row
}

func (b changeBody) change(kind string, rate float64) change {
	c := change{kind: kind, table: b.TableName, key: b.Key, item: b.Item, rate: rate}
	if kind == "Put" {
		c.key = b.Item
	}
	if strings.Contains(b.UpdateExpression, "#at = :until") {
		c.at = text(b.ExpressionAttributeValues[":until"])
	}
	return c
}

func text(a attribute) string { return decoded[string](a["S"]) }

// changesOf lists what a request writes.
func changesOf(operation string, request []byte) (all []change) {
	switch operation {
	case "PutItem", "UpdateItem", "DeleteItem":
		all = append(all, decoded[changeBody](request).change(strings.TrimSuffix(operation, "Item"), 1))
	case "TransactWriteItems":
		for _, w := range decoded[struct{ TransactItems []map[string]changeBody }](request).TransactItems {
			for kind, body := range w {
				all = append(all, body.change(kind, 2))
			}
		}
	case "BatchWriteItem":
		for table, writes := range decoded[struct {
			RequestItems map[string][]map[string]changeBody
		}](request).RequestItems {
			for _, w := range writes {
				for kind, body := range w {
					body.TableName = table
					all = append(all, body.change(strings.TrimSuffix(kind, "Request"), 1))
				}
			}
		}
	}
	return all
}

// touches are the partitions that a call of DynamoDB touched, and what it consumed of each.
func (t *tracer) touches(operation string, request, response []byte, refused bool) (all []touch) {
	for _, c := range changesOf(operation, request) {
		all = append(all, touch{partition{c.table, text(c.key["pk"])}, units{write: c.rate * writeUnits(c.item.size())}})
		if !refused {
			all = append(all, t.index(c)...)
		}
	}
	switch operation {
	case "GetItem":
		in := decoded[struct {
			TableName string
			Key       row
		}](request)
		all = append(all, touch{partition{in.TableName, text(in.Key["pk"])}, computed(operation, request, response)})
	case "BatchGetItem":
		all = append(all, batchTouches(request, response)...)
	case "Query":
		all = append(all, t.queryTouch(request, response))
	}
	return all
}

func batchTouches(request, response []byte) (all []touch) {
	found := decoded[struct{ Responses map[string][]row }](response).Responses
	for table, wanted := range decoded[struct{ RequestItems map[string]keysOf }](request).RequestItems {
		sizes := map[[2]string]int{}
		for _, r := range found[table] {
			sizes[[2]string{text(r["pk"]), text(r["sk"])}] = r.size()
		}
		for _, k := range wanted.Keys {
			bytes := sizes[[2]string{text(k["pk"]), text(k["sk"])}]
			all = append(all, touch{partition{table, text(k["pk"])}, units{read: readUnits(bytes, rateOf(wanted.ConsistentRead))}})
		}
	}
	return all
}

// equals finds the value of the partition key in a query's condition.
var equals = regexp.MustCompile(`= (:\w+)`)

func (t *tracer) queryTouch(request, response []byte) touch {
	in := decoded[struct {
		TableName, IndexName, KeyConditionExpression string
		ExpressionAttributeValues                    row
	}](request)
	at := partition{table: in.TableName}
	if m := equals.FindStringSubmatch(in.KeyConditionExpression); m != nil {
		at.key = text(in.ExpressionAttributeValues[m[1]])
	}
	if in.IndexName != "" {
		at.table += "/" + in.IndexName
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, r := range decoded[struct{ Items []row }](response).Items {
			t.places[rowID(in.TableName, r)] = placeOf(r)
		}
	}
	return touch{at, computed("Query", request, response)}
}

func placeOf(r row) place {
	if b := text(r["bucket"]); b != "" {
		return place{b, text(r["at"])}
	}
	return place{}
}

func rowID(table string, key row) string {
	return table + " " + text(key["pk"]) + " " + text(key["sk"])
}

// index is what a write costs in the index of the timers, the only one there is. It is written after the row, and so at
// the price of a plain write.
func (t *tracer) index(c change) (all []touch) {
	if !strings.HasSuffix(c.table, "-timers") || c.kind == "ConditionCheck" {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	id := rowID(c.table, c.key)
	was := t.places[id]
	is := place{}
	switch c.kind {
	case "Put":
		is = placeOf(c.item)
	case "Update":
		if is = was; was.bucket != "" && c.at != "" {
			is.at = c.at
		}
	}
	t.places[id] = is
	one := func(p place) touch {
		return touch{partition{c.table + "/due", p.bucket}, units{write: writeUnits(c.item.size())}}
	}
	if was.bucket != "" && was != is {
		all = append(all, one(was))
	}
	if is.bucket != "" {
		all = append(all, one(is))
	}
	return all
}
