// Package token signs and verifies access tokens: JWTs with EdDSA (RFC 8037) and nothing else.
//
// Verifying needs public keys only and no network. It does not know what a token allows; that is for the operation's
// declaration in platform/rest.
package token

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Fixed values of every access token.
const (
	Issuer           = "turnup"
	CustomerAudience = "turnup-customer"
	StaffAudience    = "turnup-staff"
	headerType       = "at+jwt" // RFC 9068
	Lifetime         = time.Hour
)

// The roles of staff. What each may do is for the operation's declaration to say.
const (
	RoleAdmin   = "admin"   // manages plans, groups, coupons and customers' orders
	RoleSupport = "support" // reads what customers ask about
)

// ErrInvalid is the one answer to every token that does not verify, whatever the reason; the reason is its cause.
var ErrInvalid = fault.New(fault.Unauthenticated, "token_invalid", "Your session has ended. Please sign in again.", "customer")

// Claims of an access token.
type Claims struct {
	Tenant  id.Tenant `json:"tenant"`
	Country string    `json:"country,omitempty"` // of customers, ISO 3166-1 alpha-2: where they buy
	Roles   []string  `json:"roles,omitempty"`   // of staff
	jwt.RegisteredClaims
}

// Signer makes access tokens.
type Signer struct {
	key   ed25519.PrivateKey
	keyID string
}

// NewSigner reads a PKCS#8 PEM private key. The key id is derived from the public key, as in KeyID.
func NewSigner(pkcs8 string) (*Signer, error) {
	block, _ := pem.Decode([]byte(pkcs8))
	if block == nil {
		return nil, errors.New("token: the signing key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("token: signing key: %w", err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("token: the signing key is not Ed25519")
	}
	return &Signer{key: key, keyID: KeyID(key.Public().(ed25519.PublicKey))}, nil
}

// KeyID names a public key: the first 8 bytes, base64url.
func KeyID(pub ed25519.PublicKey) string { return base64.RawURLEncoding.EncodeToString(pub[:8]) }

// Session signs a customer's access token. The same input gives the same token: Ed25519 is deterministic, so a
// repeated registration answers the first session without storing it.
func (s *Signer) Session(tenant id.Tenant, customer id.Customer, country string, issued time.Time) (string, time.Time, error) {
	return s.sign(Claims{Tenant: tenant, Country: country}, string(customer), CustomerAudience, issued)
}

// StaffSession signs the access token of a member of the operator's staff. subject names the person, for the record of
// who did what.
func (s *Signer) StaffSession(tenant id.Tenant, subject string, roles []string, issued time.Time) (string, time.Time, error) {
	return s.sign(Claims{Tenant: tenant, Roles: roles}, subject, StaffAudience, issued)
}

func (s *Signer) sign(c Claims, subject, audience string, issued time.Time) (string, time.Time, error) {
	expires := issued.Add(Lifetime).Truncate(time.Second)
	c.RegisteredClaims = jwt.RegisteredClaims{Issuer: Issuer, Subject: subject, Audience: jwt.ClaimStrings{audience},
		IssuedAt: jwt.NewNumericDate(issued), ExpiresAt: jwt.NewNumericDate(expires)}
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	t.Header["kid"], t.Header["typ"] = s.keyID, headerType
	signed, err := t.SignedString(s.key)
	return signed, expires, err
}

// Verifier checks access tokens against a set of public keys, so that keys can be rotated.
type Verifier struct {
	keys  map[string]ed25519.PublicKey
	clock clock.Clock
}

// NewVerifier reads public keys as "kid:base64,kid:base64" (raw 32-byte keys, standard base64).
// No key at all is an error: a verifier must fail closed, and at start rather than at the first request.
func NewVerifier(publicKeys string, c clock.Clock) (*Verifier, error) {
	v := &Verifier{keys: map[string]ed25519.PublicKey{}, clock: c}
	for _, pair := range strings.Split(publicKeys, ",") {
		kid, encoded, ok := strings.Cut(strings.TrimSpace(pair), ":")
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || kid == "" || err != nil || len(raw) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("token: public key %q is not kid:base64 of 32 bytes", pair)
		}
		v.keys[kid] = raw
	}
	return v, nil
}

// skew is how far the clocks of two functions may differ.
const skew = 30 * time.Second

// Verify checks signature, algorithm, type, issuer, audience and expiry. Every failure is ErrInvalid.
func (v *Verifier) Verify(raw, audience string) (Claims, error) {
	var c Claims
	_, err := jwt.ParseWithClaims(raw, &c, func(t *jwt.Token) (any, error) {
		if t.Header["typ"] != headerType {
			return nil, errors.New("not an access token")
		}
		kid, _ := t.Header["kid"].(string)
		key, known := v.keys[kid]
		if !known {
			return nil, errors.New("unknown key")
		}
		return key, nil
	}, jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(Issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(v.clock.Now), jwt.WithStrictDecoding())
	switch {
	case err != nil:
		return Claims{}, ErrInvalid.Because(err)
	case c.IssuedAt != nil && c.IssuedAt.After(v.clock.Now().Add(skew)):
		return Claims{}, ErrInvalid.Because(errors.New("issued in the future"))
	case c.Subject == "" || c.Tenant == "":
		return Claims{}, ErrInvalid.Because(errors.New("no subject or tenant"))
	}
	return c, nil
}
