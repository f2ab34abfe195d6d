package sandbox

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// logEntry is one request as GET /_sandbox/requests shows it.
type logEntry struct {
	Time           time.Time         `json:"time"`
	Method         string            `json:"method"`
	Path           string            `json:"path"`
	RequestID      string            `json:"requestId,omitempty"`
	IdempotencyKey string            `json:"idempotencyKey,omitempty"`
	Params         map[string]string `json:"params"`
	Status         int               `json:"status"` // 0: no answer was given
	Replayed       bool              `json:"replayed"`
	Fault          string            `json:"fault,omitempty"`
}

const maxLog = 10000

// cardFields are the names of card data outside card[...]: no endpoint takes
// them there, but a mistaken request must not leave them in the log either.
var cardFields = []string{"number", "cvc", "exp_month", "exp_year", "expiry"}

// withoutCard drops card data, replacing a number by the name of the test card.
func withoutCard(form url.Values) url.Values {
	out := url.Values{}
	for k, v := range form {
		switch {
		case strings.HasSuffix(k, "card[number]") && len(v) == 1:
			if t := cardByNumber(spaces.Replace(v[0])); t != nil {
				out[k] = []string{t.token}
			}
		case strings.HasSuffix(k, "card[token]"):
			out[k] = v
		case strings.HasPrefix(k, "card[") || strings.Contains(k, "[card]") || slices.Contains(cardFields, k):
		default:
			out[k] = v
		}
	}
	return out
}

// note adds a request to the log. The lock is held.
func (s *Server) note(e *logEntry, form url.Values) {
	e.Params = map[string]string{}
	for k, v := range withoutCard(form) {
		e.Params[k] = strings.Join(v, ", ")
	}
	s.requests = append(s.requests, e)
	if len(s.requests) > maxLog+maxLog/10 {
		s.requests = slices.Clone(s.requests[len(s.requests)-maxLog:])
	}
}
