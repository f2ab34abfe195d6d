package sandbox

import (
	"encoding/json"
	"errors"
)

// capture makes captures differ from what was asked, as Stripe never does: for
// proving that its callers compare. It is set by PUT /_sandbox/capture.
type capture struct {
	AmountDelta int64  `json:"amountDelta"`
	Currency    string `json:"currency,omitempty"`
	Times       int    `json:"times"`
}

func (s *Server) setCapture(in *json.Decoder) (any, error) {
	c := capture{Times: 1}
	if err := in.Decode(&c); err != nil {
		return nil, err
	}
	switch {
	case c.Times < 1:
		return nil, errors.New("times must be at least 1; DELETE ends it")
	case c.Currency != "" && !currencyShape.MatchString(c.Currency):
		return nil, errors.New("currency is three small letters")
	case c.Currency == "" && c.AmountDelta == 0:
		return nil, errors.New("amountDelta or currency must say what differs")
	}
	s.capture = &c
	return s.showCapture(nil)
}

func (s *Server) showCapture(*json.Decoder) (any, error) { return obj{"capture": s.capture}, nil }

func (s *Server) clearCapture(*json.Decoder) (any, error) {
	s.capture = nil
	return s.showCapture(nil)
}

// takeCapture uses the difference up by one; nil is none.
func (s *Server) takeCapture() *capture {
	c := s.capture
	if c == nil {
		return nil
	}
	if c.Times--; c.Times == 0 {
		s.capture = nil
	}
	return c
}

// apply captures the whole charge, or what the difference makes of it.
func (c *capture) apply(pi *paymentIntent, ch *charge) {
	if c != nil {
		ch.Amount = max(1, ch.Amount+c.AmountDelta)
		if c.Currency != "" {
			ch.Currency, pi.Currency = c.Currency, c.Currency
		}
	}
	ch.Captured, ch.AmountCaptured, pi.Received = true, ch.Amount, ch.Amount
}
