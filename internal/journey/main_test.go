package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/event"
	"turnup/internal/journey/demo"
)

// The journeys run against the stack that `make test` deployed. They run one after the other, because they switch the
// sandbox PSP's faults; each makes its own customers.
var (
	site  Site
	began = time.Now()
)

func TestMain(m *testing.M) {
	var err error
	if site, err = SiteFromEnv(); err == nil {
		_, err = demo.Load(context.Background(), site.DB())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop := crm.drain()
	code := m.Run()
	stop()
	os.Exit(code)
}

// crmQueue collects what arrives in the queue of CRM and contract events.
type crmQueue struct {
	mu     sync.Mutex
	events []event.Envelope
}

var crm crmQueue

func (q *crmQueue) drain() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	client := sqs.NewFromConfig(site.AWS())
	go func() {
		for ctx.Err() == nil {
			out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &site.Crm, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
			if err != nil {
				continue
			}
			for _, m := range out.Messages {
				var wrapped struct{ Detail event.Envelope }
				if json.Unmarshal([]byte(*m.Body), &wrapped) == nil {
					q.mu.Lock()
					q.events = append(q.events, wrapped.Detail)
					q.mu.Unlock()
				}
				_, _ = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &site.Crm, ReceiptHandle: m.ReceiptHandle})
			}
		}
	}()
	return cancel
}

// of lists the events of a type whose data name the id. Queues deliver at least once; the same event twice is one, as
// it is for every consumer.
func (q *crmQueue) of(typ event.Type, id string) []event.Envelope {
	q.mu.Lock()
	defer q.mu.Unlock()
	var found []event.Envelope
	for _, e := range q.events {
		known := slices.ContainsFunc(found, func(f event.Envelope) bool { return f.ID == e.ID })
		if e.Type == typ && !known && strings.Contains(string(e.Data), `"`+id+`"`) {
			found = append(found, e)
		}
	}
	return found
}

// exactlyOne waits for an event and then a little longer, that a second one would be seen.
func exactlyOne(t *testing.T, typ event.Type, id string) event.Envelope {
	t.Helper()
	eventually(t, 20*time.Second, fmt.Sprintf("%s of %s", typ, id), func() bool { return len(crm.of(typ, id)) > 0 })
	time.Sleep(700 * time.Millisecond)
	found := crm.of(typ, id)
	if len(found) != 1 {
		t.Fatalf("%d events %s of %s, want exactly one: %+v", len(found), typ, id, found)
	}
	return found[0]
}

func eventually(t *testing.T, within time.Duration, what string, done func() bool) {
	t.Helper()
	if so, _ := lookAgain(within, 50*time.Millisecond, func() (bool, error) { return done(), nil }); !so {
		t.Fatalf("not within %v: %s", within, what)
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// expect checks status and fault code; "" is success.
func expect(t *testing.T, a Answer, err error, status int, code string) Answer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != status || a.Code() != code {
		t.Fatalf("answered %d %q, want %d %q: %s", a.Status, a.Code(), status, code, a.Raw)
	}
	return a
}

func into[T any](t *testing.T, a Answer) T {
	t.Helper()
	var v T
	if err := a.Into(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// fields lists the names of the fields a fault complains about.
func fields(a Answer) string {
	var p struct{ Fields []struct{ Field string } }
	_ = json.Unmarshal(a.Raw, &p)
	names := make([]string, len(p.Fields))
	for i, f := range p.Fields {
		names[i] = f.Field
	}
	return strings.Join(names, " ")
}

func detail(a Answer, name string) string {
	var p struct{ Details map[string]string }
	_ = json.Unmarshal(a.Raw, &p)
	return p.Details[name]
}

// newName makes a username nobody has.
func newName() string { return "u" + strings.ToLower(Key()[:12]) }

func newCustomer(t *testing.T) (*Customer, Registered) {
	t.Helper()
	c, r, err := site.Register(context.Background(), newName())
	if err != nil {
		t.Fatal(err)
	}
	return c, r
}

// shopper is a customer with a card and a cart of one Stream HD.
func shopper(t *testing.T, card string) (c *Customer, r Registered, method Method, cart Cart) {
	t.Helper()
	c, r = newCustomer(t)
	ctx := context.Background()
	method = must[Method](t)(c.AddCard(ctx, card))
	cart = must[Cart](t)(c.Fill(ctx, "plan_stream-hd"))
	return c, r, method, cart
}

// Public test cards of the PSP.
const (
	cardGood         = "4242424242424242"
	card3DS          = "4000002500003155"
	cardAlways3DS    = "4000002760003184"
	cardDeclines     = "4000000000000341"
	cardInsufficient = "4000008260003178"
	cardRefused      = "4000000000000002"
)

// psp switches the sandbox. What a test switches on is off after it.
type pspControl struct{}

var psp pspControl

func (pspControl) send(t *testing.T, method, path string, body any) []byte {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(method, site.PSP+"/_sandbox/"+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out bytes.Buffer
	if _, err := out.ReadFrom(res.Body); err != nil || res.StatusCode >= 300 {
		t.Fatalf("sandbox %s %s: %d %s %v", method, path, res.StatusCode, out.Bytes(), err)
	}
	return out.Bytes()
}

type pspFault struct {
	Method string `json:"method,omitempty"`
	Path   string `json:"path"`
	Mode   string `json:"mode,omitempty"`
	Status int    `json:"status,omitempty"`
	Effect bool   `json:"effect,omitempty"`
	HangMs int    `json:"hangMs,omitempty"`
	Times  int    `json:"times"`
}

func (p pspControl) fails(t *testing.T, faults ...pspFault) {
	t.Helper()
	p.send(t, http.MethodPut, "faults", faults)
	t.Cleanup(func() { p.heals(t) })
}

func (p pspControl) heals(t *testing.T) { t.Helper(); p.send(t, http.MethodDelete, "faults", nil) }

func (p pspControl) delivers(t *testing.T, switches map[string]any) {
	t.Helper()
	p.send(t, http.MethodPut, "delivery", switches)
	t.Cleanup(func() { p.send(t, http.MethodPut, "delivery", map[string]any{}) })
}

// charge is one charge in the sandbox's ledger.
type charge struct {
	ID, Status, Currency string
	Amount               int64
	AmountRefunded       int64 `json:"amount_refunded"`
	Metadata             map[string]string
}

// charges lists the successful charges of a customer of ours.
func (p pspControl) charges(t *testing.T, customer string) []charge {
	t.Helper()
	var ledger struct{ Charges []charge }
	if err := json.Unmarshal(p.send(t, http.MethodGet, "ledger", nil), &ledger); err != nil {
		t.Fatal(err)
	}
	var found []charge
	for _, c := range ledger.Charges {
		if c.Metadata["turnup_customer"] == customer && c.Status == "succeeded" {
			found = append(found, c)
		}
	}
	return found
}
