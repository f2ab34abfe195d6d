package config_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"turnup/internal/platform/config"
)

type settings struct {
	Table  string        `env:"T_TABLE,required"`
	URL    string        `env:"T_URL,required"`
	Within time.Duration `env:"T_WITHIN,required"`
	Shown  bool          `env:"T_SHOWN"`
}

// A function half configured must not start; one line names everything missing. The test runs itself as that function.
func TestMustLoad(t *testing.T) {
	if os.Getenv("T_CHILD") != "" {
		cfg := config.MustLoad[settings]()
		_ = json.NewEncoder(os.Stdout).Encode(cfg)
		os.Exit(0)
	}
	child := func(env ...string) (stdout, stderr string, err error) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestMustLoad$")
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr, cmd.Env = &out, &errs, append(env, "T_CHILD=1", "GOCOVERDIR="+t.TempDir())
		err = cmd.Run()
		return out.String(), errs.String(), err
	}
	_, log, err := child("T_URL=http://x")
	if err == nil || !strings.Contains(log, "T_TABLE") || !strings.Contains(log, "T_WITHIN") || strings.Contains(log, "T_URL") || strings.Count(log, "\n") != 1 {
		t.Errorf("%v: %q", err, log)
	}
	if _, log, err = child("T_URL=x", "T_TABLE=t", "T_WITHIN=soon"); err == nil || !strings.Contains(log, "Within") {
		t.Errorf("%v: %q", err, log)
	}
	out, log, err := child("T_URL=x", "T_TABLE=t", "T_WITHIN=8s")
	if err != nil || !strings.Contains(out, `"Within":8000000000`) {
		t.Errorf("%v: %q %q", err, out, log)
	}
}

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
	got, err := config.Secrets(t.Context(), client, "/turnup/dev", "psp-key", "signing")
	if err != nil || got["psp-key"] != "sk_test_hidden" || got["signing"] != "s" || *calls != 1 {
		t.Errorf("%v, %v, %d calls", got, err, *calls)
	}
	_, err = config.Secrets(t.Context(), client, "/turnup/dev", "psp-key", "a", "b")
	if err == nil || !strings.Contains(err.Error(), "/turnup/dev/a, /turnup/dev/b") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("got %v", err)
	}
	client, _ = parameters(t, nil)
	if _, err := config.Secrets(t.Context(), client, "/turnup/dev", "a"); err == nil {
		t.Error("no error")
	}
}
