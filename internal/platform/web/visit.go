package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"turnup/internal/base/fault"
	"turnup/internal/base/freetext"
	"turnup/internal/base/id"
	"turnup/internal/platform/gateway"
)

// MaxForm is the largest form in bytes.
const MaxForm = 64 << 10

// Visit is a request for a page.
type Visit struct {
	*http.Request
	site   *Site
	answer http.ResponseWriter
	query  url.Values
	form   url.Values
}

// read takes query and form in. Both are somebody else's words: what cannot be read is refused whole.
func (v *Visit) read() (err error) {
	if v.query, err = url.ParseQuery(v.URL.RawQuery); err != nil {
		return fault.ErrInvalid.Naming("query", "cannot be read")
	}
	if v.Method != http.MethodPost {
		return nil
	}
	if media, _, err := mime.ParseMediaType(v.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
		return fault.ErrInvalid.Naming("body", "not a form")
	}
	raw, err := io.ReadAll(io.LimitReader(v.Body, MaxForm+1))
	switch {
	case err != nil:
		return fault.ErrInvalid.Because(err)
	case len(raw) > MaxForm:
		return fault.ErrTooLarge
	}
	if v.form, err = url.ParseQuery(string(raw)); err != nil || !utf8.Valid(raw) {
		return fault.ErrInvalid.Naming("body", "not a form")
	}
	for name, values := range v.form {
		for _, value := range values {
			switch {
			case !utf8.ValidString(value):
				return fault.ErrInvalid.Naming("body."+name, "not text")
			case !secret(name) && freetext.CardLike(value):
				return freetext.ErrCardNumber.Naming("body."+name, "holds what looks like a card number")
			}
		}
	}
	return nil
}

// Password and NewPassword are the names of the fields that are kept nowhere and said again to nobody.
const (
	Password    = "password"
	NewPassword = "newPassword"
)

func secret(name string) bool { return name == Password || name == NewPassword }

// Tenant is the client account of this deployment.
func (v *Visit) Tenant() id.Tenant { return v.site.opts.Tenant }

// Now is when the request reached the function.
func (v *Visit) Now() time.Time { return v.site.opts.Clock.Now() }

// Field is a field of the form without blanks around it; a password is as it was given.
func (v *Visit) Field(name string) string {
	if secret(name) {
		return v.form.Get(name)
	}
	return strings.TrimSpace(v.form.Get(name))
}

// Query is the decoded query, with what came twice.
func (v *Visit) Query() url.Values { return v.query }

// Address is the visitor's IP as the gateway saw it.
func (v *Visit) Address() string { return gateway.Address(v.Context(), v.RemoteAddr) }

// RequestID names the request, for who asks for help.
func (v *Visit) RequestID() string { return gateway.Of(v.Context()).ID }

// Path is the page's path with its query, as On takes it.
func (v *Visit) Path() string {
	path := v.URL.EscapedPath()
	if v.URL.RawQuery != "" {
		path += "?" + v.URL.RawQuery
	}
	return path
}

// On is the address of one of the site's own pages by its path.
func (v *Visit) On(path string) string { return v.site.opts.Base + path }

// To is the address of one of the site's own pages, by the segments of its path.
func (v *Visit) To(segments ...string) string { return v.site.To(segments...) }

// Here is the address of the page itself, without its query.
func (v *Visit) Here() string { return v.site.opts.Base + v.URL.EscapedPath() }

// To is the address of a page of the site, by the segments of its path.
func (s *Site) To(segments ...string) string {
	var b strings.Builder
	b.WriteString(s.opts.Base)
	for _, segment := range segments {
		b.WriteString("/" + url.PathEscape(segment))
	}
	return b.String()
}

// Language is the tag of the language that the visitor's browser asks for first.
func (v *Visit) Language() string {
	first, _, _ := strings.Cut(v.Header.Get("Accept-Language"), ",")
	tag, _, _ := strings.Cut(first, ";")
	return strings.TrimSpace(tag)
}

// Note names the customer that a visit turned out to be of, for the access line.
func (v *Visit) Note(customer id.Customer) { gateway.Of(v.Context()).Customer = string(customer) }

// NoteStaff names who of the staff it turned out to be.
func (v *Visit) NoteStaff(member string) { gateway.Of(v.Context()).Staff = member }

var errNoCookies = errors.New("web: this site has no key for cookies")

// Cookie is what the browser was told to remember under a name; "" when it remembers nothing, or what we did not tell it.
func (v *Visit) Cookie(name string) string {
	c, err := v.Request.Cookie(cookiePrefix + name)
	if err != nil || v.site.opts.Cookies == nil {
		return ""
	}
	return v.site.opts.Cookies.open(name, c.Value, v.Now())
}

// Remember tells the browser to remember something under a name for a time. Scripts, other sites and other hosts do not get it.
func (v *Visit) Remember(name, value string, within time.Duration) error {
	if v.site.opts.Cookies == nil {
		return errNoCookies
	}
	http.SetCookie(v.answer, &http.Cookie{Name: cookiePrefix + name, Value: v.site.opts.Cookies.seal(name, value, v.Now().Add(within)), Path: "/",
		MaxAge: int(within.Seconds()), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return nil
}

// Forget tells the browser to forget it.
func (v *Visit) Forget(name string) {
	http.SetCookie(v.answer, &http.Cookie{Name: cookiePrefix + name, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// Vouch says, for a request to our own API, for whom it is made.
func (v *Visit) Vouch() string { return v.site.opts.Cookies.keys.Vouch(v.Address(), v.Now()) }
