// Package token signs and verifies what people prove themselves by: access tokens and refresh tokens, JWTs with EdDSA
// (RFC 8037) and nothing else, and the tokens of links in mails, JWTs with HMAC-SHA256 under a key of their own. Each kind
// has its own type and audience, so that none passes for another.
//
// Verifying needs keys only and no network. It does not know what a token allows; that is for the operation's
// declaration in platform/rest. It does not know either whether a session still runs or a link was used; that is for
// domain/account.
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
	refreshAudience  = "turnup-refresh"
	accessType       = "at+jwt" // RFC 9068
	refreshType      = "rt+jwt"
	Lifetime         = time.Hour        // of an access token that cannot be refreshed
	SessionLifetime  = 15 * time.Minute // of one that belongs to a session: as long a revoked session may still be used
)

// The roles of staff. What each may do is for the operation's declaration to say.
const (
	RoleAdmin   = "admin"   // manages plans, groups, coupons, staff and customers' orders
	RoleSupport = "support" // helps customers: accounts, tickets, and reads what they ask about
	RoleBilling = "billing" // looks after money: reads orders, wallets, coupons and plans
	RoleNetwork = "network" // operates the network: tickets about it, and what is provisioned
)

// Roles lists them, for checks and tools.
var Roles = []string{RoleAdmin, RoleSupport, RoleBilling, RoleNetwork}

// The faults of tokens.
var (
	// ErrInvalid is the one answer to every token that does not verify, whatever the reason; the reason is its cause.
	ErrInvalid = fault.New(fault.Unauthenticated, "token_invalid", "Your session has ended. Please sign in again.", "customer")
	// ErrUnverified and ErrNoProfile are what a session may not do yet.
	ErrUnverified = fault.New(fault.Forbidden, "email_unverified", "Please confirm your mail address first, by the link in the mail we sent you. If you have, refresh your session.", "customer")
	ErrNoProfile  = fault.New(fault.Forbidden, "profile_missing", "Please complete your profile first. If you have, refresh your session.", "customer")
)

// Pending says what somebody has to do before they are a customer who can buy.
type Pending string

// What can be pending, in its order.
const (
	Nothing      Pending = ""
	Profile      Pending = "profile"      // the address is confirmed, the profile is missing
	Verification Pending = "verification" // the mail address is not confirmed
)

// Bar is the fault that an account meets at what needs a customer who can buy; nil when nothing is pending.
func (p Pending) Bar() error {
	switch p {
	case Nothing:
		return nil
	case Profile:
		return ErrNoProfile
	}
	return ErrUnverified // what is not known is barred like the strictest
}

// Claims of an access token.
type Claims struct {
	Tenant  id.Tenant  `json:"tenant"`
	Country string     `json:"country,omitempty"` // of customers, ISO 3166-1 alpha-2: where they buy
	Roles   []string   `json:"roles,omitempty"`   // of staff
	Session id.Session `json:"sid,omitempty"`     // which session it belongs to; none of a registration's
	Pending Pending    `json:"pending,omitempty"` // of customers
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

// Session signs the access token that a registration answers. The same input gives the same token: Ed25519 is
// deterministic, so a repeated registration answers the first session without storing it.
func (s *Signer) Session(tenant id.Tenant, customer id.Customer, country string, issued time.Time) (string, time.Time, error) {
	return s.Access(Claims{Tenant: tenant, Country: country}, string(customer), CustomerAudience, issued, Lifetime)
}

// StaffSession signs the access token of a member of the operator's staff. subject names the person, for the record of
// who did what.
func (s *Signer) StaffSession(tenant id.Tenant, subject string, roles []string, issued time.Time) (string, time.Time, error) {
	return s.Access(Claims{Tenant: tenant, Roles: roles}, subject, StaffAudience, issued, Lifetime)
}

// Access signs an access token. The same input gives the same token.
func (s *Signer) Access(c Claims, subject, audience string, issued time.Time, lifetime time.Duration) (string, time.Time, error) {
	expires := issued.Add(lifetime).Truncate(time.Second)
	c.RegisteredClaims = registered(subject, audience, issued, expires)
	signed, err := s.sign(c, accessType)
	return signed, expires, err
}

func registered(subject, audience string, issued, expires time.Time) jwt.RegisteredClaims {
	return jwt.RegisteredClaims{Issuer: Issuer, Subject: subject, Audience: jwt.ClaimStrings{audience},
		IssuedAt: jwt.NewNumericDate(issued), ExpiresAt: jwt.NewNumericDate(expires)}
}

func (s *Signer) sign(c jwt.Claims, headerType string) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	t.Header["kid"], t.Header["typ"] = s.keyID, headerType
	return t.SignedString(s.key)
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

// Verify checks an access token's signature, algorithm, type, issuer, audience (one of those given) and expiry. Every
// failure is ErrInvalid.
func (v *Verifier) Verify(raw string, audiences ...string) (Claims, error) {
	var c Claims
	if err := v.parse(raw, accessType, &c, audiences...); err != nil {
		return Claims{}, err
	}
	if err := v.sound(c.Tenant, c.RegisteredClaims); err != nil {
		return Claims{}, err
	}
	return c, nil
}

func (v *Verifier) parse(raw, headerType string, into jwt.Claims, audiences ...string) error {
	if len(audiences) == 0 { // the library would take any
		return ErrInvalid.Because(errors.New("nobody's token is good here"))
	}
	_, err := jwt.ParseWithClaims(raw, into, func(t *jwt.Token) (any, error) {
		if t.Header["typ"] != headerType {
			return nil, errors.New("a token of another type")
		}
		kid, _ := t.Header["kid"].(string)
		key, known := v.keys[kid]
		if !known {
			return nil, errors.New("unknown key")
		}
		return key, nil
	}, jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(Issuer), jwt.WithAudience(audiences...),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(v.clock.Now), jwt.WithStrictDecoding())
	if err != nil {
		return ErrInvalid.Because(err)
	}
	return nil
}

// sound checks what every token of a person must say.
func (v *Verifier) sound(tenant id.Tenant, c jwt.RegisteredClaims) error {
	switch {
	case c.IssuedAt != nil && c.IssuedAt.After(v.clock.Now().Add(skew)):
		return ErrInvalid.Because(errors.New("issued in the future"))
	case c.Subject == "" || tenant == "":
		return ErrInvalid.Because(errors.New("no subject or tenant"))
	}
	return nil
}
