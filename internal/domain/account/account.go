// Package account owns who a customer is: the username, the contact and the password. It does not own sessions
// (base/token signs them) nor what the customer bought.
package account

import (
	"regexp"
	"strings"
	"time"

	"turnup/internal/base/country"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// The faults of registration.
var (
	ErrUsernameExists  = fault.New(fault.Conflict, "username_exists", "This username is taken. Please sign in, or choose another one.", "customer")
	ErrUsernameInvalid = fault.New(fault.Invalid, "username_invalid", "A username has 3 to 64 letters, digits or the signs . _ @ + - and begins with a letter or digit.", "customer")
	ErrPasswordWeak    = fault.New(fault.Invalid, "password_weak", "Please choose another password: at least 8 characters, not a common one and not your name.", "customer")
	ErrCountryUnknown  = fault.New(fault.Invalid, "country_unknown", "This country code is not known.", "integrator")
	ErrUnknown         = fault.New(fault.NotFound, "customer_not_found", "There is no such customer.", "operator")
	ErrQueryOff        = fault.New(fault.Forbidden, "username_query_off", "The username check is switched off.", "operator")
)

// Limits on what a registration may hold, in characters.
const (
	UsernameMax = 64
	PasswordMin = 8
	PasswordMax = 128
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
	Marketing    bool   // consent to marketing mail
	TermsAt      time.Time
	PasswordHash string // argon2id in PHC form
	RegisteredAt time.Time
	Tier         id.Tier      // what kind of customer this is; decides which plans are offered
	Groups       []id.Group   // extra groups, which may add private plans
	TestClock    id.TestClock // sandbox mode only: the clock this customer lives by
	Version      int64        // counts changes by staff, from 1
}

// DefaultTier is what a customer is when nobody said otherwise.
const DefaultTier id.Tier = "standard"

var username = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]{2,63}$`)

// Normalise gives the form in which usernames are compared: without surrounding blanks, in lower case.
func Normalise(raw string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(raw))
	if !username.MatchString(name) {
		return "", ErrUsernameInvalid.Naming("query.username", "3 to 64 letters, digits or . _ @ + -")
	}
	return name, nil
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
	if weak := weakness(password, c); weak != "" {
		note(ErrPasswordWeak, "body.password", weak)
	}
	if !country.Known(c.Country) {
		note(ErrCountryUnknown, "body.country", "not an ISO 3166-1 alpha-2 code")
	}
	if !terms {
		note(fault.ErrInvalid, "body.consent.terms", "the terms must be accepted")
	}
	switch len(single) {
	case 0:
		return nil
	case 1:
		return single[0] // one thing is wrong: say it by its own code
	}
	return wrong
}
