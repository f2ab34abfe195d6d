package relay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/platform/relay"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// entry is one of PutEvents, as it goes over the wire.
type entry struct {
	EventBusName, Source, DetailType, Detail string
	Time                                     float64
}

// bus is EventBridge: it takes calls until the one that fails.
type bus struct {
	calls   [][]entry
	failsAt int    // the how-manieth call, from 1; 0: none
	how     string // "refuse": an HTTP error; "partial": one entry fails
}

func (b *bus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct{ Entries []entry }
	_ = json.NewDecoder(r.Body).Decode(&in)
	b.calls = append(b.calls, in.Entries)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	switch {
	case len(b.calls) != b.failsAt:
		_, _ = io.WriteString(w, `{"FailedEntryCount":0,"Entries":[]}`)
	case b.how == "partial":
		_, _ = io.WriteString(w, `{"FailedEntryCount":1,"Entries":[{"ErrorCode":"ThrottlingException"}]}`)
	default:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"ValidationException","message":"no"}`)
	}
}

func (b *bus) got() (ids []string) {
	for _, call := range b.calls {
		for _, e := range call {
			var detail event.Envelope
			_ = json.Unmarshal([]byte(e.Detail), &detail)
			ids = append(ids, string(detail.ID))
		}
	}
	return ids
}

// outbox remembers which rows were removed.
type outbox struct {
	waiting []event.Batch
	since   time.Time
	removed []string
	err     error
}

func (o *outbox) Published(_ context.Context, rows []event.Batch) error {
	for _, r := range rows {
		if o.err == nil {
			o.removed = append(o.removed, r.ID)
		}
	}
	return o.err
}

func (o *outbox) Waiting(_ context.Context, since time.Time) ([]event.Batch, error) {
	o.since = since
	return o.waiting, o.err
}

func over(t *testing.T, b *bus, o *outbox) relay.Relay {
	t.Helper()
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	return relay.Relay{Name: "domain", Outbox: o, Bus: eventbridge.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		})})}
}

// rows have the given numbers of events; event 2 of row 7 is evt_7_2.
func rows(sizes ...int) (all []event.Batch) {
	for r, n := range sizes {
		b := event.Batch{Shard: "OUTBOX#0", ID: fmt.Sprintf("evt_%d_0", r)}
		for e := range n {
			b.Events = append(b.Events, event.Envelope{ID: id.Event(fmt.Sprintf("evt_%d_%d", r, e)), Type: event.TypeOrderPaid, Version: 1, Time: noon, Tenant: "demo", Data: json.RawMessage(`{"a":1}`)})
		}
		all = append(all, b)
	}
	return all
}

func ids(batches []event.Batch) (all []string) {
	for _, b := range batches {
		for _, e := range b.Events {
			all = append(all, string(e.ID))
		}
	}
	return all
}

// I8: everything goes out in order, at most ten a call, and no row is torn apart.
func TestPublishInCallsOfTen(t *testing.T) {
	for _, k := range []struct{ sizes, calls []int }{
		{nil, nil}, {[]int{1}, []int{1}}, {slices.Repeat([]int{1}, 10), []int{10}}, {slices.Repeat([]int{1}, 11), []int{10, 1}},
		{[]int{4, 4, 4}, []int{8, 4}}, {[]int{3, 3, 3, 1, 1}, []int{10, 1}}, {[]int{9, 2, 9}, []int{9, 2, 9}}, {slices.Repeat([]int{3}, 7), []int{9, 9, 3}},
	} {
		b, o := &bus{}, &outbox{}
		all := rows(k.sizes...)
		n, err := over(t, b, o).Publish(t.Context(), all)
		if err != nil || n != len(all) || !slices.Equal(b.got(), ids(all)) || len(o.removed) != len(all) {
			t.Errorf("%v: %d, %v; sent %v", k.sizes, n, err, b.got())
		}
		var sizes []int
		for _, c := range b.calls {
			sizes = append(sizes, len(c))
		}
		if !slices.Equal(sizes, k.calls) {
			t.Errorf("%v: calls of %v, want %v", k.sizes, sizes, k.calls)
		}
	}
}

// What a rule on the bus matches: source, type, and the whole envelope as detail.
func TestEntry(t *testing.T) {
	b := &bus{}
	all := rows(1)
	if _, err := over(t, b, &outbox{}).Publish(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	e := b.calls[0][0]
	want, _ := json.Marshal(all[0].Events[0])
	if e.EventBusName != "domain" || e.Source != relay.Source || e.DetailType != "order.paid" || e.Detail != string(want) || int64(e.Time) != noon.Unix() {
		t.Errorf("got %+v", e)
	}
}

// A row leaves the outbox only after the bus has taken all its events; the answer is how many rows got through.
func TestPublishStopsAtTheFirstFailure(t *testing.T) {
	for _, how := range []string{"refuse", "partial"} {
		for failsAt, through := range map[int]int{1: 0, 2: 10, 3: 20} {
			b, o := &bus{failsAt: failsAt, how: how}, &outbox{}
			n, err := over(t, b, o).Publish(t.Context(), rows(slices.Repeat([]int{1}, 25)...))
			if err == nil || n != through || len(o.removed) != through {
				t.Errorf("%s at call %d: %d through, %d removed, %v", how, failsAt, n, len(o.removed), err)
			}
		}
	}
	o := &outbox{err: errors.New("no table")} // sent, but still there: it will be sent again
	if n, err := over(t, &bus{}, o).Publish(t.Context(), rows(1, 1)); err == nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
}

func record(kind, sequence string, b event.Batch) events.DynamoDBEventRecord {
	raw, _ := event.EncodeBatch(b.Events)
	return events.DynamoDBEventRecord{EventName: kind, Change: events.DynamoDBStreamRecord{SequenceNumber: sequence, NewImage: map[string]events.DynamoDBAttributeValue{
		"pk": events.NewStringAttribute(b.Shard), "sk": events.NewStringAttribute(b.ID), "events": events.NewBinaryAttribute(raw)}}}
}

// The stream delivers removals too, and one day a row nobody can read; neither may stop the others.
func TestStream(t *testing.T) {
	all := rows(2, 1, 1)
	broken := record("INSERT", "s3", all[0])
	broken.Change.NewImage["events"] = events.NewBinaryAttribute([]byte("{"))
	halved := record("INSERT", "s4", all[0])
	delete(halved.Change.NewImage, "sk")
	odd := record("INSERT", "s5", all[0])
	odd.Change.NewImage["events"] = events.NewNumberAttribute("7")
	in := events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{record("INSERT", "s1", all[0]), record("REMOVE", "s2", all[1]), broken, halved, odd,
		record("MODIFY", "s6", all[1]), record("INSERT", "s7", all[2])}}
	b, o := &bus{}, &outbox{}
	out, err := over(t, b, o).Stream(t.Context(), in)
	raw, _ := json.Marshal(out)
	if err != nil || string(raw) != `{"batchItemFailures":[]}` {
		t.Errorf("got %s, %v", raw, err)
	}
	if want := []string{"evt_0_0", "evt_0_1", "evt_2_0"}; !slices.Equal(b.got(), want) || !slices.Equal(o.removed, []string{"evt_0_0", "evt_2_0"}) {
		t.Errorf("sent %v, removed %v", b.got(), o.removed)
	}
}

// The stream is told the first record that did not get through, by its own number: from there it delivers again.
func TestStreamFailurePosition(t *testing.T) {
	var in events.DynamoDBEvent
	for i, b := range rows(slices.Repeat([]int{1}, 15)...) {
		in.Records = append(in.Records, record("REMOVE", fmt.Sprint("gone", i), b), record("INSERT", fmt.Sprint("s", i), b))
	}
	for failsAt, want := range map[int]string{1: "s0", 2: "s10"} {
		out, err := over(t, &bus{failsAt: failsAt}, &outbox{}).Stream(t.Context(), in)
		if err != nil || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != want {
			t.Errorf("got %+v, %v; want %s", out, err, want)
		}
	}
	if out, err := over(t, &bus{}, &outbox{}).Stream(t.Context(), events.DynamoDBEvent{}); err != nil || out.BatchItemFailures == nil || len(out.BatchItemFailures) != 0 {
		t.Errorf("got %+v, %v", out, err)
	}
}

// I8: what the stream lost is found by the sweep, which leaves the young ones to the stream.
func TestSweep(t *testing.T) {
	b, o := &bus{}, &outbox{waiting: rows(1, 2)}
	n, err := over(t, b, o).Sweep(t.Context(), noon)
	if err != nil || n != 2 || len(b.got()) != 3 || !o.since.Equal(noon.Add(-relay.SweepAfter)) {
		t.Errorf("%d, %v, since %v", n, err, o.since)
	}
	if _, err := over(t, b, &outbox{err: errors.New("no table")}).Sweep(t.Context(), noon); err == nil {
		t.Error("no error")
	}
}

// What is in no outbox goes out too, ten a call; what the bus refused does not keep the rest back, and is counted.
func TestAnnounce(t *testing.T) {
	all := rows(23)[0].Events
	for _, k := range []struct {
		failsAt int
		how     string
		sent    int
	}{{0, "", 23}, {1, "refuse", 13}, {2, "partial", 22}, {3, "refuse", 20}} {
		b := &bus{failsAt: k.failsAt, how: k.how}
		sent, err := over(t, b, nil).Announce(t.Context(), all)
		if sent != k.sent || (err != nil) != (k.failsAt > 0) || len(b.calls) != 3 || len(b.got()) != 23 {
			t.Errorf("%+v: %d sent, %v, %d calls", k, sent, err, len(b.calls))
		}
	}
	b := &bus{}
	if sent, err := over(t, b, nil).Announce(t.Context(), nil); sent != 0 || err != nil || len(b.calls) != 0 {
		t.Error("nothing is no call")
	}
}
