package mail

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ses"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/notice"
)

var receipt = notice.Mail{To: "zoe@example.com", Subject: "Größe: receipt for order ord_1", HTML: "<p>Zoë — 12,99 €</p>", Text: "Zoë — 12,99 €", Key: "receipt.ord_1"}

// inbox is SES: it keeps what was sent, or refuses it.
func inbox(t *testing.T, refusal string) (Sender, *url.Values) {
	t.Helper()
	got := &url.Values{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		*got = r.PostForm
		w.Header().Set("Content-Type", "text/xml")
		if refusal != "" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>`+refusal+`</Code><Message>no</Message></Error></ErrorResponse>`)
			return
		}
		_, _ = io.WriteString(w, `<SendRawEmailResponse><SendRawEmailResult><MessageId>1</MessageId></SendRawEmailResult></SendRawEmailResponse>`)
	}))
	t.Cleanup(server.Close)
	client := ses.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		})})
	return Sender{SES: client, From: "Türnup <hello@example.com>", Clock: clock.System}, got
}

func traced(t *testing.T, correlation string) context.Context {
	return event.WithTrace(t.Context(), event.Trace{Correlation: correlation})
}

func parsed(t *testing.T, raw []byte) *mail.Message {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func header(t *testing.T, m *mail.Message, name string) string {
	t.Helper()
	text, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// S0-41: one mail in two alternative parts with the same facts, whatever the alphabet.
func TestMessage(t *testing.T) {
	s, got := inbox(t, "")
	if id, err := s.Send(traced(t, "journey"), receipt); err != nil || id != "1" {
		t.Fatal(id, err)
	}
	if got.Get("Action") != "SendRawEmail" || got.Get("Destinations.member.1") != receipt.To {
		t.Errorf("got %v", got)
	}
	raw, err := base64.StdEncoding.DecodeString(got.Get("RawMessage.Data"))
	if err != nil {
		t.Fatal(err)
	}
	m := parsed(t, raw)
	for name, want := range map[string]string{"Subject": receipt.Subject, "Message-Id": "<receipt.ord_1@turnup>", "X-Correlation-Id": "journey", "Auto-Submitted": "auto-generated",
		"To": "<zoe@example.com>", "Mime-Version": "1.0"} {
		if got := header(t, m, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	from, err := m.Header.AddressList("From")
	if err != nil || from[0].Name != "Türnup" || from[0].Address != "hello@example.com" {
		t.Errorf("from %v, %v", from, err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatal(kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []struct{ kind, body string }{{"text/plain", receipt.Text}, {"text/html", receipt.HTML}} { // the last is the preferred one
		p, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p) // quoted-printable is undone by the reader
		kind, params, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil || kind != want.kind || !strings.EqualFold(params["charset"], "utf-8") || strings.TrimSpace(string(body)) != want.body {
			t.Errorf("%s (%v): %q, %v", kind, params, body, err)
		}
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Error("a third part")
	}
}

// The same mail has the same Message-ID, so that a mail sent twice can be recognised.
func TestMessageID(t *testing.T) {
	s := Sender{From: "a@example.com", Clock: clock.System}
	ids := map[string]bool{}
	for _, key := range []string{"receipt.ord_1", "receipt.ord_1", "receipt.ord_2"} {
		m := receipt
		m.Key = key
		raw, err := s.message(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		ids[parsed(t, raw).Header.Get("Message-Id")] = true
	}
	if len(ids) != 2 {
		t.Errorf("got %v", ids)
	}
}

// X8: nothing that comes from outside may add a header.
func TestHeadersCannotBeInjected(t *testing.T) {
	s := Sender{From: "a@example.com", Clock: clock.System}
	const evil = "x\r\nBcc: evil@example.com\r\n\r\nbody"
	m := receipt
	m.Subject = evil
	raw, err := s.message(traced(t, evil), m)
	if err == nil {
		if p := parsed(t, raw); p.Header.Get("Bcc") != "" || !strings.Contains(p.Header.Get("Content-Type"), "multipart/alternative") {
			t.Errorf("a header was added:\n%s", raw)
		}
	}
	m.To = "zoe@example.com\r\nBcc: evil@example.com"
	if raw, err := s.message(t.Context(), m); err == nil && parsed(t, raw).Header.Get("Bcc") != "" {
		t.Errorf("a header was added:\n%s", raw)
	}
}

// What SES refuses for good is parked; the rest may be tried again.
func TestFailures(t *testing.T) {
	for refusal, permanent := range map[string]bool{"MessageRejected": true, "Throttling": false, "AccountSendingPausedException": false, "ServiceUnavailable": false} {
		s, _ := inbox(t, refusal)
		_, err := s.Send(t.Context(), receipt)
		if err == nil || fault.Transient(err) == permanent || permanent != errors.Is(err, notice.ErrRefused) || permanent == errors.Is(err, notice.ErrMailer) {
			t.Errorf("%s: got %v", refusal, err)
		}
	}
	s, got := inbox(t, "")
	for _, to := range []string{"", "nobody", "a@b@c"} {
		m := receipt
		m.To = to
		if _, err := s.Send(t.Context(), m); !errors.Is(err, notice.ErrRefused) || len(*got) > 0 {
			t.Errorf("%q: got %v, sent %v", to, err, *got)
		}
	}
}
