package webhook

import (
	"encoding/json"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Kept is how long a delivery is known after it was begun, its message with it: so far back goes a replay.
const Kept = 30 * 24 * time.Hour

// Grace is how long what is to be sent at once has, before its timer brings it back.
const Grace = 2 * time.Minute

// State of a delivery.
type State string

// The states.
const (
	Waiting   State = "waiting"   // it is sent, or will be
	Delivered State = "delivered" // the endpoint answered 2xx
	Failed    State = "failed"    // it was tried as often as it is, or the endpoint answered 410
	Held      State = "held"      // the endpoint was disabled: it is not sent unless somebody asks for it
)

// Delivery is an event on its way to one endpoint.
type Delivery struct {
	Tenant      id.Tenant
	Endpoint    id.Endpoint
	ID          id.Delivery
	Message     id.Event // the event's id, which is the message's: the same however often it is sent
	Type        event.Type
	At          time.Time // when the event became true
	Body        string    // the message, byte for byte
	State       State
	Since       time.Time // when it was begun to be sent: at first, or again because somebody asked for it
	Tries       int       // since then
	Next        time.Time // when it is tried; zero when a message of the queue sees to that, or nothing does
	Last        *Try      // the last one
	DeliveredAt time.Time
	Version     int64
}

// Try is what came of one.
type Try struct {
	At      time.Time `json:"at" doc:"When it was begun" example:"2030-01-01T12:00:02Z"`
	Status  int       `json:"status,omitempty" doc:"HTTP status of the answer, if there was one" example:"503"`
	Failure string    `json:"failure,omitempty" doc:"Why there was no answer: timeout, connection, tls, address_refused (no public address), request" example:"timeout"`
	Millis  int64     `json:"ms" doc:"How long it took, in milliseconds" example:"212"`
	Excerpt string    `json:"excerpt,omitempty" doc:"The beginning of the answer, if it was text" example:"Service Unavailable"`
}

// Answer is a try, and when the endpoint wants the next one.
type Answer struct {
	Try
	RetryAfter time.Duration
}

type message struct {
	Type      event.Type      `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// DeliveryOf is the id of an event's delivery: there is one for each endpoint.
func DeliveryOf(e id.Event) id.Delivery {
	return id.Swap[id.Delivery](e, id.EventPrefix, id.DeliveryPrefix)
}

// Deliver begins the delivery of an event; to an endpoint that is disabled it is held.
func (e Endpoint) Deliver(ev event.Envelope, now time.Time) (Delivery, error) {
	body, err := json.Marshal(message{ev.Type, ev.Time.UTC(), ev.Data})
	if err != nil {
		return Delivery{}, fault.ErrInvalid.Because(err)
	}
	d := Delivery{Tenant: e.Tenant, Endpoint: e.ID, ID: DeliveryOf(ev.ID), Message: ev.ID, Type: ev.Type, At: ev.Time, Body: string(body), State: Waiting, Since: now, Version: 1}
	if !e.Terms.Enabled {
		d.State = Held
	}
	return d, nil
}

// Trial is a message of no event, with which a partner sees that it arrives.
func (e Endpoint) Trial(now time.Time) (Delivery, error) {
	if !e.Terms.Enabled {
		return Delivery{}, ErrDisabled
	}
	data, err := json.Marshal(map[string]id.Endpoint{"endpointId": e.ID})
	if err != nil {
		return Delivery{}, err
	}
	d, err := e.Deliver(event.Envelope{ID: id.New[id.Event](id.EventPrefix, now), Type: Test, Time: now, Data: data}, now)
	d.Next = now
	return d, err
}

// First tells whether a delivery was recorded and not tried, so that whoever brings its event has to send it.
func (d Delivery) First() bool { return d.State == Waiting && d.Tries == 0 && d.Next.IsZero() }

// Due tells whether it is time to try it.
func (d Delivery) Due(now time.Time) bool {
	return d.State == Waiting && !d.Next.IsZero() && !d.Next.After(now)
}

// Again begins it anew, whatever became of it.
func (d Delivery) Again(now time.Time) Delivery {
	d.State, d.Since, d.Tries, d.Next = Waiting, now, 0, now
	d.Version++
	return d
}

// Hold leaves it: its endpoint is disabled.
func (d Delivery) Hold() Delivery {
	d.State, d.Next = Held, time.Time{}
	d.Version++
	return d
}

const statusGone = 410

// Tried is how it stands after a try. chance, from 0 to 1, spreads the pause.
func (d Delivery) Tried(a Answer, now time.Time, chance float64) Delivery {
	d.Tries, d.Last, d.Next = d.Tries+1, &a.Try, time.Time{}
	d.Version++
	pause, more := Pause(d.Tries, a.RetryAfter, chance)
	switch {
	case a.Status >= 200 && a.Status < 300:
		d.State, d.DeliveredAt = Delivered, now
	case a.Status == statusGone || !more:
		d.State = Failed
	default:
		d.Next = now.Add(pause)
	}
	return d
}

// The pauses between the tries: more than three days in all. The shortest is what timers are exact to.
var pauses = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// LongestPause bounds what an endpoint can ask for.
const LongestPause = 24 * time.Hour

// Pause is how long to wait after so many tries; false when that was the last one. It is up to a tenth shorter or longer, so that what
// failed together is not tried again together, and longer if the endpoint asks for that.
func Pause(tries int, asked time.Duration, chance float64) (time.Duration, bool) {
	if tries > len(pauses) {
		return 0, false
	}
	pause := pauses[tries-1]
	pause += time.Duration((chance*2 - 1) * float64(pause) / 10)
	return max(pause, min(asked, LongestPause)), true
}
