package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"turnup/internal/base/fault"
)

// codeShown is the code on a page that tells of a fault, with the request's id.
var codeShown = regexp.MustCompile(`: ([a-z_]+) · [0-9A-Za-z-]+</p>`)

// Every sample event runs through its deployed function: the function takes it and answers in its runtime's form. Ids in
// the samples are made up, so most answers are refusals, by a stable code and never a crash.
func TestSampleEventsRun(t *testing.T) {
	known := map[string]bool{}
	for _, f := range fault.Catalogue() {
		known[f.Code] = true
	}
	files := must[[]string](t)(filepath.Glob("../../events/*/*.json"))
	if len(files) < 20 {
		t.Fatalf("only %d samples", len(files))
	}
	client := lambda.NewFromConfig(site.AWS())
	for _, file := range files {
		name := os.Getenv("TURNUP_STACK_NAME") + "-" + filepath.Base(filepath.Dir(file))
		payload := must[[]byte](t)(os.ReadFile(file))
		out := must[*lambda.InvokeOutput](t)(client.Invoke(context.Background(), &lambda.InvokeInput{FunctionName: &name, Payload: payload}))
		var answer struct {
			StatusCode                    int
			Body, ErrorType, ErrorMessage string
			BatchItemFailures             []any
		}
		if len(out.Payload) > 0 && string(out.Payload) != "null" {
			if err := json.Unmarshal(out.Payload, &answer); err != nil {
				t.Errorf("%s: %s", file, out.Payload)
			}
		}
		switch {
		case strings.Contains(file, "/tasks-"): // the error's name is the fault's code, for the machine's Catch
			if out.FunctionError != nil && !known[answer.ErrorType] {
				t.Errorf("%s: %s", file, out.Payload)
			}
		case out.FunctionError != nil:
			t.Errorf("%s: %s", file, out.Payload)
		case strings.Contains(string(payload), `"requestContext"`):
			var problem struct{ Code string }
			if shown := codeShown.FindStringSubmatch(answer.Body); shown != nil {
				problem.Code = shown[1]
			} else {
				_ = json.Unmarshal([]byte(answer.Body), &problem)
			}
			if answer.StatusCode == http.StatusUnprocessableEntity && strings.Contains(answer.Body, `role="alert"`) {
				continue // a page that shows its form again, with what is to be corrected
			}
			if answer.StatusCode < 200 || answer.StatusCode >= 500 || answer.StatusCode >= 400 && !known[problem.Code] {
				t.Errorf("%s: %s", file, out.Payload)
			}
		case len(answer.BatchItemFailures) > 0:
			t.Errorf("%s: handed back: %s", file, out.Payload)
		}
	}
}
