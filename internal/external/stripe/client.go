// Package stripe is the PSP: it speaks Stripe's API (version 2023-10-16) by stripe-go and maps it onto what
// domain/payment asks for. It holds no state and decides nothing about orders.
//
// Time-outs are set: stripe-go waits 80 s by default, API Gateway gives up at 29 s. Charges are sent once per call;
// what to do about a lost answer is decided above, not by blind repetition.
package stripe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	stripe "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"turnup/internal/domain/payment"
)

// DefaultURL is Stripe's own.
const DefaultURL = "https://api.stripe.com"

// Client is a PSP.
type Client struct {
	api *client.API
}

// New makes a client. url is Stripe's or a sandbox's base address; within is how long one call may take.
func New(key, url string, within time.Duration) *Client {
	retries := int64(0)
	cfg := &stripe.BackendConfig{URL: &url, MaxNetworkRetries: &retries, HTTPClient: &http.Client{Timeout: within},
		EnableTelemetry: stripe.Bool(false), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, cfg)
	return &Client{api: client.New(key, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})}
}

// Waits between tries of a call that found its own twin under way, or was told to slow down.
var patience = []time.Duration{100 * time.Millisecond, 300 * time.Millisecond, 900 * time.Millisecond, 2 * time.Second}

// patiently repeats a call that was answered 409 (another request with the same idempotency key is under way) or 429.
// Neither had an effect, so repeating them is safe.
func patiently[T any](ctx context.Context, call func() (T, error)) (T, error) {
	for _, wait := range patience {
		out, err := call()
		var refused *stripe.Error
		if !errors.As(err, &refused) || refused.HTTPStatusCode != http.StatusConflict && refused.HTTPStatusCode != http.StatusTooManyRequests {
			return out, classify(err)
		}
		select {
		case <-ctx.Done():
			return out, classify(err)
		case <-time.After(wait):
		}
	}
	out, err := call()
	return out, classify(err)
}

// classify tells what a failed call means: ErrPSPUnavailable when it certainly had no effect, ErrUnanswered when it
// may have had one. Refusals of the request itself stay as they are.
func classify(err error) error {
	if err == nil {
		return nil
	}
	var refused *stripe.Error
	if errors.As(err, &refused) && refused.HTTPStatusCode > 0 {
		switch code := refused.HTTPStatusCode; {
		case code == http.StatusTooManyRequests:
			return payment.ErrPSPUnavailable.Because(err)
		// a twin under the same key is still under way, or had an effect with other parameters: what came of it is unknown
		case code >= http.StatusInternalServerError, code == http.StatusConflict, refused.Type == stripe.ErrorTypeIdempotency:
			return errors.Join(payment.ErrUnanswered, err)
		}
		return err
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return payment.ErrPSPUnavailable.Because(err)
	}
	return errors.Join(payment.ErrUnanswered, err)
}

// statusOf is the HTTP status of a refusal, 0 when there was no answer.
func statusOf(err error) int {
	var refused *stripe.Error
	if errors.As(err, &refused) {
		return refused.HTTPStatusCode
	}
	return 0
}
