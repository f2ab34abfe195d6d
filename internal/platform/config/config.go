// Package config reads a function's settings: a typed struct from the environment, with everything that is missing in
// one error, and secrets from SSM Parameter Store in one batched read.
package config

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/caarlos0/env/v11"
)

// MustLoad reads T from the environment (struct tags of github.com/caarlos0/env) or ends the function with one log
// line that names everything missing: a function that is half configured must not start.
func MustLoad[T any]() T {
	cfg, err := env.ParseAs[T]()
	if err != nil {
		Exit(err)
	}
	return cfg
}

// Exit ends a function that cannot start.
func Exit(err error) {
	slog.Error("cannot start", "error", err.Error())
	os.Exit(1)
}

// secretsWithin bounds the one call before the first event.
const secretsWithin = 5 * time.Second

// MustSecrets reads the named secrets below a prefix ("/turnup/prod") in one call, or ends the function.
func MustSecrets(cfg aws.Config, prefix string, names ...string) map[string]string {
	ctx, cancel := context.WithTimeout(context.Background(), secretsWithin)
	defer cancel()
	found, err := Secrets(ctx, ssm.NewFromConfig(cfg), prefix, names...)
	if err != nil {
		Exit(err)
	}
	return found
}

// Secrets reads up to ten named secrets; missing ones are all named in the error.
func Secrets(ctx context.Context, client *ssm.Client, prefix string, names ...string) (map[string]string, error) {
	full := make([]string, len(names))
	for i, n := range names {
		full[i] = prefix + "/" + n
	}
	decrypt := true
	out, err := client.GetParameters(ctx, &ssm.GetParametersInput{Names: full, WithDecryption: &decrypt})
	if err != nil {
		return nil, fmt.Errorf("config: secrets: %w", err)
	}
	if len(out.InvalidParameters) > 0 {
		return nil, fmt.Errorf("config: secrets are missing: %s", strings.Join(out.InvalidParameters, ", "))
	}
	found := map[string]string{}
	for _, p := range out.Parameters {
		found[strings.TrimPrefix(*p.Name, prefix+"/")] = *p.Value
	}
	return found, nil
}
