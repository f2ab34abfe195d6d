package store

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/notice"
)

// refusing is a DynamoDB that answers the first calls with errors; the local cloud knows no conflicts.
func refusing(t *testing.T, answers ...string) (*DB, *atomic.Int64) {
	t.Helper()
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		n := int(calls.Add(1))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		if n <= len(answers) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, answers[n-1])
			return
		}
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(server.Close)
	return New(clientOf(server.URL, 1), prefix, clock.System), &calls
}

func cancelled(reasons ...string) string {
	for i, r := range reasons {
		reasons[i] = fmt.Sprintf(`{"Code":%q}`, r)
	}
	return `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled","CancellationReasons":[` + strings.Join(reasons, ",") + `]}`
}

func registration(t *testing.T) (*once.Use, account.Customer, event.Envelope) {
	use := &once.Use{Request: request("demo", "anonymous", "k", "f")}
	ok(t, use.Answer("mine"))
	return use, account.Customer{Tenant: "demo", ID: "cus_1", Username: "ada"}, event.New(t.Context(), "demo", noon, event.CustomerRegistered{})
}

// A conflict with another transaction passes: it is tried again, a few times, and then told as passing.
func TestConflictsAreTriedAgain(t *testing.T) {
	for n, want := range map[int]error{0: nil, 1: nil, conflictTries - 1: nil, conflictTries: fault.ErrUnavailable} {
		answers := make([]string, n)
		for i := range answers {
			answers[i] = cancelled("None", "TransactionConflict", "None", "None")
		}
		db, calls := refusing(t, answers...)
		use, c, e := registration(t)
		err := db.SaveAccount(t.Context(), born(use, c, e))
		same(t, fmt.Sprint(n, " conflicts"), endOf(err), endOf(want))
		same(t, "calls", calls.Load(), min(n+1, conflictTries))
	}
}

// A failed condition decides at once, also beside a conflict; the key's comes first, whatever else failed.
func TestMeaningOfCancellations(t *testing.T) {
	for reasons, want := range map[string]error{
		"None,ConditionalCheckFailed,None,None":                                    account.ErrUsernameExists,
		"None,ConditionalCheckFailed,TransactionConflict,None":                     account.ErrUsernameExists,
		"None,ValidationError,None,None":                                           fault.ErrUnavailable,
		"None,None,ConditionalCheckFailed,None":                                    fault.ErrUnavailable, // a fresh id that is taken
		"ConditionalCheckFailed,ConditionalCheckFailed,ConditionalCheckFailed,Non": fault.ErrKeyReused,   // without the row nothing vouches for it
	} {
		db, calls := refusing(t, cancelled(strings.Split(reasons, ",")...), cancelled("None"), cancelled("None"))
		use, c, e := registration(t)
		same(t, reasons, endOf(db.SaveAccount(t.Context(), born(use, c, e))), endOf(want))
		same(t, "calls", calls.Load(), 1)
	}
}

// R6: the key's row in the cancellation is the answer, when the request is the same.
func TestReplayFromTheCancellation(t *testing.T) {
	row := `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"c","CancellationReasons":[` +
		`{"Code":"ConditionalCheckFailed","Item":{"fingerprint":{"S":"f"},"answer":{"S":"\"first\""}}},{"Code":"ConditionalCheckFailed"}]}`
	for fingerprint, want := range map[string]string{"f": "first", "other": ""} {
		db, calls := refusing(t, row)
		got, err := once.Do(t.Context(), db, request("demo", "anonymous", "k", fingerprint), func(use *once.Use) (string, error) {
			if err := use.Answer("second"); err != nil {
				return "", err
			}
			_, c, e := registration(t)
			return "second", db.SaveAccount(t.Context(), born(use, c, e))
		})
		if want != "" {
			ok(t, err)
			same(t, "answer", got, want)
		} else {
			same(t, "error", endOf(err), fault.ErrKeyReused.Code)
		}
		same(t, "calls", calls.Load(), 1)
	}
}

// Who has gone is not waited for.
func TestConflictEndsWithTheContext(t *testing.T) {
	answers := make([]string, conflictTries)
	for i := range answers {
		answers[i] = cancelled("TransactionConflict")
	}
	db, _ := refusing(t, answers...)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	use, c, e := registration(t)
	if err := db.SaveAccount(ctx, born(use, c, e)); err == nil || fault.Of(err) != nil {
		t.Errorf("got %v", err)
	}
}

// Limits of DynamoDB are told as passing, in every kind of call.
func TestThrottling(t *testing.T) {
	const limit = `{"__type":"com.amazonaws.dynamodb.v20120810#RequestLimitExceeded","message":"slow down"}`
	calls := map[string]func(*DB) error{
		"get":   func(db *DB) error { _, err := db.Customer(t.Context(), "demo", "cus_1"); return err },
		"tx":    func(db *DB) error { use, c, e := registration(t); return db.SaveAccount(t.Context(), born(use, c, e)) },
		"query": func(db *DB) error { _, _, err := db.Offers(t.Context(), "demo", "", "", "", 1); return err },
		"batch": func(db *DB) error {
			_, _, err := db.Shelf(t.Context(), "demo", "cus_1", "DE", "", []id.Item{"plan_a"})
			return err
		},
		"recall": func(db *DB) error { _, err := db.Recall(t.Context(), once.Request{}); return err },
		"spend":  func(db *DB) error { return db.Spend(t.Context(), "demo", "q", "c", 1, time.Minute) },
		"claim": func(db *DB) error {
			_, err := db.ClaimMail(t.Context(), notice.Record{Tenant: "demo", Customer: "cus_1", Event: "evt_1"}, time.Minute)
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			db, _ := refusing(t, limit)
			same(t, "error", endOf(call(db)), fault.ErrUnavailable.Code)
		})
	}
}
