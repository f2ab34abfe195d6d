package networkadmin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"turnup/internal/base/country"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/rest"
)

// LocationPath names a location. (huma reads embedded structs only when they are exported.)
type LocationPath struct {
	LocationID id.Location `path:"locationId" maxLength:"64" pattern:"^[a-z0-9][a-z0-9-]{0,63}$" patternDescription:"lower-case letters, digits and hyphens" doc:"Id of the location, chosen by you" example:"loc-100231"`
}

// Place is what staff say of a location. (huma reads embedded structs only when they are exported.)
type Place struct {
	Address     provisioning.Address `json:"address" doc:"Where it is"`
	Port        provisioning.Port    `json:"port" doc:"Where its fibre begins"`
	Most        provisioning.Profile `json:"most" doc:"What the line can do"`
	Serviceable bool                 `json:"serviceable" doc:"Whether it may be ordered for"`
	ONUSerial   string               `json:"onuSerial,omitempty" maxLength:"16" pattern:"^[A-Za-z0-9]{8,16}$" patternDescription:"a serial number" doc:"Of a fibre terminal that stands there already" example:"BBSM00000001"`
	CPEID       string               `json:"cpeId,omitempty" maxLength:"200" pattern:"^[0-9A-Fa-f]{6}-[A-Za-z0-9%_.-]+$" patternDescription:"OUI, product class and serial number" doc:"Of a router that stands there already" example:"202BC1-BM632w-000001"`
}

type location struct {
	LocationID id.Location `json:"locationId" doc:"Id of the location" example:"loc-100231"`
	Version    int64       `json:"version" doc:"Counts changes; the ETag holds it" example:"3"`
	ServiceID  id.Service  `json:"serviceId,omitempty" doc:"The service that is there, if there is one" example:"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Place
}

type locationOutput struct {
	ETag string `header:"ETag" doc:"Version of the location, for If-Match" example:"\"3\""`
	Body location
}

func locationOf(l provisioning.Location) *locationOutput {
	return &locationOutput{ETag: rest.ETag(l.Version), Body: location{LocationID: l.ID, Version: l.Version, ServiceID: l.Serves,
		Place: Place{Address: l.Address, Port: l.Port, Most: l.Most, Serviceable: l.Serving, ONUSerial: l.Equipment.ONU, CPEID: l.Equipment.CPE}}}
}

var exampleLocation = location{LocationID: "loc-100231", Version: 1, Place: Place{Address: provisioning.Address{Street: "Ringstrasse", House: "12a", Postcode: "10115", City: "Berlin", Country: "DE"},
	Port: provisioning.Port{OLT: "olt-1", PON: "pon-0/1"}, Most: provisioning.Profile{DownKbps: 1000000, UpKbps: 500000}, Serviceable: true}}

type putLocationInput struct {
	LocationPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the location the change is meant for; another version is refused" example:"\"3\""`
	Body    Place
}

type locationInput struct{ LocationPath }

func (s service) registerLocations(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "putLocation", Method: http.MethodPut, Path: "/admin/locations/{locationId}", Audience: rest.Staff, Roles: noc, Service: Service,
		Summary: "Record or change a home that the network reaches",
		About:   "Address, port and what the line can do. Qualification and orders go by it at once; a service that is there keeps what it has.",
		Events:  []string{string(event.TypeConfigurationChanged)},
		Faults:  []*fault.Fault{catalogue.ErrCountryUnknown.Naming("body.address.country", "not an ISO 3166-1 alpha-2 code"), fault.ErrStale},
		Request: exampleLocation.Place, Answer: exampleLocation,
	}, s.putLocation)
	rest.Register(a, rest.Op{
		ID: "readLocation", Method: http.MethodGet, Path: "/admin/locations/{locationId}", Audience: rest.Staff, Roles: noc, Service: Service,
		Summary: "Read a location, and what is there",
		About:   "Its address, port and line, the equipment that is on record, and the service that is there. The ETag is for putLocation.",
		Faults:  []*fault.Fault{provisioning.ErrLocationUnknown},
		Answer:  exampleLocation,
	}, s.readLocation)
}

func (s service) putLocation(ctx context.Context, in *putLocationInput) (*locationOutput, error) {
	if !country.Known(in.Body.Address.Country) {
		return nil, catalogue.ErrCountryUnknown.Naming("body.address.country", "not an ISO 3166-1 alpha-2 code")
	}
	tenant := rest.CallerOf(ctx).Tenant
	was, err := s.Store.Location(ctx, tenant, in.LocationID)
	if err != nil && !errors.Is(err, provisioning.ErrLocationUnknown) {
		return nil, err
	}
	if err := rest.Matches(in.IfMatch, was.Version); err != nil {
		return nil, err
	}
	next := provisioning.Location{Tenant: tenant, ID: in.LocationID, Address: in.Body.Address, Port: in.Body.Port, Most: in.Body.Most,
		Equipment: provisioning.Equipment{ONU: strings.ToUpper(in.Body.ONUSerial), CPE: in.Body.CPEID}, Serves: was.Serves, Serving: in.Body.Serviceable, Version: was.Version + 1}
	if err := s.Store.SaveLocation(ctx, next); err != nil {
		return nil, err
	}
	return locationOf(next), nil
}

func (s service) readLocation(ctx context.Context, in *locationInput) (*locationOutput, error) {
	l, err := s.Store.Location(ctx, rest.CallerOf(ctx).Tenant, in.LocationID)
	if err != nil {
		return nil, err
	}
	return locationOf(l), nil
}
