package sandbox

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// delivery is one event on its way to one endpoint. Due is wall time: the
// sandbox's own clock may be advanced by months and the wire does not care.
type delivery struct {
	ID       string    `json:"id"`
	Event    string    `json:"event"`
	Endpoint string    `json:"endpoint"`
	Tries    int       `json:"tries"`
	Due      time.Time `json:"due"`
	Seq      int64     `json:"seq"`
	Held     bool      `json:"held,omitempty"`
}

// deliverySwitches are set by PUT /_sandbox/delivery.
type deliverySwitches struct {
	Duplicate   int      `json:"duplicate"`
	DelayMs     int      `json:"delayMs"`
	Reorder     bool     `json:"reorder"`
	DropAll     bool     `json:"dropAll"`
	Drop        []string `json:"drop"`
	Hold        bool     `json:"hold"`
	Concurrency int      `json:"concurrency"`
	// Sequence numbers deliveries in the order of their events.
	Sequence int64 `json:"sequence"`
}

const (
	maxTries = 10
	maxPause = 60 * time.Second
	// reorderWindow is the time within which queued deliveries are shuffled.
	reorderWindow      = 250 * time.Millisecond
	deliveryTimeout    = 10 * time.Second
	defaultConcurrency = 4
)

// queue is a heap of the deliveries that wait for their time.
type queue []*delivery

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	return cmp.Or(q[i].Due.Compare(q[j].Due), cmp.Compare(q[i].Seq, q[j].Seq)) < 0
}
func (q *queue) Push(x any) { *q = append(*q, x.(*delivery)) }
func (q *queue) Pop() any {
	old := *q
	d := old[len(old)-1]
	*q = old[:len(old)-1]
	return d
}

// endpointsFor lists the endpoints an event is sent to; none for dropped types.
func (s *Server) endpointsFor(kind string) []string {
	sw := s.st.Switches
	if sw.DropAll || slices.Contains(sw.Drop, kind) {
		return nil
	}
	var ids []string
	for _, id := range s.st.Endpoints.Order {
		if s.st.Endpoints.Rows[id].wants(kind) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *Server) enqueue(ev *event, endpoints []string) {
	sw := &s.st.Switches
	for _, id := range endpoints {
		for range 1 + sw.Duplicate {
			sw.Sequence++
			d := &delivery{ID: newID("dlv"), Event: ev.ID, Endpoint: id, Seq: sw.Sequence, Held: sw.Hold}
			d.Due = time.Now().Add(time.Duration(sw.DelayMs) * time.Millisecond)
			if sw.Reorder {
				d.Due = d.Due.Add(rand.N(reorderWindow))
			}
			s.st.Deliveries[d.ID] = d
			if !d.Held {
				s.schedule(d)
			}
		}
	}
}

func (s *Server) schedule(d *delivery) {
	heap.Push(&s.queue, d)
	poke(s.wake)
}

// release lets go what is held, shuffled if reordering is on.
func (s *Server) release() int {
	var held []*delivery
	for _, d := range s.st.Deliveries {
		if d.Held {
			held = append(held, d)
		}
	}
	slices.SortFunc(held, func(a, b *delivery) int { return cmp.Compare(a.Seq, b.Seq) })
	if s.st.Switches.Reorder {
		rand.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
	}
	now := time.Now()
	for _, d := range held {
		s.st.Switches.Sequence++
		d.Held, d.Due, d.Seq = false, now, s.st.Switches.Sequence
		s.schedule(d)
	}
	return len(held)
}

// deliver is the worker that sends what is due until the server closes.
func (s *Server) deliver() {
	defer s.work.Done()
	for {
		wait := s.sendDue()
		timer := time.NewTimer(wait)
		select {
		case <-s.ctx.Done():
			timer.Stop()
			return
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// sendDue starts the deliveries that are due and answers how long to wait.
func (s *Server) sendDue() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := cmp.Or(s.st.Switches.Concurrency, defaultConcurrency)
	for len(s.queue) > 0 && s.sending < limit {
		d := s.queue[0]
		if wait := time.Until(d.Due); wait > 0 {
			return wait
		}
		heap.Pop(&s.queue)
		ev, end := s.st.Events.Rows[d.Event], s.st.Endpoints.Rows[d.Endpoint]
		if s.st.Deliveries[d.ID] != d || ev == nil || end == nil {
			delete(s.st.Deliveries, d.ID) // its event, its endpoint or the whole state is gone
			continue
		}
		s.sending++
		s.work.Add(1)
		go s.send(d, end.URL, slices.Clone(end.Secrets), ev.Body)
	}
	return time.Minute
}

// send makes one try and settles what becomes of the delivery.
func (s *Server) send(d *delivery, url string, secrets []string, body []byte) {
	defer s.work.Done()
	err := s.post(url, secrets, body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sending--
	poke(s.wake)
	if s.st.Deliveries[d.ID] != d {
		return // a reset came in between
	}
	if s.ctx.Err() != nil {
		return // closing: the try was cut off and is made again after a restart
	}
	d.Tries++
	switch {
	case err == nil:
		delete(s.st.Deliveries, d.ID)
	case d.Tries >= maxTries:
		s.log.Warn("webhook given up", "event", d.Event, "url", url, "tries", d.Tries, "error", err)
		delete(s.st.Deliveries, d.ID)
	default:
		s.log.Info("webhook not accepted", "event", d.Event, "url", url, "tries", d.Tries, "error", err)
		d.Due = time.Now().Add(backoff(d.Tries))
		s.schedule(d)
	}
	s.changed()
}

// backoff is 1 s, 2 s, 4 s … after the first, second, third try.
func backoff(tries int) time.Duration { return min(time.Second<<(tries-1), maxPause) }

func (s *Server) post(url string, secrets []string, body []byte) error {
	ctx, cancel := context.WithTimeout(s.ctx, deliveryTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	req.Header.Set("Stripe-Signature", sign(time.Now(), secrets, body))
	res, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("answered %s", res.Status)
	}
	return nil
}

// sign makes the Stripe-Signature header. Its time is wall time, because the
// receiver compares it with its own wall clock.
func sign(at time.Time, secrets []string, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "t=%d", at.Unix())
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%d.", at.Unix())
		mac.Write(body)
		b.WriteString(",v1=" + hex.EncodeToString(mac.Sum(nil)))
	}
	return b.String()
}

// poke wakes a worker that may be waiting, without waiting itself.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
