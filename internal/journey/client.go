// Package journey plays the customers' journeys against a deployed Turnup, from outside: over HTTP, as a front end, a
// customer's browser and the PSP would. The tests beside it are the acceptance list of requirements.md; play/ shows
// the same journeys to a person.
package journey

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/clock"
	"turnup/internal/platform/cloud"
	"turnup/internal/store"
)

// Site is where a deployed Turnup is found.
type Site struct {
	API      string // base address of the API
	PSP      string // base address of the sandbox PSP
	Network  string // of the sandbox network
	Endpoint string // of the local cloud
	Prefix   string // of table names
	Crm      string // URL of the queue of CRM events
	Secrets  string // where the deployment's secrets are, in SSM
}

// SiteFromEnv reads the addresses that the local cloud's runner wrote.
func SiteFromEnv() (Site, error) {
	s := Site{API: os.Getenv("TURNUP_API"), PSP: os.Getenv("TURNUP_PSP"), Network: os.Getenv("TURNUP_NETWORK"), Endpoint: os.Getenv("TURNUP_ENDPOINT"),
		Prefix: os.Getenv("TURNUP_OUT_TablePrefix"), Crm: os.Getenv("TURNUP_OUT_CrmQueueUrl"), Secrets: "/turnup/" + os.Getenv("TURNUP_STACK_NAME")}
	if s.API == "" || s.PSP == "" || s.Endpoint == "" {
		return s, fmt.Errorf("journey: TURNUP_API, TURNUP_PSP and TURNUP_ENDPOINT are not set: run it by make test or make journeys")
	}
	return s, nil
}

// DB opens the deployed tables, for what has no public operation: loading a catalogue, looking at the books.
func (s Site) DB() *store.DB {
	return store.New(dynamodb.NewFromConfig(s.AWS()), s.Prefix, clock.System)
}

// AWS is the configuration of the cloud that the site is deployed to.
func (s Site) AWS() aws.Config {
	cfg := cloud.Config()
	cfg.BaseEndpoint = &s.Endpoint
	return cfg
}

// Customer is one customer at a front end.
type Customer struct {
	Site  Site
	Token string
	HTTP  *http.Client
}

// Visitor is a customer who has not signed in.
func (s Site) Visitor() *Customer {
	return &Customer{Site: s, HTTP: &http.Client{Timeout: 35 * time.Second}}
}

// Answer is what the API answered.
type Answer struct {
	Status int
	Header http.Header
	Raw    []byte
}

// Code is the fault's code, empty on success.
func (a Answer) Code() string {
	var p struct{ Code string }
	_ = json.Unmarshal(a.Raw, &p)         // not JSON: no code
	if a.Status < http.StatusBadRequest { // a coupon's code, perhaps
		return ""
	}
	return p.Code
}

// Into decodes a success; anything else is an error that shows the answer.
func (a Answer) Into(v any) error {
	if a.Status >= http.StatusMultipleChoices {
		return fmt.Errorf("journey: %d %s", a.Status, a.Raw)
	}
	return json.Unmarshal(a.Raw, v)
}

// Key makes a new Idempotency-Key.
func Key() string { return rand.Text() }

// Header is one header of a request.
type Header struct{ Name, Value string }

// unstarted tells that the gateway found no function that could start: the request reached none, so that it may be sent again. It happens
// where a machine is too busy to start many at once.
func (a Answer) unstarted() bool {
	return a.Status == http.StatusBadGateway && bytes.Contains(a.Raw, []byte("exited during init"))
}

// Call sends a request to the API, up to three times if no function can start; body is encoded as JSON unless it is a string, and nil is
// none.
func (c *Customer) Call(ctx context.Context, method, path string, body any, headers ...Header) (a Answer, err error) {
	for range 3 {
		if a, err = c.call(ctx, method, path, body, headers); err != nil || !a.unstarted() {
			break
		}
	}
	return a, err
}

func (c *Customer) call(ctx context.Context, method, path string, body any, headers []Header) (Answer, error) {
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return Answer{}, err
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.Site.API+path, in)
	if err != nil {
		return Answer{}, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for _, h := range headers {
		req.Header.Set(h.Name, h.Value)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return Answer{Status: res.StatusCode, Header: res.Header, Raw: raw}, err
}

// Get reads.
func (c *Customer) Get(ctx context.Context, path string) (Answer, error) {
	return c.Call(ctx, http.MethodGet, path, nil)
}

// Post sends under an Idempotency-Key.
func (c *Customer) Post(ctx context.Context, path, key string, body any, headers ...Header) (Answer, error) {
	return c.Call(ctx, http.MethodPost, path, body, append(headers, Header{"Idempotency-Key", key})...)
}
