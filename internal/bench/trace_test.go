package main

import (
	"fmt"
	"testing"
)

const timersTable = "p-timers"

func putTimer(bucket, at string) string {
	return fmt.Sprintf(`{"TransactItems":[{"Put":{"TableName":"p-timers","Item":{"pk":{"S":"c"},"sk":{"S":"t"},"bucket":{"S":%q},"at":{"S":%q}}}}]}`, bucket, at)
}

// Each call is charged to the partition keys it touches; a row of the timers also where it is, and was, in their index.
func TestTouches(t *testing.T) {
	const cleared = `{"TransactItems":[{"Delete":{"TableName":"p-timers","Key":{"pk":{"S":"c"},"sk":{"S":"t"}}}}]}`
	base := func(write float64) touch { return touch{partition{timersTable, "c"}, units{write: write}} }
	due := func(bucket string) touch { return touch{partition{timersTable + "/due", bucket}, units{write: 1}} }
	tracer := newTracer()
	for _, c := range []struct {
		name, operation, request, response string
		refused                            bool
		want                               []touch
	}{
		{"a new timer", "TransactWriteItems", putTimer("DUE#1", "5"), `{}`, false, []touch{base(2), due("DUE#1")}},
		{"refused", "TransactWriteItems", putTimer("DUE#1", "6"), `{}`, true, []touch{base(2)}},
		{"moved", "TransactWriteItems", putTimer("DUE#1", "6"), `{}`, false, []touch{base(2), due("DUE#1"), due("DUE#1")}},
		{"leased", "UpdateItem", `{"TableName":"p-timers","Key":{"pk":{"S":"c"},"sk":{"S":"t"}},"UpdateExpression":"SET #at = :until","ExpressionAttributeValues":{":until":{"S":"7"}}}`,
			`{}`, false, []touch{base(1), due("DUE#1"), due("DUE#1")}},
		{"cleared", "TransactWriteItems", cleared, `{}`, false, []touch{base(2), due("DUE#1")}},
		{"cleared again", "TransactWriteItems", cleared, `{}`, false, []touch{base(2)}},
		{"a test clock's has no place there", "TransactWriteItems", putTimer("", "5"), `{}`, false, []touch{base(2)}},
		{"a query", "Query", `{"TableName":"p-timers","IndexName":"due","KeyConditionExpression":"#b = :b AND #at <= :now","ExpressionAttributeValues":{":b":{"S":"DUE#3"},":now":{"S":"9"}}}`,
			`{"Count":0}`, false, []touch{{partition{timersTable + "/due", "DUE#3"}, units{read: 0.5}}}},
		{"a read", "GetItem", `{"TableName":"t","Key":{"pk":{"S":"a"}},"ConsistentRead":true}`, `{}`, false, []touch{{partition{"t", "a"}, units{read: 1}}}},
		{"a batch of reads", "BatchGetItem", `{"RequestItems":{"t":{"Keys":[{"pk":{"S":"a"},"sk":{"S":"1"}},{"pk":{"S":"b"},"sk":{"S":"1"}}]}}}`,
			`{"Responses":{"t":[{"pk":{"S":"a"},"sk":{"S":"1"},"x":` + itemOf(5000)[len(`{"pk":`):] + `]}}`, false,
			[]touch{{partition{"t", "a"}, units{read: 1}}, {partition{"t", "b"}, units{read: 0.5}}}},
		{"a batch of deletes", "BatchWriteItem", `{"RequestItems":{"o":[{"DeleteRequest":{"Key":{"pk":{"S":"OUTBOX#3"}}}}]}}`, `{}`, false,
			[]touch{{partition{"o", "OUTBOX#3"}, units{write: 1}}}},
	} {
		if got := tracer.touches(c.operation, []byte(c.request), []byte(c.response), c.refused); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}
