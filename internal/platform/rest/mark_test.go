package rest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"turnup/internal/base/token"
	"turnup/internal/platform/rest"
)

// R6, X8: the same said under the same key by the same session has the same mark, anything else another one, and none of
// it can be read in it; without a token there is none.
func TestMark(t *testing.T) {
	b := newBench(t)
	var mark string
	var said []string
	for path, audience := range map[string]rest.Audience{"/mine": rest.Customer, "/anyone": rest.Public} {
		rest.Register(b.api, rest.Op{ID: path, Method: http.MethodPost, Path: path, Audience: audience, Service: "bench"}, func(ctx context.Context, _ *struct{}) (*nameOutput, error) {
			mark = rest.Mark(ctx, said...)
			return &nameOutput{}, nil
		})
	}
	access := func(customer string) string {
		raw, _, err := b.signer.Access(token.Claims{Tenant: "demo", Session: "ses_1"}, customer, token.CustomerAudience, now, token.SessionLifetime)
		if err != nil {
			t.Fatal(err)
		}
		return "Authorization: Bearer " + raw
	}
	send := func(path, authorization, key string, parts ...string) string {
		t.Helper()
		said, mark = parts, ""
		if w := b.send(http.MethodPost, path, "", authorization, "Idempotency-Key: "+key); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return mark
	}
	first := send("/mine", access("cus_1"), "k", "correct horse", "123456")
	if first != send("/mine", access("cus_1"), "k", "correct horse", "123456") || len(first) != 64 || strings.Contains(first, "horse") {
		t.Errorf("got %q", first)
	}
	seen := map[string]bool{first: true}
	for _, other := range []string{send("/mine", access("cus_2"), "k", "correct horse", "123456"), send("/mine", access("cus_1"), "k2", "correct horse", "123456"),
		send("/mine", access("cus_1"), "k", "correct horse1", "23456"), send("/mine", access("cus_1"), "k", "correct horse"), send("/mine", access("cus_1"), "k", "wrong horse", "123456")} {
		if seen[other] {
			t.Errorf("%q again", other)
		}
		seen[other] = true
	}
	if got := send("/anyone", access("cus_1"), "k", "correct horse"); got != "" {
		t.Errorf("got %q of nobody", got)
	}
}
