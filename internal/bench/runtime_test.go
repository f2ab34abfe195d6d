package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
)

// asFunction makes this test's own program a Lambda function: it echoes, fails, or ends at once.
const asFunction = "BENCH_TEST_FUNCTION"

func TestMain(m *testing.M) {
	switch os.Getenv(asFunction) {
	case "":
		os.Exit(m.Run())
	case "broken":
		os.Stdout.WriteString("cannot start")
		os.Exit(1)
	}
	lambda.Start(func(_ context.Context, in string) (string, error) {
		if in == "fail" {
			return "", errors.New("failed on purpose")
		}
		return in + " back", nil
	})
}

func TestFunctionTakesEvents(t *testing.T) {
	f, began, err := start(os.Args[0], []string{asFunction + "=echo"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.stop()
	ready, err := f.awaitReady(t.Context())
	if err != nil || !ready.After(began) {
		t.Fatalf("ready %v after its start: %v", ready.Sub(began), err)
	}
	for _, event := range []string{"one", "two"} {
		out, err := f.invoke(t.Context(), []byte(`"`+event+`"`))
		if err != nil || string(out) != `"`+event+` back"` {
			t.Errorf("%s: %s, %v", event, out, err)
		}
	}
	if _, err := f.invoke(t.Context(), []byte(`"fail"`)); err == nil || !strings.Contains(err.Error(), "failed on purpose") {
		t.Errorf("a failure came out as %v", err)
	}
	if out, err := f.invoke(t.Context(), []byte(`"three"`)); err != nil || string(out) != `"three back"` {
		t.Errorf("after a failure: %s, %v", out, err)
	}
}

func TestFunctionThatEnds(t *testing.T) {
	f, _, err := start(os.Args[0], []string{asFunction + "=broken"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.stop()
	if _, err := f.awaitReady(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot start") {
		t.Errorf("its end came out as %v", err)
	}
}
