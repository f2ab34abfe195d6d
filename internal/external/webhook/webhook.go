// Package webhook sends messages to the partners' endpoints: addresses that strangers choose. It calls none but public ones, over
// https, follows nothing, waits for a bounded time and reads a bounded answer.
//
// What a name leads to is judged when the connection is made, by the address that is connected to: a name that led to a public address
// when it was looked up first may lead to another one by then.
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"turnup/internal/base/clock"
	domain "turnup/internal/domain/webhook"
)

const (
	// Within is how long an endpoint may take for its whole answer.
	Within = 10 * time.Second
	// mostRead bounds what is read of an answer, mostKept what is kept of it, in bytes.
	mostRead, mostKept = 4 << 10, 200
	mostHeaders        = 16 << 10
)

// errAddress is a connection that is not made.
var errAddress = errors.New("webhook: no public address")

// Client sends.
type Client struct {
	http    *http.Client
	sandbox bool
	clock   clock.Clock
}

// New makes a client; one of a sandbox also calls http and addresses that are not public.
func New(sandbox bool, c clock.Clock) Client {
	dialer := &net.Dialer{Timeout: Within, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !sandbox && !domain.Public(to.Addr()) {
			return errAddress
		}
		return nil
	}}
	transport := &http.Transport{ // without a proxy: it would connect for us, wherever the name leads
		DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: Within, MaxResponseHeaderBytes: mostHeaders, DisableCompression: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
	}
	return Client{&http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, sandbox, c}
}

// Send sends a message. Whatever comes of it is an answer, and nothing of the address is in it: addresses may hold what opens them.
func (c Client) Send(ctx context.Context, address string, headers map[string]string, body string) domain.Answer {
	began := c.clock.Now()
	a := c.send(ctx, address, headers, body)
	a.At, a.Millis = began, c.clock.Now().Sub(began).Milliseconds()
	return a
}

func (c Client) send(ctx context.Context, address string, headers map[string]string, body string) (a domain.Answer) {
	if !domain.Allowed(address, c.sandbox) {
		a.Failure = "address_refused"
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, Within)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader([]byte(body)))
	if err != nil {
		a.Failure = "request"
		return a
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Turnup-Webhooks/1")
	res, err := c.http.Do(r)
	if err != nil {
		a.Failure = failureOf(err)
		return a
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, mostRead))
	a.Status, a.RetryAfter, a.Excerpt = res.StatusCode, retryAfter(res.Header.Get("Retry-After"), c.clock.Now()), excerpt(raw)
	if err != nil && ctx.Err() != nil { // it has said what became of it, and not in time
		a.Status, a.Failure = 0, "timeout"
	}
	return a
}

func failureOf(err error) string {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var timeout net.Error
	switch {
	case errors.Is(err, errAddress):
		return "address_refused"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &record), errors.As(err, &alert):
		return "tls"
	}
	return "connection"
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return min(time.Duration(seconds), 1<<20) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// excerpt is the beginning of an answer, as text in one line.
func excerpt(raw []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(raw[:min(len(raw), mostKept)]), "")))
}
