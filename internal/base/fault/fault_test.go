package fault_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/fault"
)

var errTest = fault.New(fault.Conflict, "fault_test", "It cannot be.", "customer")

func TestKinds(t *testing.T) {
	status := map[fault.Kind]int{fault.Internal: 500, fault.Invalid: 400, fault.Mismatch: 422, fault.Unauthenticated: 401, fault.PaymentRequired: 402,
		fault.Forbidden: 403, fault.NotFound: 404, fault.Conflict: 409, fault.Gone: 410, fault.TooLarge: 413, fault.Precondition: 412, fault.Throttled: 429, fault.Unavailable: 503}
	for kind, want := range status {
		if kind.Status() != want || kind.Transient() != (want >= 500 || want == 429) {
			t.Errorf("%d: status %d, transient %v", want, kind.Status(), kind.Transient())
		}
	}
	if (&fault.Fault{}).Kind.Status() != 500 {
		t.Error("a forgotten kind is shown to callers")
	}
}

// Copies are the same fault; the declared one never changes.
func TestCopies(t *testing.T) {
	full := errTest.With("a", "1").With("b", "2").With("a", "3").Naming("x", "bad").Naming("y", "worse").After(time.Second).Because(io.EOF)
	if !errors.Is(full, errTest) || !errors.Is(fmt.Errorf("wrapped: %w", full), errTest) || !errors.Is(full, io.EOF) || errors.Is(full, fault.ErrInvalid) {
		t.Error("not the same fault")
	}
	if full.Details["a"] != "3" || full.Details["b"] != "2" || len(full.Fields) != 2 || full.RetryAfter != time.Second {
		t.Errorf("got %+v", full)
	}
	if errTest.Details != nil || errTest.Fields != nil || errTest.RetryAfter != 0 || errTest.Unwrap() != nil {
		t.Errorf("the declared fault changed: %+v", errTest)
	}
	base := errTest.Naming("x", "1")
	if a, b := base.Naming("y", "a"), base.Naming("y", "b"); a.Fields[1].Message == b.Fields[1].Message {
		t.Error("two copies share their fields")
	}
	if !strings.Contains(full.Error(), "EOF") || strings.Contains(full.Message, "EOF") {
		t.Error("the cause is for the log, not for the caller")
	}
}

func TestOfAndTransient(t *testing.T) {
	for _, k := range []struct {
		err       error
		code      string
		transient bool
	}{
		{io.EOF, "", true}, {errTest, "fault_test", false}, {fmt.Errorf("w: %w", errTest), "fault_test", false}, {errors.Join(io.EOF, errTest), "fault_test", false},
		{fault.ErrThrottled, "too_many_requests", true}, {fault.ErrUnavailable.Because(errTest), "temporarily_unavailable", true}, {fault.ErrInternal, "internal", true},
	} {
		f := fault.Of(k.err)
		if f == nil && k.code != "" || f != nil && f.Code != k.code || fault.Transient(k.err) != k.transient {
			t.Errorf("%v: got %v, transient %v", k.err, f, fault.Transient(k.err))
		}
	}
}

// Codes are a published contract: declared once, in snake_case, with a sentence for people and somebody who acts.
func TestCatalogue(t *testing.T) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a code was declared twice")
			}
		}()
		fault.New(fault.Invalid, "fault_test", "Again.", "customer")
	}()
	last := ""
	for _, f := range fault.Catalogue() {
		if f.Code <= last || strings.ToLower(f.Code) != f.Code || strings.ContainsAny(f.Code, " -") {
			t.Errorf("code %q after %q", f.Code, last)
		}
		if !strings.HasSuffix(f.Message, ".") || f.Acts != "customer" && f.Acts != "integrator" && f.Acts != "operator" {
			t.Errorf("%s: %q, %q", f.Code, f.Message, f.Acts)
		}
		last = f.Code
	}
}
