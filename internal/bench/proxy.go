package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
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
}

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
	client  *http.Client
}

func newMeter() *meter { return &meter{secrets: map[string][]byte{}, client: &http.Client{}} }

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
	to, err := url.Parse(target)
	if err != nil || to.Host == "" {
		return nil, fmt.Errorf("%q is not the address of a server", target)
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the function went away
		}
		c := call{what: nameOf(r, body, psp), psp: psp, retry: isRetry(r)}
		if known := m.known(body); known != nil && c.what == readSecrets {
			m.note(c)
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			_, _ = w.Write(known)
			return
		}
		m.forward(w, r, to, c, body)
	})), nil
}

func (m *meter) forward(w http.ResponseWriter, r *http.Request, to *url.URL, c call, body []byte) {
	operation, dynamo := strings.CutPrefix(c.what, "DynamoDB.")
	sent := body
	if dynamo {
		sent = askForCapacity(body)
	}
	status, header, answer, err := m.send(r, to, sent)
	if err != nil {
		c.refused = true
		m.note(c)
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if dynamo {
		c.told, c.ruled, c.items = reported(operation, answer), computed(operation, sent, answer), written(sent)
	}
	c.refused = status >= http.StatusBadRequest
	m.note(c)
	if c.what == readSecrets && !c.refused {
		m.remember(body, answer)
	}
	if m.lost(c.what) {
		// Not a closed connection: Go's HTTP client repeats what has an Idempotency-Key by itself, and gets the answer.
		http.Error(w, "the answer was lost", http.StatusBadGateway)
		return
	}
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

func (m *meter) send(r *http.Request, to *url.URL, body []byte) (int, http.Header, []byte, error) {
	where := *to
	where.Path, where.RawQuery = strings.TrimSuffix(to.Path, "/")+r.URL.Path, r.URL.RawQuery
	out, err := http.NewRequestWithContext(r.Context(), r.Method, where.String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Accept-Encoding") // so that the answer can be read
	out.Header.Del("Content-Length")
	res, err := m.client.Do(out)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	res.Header.Del("Content-Length")
	return res.StatusCode, res.Header, answer, err
}

// nameOf names a call. AWS's JSON protocol has the operation in a header, its query protocol in the form, and CBOR in
// the path.
func nameOf(r *http.Request, body []byte, psp bool) string {
	if psp {
		return "PSP " + r.Method + " " + r.URL.Path
	}
	if service, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		service, _, _ = strings.Cut(service, "_") // without the version: DynamoDB_20120810
		return service + "." + operation
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") != "" {
		return "Query." + form.Get("Action")
	}
	return r.Method + " " + r.URL.Path
}

// isRetry reads how often the SDK tried before: "attempt=2; max=3".
func isRetry(r *http.Request) bool {
	attempt, _, _ := strings.Cut(r.Header.Get("Amz-Sdk-Request"), ";")
	return strings.HasPrefix(attempt, "attempt=") && attempt != "attempt=1"
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
