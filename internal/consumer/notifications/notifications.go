// Package notifications consumes the events that lead to a mail, renders the mail and hands it to the mailer, once for
// each event, and keeps what became of it.
//
// What an event says may be long past when it is handled. So a mail is written from how the account is at that moment: the
// token of a link is made of the nonce that is good then, and what is no longer true is not sent.
package notifications

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/notice"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/worker"
)

// Name of the consumer, in metrics.
const Name = "on-notifications"

// Lease is how long one delivery of an event has for sending before another may try.
const Lease = time.Minute

// Store reads accounts and keeps a mail from being sent twice.
type Store interface {
	// Customer reads a customer; Account reads the credentials as well.
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error)
	Account(ctx context.Context, tenant id.Tenant, account id.Customer) (account.Customer, account.Credentials, error)
	// Now is the time by a customer's clock.
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
	// Service reads a line.
	Service(ctx context.Context, tenant id.Tenant, s id.Service) (provisioning.Service, error)
	// Subscription reads a contract.
	Subscription(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Subscription, error)
	// ClaimMail takes a mail for sending and counts the try: once.ErrHandled when the mailer has it, fault.ErrUnavailable while
	// another delivery holds the claim.
	ClaimMail(ctx context.Context, r notice.Record, lease time.Duration) (notice.Record, error)
	// TriedMail keeps what the try came to, and ends the claim.
	TriedMail(ctx context.Context, r notice.Record) error
}

// Mailer sends mails and answers what it calls each.
type Mailer interface {
	Send(ctx context.Context, m notice.Mail) (messageID string, err error)
}

// Links makes the tokens of links.
type Links interface {
	Sign(p token.Purpose, link token.Link) (string, error)
}

// Consumer handles the events that lead to mails.
type Consumer struct {
	Store  Store
	Mailer Mailer
	Links  Links
	Theme  notice.Theme
	Clock  clock.Clock

	Signups Signups
	Resumes Resumes
}

// due is the mail that an event leads to, if it is still true.
type due struct {
	account id.Customer
	about   string // what names the mail for ever; the event unless there is something better
	secrets bool   // whether the credentials are needed
	write   func(ctx context.Context, a state) (notice.Content, error)
	to      func(a state) string // where to, unless it is the account's mail address
}

// state is how an account is when the mail is written.
type state struct {
	account.Customer
	account.Credentials
}

// stale says why a mail is not sent any more. It is no failure.
type stale string

func (s stale) Error() string { return "notifications: no longer true: " + string(s) }

// Handle sends the mail of one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	d, err := c.dueTo(e)
	if err != nil {
		return err
	}
	a, err := c.read(ctx, e.Tenant, d)
	if err != nil {
		return err
	}
	mail, err := c.mail(ctx, d, a)
	var past stale
	switch {
	case errors.As(err, &past):
		slog.InfoContext(ctx, "mail not sent", "eventId", e.ID, "type", e.Type, "why", string(past))
		return nil
	case err != nil:
		return err
	}
	return c.send(ctx, e, d.account, a.TestClock, mail)
}

// dueTo finds the mail of an event.
func (c Consumer) dueTo(e event.Envelope) (due, error) {
	for _, of := range []func(event.Envelope) (due, error){c.ofVerification, c.ofAccess, c.ofService, c.ofRenewal, c.ofDunning, c.ofContract, c.ofSignup, ofSecurity, ofTicket, ofPurchase, ofInvoice} {
		d, err := of(e)
		if d.about == "" {
			d.about = string(e.ID)
		}
		if err != nil || d.write != nil {
			return d, err
		}
	}
	return due{}, fault.ErrInvalid.Because(fmt.Errorf("notifications: no mail is due to %s", e.Type))
}

func (c Consumer) read(ctx context.Context, tenant id.Tenant, d due) (a state, err error) {
	if d.secrets {
		a.Customer, a.Credentials, err = c.Store.Account(ctx, tenant, d.account)
		return a, err
	}
	a.Customer, err = c.Store.Customer(ctx, tenant, d.account)
	return a, err
}

// mail writes the mail, or says why it is not true any more.
func (c Consumer) mail(ctx context.Context, d due, a state) (notice.Mail, error) {
	if a.Gone() {
		return notice.Mail{}, stale("the account is gone")
	}
	content, err := d.write(ctx, a)
	if err != nil {
		return notice.Mail{}, err
	}
	to := a.Email
	if d.to != nil {
		to = d.to(a)
	}
	return c.Theme.Write(notice.Reader{Name: a.Name, Email: to, Language: a.Language}, content, d.about)
}

// send hands a mail to the mailer, unless that was done, and keeps what became of it.
func (c Consumer) send(ctx context.Context, e event.Envelope, owner id.Customer, testClock id.TestClock, m notice.Mail) error {
	r, err := c.Store.ClaimMail(ctx, notice.Record{Tenant: e.Tenant, Customer: owner, Event: e.ID, Key: m.Key, Kind: m.Kind, Language: m.Language,
		Correlation: e.CorrelationID, Status: notice.Sending, TriggeredAt: e.Time, TriedAt: c.Clock.Now()}, Lease)
	if errors.Is(err, once.ErrHandled) {
		return nil
	}
	if err != nil {
		return err
	}
	messageID, failed := c.Mailer.Send(ctx, m)
	r = r.Tried(c.Clock.Now(), messageID, failed, worker.Parks(ctx, failed))
	if failed == nil && testClock == "" { // a test clock's events are of another time
		metric.Emit(c.Clock.Now(), "MailLag", metric.Seconds, r.Took().Seconds(), map[string]string{"Consumer": Name})
	}
	return errors.Join(failed, c.Store.TriedMail(ctx, r))
}

// link makes the token of a link whose nonce is good now, and says until when it is.
func (c Consumer) link(ctx context.Context, a account.Customer, p token.Purpose, m *account.Mailed) (string, time.Time, error) {
	if m == nil {
		return "", time.Time{}, stale("the link was used or withdrawn")
	}
	now, err := c.Store.Now(ctx, a.Tenant, a.TestClock)
	if err != nil {
		return "", time.Time{}, err
	}
	if !now.Before(m.ExpiresAt) {
		return "", time.Time{}, stale("the link is over")
	}
	signed, err := c.Links.Sign(p, token.Link{Tenant: a.Tenant, Account: a.ID, Nonce: m.Nonce, Expires: m.ExpiresAt})
	return signed, m.ExpiresAt, err
}
