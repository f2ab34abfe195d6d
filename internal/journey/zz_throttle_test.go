package journey

import (
	"context"
	"net/http"
	"strconv"
	"testing"
)

// S0-07: the username query is budgeted per caller, so that names cannot be harvested; it says when to come back. Last
// of all tests, because it uses the budget of this caller up. (Go runs test files in the order of their names.)
func TestUsernameQueryIsBudgeted(t *testing.T) {
	for range 31 {
		a := must[Answer](t)(site.Visitor().Get(context.Background(), "/registration/usernames?username="+newName()))
		if a.Status == http.StatusTooManyRequests {
			if wait, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 60 || a.Code() != "too_many_requests" {
				t.Fatalf("Retry-After %q, %s", a.Header.Get("Retry-After"), a.Raw)
			}
			return
		}
		expect(t, a, nil, http.StatusOK, "")
	}
	t.Fatal("31 queries within a minute were all answered")
}
