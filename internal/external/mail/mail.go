// Package mail sends mails by Amazon SES (API version 1, SendRawEmail: the local clouds offer no other). It builds the
// MIME message and decides nothing about its content.
package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/emersion/go-message/mail"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/domain/notice"
)

// Sender sends mails.
type Sender struct {
	SES   *ses.Client
	From  string // RFC 5322, for example "Turnup <hello@example.com>"
	Clock clock.Clock
}

// Send sends one mail and answers what SES calls it. A mail that SES refuses for its content or address is
// notice.ErrRefused; everything else is notice.ErrMailer and may be tried again. The Message-ID follows from the mail's key
// and the correlation id travels as a header.
func (s Sender) Send(ctx context.Context, m notice.Mail) (id string, err error) {
	raw, err := s.message(ctx, m)
	if err != nil {
		return "", notice.ErrRefused.Because(fmt.Errorf("mail: %w", err))
	}
	out, err := s.SES.SendRawEmail(ctx, &ses.SendRawEmailInput{Source: &s.From, Destinations: []string{m.To}, RawMessage: &types.RawMessage{Data: raw}})
	var rejected *types.MessageRejected
	switch {
	case errors.As(err, &rejected):
		return "", notice.ErrRefused.Because(err)
	case err != nil:
		return "", notice.ErrMailer.Because(err)
	case out.MessageId == nil:
		return "", nil
	}
	return *out.MessageId, nil
}

func (s Sender) message(ctx context.Context, m notice.Mail) ([]byte, error) {
	from, err := mail.ParseAddress(s.From)
	if err != nil {
		return nil, err
	}
	to, err := mail.ParseAddress(m.To)
	if err != nil {
		return nil, err
	}
	var h mail.Header
	h.SetAddressList("From", []*mail.Address{from})
	h.SetAddressList("To", []*mail.Address{to})
	h.SetSubject(m.Subject)
	h.SetDate(s.Clock.Now())
	h.SetMessageID(m.Key + "@turnup")
	h.SetText("X-Correlation-Id", event.TraceOf(ctx).Correlation)
	h.SetText("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers, please
	var out bytes.Buffer
	parts, err := mail.CreateInlineWriter(&out, h)
	if err != nil {
		return nil, err
	}
	for _, p := range []struct{ kind, body string }{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		var ph mail.InlineHeader
		ph.SetContentType(p.kind, map[string]string{"charset": "utf-8"})
		part, err := parts.CreatePart(ph)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(part, p.body); err != nil {
			return nil, err
		}
		if err := part.Close(); err != nil {
			return nil, err
		}
	}
	err = parts.Close()
	return out.Bytes(), err
}
