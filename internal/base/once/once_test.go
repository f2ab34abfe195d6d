package once_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"turnup/internal/base/fault"
	"turnup/internal/base/once"
)

type answer struct {
	N int `json:"n"`
}

type memory struct {
	stored string
	err    error
	asked  int
}

func (m *memory) Recall(context.Context, once.Request) (json.RawMessage, error) {
	m.asked++
	if m.stored == "" {
		return nil, m.err
	}
	return json.RawMessage(m.stored), m.err
}

var errRefused = fault.New(fault.Conflict, "once_test_refused", "No.", "customer")

// S0-14, S0-47, R6: every way an attempt can end × what is remembered of its key.
func TestDo(t *testing.T) {
	var (
		commits = func(u *once.Use) error { u.Committed(); return nil }
		nothing = func(*once.Use) error { return nil } // found already done
		fails   = func(err error) func(*once.Use) error { return func(*once.Use) error { return err } }
		away    = errors.New("no database")
	)
	cases := []struct {
		name   string
		act    func(*once.Use) error
		stored string
		recall error
		want   int // of the answer; the act's own is 1, the stored 7
		err    error
		asked  int
	}{
		{"done: no look-up on the happy path", commits, `{"n":7}`, nil, 1, nil, 0},
		{"the key's record was there", fails(&once.Replay{Answer: []byte(`{"n":7}`)}), "", nil, 7, nil, 0},
		{"the key was used for something else", fails(fault.ErrKeyReused), `{"n":7}`, nil, 0, fault.ErrKeyReused, 0},
		{"refused, first time", fails(errRefused), "", nil, 0, errRefused, 1},
		{"refused, but its first run succeeded", fails(errRefused), `{"n":7}`, nil, 7, nil, 1},
		{"refused, key of another request", fails(errRefused), "", fault.ErrKeyReused, 0, fault.ErrKeyReused, 1},
		{"refused, look-up fails: the refusal stands", fails(errRefused), "", away, 0, errRefused, 1},
		{"already done by another key", nothing, "", nil, 1, nil, 1},
		{"already done, by this key", nothing, `{"n":7}`, nil, 7, nil, 1},
		{"already done, key of another request", nothing, "", fault.ErrKeyReused, 0, fault.ErrKeyReused, 1},
		{"already done, look-up fails", nothing, "", away, 0, away, 1},
		{"broken, but it was written after all", fails(away), `{"n":7}`, nil, 7, nil, 1},
		{"committed, then broken", func(u *once.Use) error { u.Committed(); return away }, `{"n":7}`, nil, 0, away, 0},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			m := &memory{stored: k.stored, err: k.recall}
			got, err := once.Do(t.Context(), m, once.Request{Key: "k"}, func(u *once.Use) (answer, error) {
				if u.Key != "k" {
					t.Errorf("the act was given the key %q", u.Key)
				}
				return answer{1}, k.act(u)
			})
			if !errors.Is(err, k.err) || (err != nil) != (k.err != nil) {
				t.Fatalf("got %v, want %v", err, k.err)
			}
			if err == nil && got.N != k.want {
				t.Errorf("answered %d, want %d", got.N, k.want)
			}
			if m.asked != k.asked {
				t.Errorf("%d look-ups, want %d", m.asked, k.asked)
			}
		})
	}
}

func TestStoredAnswerThatCannotBeRead(t *testing.T) {
	if _, err := once.Do(t.Context(), &memory{stored: "{"}, once.Request{}, func(*once.Use) (answer, error) { return answer{}, errRefused }); err == nil || errors.Is(err, errRefused) {
		t.Errorf("got %v", err)
	}
}

func TestAnswer(t *testing.T) {
	var u once.Use
	if err := u.Answer(answer{3}); err != nil || string(u.Stored()) != `{"n":3}` {
		t.Errorf("got %s, %v", u.Stored(), err)
	}
	if u.Answer(func() {}) == nil {
		t.Error("a function was encoded")
	}
}

func TestFingerprint(t *testing.T) {
	a := once.Fingerprint("op", answer{1})
	if a != once.Fingerprint("op", answer{1}) || len(a) != 64 {
		t.Error("not stable")
	}
	for _, other := range []string{once.Fingerprint("op", answer{2}), once.Fingerprint("op2", answer{1}), once.Fingerprint("", "op\n")} {
		if other == a {
			t.Error("another request has the same fingerprint")
		}
	}
}
