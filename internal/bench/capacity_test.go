package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// itemOf is an item of exactly so many bytes: two bytes of names, the rest text.
func itemOf(bytes int) string {
	return fmt.Sprintf(`{"pk":{"S":%q}}`, strings.Repeat("x", bytes-2))
}

func TestItemSizes(t *testing.T) {
	cases := map[string]struct {
		item string
		want int
	}{
		"empty":                      {`{}`, 0},
		"names count":                {`{"name":{"S":""}}`, 4},
		"bytes, not characters":      {`{"n":{"S":"é•"}}`, 1 + 2 + 3},
		"two digits a byte":          {`{"n":{"N":"1299"}}`, 1 + 1 + 2},
		"an odd digit":               {`{"n":{"N":"129"}}`, 1 + 1 + 2},
		"zeros around do not count":  {`{"n":{"N":"0012000"}}`, 1 + 1 + 1},
		"a fraction":                 {`{"n":{"N":"12.50"}}`, 1 + 1 + 2},
		"a sign":                     {`{"n":{"N":"-12"}}`, 1 + 1 + 1 + 1},
		"zero":                       {`{"n":{"N":"0"}}`, 1 + 1},
		"binary by what it decodes":  {`{"b":{"B":"AAECAw=="}}`, 1 + 4},
		"true":                       {`{"b":{"BOOL":true}}`, 2},
		"null":                       {`{"b":{"NULL":true}}`, 2},
		"a set":                      {`{"s":{"SS":["ab","cde"]}}`, 1 + 5},
		"a set of numbers":           {`{"s":{"NS":["12","3456"]}}`, 1 + 2 + 3},
		"a list":                     {`{"l":{"L":[{"S":"ab"},{"BOOL":true}]}}`, 1 + 3 + (1 + 2) + (1 + 1)},
		"a map":                      {`{"m":{"M":{"ab":{"S":"cd"}}}}`, 1 + 3 + 1 + 2 + 2},
		"an empty map":               {`{"m":{"M":{}}}`, 1 + 3},
		"itemOf makes what it says":  {itemOf(1025), 1025},
		"unknown kinds cost nothing": {`{"x":{"?":1}}`, 1},
	}
	for name, c := range cases {
		if got := decoded[row](json.RawMessage(c.item)).size(); got != c.want {
			t.Errorf("%s: %s has %d bytes, not %d", name, c.item, got, c.want)
		}
	}
}

func TestComputedUnits(t *testing.T) {
	cases := []struct {
		name, operation, request, response string
		want                               units
	}{
		{"a write of 1,024 bytes", "PutItem", `{"Item":` + itemOf(1024) + `}`, `{}`, units{write: 1}},
		{"a write of 1,025 bytes", "PutItem", `{"Item":` + itemOf(1025) + `}`, `{}`, units{write: 2}},
		{"an update, of which the item is not seen", "UpdateItem", `{}`, `{}`, units{write: 1}},
		{"a delete", "DeleteItem", `{}`, `{}`, units{write: 1}},
		{"a transaction costs double", "TransactWriteItems",
			`{"TransactItems":[{"Put":{"Item":` + itemOf(1025) + `}},{"Put":{"Item":` + itemOf(10) + `}},{"Delete":{}},{"ConditionCheck":{}}]}`, `{}`,
			units{write: 4 + 2 + 2 + 2}},
		{"a batch of writes", "BatchWriteItem", `{"RequestItems":{"t":[{"PutRequest":{"Item":` + itemOf(1025) + `}},{"DeleteRequest":{}}]}}`, `{}`, units{write: 3}},
		{"a read of 4,096 bytes", "GetItem", `{}`, `{"Item":` + itemOf(4096) + `}`, units{read: 0.5}},
		{"a read of 4,097 bytes", "GetItem", `{}`, `{"Item":` + itemOf(4097) + `}`, units{read: 1}},
		{"a consistent read", "GetItem", `{"ConsistentRead":true}`, `{"Item":` + itemOf(4097) + `}`, units{read: 2}},
		{"a read that finds nothing", "GetItem", `{"ConsistentRead":true}`, `{}`, units{read: 1}},
		{"a transactional read", "TransactGetItems", `{}`, `{"Responses":[{"Item":` + itemOf(10) + `},{"Item":` + itemOf(4097) + `}]}`, units{read: 2 + 4}},
		{"a batch of reads, each rounded, one missing", "BatchGetItem",
			`{"RequestItems":{"t":{"ConsistentRead":true,"Keys":[{},{},{}]},"u":{"Keys":[{}]}}}`,
			`{"Responses":{"t":[` + itemOf(10) + `,` + itemOf(4097) + `],"u":[` + itemOf(10) + `]}}`, units{read: 1 + 2 + 1 + 0.5}},
		{"keys left unprocessed were not read", "BatchGetItem", `{"RequestItems":{"t":{"Keys":[{},{}]}}}`,
			`{"Responses":{"t":[` + itemOf(10) + `]},"UnprocessedKeys":{"t":{"Keys":[{}]}}}`, units{read: 0.5}},
		{"a query is rounded once", "Query", `{}`, `{"Count":2,"ScannedCount":2,"Items":[` + itemOf(2000) + `,` + itemOf(2000) + `]}`, units{read: 0.5}},
		{"a query's filter saves nothing", "Query", `{"ConsistentRead":true}`, `{"Count":1,"ScannedCount":3,"Items":[` + itemOf(2000) + `]}`, units{read: 2}},
		{"a query without a hit", "Query", `{}`, `{"Count":0,"Items":[]}`, units{read: 0.5}},
		{"what is no data operation", "DescribeTable", `{}`, `{}`, units{}},
	}
	for _, c := range cases {
		if got := computed(c.operation, []byte(c.request), []byte(c.response)); got != c.want {
			t.Errorf("%s: %+v, not %+v", c.name, got, c.want)
		}
	}
}

func TestReportedUnits(t *testing.T) {
	cases := []struct {
		operation, response string
		want                units
	}{
		{"PutItem", `{"ConsumedCapacity":{"TableName":"t","CapacityUnits":2}}`, units{write: 2}},
		{"GetItem", `{"ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5}}`, units{read: 0.5}},
		{"Query", `{"ConsumedCapacity":{"CapacityUnits":3}}`, units{read: 3}},
		{"TransactWriteItems", `{"ConsumedCapacity":[{"CapacityUnits":4},{"CapacityUnits":6}]}`, units{write: 10}},
		{"BatchGetItem", `{"Responses":{}}`, units{}},
	}
	for _, c := range cases {
		if got := reported(c.operation, []byte(c.response)); got != c.want {
			t.Errorf("%s %s: %+v, not %+v", c.operation, c.response, got, c.want)
		}
	}
}

// The cloud sees the old item of a write, the rules see the size of a read: each alone would be too low.
func TestConsumedTakesTheLarger(t *testing.T) {
	c := call{told: units{read: 1, write: 4}, ruled: units{read: 3, write: 2}}
	if got := c.consumed(); got != (units{read: 3, write: 4}) {
		t.Errorf("consumed %+v", got)
	}
}
