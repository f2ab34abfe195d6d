package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Purpose is what a link in a mail is good for. A token of one purpose is refused for any other.
type Purpose string

// The purposes.
const (
	VerifyEmail       Purpose = "verify-email"
	ResetPassword     Purpose = "reset-password"
	ConfirmEmail      Purpose = "confirm-email"
	Invitation        Purpose = "invitation"
	AccessCredentials Purpose = "access-credentials"
	PlanChange        Purpose = "plan-change" // no link, but a quote
)

// ErrLink is the one answer to every link token that does not verify, whatever the reason.
var ErrLink = fault.New(fault.Invalid, "link_invalid", "This link is not valid. Please use the link of the newest mail, or ask for a new one.", "customer")

// Link is the token of a link in a mail. It is stored nowhere: its account has the nonce of the one link that is good, and
// whoever holds the key makes the token of it when the mail is written.
type Link struct {
	Tenant  id.Tenant   `json:"tenant"`
	Account id.Customer `json:"-"` // the subject
	Nonce   string      `json:"nonce"`
	Expires time.Time   `json:"-"` // by the account's clock, which may be a test clock: who looks at the nonce looks at the time
}

type linkClaims struct {
	Link
	jwt.RegisteredClaims
}

const linkType = "link+jwt"

// LinkKeys make and verify the tokens of links, with HMAC-SHA256.
type LinkKeys struct{ keys [][]byte }

// NewLinkKeys reads one or more keys as base64 of at least 32 bytes, comma-separated: the first signs, all verify, so
// that keys can be rotated.
func NewLinkKeys(keys string) (*LinkKeys, error) {
	l := &LinkKeys{}
	for _, encoded := range strings.Split(keys, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil || len(raw) < 32 {
			return nil, errors.New("token: a link key is not base64 of at least 32 bytes")
		}
		l.keys = append(l.keys, raw)
	}
	return l, nil
}

// Mark tells requests apart that hold secrets, without being of any use to who wants to guess them.
func (l *LinkKeys) Mark(parts ...string) string {
	sum := hmac.New(sha256.New, l.keys[0])
	for _, p := range parts {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(p), p)
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum([]byte("mark|"))[:21])
}

// Sign makes the token of a link. The same link gives the same token.
func (l *LinkKeys) Sign(p Purpose, link Link) (string, error) {
	c := linkClaims{link, registered(string(link.Account), string(p), link.Expires, link.Expires)}
	c.IssuedAt = nil
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
	t.Header["typ"] = linkType
	return t.SignedString(l.keys[0])
}

// Verify checks signature, algorithm, type, purpose and that all parts are there. It does not check the time, which is the
// account's to tell. Every failure is ErrLink.
func (l *LinkKeys) Verify(p Purpose, raw string) (Link, error) {
	var failed error
	for _, key := range l.keys {
		var c linkClaims
		_, err := jwt.ParseWithClaims(raw, &c, func(t *jwt.Token) (any, error) {
			if t.Header["typ"] != linkType {
				return nil, errors.New("a token of another type")
			}
			return key, nil
		}, jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())
		switch {
		case err != nil:
			failed = err
			continue
		case c.Issuer != Issuer, len(c.Audience) != 1 || c.Audience[0] != string(p):
			return Link{}, ErrLink.Because(fmt.Errorf("a link for %v", c.Audience))
		case c.Subject == "" || c.Tenant == "" || c.Nonce == "" || c.ExpiresAt == nil:
			return Link{}, ErrLink.Because(errors.New("a part is missing"))
		}
		c.Account, c.Link.Expires = id.Customer(c.Subject), c.ExpiresAt.Time
		return c.Link, nil
	}
	return Link{}, ErrLink.Because(failed)
}
