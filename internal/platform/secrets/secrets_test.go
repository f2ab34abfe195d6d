package secrets_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"turnup/internal/platform/secrets"
)

// parameters is SSM: it has some values, and counts the calls.
func parameters(t *testing.T, has map[string]string) (*ssm.Client, *int) {
	t.Helper()
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		var in struct {
			Names          []string
			WithDecryption bool
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		type parameter struct{ Name, Value string }
		out := struct {
			Parameters        []parameter
			InvalidParameters []string
		}{}
		for _, n := range in.Names {
			if v, ok := has[n]; ok && in.WithDecryption {
				out.Parameters = append(out.Parameters, parameter{n, v})
			} else {
				out.InvalidParameters = append(out.InvalidParameters, n)
			}
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if has == nil {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"AccessDeniedException"}`)
			return
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(server.Close)
	return ssm.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		})}), &calls
}

// P6: one call for all secrets; missing ones are all named, values never.
func TestSecrets(t *testing.T) {
	client, calls := parameters(t, map[string]string{"/turnup/dev/psp-key": "sk_test_hidden", "/turnup/dev/signing": "s"})
	got, err := secrets.Read(t.Context(), client, "/turnup/dev", "psp-key", "signing")
	if err != nil || got["psp-key"] != "sk_test_hidden" || got["signing"] != "s" || *calls != 1 {
		t.Errorf("%v, %v, %d calls", got, err, *calls)
	}
	_, err = secrets.Read(t.Context(), client, "/turnup/dev", "psp-key", "a", "b")
	if err == nil || !strings.Contains(err.Error(), "/turnup/dev/a, /turnup/dev/b") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("got %v", err)
	}
	client, _ = parameters(t, nil)
	if _, err := secrets.Read(t.Context(), client, "/turnup/dev", "a"); err == nil {
		t.Error("no error")
	}
}
