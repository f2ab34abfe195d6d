package rest_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"turnup/internal/base/fault"
	"turnup/internal/base/token"
)

func (b *bench) session(t *testing.T, issued time.Time) string {
	t.Helper()
	raw, _, err := b.signer.Session("demo", "cus_1", "DE", issued)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestValidToken(t *testing.T) {
	b := newBench(t)
	for _, scheme := range []string{"Bearer", "bearer"} {
		w := b.send(http.MethodGet, "/name", "", "Authorization: "+scheme+" "+b.session(t, now))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "cus_1@DE") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

func TestMissingToken(t *testing.T) {
	b := newBench(t)
	for _, header := range []string{"", "Bearer", "Basic " + b.session(t, now), b.session(t, now)} {
		w := b.send(http.MethodGet, "/name", "", "Authorization: "+header)
		problem(t, w, fault.ErrTokenMissing)
		if w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Error("the answer does not say how to sign in")
		}
	}
}

// X5: of every forged, foreign or outlived token none is accepted, and all are answered alike.
func TestForgedTokens(t *testing.T) {
	b := newBench(t)
	public := b.key.Public().(ed25519.PublicKey)
	kid := token.KeyID(public)
	good := func() jwt.MapClaims {
		return jwt.MapClaims{"iss": token.Issuer, "aud": token.CustomerAudience, "sub": "cus_1", "tenant": "demo", "country": "DE",
			"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	}
	sign := func(method jwt.SigningMethod, key any, header map[string]any, change func(jwt.MapClaims)) string {
		claims := good()
		if change != nil {
			change(claims)
		}
		tok := jwt.NewWithClaims(method, claims)
		tok.Header["kid"], tok.Header["typ"] = kid, "at+jwt"
		for k, v := range header {
			tok.Header[k] = v
		}
		raw, err := tok.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	own := func(change func(jwt.MapClaims)) string { return sign(jwt.SigningMethodEdDSA, b.key, nil, change) }
	set := func(name string, v any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = v } }
	drop := func(name string) func(jwt.MapClaims) { return func(c jwt.MapClaims) { delete(c, name) } }
	if w := b.send(http.MethodGet, "/name", "", "Authorization: Bearer "+own(nil)); w.Code != http.StatusOK {
		t.Fatalf("the good token is refused, so this test proves nothing: %d %s", w.Code, w.Body)
	}
	b.reach = 0
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(own(nil), ".")
	admin, err := json.Marshal(jwt.MapClaims{"sub": "cus_2"})
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"alg none":                  sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil),
		"alg none with a signature": sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil) + parts[2],
		"HS256 with the public key": sign(jwt.SigningMethodHS256, []byte(public), nil, nil),
		"HS512 with its base64":     sign(jwt.SigningMethodHS512, []byte(base64.StdEncoding.EncodeToString(public)), nil, nil),
		"another's key, our kid":    sign(jwt.SigningMethodEdDSA, stranger, nil, nil),
		"unknown kid":               sign(jwt.SigningMethodEdDSA, b.key, map[string]any{"kid": "other"}, nil),
		"kid that is no text":       sign(jwt.SigningMethodEdDSA, b.key, map[string]any{"kid": 7}, nil),
		"not an access token":       sign(jwt.SigningMethodEdDSA, b.key, map[string]any{"typ": "JWT"}, nil),
		"critical extension":        sign(jwt.SigningMethodEdDSA, b.key, map[string]any{"typ": "at+jwt;v=2", "crit": []string{"x"}}, nil),
		"wrong audience":            own(set("aud", "turnup-staff")),
		"no audience":               own(drop("aud")),
		"wrong issuer":              own(set("iss", "other")),
		"expired":                   own(set("exp", now.Add(-time.Second).Unix())),
		"no expiry":                 own(drop("exp")),
		"not yet issued":            own(set("iat", now.Add(time.Hour).Unix())),
		"not yet valid":             own(set("nbf", now.Add(time.Hour).Unix())),
		"no subject":                own(drop("sub")),
		"no tenant":                 own(drop("tenant")),
		"other claims, signature":   parts[0] + "." + base64.RawURLEncoding.EncodeToString(admin) + "." + parts[2],
		"no signature":              parts[0] + "." + parts[1] + ".",
		"two parts":                 parts[0] + "." + parts[1],
		"padded":                    own(nil) + "=",
		"outlived session":          b.session(t, now.Add(-token.Lifetime-time.Second)),
		"nonsense":                  canary,
	} {
		t.Run(name, func(t *testing.T) {
			p := problem(t, b.send(http.MethodGet, "/name", "", "Authorization: Bearer "+raw), token.ErrInvalid)
			if len(p.Fields)+len(p.Details) > 0 {
				t.Errorf("the answer tells why: %+v", p)
			}
			problem(t, b.send(http.MethodPost, "/own", `{"name":"a"}`, withKey, "Authorization: Bearer "+raw), token.ErrInvalid)
		})
	}
	if b.reach != 0 {
		t.Errorf("a forged token reached an operation %d times", b.reach)
	}
}

// Who is not signed in learns nothing about the request's validity.
func TestTokenComesFirst(t *testing.T) {
	b := newBench(t)
	problem(t, b.send(http.MethodPost, "/own", `{"nonsense":`), fault.ErrTokenMissing)
}
