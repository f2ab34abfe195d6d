package sandbox

import (
	"encoding/json"
	"reflect"
	"slices"
)

// event is a recorded event. Body is what webhooks carry: the object as it was
// at that moment, unexpanded.
type event struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Created int64           `json:"created"`
	Body    json.RawMessage `json:"body"`
}

// maxEvents bounds the memory of a long run; Stripe keeps 30 days.
const maxEvents = 10000

// emit records an event and queues it for the webhook endpoints.
func (o *op) emit(kind string, object obj) { o.record(kind, obj{"object": object}) }

// emitChange also says which fields had which values before.
func (o *op) emitChange(kind string, before, after obj) {
	previous := obj{}
	for k, v := range before {
		if !reflect.DeepEqual(v, after[k]) {
			previous[k] = v
		}
	}
	o.record(kind, obj{"object": after, "previous_attributes": previous})
}

func (o *op) record(kind string, data obj) {
	ends := o.s.endpointsFor(kind)
	ev := &event{ID: newID("evt"), Type: kind, Created: o.unix()}
	ev.Body = raw(obj{
		"id": ev.ID, "object": "event", "api_version": apiVersion, "created": ev.Created, "livemode": false, "type": kind,
		"data": data, "pending_webhooks": len(ends),
		"request": obj{"id": orNull(o.requestID), "idempotency_key": orNull(o.key)},
	})
	o.st.Events.add(ev.ID, ev)
	o.st.Events.keepLast(maxEvents)
	o.s.enqueue(ev, ends)
}

// renderEvent shows the event with the webhooks still to be delivered.
func (st *state) renderEvent(ev *event) obj {
	var o obj
	if err := json.Unmarshal(ev.Body, &o); err != nil {
		panic("sandbox: event " + ev.ID + " cannot be read: " + err.Error())
	}
	pending := map[string]bool{}
	for _, d := range st.Deliveries {
		if d.Event == ev.ID {
			pending[d.Endpoint] = true
		}
	}
	o["pending_webhooks"] = len(pending)
	return o
}

func getEvent(o *op, _ params) (obj, *apiError) {
	ev := o.st.Events.Rows[o.id]
	if ev == nil {
		return nil, noSuch("event", o.id, "id")
	}
	return o.st.renderEvent(ev), nil
}

func listEvents(o *op, p params) (obj, *apiError) {
	return page(o, p, o.st.Events, func(ev *event) bool {
		return matches(p, "type", ev.Type) && (!p.has("types") || slices.Contains(p.list("types"), ev.Type)) &&
			within(p, "created", ev.Created)
	}, o.st.renderEvent)
}
