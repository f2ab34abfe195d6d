package token_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"turnup/internal/base/fault"
	"turnup/internal/base/token"
)

// linkKey makes a key as the secret holds it.
func linkKey(t *testing.T) string {
	t.Helper()
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func links(t *testing.T, keys ...string) *token.LinkKeys {
	t.Helper()
	l, err := token.NewLinkKeys(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var (
	turn = token.Refresh{Tenant: "demo", Account: "cus_1", Session: "ses_1", Turn: 3, Expires: noon.Add(24 * time.Hour)}
	link = token.Link{Tenant: "demo", Account: "cus_1", Nonce: "NONCE", Expires: noon.Add(time.Hour)}
)

var purposes = []token.Purpose{token.VerifyEmail, token.ResetPassword, token.ConfirmEmail, token.Invitation}

func signed(t *testing.T, raw string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func refreshToken(t *testing.T, p pair) string {
	t.Helper()
	raw, err := p.signer.RefreshToken(turn)
	return signed(t, raw, err)
}

func linkToken(t *testing.T, l *token.LinkKeys, p token.Purpose) string {
	t.Helper()
	raw, err := l.Sign(p, link)
	return signed(t, raw, err)
}

// A refresh token and a link token say what they were made of, and the same input makes the same token: none is stored.
func TestTokensComeOutTheSame(t *testing.T) {
	p, l := newPair(t), links(t, linkKey(t))
	raw := refreshToken(t, p)
	if got, err := verifier(t, noon, p.public).Refresh(raw); err != nil || got != (token.Refresh{Tenant: turn.Tenant, Account: turn.Account, Session: turn.Session, Turn: turn.Turn, Expires: got.Expires}) || !got.Expires.Equal(turn.Expires) {
		t.Errorf("%+v, %v", got, err)
	}
	if refreshToken(t, p) != raw {
		t.Error("another refresh token of the same turn")
	}
	next := turn
	next.Turn++
	if other, err := p.signer.RefreshToken(next); err != nil || other == raw {
		t.Errorf("the next turn has the same token, or none: %v", err)
	}
	seen := map[string]bool{}
	for _, purpose := range purposes {
		raw := linkToken(t, l, purpose)
		if got, err := l.Verify(purpose, raw); err != nil || got != (token.Link{Tenant: link.Tenant, Account: link.Account, Nonce: link.Nonce, Expires: got.Expires}) || !got.Expires.Equal(link.Expires) {
			t.Errorf("%s: %+v, %v", purpose, got, err)
		}
		if seen[raw] || linkToken(t, l, purpose) != raw {
			t.Errorf("%s: not the same token again, or that of another purpose", purpose)
		}
		seen[raw] = true
	}
}

// X5: no kind of token passes for another: access of customers and of staff, refresh, and links of each purpose.
func TestNoKindPassesForAnother(t *testing.T) {
	p, l := newPair(t), links(t, linkKey(t))
	v := verifier(t, noon, p.public)
	staff, _, err := p.signer.StaffSession("demo", "grace", []string{token.RoleAdmin}, noon)
	made := map[string]string{"customer": session(t, p), "staff": signed(t, staff, err), "refresh": refreshToken(t, p)}
	read := map[string]func(string) error{
		"customer": func(raw string) error { _, err := v.Verify(raw, token.CustomerAudience); return err },
		"staff":    func(raw string) error { _, err := v.Verify(raw, token.StaffAudience); return err },
		"refresh":  func(raw string) error { _, err := v.Refresh(raw); return err },
	}
	for _, purpose := range purposes {
		made[string(purpose)] = linkToken(t, l, purpose)
		read[string(purpose)] = func(raw string) error { _, err := l.Verify(purpose, raw); return err }
	}
	for kind, raw := range made {
		for as, check := range read {
			if err := check(raw); (err == nil) != (kind == as) || err != nil && !errors.Is(err, token.ErrInvalid) && !errors.Is(err, token.ErrLink) {
				t.Errorf("%s as %s: %v", kind, as, err)
			}
		}
	}
	if _, err := v.Verify(made["customer"]); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("a token is good for no audience at all: %v", err)
	}
	if _, err := v.Verify(made["refresh"], token.CustomerAudience, token.StaffAudience, "turnup-refresh"); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("a refresh token passes by its audience: %v", err)
	}
}

// changes are what a forger may try on claims. Each is taken alone.
func changes(c jwt.MapClaims, needed ...string) map[string]jwt.MapClaims {
	all := map[string]jwt.MapClaims{}
	change := func(name, claim string, v any) {
		changed := maps.Clone(c)
		if changed[claim] = v; v == nil {
			delete(changed, claim)
		}
		all[name] = changed
	}
	for _, claim := range needed {
		change("no "+claim, claim, nil)
		change("empty "+claim, claim, "")
	}
	change("other issuer", "iss", "evil")
	change("other audience", "aud", token.CustomerAudience)
	change("several audiences", "aud", []string{c["aud"].(string), token.StaffAudience})
	change("expires never", "exp", nil)
	return all
}

// X5: of refresh tokens: none, key and algorithm confusion, other type, audience or issuer, expired, without a part, altered.
func TestForgedRefreshTokens(t *testing.T) {
	p, stranger := newPair(t), newPair(t)
	public := p.private.Public().(ed25519.PublicKey)
	good := map[string]any{"kid": p.kid, "typ": "rt+jwt"}
	of := func() jwt.MapClaims {
		return jwt.MapClaims{"iss": token.Issuer, "aud": "turnup-refresh", "sub": "cus_1", "tenant": "demo", "sid": "ses_1", "turn": 3, "exp": noon.Add(time.Hour).Unix()}
	}
	v := verifier(t, noon, p.public)
	if _, err := v.Refresh(forge(t, jwt.SigningMethodEdDSA, p.private, of(), good)); err != nil {
		t.Fatalf("the unforged one does not verify: %v", err)
	}
	real := refreshToken(t, p)
	parts := strings.Split(real, ".")
	forged := map[string]string{
		"alg none":                forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, of(), good),
		"HS256 with our key":      forge(t, jwt.SigningMethodHS256, []byte(public), of(), good),
		"HS256 with its base64":   forge(t, jwt.SigningMethodHS256, []byte(strings.SplitN(p.public, ":", 2)[1]), of(), good),
		"HS256 with its PEM":      forge(t, jwt.SigningMethodHS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), of(), good),
		"HS256 with an empty key": forge(t, jwt.SigningMethodHS256, []byte{}, of(), good),
		"stranger, our kid":       forge(t, jwt.SigningMethodEdDSA, stranger.private, of(), good),
		"stranger and their kid":  forge(t, jwt.SigningMethodEdDSA, stranger.private, of(), map[string]any{"kid": stranger.kid, "typ": "rt+jwt"}),
		"no kid":                  forge(t, jwt.SigningMethodEdDSA, p.private, of(), map[string]any{"typ": "rt+jwt"}),
		"typ of access":           forge(t, jwt.SigningMethodEdDSA, p.private, of(), map[string]any{"kid": p.kid, "typ": "at+jwt"}),
		"typ of links":            forge(t, jwt.SigningMethodEdDSA, p.private, of(), map[string]any{"kid": p.kid, "typ": "link+jwt"}),
		"typ missing":             forge(t, jwt.SigningMethodEdDSA, p.private, of(), map[string]any{"kid": p.kid, "typ": nil}),
		"no signature":            parts[0] + "." + parts[1] + ".",
		"other claims":            parts[0] + "." + strings.Split(session(t, p), ".")[1] + "." + parts[2],
		"trailing bits":           trailing(parts),
		"padded":                  real + "=", "text after it": real + ".x", "empty": "", "not a token": "abc",
	}
	for name, c := range changes(of(), "iss", "aud", "sub", "tenant", "sid", "turn") {
		forged[name] = forge(t, jwt.SigningMethodEdDSA, p.private, c, good)
	}
	delete(forged, "several audiences") // nobody but us signs, and ours is among them
	for name, turn := range map[string]any{"turn 0": 0, "turn -1": -1, "turn as text": "3", "half a turn": 1.5} {
		c := of()
		c["turn"] = turn
		forged[name] = forge(t, jwt.SigningMethodEdDSA, p.private, c, good)
	}
	late := of()
	late["exp"] = noon.Unix()
	forged["expired"] = forge(t, jwt.SigningMethodEdDSA, p.private, late, good)
	for name, raw := range forged {
		got, err := v.Refresh(raw)
		if !errors.Is(err, token.ErrInvalid) || got != (token.Refresh{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		} else if f := fault.Of(err); f.Message != token.ErrInvalid.Message {
			t.Errorf("%s: the caller is told why: %s", name, f.Message)
		}
	}
	if _, err := verifier(t, turn.Expires.Add(-time.Nanosecond), p.public).Refresh(real); err != nil {
		t.Errorf("to the second: %v", err)
	}
	if _, err := verifier(t, turn.Expires, p.public).Refresh(real); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("to the second: %v", err)
	}
}

// X5: of link tokens the same; the time is the account's to tell, but it must be there.
func TestForgedLinks(t *testing.T) {
	p := newPair(t)
	key := linkKey(t)
	l := links(t, key)
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	public := p.private.Public().(ed25519.PublicKey)
	good := map[string]any{"typ": "link+jwt"}
	of := func() jwt.MapClaims {
		return jwt.MapClaims{"iss": token.Issuer, "aud": string(token.VerifyEmail), "sub": "cus_1", "tenant": "demo", "nonce": "NONCE", "exp": noon.Add(time.Hour).Unix()}
	}
	if _, err := l.Verify(token.VerifyEmail, forge(t, jwt.SigningMethodHS256, raw, of(), good)); err != nil {
		t.Fatalf("the unforged one does not verify: %v", err)
	}
	real := linkToken(t, l, token.VerifyEmail)
	parts := strings.Split(real, ".")
	forged := map[string]string{
		"alg none":               forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, of(), good),
		"EdDSA with our key":     forge(t, jwt.SigningMethodEdDSA, p.private, of(), map[string]any{"typ": "link+jwt", "kid": p.kid}),
		"HS512 with our key":     forge(t, jwt.SigningMethodHS512, raw, of(), good),
		"HS384 with our key":     forge(t, jwt.SigningMethodHS384, raw, of(), good),
		"the public signing key": forge(t, jwt.SigningMethodHS256, []byte(public), of(), good),
		"the key as base64":      forge(t, jwt.SigningMethodHS256, []byte(key), of(), good),
		"an empty key":           forge(t, jwt.SigningMethodHS256, []byte{}, of(), good),
		"another key":            linkToken(t, links(t, linkKey(t)), token.VerifyEmail),
		"typ of access":          forge(t, jwt.SigningMethodHS256, raw, of(), map[string]any{"typ": "at+jwt"}),
		"typ JWT":                forge(t, jwt.SigningMethodHS256, raw, of(), map[string]any{"typ": "JWT"}),
		"typ missing":            forge(t, jwt.SigningMethodHS256, raw, of(), map[string]any{"typ": nil}),
		"no signature":           parts[0] + "." + parts[1] + ".",
		"other claims":           parts[0] + "." + strings.Split(linkToken(t, l, token.ResetPassword), ".")[1] + "." + parts[2],
		"trailing bits":          trailing(parts),
		"padded":                 real + "=", "text after it": real + ".x", "empty": "", "not a token": "abc",
	}
	for name, c := range changes(of(), "iss", "aud", "sub", "tenant", "nonce") {
		forged[name] = forge(t, jwt.SigningMethodHS256, raw, c, good)
	}
	for name, raw := range forged {
		got, err := l.Verify(token.VerifyEmail, raw)
		if !errors.Is(err, token.ErrLink) || got != (token.Link{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		} else if f := fault.Of(err); f.Message != token.ErrLink.Message {
			t.Errorf("%s: the caller is told why: %s", name, f.Message)
		}
	}
}

// X4: links of mails that were sent before a rotation stay good while the old key is there, and not after; the first signs.
func TestLinkKeysRotate(t *testing.T) {
	old, next := linkKey(t), linkKey(t)
	before, during, after := links(t, old), links(t, next, " "+old+" "), links(t, next)
	sent := linkToken(t, before, token.ResetPassword)
	if _, err := during.Verify(token.ResetPassword, sent); err != nil {
		t.Error(err)
	}
	if _, err := during.Verify(token.VerifyEmail, sent); !errors.Is(err, token.ErrLink) {
		t.Errorf("an old key is good for any purpose: %v", err)
	}
	if _, err := after.Verify(token.ResetPassword, sent); !errors.Is(err, token.ErrLink) {
		t.Errorf("a key that was taken away still counts: %v", err)
	}
	if linkToken(t, during, token.ResetPassword) != linkToken(t, after, token.ResetPassword) {
		t.Error("the first key does not sign")
	}
}

// A service without a key for links, or with a short one, must not start; the error does not say the key.
func TestLinkKeysAreCheckedAtStart(t *testing.T) {
	key, short := linkKey(t), base64.StdEncoding.EncodeToString(make([]byte, 31))
	for _, bad := range []string{"", " ", ",", "!!!", short, key + ",", key + "," + short, strings.TrimRight(key, "=")} {
		if _, err := token.NewLinkKeys(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		} else if bad != "" && strings.Contains(err.Error(), bad[:len(bad)/2+1]) && len(bad) > 4 {
			t.Error("the error says the key")
		}
	}
}

// Marks tell requests apart, also where the parts' ends are moved, and need the key.
func TestMark(t *testing.T) {
	key := linkKey(t)
	l, seen := links(t, key), map[string][]string{}
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"a"}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a", "", "b"}, {"1:a"}, {"a", "1:b"}, {"a1:b"}} {
		mark := l.Mark(parts...)
		if was, twice := seen[mark]; twice {
			t.Errorf("%q and %q have one mark", was, parts)
		}
		if seen[mark] = parts; links(t, key).Mark(parts...) != mark || links(t, linkKey(t)).Mark(parts...) == mark {
			t.Errorf("%q: the mark is not the key's", parts)
		}
	}
	if mark := l.Mark("staple-horse"); strings.Contains(mark, "staple") || len(mark) < 22 {
		t.Errorf("mark %q", mark)
	}
}
