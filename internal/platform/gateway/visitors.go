package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// VisitorHeader names, in a request that our pages make for a visitor, the visitor's address: whoever guesses passwords is counted by their
// own address, not by that of the pages.
const VisitorHeader = "X-Visitor"

// vouchedFor is how long what pages say of a visitor is good: they say it anew with each request.
const vouchedFor = time.Minute

// Keys sign what comes back to us by other hands: the first signs, all verify, so that keys can be rotated.
type Keys [][]byte

// ParseKeys reads one or more keys as base64 of at least 32 bytes, comma-separated.
func ParseKeys(keys string) (out Keys, err error) {
	for _, encoded := range strings.Split(keys, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil || len(raw) < 32 {
			return nil, errors.New("gateway: a key is not base64 of at least 32 bytes")
		}
		out = append(out, raw)
	}
	return out, nil
}

// Sign is the proof that we said something for a purpose, as base64url.
func (k Keys) Sign(purpose, said string) string { return proof(k[0], purpose, said) }

// Signed tells whether a proof is ours.
func (k Keys) Signed(purpose, said, given string) bool {
	for _, key := range k {
		if hmac.Equal([]byte(given), []byte(proof(key, purpose, said))) {
			return true
		}
	}
	return false
}

func proof(key []byte, purpose, said string) string {
	sum := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(sum, "%d:%s|%s", len(purpose), purpose, said) // a hash never fails
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

// Vouch is the value of VisitorHeader for an address.
func (k Keys) Vouch(address string, now time.Time) string {
	said := address + " " + strconv.FormatInt(now.Add(vouchedFor).Unix(), 10)
	return said + " " + k.Sign("visitor", said)
}

// Visitor reads the value of VisitorHeader; "" where there is none, or none that our pages said in the last minute.
func (k Keys) Visitor(value string, now time.Time) string {
	parts := strings.Split(value, " ")
	if len(parts) != 3 || !k.Signed("visitor", parts[0]+" "+parts[1], parts[2]) {
		return ""
	}
	end, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || !now.Before(time.Unix(end, 0)) {
		return ""
	}
	return parts[0]
}
