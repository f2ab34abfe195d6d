package journey

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"turnup/internal/platform/secrets"
)

// S0-11, S0-24: after all the journeys, no log and no event holds a password, a card number, an access token or a
// secret. (The card is entered at the PSP's page; this proves that nothing of it came back to us.)
func TestNothingSecretIsWrittenDown(t *testing.T) {
	found := must[map[string]string](t)(secrets.Read(context.Background(), ssm.NewFromConfig(site.AWS()), "/turnup/"+os.Getenv("TURNUP_STACK_NAME"),
		"psp-key", "psp-webhook-secret", "token-signing-key"))
	key := strings.Split(found["token-signing-key"], "\n")[1]
	canaries := []string{"staple-horse", cardGood, card3DS, cardAlways3DS, cardDeclines, "eyJhbGciOiJFZERTQSI", found["psp-key"], found["psp-webhook-secret"], key}
	logs := functionLogs(t)
	if !strings.Contains(logs, `"operation":"checkoutCart"`) || !strings.Contains(logs, `"consumer":"on-notifications"`) {
		t.Fatal("the logs do not hold the functions' lines; this test would prove nothing")
	}
	crm.mu.Lock()
	events, err := json.Marshal(crm.events)
	crm.mu.Unlock()
	if err != nil || len(events) < 1000 {
		t.Fatalf("hardly any events: %d bytes, %v", len(events), err)
	}
	for where, text := range map[string]string{"the log": logs, "the events": string(events)} {
		for _, canary := range canaries {
			if at := strings.Index(text, canary); at >= 0 {
				t.Errorf("%s holds %.6s…: %.300s", where, canary, text[max(0, at-200):])
			}
		}
		if strings.Contains(text, "@example.com") {
			t.Errorf("%s holds a mail address", where)
		}
	}
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
