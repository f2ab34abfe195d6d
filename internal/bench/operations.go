package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/journey"
	"turnup/internal/plant"
	"turnup/internal/rig"
)

// measured is what one operation did.
type measured struct {
	name  string
	calls []call
}

// envOf gives a function its environment.
type envOf func(function string) ([]string, error)

// stage runs the functions, one process each, and notes what each invocation did.
type stage struct {
	site      *rig.Site
	meter     *meter
	programs  string // folder of the built functions
	env       envOf  // each function's environment
	functions map[string]*rig.Function
	cold      map[string][]call // what a function did before its first event
	measured  []measured
	token     string // of the customer at the front end
	customer  string // their id
	staff     string // token of the staff
	method    string // the customer's confirmed payment method

	plant        *plant.Plant
	home         journey.Home // where the fibre line is
	service      string       // the line
	subscription string       // what it is the line of
}

// function gives the process of a function, ready for an event.
func (s *stage) function(ctx context.Context, name string) (*rig.Function, error) {
	if f, ok := s.functions[name]; ok {
		return f, nil
	}
	s.meter.take()
	env, err := s.env(name)
	if err != nil {
		return nil, err
	}
	f, _, err := rig.Start(filepath.Join(s.programs, name), env)
	if err != nil {
		return nil, err
	}
	s.functions[name] = f
	limited, cancel := context.WithTimeout(ctx, rig.Patience)
	defer cancel()
	if _, err := f.AwaitReady(limited); err != nil {
		return nil, err
	}
	s.cold[name] = s.meter.take()
	return f, nil
}

func (s *stage) close() {
	for _, f := range s.functions {
		f.Stop()
	}
}

// invoke sends an event and notes the calls it led to under a name.
func (s *stage) invoke(ctx context.Context, name, function string, payload any) ([]byte, error) {
	f, err := s.function(ctx, function)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	s.meter.take()
	out, err := f.Invoke(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.measured = append(s.measured, measured{name, s.meter.take()})
	return out, nil
}

// request is a request to the API as API Gateway hands it to a function.
type request struct {
	name, function   string // what is measured
	method, path     string
	route            string // the path's pattern where it has parameters
	body             any
	header           map[string]string
	want             int // status
	answer           any // decoded into it
	withoutKey, anon bool
	staff            bool   // asked by the staff
	source           string // the caller's IP address
}

func (s *stage) request(ctx context.Context, r request) error {
	payload, err := s.gatewayEvent(r)
	if err != nil {
		return err
	}
	raw, err := s.invoke(ctx, r.name, r.function, payload)
	if err != nil {
		return err
	}
	var out struct {
		StatusCode int
		Body       string
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	if out.StatusCode != r.want {
		return fmt.Errorf("%s: %d instead of %d: %s", r.name, out.StatusCode, r.want, out.Body)
	}
	if r.answer == nil {
		return nil
	}
	return json.Unmarshal([]byte(out.Body), r.answer)
}

func (s *stage) gatewayEvent(r request) (map[string]any, error) {
	header := http.Header{"Accept": {"application/json"}, "Host": {"api.turnup.example"}, "Content-Type": {"application/json"}}
	switch {
	case r.staff:
		header.Set("Authorization", "Bearer "+s.staff)
	case !r.anon:
		header.Set("Authorization", "Bearer "+s.token)
	}
	if r.method == http.MethodPost && !r.withoutKey {
		header.Set("Idempotency-Key", journey.Key())
	}
	for name, value := range r.header {
		header.Set(name, value)
	}
	body, ok := r.body.(string)
	if !ok && r.body != nil {
		raw, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = string(raw)
	}
	return rig.GatewayEvent(rig.GatewayRequest{Method: r.method, Path: r.path, Route: r.route, Header: header, Body: body, ID: journey.Key(), Source: r.source})
}

// consume hands an event to a queue's consumer, wrapped as EventBridge and SQS do.
func (s *stage) consume(ctx context.Context, name, function string, e event.Envelope) error {
	body, err := rig.BusBody(e)
	if err != nil {
		return err
	}
	raw, err := s.invoke(ctx, name, function, rig.QueueEvent(rig.Message{ID: string(e.ID), Body: body, Received: 1}))
	if err != nil {
		return err
	}
	return s.noFailures(name, raw)
}

// relay hands a row of the outbox to the relay, as its stream does.
func (s *stage) relay(ctx context.Context, name string, b event.Batch) error {
	encoded, err := event.EncodeBatch(b.Events)
	if err != nil {
		return err
	}
	raw, err := s.invoke(ctx, name, "outbox-relay", rig.StreamEvent(rig.OutboxRow{Shard: b.Shard, ID: b.ID, Encoded: encoded}))
	if err != nil {
		return err
	}
	return s.noFailures(name, raw)
}

func (s *stage) noFailures(name string, raw []byte) error {
	failed, err := rig.Failures(raw)
	if err == nil && len(failed) > 0 {
		err = errors.New("the record was not handled")
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, raw)
	}
	return nil
}

// webhook reads an object from the PSP, as its event would carry it, and hands the signed event to the webhook.
func (s *stage) webhook(ctx context.Context, name, kind, objectPath string) error {
	object, err := s.pspObject(ctx, objectPath)
	if err != nil {
		return err
	}
	payload, err := json.Marshal(map[string]any{"id": "evt_" + journey.Key(), "object": "event", "api_version": "2023-10-16", "type": kind,
		"created": time.Now().Unix(), "livemode": false, "data": map[string]any{"object": object}})
	if err != nil {
		return err
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(s.site.Secrets["psp-webhook-secret"]))
	mac.Write([]byte(at + "." + string(payload)))
	return s.request(ctx, request{name: name, function: "stripe-webhook", method: http.MethodPost, path: "/webhooks/stripe", body: string(payload),
		header:     map[string]string{"Stripe-Signature": "t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))},
		withoutKey: true, anon: true, want: http.StatusOK})
}

// pspObject reads from the PSP itself, past the proxy.
func (s *stage) pspObject(ctx context.Context, path string) (json.RawMessage, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(s.site.PSP, "/")+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.site.Secrets["psp-key"])
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("the PSP answers %s for %s: %s", res.Status, path, raw)
	}
	return raw, err
}
