package services

import (
	"context"
	"net/http"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/rest"
)

type provisionInput struct {
	Body installation
}

type installation struct {
	SubscriptionID id.Subscription `json:"subscriptionId" maxLength:"40" pattern:"^sub_[0-9A-Z]{26}$" patternDescription:"a subscription id" doc:"The fibre subscription, paid" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	ONUSerial      string          `json:"onuSerial,omitempty" minLength:"8" maxLength:"16" pattern:"^[A-Za-z0-9]{8,16}$" patternDescription:"a serial number: four letters and eight hexadecimal digits, usually" doc:"Serial number on the fibre terminal; without it, the one recorded for the location" example:"BBSM00000001"`
	CPEID          string          `json:"cpeId,omitempty" maxLength:"200" pattern:"^[0-9A-Fa-f]{6}-[A-Za-z0-9%_.-]+$" patternDescription:"OUI, product class and serial number" doc:"Id of the router in the device management; without it, the one recorded for the location" example:"202BC1-BM632w-000001"`
	Hold           bool            `json:"hold,omitempty" doc:"For staff: stop when everything is set up and verified, until activateService" example:"false"`
}

func (s service) registerProvision(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "provisionService", Method: http.MethodPost, Path: "/services/provision", Audience: rest.Person, Roles: desk, Service: Service, Status: http.StatusAccepted,
		Step:    "S3 5 Activation",
		Summary: "Set up the service of a subscription",
		About: "Starts the work on the network and answers at once: addresses, account, fibre terminal and router are set up, then verified, and the service becomes active, within 30 minutes; follow it by getService. " +
			"A service that was started with the same equipment is answered as it is. Where the location's equipment is on record, the payment starts it by itself.",
		Events: []string{string(event.TypeProvisioningRequested), string(event.TypeServiceActivated), string(event.TypeOrderDelivered), string(event.TypeProvisioningParked)},
		Faults: []*fault.Fault{provisioning.ErrUnknown, provisioning.ErrNeedsONU, provisioning.ErrNeedsCPE, provisioning.ErrEquipment, provisioning.ErrONUTaken, provisioning.ErrCPETaken,
			provisioning.ErrTransition.With("current", "terminated").With("wanted", "active")},
		Request: installation{SubscriptionID: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", ONUSerial: "BBSM00000001", CPEID: "202BC1-BM632w-000001"},
		Answer:  example, Variants: map[string]any{"to staff": exampleStaff},
	}, s.provision)
}

func (s service) provision(ctx context.Context, in *provisionInput) (*output, error) {
	caller := rest.CallerOf(ctx)
	if in.Body.Hold && caller.Staff == "" {
		return nil, fault.ErrInvalid.Naming("body.hold", "is for staff")
	}
	is, err := once.Do(ctx, s.Store, rest.Once(ctx, "provisionService", in), func(use *once.Use) (is provisioning.Service, err error) {
		return is, s.Store.ChangeService(ctx, use, caller.Tenant, provisioning.ServiceOf(in.Body.SubscriptionID),
			func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
				if !sees(caller, was) {
					return was, nil, provisioning.ErrUnknown
				}
				e, err := s.equipment(ctx, was, in.Body)
				if err != nil {
					return was, nil, err
				}
				next, moved, err := was.Begin(e, in.Body.Hold, now)
				is = next
				if err != nil || !moved {
					return next, nil, err
				}
				return next, []event.Envelope{next.Request(ctx, now)}, use.Answer(next)
			})
	})
	if err != nil {
		return nil, err
	}
	return &output{ViewOf(is, caller.Staff != "")}, nil
}

// equipment is what the request names, or what is on record for the location.
func (s service) equipment(ctx context.Context, found provisioning.Service, in installation) (provisioning.Equipment, error) {
	e := provisioning.Equipment{ONU: strings.ToUpper(in.ONUSerial), CPE: in.CPEID}
	if e.ONU != "" && e.CPE != "" {
		return e, nil
	}
	if found.State != provisioning.Designed { // begun: what is not named is as it is
		return provisioning.Equipment{ONU: or(e.ONU, found.Equipment.ONU), CPE: or(e.CPE, found.Equipment.CPE)}, nil
	}
	l, err := s.Store.Location(ctx, found.Tenant, found.Location)
	if err != nil {
		return e, err
	}
	return provisioning.Equipment{ONU: or(e.ONU, l.Equipment.ONU), CPE: or(e.CPE, l.Equipment.CPE)}, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
