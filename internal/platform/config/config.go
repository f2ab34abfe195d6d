// Package config reads a function's settings: a typed struct from the environment, with everything that is missing in
// one error. Secrets are package secrets, so that functions without any do not carry the client for them.
package config

import (
	"log/slog"
	"os"

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

// Need is a part without which a function cannot start.
func Need[T any](part T, err error) T {
	if err != nil {
		Exit(err)
	}
	return part
}

// Exit ends a function that cannot start.
func Exit(err error) {
	slog.Error("cannot start", "error", err.Error())
	os.Exit(1)
}
