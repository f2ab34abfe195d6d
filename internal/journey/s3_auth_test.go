package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func newEmail() string { return newName() + "@example.com" }

func signUp(t *testing.T, key string, body any) Answer {
	t.Helper()
	return must[Answer](t)(site.Visitor().Post(context.Background(), "/auth/register", key, body))
}

func login(t *testing.T, name, password string) Answer {
	t.Helper()
	return must[Answer](t)(site.Visitor().Post(context.Background(), "/auth/login", Key(), Credentials(name, password, "")))
}

// mailsOf waits until an address has n mails, and then a little longer, that one more would be seen.
func mailsOf(t *testing.T, to string, n int) []Mail {
	t.Helper()
	var mails []Mail
	eventually(t, 20*time.Second, to+" has its mails", func() bool {
		mails = must[[]Mail](t)(site.Mails(context.Background(), to))
		return len(mails) >= n
	})
	time.Sleep(700 * time.Millisecond)
	if mails = must[[]Mail](t)(site.Mails(context.Background(), to)); len(mails) != n {
		t.Fatalf("%s has %d mails, want %d: %+v", to, len(mails), n, mails)
	}
	return mails
}

// S3-02, S3-138: registering makes an account and sends one mail, which welcomes and has the link that confirms the address.
func TestRegisterAccount(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	made := must[Account](t)(site.RegisterAccount(ctx, email, ""))
	if !strings.HasPrefix(made.CustomerID, "cus_") || made.Status != "unverified" || time.Until(made.VerifyBefore) < 6*24*time.Hour {
		t.Errorf("%+v", made)
	}
	mail := mailsOf(t, email, 1)[0]
	if !strings.Contains(mail.BodyText, "/verify-email?token=") || !strings.Contains(mail.BodyHTML, "/verify-email?token=") || !strings.Contains(mail.Subject, "elcome") {
		t.Errorf("%+v", mail)
	}
}

// S3-13: a mail address that is registered, however it is spelled and whichever journey it came by, is a conflict: no second
// account, no second mail.
func TestRegisterTakenAddress(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	made := must[Account](t)(site.RegisterAccount(ctx, email, ""))
	for _, again := range []string{email, strings.ToUpper(email), strings.ToUpper(email[:3]) + email[3:]} {
		expect(t, signUp(t, Key(), Signup(again)), nil, http.StatusConflict, "email_exists")
	}
	mailsOf(t, email, 1)
	_, in, err := site.Login(ctx, email, Password, "")
	if err != nil || in.AccountID != made.CustomerID {
		t.Errorf("%+v, %v", in, err)
	}
	name := newName() // registered in the other journey
	must[Answer](t)(register(t, Key(), Registration(name)), nil)
	expect(t, signUp(t, Key(), Signup(name+"@example.com")), nil, http.StatusConflict, "email_exists")
	a := expect(t, register(t, Key(), with(Registration(newName()), "contact", map[string]any{"email": email})), nil, http.StatusConflict, "email_exists")
	if detail(a, "loginUrl") == "" {
		t.Errorf("where to sign in: %s", a.Raw)
	}
	expect(t, register(t, Key(), with(Registration(newName()), "username", newEmail())), nil, http.StatusBadRequest, "username_not_own_email")
}

// S3-14: what is wrong is named, and leaves nothing behind.
func TestRegisterAccountNamesFields(t *testing.T) {
	good := Signup(newEmail())
	for field, value := range map[string]any{"email": "nobody", "password": "password"} {
		a := must[Answer](t)(signUp(t, Key(), with(good, field, value)), nil)
		if a.Status != http.StatusBadRequest || fields(a) != "body."+field {
			t.Errorf("%s: %d %s", field, a.Status, a.Raw)
		}
	}
	for _, missing := range []string{"email", "password"} {
		if a := signUp(t, Key(), with(good, missing, nil)); a.Status != http.StatusBadRequest || !strings.Contains(string(a.Raw), missing) {
			t.Errorf("without %s: %s", missing, a.Raw)
		}
	}
	for _, owned := range []string{"status", "verifiedAt", "roles", "tier", "groups", "customerId", "tenant", "country", "profiledAt"} { // X3
		expect(t, signUp(t, Key(), with(good, owned, "x")), nil, http.StatusBadRequest, "invalid_request")
	}
	expect(t, signUp(t, Key(), good), nil, http.StatusCreated, "")
}

// R6: one key many times at once is one account, one mail and one answer; another body or password under it is refused.
func TestRegisterAccountOnce(t *testing.T) {
	key, email := Key(), newEmail()
	answers := parallel(t, 50, func(int) (Answer, error) {
		return site.Visitor().Post(context.Background(), "/auth/register", key, Signup(email))
	})
	for _, a := range answers {
		if expect(t, a, nil, http.StatusCreated, ""); string(a.Raw) != string(answers[0].Raw) {
			t.Fatalf("answers differ:\n%s\n%s", a.Raw, answers[0].Raw)
		}
	}
	mailsOf(t, email, 1)
	expect(t, signUp(t, key, Signup(newEmail())), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	expect(t, signUp(t, key, with(Signup(email), "password", "another-staple-horse")), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
}

// S3-03, S3-18, S3-139, S3-150: the mail's link leads to the front end's page and confirms once; again is harmless; an altered
// one, and one of another purpose, are refused. The next mail follows.
func TestVerifyEmail(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	made := must[Account](t)(site.RegisterAccount(ctx, email, ""))
	link := must[string](t)(site.AwaitLink(ctx, email, "http://localhost:3000/verify-email", 1, 20*time.Second))
	parts := strings.Split(link, ".")
	for name, forged := range map[string]string{"altered": link[:len(link)-3] + "AAA", "no signature": parts[0] + "." + parts[1] + ".", "nothing": "x", "an access token": must[*Customer](t)(anyone(t)).Token,
		"other claims": parts[0] + "." + strings.Replace(parts[1], parts[1][:4], "eyJh", 1) + "x." + parts[2]} {
		a := must[Answer](t)(site.Verify(ctx, forged))
		if a.Status != http.StatusBadRequest || a.Code() != "link_invalid" {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
	}
	a := must[Answer](t)(site.Visitor().Post(ctx, "/auth/reset-password", Key(), map[string]any{"token": link, "password": "another-staple-horse"}))
	expect(t, a, nil, http.StatusBadRequest, "link_invalid")
	for range 3 {
		done := into[Account](t, expect(t, must[Answer](t)(site.Verify(ctx, link)), nil, http.StatusOK, ""))
		if done.CustomerID != made.CustomerID || done.Pending != "profile" {
			t.Errorf("%+v", done)
		}
	}
	if next := mailsOf(t, email, 2)[1]; !strings.Contains(next.BodyText, "/profile") || strings.Contains(next.BodyText, "verify-email") {
		t.Errorf("after that: %+v", next)
	}
}

func anyone(t *testing.T) (*Customer, error) {
	c, _ := newCustomer(t)
	return c, nil
}

// S3-116: who asks gets a mail with a fresh link, and the one before is dead; after a few they have to wait. X7: an unknown
// address is answered alike.
func TestResendVerification(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	must[Account](t)(site.RegisterAccount(ctx, email, ""))
	first := must[string](t)(site.AwaitLink(ctx, email, "/verify-email", 1, 20*time.Second))
	ask := func(to string) Answer {
		return must[Answer](t)(site.Visitor().Post(ctx, "/auth/resend-verification", Key(), map[string]any{"email": to}))
	}
	known, unknown := ask(email), ask(newEmail())
	for _, a := range []Answer{known, unknown} {
		expect(t, a, nil, http.StatusAccepted, "")
		var body map[string]any
		if err := json.Unmarshal(a.Raw, &body); err != nil || len(body) != 1 || body["askedAt"] == nil {
			t.Errorf("%s", a.Raw)
		}
	}
	second := must[string](t)(site.AwaitLink(ctx, email, "/verify-email", 2, 20*time.Second))
	expect(t, must[Answer](t)(site.Verify(ctx, first)), nil, http.StatusGone, "link_expired")
	expect(t, must[Answer](t)(site.Verify(ctx, second)), nil, http.StatusOK, "")
	for _, to := range []string{email, newEmail()} {
		held := false
		for range 6 {
			a := ask(to)
			held = held || a.Status == http.StatusTooManyRequests && a.Header.Get("Retry-After") != ""
		}
		if !held {
			t.Errorf("%s may ask for ever", to)
		}
	}
}

// S3-17, S3-23: an account whose address is not confirmed may sign in and nothing else; the fault tells to confirm it.
func TestUnverifiedMayDoNothing(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	must[Account](t)(site.RegisterAccount(ctx, email, ""))
	c, in, err := site.Login(ctx, email, Password, "")
	if err != nil || in.Pending != "verification" {
		t.Fatalf("%+v, %v", in, err)
	}
	for _, path := range []string{"/plans", "/orders", "/subscriptions", "/wallet?currency=EUR"} {
		expect(t, must[Answer](t)(c.Get(ctx, path)), nil, http.StatusForbidden, "email_unverified")
	}
	for path, body := range map[string]any{"/carts/items": map[string]any{"items": []any{item("plan_sports-pass")}}, "/orders": map[string]any{"planId": "plan_stream-hd"},
		"/payment-methods": map[string]any{"returnUrl": ReturnURL}} {
		expect(t, must[Answer](t)(c.Post(ctx, path, Key(), body)), nil, http.StatusForbidden, "email_unverified")
	}
	link := must[string](t)(site.AwaitLink(ctx, email, "/verify-email", 1, 20*time.Second))
	expect(t, must[Answer](t)(site.Verify(ctx, link)), nil, http.StatusOK, "")
	next := must[Session](t)(site.Refresh(ctx, in.RefreshToken))
	if c.Token = next.AccessToken; next.Pending != "profile" {
		t.Errorf("%+v", next)
	}
	expect(t, must[Answer](t)(c.Get(ctx, "/orders")), nil, http.StatusForbidden, "profile_missing")
}

// S3-15: customers of either journey sign in, by mail address and by username, and get tokens that work.
func TestLogin(t *testing.T) {
	ctx, name := context.Background(), newName()
	registered := into[Registered](t, register(t, Key(), Registration(name)))
	for _, as := range []string{name, strings.ToUpper(name), name + "@example.com"} {
		c, in, err := site.Login(ctx, as, "staple-horse-"+name, "")
		if err != nil || in.AccountID != registered.CustomerID || in.Pending != "" || in.RefreshToken == "" || time.Until(in.ExpiresAt) > 16*time.Minute {
			t.Fatalf("%s: %+v, %v", as, in, err)
		}
		expect(t, must[Answer](t)(c.Get(ctx, "/subscriptions")), nil, http.StatusOK, "")
	}
}

// S3-16, X7: unknown names and wrong passwords are answered alike, but for the request's id.
func TestLoginTellsNothing(t *testing.T) {
	email := newEmail()
	must[Account](t)(site.RegisterAccount(context.Background(), email, ""))
	said := map[string]bool{}
	for _, wrong := range [][2]string{{email, "wrong-password"}, {newEmail(), Password}, {newName(), Password}, {"no name", Password}, {"@", Password}} {
		a := expect(t, login(t, wrong[0], wrong[1]), nil, http.StatusUnauthorized, "credentials_wrong")
		var body map[string]any
		if err := json.Unmarshal(a.Raw, &body); err != nil {
			t.Fatal(err)
		}
		delete(body, "requestId")
		raw, _ := json.Marshal(body)
		said[string(raw)] = true
	}
	if len(said) != 1 {
		t.Errorf("they are told apart: %v", said)
	}
}

// S3-16, X6: repeated failures are slowed down, alike for names that nobody has; a new password by mail lets the owner in at
// once.
func TestGuessesAreHeldBack(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	must[Account](t)(site.RegisterAccount(ctx, email, ""))
	for _, name := range []string{email, newEmail()} {
		wrong, held := 0, 0
		for range 8 {
			switch a := login(t, name, "wrong-password"); {
			case a.Status == http.StatusUnauthorized:
				wrong++
			case a.Status == http.StatusTooManyRequests && a.Header.Get("Retry-After") != "":
				held++
			default:
				t.Fatalf("%d %s", a.Status, a.Raw)
			}
		}
		if wrong != 5 || held != 3 {
			t.Errorf("%s: %d wrong, %d held back", name, wrong, held)
		}
	}
	expect(t, login(t, email, Password), nil, http.StatusTooManyRequests, "too_many_requests")
	expect(t, must[Answer](t)(site.Visitor().Post(ctx, "/auth/forgot-password", Key(), map[string]any{"email": email})), nil, http.StatusAccepted, "")
	link := must[string](t)(site.AwaitLink(ctx, email, "/reset-password", 1, 20*time.Second))
	expect(t, must[Answer](t)(site.Visitor().Post(ctx, "/auth/reset-password", Key(), map[string]any{"token": link, "password": "another-staple-horse"})), nil, http.StatusOK, "")
	expect(t, login(t, email, "another-staple-horse"), nil, http.StatusOK, "")
}

// R6: one sign-in many times at once is one session with one answer.
func TestLoginOnce(t *testing.T) {
	email, key := newEmail(), Key()
	must[Account](t)(site.RegisterAccount(context.Background(), email, ""))
	answers := parallel(t, 50, func(int) (a Answer, err error) {
		for range 10 { // who comes in a crowd may be told to come again, and does
			a, err = site.Visitor().Post(context.Background(), "/auth/login", key, Credentials(email, Password, ""))
			if err != nil || a.Status != http.StatusTooManyRequests {
				break
			}
			time.Sleep(time.Second)
		}
		return a, err
	})
	for _, a := range answers {
		if expect(t, a, nil, http.StatusOK, ""); string(a.Raw) != string(answers[0].Raw) {
			t.Fatalf("answers differ:\n%s\n%s", a.Raw, answers[0].Raw)
		}
	}
	a := must[Answer](t)(site.Visitor().Post(context.Background(), "/auth/login", key, Credentials(email, "wrong-password", "")))
	expect(t, a, nil, http.StatusUnauthorized, "credentials_wrong")
	expect(t, login(t, email, Password), nil, http.StatusOK, "")
}

// S3-21, X5: a refresh token is good once, for the next one; at once again it gets the same successor; an old one ends the
// session, also for who has the newest token.
func TestRefresh(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	must[Account](t)(site.RegisterAccount(ctx, email, ""))
	_, first, err := site.Login(ctx, email, Password, "")
	if err != nil {
		t.Fatal(err)
	}
	answers := parallel(t, 20, func(int) (Answer, error) {
		return site.Visitor().Post(ctx, "/auth/refresh", Key(), map[string]any{"refreshToken": first.RefreshToken})
	})
	second := into[Session](t, expect(t, answers[0], nil, http.StatusOK, ""))
	for _, a := range answers {
		if expect(t, a, nil, http.StatusOK, ""); string(a.Raw) != string(answers[0].Raw) {
			t.Fatalf("successors differ:\n%s\n%s", a.Raw, answers[0].Raw)
		}
	}
	if second.RefreshToken == first.RefreshToken || second.SessionID != first.SessionID {
		t.Errorf("%+v", second)
	}
	third := must[Session](t)(site.Refresh(ctx, second.RefreshToken))
	for name, old := range map[string]string{"first": first.RefreshToken, "newest": third.RefreshToken, "access": third.AccessToken, "nonsense": "x.y.z"} {
		a := must[Answer](t)(site.Visitor().Post(ctx, "/auth/refresh", Key(), map[string]any{"refreshToken": old}))
		if name == "newest" {
			continue // in whichever order: see below
		}
		expect(t, a, nil, http.StatusUnauthorized, "token_invalid")
	}
	a := must[Answer](t)(site.Visitor().Post(ctx, "/auth/refresh", Key(), map[string]any{"refreshToken": third.RefreshToken}))
	expect(t, a, nil, http.StatusUnauthorized, "token_invalid")
	c := site.Visitor()
	c.Token = third.RefreshToken // a refresh token is no access token
	expect(t, must[Answer](t)(c.Get(ctx, "/orders")), nil, http.StatusUnauthorized, "token_invalid")
}

// A new password by the link of a mail: once, never a weak one, and all sessions end. X7: an unknown address is answered alike.
func TestResetPassword(t *testing.T) {
	ctx, email := context.Background(), newEmail()
	must[Account](t)(site.RegisterAccount(ctx, email, ""))
	_, in, err := site.Login(ctx, email, Password, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{email, newEmail()} {
		expect(t, must[Answer](t)(site.Visitor().Post(ctx, "/auth/forgot-password", Key(), map[string]any{"email": to})), nil, http.StatusAccepted, "")
	}
	link := must[string](t)(site.AwaitLink(ctx, email, "http://localhost:3000/reset-password", 1, 20*time.Second))
	set := func(key, password string) Answer {
		return must[Answer](t)(site.Visitor().Post(ctx, "/auth/reset-password", key, map[string]any{"token": link, "password": password}))
	}
	expect(t, set(Key(), "password"), nil, http.StatusBadRequest, "password_weak")
	key := Key()
	for range 2 {
		expect(t, set(key, "another-staple-horse"), nil, http.StatusOK, "")
	}
	expect(t, set(key, "yet-another-staple"), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	expect(t, set(Key(), "yet-another-staple"), nil, http.StatusGone, "link_expired")
	a := must[Answer](t)(site.Visitor().Post(ctx, "/auth/refresh", Key(), map[string]any{"refreshToken": in.RefreshToken}))
	expect(t, a, nil, http.StatusUnauthorized, "token_invalid")
	expect(t, login(t, email, Password), nil, http.StatusUnauthorized, "credentials_wrong")
	if _, in, err := site.Login(ctx, email, "another-staple-horse", ""); err != nil || in.Pending != "profile" {
		t.Errorf("%+v, %v", in, err) // who has the link has the mail
	}
}
