// Package signlink signs and verifies the links by which a customer's browser is handed from one system to another: HMAC-SHA256 over
// purpose, target and every parameter, under a key that only the two systems have. The recipe for systems in other languages, with test
// vectors, is README.md beside this file.
//
// It does not own what a link leads to, nor that what acts acts once: who verified a link looks at how things stand.
package signlink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"turnup/internal/base/fault"
)

// The faults of signed links. All that does not verify is ErrInvalid, whatever the reason; only what once was right can be expired.
var (
	ErrInvalid = fault.New(fault.Invalid, "signed_link_invalid", "This link is not valid. Please go back to the page you came from and try again.", "customer")
	ErrExpired = fault.New(fault.Gone, "signed_link_expired", "This link has expired. Please begin this step again.", "customer")
)

// Version is the first line of what is signed.
const Version = "turnup-link-v1"

// Purpose says what a link is good for, and in which direction: a link of one purpose is refused for any other.
type Purpose string

// Page is the purpose of the link to a page of another system, Back that of the link by which this page returns.
func Page(step string) Purpose { return Purpose("page." + step) }

// Back is the other direction of Page.
func Back(step string) Purpose { return Purpose("return." + step) }

// The parameters that every link has beside those of its own.
const (
	paramKey     = "kid"
	paramExpires = "exp" // Unix seconds
	paramPurpose = "purpose"
	paramHash    = "hash" // base64url without padding; always the last
)

var reserved = []string{paramKey, paramExpires, paramPurpose, paramHash}

// Link is what a verified link says.
type Link struct {
	Partner string // whose key signed it
	Purpose Purpose
	Target  string
	Params  map[string]string // without those that every link has
	Expires time.Time
}

// Sign makes a link to a target, scheme://host[:port]/path, with a partner's present key. Parameters are ids and words, never personal data:
// addresses stay in histories and logs. The same input gives the same link.
func (k *Keys) Sign(partner string, p Purpose, target string, params map[string]string, expires time.Time) (string, error) {
	key, ok := k.signing[partner]
	switch {
	case !ok:
		return "", fmt.Errorf("signlink: there is no key of partner %q", partner)
	case !IsTarget(target):
		return "", fmt.Errorf("signlink: %q is not scheme://host[:port]/path", target)
	case p == "":
		return "", errors.New("signlink: a link has a purpose")
	}
	all := map[string]string{paramKey: key.id, paramExpires: strconv.FormatInt(expires.Unix(), 10), paramPurpose: string(p)}
	for name, value := range params {
		if slices.Contains(reserved, name) || name == "" {
			return "", fmt.Errorf("signlink: the parameter %q is not the caller's", name)
		}
		all[name] = value
	}
	query := canonicalQuery(all)
	return target + "?" + query + "&" + paramHash + "=" + key.hash(p, target, query), nil
}

// Verify reads the query of a link that came in at a target for a purpose. The query must be the very one that was signed, byte for byte:
// whatever is added, doubled, left out, put into another order or encoded otherwise is ErrInvalid. Its hash is compared before anything
// that the query says is believed.
func (k *Keys) Verify(p Purpose, target, rawQuery string, now time.Time) (Link, error) {
	query, given, found := cutLast(rawQuery, "&"+paramHash+"=")
	if !found {
		return Link{}, refused("no hash at the end")
	}
	params, err := parseCanonical(query)
	if err != nil {
		return Link{}, ErrInvalid.Because(err)
	}
	key, ok := k.byID[params[paramKey]]
	if !ok {
		return Link{}, refused("unknown key")
	}
	if !hmac.Equal([]byte(given), []byte(key.hash(p, target, query))) {
		return Link{}, refused("another hash")
	}
	expires, err := strconv.ParseInt(params[paramExpires], 10, 64)
	switch {
	case err != nil:
		return Link{}, ErrInvalid.Because(err)
	case params[paramPurpose] != string(p):
		return Link{}, refused("another purpose")
	}
	link := Link{Partner: key.partner, Purpose: p, Target: target, Params: params, Expires: time.Unix(expires, 0).UTC()}
	for _, name := range reserved {
		delete(params, name)
	}
	if !now.Before(link.Expires) {
		return link, ErrExpired
	}
	return link, nil
}

func refused(why string) error { return ErrInvalid.Because(errors.New("signlink: " + why)) }

// Query is the query that Verify takes, from parameters that somebody before us decoded and put into an order of their own, as the REST API
// of API Gateway does. Parameters that came twice are still seen, and are ErrInvalid; other encodings cannot be told apart there.
func Query(decoded map[string][]string) (string, error) {
	once, hash := map[string]string{}, ""
	for name, values := range decoded {
		switch {
		case len(values) != 1:
			return "", refused("a parameter came twice")
		case name == paramHash:
			hash = values[0]
		default:
			once[name] = values[0]
		}
	}
	return canonicalQuery(once) + "&" + paramHash + "=" + escape(hash), nil
}

// hash is the last parameter of a link.
func (k key) hash(p Purpose, target, query string) string {
	sum := hmac.New(sha256.New, k.secret)
	_, _ = sum.Write([]byte(Canonical(p, target, query))) // a hash never fails
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

// Canonical is the text that is signed.
func Canonical(p Purpose, target, query string) string {
	return strings.Join([]string{Version, string(p), target, query}, "\n")
}

// canonicalQuery has the parameters in the order of their encoded names.
func canonicalQuery(params map[string]string) string {
	pairs := make([]string, 0, len(params))
	for name, value := range params {
		pairs = append(pairs, escape(name)+"="+escape(value))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// parseCanonical reads a query that canonicalQuery wrote, and no other.
func parseCanonical(query string) (map[string]string, error) {
	params := map[string]string{}
	for _, pair := range strings.Split(query, "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.PathUnescape(rawName)
		if err != nil {
			return nil, err
		}
		if params[name], err = url.PathUnescape(rawValue); err != nil {
			return nil, err
		}
	}
	if canonicalQuery(params) != query { // another order, encoding or a double, which the map holds once
		return nil, errors.New("signlink: not the canonical query")
	}
	return params, nil
}

const upperHex = "0123456789ABCDEF"

// escape is percent-encoding as RFC 3986 has it: all but letters, digits and -._~ are %XX, of their UTF-8 bytes, in capitals.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
	}
	return b.String()
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
