package provisioning

import (
	"strings"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// The faults of places.
var (
	ErrLocationUnknown = fault.New(fault.NotFound, "location_not_found", "There is no such location.", "customer")
	ErrLocationNeeded  = fault.New(fault.Invalid, "location_required", "This plan is for a place: please say which.", "customer")
	ErrNotServiceable  = fault.New(fault.Conflict, "address_not_serviceable", "The fibre network does not reach this address yet.", "customer")
	ErrLocationServed  = fault.New(fault.Conflict, "location_already_served", "There is a service at this location already.", "customer")
	ErrTooSlow         = fault.New(fault.Conflict, "location_too_slow", "The line at this location is not fast enough for this plan.", "customer")
)

// Address of a place.
type Address struct {
	Street   string `json:"street" dynamodbav:"street" minLength:"1" maxLength:"100" doc:"Street" example:"Ringstrasse"`
	House    string `json:"houseNumber" dynamodbav:"house" minLength:"1" maxLength:"20" doc:"House number, with what tells the flats of a house apart" example:"12a"`
	Postcode string `json:"postcode" dynamodbav:"postcode" minLength:"1" maxLength:"12" doc:"Postcode" example:"10115"`
	City     string `json:"city" dynamodbav:"city" minLength:"1" maxLength:"100" doc:"City" example:"Berlin"`
	Country  string `json:"country" dynamodbav:"country" minLength:"2" maxLength:"2" pattern:"^[A-Z]{2}$" patternDescription:"an ISO 3166-1 alpha-2 code" doc:"Country" example:"DE"`
}

// Location is a place that the network reaches: one home, with the port its fibre ends at.
type Location struct {
	Tenant    id.Tenant
	ID        id.Location
	Address   Address
	Port      Port
	Most      Profile   // what the line can do
	Equipment Equipment // what stands there already, if anything does
	Serves    id.Service
	Serving   bool  // whether it may be ordered for
	Version   int64 // counts changes, from 1
}

// mark tells what is left out when words are compared.
func mark(r rune) bool { return r == ' ' || r == '-' || r == '.' || r == '\'' }

// folded is a word as it is compared: without capitals, blanks and marks.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if mark(r) {
			return -1
		}
		return r
	}, strings.ToLower(strings.NewReplacer("ß", "ss", "straße", "str", "strasse", "str", "street", "st").Replace(strings.ToLower(s))))
}

// numbered is a house number as it is compared: as a word, but numbers stay apart, because 12-14 is not 1214.
func numbered(s string) (whole string) {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	for _, part := range strings.FieldsFunc(s, mark) {
		if whole != "" && digit(whole[len(whole)-1]) && digit(part[0]) {
			whole += "-"
		}
		whole += folded(part)
	}
	return whole
}

// Area is the postcode area of an address, as it is looked up.
func (a Address) Area() string { return a.Country + "#" + folded(a.Postcode) }

// Door is street and number, as they are looked up within the area.
func (a Address) Door() string { return folded(a.Street) + "#" + numbered(a.House) }

// Qualify tells why a plan's speed cannot be had at the location; nil when it can.
func (l *Location) Qualify(p Profile) error {
	switch {
	case l == nil:
		return ErrLocationUnknown
	case !l.Serving:
		return ErrNotServiceable
	case l.Serves != "":
		return ErrLocationServed
	case l.Most.DownKbps < p.DownKbps || l.Most.UpKbps < p.UpKbps:
		return ErrTooSlow
	}
	return nil
}
