// Package qualification tells what can be had at an address, before anybody orders (TM Forum calls it service qualification, TMF645).
package qualification

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "qualification"

// Asks is how often one caller may ask in a minute: enough for people, too little to copy the network's map.
const Asks = 30

// Store finds locations.
type Store interface {
	LocationsAt(ctx context.Context, tenant id.Tenant, a provisioning.Address) ([]provisioning.Location, error)
	Spend(ctx context.Context, tenant id.Tenant, what, caller string, budget int, window time.Duration) error
}

// Deps are the parts the service works with.
type Deps struct{ Store Store }

type service struct{ Deps }

type input struct {
	Country  string `query:"country" required:"true" minLength:"2" maxLength:"2" pattern:"^[A-Z]{2}$" patternDescription:"an ISO 3166-1 alpha-2 code" doc:"Country" example:"DE"`
	Postcode string `query:"postcode" required:"true" minLength:"1" maxLength:"12" doc:"Postcode" example:"10115"`
	Street   string `query:"street" required:"true" minLength:"1" maxLength:"100" doc:"Street; capitals, blanks and the usual short forms do not matter" example:"Ringstrasse"`
	House    string `query:"houseNumber" required:"true" minLength:"1" maxLength:"20" doc:"House number" example:"12a"`
}

type place struct {
	LocationID id.Location          `json:"locationId" doc:"For createOrder" example:"loc-100231"`
	Available  bool                 `json:"available" doc:"Whether a line can be ordered here now" example:"true"`
	Reason     string               `json:"reason,omitempty" doc:"Why not, as the code of a fault" example:"location_already_served"`
	Technology string               `json:"technology" doc:"How the network reaches it" enum:"gpon" example:"gpon"`
	Most       provisioning.Profile `json:"most" doc:"The fastest line possible"`
	Installed  bool                 `json:"installed" doc:"Whether fibre terminal and router stand there already" example:"false"`
}

type answer struct {
	Reached bool    `json:"reached" doc:"Whether the network reaches the address" example:"true"`
	Places  []place `json:"places" nullable:"false" doc:"The homes at the address; several in a house of flats"`
}

type output struct {
	Body answer
}

// Register adds the operation to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	rest.Register(a, rest.Op{
		ID: "qualifyAddress", Method: http.MethodGet, Path: "/service-qualification", Audience: rest.Public, Service: Service,
		Summary: "Find out what can be had at an address",
		About:   "An address the network does not reach is answered as well, with no places. createOrder checks the place again. Each caller may ask 30 times a minute.",
		Faults:  []*fault.Fault{fault.ErrThrottled},
		Answer:  answer{Reached: true, Places: []place{{LocationID: "loc-100231", Available: true, Technology: "gpon", Most: provisioning.Profile{DownKbps: 1000000, UpKbps: 500000}}}},
	}, s.qualify)
}

func (s service) qualify(ctx context.Context, in *input) (*output, error) {
	caller := rest.CallerOf(ctx)
	if err := s.Store.Spend(ctx, caller.Tenant, "qualification", caller.Address, Asks, time.Minute); err != nil {
		return nil, err
	}
	found, err := s.Store.LocationsAt(ctx, caller.Tenant, provisioning.Address{Street: in.Street, House: in.House, Postcode: in.Postcode, Country: in.Country})
	if err != nil {
		return nil, err
	}
	out := answer{Reached: len(found) > 0, Places: []place{}}
	for _, l := range found {
		p := place{LocationID: l.ID, Technology: "gpon", Most: l.Most, Installed: l.Equipment.ONU != "" && l.Equipment.CPE != ""}
		refused := l.Qualify(provisioning.Profile{})
		var why *fault.Fault
		if p.Available = refused == nil; errors.As(refused, &why) {
			p.Reason = why.Code
		}
		out.Places = append(out.Places, p)
	}
	return &output{out}, nil
}
