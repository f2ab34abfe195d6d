// Package feedback consumes what SES says of a mail after it took it: that it came back, or that its reader complained. The
// mail's record says so from then on, and an event announces it.
//
// The notifications come through a topic, raw: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
package feedback

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/notice"
)

// Name of the consumer.
const Name = "on-mail-feedback"

// Store finds mails by what the mailer calls them.
type Store interface {
	// MailSent finds the record of a mail; unknown is fault.ErrNotFound.
	MailSent(ctx context.Context, messageID string) (notice.Record, error)
	// MailCameBack keeps a record and announces it, if nobody else did since it was read; else fault.ErrUnavailable.
	MailCameBack(ctx context.Context, was, now notice.Record, announced event.Envelope) error
}

// Consumer handles the notifications of SES.
type Consumer struct {
	Store Store
	Clock clock.Clock
}

// notification is what SES says, in so far as it matters here: no addresses.
type notification struct {
	Type      string `json:"notificationType"`
	EventType string `json:"eventType"` // instead, when a configuration set sends it
	Bounce    struct {
		Type string    `json:"bounceType"`
		At   time.Time `json:"timestamp"`
	} `json:"bounce"`
	Complaint struct {
		At time.Time `json:"timestamp"`
	} `json:"complaint"`
	Mail struct {
		MessageID string    `json:"messageId"`
		At        time.Time `json:"timestamp"`
	} `json:"mail"`
}

// came says why the mail came back and when; "" when it did not.
func (n notification) came() (why notice.Return, at time.Time) {
	switch cmp.Or(n.Type, n.EventType) {
	case "Bounce":
		if n.Bounce.Type == "Permanent" {
			return notice.Permanent, n.Bounce.At
		}
		return notice.Transient, n.Bounce.At // Transient, or Undetermined
	case "Complaint":
		return notice.Complaint, n.Complaint.At
	}
	return "", time.Time{}
}

// settling is how long a mail's record may take to be written after the mailer took it. A younger mail without one is looked
// for again; an older one is not ours: another system may send from the same address.
const settling = 15 * time.Minute

// Handle handles one notification.
func (c Consumer) Handle(ctx context.Context, body []byte) error {
	var n notification
	if err := json.Unmarshal(body, &n); err != nil {
		return fault.ErrInvalid.Because(fmt.Errorf("feedback: not a notification of SES: %w", err))
	}
	why, at := n.came()
	switch {
	case why == "": // a delivery, or that the topic was connected
		return nil
	case n.Mail.MessageID == "":
		return fault.ErrInvalid.Because(errors.New("feedback: a notification of no mail"))
	}
	was, err := c.Store.MailSent(ctx, n.Mail.MessageID)
	switch {
	case errors.Is(err, fault.ErrNotFound) && c.Clock.Now().Sub(n.Mail.At) < settling:
		return fault.ErrUnavailable.Because(err)
	case errors.Is(err, fault.ErrNotFound):
		slog.InfoContext(ctx, "feedback of a mail that is not ours", "messageId", n.Mail.MessageID)
		return nil
	case err != nil:
		return err
	}
	now, news := was.CameBack(why, at)
	if !news {
		return nil
	}
	ctx = event.WithTrace(ctx, event.Trace{Correlation: was.Correlation, Causation: string(was.Event), Actor: "provider:ses"})
	return c.Store.MailCameBack(ctx, was, now, event.New(ctx, was.Tenant, c.Clock.Now(), event.MailBounced{CustomerID: was.Customer, Mail: was.Key, Kind: string(why)}))
}
