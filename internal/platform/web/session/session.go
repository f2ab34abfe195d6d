// Package session is who is signed in on a site of pages, and the API behind the site, called in their name.
//
// Pages that need a session know no store: what they show they read from Turnup's own API, and what a form asks for they ask of it, with the
// visitor's access token. So a page can do what its visitor may do by the API, and no more. The tokens live in a signed cookie that scripts,
// other sites and other hosts do not get; they are refreshed when they run out. What each page shows is its api package's.
package session

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/platform/web"
)

// SignedIn is a session as the API opens it, and as the browser keeps it.
type SignedIn struct {
	Account          string    `json:"accountId"`
	ID               string    `json:"sessionId"`
	Access           string    `json:"accessToken"`
	AccessExpires    time.Time `json:"expiresAt"`
	Refresh          string    `json:"refreshToken"`
	RefreshExpiresAt time.Time `json:"refreshExpiresAt"`
	Pending          string    `json:"pending,omitempty"`
	Roles            []string  `json:"roles,omitempty"` // of staff; customers have none
}

// Credentials are what a sign-in form asks for.
type Credentials struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Code     string `json:"code,omitempty"` // of the second factor
}

// Desk signs visitors of one site in and out.
type Desk struct {
	API    API
	Name   string // of the cookie: a customer's session is none of the console's
	SignIn string // path of the page to sign in on; it gets the address to go on to as "next"
	Staff  bool   // for staff alone; else for customers alone
}

// ErrOther is the answer to staff who sign in as customers, and to customers who sign in as staff.
var ErrOther = fault.New(fault.Forbidden, "signed_in_elsewhere", "This account is for the other door: customers sign in to their account, staff to the console.", "customer")

// soon is how long before its end an access token counts as over, so that it does not end on its way.
const soon = 10 * time.Second

// Open signs a visitor in.
func (d Desk) Open(v *web.Visit, with Credentials) error {
	var in SignedIn
	if err := d.API.send(v, call{method: http.MethodPost, path: "/auth/login", key: NewAttempt(v), body: with, into: &in}); err != nil {
		return err
	}
	if (len(in.Roles) > 0) != d.Staff {
		return errors.Join(ErrOther, d.caller(v, in).Post("/auth/logout", NewAttempt(v), nil, nil))
	}
	d.note(v, in)
	return d.keep(v, in)
}

// note names who is signed in, for the access line.
func (d Desk) note(v *web.Visit, in SignedIn) {
	if d.Staff {
		v.NoteStaff(in.Account)
	} else {
		v.Note(id.Customer(in.Account))
	}
}

// Close signs the visitor out.
func (d Desk) Close(v *web.Visit) {
	if in, err := d.read(v); err == nil {
		d.note(v, in)
		_ = d.caller(v, in).Post("/auth/logout", NewAttempt(v), nil, nil) // a session that cannot be ended now ends by itself, and the browser forgets it in any case
	}
	v.Forget(d.Name)
}

func (d Desk) keep(v *web.Visit, in SignedIn) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return v.Remember(d.Name, string(raw), in.RefreshExpiresAt.Sub(v.Now()))
}

var errNobody = errors.New("session: nobody is signed in")

func (d Desk) read(v *web.Visit) (in SignedIn, err error) {
	raw := v.Cookie(d.Name)
	if raw == "" || json.Unmarshal([]byte(raw), &in) != nil {
		return SignedIn{}, errNobody
	}
	return in, nil
}

// of finds who is signed in, with an access token that is good.
func (d Desk) of(v *web.Visit) (SignedIn, error) {
	in, err := d.read(v)
	if err != nil || v.Now().Before(in.AccessExpires.Add(-soon)) {
		return in, err
	}
	return d.renew(v, in)
}

func (d Desk) renew(v *web.Visit, in SignedIn) (next SignedIn, err error) {
	err = d.API.send(v, call{method: http.MethodPost, path: "/auth/refresh", key: NewAttempt(v), body: map[string]string{"refreshToken": in.Refresh}, into: &next})
	if errors.Is(err, token.ErrInvalid) {
		return SignedIn{}, errNobody
	}
	if err != nil {
		return SignedIn{}, err
	}
	return next, d.keep(v, next)
}

// Renew reads the session anew, after something that its tokens tell about has changed.
func (d Desk) Renew(v *web.Visit) error {
	in, err := d.read(v)
	if err == nil {
		_, err = d.renew(v, in)
	}
	return err
}

// For shows a page to who is signed in. Whoever is not signs in first, and then comes to the page, unless it was a form they sent.
func (d Desk) For(show func(*web.Visit, Caller) (web.Answer, error)) func(*web.Visit) (web.Answer, error) {
	return func(v *web.Visit) (web.Answer, error) {
		in, err := d.of(v)
		if errors.Is(err, errNobody) {
			return d.toSignIn(v), nil
		}
		if err != nil {
			return web.Answer{}, err
		}
		d.note(v, in)
		answer, err := show(v, d.caller(v, in))
		if errors.Is(err, token.ErrInvalid) {
			return d.toSignIn(v), nil // somebody ended the session elsewhere
		}
		return answer, err
	}
}

// toSignIn leads to the page to sign in on.
func (d Desk) toSignIn(v *web.Visit) web.Answer {
	v.Forget(d.Name)
	to := v.On(d.SignIn)
	if v.Method == http.MethodGet {
		to += "?next=" + url.QueryEscape(v.Path())
	}
	return web.Go(to)
}

// Next is where to go after signing in: a page of the site under a path, or that path when the query names none.
func Next(v *web.Visit, folder string) string {
	if next := v.Query().Get("next") + v.Field("next"); strings.HasPrefix(next, folder+"/") && !strings.ContainsAny(next, "\\\r\n") && !strings.Contains(next, "//") {
		return v.On(next)
	}
	return v.On(folder)
}
