package journey

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pquerna/otp/totp"

	"turnup/internal/api/reference"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/journey/demo"
)

// signIn begins a session of a customer, as signing in does, and gives its access token and id.
func signIn(t *testing.T, customer string) (*Customer, string) {
	t.Helper()
	now := time.Now().UTC()
	s := account.Session{Tenant: demo.Tenant, Account: id.Customer(customer), ID: id.New[id.Session](id.SessionPrefix, now), Turn: 1, StartedAt: now, TurnedAt: now, ExpiresAt: now.Add(time.Hour),
		Address: "203.0.113.7", Device: "journey"}
	if err := site.DB().SaveAccount(context.Background(), account.Change{Tenant: s.Tenant, Account: s.Account, Start: &s}); err != nil {
		t.Fatal(err)
	}
	c := site.Visitor()
	c.Token = forge(t, customer, func(claims jwt.MapClaims, _ map[string]any) { claims["sid"] = string(s.ID) })
	return c, string(s.ID)
}

// accountHolder is a customer who is signed in, and their password.
func accountHolder(t *testing.T) (c *Customer, customer, session, password string) {
	t.Helper()
	name := newName()
	_, r, err := site.Register(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	c, session = signIn(t, r.CustomerID)
	return c, r.CustomerID, session, "staple-horse-" + name
}

// accountView answers getAccount.
type accountView struct {
	AccountID, Email, EmailWaiting, Username, Status, Pending string
	SecondFactor                                              struct {
		Active            bool
		RecoveryCodesLeft int
	}
}

// setup answers enableSecondFactor.
type setup struct {
	Secret, URI   string
	RecoveryCodes []string
}

func myAccount(t *testing.T, c *Customer) accountView {
	t.Helper()
	a, err := c.Get(context.Background(), "/auth/account")
	return into[accountView](t, expect(t, a, err, http.StatusOK, ""))
}

func mySessions(t *testing.T, c *Customer) (ids []string) {
	t.Helper()
	a, err := c.Get(context.Background(), "/auth/sessions")
	page := into[struct{ Sessions []struct{ SessionID string } }](t, expect(t, a, err, http.StatusOK, ""))
	for _, s := range page.Sessions {
		ids = append(ids, s.SessionID)
	}
	return ids
}

// auth posts to an operation of the account.
func auth(t *testing.T, c *Customer, path, key string, body any, status int, code string) Answer {
	t.Helper()
	a, err := c.Post(context.Background(), "/auth/"+path, key, body)
	return expect(t, a, err, status, code)
}

func oneTimeCode(t *testing.T, secret string) string {
	t.Helper()
	return must[string](t)(totp.GenerateCode(secret, time.Now()))
}

// withSecondFactor sets one up, with a code that is spent by it.
func withSecondFactor(t *testing.T, c *Customer, password string) setup {
	t.Helper()
	s := into[setup](t, auth(t, c, "enable-2fa", Key(), map[string]any{"password": password}, http.StatusOK, ""))
	auth(t, c, "confirm-2fa", Key(), map[string]any{"code": oneTimeCode(t, s.Secret)}, http.StatusNoContent, "")
	return s
}

// S3-22: logging out ends the session, once and for all; others go on.
func TestLogoutEndsTheSession(t *testing.T) {
	c, customer, session, _ := accountHolder(t)
	other, second := signIn(t, customer)
	if got := mySessions(t, c); !slices.Equal(got, []string{second, session}) {
		t.Errorf("sessions %v", got)
	}
	key := Key()
	for range 2 {
		auth(t, c, "logout", key, nil, http.StatusNoContent, "")
	}
	auth(t, c, "logout", Key(), nil, http.StatusNoContent, "")
	if got := mySessions(t, other); !slices.Equal(got, []string{second}) {
		t.Errorf("sessions %v", got)
	}
	a, err := c.Get(context.Background(), "/auth/account")
	expect(t, a, err, http.StatusUnauthorized, "token_invalid")
}

// Sessions are ended one by one, or all at once; another's cannot be.
func TestSessionsEnd(t *testing.T) {
	ctx := context.Background()
	c, customer, session, _ := accountHolder(t)
	_, second := signIn(t, customer)
	third, _ := signIn(t, customer)
	stranger, _, theirs, _ := accountHolder(t)
	revoke := func(c *Customer, session string, status int, code string) {
		t.Helper()
		a, err := c.Call(ctx, http.MethodDelete, "/auth/sessions/"+session, nil)
		expect(t, a, err, status, code)
	}
	revoke(c, second, http.StatusNoContent, "")
	revoke(c, second, http.StatusNotFound, "session_not_found")
	revoke(c, theirs, http.StatusNotFound, "session_not_found")
	revoke(stranger, session, http.StatusNotFound, "session_not_found")
	auth(t, c, "logout-all", Key(), map[string]any{"keepCurrent": true}, http.StatusNoContent, "")
	if got := mySessions(t, c); !slices.Equal(got, []string{session}) {
		t.Errorf("sessions %v", got)
	}
	auth(t, third, "logout-all", Key(), map[string]any{"keepCurrent": true}, http.StatusUnauthorized, "token_invalid") // it would come back by that
	key := Key()
	for range 2 {
		auth(t, c, "logout-all", key, map[string]any{}, http.StatusNoContent, "")
	}
	a, err := c.Get(ctx, "/auth/account")
	expect(t, a, err, http.StatusUnauthorized, "token_invalid")
	fresh, _ := signIn(t, customer)
	if got := mySessions(t, fresh); len(got) != 1 {
		t.Errorf("sessions %v", got)
	}
	mySessions(t, stranger)
}

// S3-19: a secret, a URI and recovery codes; active after a right code of the authenticator; given up with password and code.
func TestSecondFactorIsSetUp(t *testing.T) {
	c, _, _, password := accountHolder(t)
	auth(t, c, "confirm-2fa", Key(), map[string]any{"code": "000000"}, http.StatusConflict, "second_factor_absent")
	auth(t, c, "enable-2fa", Key(), map[string]any{"password": "wrong"}, http.StatusForbidden, "password_wrong")
	key := Key()
	a := auth(t, c, "enable-2fa", key, map[string]any{"password": password}, http.StatusOK, "")
	if again := auth(t, c, "enable-2fa", key, map[string]any{"password": password}, http.StatusOK, ""); string(again.Raw) != string(a.Raw) {
		t.Errorf("again: %s", again.Raw)
	}
	s := into[setup](t, a)
	if len(s.RecoveryCodes) != 10 || !strings.HasPrefix(s.URI, "otpauth://totp/") || !strings.Contains(s.URI, "secret="+s.Secret) || myAccount(t, c).SecondFactor.Active {
		t.Errorf("got %s", a.Raw)
	}
	auth(t, c, "confirm-2fa", Key(), map[string]any{"code": s.RecoveryCodes[0]}, http.StatusForbidden, "proof_wrong")
	auth(t, c, "confirm-2fa", Key(), map[string]any{"code": oneTimeCode(t, s.Secret)}, http.StatusNoContent, "")
	if f := myAccount(t, c).SecondFactor; !f.Active || f.RecoveryCodesLeft != 10 {
		t.Errorf("got %+v", f)
	}
	auth(t, c, "enable-2fa", key, map[string]any{"password": password}, http.StatusConflict, "second_factor_active")
	auth(t, c, "disable-2fa", Key(), map[string]any{"password": "wrong", "code": s.RecoveryCodes[0]}, http.StatusForbidden, "proof_wrong")
	auth(t, c, "disable-2fa", Key(), map[string]any{"password": password, "code": s.RecoveryCodes[0]}, http.StatusNoContent, "")
	if f := myAccount(t, c).SecondFactor; f.Active {
		t.Errorf("got %+v", f)
	}
}

// X5: a code that was used is not good again; of many who send one code at once one succeeds.
func TestOneTimeCodeOnce(t *testing.T) {
	c, _, _, password := accountHolder(t)
	s := into[setup](t, auth(t, c, "enable-2fa", Key(), map[string]any{"password": password}, http.StatusOK, ""))
	code := oneTimeCode(t, s.Secret)
	auth(t, c, "confirm-2fa", Key(), map[string]any{"code": code}, http.StatusNoContent, "")
	auth(t, c, "disable-2fa", Key(), map[string]any{"password": password, "code": code}, http.StatusForbidden, "proof_wrong")
	ends := atOnce(t, 20, func(int) Answer {
		return must[Answer](t)(c.Post(context.Background(), "/auth/disable-2fa", Key(), map[string]any{"password": password, "code": s.RecoveryCodes[3]}))
	})
	if ends["204"] != 1 || ends["204"]+ends["409 second_factor_absent"]+ends["429 too_many_requests"] != 20 {
		t.Errorf("got %v", ends)
	}
}

// atOnce sends n requests at once and counts the answers by status and code.
func atOnce(t *testing.T, n int, send func(i int) Answer) map[string]int {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	ends := map[string]int{}
	for i := range n {
		all.Go(func() {
			a := send(i)
			mu.Lock()
			defer mu.Unlock()
			ends[strings.TrimSpace(fmt.Sprint(a.Status, " ", a.Code()))]++
		})
	}
	all.Wait()
	return ends
}

// Another password: the old one is over, and so are the other sessions. R6: under one key fifty times at once it is one
// change, and all are told so; the same key with another password is another request.
func TestPasswordIsChanged(t *testing.T) {
	c, customer, session, password := accountHolder(t)
	other, _ := signIn(t, customer)
	key, next := Key(), "another-"+password
	ends := atOnce(t, 50, func(int) Answer {
		return must[Answer](t)(c.Post(context.Background(), "/auth/change-password", key, map[string]any{"password": password, "newPassword": next}))
	})
	if len(ends) != 1 || ends["204"] != 50 {
		t.Errorf("got %v", ends)
	}
	auth(t, c, "change-password", key, map[string]any{"password": password, "newPassword": next + "!"}, http.StatusUnprocessableEntity, "idempotency_key_reused")
	if got := mySessions(t, c); !slices.Equal(got, []string{session}) {
		t.Errorf("sessions %v", got)
	}
	a, err := other.Get(context.Background(), "/auth/account")
	expect(t, a, err, http.StatusUnauthorized, "token_invalid")
	auth(t, c, "enable-2fa", Key(), map[string]any{"password": password}, http.StatusForbidden, "password_wrong")
	auth(t, c, "enable-2fa", Key(), map[string]any{"password": next}, http.StatusOK, "")
	auth(t, c, "change-password", Key(), map[string]any{"password": next, "newPassword": "password"}, http.StatusBadRequest, "password_weak")
	auth(t, c, "change-password", Key(), map[string]any{"password": next, "newPassword": next}, http.StatusBadRequest, "password_same")
}

// R6: setting up a second factor under one key fifty times at once answers one secret.
func TestOneSetUp(t *testing.T) {
	c, _, _, password := accountHolder(t)
	key := Key()
	var mu sync.Mutex
	secrets := map[string]int{}
	ends := atOnce(t, 50, func(int) Answer {
		a := must[Answer](t)(c.Post(context.Background(), "/auth/enable-2fa", key, map[string]any{"password": password}))
		mu.Lock()
		defer mu.Unlock()
		secrets[string(a.Raw)]++
		return a
	})
	if ends["200"] != 50 || len(secrets) != 1 {
		t.Errorf("got %v, %d different", ends, len(secrets))
	}
	auth(t, c, "enable-2fa", key, map[string]any{"password": "wrong"}, http.StatusUnprocessableEntity, "idempotency_key_reused")
}

// Another address waits, and the answer tells nobody whether it is taken.
func TestEmailChangeIsAskedFor(t *testing.T) {
	c, _, _, password := accountHolder(t)
	other, _, _, _ := accountHolder(t)
	taken, before := myAccount(t, other).Email, myAccount(t, c).Email
	for _, address := range []string{taken, newName() + "@example.com"} {
		a := auth(t, c, "change-email", Key(), map[string]any{"password": password, "email": address}, http.StatusAccepted, "")
		if got := myAccount(t, c); len(a.Raw) != 0 || got.EmailWaiting != address || got.Email != before {
			t.Errorf("answered %s, waiting %s", a.Raw, got.EmailWaiting)
		}
	}
	auth(t, c, "change-email", Key(), map[string]any{"password": "wrong", "email": taken}, http.StatusForbidden, "password_wrong")
	auth(t, c, "change-email", Key(), map[string]any{"password": password, "email": before}, http.StatusBadRequest, "invalid_request")
}

// X6: of forty guesses at once five are checked; the others and the owner have to wait, whichever operation it is, and their
// session goes on.
func TestPasswordGuessing(t *testing.T) {
	c, _, session, password := accountHolder(t)
	key := Key() // one key is no way around it
	ends := atOnce(t, 40, func(i int) Answer {
		return must[Answer](t)(c.Post(context.Background(), "/auth/enable-2fa", key, map[string]any{"password": fmt.Sprint("guess ", i)}))
	})
	if ends["403 password_wrong"] != 5 || ends["429 too_many_requests"] != 35 {
		t.Errorf("got %v", ends)
	}
	a := auth(t, c, "change-email", Key(), map[string]any{"password": password, "email": newName() + "@example.com"}, http.StatusTooManyRequests, "too_many_requests")
	if wait := a.Header.Get("Retry-After"); wait == "" || wait > "60" {
		t.Errorf("come back after %q", wait)
	}
	if got := mySessions(t, c); !slices.Equal(got, []string{session}) {
		t.Errorf("sessions %v", got)
	}
}

// Support takes away a lost second factor, for a reason; everybody who is signed in has to sign in again.
func TestLostSecondFactor(t *testing.T) {
	ctx := context.Background()
	c, customer, _, password := accountHolder(t)
	withSecondFactor(t, c, password)
	path, body := "/admin/customers/"+customer+"/disable-2fa", map[string]any{"reason": "Lost phone; identity card seen"}
	support := must[*Customer](t)(site.Staff(ctx, token.RoleSupport))
	a, err := support.Post(ctx, path, Key(), map[string]any{})
	expect(t, a, err, http.StatusBadRequest, "invalid_request")
	key := Key()
	for range 2 {
		a, err = support.Post(ctx, path, key, body)
		expect(t, a, err, http.StatusNoContent, "")
	}
	a, err = c.Get(ctx, "/auth/account")
	expect(t, a, err, http.StatusUnauthorized, "token_invalid")
	again, _ := signIn(t, customer)
	if myAccount(t, again).SecondFactor.Active {
		t.Error("it is still asked for")
	}
}

// S3-23, X1: no operation of the account without a token that is good here; staff need an account and a role; another
// tenant's customer has none here; who has not confirmed the address sees the account and signs out, and nothing else.
func TestAccountAccess(t *testing.T) {
	ctx := context.Background()
	_, customer, _, _ := accountHolder(t)
	o := own(t)
	pending := func(what token.Pending) string {
		return forge(t, customer, func(c jwt.MapClaims, _ map[string]any) { c["pending"] = what })
	}
	table := rows(o)
	for _, op := range reference.Document().Operations() {
		if op.Service != "account" {
			continue
		}
		unverified := http.StatusForbidden
		if op.Early == token.Verification {
			unverified = http.StatusOK
		}
		for who, k := range map[string]struct {
			token  string
			status int // 200 is whatever the operation has to say to who may call it
			code   string
		}{
			"anonymous":      {"", http.StatusUnauthorized, "unauthenticated"},
			"expired":        {forge(t, customer, func(c jwt.MapClaims, _ map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }), http.StatusUnauthorized, "token_invalid"},
			"wrong issuer":   {forge(t, customer, func(c jwt.MapClaims, _ map[string]any) { c["iss"] = "somebody" }), http.StatusUnauthorized, "token_invalid"},
			"refresh token":  {forge(t, customer, func(_ jwt.MapClaims, h map[string]any) { h["typ"] = "rt+jwt" }), http.StatusUnauthorized, "token_invalid"},
			"no such role":   {staffed(t, nil, "cleaner"), http.StatusForbidden, "forbidden"},
			"without a role": {staffed(t, nil), http.StatusForbidden, "forbidden"},
			"unverified":     {pending(token.Verification), unverified, "email_unverified"},
			"no profile":     {pending(token.Profile), http.StatusOK, ""},
			"other tenant":   {forge(t, customer, func(c jwt.MapClaims, _ map[string]any) { c["tenant"] = "another" }), http.StatusNotFound, "customer_not_found"},
			"ended session":  {forge(t, customer, func(c jwt.MapClaims, _ map[string]any) { c["sid"] = "ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA" }), http.StatusUnauthorized, "token_invalid"},
		} {
			v := site.Visitor()
			v.Token = k.token
			row := table[op.ID]
			var headers []Header
			if op.Method == http.MethodPost {
				headers = append(headers, Header{"Idempotency-Key", Key()})
			}
			a := must[Answer](t)(v.Call(ctx, op.Method, row.path, row.body, headers...))
			if op.ID == "logout" && (who == "other tenant" || who == "ended session") {
				k.status = http.StatusOK // there is nothing to end
			}
			if k.status == http.StatusOK {
				if a.Status == http.StatusUnauthorized || a.Code() == "email_unverified" || a.Code() == "profile_missing" || a.Code() == "forbidden" {
					t.Errorf("%s, %s: %d %s", op.ID, who, a.Status, a.Raw)
				}
			} else if a.Status != k.status || a.Code() != k.code {
				t.Errorf("%s, %s: %d %s, want %d %s", op.ID, who, a.Status, a.Raw, k.status, k.code)
			}
		}
	}
}
