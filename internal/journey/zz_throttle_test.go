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

// X7: who collects conflicts of registrations has to wait, in either journey; who registers what nobody has is not held back. It
// uses up the budgets of this caller, which no later test needs.
func TestConflictsAreBudgeted(t *testing.T) {
	ctx, name := context.Background(), newName()
	must[Answer](t)(register(t, Key(), Registration(name)), nil)
	for path, k := range map[string]struct {
		taken, free func() map[string]any
		code        string
	}{
		"/auth/register":          {func() map[string]any { return Signup(name + "@example.com") }, func() map[string]any { return Signup(newEmail()) }, "email_exists"},
		"/registration/customers": {func() map[string]any { return Registration(name) }, func() map[string]any { return Registration(newName()) }, "username_exists"},
	} {
		send := func(body map[string]any) Answer { return must[Answer](t)(site.Visitor().Post(ctx, path, Key(), body)) }
		held := false
		for tries := 0; tries < 62 && !held; tries++ { // a new minute may begin between
			switch a := send(k.taken()); {
			case a.Status == http.StatusTooManyRequests:
				held = a.Code() == "too_many_requests" && a.Header.Get("Retry-After") != ""
			case a.Status != http.StatusConflict || a.Code() != k.code:
				t.Fatalf("%s: %d %s", path, a.Status, a.Raw)
			}
		}
		if !held {
			t.Errorf("%s may be asked for ever", path)
		}
		expect(t, send(k.free()), nil, http.StatusCreated, "")
	}
}
