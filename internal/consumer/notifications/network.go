package notifications

import (
	"context"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/notice"
	"turnup/internal/domain/provisioning"
)

// delayedBy is what customers are told about work that got stuck: until when our network operations have looked into it.
const delayedBy = 48 * time.Hour

// ofService finds the mails about a line in the network.
func (c Consumer) ofService(e event.Envelope) (due, error) {
	switch e.Type {
	case event.TypeServiceActivated:
		var active event.ServiceActivated
		err := event.Decode(e, &active)
		return due{account: active.CustomerID, about: string(active.ServiceID), write: func(ctx context.Context, a state) (notice.Content, error) {
			if !active.First { // the rule sends no others
				return nil, stale("the customer knows")
			}
			return c.activated(ctx, a.Customer, active)
		}}, err
	case event.TypeServiceResumed:
		var resumed event.ServiceResumed
		err := event.Decode(e, &resumed)
		return as(resumed.CustomerID, "", notice.ServiceResumed{Service: resumed.Service}), err
	case event.TypeProvisioningParked:
		var parked event.ProvisioningParked
		err := event.Decode(e, &parked)
		d := as(parked.CustomerID, "", notice.ProvisioningDelay{Service: parked.Service, OrderID: parked.OrderID, Expected: e.Time.Add(delayedBy)})
		if parked.Again || parked.Kind != string(provisioning.Provision) { // the rule sends no others
			d.write = func(context.Context, state) (notice.Content, error) { return nil, stale("the customer knows") }
		}
		return d, err
	}
	return due{}, nil
}

// activated is the mail with user name and the link that shows the secret once: never the secret (S3-140).
func (c Consumer) activated(ctx context.Context, a account.Customer, active event.ServiceActivated) (notice.Content, error) {
	s, err := c.Store.Service(ctx, a.Tenant, active.ServiceID)
	if err != nil {
		return nil, err
	}
	if s.LinkNonce == "" || s.State == provisioning.Terminated {
		return nil, stale("the link was used, or the service has ended")
	}
	signed, err := c.Links.Sign(token.AccessCredentials, token.Link{Tenant: a.Tenant, Account: a.ID, Nonce: string(s.ID) + "." + s.LinkNonce, Expires: s.LinkUntil})
	return notice.ServiceActivated{Service: s.Name, Username: s.Username, Token: signed, Until: s.LinkUntil}, err
}
