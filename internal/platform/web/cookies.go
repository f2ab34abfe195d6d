package web

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

// cookiePrefix makes browsers take a cookie only over TLS (or from this machine), for this host alone and all of its paths.
const cookiePrefix = "__Host-"

// Cookies signs what browsers are told to remember, and knows it again.
type Cookies struct{ keys [][]byte }

// NewCookies reads one or more keys as base64 of at least 32 bytes, comma-separated: the first signs, all verify, so that keys can be rotated.
func NewCookies(keys string) (*Cookies, error) {
	c := &Cookies{}
	for _, encoded := range strings.Split(keys, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil || len(raw) < 32 {
			return nil, errors.New("web: a key for cookies is not base64 of at least 32 bytes")
		}
		c.keys = append(c.keys, raw)
	}
	return c, nil
}

// seal makes the value of a cookie: what it says, until when it is good, and the proof that we said so, under this name.
func (c *Cookies) seal(name, value string, until time.Time) string {
	said := base64.RawURLEncoding.EncodeToString([]byte(value)) + "." + strconv.FormatInt(until.Unix(), 10)
	return said + "." + proof(c.keys[0], name, said)
}

// open reads the value of a cookie; "" of one that is over or not ours.
func (c *Cookies) open(name, sealed string, now time.Time) string {
	at := strings.LastIndexByte(sealed, '.')
	if at < 0 {
		return ""
	}
	said, given := sealed[:at], sealed[at+1:]
	encoded, until, _ := strings.Cut(said, ".")
	for _, key := range c.keys {
		if !hmac.Equal([]byte(given), []byte(proof(key, name, said))) {
			continue
		}
		end, err := strconv.ParseInt(until, 10, 64)
		value, broken := base64.RawURLEncoding.DecodeString(encoded)
		if err != nil || broken != nil || !now.Before(time.Unix(end, 0)) {
			return ""
		}
		return string(value)
	}
	return ""
}

func proof(key []byte, name, said string) string {
	sum := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(sum, "cookie|%d:%s|%s", len(name), name, said) // a hash never fails
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}
