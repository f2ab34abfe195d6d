// Package noticeadmin is mails for the operator's staff: what was mailed about an account and what became of it, which kinds
// of mail there are, and how each looks. It sends nothing.
package noticeadmin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/notice"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "mails"

// Store reads what is known of mails.
type Store interface {
	// Customer reads an account; unknown is fault.ErrNotFound.
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error)
	// Mails reads one page of what was mailed about an account, newest first.
	Mails(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []notice.Record, next string, err error)
}

// Deps are the parts the service works with.
type Deps struct {
	Store Store
	Theme notice.Theme
}

type service struct{ Deps }

type listInput struct {
	CustomerID id.Customer `path:"customerId" maxLength:"40" pattern:"^(cus|stf)_[0-9A-Z]{26}$" patternDescription:"an account id" doc:"Whose mails they are: a customer's, or a member of staff's" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Limit      int32       `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most mails a page"`
	Cursor     string      `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"TUFJTCNldnRfMDFKRDNRNlY2Szhm"`
}

type previewInput struct {
	Kind     notice.Kind `path:"kind" maxLength:"40" pattern:"^[a-z]+(-[a-z]+)*$" patternDescription:"a kind of mail" doc:"Which mail" example:"welcome"`
	Language string      `query:"language" maxLength:"35" pattern:"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$" patternDescription:"a BCP 47 language tag" default:"en" doc:"In which language; one that is not shipped falls back as it does for customers" example:"de-AT"`
	Sample   int         `query:"sample" minimum:"1" maximum:"20" default:"1" doc:"Which of its samples; listMailKinds says how many there are"`
}

// mail is what is known of one mail. There is nothing of its text, and nothing of its address.
type mail struct {
	EventID     id.Event      `json:"eventId" doc:"The event that led to it" example:"evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Mail        string        `json:"mail" doc:"Names the mail; it is in its Message-ID" example:"welcome.cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Kind        notice.Kind   `json:"kind" doc:"Which mail it is" example:"welcome"`
	Language    string        `json:"language" doc:"In which it is written" example:"de"`
	Status      notice.Status `json:"status" enum:"sending,sent,failing,parked,bounced,complained" doc:"sent: the mailer took it; failing: it is tried again; parked: it waits for an operator" example:"sent"`
	TriggeredAt time.Time     `json:"triggeredAt" doc:"When the event became true" example:"2030-01-01T12:10:00Z"`
	TriedAt     time.Time     `json:"triedAt" doc:"When it was tried last" example:"2030-01-01T12:10:02Z"`
	HandedAt    *time.Time    `json:"handedAt,omitempty" doc:"When the mailer took it" example:"2030-01-01T12:10:02Z"`
	Attempts    int           `json:"attempts" doc:"How often it was tried" example:"1"`
	Code        string        `json:"code,omitempty" doc:"Why the last try failed" example:"mailer_unavailable"`
	MessageID   string        `json:"messageId,omitempty" doc:"The mailer's name for it" example:"0102018f2c5e9d3a-000000"`
	Returned    notice.Return `json:"returned,omitempty" enum:"transient,permanent,complaint" doc:"Why it came back: the address takes no mail for now, never, or its reader called it spam" example:"permanent"`
	ReturnedAt  *time.Time    `json:"returnedAt,omitempty" doc:"When it came back" example:"2030-01-01T12:10:09Z"`
}

func mailOf(r notice.Record) mail {
	return mail{EventID: r.Event, Mail: r.Key, Kind: r.Kind, Language: r.Language, Status: r.Status, TriggeredAt: r.TriggeredAt, TriedAt: r.TriedAt, HandedAt: given(r.HandedAt),
		Attempts: r.Attempts, Code: r.Code, MessageID: r.MessageID, Returned: r.Returned, ReturnedAt: given(r.ReturnedAt)}
}

func given(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

type mailPage struct {
	Mails      []mail `json:"mails" nullable:"false" doc:"Newest first"`
	NextCursor string `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"TUFJTCNldnRfMDFKRDNRNlY2Szhm"`
}

type listOutput struct{ Body mailPage }

// kind is an entry of the catalogue.
type kind struct {
	Kind    notice.Kind `json:"kind" doc:"Names it for ever" example:"welcome"`
	Trigger string      `json:"trigger,omitempty" doc:"The event that leads to it; none of a mail whose event does not exist yet" example:"account.registered"`
	To      string      `json:"to" doc:"Who gets it" example:"the customer"`
	Samples int         `json:"samples" doc:"How many samples there are to preview" example:"1"`
}

type catalogue struct {
	Languages []string `json:"languages" nullable:"false" doc:"In which each of them is written; customers of other languages get English" example:"[\"de\",\"en\"]"`
	Kinds     []kind   `json:"kinds" nullable:"false" doc:"In the order of the customer's journey"`
}

type kindsOutput struct{ Body catalogue }

type preview struct {
	Kind     notice.Kind `json:"kind" doc:"Which mail" example:"service-resumed"`
	Language string      `json:"language" doc:"In which it came out" example:"en"`
	Subject  string      `json:"subject" doc:"Its subject" example:"Fibre 500 is back"`
	HTML     string      `json:"html" doc:"What mail programs show that show HTML: a whole page" example:"<!doctype html>…"`
	Text     string      `json:"text" doc:"What others show" example:"Your service is back…"`
}

type previewOutput struct{ Body preview }

var readers = []string{token.RoleAdmin, token.RoleSupport}

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	at := time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC)
	handed := at.Add(2 * time.Second)
	rest.Register(a, rest.Op{
		ID: "listMails", Method: http.MethodGet, Path: "/admin/customers/{customerId}/mails", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "List what was mailed about an account, newest first",
		About: "Each mail with when it became due, when the mailer took it, and what became of it. A mail that was not needed any more, such as a reminder to confirm what is confirmed, " +
			"is not among them. Go on with the nextCursor while there is one.",
		Faults: []*fault.Fault{account.ErrUnknown, fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")},
		Answer: mailPage{Mails: []mail{{EventID: "evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Mail: "welcome.cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Kind: notice.KindWelcome, Language: "de", Status: notice.Sent,
			TriggeredAt: at, TriedAt: handed, HandedAt: &handed, Attempts: 1, MessageID: "0102018f2c5e9d3a-000000"}}},
	}, s.list)
	rest.Register(a, rest.Op{
		ID: "listMailKinds", Method: http.MethodGet, Path: "/admin/mails", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "List the kinds of mail there are",
		About:   "The catalogue of mails, with what leads to each and who gets it.",
		Answer:  catalogue{Languages: []string{"de", "en"}, Kinds: []kind{{notice.KindWelcome, "account.registered", "the customer", 1}}},
	}, s.kinds)
	rest.Register(a, rest.Op{
		ID: "previewMail", Method: http.MethodGet, Path: "/admin/mails/{kind}/preview", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "See how a mail looks",
		About:   "With made-up data, never a customer's, and under this deployment's name and colour. Its links lead nowhere.",
		Faults:  []*fault.Fault{notice.ErrKindUnknown},
		Answer:  preview{notice.KindServiceResumed, "en", "Fibre 500 is back", "<!doctype html>…", "Your service is back…"},
	}, s.preview)
}

func (s service) list(ctx context.Context, in *listInput) (*listOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	tenant := rest.CallerOf(ctx).Tenant
	if _, err := s.Store.Customer(ctx, tenant, in.CustomerID); errors.Is(err, fault.ErrNotFound) {
		return nil, account.ErrUnknown
	} else if err != nil {
		return nil, err
	}
	found, next, err := s.Store.Mails(ctx, tenant, in.CustomerID, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := mailPage{Mails: []mail{}, NextCursor: rest.Cursor(next)}
	for _, r := range found {
		out.Mails = append(out.Mails, mailOf(r))
	}
	return &listOutput{out}, nil
}

func (s service) kinds(context.Context, *struct{}) (*kindsOutput, error) {
	out := catalogue{Languages: notice.Languages(), Kinds: []kind{}}
	for _, e := range notice.Catalogue() {
		out.Kinds = append(out.Kinds, kind{e.Kind, e.Trigger, e.To, len(e.Samples)})
	}
	return &kindsOutput{out}, nil
}

// example is who samples are written to.
var example = notice.Reader{Name: "Ada Lovelace", Email: "ada@example.com"}

func (s service) preview(_ context.Context, in *previewInput) (*previewOutput, error) {
	e, err := notice.EntryOf(in.Kind)
	if err != nil {
		return nil, err
	}
	if in.Sample > len(e.Samples) {
		return nil, fault.ErrInvalid.Naming("query.sample", fmt.Sprintf("there are %d samples", len(e.Samples)))
	}
	to := example
	to.Language = in.Language
	m, err := s.Theme.Write(to, e.Samples[in.Sample-1], "preview")
	if err != nil {
		return nil, err
	}
	return &previewOutput{preview{m.Kind, m.Language, m.Subject, m.HTML, m.Text}}, nil
}
