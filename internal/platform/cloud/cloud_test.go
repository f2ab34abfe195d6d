package cloud_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"turnup/internal/platform/cloud"
)

// Everything comes from what Lambda sets; a call gives up long before API Gateway does.
func TestConfig(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_SESSION_TOKEN", "token")
	for _, endpoint := range []string{"", "http://127.0.0.1:4566"} {
		t.Setenv("AWS_ENDPOINT_URL", endpoint)
		cfg := cloud.Config()
		c, err := cfg.Credentials.Retrieve(t.Context())
		if err != nil || c.AccessKeyID != "id" || c.SecretAccessKey != "secret" || c.SessionToken != "token" || cfg.Region != "eu-central-1" {
			t.Errorf("got %+v, %v", cfg, err)
		}
		if (cfg.BaseEndpoint == nil) != (endpoint == "") || cfg.BaseEndpoint != nil && *cfg.BaseEndpoint != endpoint {
			t.Errorf("endpoint %v", cfg.BaseEndpoint)
		}
		client := cfg.HTTPClient.(*awshttp.BuildableClient)
		if within := client.GetTimeout(); within <= 0 || within > 10*time.Second {
			t.Errorf("a call may take %s", within)
		}
		var transport *http.Transport = client.GetTransport()
		if transport.MaxIdleConnsPerHost < 10 {
			t.Error("parallel calls would connect anew each time")
		}
	}
}

func TestNoCredentials(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if _, err := cloud.Config().Credentials.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "AWS_SECRET_ACCESS_KEY") {
		t.Errorf("got %v", err)
	}
}
