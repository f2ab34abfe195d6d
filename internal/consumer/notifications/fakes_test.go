package notifications_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/consumer/notifications"
	"turnup/internal/domain/account"
	"turnup/internal/domain/notice"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// store has one account, and the records with their claims: held until the lease runs out (the test lets it), or until the
// try is told.
type store struct {
	customer    account.Customer
	credentials account.Credentials
	service     provisioning.Service
	contract    subscription.Subscription
	now         time.Time // by the customer's clock
	records     map[id.Event]notice.Record
	held        map[id.Event]bool
	unknown     bool
	broken      error // of telling what a try came to
}

func ada() *store {
	return &store{now: noon.Add(time.Hour), records: map[id.Event]notice.Record{}, held: map[id.Event]bool{},
		customer: account.Customer{Tenant: "demo", ID: "cus_1", Name: "Ada", Email: "ada@example.com", Status: account.Active, RegisteredAt: noon, VerifiedAt: noon, ProfiledAt: noon}}
}

// unverified is an account whose mail address waits to be confirmed.
func unverified() *store {
	s := ada()
	s.customer.VerifiedAt, s.customer.ProfiledAt, s.customer.Name = time.Time{}, time.Time{}, ""
	s.customer = s.customer.BeginVerification()
	return s
}

func (s *store) Customer(context.Context, id.Tenant, id.Customer) (account.Customer, error) {
	if s.unknown {
		return account.Customer{}, fault.ErrNotFound
	}
	return s.customer, nil
}

func (s *store) Account(context.Context, id.Tenant, id.Customer) (account.Customer, account.Credentials, error) {
	if s.unknown {
		return account.Customer{}, account.Credentials{}, account.ErrUnknown
	}
	return s.customer, s.credentials, nil
}

func (s *store) Now(context.Context, id.Tenant, id.TestClock) (time.Time, error) { return s.now, nil }

func (s *store) Service(_ context.Context, _ id.Tenant, svc id.Service) (provisioning.Service, error) {
	if svc != s.service.ID {
		return provisioning.Service{}, provisioning.ErrUnknown
	}
	return s.service, nil
}

func (s *store) Subscription(context.Context, id.Tenant, id.Customer, id.Subscription) (subscription.Subscription, error) {
	return s.contract, nil
}

func (s *store) ClaimMail(_ context.Context, r notice.Record, lease time.Duration) (notice.Record, error) {
	was := s.records[r.Event]
	switch {
	case lease != notifications.Lease || r.Status != notice.Sending:
		return r, errors.New("wrong claim")
	case !was.HandedAt.IsZero():
		return r, once.ErrHandled
	case s.held[r.Event]:
		return r, fault.ErrUnavailable
	}
	r.Attempts = was.Attempts + 1
	s.records[r.Event], s.held[r.Event] = r, true
	return r, nil
}

func (s *store) TriedMail(_ context.Context, r notice.Record) error {
	if s.broken != nil {
		return s.broken
	}
	s.records[r.Event], s.held[r.Event] = r, false
	return nil
}

// mailer takes mails, or fails as told.
type mailer struct {
	sent []notice.Mail
	errs []error
}

func (m *mailer) Send(_ context.Context, mail notice.Mail) (string, error) {
	m.sent = append(m.sent, mail)
	if len(m.errs) > 0 {
		err := m.errs[0]
		m.errs = m.errs[1:]
		return "", err
	}
	return "ses-" + mail.Key, nil
}

var keys = func() *token.LinkKeys {
	k, err := token.NewLinkKeys(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	if err != nil {
		panic(err)
	}
	return k
}()

func consumer(s *store, m *mailer) notifications.Consumer {
	return notifications.Consumer{Store: s, Mailer: m, Links: keys, Theme: notice.Theme{Brand: "Demo", Color: "#1f4fd8", WebURL: "https://web.example.com"},
		Clock: clock.At(noon.Add(3 * time.Second))}
}

func announced(t *testing.T, data event.Data) event.Envelope {
	t.Helper()
	return event.New(event.WithTrace(t.Context(), event.Trace{Correlation: "journey"}), "demo", noon, data)
}

// sent handles an event and gives the one mail it led to.
func sent(t *testing.T, s *store, data event.Data) notice.Mail {
	t.Helper()
	m := &mailer{}
	if err := consumer(s, m).Handle(t.Context(), announced(t, data)); err != nil {
		t.Fatal(err)
	}
	if len(m.sent) != 1 {
		t.Fatalf("%T led to %d mails", data, len(m.sent))
	}
	return m.sent[0]
}

// silent handles an event that shall lead to no mail, no record and no retry.
func silent(t *testing.T, s *store, data event.Data) {
	t.Helper()
	m := &mailer{}
	if err := consumer(s, m).Handle(t.Context(), announced(t, data)); err != nil || len(m.sent) > 0 || len(s.records) > 0 {
		t.Errorf("%T: %v, %d mails, %d records", data, err, len(m.sent), len(s.records))
	}
}
