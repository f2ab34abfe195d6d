package rig

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// asFunction makes this test's own program a Lambda function: it echoes, fails, or ends at once.
const asFunction = "RIG_TEST_FUNCTION"

func TestMain(m *testing.M) {
	switch os.Getenv(asFunction) {
	case "":
		os.Exit(m.Run())
	case "broken":
		os.Stdout.WriteString("cannot start")
		os.Exit(1)
	}
	lambda.Start(func(_ context.Context, in string) (string, error) {
		switch in {
		case "fail":
			return "", errors.New("failed on purpose")
		case "wait":
			time.Sleep(time.Minute)
		}
		return in + " back", nil
	})
}

func TestFunctionTakesEvents(t *testing.T) {
	f, began, err := Start(os.Args[0], []string{asFunction + "=echo"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Stop()
	ready, err := f.AwaitReady(t.Context())
	if err != nil || !ready.After(began) {
		t.Fatalf("ready %v after its start: %v", ready.Sub(began), err)
	}
	for _, event := range []string{"one", "two"} {
		out, err := f.Invoke(t.Context(), []byte(`"`+event+`"`))
		if err != nil || string(out) != `"`+event+` back"` {
			t.Errorf("%s: %s, %v", event, out, err)
		}
	}
	if _, err := f.Invoke(t.Context(), []byte(`"fail"`)); !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), "failed on purpose") {
		t.Errorf("a failure came out as %v", err)
	}
	if out, err := f.Invoke(t.Context(), []byte(`"three"`)); err != nil || string(out) != `"three back"` {
		t.Errorf("after a failure: %s, %v", out, err)
	}
}

func TestFunctionThatEnds(t *testing.T) {
	f, _, err := Start(os.Args[0], []string{asFunction + "=broken"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Stop()
	if _, err := f.AwaitReady(t.Context()); !errors.Is(err, ErrEnded) || !strings.Contains(err.Error(), "cannot start") {
		t.Errorf("its end came out as %v", err)
	}
}

// A process killed in the midst of an event is an error at once, and so is each event after it.
func TestFunctionThatIsKilled(t *testing.T) {
	f, _, err := Start(os.Args[0], []string{asFunction + "=echo"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Stop()
	if _, err := f.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, f.Kill)
	for _, event := range []string{`"wait"`, `"one"`} {
		if out, err := f.Invoke(t.Context(), []byte(event)); !errors.Is(err, ErrEnded) {
			t.Errorf("%s: %s, %v", event, out, err)
		}
	}
}
