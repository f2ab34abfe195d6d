package account

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"turnup/internal/base/civil"
	"turnup/internal/base/country"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
)

// The faults of profiles.
var (
	ErrProfileExists  = fault.New(fault.Conflict, "profile_exists", "Your profile is complete already. You can change it.", "integrator")
	ErrProfileInvalid = fault.New(fault.Invalid, "profile_invalid", "Please check the marked fields.", "customer")
	ErrCountryFixed   = fault.New(fault.Conflict, "country_fixed", "The country cannot be changed, because it decides what you can buy and how it is taxed. Please contact us when you move.", "customer")
)

// Limits of a profile, in characters.
const (
	NameMax       = 120
	LineMax       = 100
	PostalCodeMax = 16
)

var (
	phone    = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	language = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)
)

// Profile is what a customer says of themselves, or what they want changed of it: nil stays as it is.
type Profile struct {
	Name, Phone, Language *string
	TimeZone              *string // IANA, in which the days of bills begin; contracts that run keep theirs
	Marketing             *bool
	Address               *AddressChange
}

// AddressChange is what is said of an address, or to be changed of it.
type AddressChange struct {
	Line1, Line2, PostalCode, City, Region, Country *string
}

// Complete makes an account a customer who can buy. From then on the country is fixed.
func (c Customer) Complete(p Profile, now time.Time) (Customer, error) {
	switch {
	case c.Gone():
		return c, ErrUnknown
	case c.Pending() == token.Verification:
		return c, token.ErrUnverified
	case c.Pending() == token.Nothing:
		return c, ErrProfileExists
	}
	if p.Name == nil {
		p.Name = new(string) // which is wrong
	}
	if p.Address == nil {
		p.Address = &AddressChange{}
	}
	next := c.with(p)
	next.Country = next.Address.Country
	if err := next.check(p); err != nil {
		return c, err
	}
	next.ProfiledAt = now
	next.Version++
	return next, nil
}

// Update changes what is said, and answers the names of the fields that are another now; none, when nothing is.
func (c Customer) Update(p Profile) (Customer, []string, error) {
	switch {
	case c.Gone():
		return c, nil, ErrUnknown
	case c.Pending() != token.Nothing:
		return c, nil, c.Pending().Bar()
	case p.Address != nil && p.Address.Country != nil && *p.Address.Country != c.Country:
		return c, nil, ErrCountryFixed
	}
	next := c.with(p)
	if p.Address != nil {
		next.Address.Country = c.Country // of a customer whose first address this is
	}
	if err := next.check(p); err != nil {
		return c, nil, err
	}
	fields := next.differing(c)
	if len(fields) > 0 {
		next.Version++
	}
	return next, fields, nil
}

// with takes over what is said, without blanks around it.
func (c Customer) with(p Profile) Customer {
	take := func(to *string, from *string) {
		if from != nil {
			*to = strings.TrimSpace(*from)
		}
	}
	take(&c.Name, p.Name)
	take(&c.Phone, p.Phone)
	take(&c.Language, p.Language)
	take(&c.TimeZone, p.TimeZone)
	if p.Marketing != nil {
		c.Marketing = *p.Marketing
	}
	if a := p.Address; a != nil {
		take(&c.Address.Line1, a.Line1)
		take(&c.Address.Line2, a.Line2)
		take(&c.Address.PostalCode, a.PostalCode)
		take(&c.Address.City, a.City)
		take(&c.Address.Region, a.Region)
		take(&c.Address.Country, a.Country)
	}
	return c
}

// differing names the fields of a profile in which two differ.
func (c Customer) differing(was Customer) (fields []string) {
	for name, same := range map[string]bool{"name": c.Name == was.Name, "phone": c.Phone == was.Phone, "language": c.Language == was.Language, "timeZone": c.TimeZone == was.TimeZone,
		"marketingConsent": c.Marketing == was.Marketing, "address": c.Address == was.Address} {
		if !same {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields
}

// check looks at what was said, and names every field that is wrong at once. Of an address the whole must be right; what was
// said at another time, by other rules perhaps, is left alone.
func (c Customer) check(said Profile) error {
	wrong := ErrProfileInvalid
	note := func(good bool, field, message string) {
		if !good {
			wrong = wrong.Naming("body."+field, message)
		}
	}
	note(said.Name == nil || printable(c.Name, 1, NameMax), "name", "1 to 120 characters in one line")
	note(said.Phone == nil || c.Phone == "" || phone.MatchString(c.Phone), "phone", "a number in E.164 form, as +4930123456")
	note(said.Language == nil || c.Language == "" || language.MatchString(c.Language), "language", "a language tag (BCP 47), as en or de-AT")
	if a := c.Address; said.Address != nil {
		note(printable(a.Line1, 1, LineMax), "address.line1", "1 to 100 characters in one line")
		note(printable(a.Line2, 0, LineMax), "address.line2", "at most 100 characters in one line")
		note(printable(a.PostalCode, 1, PostalCodeMax), "address.postalCode", "1 to 16 characters in one line")
		note(printable(a.City, 1, LineMax), "address.city", "1 to 100 characters in one line")
		note(printable(a.Region, 0, LineMax), "address.region", "at most 100 characters in one line")
		note(country.Known(a.Country), "address.country", "not an ISO 3166-1 alpha-2 code")
	}
	if len(wrong.Fields) > 0 {
		return wrong
	}
	if said.TimeZone != nil {
		if _, err := civil.Zone(c.TimeZone); err != nil {
			return civil.ErrZone.Naming("body.timeZone", "a time zone of the IANA database, as Europe/Berlin")
		}
	}
	return nil
}

// printable tells whether a text has so many characters, none of which is a control character: names and addresses go into
// mails, onto labels and to other systems.
func printable(text string, least, most int) bool {
	n := utf8.RuneCountInString(text)
	return utf8.ValidString(text) && n >= least && n <= most && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) })
}
