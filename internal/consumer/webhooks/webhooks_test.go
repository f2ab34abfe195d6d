package webhooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/consumer/webhooks"
	"turnup/internal/domain/webhook"
)

var (
	noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	key  = webhook.Key("0123456789abcdef0123456789abcdef")
)

// desk is a store under the conditions of the real one.
type desk struct {
	mu         sync.Mutex
	endpoints  []webhook.Endpoint
	deliveries map[id.Endpoint]map[id.Delivery]webhook.Delivery
	replays    map[id.Replay]webhook.Replay
	forgotten  []string
	fails      map[string]error // by method, once
}

func (d *desk) failing(method string) error {
	err := d.fails[method]
	delete(d.fails, method)
	return err
}

func (d *desk) WebhookReceivers(context.Context, id.Tenant) ([]webhook.Endpoint, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.endpoints), d.failing("WebhookEndpoints")
}

func (d *desk) WebhookEndpoint(_ context.Context, _ id.Tenant, of id.Endpoint) (webhook.Endpoint, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.endpoints {
		if e.ID == of {
			return e, nil
		}
	}
	return webhook.Endpoint{}, webhook.ErrUnknown
}

func (d *desk) RecordDelivery(_ context.Context, is webhook.Delivery) (webhook.Delivery, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.failing("RecordDelivery"); err != nil {
		return is, err
	}
	if was, there := d.deliveries[is.Endpoint][is.ID]; there {
		return was, nil
	}
	if d.deliveries[is.Endpoint] == nil {
		d.deliveries[is.Endpoint] = map[id.Delivery]webhook.Delivery{}
	}
	d.deliveries[is.Endpoint][is.ID] = is
	return is, nil
}

func (d *desk) WebhookDelivery(_ context.Context, _ id.Tenant, e id.Endpoint, of id.Delivery) (webhook.Delivery, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if is, there := d.deliveries[e][of]; there {
		return is, nil
	}
	return webhook.Delivery{}, webhook.ErrDeliveryUnknown
}

func (d *desk) SaveDelivery(_ context.Context, was, is webhook.Delivery) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.save(was, is, "SaveDelivery")
}

func (d *desk) save(was, is webhook.Delivery, method string) error {
	if err := d.failing(method); err != nil {
		return err
	}
	if d.deliveries[is.Endpoint][is.ID].Version != was.Version {
		return webhook.ErrMoved
	}
	d.deliveries[is.Endpoint][is.ID] = is
	return nil
}

func (d *desk) DeliveryTried(_ context.Context, _ webhook.Endpoint, was, is webhook.Delivery, at time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.save(was, is, "DeliveryTried"); err != nil {
		return err
	}
	for i, e := range d.endpoints {
		if e.ID == is.Endpoint {
			d.endpoints[i], _ = e.After(is, at)
		}
	}
	return nil
}

func (d *desk) ForgetDelivery(_ context.Context, _ id.Tenant, _ id.Endpoint, subject string) error {
	d.forgotten = append(d.forgotten, subject)
	return nil
}

func (d *desk) Replay(_ context.Context, _ id.Tenant, _ id.Endpoint, r id.Replay) (webhook.Replay, error) {
	if is, there := d.replays[r]; there {
		return is, nil
	}
	return webhook.Replay{}, webhook.ErrDeliveryUnknown
}

func (d *desk) ReplayPage(_ context.Context, r webhook.Replay, limit int32) (page []webhook.Delivery, more bool, err error) {
	for _, is := range d.deliveries[r.Endpoint] {
		if !is.At.Before(r.From) && is.At.Before(r.Until) && is.ID > r.After {
			page = append(page, is)
		}
	}
	slices.SortFunc(page, func(a, b webhook.Delivery) int { return int(a.At.Sub(b.At)) })
	if len(page) > int(limit) {
		return page[:limit], true, nil
	}
	return page, false, nil
}

func (d *desk) SaveReplay(_ context.Context, r webhook.Replay) error {
	if d.replays[r.ID].Version != r.Version-1 {
		return webhook.ErrMoved
	}
	d.replays[r.ID] = r
	return nil
}

// wire answers by address, and remembers what came.
type wire struct {
	mu      sync.Mutex
	answers map[string]webhook.Answer
	waits   map[string]chan struct{}
	came    []string
}

func (w *wire) Send(_ context.Context, address string, headers map[string]string, _ string) webhook.Answer {
	w.mu.Lock()
	w.came = append(w.came, address+" "+headers["webhook-id"])
	a, wait := w.answers[address], w.waits[address]
	w.mu.Unlock()
	if wait != nil {
		<-wait
	}
	return a
}

func (w *wire) count(address string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.came {
		if len(c) >= len(address) && c[:len(address)] == address {
			n++
		}
	}
	return n
}

type setup struct {
	*desk
	*wire
	webhooks.Consumer
	clock *clock.Manual
}

func open(addresses ...string) setup {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	s := setup{desk: &desk{deliveries: map[id.Endpoint]map[id.Delivery]webhook.Delivery{}, replays: map[id.Replay]webhook.Replay{}, fails: map[string]error{}},
		wire: &wire{answers: map[string]webhook.Answer{}, waits: map[string]chan struct{}{}}, clock: clock.At(noon)}
	for _, a := range addresses {
		s.endpoints = append(s.endpoints, webhook.Open("demo", webhook.Terms{URL: a, Enabled: true}, noon))
		s.answers[a] = webhook.Answer{Try: webhook.Try{Status: 204, At: noon}}
	}
	s.Consumer = webhooks.Consumer{Store: s.desk, Sender: s.wire, Key: key, Clock: s.clock, Chance: func() float64 { return 0.5 }}
	return s
}

func paid(t *testing.T, at time.Time) event.Envelope {
	return event.New(t.Context(), "demo", at, event.OrderPaid{OrderID: "ord_1", CustomerID: "cus_1"})
}

func (s setup) only(t *testing.T, i int) webhook.Delivery {
	t.Helper()
	for _, d := range s.deliveries[s.endpoints[i].ID] {
		return d
	}
	t.Fatal("no delivery")
	return webhook.Delivery{}
}

func (s setup) due(t *testing.T, subject string) error {
	t.Helper()
	return s.Handle(t.Context(), event.New(t.Context(), "demo", s.clock.Now(), event.TimerDue{Kind: "webhook.due", CustomerID: id.Customer(s.endpoints[0].ID), Subject: subject, Due: s.clock.Now()}))
}

// An event goes once to each endpoint that wants it, however often it is delivered to us.
func TestEachEndpointOnce(t *testing.T) {
	s := open("a", "b", "c")
	s.endpoints[1].Terms.Types = []event.Type{event.TypeOrderCancelled}
	e := paid(t, noon)
	for range 3 {
		if err := s.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if s.count("a") != 1 || s.count("b") != 0 || s.count("c") != 1 || s.only(t, 0).State != webhook.Delivered {
		t.Errorf("%v", s.came)
	}
	if err := s.Handle(t.Context(), event.New(t.Context(), "demo", noon, event.PasswordChanged{CustomerID: "cus_1"})); !errors.Is(err, fault.ErrInvalid) || len(s.came) != 2 {
		t.Errorf("what may not go out: %v, %v", err, s.came)
	}
}

// A slow endpoint holds nobody up: the others have the event before it has answered.
func TestASlowEndpoint(t *testing.T) {
	s := open("slow", "quick")
	s.waits["slow"] = make(chan struct{})
	done := make(chan error)
	go func() { done <- s.Handle(t.Context(), paid(t, noon)) }()
	for range 200 {
		s.desk.mu.Lock()
		for _, d := range s.deliveries[s.endpoints[1].ID] {
			if d.State == webhook.Delivered {
				close(s.waits["slow"])
				s.desk.mu.Unlock()
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				return
			}
		}
		s.desk.mu.Unlock()
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the quick one waits for the slow one")
}

// Whatever is interrupted is brought back, and sent with the same webhook-id: nothing is lost.
func TestInterrupted(t *testing.T) {
	for method, sends := range map[string]int{"WebhookEndpoints": 1, "RecordDelivery": 1, "DeliveryTried": 2} {
		s := open("a")
		s.fails[method] = fault.ErrUnavailable
		e := paid(t, noon)
		if err := s.Handle(t.Context(), e); !fault.Transient(err) {
			t.Errorf("%s: %v", method, err)
		}
		if err := s.Handle(t.Context(), e); err != nil {
			t.Errorf("%s, again: %v", method, err)
		}
		want := slices.Repeat([]string{"a " + string(e.ID)}, sends)
		if !slices.Equal(s.came, want) || s.only(t, 0).State != webhook.Delivered {
			t.Errorf("%s: %v", method, s.came)
		}
	}
}

// What failed is tried again when it is due and not before, by the same message, until it gets through; the event itself, delivered
// again, sends nothing.
func TestTriedAgain(t *testing.T) {
	s := open("a")
	s.answers["a"] = webhook.Answer{Try: webhook.Try{Status: 503, At: noon}, RetryAfter: time.Hour}
	e := paid(t, noon)
	if err := s.Handle(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	d := s.only(t, 0)
	if d.State != webhook.Waiting || !d.Next.Equal(noon.Add(time.Hour)) || s.endpoints[0].FailingSince.IsZero() {
		t.Fatalf("%+v", d)
	}
	if err := errors.Join(s.Handle(t.Context(), e), s.due(t, string(d.ID))); err != nil || len(s.came) != 1 {
		t.Fatalf("before it is due: %v, %v", err, s.came)
	}
	s.clock.Advance(time.Hour)
	s.answers["a"] = webhook.Answer{Try: webhook.Try{Status: 200, At: noon}}
	if err := errors.Join(s.due(t, string(d.ID)), s.due(t, string(d.ID))); err != nil {
		t.Fatal(err)
	}
	if s.only(t, 0).State != webhook.Delivered || len(s.came) != 2 || s.came[0] != s.came[1] || !s.endpoints[0].FailingSince.IsZero() {
		t.Errorf("%v %+v", s.came, s.endpoints[0])
	}
}

// A 410 disables the endpoint at once: what comes then, and what is due, is held.
func TestGone(t *testing.T) {
	s := open("a")
	s.answers["a"] = webhook.Answer{Try: webhook.Try{Status: 500, At: noon}}
	first, second, third := paid(t, noon), paid(t, noon.Add(time.Second)), paid(t, noon.Add(2*time.Second))
	err := s.Handle(t.Context(), first)
	s.answers["a"] = webhook.Answer{Try: webhook.Try{Status: 410, At: noon}}
	err = errors.Join(err, s.Handle(t.Context(), second), s.Handle(t.Context(), third))
	s.clock.Advance(time.Hour)
	err = errors.Join(err, s.due(t, string(webhook.DeliveryOf(first.ID))))
	if err != nil || s.endpoints[0].Reason != webhook.Gone || len(s.came) != 2 {
		t.Fatalf("%v, %+v, %v", err, s.endpoints[0], s.came)
	}
	for e, want := range map[id.Event]webhook.State{first.ID: webhook.Held, second.ID: webhook.Failed, third.ID: webhook.Held} {
		if got := s.deliveries[s.endpoints[0].ID][webhook.DeliveryOf(e)].State; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A replay begins anew what is in its range and of its types, at its pace, and says when it is over.
func TestReplay(t *testing.T) {
	s := open("a")
	e := &s.endpoints[0]
	const all = webhook.ReplayStep + 10
	for i := range all {
		if err := s.Handle(t.Context(), paid(t, noon.Add(time.Duration(i)*time.Second))); err != nil {
			t.Fatal(err)
		}
	}
	cancelled := event.New(t.Context(), "demo", noon.Add(time.Second/2), event.OrderCancelled{OrderID: "ord_1", CustomerID: "cus_1"})
	if err := s.Handle(t.Context(), cancelled); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(time.Hour)
	r, err := e.Replays(noon, noon.Add((all-5)*time.Second), []event.Type{event.TypeOrderPaid}, s.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	s.replays[r.ID] = r
	waiting := func() (n int) {
		for _, d := range s.deliveries[e.ID] {
			if d.State == webhook.Waiting {
				n++
			}
		}
		return n
	}
	for _, want := range []struct {
		after          time.Duration
		waiting, steps int
	}{{0, webhook.ReplayStep - 1, 1}, {0, webhook.ReplayStep - 1, 1}, {webhook.ReplayEvery, all - 5, 2}, {webhook.ReplayEvery, all - 5, 2}} {
		s.clock.Advance(want.after)
		if err := s.due(t, string(r.ID)); err != nil {
			t.Fatal(err)
		}
		if is := s.replays[r.ID]; waiting() != want.waiting || is.Version != int64(want.steps+1) {
			t.Errorf("%d waiting, %+v; want %+v", waiting(), is, want)
		}
	}
	if is := s.replays[r.ID]; is.Sent != all-5 || !is.Next.IsZero() || s.deliveries[e.ID][webhook.DeliveryOf(cancelled.ID)].State != webhook.Delivered {
		t.Errorf("at last %+v", is)
	}
}

// What is due of an endpoint or a delivery that is gone is forgotten; what is nothing of ours is parked.
func TestGoneAreForgotten(t *testing.T) {
	s := open("a")
	whd, whr := string(webhook.DeliveryOf("evt_1")), "whr_1"
	err := errors.Join(s.due(t, whd), s.due(t, whr))
	if fmt.Sprint(s.forgotten) != fmt.Sprint([]string{whd, whr}) || err != nil {
		t.Errorf("%v, %v", s.forgotten, err)
	}
	if err := s.due(t, "ord_1"); !errors.Is(err, fault.ErrInvalid) {
		t.Error(err)
	}
}
