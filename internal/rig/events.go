package rig

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"turnup/internal/base/event"
)

// GatewayRequest is a request to the API.
type GatewayRequest struct {
	Method string
	Path   string // with its query
	Route  string // the path's pattern where it has parameters
	Header http.Header
	Body   string
	ID     string // of the request
	Source string // the caller's IP address; empty is one for documentation
}

// GatewayEvent is a request to the API as API Gateway hands it to a function.
func GatewayEvent(r GatewayRequest) (map[string]any, error) {
	u, err := url.Parse(r.Path)
	if err != nil {
		return nil, err
	}
	headers, multi, query := map[string]string{}, map[string][]string{}, map[string]string{}
	for name, values := range r.Header {
		headers[name], multi[name] = values[len(values)-1], values
	}
	for name, values := range u.Query() {
		query[name] = values[len(values)-1]
	}
	route, source := cmp.Or(r.Route, u.Path), cmp.Or(r.Source, "203.0.113.7")
	return map[string]any{"resource": route, "path": u.Path, "httpMethod": r.Method, "headers": headers, "multiValueHeaders": multi,
		"queryStringParameters": query, "multiValueQueryStringParameters": u.Query(), "body": r.Body, "isBase64Encoded": false,
		"requestContext": map[string]any{"resourcePath": route, "httpMethod": r.Method, "stage": "v1", "path": "/v1" + u.Path,
			"requestId": r.ID, "identity": map[string]string{"sourceIp": source}}}, nil
}

// Message is a message of a queue.
type Message struct {
	ID       string
	Body     string
	Received int // how often
}

// QueueEvent is a delivery of messages as SQS's event source hands it to a consumer.
func QueueEvent(messages ...Message) map[string]any {
	records := make([]any, len(messages))
	for i, m := range messages {
		records[i] = map[string]any{"messageId": m.ID, "body": m.Body, "eventSource": "aws:sqs",
			"attributes": map[string]string{"ApproximateReceiveCount": fmt.Sprint(m.Received)}}
	}
	return map[string]any{"Records": records}
}

// BusBody is an event as EventBridge wraps it for a queue.
func BusBody(e event.Envelope) (string, error) {
	raw, err := json.Marshal(map[string]any{"version": "0", "id": e.ID, "detail-type": e.Type, "source": "turnup", "detail": e})
	return string(raw), err
}

// OutboxRow is a row of the outbox as it is stored.
type OutboxRow struct {
	Shard, ID string
	Encoded   []byte
}

// StreamEvent is new rows of the outbox as its stream hands them to the relay. A record's sequence number is its
// position, counted from 1.
func StreamEvent(rows ...OutboxRow) map[string]any {
	text := func(v string) map[string]string { return map[string]string{"S": v} }
	records := make([]any, len(rows))
	for i, r := range rows {
		records[i] = map[string]any{"eventName": "INSERT", "eventSource": "aws:dynamodb",
			"dynamodb": map[string]any{"SequenceNumber": fmt.Sprint(i + 1), "StreamViewType": "NEW_IMAGE",
				"NewImage": map[string]any{"pk": text(r.Shard), "sk": text(r.ID), "events": map[string][]byte{"B": r.Encoded}}}}
	}
	return map[string]any{"Records": records}
}

// Failures reads which messages or records a function wants to have again.
func Failures(answer []byte) (ids []string, err error) {
	var out struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, err
	}
	for _, f := range out.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids, nil
}
