// Package secrets reads a function's secrets from SSM Parameter Store in one batched read, the one call before its first
// event.
package secrets

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"turnup/internal/platform/config"
)

// within bounds the one call before the first event. Lambda lets a function have 10 s to start; who gives up sooner turns a slow moment,
// when many start at once, into a failed request.
const within = 9 * time.Second

// Must reads the named secrets below a prefix ("/turnup/prod") in one call, or ends the function.
func Must(cfg aws.Config, prefix string, names ...string) map[string]string {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	found, err := Read(ctx, ssm.NewFromConfig(cfg), prefix, names...)
	if err != nil {
		config.Exit(err)
	}
	return found
}

// Read reads up to ten named secrets; missing ones are all named in the error.
func Read(ctx context.Context, client *ssm.Client, prefix string, names ...string) (map[string]string, error) {
	full := make([]string, len(names))
	for i, n := range names {
		full[i] = prefix + "/" + n
	}
	decrypt := true
	out, err := client.GetParameters(ctx, &ssm.GetParametersInput{Names: full, WithDecryption: &decrypt})
	if err != nil {
		return nil, fmt.Errorf("secrets: %w", err)
	}
	if len(out.InvalidParameters) > 0 {
		return nil, fmt.Errorf("secrets: missing: %s", strings.Join(out.InvalidParameters, ", "))
	}
	found := map[string]string{}
	for _, p := range out.Parameters {
		found[strings.TrimPrefix(*p.Name, prefix+"/")] = *p.Value
	}
	return found, nil
}
