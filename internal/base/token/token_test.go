package token_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

type pair struct {
	private ed25519.PrivateKey
	signer  *token.Signer
	public  string // as the verifier is given it
	kid     string
}

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func newPair(t *testing.T) pair {
	t.Helper()
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := token.NewSigner(pkcs8(t, private))
	if err != nil {
		t.Fatal(err)
	}
	kid := token.KeyID(pub)
	return pair{private, signer, kid + ":" + base64.StdEncoding.EncodeToString(pub), kid}
}

func verifier(t *testing.T, at time.Time, keys ...string) *token.Verifier {
	t.Helper()
	v, err := token.NewVerifier(strings.Join(keys, ","), clock.At(at))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func session(t *testing.T, p pair) string {
	t.Helper()
	raw, expires, err := p.signer.Session("demo", "cus_1", "DE", noon)
	if err != nil || !expires.Equal(noon.Add(token.Lifetime)) {
		t.Fatal(expires, err)
	}
	return raw
}

// S0-12: the session says who the customer is, where they buy and until when.
func TestSession(t *testing.T) {
	p := newPair(t)
	c, err := verifier(t, noon.Add(time.Minute), p.public).Verify(session(t, p), token.CustomerAudience)
	if err != nil || c.Subject != "cus_1" || c.Tenant != "demo" || c.Country != "DE" || c.Issuer != token.Issuer {
		t.Errorf("got %+v, %v", c, err)
	}
	// S0-14: the same input gives the same token, so a repeated registration answers the first session.
	first, again := session(t, p), session(t, p)
	if first != again {
		t.Error("not deterministic")
	}
}

// S1-64: a member of staff has a token of their own kind, with their roles; neither kind passes for the other.
func TestStaffSession(t *testing.T) {
	p := newPair(t)
	v := verifier(t, noon, p.public)
	raw, expires, err := p.signer.StaffSession("demo", "grace", []string{token.RoleAdmin, token.RoleSupport}, noon)
	if err != nil || !expires.Equal(noon.Add(token.Lifetime)) {
		t.Fatal(expires, err)
	}
	c, err := v.Verify(raw, token.StaffAudience)
	if err != nil || c.Subject != "grace" || c.Tenant != "demo" || c.Country != "" || strings.Join(c.Roles, " ") != "admin support" {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, err := v.Verify(raw, token.CustomerAudience); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("staff pass for a customer: %v", err)
	}
	if c, err := v.Verify(session(t, p), token.StaffAudience); !errors.Is(err, token.ErrInvalid) || len(c.Roles) > 0 {
		t.Errorf("a customer passes for staff: %v", err)
	}
}

// claims of a good token, for forging.
func claims() jwt.MapClaims {
	return jwt.MapClaims{"iss": token.Issuer, "aud": token.CustomerAudience, "sub": "cus_1", "tenant": "demo", "country": "DE",
		"iat": noon.Unix(), "exp": noon.Add(time.Hour).Unix()}
}

func forge(t *testing.T, method jwt.SigningMethod, key any, c jwt.MapClaims, header map[string]any) string {
	t.Helper()
	tok := jwt.NewWithClaims(method, c)
	for k, v := range header {
		tok.Header[k] = v
	}
	raw, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// X5: none, key and algorithm confusion, audience, expiry, type, issuer, missing claims: all one answer.
func TestForgedTokens(t *testing.T) {
	p, stranger := newPair(t), newPair(t)
	good := map[string]any{"kid": p.kid, "typ": "at+jwt"}
	public := p.private.Public().(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed := func(change func(jwt.MapClaims), header map[string]any) string {
		c := claims()
		change(c)
		return forge(t, jwt.SigningMethodEdDSA, p.private, c, header)
	}
	same := func(jwt.MapClaims) {}
	without := func(name string) func(jwt.MapClaims) { return func(c jwt.MapClaims) { delete(c, name) } }
	set := func(name string, v any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = v } }
	real := session(t, p)
	parts := strings.Split(real, ".")
	flipped := []byte(parts[2])
	flipped[10] ^= 1
	forged := map[string]string{
		"alg none":                       forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(), good),
		"alg None spelt otherwise":       base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"NONE","typ":"at+jwt","kid":"`+p.kid+`"}`)) + "." + parts[1] + ".",
		"HS256 with the raw public key":  forge(t, jwt.SigningMethodHS256, []byte(public), claims(), good),
		"HS256 with its DER":             forge(t, jwt.SigningMethodHS256, der, claims(), good),
		"HS256 with its PEM":             forge(t, jwt.SigningMethodHS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), claims(), good),
		"HS256 with its base64":          forge(t, jwt.SigningMethodHS256, []byte(strings.SplitN(p.public, ":", 2)[1]), claims(), good),
		"HS256 with an empty key":        forge(t, jwt.SigningMethodHS256, []byte{}, claims(), good),
		"ES256":                          forge(t, jwt.SigningMethodES256, ec, claims(), good),
		"stranger's key, our kid":        forge(t, jwt.SigningMethodEdDSA, stranger.private, claims(), good),
		"stranger's key and kid":         forge(t, jwt.SigningMethodEdDSA, stranger.private, claims(), map[string]any{"kid": stranger.kid, "typ": "at+jwt"}),
		"no kid":                         ed(same, map[string]any{"typ": "at+jwt"}),
		"kid that is no text":            ed(same, map[string]any{"kid": 7, "typ": "at+jwt"}),
		"typ JWT":                        ed(same, map[string]any{"kid": p.kid, "typ": "JWT"}),
		"typ missing":                    ed(same, map[string]any{"kid": p.kid, "typ": nil}),
		"typ of another purpose":         ed(same, map[string]any{"kid": p.kid, "typ": "rt+jwt"}),
		"audience of staff":              ed(set("aud", "turnup-staff"), good),
		"no audience":                    ed(without("aud"), good),
		"audience begins alike":          ed(set("aud", token.CustomerAudience+"x"), good),
		"expired":                        ed(set("exp", noon.Unix()), good),
		"expires never":                  ed(without("exp"), good),
		"issued in the future":           ed(set("iat", noon.Add(time.Hour).Unix()), good),
		"not yet valid":                  ed(set("nbf", noon.Add(time.Hour).Unix()), good),
		"other issuer":                   ed(set("iss", "evil"), good),
		"no issuer":                      ed(without("iss"), good),
		"no tenant":                      ed(without("tenant"), good),
		"empty tenant":                   ed(set("tenant", ""), good),
		"no subject":                     ed(without("sub"), good),
		"signature flipped":              parts[0] + "." + parts[1] + "." + string(flipped),
		"signature missing":              parts[0] + "." + parts[1] + ".",
		"claims of another token":        parts[0] + "." + strings.Split(ed(set("sub", "cus_2"), good), ".")[1] + "." + parts[2],
		"padded":                         real + "=",
		"trailing bits of the signature": trailing(parts),
		"text after it":                  real + ".x",
		"empty":                          "",
		"not a token":                    "abc",
	}
	v := verifier(t, noon.Add(time.Minute), p.public)
	if _, err := v.Verify(ed(same, good), token.CustomerAudience); err != nil {
		t.Fatalf("the unforged one does not verify: %v", err)
	}
	for name, raw := range forged {
		c, err := v.Verify(raw, token.CustomerAudience)
		if !errors.Is(err, token.ErrInvalid) || c.Subject != "" {
			t.Errorf("%s: got %+v, %v", name, c, err)
		}
		if f := fault.Of(err); f != nil && f.Message != token.ErrInvalid.Message {
			t.Errorf("%s: the caller is told why: %s", name, f.Message)
		}
	}
}

// trailing changes bits of the last character that decode to nothing.
func trailing(parts []string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	sig := parts[2]
	last := strings.IndexByte(alphabet, sig[len(sig)-1])
	return parts[0] + "." + parts[1] + "." + sig[:len(sig)-1] + string(alphabet[last^1])
}

// X5: to the second.
func TestExpiry(t *testing.T) {
	p := newPair(t)
	raw := session(t, p)
	if _, err := verifier(t, noon.Add(token.Lifetime-time.Nanosecond), p.public).Verify(raw, token.CustomerAudience); err != nil {
		t.Error(err)
	}
	if _, err := verifier(t, noon.Add(token.Lifetime), p.public).Verify(raw, token.CustomerAudience); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("still valid: %v", err)
	}
}

// X4: during rotation tokens of both keys are valid; after it, the old ones are not.
func TestRotation(t *testing.T) {
	old, next := newPair(t), newPair(t)
	during, after := verifier(t, noon, old.public, " "+next.public+" "), verifier(t, noon, next.public)
	for _, p := range []pair{old, next} {
		if _, err := during.Verify(session(t, p), token.CustomerAudience); err != nil {
			t.Error(err)
		}
	}
	if _, err := after.Verify(session(t, next), token.CustomerAudience); err != nil {
		t.Error(err)
	}
	if _, err := after.Verify(session(t, old), token.CustomerAudience); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("a key that was taken away still counts: %v", err)
	}
}

// A verifier without keys, or with half a key, must not start.
func TestKeysAreCheckedAtStart(t *testing.T) {
	p := newPair(t)
	short := base64.StdEncoding.EncodeToString([]byte("short"))
	for _, bad := range []string{"", " ", ",", "kid", ":" + strings.SplitN(p.public, ":", 2)[1], "kid:", "kid:" + short, "kid:!!!", p.public + ",", p.public + ",kid:" + short} {
		if _, err := token.NewVerifier(bad, clock.System); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "no PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", pkcs8(t, ec)} {
		if _, err := token.NewSigner(bad); err == nil {
			t.Errorf("the signing key %.30q was accepted", bad)
		} else if strings.Contains(err.Error(), "AAAA") {
			t.Error("the error says the key")
		}
	}
}
