package journey

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/journey/demo"
	"turnup/internal/platform/secrets"
)

// reader is somebody who gets mails: an account that the tests write themselves, with what happened to it announced through
// the outbox as the services do.
type reader struct {
	customer    account.Customer
	credentials account.Credentials
}

func newReader(t *testing.T, language string) *reader {
	t.Helper()
	now := time.Now().Truncate(time.Second)
	r := &reader{customer: account.Customer{Tenant: demo.Tenant, ID: id.New[id.Customer](id.CustomerPrefix, now), Email: newName() + "@example.com", Language: language,
		RegisteredAt: now, Tier: account.DefaultTier, Version: 1}.BeginVerification()}
	r.credentials = account.Credentials{Tenant: demo.Tenant, Account: r.customer.ID, PasswordHash: "none", Version: 1}
	return r
}

// save writes the account as it is and announces what happened to it, now.
func (r *reader) save(t *testing.T, happened ...event.Data) (all []event.Envelope) {
	t.Helper()
	for some := range slices.Chunk(happened, 4) { // as many as one transaction of the services announces
		var events []event.Envelope
		for _, data := range some {
			events = append(events, event.New(event.WithTrace(t.Context(), event.Trace{Correlation: "journey-" + string(r.customer.ID), Causation: "journey", Actor: "system:journey"}), demo.Tenant, time.Now(), data))
		}
		customer, credentials := r.customer, r.credentials
		if err := site.DB().SaveAccount(t.Context(), account.Change{Tenant: demo.Tenant, Account: customer.ID, Customer: &customer, Credentials: &credentials, Events: events}); err != nil {
			t.Fatal(err)
		}
		r.customer.Version++
		r.credentials.Version++
		all = append(all, events...)
	}
	return all
}

// mailRecord is an entry of listMails.
type mailRecord struct {
	EventID, Mail, Kind, Language, Status, Code, MessageID, Returned string
	TriggeredAt, HandedAt                                            time.Time
	Attempts                                                         int
}

func (r *reader) records(t *testing.T) (all []mailRecord) {
	t.Helper()
	for cursor := ""; ; {
		page := into[struct {
			Mails      []mailRecord
			NextCursor string
		}](t, must[Answer](t)(admin(t).Get(t.Context(), "/admin/customers/"+string(r.customer.ID)+"/mails?"+url.Values{"limit": {"5"}, "cursor": {cursor}}.Encode())))
		all = append(all, page.Mails...)
		if cursor = page.NextCursor; cursor == "" {
			return all
		}
	}
}

// awaitRecords waits until so many mails have come to an end.
func (r *reader) awaitRecords(t *testing.T, n int, status string) []mailRecord {
	t.Helper()
	var found []mailRecord
	eventually(t, time.Minute, fmt.Sprintf("%d mails %s of %s", n, status, r.customer.ID), func() bool {
		found = r.records(t)
		return len(slices.DeleteFunc(slices.Clone(found), func(m mailRecord) bool { return m.Status != status })) >= n
	})
	return found
}

var mailedLink = regexp.MustCompile(`(https?://\S+)\?token=(\S+)`)

// S3-148, S3-150: the welcome mail is handed over within a minute after its event, and its times are recorded; its link leads to the page
// that confirms, and its token is signed for that alone and names the nonce that is good.
func TestS3WelcomeMail(t *testing.T) {
	r := newReader(t, "de-AT")
	happened := r.save(t, event.AccountRegistered{CustomerID: r.customer.ID})
	mail := must[Mail](t)(site.AwaitMail(t.Context(), r.customer.Email, time.Minute))
	if !strings.Contains(mail.Subject, "Willkommen") || !strings.Contains(mail.BodyHTML, "Mailadresse bestätigen") {
		t.Errorf("%s\n%s", mail.Subject, mail.BodyText)
	}
	found := mailedLink.FindStringSubmatch(mail.BodyText)
	if found == nil || !strings.HasSuffix(found[1], "/verify-email") {
		t.Fatalf("no link to confirm:\n%s", mail.BodyText)
	}
	const key = "link-key"
	links := must[*token.LinkKeys](t)(token.NewLinkKeys(must[map[string]string](t)(secrets.Read(t.Context(), ssm.NewFromConfig(site.AWS()), site.Secrets, key))[key]))
	link := must[token.Link](t)(links.Verify(token.VerifyEmail, found[2]))
	if v := r.customer.Verification; link.Account != r.customer.ID || link.Nonce != v.Nonce || !link.Expires.Equal(v.ExpiresAt) {
		t.Errorf("%+v", link)
	}
	if _, err := links.Verify(token.ResetPassword, found[2]); err == nil {
		t.Error("the link confirms and resets")
	}
	records := r.awaitRecords(t, 1, "sent")
	m := records[0]
	if len(records) != 1 || m.EventID != string(happened[0].ID) || m.Kind != "welcome" || m.Language != "de" || m.Attempts != 1 || m.MessageID == "" ||
		m.HandedAt.Before(m.TriggeredAt) || m.HandedAt.Sub(m.TriggeredAt) > time.Minute {
		t.Errorf("%+v", records)
	}
}

// S3-148: everything that happens to an account leads to one mail each, however often its event is delivered; what is no longer true leads to
// none.
func TestS3EachMailOnce(t *testing.T) {
	r := newReader(t, "")
	r.customer, _, _ = r.customer.Verify(time.Now())
	r.customer.Version, r.customer.FormerEmail = 1, newName()+"@example.com"
	who, until, ticket := r.customer.ID, time.Now().Add(time.Hour), id.New[id.Ticket](id.TicketPrefix, time.Now())
	r.credentials.Reset = &account.Mailed{Nonce: "reset", ExpiresAt: until}
	r.credentials.NewEmail = &account.NewEmail{Mailed: account.Mailed{Nonce: "new", ExpiresAt: until}, Address: newName() + "@example.com"}
	happened := r.save(t, event.AccountVerified{CustomerID: who, By: "mail"}, event.PasswordResetRequested{CustomerID: who}, event.PasswordChanged{CustomerID: who, By: "change"},
		event.EmailChangeRequested{CustomerID: who}, event.EmailChanged{CustomerID: who}, event.SecondFactorEnabled{CustomerID: who}, event.SecondFactorDisabled{CustomerID: who, By: "staff"},
		event.TicketOpened{CustomerID: who, TicketID: ticket, Category: "technical", Priority: "normal"}, event.TicketAnswered{CustomerID: who, TicketID: ticket, By: "staff", Number: 2}, event.TicketResolved{CustomerID: who, TicketID: ticket, By: "staff"},
		event.AccountRegistered{CustomerID: who}, event.VerificationRequested{CustomerID: who, Why: "reminder"}, // confirmed meanwhile
		event.TicketAnswered{CustomerID: who, TicketID: ticket, By: "customer", Number: 3}, event.TicketAnswered{CustomerID: who, TicketID: ticket, By: "note", Number: 4})
	want := []string{"email-change", "email-changed", "email-verified", "password-changed", "password-reset", "second-factor-disabled", "second-factor-enabled", "ticket-answered", "ticket-opened", "ticket-resolved"}
	r.awaitRecords(t, len(want), "sent")
	bus := eventbridge.NewFromConfig(site.AWS())
	for _, e := range happened { // once more, as a relay may
		detail, name := string(must[[]byte](t)(json.Marshal(e))), os.Getenv("TURNUP_OUT_BusName")
		must[*eventbridge.PutEventsOutput](t)(bus.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
			{EventBusName: &name, Source: aws.String("turnup"), DetailType: aws.String(string(e.Type)), Detail: &detail}}}))
	}
	late := newReader(t, "") // comes after them in the queue
	late.save(t, event.AccountRegistered{CustomerID: late.customer.ID})
	late.awaitRecords(t, 1, "sent")
	var kinds []string
	for _, m := range r.records(t) {
		kinds = append(kinds, m.Kind)
		if m.Status != "sent" || m.Attempts != 1 || m.HandedAt.Sub(m.TriggeredAt) > time.Minute {
			t.Errorf("%+v", m)
		}
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
	}
	for address, n := range map[string]int{r.customer.Email: 8, r.customer.FormerEmail: 1, r.credentials.NewEmail.Address: 1} {
		if got := must[[]Mail](t)(site.Mails(t.Context(), address)); len(got) != n {
			t.Errorf("%d mails to %s, want %d", len(got), address, n)
		}
	}
}

// S3-149: a mail that cannot be sent holds nothing up: it is parked, staff see why, and the next one is sent.
func TestS3MailThatIsRefused(t *testing.T) {
	r := newReader(t, "")
	address := r.customer.Email
	r.customer.Email = "nobody" // no mail address
	r.save(t, event.AccountRegistered{CustomerID: r.customer.ID})
	if m := r.awaitRecords(t, 1, "parked")[0]; m.Code != "mail_refused" || !m.HandedAt.IsZero() {
		t.Errorf("%+v", m)
	}
	r.customer.Email = address
	r.save(t, event.PasswordChanged{CustomerID: r.customer.ID, By: "change"})
	r.awaitRecords(t, 1, "sent")
}

// publish tells the feedback topic something, as SES does.
func publish(t *testing.T, message map[string]any) {
	t.Helper()
	form := url.Values{"Action": {"Publish"}, "Version": {"2010-03-31"}, "TopicArn": {os.Getenv("TURNUP_OUT_MailFeedbackTopicArn")}, "Message": {string(must[[]byte](t)(json.Marshal(message)))}}.Encode()
	req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodPost, site.Endpoint+"/", strings.NewReader(form)))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	cfg, sum := site.AWS(), sha256.Sum256([]byte(form))
	credentials := must[aws.Credentials](t)(cfg.Credentials.Retrieve(t.Context()))
	if err := v4.NewSigner().SignHTTP(t.Context(), credentials, req, hex.EncodeToString(sum[:]), "sns", cfg.Region, time.Now()); err != nil {
		t.Fatal(err)
	}
	res := must[*http.Response](t)(http.DefaultClient.Do(req))
	defer res.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", res.StatusCode, answer.String(), err)
	}
}

// S3-149: a mail that came back says so in its record, and the operator's systems are told once; a delivery changes nothing.
func TestS3MailThatBounces(t *testing.T) {
	r := newReader(t, "")
	r.save(t, event.AccountRegistered{CustomerID: r.customer.ID})
	m := r.awaitRecords(t, 1, "sent")[0]
	about := map[string]any{"timestamp": time.Now().UTC(), "messageId": m.MessageID, "destination": []string{r.customer.Email}}
	publish(t, map[string]any{"notificationType": "Delivery", "mail": about, "delivery": map[string]any{"timestamp": time.Now().UTC()}})
	bounce := map[string]any{"notificationType": "Bounce", "mail": about, "bounce": map[string]any{"bounceType": "Permanent", "bounceSubType": "General", "timestamp": time.Now().UTC()}}
	publish(t, bounce)
	publish(t, bounce)
	if back := r.awaitRecords(t, 1, "bounced"); len(back) != 1 || back[0].Returned != "permanent" || back[0].MessageID != m.MessageID || !back[0].HandedAt.Equal(m.HandedAt) {
		t.Errorf("%+v", back)
	}
	e := exactlyOne(t, event.TypeMailBounced, string(r.customer.ID))
	if e.CorrelationID != "journey-"+string(r.customer.ID) || !strings.Contains(string(e.Data), m.Mail) || strings.Contains(string(e.Data), r.customer.Email) {
		t.Errorf("%+v", e)
	}
}

// S3-115: staff see each mail there is, in each language, as it looks under this deployment's name: with one button.
func TestS3MailPreviews(t *testing.T) {
	ctx, staff := context.Background(), admin(t)
	catalogue := into[struct {
		Languages []string
		Kinds     []struct {
			Kind    string
			Samples int
		}
	}](t, must[Answer](t)(staff.Get(ctx, "/admin/mails")))
	if len(catalogue.Kinds) < 20 || !slices.Equal(catalogue.Languages, []string{"de", "en"}) {
		t.Fatalf("%+v", catalogue)
	}
	type preview struct{ Kind, Language, Subject, HTML, Text string }
	see := func(path string) preview { t.Helper(); return into[preview](t, must[Answer](t)(staff.Get(ctx, path))) }
	for _, k := range catalogue.Kinds {
		for _, language := range catalogue.Languages {
			p := see("/admin/mails/" + k.Kind + "/preview?language=" + language)
			if p.Kind != k.Kind || p.Language != language || p.Subject == "" || p.Text == "" || strings.Count(p.HTML, "display:inline-block") != 1 || !strings.Contains(p.HTML, "Turnup Demo") {
				t.Errorf("%s in %s: %+v", k.Kind, language, p)
			}
		}
	}
	if p := see("/admin/mails/dunning-reminder/preview?language=de-CH&sample=3"); p.Language != "de" || !strings.Contains(p.Subject, "Letzte Erinnerung") {
		t.Errorf("%+v", p)
	}
	if p := see("/admin/mails/welcome/preview?language=fr"); p.Language != "en" {
		t.Errorf("%+v", p)
	}
	a, err := staff.Get(ctx, "/admin/mails/unheard-of/preview")
	expect(t, a, err, http.StatusNotFound, "mail_kind_unknown")
	a, err = staff.Get(ctx, "/admin/mails/welcome/preview?sample=2")
	expect(t, a, err, http.StatusBadRequest, "invalid_request")
	a, err = staff.Get(ctx, "/admin/customers/cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/mails")
	expect(t, a, err, http.StatusNotFound, "customer_not_found")
	a, err = staff.Get(ctx, "/admin/customers/"+string(id.New[id.Customer](id.CustomerPrefix, time.Now()))+"/mails?cursor=!")
	expect(t, a, err, http.StatusBadRequest, "cursor_invalid")
}
