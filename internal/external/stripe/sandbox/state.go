package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// apiVersion is the only version the answers and events are written in.
const apiVersion = "2023-10-16"

// table holds rows by id in the order of their creation.
type table[T any] struct {
	Rows  map[string]*T `json:"rows"`
	Order []string      `json:"order"`
}

func newTable[T any]() *table[T] { return &table[T]{Rows: map[string]*T{}} }

func (t *table[T]) add(id string, row *T) {
	t.Rows[id] = row
	t.Order = append(t.Order, id)
}

func (t *table[T]) remove(id string) {
	delete(t.Rows, id)
	if at := slices.Index(t.Order, id); at >= 0 {
		t.Order = slices.Delete(t.Order, at, at+1)
	}
}

// keepLast forgets the oldest rows beyond n. Order is copied rather than
// re-sliced so that what is dropped is really released.
func (t *table[T]) keepLast(n int) {
	if len(t.Order) <= n+n/10 {
		return
	}
	cut := len(t.Order) - n
	for _, id := range t.Order[:cut] {
		delete(t.Rows, id)
	}
	t.Order = slices.Clone(t.Order[cut:])
}

// state is everything that survives a restart.
type state struct {
	Offset         time.Duration         `json:"offset"` // added to the clock
	Customers      *table[customer]      `json:"customers"`
	PaymentMethods *table[paymentMethod] `json:"paymentMethods"`
	SetupIntents   *table[setupIntent]   `json:"setupIntents"`
	PaymentIntents *table[paymentIntent] `json:"paymentIntents"`
	Charges        *table[charge]        `json:"charges"`
	Refunds        *table[refund]        `json:"refunds"`
	Disputes       *table[dispute]       `json:"disputes"`
	Sessions       *table[session]       `json:"sessions"`
	Events         *table[event]         `json:"events"`
	Endpoints      *table[endpoint]      `json:"endpoints"`
	Keys           map[string]*storedKey `json:"keys"`
	Challenges     map[string]string     `json:"challenges"` // challenge → intent
	Deliveries     map[string]*delivery  `json:"deliveries"` // not yet accepted
	Switches       deliverySwitches      `json:"switches"`
}

func newState() *state {
	return &state{
		Customers: newTable[customer](), PaymentMethods: newTable[paymentMethod](), SetupIntents: newTable[setupIntent](),
		PaymentIntents: newTable[paymentIntent](), Charges: newTable[charge](), Refunds: newTable[refund](), Disputes: newTable[dispute](),
		Sessions: newTable[session](), Events: newTable[event](), Endpoints: newTable[endpoint](),
		Keys: map[string]*storedKey{}, Challenges: map[string]string{}, Deliveries: map[string]*delivery{},
	}
}

// op is one piece of work on the state: a request, a posted page or a
// background step. The server's lock is held while it runs.
type op struct {
	s    *Server
	st   *state
	now  time.Time
	path string // of the request, for the url of lists
	id   string // {id} of the path
	base string // scheme and host under which the hosted pages are reached
	// requestID and key go into the events the work causes; both are empty for
	// what no API request caused.
	requestID, key string
}

func (o *op) unix() int64 { return o.now.Unix() }

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// randomID is a prefix and n characters nobody can guess.
func randomID(prefix string, n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // crypto/rand never fails: it ends the program instead
	for i, b := range raw {
		raw[i] = alphabet[int(b)%len(alphabet)]
	}
	return prefix + string(raw)
}

func newID(prefix string) string { return randomID(prefix+"_", 24) }

// orNull turns an empty string into JSON null, as Stripe answers it.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// nulls adds fields that are always there and never set here.
func nulls(o obj, names ...string) obj {
	for _, n := range names {
		o[n] = nil
	}
	return o
}

// metadataOf renders a map that is never null.
func metadataOf(m map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, m)
	return out
}

// mergeMetadata applies metadata parameters: keys are set one by one, an empty
// value removes its key, an empty hash removes all.
func mergeMetadata(old map[string]string, p params) map[string]string {
	if !p.has("metadata") {
		return old
	}
	given, out := p.hash("metadata"), map[string]string{}
	if len(given) == 0 {
		return out
	}
	maps.Copy(out, old)
	for k, v := range given {
		if out[k] = v; v == "" {
			delete(out, k)
		}
	}
	return out
}

// raw marshals what can always be marshalled: maps of plain values.
func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("sandbox: cannot write JSON: " + err.Error())
	}
	return b
}
