package web

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"turnup/internal/platform/gateway"
)

// cookiePrefix makes browsers take a cookie only over TLS (or from this machine), for this host alone and all of its paths.
const cookiePrefix = "__Host-"

// Cookies signs what browsers are told to remember, and knows it again.
type Cookies struct{ keys gateway.Keys }

// NewCookies reads its keys.
func NewCookies(keys string) (*Cookies, error) {
	k, err := gateway.ParseKeys(keys)
	return &Cookies{k}, err
}

// seal makes the value of a cookie: what it says, until when it is good, and the proof that we said so, under this name.
func (c *Cookies) seal(name, value string, until time.Time) string {
	said := base64.RawURLEncoding.EncodeToString([]byte(value)) + "." + strconv.FormatInt(until.Unix(), 10)
	return said + "." + c.keys.Sign("cookie "+name, said)
}

// open reads the value of a cookie; "" of one that is over or not ours.
func (c *Cookies) open(name, sealed string, now time.Time) string {
	at := strings.LastIndexByte(sealed, '.')
	if at < 0 {
		return ""
	}
	said, given := sealed[:at], sealed[at+1:]
	encoded, until, _ := strings.Cut(said, ".")
	end, err := strconv.ParseInt(until, 10, 64)
	value, broken := base64.RawURLEncoding.DecodeString(encoded)
	if !c.keys.Signed("cookie "+name, said, given) || err != nil || broken != nil || !now.Before(time.Unix(end, 0)) {
		return ""
	}
	return string(value)
}
