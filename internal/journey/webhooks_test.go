package journey

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"turnup/internal/journey/demo"
)

// webhookSecrets are those that were shown, for the test that nothing secret is written down.
var webhookSecrets []string

// webhookEndpoint answers the operations on endpoints.
type webhookEndpoint struct {
	EndpointID, URL, Secret, DisabledReason string
	Enabled                                 bool
	PreviousSecretUntil                     time.Time
	EventTypes                              []string
	Version                                 int64
}

type webhookDelivery struct {
	DeliveryID, MessageID, EventType, State string
	Tries                                   int
	LastTry                                 struct{ Status int }
}

// message is one that came to a partner.
type message struct {
	id, typ, customer string
	header            http.Header
	body              []byte
}

// receiver is a partner's system.
type receiver struct {
	*httptest.Server
	webhookEndpoint
	path string

	mu     sync.Mutex
	status int
	came   []message
}

// receives sets up an endpoint for a partner's system, of events of some types.
func receives(t *testing.T, eventTypes ...string) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusNoContent}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Server.Close)
	key, terms := Key(), r.terms(eventTypes, true)
	a := expect(t, must[Answer](t)(admin(t).Post(context.Background(), "/admin/webhook-endpoints", key, terms)), nil, http.StatusCreated, "")
	r.webhookEndpoint = into[webhookEndpoint](t, a)
	again := into[webhookEndpoint](t, must[Answer](t)(admin(t).Post(context.Background(), "/admin/webhook-endpoints", key, terms)))
	if again.Secret != r.Secret || again.EndpointID != r.EndpointID {
		t.Error("the same request was answered with another secret")
	}
	webhookSecrets = append(webhookSecrets, r.Secret)
	r.path = "/admin/webhook-endpoints/" + r.EndpointID
	t.Cleanup(func() {
		expect(t, must[Answer](t)(admin(t).Delete(context.Background(), r.path)), nil, http.StatusNoContent, "")
	})
	return r
}

func (r *receiver) terms(eventTypes []string, enabled bool) map[string]any {
	return map[string]any{"url": r.Server.URL + "/in?key=webhook-canary", "eventTypes": append([]string{}, eventTypes...), "enabled": enabled, "description": "Journey"}
}

// ServeHTTP takes a message and answers as it is told to.
func (r *receiver) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	body, _ := io.ReadAll(in.Body)
	var m struct {
		Type string
		Data struct{ CustomerID string }
	}
	_ = json.Unmarshal(body, &m)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.came = append(r.came, message{in.Header.Get("webhook-id"), m.Type, m.Data.CustomerID, in.Header, body})
	w.WriteHeader(r.status)
}

func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// of are the messages about a customer; of nobody those that are about none.
func (r *receiver) of(customer string) (found []message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.came {
		if m.customer == customer {
			found = append(found, m)
		}
	}
	return found
}

// await waits for so many messages about a customer.
func (r *receiver) await(t *testing.T, customer string, n int) []message {
	t.Helper()
	eventually(t, 30*time.Second, "messages", func() bool { return len(r.of(customer)) >= n })
	return r.of(customer)
}

func (r *receiver) deliveries(t *testing.T, query string) []webhookDelivery {
	t.Helper()
	a := expect(t, must[Answer](t)(admin(t).Get(context.Background(), r.path+"/deliveries?limit=100&"+query)), nil, http.StatusOK, "")
	return into[struct{ Deliveries []webhookDelivery }](t, a).Deliveries
}

// becomes waits until the delivery of a message is in a state.
func (r *receiver) becomes(t *testing.T, id, state string) (d webhookDelivery) {
	t.Helper()
	eventually(t, 30*time.Second, id+" is "+state, func() bool {
		for _, d = range r.deliveries(t, "") {
			if d.MessageID == id && d.State == state {
				return true
			}
		}
		return false
	})
	return d
}

// makeDue lets time pass for a delivery, and the next tick come.
func (r *receiver) makeDue(t *testing.T, d webhookDelivery) {
	t.Helper()
	ctx, client, past := context.Background(), dynamodb.NewFromConfig(site.AWS()), time.Now().Add(-time.Second).UTC().Format("2006-01-02T15:04:05.000000000Z")
	for table, where := range map[string][3]string{"webhooks": {"T#" + string(demo.Tenant) + "#WHE#" + r.EndpointID, "DEL#" + d.DeliveryID, "SET #a.#b = :past"},
		"timers": {"T#" + string(demo.Tenant) + "#CUS#" + r.EndpointID, "TIMER#webhook.due#" + d.DeliveryID, "SET #c = :past"}} {
		names := map[string]string{"#a": "of", "#b": "Next"}
		if table == "timers" {
			names = map[string]string{"#c": "at"}
		}
		_ = must[*dynamodb.UpdateItemOutput](t)(client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: aws.String(site.Prefix + table), UpdateExpression: aws.String(where[2]), ConditionExpression: aws.String("attribute_exists(pk)"),
			Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: where[0]}, "sk": &types.AttributeValueMemberS{Value: where[1]}}, ExpressionAttributeNames: names,
			ExpressionAttributeValues: map[string]types.AttributeValue{":past": &types.AttributeValueMemberS{Value: past}}}))
	}
	tick(t)
}

// tick announces what is due, without waiting for the minute.
func tick(t *testing.T) {
	t.Helper()
	name := os.Getenv("TURNUP_STACK_NAME") + "-tick"
	out := must[*lambda.InvokeOutput](t)(lambda.NewFromConfig(site.AWS()).Invoke(context.Background(), &lambda.InvokeInput{FunctionName: &name, Payload: []byte("{}")}))
	if out.FunctionError != nil {
		t.Fatalf("the tick failed: %s", out.Payload)
	}
}

// verify checks a message by a secret, as partners do.
func (m message) verify(t *testing.T, secret string) bool {
	t.Helper()
	return must[*standard.Webhook](t)(standard.NewWebhook(secret)).Verify(m.body, m.header) == nil
}

// buys lets a new customer buy a plan from their wallet.
func buys(t *testing.T) (customer string) {
	t.Helper()
	c, r := newCustomer(t)
	o := into[PlanOrder](t, must[Answer](t)(c.CreateOrder(context.Background(), Key(), "plan_stream-hd", "")))
	fund(t, r.CustomerID, o.Total.Minor)
	payByWallet(t, c, o.OrderID)
	return r.CustomerID
}

// A partner is told of a purchase: of the events of its filter and of no others, each signed so that the library verifies it. The list
// shows what became of them, and no secret.
func TestAPartnerIsTold(t *testing.T) {
	r, all := receives(t, "order.paid", "order.delivered"), receives(t)
	customer := buys(t)
	got := r.await(t, customer, 2)
	var kinds []string
	for _, m := range got {
		kinds = append(kinds, m.typ)
		if !m.verify(t, r.Secret) || m.verify(t, all.Secret) {
			t.Errorf("%s is not signed by its secret: %v", m.typ, m.header)
		}
		if !json.Valid(m.body) || !strings.HasPrefix(string(m.body), `{"type":"`+m.typ+`","timestamp":"20`) {
			t.Errorf("the message %s", m.body)
		}
		if d := r.becomes(t, m.id, "delivered"); d.EventType != m.typ || d.Tries != 1 || d.LastTry.Status != http.StatusNoContent {
			t.Errorf("its delivery %+v", d)
		}
	}
	if slices.Sort(kinds); !slices.Equal(kinds, []string{"order.delivered", "order.paid"}) {
		t.Errorf("told %v", kinds)
	}
	more := all.await(t, customer, 4)
	if !slices.ContainsFunc(more, func(m message) bool { return m.typ == "contract.signed" }) || slices.ContainsFunc(more, func(m message) bool { return m.typ == "session.started" }) {
		t.Errorf("without a filter: %d messages", len(more))
	}
	for _, path := range []string{"/admin/webhook-endpoints", r.path, r.path + "/deliveries"} {
		if a := must[Answer](t)(admin(t).Get(t.Context(), path)); strings.Contains(string(a.Raw), "whsec_") || a.Status != http.StatusOK {
			t.Errorf("%s: %s", path, a.Raw)
		}
	}
}

// An endpoint that fails holds up no other; it is tried again, with the same webhook-id, until it takes the message.
func TestAFailingEndpointIsTriedAgain(t *testing.T) {
	r, fine := receives(t, "order.paid"), receives(t, "order.paid")
	r.answers(http.StatusServiceUnavailable)
	customer := buys(t)
	fine.await(t, customer, 1)
	first := r.await(t, customer, 1)[0]
	d := r.becomes(t, first.id, "waiting")
	if d.Tries != 1 || d.LastTry.Status != http.StatusServiceUnavailable {
		t.Errorf("after the first try %+v", d)
	}
	r.makeDue(t, d)
	r.await(t, customer, 2)
	r.answers(http.StatusOK)
	eventually(t, 30*time.Second, "the second try", func() bool { d = r.becomes(t, first.id, "waiting"); return d.Tries == 2 })
	r.makeDue(t, d)
	got := r.await(t, customer, 3)
	if d = r.becomes(t, first.id, "delivered"); d.Tries != 3 || got[2].id != first.id || string(got[2].body) != string(first.body) || !got[2].verify(t, r.Secret) {
		t.Errorf("at last %+v, %v", d, got[2].header)
	}
	if failed := r.deliveries(t, "state=failed"); len(failed) != 0 {
		t.Errorf("failed %+v", failed)
	}
}

// After a rotation messages are signed by both secrets. A test event and a single delivery are sent when staff ask for it, once.
func TestSecretsTestsAndRetries(t *testing.T) {
	r, ctx := receives(t, "order.paid"), t.Context()
	rotated := into[webhookEndpoint](t, must[Answer](t)(admin(t).Post(ctx, r.path+"/rotate-secret", Key(), nil)))
	webhookSecrets = append(webhookSecrets, rotated.Secret)
	if rotated.Secret == r.Secret || time.Until(rotated.PreviousSecretUntil) < 23*time.Hour {
		t.Errorf("%+v", rotated)
	}
	key := Key()
	for range 2 {
		expect(t, must[Answer](t)(admin(t).Post(ctx, r.path+"/test", key, nil)), nil, http.StatusAccepted, "")
	}
	trial := r.await(t, "", 1)[0]
	if trial.typ != "webhook.test" || !trial.verify(t, r.Secret) || !trial.verify(t, rotated.Secret) {
		t.Errorf("%s %v", trial.body, trial.header)
	}
	d := r.becomes(t, trial.id, "delivered")
	expect(t, must[Answer](t)(admin(t).Post(ctx, r.path+"/deliveries/"+d.DeliveryID+"/retry", Key(), nil)), nil, http.StatusAccepted, "")
	if got := r.await(t, "", 2); len(got) != 2 || got[1].id != trial.id {
		t.Errorf("%d messages", len(got))
	}
	expect(t, must[Answer](t)(admin(t).Post(ctx, r.path+"/deliveries/whd_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/retry", Key(), nil)), nil, http.StatusNotFound, "webhook_delivery_not_found")
}

// A 410 disables the endpoint at once. What happens then is held, and is sent by a replay when it is enabled again: with the webhook-ids
// that it has, what was taken before as well, and nothing outside the range.
func TestGoneAndReplayed(t *testing.T) {
	r, ctx := receives(t, "order.paid"), t.Context()
	before := buys(t)
	r.await(t, before, 1)
	time.Sleep(10 * time.Millisecond)
	from := time.Now()
	r.answers(http.StatusGone)
	during := buys(t)
	gone := r.await(t, during, 1)[0]
	r.becomes(t, gone.id, "failed")
	is := into[webhookEndpoint](t, must[Answer](t)(admin(t).Get(ctx, r.path)))
	if is.Enabled || is.DisabledReason != "gone" || is.Version != 2 {
		t.Fatalf("%+v", is)
	}
	eventually(t, 10*time.Second, "the operator's systems are told", func() bool { return len(crm.of("webhookEndpoint.disabled", r.EndpointID)) == 1 })
	missed := buys(t)
	eventually(t, 30*time.Second, "it is held", func() bool { return len(r.deliveries(t, "state=held")) == 1 })
	ranged := map[string]any{"from": from, "until": time.Now().Add(time.Second), "eventTypes": []string{"order.paid"}}
	expect(t, must[Answer](t)(admin(t).Post(ctx, r.path+"/replay", Key(), ranged)), nil, http.StatusConflict, "webhook_endpoint_disabled")
	expect(t, must[Answer](t)(admin(t).Post(ctx, r.path+"/test", Key(), nil)), nil, http.StatusConflict, "webhook_endpoint_disabled")

	r.answers(http.StatusNoContent)
	expect(t, must[Answer](t)(admin(t).Put(ctx, r.path, r.terms(r.EventTypes, true), Header{"If-Match", `"1"`})), nil, http.StatusPreconditionFailed, "version_mismatch")
	expect(t, must[Answer](t)(admin(t).Put(ctx, r.path, r.terms(r.EventTypes, true), Header{"If-Match", `"2"`})), nil, http.StatusOK, "")
	backwards := map[string]any{"from": time.Now(), "until": from}
	expect(t, must[Answer](t)(admin(t).Post(ctx, r.path+"/replay", Key(), backwards)), nil, http.StatusBadRequest, "webhook_replay_range_invalid")
	expect(t, must[Answer](t)(admin(t).Post(ctx, r.path+"/replay", Key(), ranged)), nil, http.StatusAccepted, "")
	eventually(t, 30*time.Second, "both wait", func() bool { return len(r.deliveries(t, "state=waiting")) == 2 || len(r.of(missed)) == 1 })
	tick(t)
	if again, held := r.await(t, during, 2), r.await(t, missed, 1); again[1].id != gone.id || !held[0].verify(t, r.Secret) {
		t.Errorf("%v, %v", again[1].header, held[0].header)
	}
	if got := r.of(before); len(got) != 1 {
		t.Errorf("what was before the range came %d times", len(got))
	}
}

// X10: addresses that hold a user or a fragment, or are of another kind, are refused, and so are types that do not go out; nothing is
// changed. (In this sandbox http and this machine are taken; the rule of other deployments is tested with the rule.)
func TestEndpointsAreRefused(t *testing.T) {
	r, ctx := receives(t, "order.paid"), t.Context()
	for _, address := range []string{"https://user:pass@partner.com/", "https://partner.com/#x", "ftp://partner.com/", "file:///etc/passwd", "//partner.com/", "partner.com", "https://a b/"} {
		bad := with(r.terms(nil, true), "url", address)
		a := expect(t, must[Answer](t)(admin(t).Post(ctx, "/admin/webhook-endpoints", Key(), bad)), nil, http.StatusBadRequest, "webhook_endpoint_invalid")
		if fields(a) != "body.url" {
			t.Errorf("%s: %s", address, a.Raw)
		}
		expect(t, must[Answer](t)(admin(t).Put(ctx, r.path, bad)), nil, http.StatusBadRequest, "webhook_endpoint_invalid")
	}
	for _, typ := range []string{"signup.completed", "passwordReset.requested", "order.danced"} {
		expect(t, must[Answer](t)(admin(t).Post(ctx, "/admin/webhook-endpoints", Key(), r.terms([]string{typ}, true))), nil, http.StatusBadRequest, "webhook_endpoint_invalid")
	}
	if is := into[webhookEndpoint](t, must[Answer](t)(admin(t).Get(ctx, r.path))); is.Version != 1 || is.URL != r.webhookEndpoint.URL || !slices.Equal(is.EventTypes, []string{"order.paid"}) {
		t.Errorf("changed to %+v", is)
	}
}
