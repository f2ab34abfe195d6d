// Package notice owns what people are told by mail: the catalogue of mails, how each reads in each language, how it looks,
// and what is known of a mail that was sent. It does not decide when a mail is due, and it does not send.
//
// A mail is a Content: typed data of one kind. Its words are data (languages/*.json), its look is one generic letter
// (letter.templ; `make docs` makes the Go code of it) with at most one button, so that every mail has one clear action.
// templ escapes as html/template does. html/template itself looks methods up by name, so that the linker would have to
// keep every method of the AWS clients beside it: a function twice the size.
package notice

import (
	"context"
	"strings"

	"turnup/internal/base/fault"
)

// The faults of mails.
var (
	ErrKindUnknown = fault.New(fault.NotFound, "mail_kind_unknown", "There is no such kind of mail.", "integrator")
	ErrRefused     = fault.New(fault.Invalid, "mail_refused", "The mail was refused for its address or its content.", "operator")
	ErrMailer      = fault.New(fault.Unavailable, "mailer_unavailable", "The mail could not be handed over for now.", "operator")
)

// Mail is one mail, ready to be sent.
type Mail struct {
	Kind     Kind
	To       string
	Language string // in which it came out, a BCP 47 tag
	Subject  string
	HTML     string
	Text     string
	Key      string // names the mail for ever: the same cause gives the same key, and so the same Message-ID
}

// Theme is how the mails of a client account look, and where their links lead.
type Theme struct {
	Brand  string // the client account's name
	Color  string // of stripe and button, as #rrggbb
	WebURL string // base address of the front end
}

// Reader is who a mail is for.
type Reader struct {
	Name     string // may be empty
	Email    string
	Language string // BCP 47; what is not shipped falls back, de-AT to de and at last to English
}

// Content is what one kind of mail says.
type Content interface {
	Kind() Kind
	letter(p pen) letter
}

// Write makes the mail of a content. What it is about (an order, an event) makes its key.
func (t Theme) Write(to Reader, c Content, about string) (Mail, error) {
	p := penFor(t, to)
	l := c.letter(p)
	var html strings.Builder
	if err := letterHTML(l, p).Render(context.Background(), &html); err != nil {
		return Mail{}, err
	}
	return Mail{Kind: c.Kind(), To: to.Email, Language: p.tag, Subject: l.Subject, HTML: html.String(), Text: l.text(p), Key: string(c.Kind()) + "." + about}, nil
}
