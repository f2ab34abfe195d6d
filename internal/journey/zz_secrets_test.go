package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"turnup/internal/platform/secrets"
)

// S0-11, S0-24, X8: after all the journeys, no log, event, dead letter, mail, execution or row that is kept about what happened
// holds a password, a card number, a token, a second factor or a secret of the deployment; mails alone hold the links they are for, and
// only what is addressed to somebody holds an address. (The card is entered at the PSP's page; this proves that nothing of it
// came back to us.)
func TestNothingSecretIsWrittenDown(t *testing.T) {
	found := must[map[string]string](t)(secrets.Read(context.Background(), ssm.NewFromConfig(site.AWS()), "/turnup/"+os.Getenv("TURNUP_STACK_NAME"),
		"psp-key", "psp-webhook-secret", "token-signing-key", "link-key", "subscriber-key", "radius-key", "access-key", "nas-secrets", "netbox-token", "webhook-key"))
	key := strings.Split(found["token-signing-key"], "\n")[1]
	canaries := []string{"staple-horse", Password, cardGood, card3DS, cardAlways3DS, cardDeclines, "eyJhbGciOiJFZERTQSI", found["psp-key"], found["psp-webhook-secret"], key}
	canaries = append(append(canaries, strings.Split(found["link-key"], ",")...), secondFactors.seen()...)
	canaries = append(append(canaries, found["subscriber-key"], found["netbox-token"], found["webhook-key"]), lineSecrets...)
	for _, secret := range webhookSecrets {
		canaries = append(canaries, strings.TrimPrefix(secret, "whsec_"))
	}
	for name, before := range map[string]string{"radius-key": ":", "access-key": ":", "nas-secrets": "="} { // tenant:key, nas=secret
		_, secret, ok := strings.Cut(found[name], before)
		if !ok || len(secret) < 16 {
			t.Fatalf("%s is not as it should be", name)
		}
		canaries = append(canaries, secret)
	}
	const linkToken, address = "eyJhbGciOiJIUzI1NiI", "@example.com"
	logs := functionLogs(t)
	if !strings.Contains(logs, `"operation":"checkoutCart"`) || !strings.Contains(logs, `"consumer":"on-notifications"`) || len(secondFactors.seen()) < 11 || len(lineSecrets) == 0 || len(webhookSecrets) == 0 {
		t.Fatal("the logs do not hold the functions' lines, or nobody had a second factor, a line or an endpoint; this test would prove nothing")
	}
	crm.mu.Lock()
	events, err := json.Marshal(crm.events)
	crm.mu.Unlock()
	if err != nil || len(events) < 1000 {
		t.Fatalf("hardly any events: %d bytes, %v", len(events), err)
	}
	places := map[string]string{"the log": logs, "the events": string(events), "dead letters": deadLetters(t), "executions": executions(t)}
	for _, table := range []string{"history", "outbox", "guards", "services", "webhooks"} {
		places["the table "+table] = everyRow(t, table)
	}
	for where, text := range places {
		for _, canary := range append([]string{linkToken, address}, canaries...) {
			if at := strings.Index(text, canary); at >= 0 {
				t.Errorf("%s: %.6s… is in %.300s", where, canary, text[max(0, at-200):])
			}
		}
	}
	if len(places["the table history"]) < 1000 || len(places["the table guards"]) < 1000 {
		t.Error("hardly any rows; this test would prove nothing")
	}
	const endpoint = "webhook-canary" // in the address of every endpoint: addresses may hold what opens them
	for _, where := range []string{"the log", "the events", "dead letters"} {
		if strings.Contains(places[where], endpoint) {
			t.Errorf("%s: the address of an endpoint", where)
		}
	}
	mails := mailbox(t)
	for _, canary := range canaries {
		if at := strings.Index(mails, canary); at >= 0 {
			t.Errorf("a mail holds %.6s…: %.300s", canary, mails[max(0, at-200):])
		}
	}
	if !strings.Contains(mails, linkToken) {
		t.Error("no mail holds a link; its canary is wrong")
	}
}

// watch notes the secrets and recovery codes that the API answers to those who set up a second factor, and the passwords of lines, whichever
// test that is.
type watch struct {
	http.RoundTripper
	mu    sync.Mutex
	found []string
}

var secondFactors = &watch{RoundTripper: http.DefaultTransport}

func init() { http.DefaultTransport = secondFactors }

func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/auth/enable-2fa") && !strings.HasSuffix(r.URL.Path, "/services/credentials") || res.StatusCode != http.StatusOK {
		return res, err
	}
	raw, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(raw))
	var s setup
	if json.Unmarshal(raw, &s) == nil && s.Secret != "" {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.found = append(append(w.found, s.Secret), s.RecoveryCodes...)
	}
	return res, err
}

func (w *watch) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.found)
}

// everyRow reads a whole table.
func everyRow(t *testing.T, table string) string {
	t.Helper()
	var all []byte
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(site.AWS()), &dynamodb.ScanInput{TableName: aws.String(site.Prefix + table), ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		for _, item := range must[*dynamodb.ScanOutput](t)(pages.NextPage(context.Background())).Items {
			var row map[string]any
			if err := attributevalue.UnmarshalMap(item, &row); err != nil {
				t.Fatal(err)
			}
			for name, v := range row { // bytes, as a search reads them
				if raw, is := v.([]byte); is {
					row[name] = string(raw)
				}
			}
			all = append(append(all, must[[]byte](t)(json.Marshal(row))...), '\n')
		}
	}
	return string(all)
}

// deadLetters reads what is in every dead-letter queue, and leaves it there.
func deadLetters(t *testing.T) string {
	t.Helper()
	ctx, client := context.Background(), sqs.NewFromConfig(site.AWS())
	prefix := os.Getenv("TURNUP_STACK_NAME")
	var all strings.Builder
	queues := 0
	for _, url := range must[*sqs.ListQueuesOutput](t)(client.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: &prefix})).QueueUrls {
		if !strings.Contains(strings.ToLower(url), "dead") {
			continue
		}
		queues++
		for {
			out := must[*sqs.ReceiveMessageOutput](t)(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, VisibilityTimeout: 20, MessageAttributeNames: []string{"All"}}))
			if len(out.Messages) == 0 {
				break
			}
			all.Write(must[[]byte](t)(json.Marshal(out.Messages)))
		}
	}
	if queues < 5 {
		t.Errorf("only %d dead-letter queues", queues)
	}
	return all.String()
}

// executions reads what the executions of the settlement's machine were given and answered.
func executions(t *testing.T) string {
	t.Helper()
	ctx, client := context.Background(), sfn.NewFromConfig(site.AWS())
	var all strings.Builder
	read := map[string]int{}
	for _, m := range must[*sfn.ListStateMachinesOutput](t)(client.ListStateMachines(ctx, &sfn.ListStateMachinesInput{})).StateMachines {
		name, ours := strings.CutPrefix(aws.ToString(m.Name), os.Getenv("TURNUP_STACK_NAME")+"-")
		if !ours {
			continue
		}
		for _, e := range must[*sfn.ListExecutionsOutput](t)(client.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: m.StateMachineArn})).Executions {
			is := must[*sfn.DescribeExecutionOutput](t)(client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: e.ExecutionArn}))
			all.WriteString(aws.ToString(is.Input) + aws.ToString(is.Output) + aws.ToString(is.Cause) + "\n")
			read[name]++
		}
	}
	if read["settlement"] == 0 || read["provisioning"] == 0 {
		t.Fatalf("read the executions %v; this test would prove nothing", read)
	}
	return all.String()
}

// mailbox reads every mail that was sent.
func mailbox(t *testing.T) string {
	t.Helper()
	res := must[*http.Response](t)(http.Get(site.Endpoint + "/_ministack/ses/messages"))
	defer res.Body.Close()
	return string(must[[]byte](t)(io.ReadAll(res.Body)))
}

// One correlation id leads from the API call through delivery to the mail: the lines of all functions that had a part in
// the purchase carry it.
func TestOneCorrelationIDFromCallToMail(t *testing.T) {
	if purchaseTrace == "" {
		t.Fatal("there was no purchase before: run the whole package")
	}
	lines := strings.Split(functionLogs(t), "\n")
	for _, function := range []string{"carts", "on-delivery", "on-notifications"} {
		if !slices.ContainsFunc(lines, func(line string) bool {
			return strings.Contains(line, `"function":"`+function+`"`) && strings.Contains(line, `"correlationId":"`+purchaseTrace+`"`)
		}) {
			t.Errorf("no line of %s carries %s", function, purchaseTrace)
		}
	}
}

// functionLogs reads everything the functions have logged since the tests began.
func functionLogs(t *testing.T) string {
	t.Helper()
	ctx, client := context.Background(), cloudwatchlogs.NewFromConfig(site.AWS())
	prefix := "/aws/lambda/" + os.Getenv("TURNUP_STACK_NAME")
	groups := must[*cloudwatchlogs.DescribeLogGroupsOutput](t)(client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &prefix}))
	var all strings.Builder
	for _, g := range groups.LogGroups {
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(client, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: g.LogGroupName, StartTime: aws.Int64(began.UnixMilli())})
		for pages.HasMorePages() {
			for _, e := range must[*cloudwatchlogs.FilterLogEventsOutput](t)(pages.NextPage(ctx)).Events {
				all.WriteString(*e.Message + "\n")
			}
		}
	}
	return all.String()
}
