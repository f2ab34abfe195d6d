package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// controls are the endpoints of the control API. Each runs under the lock and
// answers what is written as JSON.
var controls = map[string]func(*Server, *json.Decoder) (any, error){
	"PUT /_sandbox/webhook":         (*Server).setWebhook,
	"PUT /_sandbox/delivery":        (*Server).setDelivery,
	"GET /_sandbox/delivery":        (*Server).showDelivery,
	"POST /_sandbox/delivery/flush": (*Server).flush,
	"PUT /_sandbox/faults":          (*Server).setFaults,
	"GET /_sandbox/faults":          (*Server).showFaults,
	"DELETE /_sandbox/faults":       (*Server).clearFaults,
	"PUT /_sandbox/capture":         (*Server).setCapture,
	"GET /_sandbox/capture":         (*Server).showCapture,
	"DELETE /_sandbox/capture":      (*Server).clearCapture,
	"POST /_sandbox/clock":          (*Server).advance,
	"GET /_sandbox/clock":           (*Server).showClock,
	"GET /_sandbox/requests":        (*Server).showRequests,
	"DELETE /_sandbox/requests":     (*Server).clearRequests,
	"GET /_sandbox/ledger":          (*Server).showLedger,
	"POST /_sandbox/reset":          (*Server).reset,
	"GET /_sandbox/health":          (*Server).health,
}

func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	do := controls[r.Method+" "+r.URL.Path]
	if do == nil {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(raw(obj{"error": "there is no " + r.Method + " " + r.URL.Path}))
		return
	}
	body, err := io.ReadAll(r.Body)
	var result any
	var out []byte
	if err == nil {
		in := json.NewDecoder(bytes.NewReader(body))
		in.DisallowUnknownFields()
		s.mu.Lock()
		if result, err = do(s, in); err == nil {
			out = raw(result) // under the lock: the result may be part of the state
			s.changed()
		}
		s.mu.Unlock()
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		out = raw(obj{"error": err.Error()})
	}
	_, _ = w.Write(append(out, '\n'))
}

func (s *Server) setWebhook(in *json.Decoder) (any, error) {
	var to struct {
		URL     string   `json:"url"`
		Secrets []string `json:"secrets"`
	}
	if err := in.Decode(&to); err != nil {
		return nil, err
	}
	s.st.Endpoints.remove(wiredEndpoint)
	if to.URL == "" {
		return obj{"url": nil}, nil
	}
	if !webURL(to.URL) {
		return nil, fmt.Errorf("url %q is not an http(s) URL", to.URL)
	}
	if len(to.Secrets) == 0 {
		return nil, errors.New("secrets must hold at least one secret")
	}
	s.st.Endpoints.add(wiredEndpoint, &endpoint{ID: wiredEndpoint, Created: s.now().Unix(), URL: to.URL, Events: []string{"*"}, Secrets: to.Secrets})
	return obj{"url": to.URL, "secrets": len(to.Secrets)}, nil
}

func (s *Server) setDelivery(in *json.Decoder) (any, error) {
	var to struct {
		Duplicate   int             `json:"duplicate"`
		DelayMs     int             `json:"delayMs"`
		Reorder     bool            `json:"reorder"`
		Drop        json.RawMessage `json:"drop"` // true, false or a list of types
		Hold        bool            `json:"hold"`
		Concurrency int             `json:"concurrency"`
	}
	if err := in.Decode(&to); err != nil {
		return nil, err
	}
	if to.Duplicate < 0 || to.Duplicate > 100 || to.DelayMs < 0 || to.Concurrency < 0 || to.Concurrency > 64 {
		return nil, errors.New("duplicate is 0 to 100, delayMs at least 0, concurrency 0 (default) to 64")
	}
	sw := deliverySwitches{Duplicate: to.Duplicate, DelayMs: to.DelayMs, Reorder: to.Reorder, Hold: to.Hold,
		Concurrency: to.Concurrency, Sequence: s.st.Switches.Sequence}
	if len(to.Drop) > 0 && json.Unmarshal(to.Drop, &sw.DropAll) != nil {
		if err := json.Unmarshal(to.Drop, &sw.Drop); err != nil {
			return nil, errors.New("drop is true, false or a list of event types")
		}
	}
	s.st.Switches = sw
	if !sw.Hold {
		s.release()
	}
	poke(s.wake)
	return s.showDelivery(nil)
}

func (s *Server) showDelivery(*json.Decoder) (any, error) {
	held := 0
	for _, d := range s.st.Deliveries {
		if d.Held {
			held++
		}
	}
	sw := s.st.Switches
	var drop any = sw.DropAll
	if len(sw.Drop) > 0 {
		drop = sw.Drop
	}
	return obj{"duplicate": sw.Duplicate, "delayMs": sw.DelayMs, "reorder": sw.Reorder, "drop": drop, "hold": sw.Hold,
		"concurrency": sw.Concurrency, "held": held, "pending": len(s.st.Deliveries)}, nil
}

func (s *Server) flush(*json.Decoder) (any, error) { return obj{"released": s.release()}, nil }

func (s *Server) setFaults(in *json.Decoder) (any, error) {
	var faults []*fault
	if err := in.Decode(&faults); err != nil {
		return nil, err
	}
	for i, f := range faults {
		if f == nil {
			return nil, fmt.Errorf("fault %d is null", i)
		}
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("fault %d: %w", i, err)
		}
	}
	s.faults = faults
	return s.showFaults(nil)
}

func (s *Server) showFaults(*json.Decoder) (any, error) {
	left := s.faults
	if left == nil {
		left = []*fault{}
	}
	return obj{"faults": left}, nil
}

func (s *Server) clearFaults(*json.Decoder) (any, error) {
	s.faults = nil
	return s.showFaults(nil)
}

func (s *Server) advance(in *json.Decoder) (any, error) {
	var to struct {
		AdvanceSeconds int64 `json:"advanceSeconds"`
	}
	if err := in.Decode(&to); err != nil {
		return nil, err
	}
	const century = 100 * 365 * 24 * 3600
	if to.AdvanceSeconds < 0 || to.AdvanceSeconds > century-int64(s.st.Offset/time.Second) {
		return nil, errors.New("advanceSeconds must not be negative (time does not run backwards) nor lead more than a century ahead")
	}
	s.st.Offset += time.Duration(to.AdvanceSeconds) * time.Second
	s.passTime()
	return s.showClock(nil)
}

func (s *Server) showClock(*json.Decoder) (any, error) {
	return obj{"now": s.now().UTC().Format(time.RFC3339), "offsetSeconds": int64(s.st.Offset / time.Second)}, nil
}

func (s *Server) showRequests(*json.Decoder) (any, error) {
	log := s.requests[max(0, len(s.requests)-maxLog):]
	if log == nil {
		log = []*logEntry{}
	}
	return obj{"requests": log}, nil
}

func (s *Server) clearRequests(*json.Decoder) (any, error) {
	s.requests = nil
	return obj{"requests": []*logEntry{}}, nil
}

// showLedger is what money came and went, for invariants over a whole run.
func (s *Server) showLedger(*json.Decoder) (any, error) {
	rows, captured, refunded, disputed := []obj{}, map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, id := range s.st.Charges.Order {
		ch := s.st.Charges.Rows[id]
		rows = append(rows, obj{"id": ch.ID, "payment_intent": ch.PaymentIntent, "customer": orNull(ch.Customer), "amount": ch.Amount,
			"amount_captured": ch.AmountCaptured, "amount_refunded": ch.Refunded, "currency": ch.Currency, "status": ch.Status,
			"dispute": s.st.disputeOf(ch), "metadata": metadataOf(ch.Metadata)})
		captured[ch.Currency] += ch.AmountCaptured
	}
	for _, r := range s.st.Refunds.Rows {
		if r.Status != "failed" && r.Status != canceled {
			refunded[r.Currency] += r.Amount
		}
	}
	for _, d := range s.st.Disputes.Rows {
		if d.Status != won {
			disputed[d.Currency] += d.Amount
		}
	}
	return obj{"charges": rows, "captured": captured, "refunded": refunded, "disputed": disputed}, nil
}

// reset forgets everything but the webhook that was wired by the control API.
func (s *Server) reset(*json.Decoder) (any, error) {
	wired := s.st.Endpoints.Rows[wiredEndpoint]
	s.st, s.faults, s.capture, s.requests, s.queue = newState(), nil, nil, nil, nil
	if wired != nil {
		s.st.Endpoints.add(wiredEndpoint, wired)
	}
	return obj{"reset": true}, nil
}

func (s *Server) health(*json.Decoder) (any, error) {
	return obj{"status": "ok", "api_version": apiVersion}, nil
}
