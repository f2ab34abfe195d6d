package selfservice_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

// An account tells how one signs in and what is left to do, to customers and staff alike, and nothing of how it is checked.
func TestGetAccount(t *testing.T) {
	d := open(t)
	get := func(tok string) answer {
		return d.expect(d.send(tok, http.MethodGet, "/auth/account", ""), http.StatusOK, "")
	}
	a := get(d.mine)
	if a.AccountID != string(me) || a.Email != "ada@example.com" || a.Username != "ada" || a.Status != "active" || a.Pending != "" || a.EmailWaiting != "" ||
		a.PasswordChangedAt != "2026-11-02T12:00:00Z" || a.SecondFactor.Active || strings.Contains(a.raw, "argon2") {
		t.Errorf("got %s", a.raw)
	}
	c, k := d.store.customers[me], d.store.credentials[me]
	f := account.NewSecondFactor()
	f.ConfirmedAt, f.Recovered = noon, []int{1, 2, 3}
	k.SecondFactor, k.NewEmail = &f, &account.NewEmail{Mailed: account.Mailed{Nonce: "nonce", ExpiresAt: noon.Add(time.Second)}, Address: "new@example.com"}
	c.Status, c.ProfiledAt = account.Unverified, time.Time{}
	d.store.customers[me], d.store.credentials[me] = c, k
	a = get(d.customer(token.Verification, here))
	if a.Status != "unverified" || a.Pending != "verification" || a.EmailWaiting != "new@example.com" || !a.SecondFactor.Active || a.SecondFactor.RecoveryCodesLeft != 7 ||
		strings.Contains(a.raw, f.Secret) || strings.Contains(a.raw, "nonce") {
		t.Errorf("got %s", a.raw)
	}
	c.Status = account.Active
	d.store.customers[me] = c
	if a = get(d.mine); a.Pending != "profile" {
		t.Errorf("got %s", a.raw)
	}
	if a = get(d.staff(staff, token.RoleNetwork)); a.AccountID != string(staff) || a.Pending != "" || a.PasswordChangedAt != "" {
		t.Errorf("got %s", a.raw)
	}
	d.expect(d.send(d.staff("nobody", token.RoleAdmin), http.MethodGet, "/auth/account", ""), http.StatusNotFound, "customer_not_found")
	d.expect(d.send(d.staff(staff, "cleaner"), http.MethodGet, "/auth/account", ""), http.StatusForbidden, "forbidden")
}

// Those that run, with the one that asks marked, in pages.
func TestListSessions(t *testing.T) {
	d := open(t)
	d.store.sessions = append([]account.Session{{Account: me, ID: "ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XE", StartedAt: noon.Add(-2 * time.Hour), ExpiresAt: noon}, {Account: staff, ID: "ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XF",
		StartedAt: noon, ExpiresAt: noon.Add(time.Hour)}}, d.store.sessions...)
	a := d.expect(d.send(d.mine, http.MethodGet, "/auth/sessions", ""), http.StatusOK, "")
	if len(a.Sessions) != 2 || a.NextCursor != "" || a.Sessions[0].Current || !a.Sessions[1].Current || a.Sessions[1].SessionID != string(here) || a.Sessions[1].Device != "device of "+string(here) ||
		a.Sessions[1].Address != "203.0.113.7" || a.Sessions[1].StartedAt != "2026-11-02T11:00:00Z" || a.Sessions[1].LastUsedAt != "2026-11-02T11:59:00Z" {
		t.Errorf("got %s", a.raw)
	}
	var found []string
	for path := "/auth/sessions?limit=1"; path != ""; {
		page := d.expect(d.send(d.mine, http.MethodGet, path, ""), http.StatusOK, "")
		for _, s := range page.Sessions {
			found = append(found, s.SessionID)
		}
		if path = ""; page.NextCursor != "" {
			path = "/auth/sessions?limit=1&cursor=" + url.QueryEscape(page.NextCursor)
		}
	}
	if strings.Join(found, " ") != string(there)+" "+string(here) {
		t.Errorf("got %v", found)
	}
	d.expect(d.send(d.mine, http.MethodGet, "/auth/sessions?cursor=!", ""), http.StatusBadRequest, "cursor_invalid")
}

// S3-22: every way to end sessions, and that whoever was signed out is.
func TestEndSessions(t *testing.T) {
	d := open(t)
	d.expect(d.send(d.mine, http.MethodDelete, "/auth/sessions/"+string(there), ""), http.StatusNoContent, "")
	for _, none := range []id.Session{there, "ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XF"} {
		d.expect(d.send(d.mine, http.MethodDelete, "/auth/sessions/"+string(none), ""), http.StatusNotFound, "session_not_found")
	}
	d.expect(d.send(d.mine, http.MethodPost, "/auth/logout-all", `{"keepCurrent":true}`), http.StatusNoContent, "")
	d.expect(d.send(d.mine, http.MethodGet, "/auth/account", ""), http.StatusOK, "")
	d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/logout", "", "k"), http.StatusNoContent, "")
	d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/logout", "", "k"), http.StatusNoContent, "")
	d.expect(d.send(d.mine, http.MethodPost, "/auth/logout", ""), http.StatusNoContent, "")
	d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/logout-all", `{}`, "k"), http.StatusUnprocessableEntity, "idempotency_key_reused")
	if got := d.told(); got != "session.ended session.ended session.ended" {
		t.Errorf("told %s", got)
	}
	for _, path := range []string{"/auth/account", "/auth/sessions"} {
		d.expect(d.send(d.mine, http.MethodGet, path, ""), http.StatusUnauthorized, "token_invalid")
	}
	d.expect(d.send(d.customer(token.Nothing, ""), http.MethodPost, "/auth/logout", ""), http.StatusNoContent, "") // as a registration's
	d.expect(d.send(d.staff("nobody", token.RoleAdmin), http.MethodPost, "/auth/logout", ""), http.StatusNoContent, "")
	d.expect(d.send(d.mine, http.MethodPost, "/auth/logout-all", `{}`), http.StatusUnauthorized, "token_invalid")
}

// S3-19: set up, confirm, see it, give it up.
func TestSecondFactor(t *testing.T) {
	d := open(t)
	post := func(path, body string) answer { return d.send(d.mine, http.MethodPost, "/auth/"+path, body) }
	prove := `{"password":"` + password + `"}`
	d.expect(post("enable-2fa", `{"password":"wrong"}`), http.StatusForbidden, "password_wrong")
	a := d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/enable-2fa", prove, "k"), http.StatusOK, "")
	again := d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/enable-2fa", prove, "k"), http.StatusOK, "")
	if len(a.RecoveryCodes) != 10 || a.raw != again.raw {
		t.Errorf("got %s, then %s", a.raw, again.raw)
	}
	key, err := otp.NewKeyFromURL(a.URI)
	d.try(err)
	if key.Secret() != a.Secret || key.Issuer() != "Turnup & Söhne" || key.AccountName() != "ada@example.com" || key.Type() != "totp" || key.Period() != 30 || key.Digits() != otp.DigitsSix ||
		key.Algorithm() != otp.AlgorithmSHA1 || strings.Contains(a.URI, "+") {
		t.Errorf("got %s", a.URI)
	}
	code, err := totp.GenerateCode(a.Secret, noon)
	d.try(err)
	d.expect(post("confirm-2fa", `{"code":"`+a.RecoveryCodes[0]+`"}`), http.StatusForbidden, "proof_wrong")
	d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/confirm-2fa", `{"code":"`+code+`"}`, "c"), http.StatusNoContent, "")
	d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/confirm-2fa", `{"code":"`+code+`"}`, "c"), http.StatusNoContent, "")
	d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/confirm-2fa", `{"code":"000000"}`, "c"), http.StatusUnprocessableEntity, "idempotency_key_reused")
	if got := d.expect(d.send(d.mine, http.MethodGet, "/auth/account", ""), http.StatusOK, ""); !got.SecondFactor.Active || got.SecondFactor.RecoveryCodesLeft != 10 {
		t.Errorf("got %s", got.raw)
	}
	d.expect(post("enable-2fa", prove), http.StatusConflict, "second_factor_active")
	d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/enable-2fa", prove, "k"), http.StatusConflict, "second_factor_active") // its secret is not shown again
	d.expect(post("confirm-2fa", `{"code":"`+code+`"}`), http.StatusConflict, "second_factor_active")
	wrong := []answer{post("disable-2fa", `{"password":"wrong","code":"`+a.RecoveryCodes[1]+`"}`), post("disable-2fa", `{"password":"`+password+`","code":"`+code+`"}`)} // a code that was used
	for _, w := range wrong {
		d.expect(w, http.StatusForbidden, "proof_wrong")
	}
	d.expect(post("disable-2fa", `{"password":"`+password+`","code":"`+strings.ToLower(a.RecoveryCodes[1])+`"}`), http.StatusNoContent, "")
	if got := d.told(); got != "secondFactor.enabled secondFactor.disabled" {
		t.Errorf("told %s", got)
	}
	kept := fmt.Sprint(d.store.used, d.store.attempts)
	for _, u := range d.store.used {
		kept += string(u.Stored())
	}
	for _, secret := range append(a.RecoveryCodes, a.Secret, password) {
		if strings.Contains(kept, secret) {
			t.Errorf("%s is kept: %s", secret, kept)
		}
	}
}

// Another password and another address need the present password.
func TestPasswordAndEmail(t *testing.T) {
	d := open(t)
	post := func(path, body string) answer { return d.send(d.mine, http.MethodPost, "/auth/"+path, body) }
	body := func(password, next string) string {
		return fmt.Sprintf(`{"password":%q,"newPassword":%q}`, password, next)
	}
	d.expect(post("change-password", body("wrong", "staple horse correct")), http.StatusForbidden, "password_wrong")
	weak := d.expect(post("change-password", body(password, "short")), http.StatusBadRequest, "password_weak")
	if !strings.Contains(weak.raw, "body.newPassword") {
		t.Errorf("got %s", weak.raw)
	}
	d.expect(post("change-password", body(password, password)), http.StatusBadRequest, "password_same")
	d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/change-password", body(password, "staple horse correct"), "k"), http.StatusNoContent, "")
	d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/change-password", body(password, "staple horse correct"), "k"), http.StatusNoContent, "")
	d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/change-password", body(password, "another horse correct"), "k"), http.StatusUnprocessableEntity, "idempotency_key_reused")
	if s := d.expect(d.send(d.mine, http.MethodGet, "/auth/sessions", ""), http.StatusOK, ""); len(s.Sessions) != 1 || !s.Sessions[0].Current {
		t.Errorf("got %s", s.raw)
	}
	email := func(password, address string) string {
		return fmt.Sprintf(`{"password":%q,"email":%q}`, password, address)
	}
	d.expect(post("change-email", email(password, "new@example.com")), http.StatusForbidden, "password_wrong")
	d.expect(post("change-email", email("staple horse correct", "nobody")), http.StatusBadRequest, "invalid_request")
	d.expect(post("change-email", email("staple horse correct", "Ada@example.com")), http.StatusBadRequest, "invalid_request")
	if a := d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/change-email", email("staple horse correct", "New@example.com"), "e"), http.StatusAccepted, ""); a.raw != "" {
		t.Errorf("got %s", a.raw)
	}
	d.expect(d.sendKey(d.mine, http.MethodPost, "/auth/change-email", email("staple horse correct", "other@example.com"), "e"), http.StatusUnprocessableEntity, "idempotency_key_reused")
	if a := d.expect(d.send(d.mine, http.MethodGet, "/auth/account", ""), http.StatusOK, ""); a.EmailWaiting != "new@example.com" || a.Email != "ada@example.com" {
		t.Errorf("got %s", a.raw)
	}
	if got := d.told(); got != "password.changed session.ended emailChange.requested" {
		t.Errorf("told %s", got)
	}
}

// X6: who guesses is slowed down, and told for how long.
func TestGuessing(t *testing.T) {
	d := open(t)
	for n := range 6 {
		d.expect(d.send(d.mine, http.MethodPost, "/auth/enable-2fa", fmt.Sprintf(`{"password":"guess %d"}`, n)), http.StatusForbidden, "password_wrong")
	}
	if a := d.expect(d.send(d.mine, http.MethodPost, "/auth/enable-2fa", `{"password":"`+password+`"}`), http.StatusTooManyRequests, "too_many_requests"); a.retryAfter != "60" {
		t.Errorf("come back after %q", a.retryAfter)
	}
	marks := map[string]bool{}
	for _, a := range d.store.attempts {
		marks[a.Mark] = true
		if a.Kind != account.OnAccount || !strings.Contains(a.Name, "|") || len(a.Mark) != 64 {
			t.Errorf("got %+v", a)
		}
	}
	if len(marks) != 6 {
		t.Errorf("%d marks", len(marks))
	}
}

// S3-23: who is not through with registering may see the account and sign out, and nothing else before the address is confirmed.
func TestEarly(t *testing.T) {
	d := open(t)
	early := map[string]token.Pending{"getAccount": token.Verification, "logout": token.Verification, "listSessions": token.Verification, "revokeSession": token.Verification, "logoutEverywhere": token.Verification,
		"changePassword": token.Profile, "requestEmailChange": token.Profile, "enableSecondFactor": token.Profile, "confirmSecondFactor": token.Profile, "disableSecondFactor": token.Profile}
	for _, op := range d.api.Operations() {
		if op.Service != "account" {
			continue
		}
		if early[op.ID] == "" || op.Early != early[op.ID] || op.Audience != rest.Person || len(op.Roles) != len(token.Roles) {
			t.Errorf("%s: %+v", op.ID, op)
		}
		delete(early, op.ID)
	}
	if len(early) > 0 {
		t.Errorf("missing: %v", early)
	}
	d.expect(d.send(d.customer(token.Verification, here), http.MethodPost, "/auth/enable-2fa", `{"password":"x"}`), http.StatusForbidden, "email_unverified")
	d.expect(d.send(d.customer(token.Profile, here), http.MethodPost, "/auth/enable-2fa", `{"password":"x"}`), http.StatusForbidden, "password_wrong")
}

// X3: what the server owns is not taken from a request.
func TestServerOwnedFields(t *testing.T) {
	d := open(t)
	for path, body := range map[string]string{"logout-all": `{`, "change-password": `{"password":"a","newPassword":"staple horse correct",`, "change-email": `{"password":"a","email":"a@example.com",`,
		"enable-2fa": `{"password":"a",`, "confirm-2fa": `{"code":"1",`, "disable-2fa": `{"password":"a","code":"1",`} {
		for _, field := range []string{`"accountId":"x"`, `"secret":"x"`, `"session":"x"`, `"spared":"x"`, `"confirmedAt":"2026-11-02T12:00:00Z"`, `"version":1`, `"status":"active"`, `"recovered":[]`} {
			d.expect(d.send(d.mine, http.MethodPost, "/auth/"+path, body+field+"}"), http.StatusBadRequest, "invalid_request")
		}
	}
	if len(d.store.attempts)+len(d.store.events) > 0 {
		t.Errorf("%v, %v", d.store.attempts, d.store.events)
	}
}

// Staff take away a lost second factor, with a reason, and only those whose task it is.
func TestResetSecondFactor(t *testing.T) {
	d := open(t)
	path := "/admin/customers/" + string(me) + "/disable-2fa"
	const body = `{"reason":"Lost phone; identity card seen"}`
	f := account.NewSecondFactor()
	f.ConfirmedAt = noon
	k := d.store.credentials[me]
	k.SecondFactor = &f
	d.store.credentials[me] = k
	for _, role := range []string{token.RoleBilling, token.RoleNetwork} {
		d.expect(d.send(d.staff(staff, role), http.MethodPost, path, body), http.StatusForbidden, "forbidden")
	}
	d.expect(d.send(d.mine, http.MethodPost, path, body), http.StatusUnauthorized, "token_invalid")
	d.expect(d.send(d.staff(staff, token.RoleSupport), http.MethodPost, path, `{}`), http.StatusBadRequest, "invalid_request")
	d.expect(d.send(d.staff(staff, token.RoleSupport), http.MethodPost, "/admin/customers/cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XZ/disable-2fa", body), http.StatusNotFound, "customer_not_found")
	d.expect(d.send(d.staff(staff, token.RoleAdmin), http.MethodPost, "/admin/customers/"+string(staff)+"/disable-2fa", body), http.StatusBadRequest, "invalid_request") // staff are not customers
	d.expect(d.send(d.staff(staff, token.RoleSupport), http.MethodPost, path, body), http.StatusNoContent, "")
	if e := d.store.events[0]; e.Actor != "staff:"+string(staff) || !strings.Contains(string(e.Data), "identity card seen") {
		t.Errorf("told %+v", e)
	}
	if got := d.told(); got != "secondFactor.disabled session.ended" {
		t.Errorf("told %s", got)
	}
	d.expect(d.send(d.mine, http.MethodGet, "/auth/account", ""), http.StatusUnauthorized, "token_invalid")
	d.expect(d.send(d.staff(staff, token.RoleAdmin), http.MethodPost, path, body), http.StatusNoContent, "") // there is none any more
	if got := d.told(); got != "" {
		t.Errorf("told %s", got)
	}
}
