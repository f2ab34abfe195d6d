package netbox

import (
	"context"

	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
)

// Find reads what the service has; the zero Allocation when it has nothing.
func (c *Client) Find(ctx context.Context, service id.Service) (has provisioning.Allocation, err error) {
	onus, err := c.onus(ctx, service)
	if err != nil {
		return provisioning.Allocation{}, err
	}
	taken, err := c.addresses(ctx, service)
	if err != nil {
		return provisioning.Allocation{}, err
	}
	delegated, err := c.delegations(ctx, service)
	if err != nil {
		return provisioning.Allocation{}, err
	}
	has.Port = len(onus) > 0
	if len(taken) > 0 {
		has.Address = taken[0].Address.String()
	}
	if len(delegated) > 0 {
		has.Prefix6 = delegated[0].Prefix.String()
	}
	return has, nil
}

// Release deletes the service's addresses, delegated prefixes and ONU. What a call that timed out takes only afterwards is found
// by releasing again.
func (c *Client) Release(ctx context.Context, service id.Service) error {
	if err := removeAll(ctx, c, addresses, service, c.addresses); err != nil {
		return err
	}
	if err := removeAll(ctx, c, prefixes, service, c.delegations); err != nil {
		return err
	}
	return removeAll(ctx, c, interfaces, service, c.onus)
}

// removeAll deletes the service's records of a kind and looks that they are gone.
func removeAll[T interface{ key() int64 }](ctx context.Context, c *Client, collection string, service id.Service, find func(context.Context, id.Service) ([]T, error)) error {
	all, err := find(ctx, service)
	if err != nil || len(all) == 0 {
		return err
	}
	for _, r := range all {
		if err := c.remove(ctx, collection, r.key()); err != nil {
			return err
		}
	}
	if all, err = find(ctx, service); err == nil && len(all) > 0 {
		err = c.fault(provisioning.ErrUnanswered, "what was deleted from "+collection+" is still there")
	}
	return err
}
