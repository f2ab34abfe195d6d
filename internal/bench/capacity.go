package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// Capacity units by the rules of AWS:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html and, for the size of an
// item, …/CapacityUnitCalculations.html. A write costs one unit for each started KB of the larger of the old and the
// new item, twice that in a transaction; a read costs a half for each started 4 KB, one when consistent, two in a
// transaction; one that finds nothing costs as much as the smallest item.

const kilobyte = 1024

// units are what a call consumed.
type units struct{ read, write float64 }

func (u units) plus(o units) units { return units{u.read + o.read, u.write + o.write} }
func (u units) sum() float64       { return u.read + u.write }

// larger takes the larger of both, each for itself.
func (u units) larger(o units) units { return units{max(u.read, o.read), max(u.write, o.write)} }

// attribute is a DynamoDB value as it travels: {"S": "text"}.
type attribute map[string]json.RawMessage

type row map[string]attribute

func writeUnits(bytes int) float64 { return started(bytes, kilobyte) }

// readUnits: rate is a half, one or two.
func readUnits(bytes int, rate float64) float64 { return rate * started(bytes, 4*kilobyte) }

func started(bytes, block int) float64 { return float64(max(1, (bytes+block-1)/block)) }

func rateOf(consistent bool) float64 {
	if consistent {
		return 1
	}
	return 0.5
}

func (r row) size() int {
	total := 0
	for name, value := range r {
		total += len(name) + value.size()
	}
	return total
}

func (a attribute) size() int {
	for kind, raw := range a {
		switch kind {
		case "S":
			return len(decoded[string](raw))
		case "N":
			return numberSize(decoded[string](raw))
		case "B":
			return base64.RawStdEncoding.DecodedLen(len(strings.TrimRight(decoded[string](raw), "=")))
		case "BOOL", "NULL":
			return 1
		case "SS", "NS", "BS":
			return setSize(strings.TrimSuffix(kind, "S"), decoded[[]string](raw))
		case "L": // a list or map has 3 bytes, and one for each element
			total := 3
			for _, element := range decoded[[]attribute](raw) {
				total += 1 + element.size()
			}
			return total
		case "M":
			fields := decoded[row](raw)
			return 3 + len(fields) + fields.size()
		}
	}
	return 0
}

func setSize(kind string, elements []string) (total int) {
	for _, e := range elements {
		raw, _ := json.Marshal(e) // a string always has a JSON form
		total += attribute{kind: raw}.size()
	}
	return total
}

// numberSize: a byte for every two significant digits, one more, and one for the sign.
func numberSize(text string) int {
	digits := strings.TrimLeft(text, "+-")
	digits, _, _ = strings.Cut(strings.ToLower(digits), "e")
	if strings.Contains(digits, ".") {
		digits = strings.TrimRight(digits, "0")
	}
	digits = strings.Trim(strings.Replace(digits, ".", "", 1), "0")
	size := 1 + (len(digits)+1)/2
	if strings.HasPrefix(text, "-") {
		size++
	}
	return size
}

func decoded[T any](raw json.RawMessage) (v T) {
	_ = json.Unmarshal(raw, &v) // DynamoDB has checked it; anything else counts as nothing
	return v
}

// keysOf is the part of a batch read that names what is wanted of one table.
type keysOf struct {
	Keys           []row
	ConsistentRead bool
}

// computed is what the rules say a call cost at least, from what was sent and answered. Of a write the old item is not
// seen here, and of an update not even the new one: there the cloud's own count is better.
func computed(operation string, request, response []byte) units {
	switch operation {
	case "GetItem":
		in, out := decoded[struct{ ConsistentRead bool }](request), decoded[struct{ Item row }](response)
		return units{read: readUnits(out.Item.size(), rateOf(in.ConsistentRead))}
	case "BatchGetItem":
		return computedBatch(request, response)
	case "Query", "Scan":
		return computedQuery(request, response)
	case "PutItem":
		return units{write: writeUnits(decoded[struct{ Item row }](request).Item.size())}
	case "UpdateItem", "DeleteItem":
		return units{write: 1}
	case "BatchWriteItem":
		var total units
		for _, writes := range decoded[struct {
			RequestItems map[string][]struct{ PutRequest struct{ Item row } }
		}](request).RequestItems {
			for _, w := range writes {
				total.write += writeUnits(w.PutRequest.Item.size())
			}
		}
		return total
	case "TransactWriteItems":
		var total units
		for _, w := range decoded[struct {
			TransactItems []map[string]struct{ Item row }
		}](request).TransactItems {
			for _, one := range w {
				total.write += 2 * writeUnits(one.Item.size())
			}
		}
		return total
	case "TransactGetItems":
		var total units
		for _, found := range decoded[struct{ Responses []struct{ Item row } }](response).Responses {
			total.read += readUnits(found.Item.size(), 2)
		}
		return total
	}
	return units{}
}

// computedBatch: each item of a batch is rounded up by itself, and one that is not there costs like the smallest.
func computedBatch(request, response []byte) (total units) {
	in := decoded[struct{ RequestItems map[string]keysOf }](request)
	out := decoded[struct {
		Responses       map[string][]row
		UnprocessedKeys map[string]keysOf
	}](response)
	for table, wanted := range in.RequestItems {
		rate := rateOf(wanted.ConsistentRead)
		for _, found := range out.Responses[table] {
			total.read += readUnits(found.size(), rate)
		}
		missing := len(wanted.Keys) - len(out.Responses[table]) - len(out.UnprocessedKeys[table].Keys)
		total.read += float64(missing) * readUnits(0, rate)
	}
	return total
}

// computedQuery: the items of a page are added up and rounded once. Items that a filter dropped were read as well; they
// are taken to be as large as the others.
func computedQuery(request, response []byte) units {
	in := decoded[struct{ ConsistentRead bool }](request)
	out := decoded[struct {
		Items        []row
		Count        int
		ScannedCount int
	}](response)
	bytes := 0
	for _, found := range out.Items {
		bytes += found.size()
	}
	if out.Count > 0 {
		bytes = bytes * max(out.ScannedCount, out.Count) / out.Count
	}
	return units{read: readUnits(bytes, rateOf(in.ConsistentRead))}
}

// reads tells whether an operation of DynamoDB only reads.
func reads(operation string) bool {
	return strings.Contains(operation, "Get") || operation == "Query" || operation == "Scan"
}

// reported is what the cloud says a call consumed.
func reported(operation string, response []byte) (total units) {
	type capacity struct{ CapacityUnits float64 }
	raw := decoded[struct{ ConsumedCapacity json.RawMessage }](response).ConsumedCapacity
	all := decoded[[]capacity](raw) // of several tables
	if len(all) == 0 {
		all = []capacity{decoded[capacity](raw)} // of one
	}
	for _, c := range all {
		if reads(operation) {
			total.read += c.CapacityUnits
		} else {
			total.write += c.CapacityUnits
		}
	}
	return total
}

// written names the items of a transaction with their sizes in bytes.
func written(request []byte) (items []string) {
	for _, w := range decoded[struct {
		TransactItems []map[string]struct {
			TableName string
			Item      row
		}
	}](request).TransactItems {
		for kind, one := range w {
			items = append(items, fmt.Sprintf("%s %s %d bytes", kind, one.TableName, one.Item.size()))
		}
	}
	return items
}
