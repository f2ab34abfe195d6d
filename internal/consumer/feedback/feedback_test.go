package feedback_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/consumer/feedback"
	"turnup/internal/domain/notice"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// store has one mail, and refuses who read an older version of its record.
type store struct {
	record    notice.Record
	announced []event.Envelope
	faster    bool // somebody else is
}

func (s *store) MailSent(_ context.Context, messageID string) (notice.Record, error) {
	if messageID != s.record.MessageID {
		return notice.Record{}, fault.ErrNotFound
	}
	return s.record, nil
}

func (s *store) MailCameBack(_ context.Context, was, now notice.Record, announced event.Envelope) error {
	if was.Returned != s.record.Returned || s.faster {
		return fault.ErrUnavailable
	}
	s.record, s.announced = now, append(s.announced, announced)
	return nil
}

func mailed() *store {
	return &store{record: notice.Record{Tenant: "demo", Customer: "cus_1", Event: "evt_1", Key: "welcome.cus_1", Kind: notice.KindWelcome, Status: notice.Sent, MessageID: "ses-1",
		Correlation: "journey", TriggeredAt: noon, HandedAt: noon}}
}

func handle(s *store, body string) error {
	return feedback.Consumer{Store: s, Clock: clock.At(noon.Add(time.Hour))}.Handle(context.Background(), []byte(body))
}

// The examples of SES's documentation, shortened.
const (
	bounce    = `{"notificationType":"Bounce","bounce":{"bounceType":"$TYPE","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"ada@example.com","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}],"timestamp":"2026-11-02T12:00:09.000Z","feedbackId":"f-1","reportingMTA":"dns; mail.example.com"},"mail":{"timestamp":"2026-11-02T12:00:00.000Z","source":"hello@example.com","messageId":"ses-1","destination":["ada@example.com"]}}`
	complaint = `{"notificationType":"Complaint","complaint":{"userAgent":"AnyCompany Feedback Loop (V0.01)","complainedRecipients":[{"emailAddress":"ada@example.com"}],"complaintFeedbackType":"abuse","timestamp":"2026-11-02T12:00:10.000Z","feedbackId":"f-2"},"mail":{"timestamp":"2026-11-02T12:00:00.000Z","messageId":"ses-1"}}`
	delivery  = `{"notificationType":"Delivery","mail":{"timestamp":"2026-11-02T12:00:00.000Z","messageId":"ses-1"},"delivery":{"timestamp":"2026-11-02T12:00:01.000Z","recipients":["ada@example.com"]}}`
	connected = `{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"You have successfully subscribed your Amazon SNS topic to receive Bounce notifications."}`
)

func bounced(kind string) string { return strings.Replace(bounce, "$TYPE", kind, 1) }

// S3-149: bounces and complaints are recorded, each kind once, however often they are told; the journey's correlation goes on, and no
// address does.
func TestFeedbackIsRecorded(t *testing.T) {
	for body, want := range map[string]struct {
		status notice.Status
		why    notice.Return
	}{
		bounced("Permanent"):    {notice.Bounced, notice.Permanent},
		bounced("Transient"):    {notice.Bounced, notice.Transient},
		bounced("Undetermined"): {notice.Bounced, notice.Transient},
		complaint:               {notice.Complained, notice.Complaint},
		strings.Replace(complaint, "notificationType", "eventType", 1): {notice.Complained, notice.Complaint},
	} {
		s := mailed()
		for range 3 {
			if err := handle(s, body); err != nil {
				t.Fatal(err)
			}
		}
		if s.record.Status != want.status || s.record.Returned != want.why || s.record.ReturnedAt.Sub(noon).Round(time.Second) < 9*time.Second || s.record.MessageID != "ses-1" {
			t.Errorf("%s: %+v", want.why, s.record)
		}
		if len(s.announced) != 1 {
			t.Fatalf("%s: announced %d times", want.why, len(s.announced))
		}
		var data event.MailBounced
		e := s.announced[0]
		if err := event.Decode(e, &data); err != nil || data.Kind != string(want.why) || data.Mail != "welcome.cus_1" || data.CustomerID != "cus_1" || e.CorrelationID != "journey" ||
			e.Actor != "provider:ses" || strings.Contains(string(e.Data), "@") {
			t.Errorf("%s: announced %+v", want.why, e)
		}
	}
}

// What is worse is recorded after what is milder, not the other way round.
func TestWorseIsNews(t *testing.T) {
	s := mailed()
	for _, body := range []string{bounced("Transient"), bounced("Permanent"), bounced("Transient"), complaint, bounced("Permanent")} {
		if err := handle(s, body); err != nil {
			t.Fatal(err)
		}
	}
	if s.record.Returned != notice.Complaint || len(s.announced) != 3 {
		t.Errorf("%+v, announced %d", s.record, len(s.announced))
	}
}

// Deliveries are no news; a mail that is not ours is left alone; one that was sent just now is looked for again.
func TestWhatIsNotOurs(t *testing.T) {
	s := mailed()
	for _, body := range []string{delivery, connected, `{}`} {
		if err := handle(s, body); err != nil || s.record.Status != notice.Sent {
			t.Errorf("%s: %v", body, err)
		}
	}
	if err := handle(s, strings.Replace(complaint, "ses-1", "theirs", 1)); err != nil {
		t.Error(err)
	}
	recent := strings.NewReplacer("ses-1", "unwritten", "12:00:00.000", "12:50:00.000").Replace(complaint)
	if err := handle(s, recent); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	s.faster = true
	if err := handle(s, complaint); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	for _, body := range []string{"", "no JSON", `[]`, `{"notificationType":"Bounce"}`, `{"notificationType":7}`} {
		if err := handle(s, body); err == nil || fault.Transient(err) {
			t.Errorf("%q: %v", body, err)
		}
	}
}
