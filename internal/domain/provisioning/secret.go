package provisioning

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"

	"turnup/internal/base/id"
)

// Key makes the secrets of RADIUS accounts from what the account is. PAP and CHAP need the secret in clear, so it would have to be
// stored readably; made from a key, it is stored nowhere. Another key means another secret for every account: it is changed only
// by configuring every CPE anew.
type Key []byte

// Secret of a service's account.
func (k Key) Secret(s Service) string { return k.SecretOf(s.Tenant, s.Username, s.Generation) }

// SecretOf is the secret of an account in one of its generations: 16 characters of base32 (80 bits), which any CPE takes and which
// can be typed.
func (k Key) SecretOf(tenant id.Tenant, username string, generation int) string {
	raw, err := hkdf.Key(sha256.New, k, nil, string(tenant)+"|"+username+"|"+strconv.Itoa(generation), 10)
	if err != nil {
		panic(err) // only for lengths over 255 hashes
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw))
}

func nonce() string { return rand.Text() }

// Reveal uses up the link that shows the secret once.
func (s Service) Reveal(customer id.Customer, nonce string, now time.Time) (next Service, err error) {
	if s.Customer != customer || s.LinkNonce == "" || s.LinkNonce != nonce || !now.Before(s.LinkUntil) || s.State == Terminated {
		return s, ErrLinkInvalid
	}
	s.LinkNonce, s.Version = "", s.Version+1
	return s, nil
}
