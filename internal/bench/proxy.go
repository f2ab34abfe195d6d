package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"turnup/internal/rig"
)

// call is one request that passed a proxy.
type call struct {
	what    string // DynamoDB.GetItem, AmazonSSM.GetParameters, PSP POST /v1/payment_intents
	psp     bool
	retry   bool     // the SDK sent it before; counted apart, because it tells of the network, not of the code
	told    units    // what the cloud reports
	ruled   units    // what AWS's rules give
	refused bool     // answered with an error
	items   []string // what was written, with sizes: where to look when units are many
	touches []touch  // the partitions it consumed something of
	paging  paging   // of a query
}

// paging is how many rows a query gave, and how many it read for that.
type paging struct{ Count, ScannedCount int }

func (c call) scan() bool { return c.what == "DynamoDB.Scan" }

// consumed is the larger of what the cloud reports and of what the rules give. Neither is enough: the local cloud
// charges every read alike, whatever its size, and the rules need the old item of a write, which only the cloud sees.
func (c call) consumed() units { return c.told.larger(c.ruled) }

// meter counts the calls that pass its proxies.
type meter struct {
	mu      sync.Mutex
	calls   []call
	lose    string            // the answer to the next call of this name is lost on its way
	replay  bool              // answers each reading of secrets as it was answered before
	secrets map[string][]byte // by the body of the request
	tracer  *tracer
}

func newMeter() *meter { return &meter{secrets: map[string][]byte{}, tracer: newTracer()} }

// take returns the calls since the last time and forgets them.
func (m *meter) take() []call {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.calls
	m.calls = nil
	return taken
}

func (m *meter) note(c call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, c)
}

// loseAnswer replaces the answer to the next call of a name, after it had its effect, by a gateway's failure.
func (m *meter) loseAnswer(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lose = name
}

func (m *meter) lost(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lose != name {
		return false
	}
	m.lose = ""
	return true
}

// replaySecrets makes the proxy answer what it was asked before by itself: a start is then measured without the time of
// the local cloud's answer.
func (m *meter) replaySecrets(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.replay = on
}

func (m *meter) known(body []byte) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.replay {
		return nil
	}
	return m.secrets[string(body)]
}

func (m *meter) remember(body, answer []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets[string(body)] = answer
}

const readSecrets = "AmazonSSM.GetParameters"

// proxy serves a counting proxy in front of a base address: AWS's or the PSP's.
func (m *meter) proxy(target string, psp bool) (*httptest.Server, error) {
	return rig.Proxy(target, psp, m.between)
}

func (m *meter) between(w http.ResponseWriter, in rig.Call, forward rig.Forward) {
	c := call{what: in.Name, psp: in.PSP, retry: in.Retry}
	if known := m.known(in.Body); known != nil && c.what == readSecrets {
		m.note(c)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = w.Write(known)
		return
	}
	operation, dynamo := strings.CutPrefix(c.what, "DynamoDB.")
	sent := in.Body
	if dynamo {
		sent = askForCapacity(sent)
	}
	answer, err := forward(sent)
	if err != nil {
		c.refused = true
		m.note(c)
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if dynamo {
		c.told, c.ruled, c.items = reported(operation, answer.Body), computed(operation, sent, answer.Body), written(sent)
	}
	c.refused = answer.Refused()
	if dynamo {
		c.touches, c.paging = m.tracer.touches(operation, sent, answer.Body, c.refused), decoded[paging](answer.Body)
	}
	m.note(c)
	if c.what == readSecrets && !c.refused {
		m.remember(in.Body, answer.Body)
	}
	if m.lost(c.what) {
		// Not a closed connection: Go's HTTP client repeats what has an Idempotency-Key by itself, and gets the answer.
		http.Error(w, "the answer was lost", http.StatusBadGateway)
		return
	}
	answer.Write(w)
}

// askForCapacity adds to a request of DynamoDB that it shall tell what it consumed. The signature no longer fits; the
// local cloud does not check it.
func askForCapacity(body []byte) []byte {
	var in map[string]json.RawMessage
	if json.Unmarshal(body, &in) != nil {
		return body
	}
	in["ReturnConsumedCapacity"] = json.RawMessage(`"TOTAL"`)
	out, err := json.Marshal(in)
	if err != nil {
		return body
	}
	return out
}
