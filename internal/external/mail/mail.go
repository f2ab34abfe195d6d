// Package mail sends mails by Amazon SES (API version 1, SendRawEmail: the local clouds offer no other). It builds the
// MIME message and decides nothing about its content.
package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"
	gomail "github.com/wneessen/go-mail"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/notice"
)

// Sender sends mails.
type Sender struct {
	SES  *ses.Client
	From string // RFC 5322, for example "Turnup <hello@example.com>"
}

// Send sends one mail. A mail that SES refuses for its content or address is fault.ErrInvalid; the rest may be tried
// again. The Message-ID follows from the mail's key and the correlation id travels as a header.
func (s Sender) Send(ctx context.Context, m notice.Mail) error {
	raw, err := s.message(ctx, m)
	if err != nil {
		return fault.ErrInvalid.Because(fmt.Errorf("mail: %w", err))
	}
	_, err = s.SES.SendRawEmail(ctx, &ses.SendRawEmailInput{Source: &s.From, Destinations: []string{m.To}, RawMessage: &types.RawMessage{Data: raw}})
	var rejected *types.MessageRejected
	if errors.As(err, &rejected) {
		return fault.ErrInvalid.Because(err)
	}
	return err
}

func (s Sender) message(ctx context.Context, m notice.Mail) ([]byte, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(s.From), msg.To(m.To)); err != nil {
		return nil, err
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.Key + "@turnup")
	msg.SetGenHeader("X-Correlation-Id", event.TraceOf(ctx).Correlation)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers, please
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	var out bytes.Buffer
	_, err := msg.WriteTo(&out)
	return out.Bytes(), err
}
