// Package account owns who somebody is to Turnup and how they show it: the account with its login names, contact data and
// state, its credentials, and its sessions. There is one kind of account, whichever journey it began in: with a username
// and a profile at once, or with a mail address that is verified first and gets its profile later. Staff have accounts too,
// with roles and without a profile.
//
// It does not sign tokens (base/token) nor send mails (domain/notice), and it does not own what a customer bought.
package account

import (
	"net/mail"
	"regexp"
	"strings"
	"time"

	"turnup/internal/base/country"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
)

// The faults of registration.
var (
	ErrUsernameExists  = fault.New(fault.Conflict, "username_exists", "This username is taken. Please sign in, or choose another one.", "customer")
	ErrUsernameInvalid = fault.New(fault.Invalid, "username_invalid", "A username has 3 to 64 letters, digits or the signs . _ @ + - and begins with a letter or digit.", "customer")
	ErrPasswordWeak    = fault.New(fault.Invalid, "password_weak", "Please choose another password: at least 8 characters, not a common one and not your name.", "customer")
	ErrCountryUnknown  = fault.New(fault.Invalid, "country_unknown", "This country code is not known.", "integrator")
	ErrUnknown         = fault.New(fault.NotFound, "customer_not_found", "There is no such customer.", "operator")
	ErrEmailExists     = fault.New(fault.Conflict, "email_exists", "This mail address is registered already. Please sign in, or reset your password.", "customer")
	ErrEmailInvalid    = fault.New(fault.Invalid, "email_invalid", "This is not a mail address.", "customer")
	ErrUsernameEmail   = fault.New(fault.Invalid, "username_not_own_email", "A username that is a mail address must be your own.", "customer")
	ErrQueryOff        = fault.New(fault.Forbidden, "username_query_off", "The username check is switched off.", "operator")
)

// Status is where an account is in its life.
type Status string

// The statuses. Unverified leads to Active or Expired, and both Unverified and Active to Erased; nothing else happens.
const (
	Unverified Status = "unverified" // the mail address is not confirmed yet, and has to be
	Active     Status = "active"
	Expired    Status = "expired" // it was not confirmed in time: nothing personal is left, the address is free
	Erased     Status = "erased"  // nothing personal is left; what was bought and paid stays
)

// Statuses lists them, for filters.
var Statuses = []Status{Unverified, Active, Expired, Erased}

// Limits on what a registration may hold, in characters.
const (
	UsernameMax = 64
	PasswordMin = 8
	PasswordMax = 128
	EmailMax    = 254 // RFC 5321
)

// Customer is a registered customer.
type Customer struct {
	Tenant       id.Tenant
	ID           id.Customer
	Username     string // as Normalise gives it
	Name         string
	Email        string
	Phone        string
	Country      string // ISO 3166-1 alpha-2
	Language     string // BCP 47, for mails
	TimeZone     string `dynamodbav:",omitempty"` // IANA, in which their bills' days begin; empty is their country's
	Marketing    bool   // consent to marketing mail
	TermsAt      time.Time
	Address      Address
	Status       Status
	RegisteredAt time.Time
	VerifiedAt   time.Time     // when the mail address was confirmed; zero when it is not
	ProfiledAt   time.Time     // when they became a customer who can buy; zero before there is a profile, and of staff
	Verification *Verification // while the address is to be confirmed, and what confirmed it
	FormerEmail  string        // the address before the last change, which is told of it
	Roles        []string      // of staff
	Tier         id.Tier       // what kind of customer this is; decides which plans are offered
	Groups       []id.Group    // extra groups, which may add private plans
	Exemption    *Exemption    `dynamodbav:",omitempty"` // why they pay no tax; nil when they do
	TestClock    id.TestClock  // sandbox mode only: the clock this customer lives by
	Version      int64         // counts changes, from 1
}

// Address is where a customer lives.
type Address struct {
	Line1, Line2, PostalCode, City, Region string
	Country                                string // ISO 3166-1 alpha-2
}

// Pending is what somebody has to do before they are a customer who can buy.
func (c Customer) Pending() token.Pending {
	switch {
	case c.Status == Unverified:
		return token.Verification
	case c.ProfiledAt.IsZero():
		return token.Profile
	}
	return token.Nothing
}

// Zone is the time zone in which the days of the customer's bills begin, by its IANA name; empty is UTC.
func (c Customer) Zone() string {
	if c.TimeZone != "" {
		return c.TimeZone
	}
	return country.Zone(c.Country)
}

// Gone tells whether nobody can sign in to the account any more.
func (c Customer) Gone() bool { return c.Status == Expired || c.Status == Erased }

// DefaultTier is what a customer is when nobody said otherwise.
const DefaultTier id.Tier = "standard"

var username = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]+$`)

// Normalise gives the form in which usernames are compared: without surrounding blanks, in lower case.
func Normalise(raw string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(raw))
	if len(name) < 3 || len(name) > 64 || !username.MatchString(name) {
		return "", ErrUsernameInvalid.Naming("query.username", "3 to 64 letters, digits or . _ @ + -")
	}
	return name, nil
}

// NormaliseEmail gives the form in which mail addresses are compared: without surrounding blanks, in lower case. (RFC 5321
// lets a mailbox tell cases apart; hardly any does, and two accounts that differ in case only would be a trap.)
func NormaliseEmail(raw string) (string, error) {
	address := strings.ToLower(strings.TrimSpace(raw))
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > EmailMax {
		return "", ErrEmailInvalid.Naming("body.email", "not a mail address")
	}
	return address, nil
}

// Validate checks what the schema of the request cannot, naming every field that is wrong at once.
func (c Customer) Validate(password string, terms bool) error {
	wrong := fault.ErrInvalid
	single := []*fault.Fault{}
	note := func(f *fault.Fault, field, message string) {
		wrong = wrong.Naming(field, message)
		single = append(single, f.Naming(field, message))
	}
	if _, err := Normalise(c.Username); err != nil {
		note(ErrUsernameInvalid, "body.username", "3 to 64 letters, digits or . _ @ + -")
	}
	if name, err := Normalise(c.Username); err == nil && strings.Contains(name, "@") && name != strings.ToLower(strings.TrimSpace(c.Email)) {
		note(ErrUsernameEmail, "body.username", "an address that is not yours")
	}
	if weak := weakness(password, c); weak != "" {
		note(ErrPasswordWeak, "body.password", weak)
	}
	if !country.Known(c.Country) {
		note(ErrCountryUnknown, "body.country", "not an ISO 3166-1 alpha-2 code")
	}
	if !terms {
		note(fault.ErrInvalid, "body.consent.terms", "the terms must be accepted")
	}
	return oneOf(single, wrong)
}

// ValidateEmail checks a registration by mail address in the same way.
func (c Customer) ValidateEmail(password string) error {
	wrong := fault.ErrInvalid
	single := []*fault.Fault{}
	if _, err := NormaliseEmail(c.Email); err != nil {
		wrong = wrong.Naming("body.email", "not a mail address")
		single = append(single, fault.Of(err))
	}
	if weak := weakness(password, c); weak != "" {
		wrong = wrong.Naming("body.password", weak)
		single = append(single, ErrPasswordWeak.Naming("body.password", weak))
	}
	return oneOf(single, wrong)
}

// ValidateBuyer checks a registration of somebody who is about to buy in the same way.
func (c Customer) ValidateBuyer(password string, terms bool) error {
	wrong := fault.ErrInvalid
	single := []*fault.Fault{}
	note := func(bad bool, f *fault.Fault, field, message string) {
		if bad {
			wrong = wrong.Naming(field, message)
			single = append(single, f.Naming(field, message))
		}
	}
	_, err := NormaliseEmail(c.Email)
	weak := weakness(password, c)
	note(!printable(c.Name, 1, NameMax), ErrProfileInvalid, "body.name", "1 to 120 characters in one line")
	note(err != nil, ErrEmailInvalid, "body.email", "not a mail address")
	note(weak != "", ErrPasswordWeak, "body.password", weak)
	note(!country.Known(c.Country), ErrCountryUnknown, "body.country", "not an ISO 3166-1 alpha-2 code")
	note(!terms, fault.ErrInvalid, "body.consent.terms", "the terms must be accepted")
	return oneOf(single, wrong)
}

// oneOf says one thing that is wrong by its own code, and several in one fault that names them all.
func oneOf(single []*fault.Fault, all *fault.Fault) error {
	switch len(single) {
	case 0:
		return nil
	case 1:
		return single[0]
	}
	return all
}
