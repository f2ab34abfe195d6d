package machine_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"turnup/internal/platform/machine"
)

// Starting an execution that runs or ran already is success; anything else is an error.
func TestStart(t *testing.T) {
	for answer, fails := range map[string]bool{"": false, "ExecutionAlreadyExists": false, "StateMachineDoesNotExist": true, "InvalidName": true} {
		var got struct{ StateMachineArn, Name, Input string }
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = json.NewDecoder(r.Body).Decode(&got)
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			if answer != "" {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"__type":"`+answer+`","message":"m"}`)
				return
			}
			_, _ = io.WriteString(w, `{"executionArn":"arn","startDate":1}`)
		}))
		s := machine.Starter{ARN: "arn:machine", SFN: sfn.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
			})})}
		err := s.Start(t.Context(), "pay_1", map[string]string{"paymentId": "pay_1"})
		server.Close()
		if (err != nil) != fails || got.Name != "pay_1" || got.StateMachineArn != "arn:machine" || got.Input != `{"paymentId":"pay_1"}` {
			t.Errorf("%q: %v, %+v", answer, err, got)
		}
		if s.Start(t.Context(), "pay_1", func() {}) == nil {
			t.Error("a function was encoded")
		}
	}
}
