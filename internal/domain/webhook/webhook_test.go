package webhook_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/webhook"
)

var (
	noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	key  = webhook.Key("0123456789abcdef0123456789abcdef")
)

func endpoint(types ...event.Type) webhook.Endpoint {
	return webhook.Open("demo", webhook.Terms{URL: "https://partner.example.com/in", Types: types, Enabled: true}, noon)
}

func paid(t *testing.T) event.Envelope {
	return event.New(t.Context(), "demo", noon, event.OrderPaid{OrderID: "ord_1", CustomerID: "cus_1"})
}

func sent(t *testing.T, e webhook.Endpoint) webhook.Delivery {
	t.Helper()
	d, err := e.Deliver(paid(t), noon)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func answered(status int) webhook.Answer {
	return webhook.Answer{Try: webhook.Try{Status: status, At: noon}}
}

// The schedule: ten tries over a little more than three days, each pause longer than the one before, up to a tenth off.
func TestPauses(t *testing.T) {
	whole, before := time.Duration(0), time.Duration(0)
	for tries := 1; ; tries++ {
		pause, more := webhook.Pause(tries, 0, 0.5)
		if !more {
			if tries != 10 {
				t.Errorf("%d tries", tries)
			}
			break
		}
		early, _ := webhook.Pause(tries, 0, 0)
		late, _ := webhook.Pause(tries, 0, 1)
		if pause <= before || early != pause-pause/10 || late != pause+pause/10 {
			t.Errorf("after try %d: %v (%v to %v), before it %v", tries, pause, early, late, before)
		}
		whole, before = whole+pause, pause
	}
	if whole < 72*time.Hour || whole > 80*time.Hour {
		t.Errorf("%v in all", whole)
	}
}

// What an endpoint asks for puts a try off within bounds, and brings none forward.
func TestRetryAfter(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{0: time.Minute, 10 * time.Second: time.Minute, time.Hour: time.Hour, 100 * 24 * time.Hour: 24 * time.Hour} {
		if got, more := webhook.Pause(1, asked, 0.5); got != want || !more {
			t.Errorf("%v: %v", asked, got)
		}
	}
}

// How each answer leaves a delivery.
func TestTried(t *testing.T) {
	for status, want := range map[int]webhook.State{200: webhook.Delivered, 204: webhook.Delivered, 299: webhook.Delivered, 0: webhook.Waiting, 199: webhook.Waiting, 301: webhook.Waiting, 302: webhook.Waiting,
		400: webhook.Waiting, 401: webhook.Waiting, 404: webhook.Waiting, 410: webhook.Failed, 429: webhook.Waiting, 500: webhook.Waiting, 503: webhook.Waiting} {
		d := sent(t, endpoint())
		if !d.First() {
			t.Fatal("it is not the first try")
		}
		is := d.Tried(answered(status), noon.Add(time.Second), 0.5)
		if is.State != want || is.First() || is.Tries != 1 || is.Version != 2 || is.Last.Status != status || (want == webhook.Waiting) != is.Next.Equal(noon.Add(time.Minute+time.Second)) || (want == webhook.Delivered) == is.DeliveredAt.IsZero() {
			t.Errorf("%d: %+v", status, is)
		}
		if want == webhook.Waiting && (is.Due(is.Next.Add(-time.Second)) || !is.Due(is.Next)) {
			t.Errorf("%d: due at another time than %v", status, is.Next)
		}
	}
	d := sent(t, endpoint())
	for range 10 {
		if d.State != webhook.Waiting {
			t.Fatalf("%s after %d tries", d.State, d.Tries)
		}
		d = d.Tried(answered(500), noon, 0)
	}
	if d.State != webhook.Failed || d.Tries != 10 || !d.Next.IsZero() {
		t.Errorf("at last %+v", d)
	}
	again := d.Again(noon.Add(time.Hour))
	if again.State != webhook.Waiting || again.Tries != 0 || again.Message != d.Message || again.Body != d.Body || again.First() || !again.Due(noon.Add(time.Hour)) {
		t.Errorf("again %+v", again)
	}
}

// What a try says of its endpoint: since when nothing gets through, a 410 at once, and the end of three days in which nothing did.
func TestAfter(t *testing.T) {
	e := endpoint()
	fine := sent(t, e).Tried(answered(200), noon, 0.5)
	if next, events := e.After(fine, noon); next.Revision != e.Revision || events != nil {
		t.Errorf("a success changed %+v", next)
	}
	failed := sent(t, e).Tried(answered(500), noon.Add(time.Second), 0.5)
	failing, events := e.After(failed, noon.Add(time.Second))
	if !failing.FailingSince.Equal(noon) || failing.Revision != 2 || failing.Version != 1 || events != nil || !failing.Terms.Enabled {
		t.Errorf("a failure made %+v", failing)
	}
	if again, _ := failing.After(failed, noon.Add(time.Hour)); again.Revision != failing.Revision {
		t.Error("the second failure was written as well")
	}
	if well, _ := failing.After(fine, noon.Add(time.Hour)); !well.FailingSince.IsZero() || well.Revision != 3 {
		t.Errorf("a success made %+v", well)
	}
	gone, events := e.After(sent(t, e).Tried(answered(410), noon, 0.5), noon)
	if gone.Terms.Enabled || gone.Reason != webhook.Gone || gone.Version != 2 || len(events) != 1 {
		t.Errorf("a 410 made %+v, %v", gone, events)
	}
	for failed.State == webhook.Waiting {
		failed = failed.Tried(answered(0), noon.Add(76*time.Hour), 0.5)
	}
	over, events := failing.After(failed, noon.Add(76*time.Hour))
	if over.Terms.Enabled || over.Reason != webhook.Failing || len(events) != 1 || events[0].(event.WebhookEndpointDisabled).EndpointID != e.ID {
		t.Errorf("the last failure made %+v, %v", over, events)
	}
	failing.FailingSince = noon.Add(time.Hour) // another message got through after this one was begun
	if kept, events := failing.After(failed, noon.Add(76*time.Hour)); !kept.Terms.Enabled || events != nil {
		t.Errorf("one message that fails disabled it: %+v", kept)
	}
	if same, events := over.After(failed, noon); same.Revision != over.Revision || events != nil {
		t.Error("an endpoint that is disabled was disabled again")
	}
	if on := over.Changed(webhook.Terms{URL: e.Terms.URL, Enabled: true}, noon); !on.Terms.Enabled || on.Reason != "" || !on.FailingSince.IsZero() || !on.DisabledAt.IsZero() {
		t.Errorf("enabled again %+v", on)
	}
	if off := e.Changed(webhook.Terms{URL: e.Terms.URL}, noon); off.Reason != webhook.ByStaff || !off.DisabledAt.Equal(noon) {
		t.Errorf("disabled by staff %+v", off)
	}
}

// The filter: nothing goes out that may not, whatever a filter says.
func TestWants(t *testing.T) {
	one := func(typ event.Type, version int) event.Envelope { return event.Envelope{Type: typ, Version: version} }
	for name, k := range map[string]struct {
		filter []event.Type
		event  event.Envelope
		want   bool
	}{
		"all":             {nil, one(event.TypeOrderPaid, 1), true},
		"its own":         {[]event.Type{event.TypeOrderPaid}, one(event.TypeOrderPaid, 1), true},
		"another":         {[]event.Type{event.TypeOrderPaid}, one(event.TypeOrderCancelled, 1), false},
		"another version": {nil, one(event.TypeOrderPaid, 2), false},
		"all, secret":     {nil, one(event.TypePasswordResetRequested, 1), false},
		"smuggled":        {[]event.Type{event.TypeSignupCompleted}, one(event.TypeSignupCompleted, 1), false},
		"test":            {nil, one(webhook.Test, 0), false},
	} {
		if got := endpoint(k.filter...).Wants(k.event); got != k.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	off := endpoint().Changed(webhook.Terms{URL: "https://partner.example.com/in"}, noon)
	if d := sent(t, off); d.State != webhook.Held || d.First() {
		t.Errorf("to a disabled endpoint %+v", d)
	}
	if _, err := off.Trial(noon); !errors.Is(err, webhook.ErrDisabled) {
		t.Error(err)
	}
}

// The message is the event's type, time and data, and one event has one delivery.
func TestBody(t *testing.T) {
	e, ev := endpoint(), paid(t)
	d, err := e.Deliver(ev, noon.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"type":"order.paid","timestamp":"2026-11-02T12:00:00Z","data":` + string(ev.Data) + `}`; d.Body != want || d.Message != ev.ID || string(d.ID[4:]) != string(ev.ID[4:]) {
		t.Errorf("%s %s %s", d.ID, d.Message, d.Body)
	}
}

// Signatures are those of Standard Webhooks: its library verifies them, by the secret as partners get it; after a rotation by both secrets
// for a day, and by the old one no longer.
func TestSignatures(t *testing.T) {
	e := endpoint()
	d := sent(t, e)
	verifies := func(e webhook.Endpoint, generation int, at time.Time) bool {
		headers, err := key.Headers(e, d, at)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		for name, value := range headers {
			h.Set(name, value)
		}
		w, err := standard.NewWebhook(key.SecretOf(e, generation))
		if err != nil {
			t.Fatal(err)
		}
		return w.VerifyIgnoringTimestamp([]byte(d.Body), h) == nil && h.Get("webhook-id") == string(d.Message) && h.Get("webhook-timestamp") == fmt.Sprint(at.Unix())
	}
	rotated := e.Rotated(noon)
	for name, k := range map[string]struct {
		e          webhook.Endpoint
		generation int
		at         time.Time
		want       bool
	}{
		"first": {e, 1, noon, true}, "made up": {e, 2, noon, false}, "new": {rotated, 2, noon, true}, "old, in its day": {rotated, 1, noon.Add(webhook.Overlap - time.Second), true},
		"old, after it": {rotated, 1, noon.Add(webhook.Overlap), false}, "new, after it": {rotated, 2, noon.Add(webhook.Overlap), true},
		"before the old": {rotated.Rotated(noon.Add(time.Hour)), 1, noon.Add(2 * time.Hour), false},
	} {
		if got := verifies(k.e, k.generation, k.at); got != k.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	other := e
	other.Tenant = "another"
	if s := key.SecretOf(e, 1); !regexp.MustCompile(`^whsec_[A-Za-z0-9+/]{43}=$`).MatchString(s) || s == key.SecretOf(other, 1) || s == webhook.Key("another key").SecretOf(e, 1) {
		t.Errorf("secret %s", s)
	}
}

// A replay is of a range that is kept, of types that go out, to an endpoint that is enabled.
func TestReplays(t *testing.T) {
	e := endpoint()
	off := e.Changed(webhook.Terms{URL: e.Terms.URL}, noon)
	for name, k := range map[string]struct {
		e           webhook.Endpoint
		from, until time.Time
		of          []event.Type
		want        *fault.Fault
	}{
		"good": {e, noon.Add(-time.Hour), noon, nil, nil}, "of a type": {e, noon.Add(-time.Hour), noon, []event.Type{event.TypeOrderPaid}, nil}, "empty": {e, noon, noon, nil, webhook.ErrRange},
		"backwards": {e, noon, noon.Add(-time.Hour), nil, webhook.ErrRange}, "too old": {e, noon.Add(-webhook.Kept - time.Second), noon, nil, webhook.ErrRange},
		"secret": {e, noon.Add(-time.Hour), noon, []event.Type{event.TypeSignupCompleted}, webhook.ErrRange}, "disabled": {off, noon.Add(-time.Hour), noon, nil, webhook.ErrDisabled},
	} {
		r, err := k.e.Replays(k.from, k.until, k.of, noon)
		if k.want == nil && (err != nil || !r.Due(noon)) || k.want != nil && !errors.Is(err, k.want) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	r, _ := e.Replays(noon.Add(-time.Hour), noon, []event.Type{event.TypeOrderPaid}, noon)
	test, _ := e.Trial(noon)
	if !r.Takes(sent(t, e)) || r.Takes(test) || r.Takes(webhook.Delivery{Type: event.TypeOrderCancelled}) {
		t.Error("it takes others than those of its types")
	}
	went := r.Went("whd_1", 3, true, noon)
	if over := went.Went("whd_2", 1, false, noon); went.Due(noon) || !went.Due(noon.Add(webhook.ReplayEvery)) || over.Due(noon.Add(time.Hour)) || over.Sent != 4 || over.After != "whd_2" {
		t.Errorf("%+v", over)
	}
}

// The guide's example is right, in its shell sample too, and it knows every type, state and pause.
func TestTheGuide(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(raw)
	find := func(pattern string) string {
		m := regexp.MustCompile(pattern).FindStringSubmatch(guide)
		if m == nil {
			t.Fatalf("no %s", pattern)
		}
		return m[1]
	}
	h := http.Header{}
	for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		h.Set(name, find(name+`: (.*)`))
	}
	w, err := standard.NewWebhook(find("secret=(whsec_.*)"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.VerifyIgnoringTimestamp([]byte(find(`(?m)^(\{"type".*\})$`)), h); err != nil {
		t.Error(err)
	}
	if _, err := exec.LookPath("openssl"); err == nil {
		out, err := exec.Command("sh", "-c", find("(?s)```sh\n(.*?)```")).CombinedOutput()
		if err != nil || "v1,"+strings.TrimSpace(string(out)) != h.Get("webhook-signature") {
			t.Errorf("the shell sample printed %s, %v", out, err)
		}
	}
	for _, typ := range webhook.Types() {
		if !strings.Contains(guide, "`"+string(typ)+"`") {
			t.Errorf("%s is missing", typ)
		}
	}
	for _, s := range []webhook.State{webhook.Waiting, webhook.Delivered, webhook.Failed, webhook.Held} {
		if !strings.Contains(guide, "| `"+string(s)+"` |") {
			t.Errorf("%s is missing", s)
		}
	}
	row := "| after |"
	for tries := 1; ; tries++ {
		pause, more := webhook.Pause(tries, 0, 0.5)
		if !more {
			break
		}
		row += " " + strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(pause.String()) + " |"
	}
	if !strings.Contains(guide, row) {
		t.Errorf("%s is missing", row)
	}
}
