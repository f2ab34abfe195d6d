package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// X6: of twenty wrong passwords at once five are looked at, at sign-in (for names that nobody has, too) and by who is signed in.
func TestGuessesAtOnce(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	must[Account](t)(site.RegisterAccount(ctx, email, ""))
	c, _, _, _ := accountHolder(t)
	guess := func(path string, who *Customer, body func(i int) map[string]any, wrong string) {
		ends := atOnce(t, 20, func(i int) Answer { return must[Answer](t)(who.Post(ctx, path, Key(), body(i))) })
		if ends[wrong] > 5 || ends[wrong] == 0 || ends[wrong]+ends["429 too_many_requests"] != 20 {
			t.Errorf("%s: %v", path, ends)
		}
	}
	for _, name := range []string{email, newEmail()} {
		guess("/auth/login", site.Visitor(), func(i int) map[string]any { return Credentials(name, fmt.Sprint("guess number ", i), "") }, "401 credentials_wrong")
	}
	guess("/auth/change-password", c, func(i int) map[string]any {
		return map[string]any{"password": fmt.Sprint("guess number ", i), "newPassword": "another-staple-horse"}
	}, "403 password_wrong")
}

// X7: from outside, signing in with a wrong password and asking for mails are answered alike whether or not somebody has the
// address: status, body and headers, but for ids, times and the length that follows from them; also of many at once.
func TestAnswersTellNothing(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	must[Account](t)(site.RegisterAccount(ctx, email, ""))
	shape := func(a Answer) string {
		var body map[string]any
		if err := json.Unmarshal(a.Raw, &body); err != nil {
			t.Fatalf("%s: %v", a.Raw, err)
		}
		for _, own := range []string{"requestId", "askedAt"} {
			if body[own] != nil {
				body[own] = "…"
			}
		}
		headers := maps.Clone(a.Header)
		for name := range headers {
			if name == "Date" || name == "Content-Length" || strings.Contains(strings.ToLower(name), "request") || name == "X-Correlation-Id" || strings.HasPrefix(name, "X-Amz") {
				headers[name] = nil
			}
		}
		return fmt.Sprint(a.Status, body, headers)
	}
	for path, body := range map[string]func(string) map[string]any{
		"/auth/login":               func(to string) map[string]any { return Credentials(to, "wrong password", "") },
		"/auth/resend-verification": func(to string) map[string]any { return map[string]any{"email": to} },
		"/auth/forgot-password":     func(to string) map[string]any { return map[string]any{"email": to} },
	} {
		said := map[string]bool{}
		for _, to := range []string{email, newEmail()} {
			for _, a := range parallel(t, 4, func(int) (Answer, error) { return site.Visitor().Post(ctx, path, Key(), body(to)) }) {
				said[shape(a)] = true
			}
		}
		if len(said) != 1 {
			t.Errorf("%s: known and unknown are told apart: %v", path, slices.Collect(maps.Keys(said)))
		}
	}
}

// R6: the operations of accounts, staff and tickets that have no such test of their own: one key twenty times at once has one
// answer for all, and another body under it is refused.
func TestEveryNewPostIsIdempotent(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	must[Account](t)(site.RegisterAccount(ctx, email, ""))
	verify := must[string](t)(site.AwaitLink(ctx, email, "/verify-email", 1, 20*time.Second))
	resent, forgetful := newEmail(), newEmail()
	for _, to := range []string{resent, forgetful} {
		must[Account](t)(site.RegisterAccount(ctx, to, ""))
	}
	expect(t, must[Answer](t)(site.Visitor().Post(ctx, "/auth/forgot-password", Key(), map[string]any{"email": forgetful})), nil, http.StatusAccepted, "")
	reset := must[string](t)(site.AwaitLink(ctx, forgetful, "/reset-password", 1, 20*time.Second))
	_, in, err := site.Login(ctx, resent, Password, "")
	if err != nil {
		t.Fatal(err)
	}
	c, _ := newCustomer(t)
	ticket := "/tickets/" + opened(t, c, question("Twice")).TicketID
	_, unverified, err := site.Account(ctx, newEmail(), false)
	if err != nil {
		t.Fatal(err)
	}
	anybody, staff := site.Visitor(), admin(t)
	type body = map[string]any
	for _, k := range []struct {
		path        string
		who         *Customer
		body, other body // no other: where it could not be one
		status      int
	}{
		{"/auth/verify-email", anybody, body{"token": verify}, nil, http.StatusOK},
		{"/auth/resend-verification", anybody, body{"email": resent}, body{"email": newEmail()}, http.StatusAccepted},
		{"/auth/forgot-password", anybody, body{"email": resent}, body{"email": newEmail()}, http.StatusAccepted},
		{"/auth/reset-password", anybody, body{"token": reset, "password": "another-staple-horse"}, body{"token": reset, "password": "yet-another-staple"}, http.StatusOK},
		{"/auth/refresh", anybody, body{"refreshToken": in.RefreshToken}, nil, http.StatusOK},
		{"/tickets", c, question("Once"), question("Another"), http.StatusCreated},
		{ticket + "/messages", c, body{"body": "Once"}, body{"body": "Another"}, http.StatusCreated},
		{ticket + "/resolve", c, nil, nil, http.StatusOK},
		{"/admin/customers/" + unverified + "/verify", staff, body{"reason": "Seen at the shop"}, body{"reason": "Another reason"}, http.StatusOK},
		{"/admin/staff", staff, body{"email": newEmail(), "name": "Grace Example", "roles": []string{"support"}}, body{"email": newEmail(), "name": "Grace Example", "roles": []string{"support"}}, http.StatusCreated},
	} {
		key := Key()
		send := func(b body) (Answer, error) {
			if b == nil {
				return k.who.Post(ctx, k.path, key, nil)
			}
			return k.who.Post(ctx, k.path, key, b)
		}
		answers := parallel(t, 20, func(int) (Answer, error) { return send(k.body) })
		for _, a := range append(answers, must[Answer](t)(send(k.body))) {
			if a.Status != k.status || string(a.Raw) != string(answers[0].Raw) {
				t.Errorf("%s: %d %s, and %s", k.path, a.Status, a.Raw, answers[0].Raw)
				break
			}
		}
		if k.other != nil {
			if a := must[Answer](t)(send(k.other)); a.Status != http.StatusUnprocessableEntity || a.Code() != "idempotency_key_reused" {
				t.Errorf("%s, another body: %d %s", k.path, a.Status, a.Raw)
			}
		}
	}
}
