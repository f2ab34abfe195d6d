package netbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"turnup/internal/domain/provisioning"
)

// Reserve records the ONU at its port and takes an address, and a delegated prefix where the operator delegates any; what the
// service has is kept, and moved to the ONU named. Beside the faults of Validate: ErrPoolUnknown, ErrPoolEmpty; ErrRefused when
// the ONU is recorded for another service.
func (c *Client) Reserve(ctx context.Context, b provisioning.Binding) (provisioning.Allocation, error) {
	pon, err := c.pon(ctx, b.Port)
	if err != nil {
		return provisioning.Allocation{}, err
	}
	onu, former, err := c.bind(ctx, b, pon)
	if err != nil {
		return provisioning.Allocation{}, err
	}
	a, err := c.takeAddress(ctx, b, onu)
	if err != nil {
		return provisioning.Allocation{}, err
	}
	// Only now: NetBox deletes the addresses of an interface with it.
	for _, f := range former {
		if err := c.remove(ctx, interfaces, f.ID); err != nil {
			return provisioning.Allocation{}, err
		}
	}
	has := provisioning.Allocation{Address: a.Address.String(), Port: true}
	if c.pool6 != "" {
		p, err := c.takePrefix(ctx, b)
		if err != nil {
			return provisioning.Allocation{}, err
		}
		has.Prefix6 = p.Prefix.String()
	}
	return has, nil
}

// bind records the ONU at its port. It returns also where the service's ONU was recorded before.
func (c *Client) bind(ctx context.Context, b provisioning.Binding, pon port) (onu port, former []port, err error) {
	name := b.Port.PON + ":" + b.Serial
	find := func() (here []port, err error) {
		all, err := c.onus(ctx, b.Service)
		former = nil
		for _, p := range all {
			if p.under(pon) && p.Name == name {
				here = append(here, p)
			} else {
				former = append(former, p)
			}
		}
		return here, err
	}
	onu, err = one(ctx, c, interfaces, find, func() error {
		if err := c.room(ctx, pon, b.Service); err != nil {
			return err
		}
		status, err := c.call(ctx, http.MethodPost, interfaces, map[string]any{"device": pon.Device.ID, "name": name, "type": "virtual",
			"parent": pon.ID, "description": b.Service, "label": b.Customer}, nil)
		if status == http.StatusBadRequest {
			return c.taken(ctx, b, pon, name, err)
		}
		return err
	})
	return onu, former, err
}

// taken tells why the ONU could not be recorded: NetBox has every name at a device once. That it is there for this service is
// no error, but another call that came first.
func (c *Client) taken(ctx context.Context, b provisioning.Binding, pon port, name string, refused error) error {
	p, there, err := c.interfaceOf(ctx, pon.Device.ID, name)
	switch {
	case err != nil:
		return err
	case !there:
		return refused
	case p.owner() != string(b.Service):
		return c.fault(provisioning.ErrRefused, "the ONU "+name+" is recorded for another service")
	}
	return nil
}

// takeAddress takes an address from the pool and assigns it to the ONU.
func (c *Client) takeAddress(ctx context.Context, b provisioning.Binding, onu port) (address, error) {
	a, err := one(ctx, c, addresses, func() ([]address, error) { return c.addresses(ctx, b.Service) }, func() error {
		return c.take(ctx, c.pool4, "available-ips", map[string]any{"status": "active", "description": b.Service, "dns_name": b.Hostname})
	})
	if err != nil || a.of(onu, b) {
		return a, err
	}
	_, err = c.call(ctx, http.MethodPatch, fmt.Sprintf("%s%d/", addresses, a.ID), map[string]any{"status": "active", "dns_name": b.Hostname,
		"assigned_object_type": onInterface, "assigned_object_id": onu.ID}, nil)
	if err != nil {
		return a, err
	}
	all, err := c.addresses(ctx, b.Service)
	if err == nil && !slices.ContainsFunc(all, func(is address) bool { return is.ID == a.ID && is.of(onu, b) }) {
		err = c.fault(provisioning.ErrUnanswered, "the address "+a.Address.String()+" was not assigned to the ONU")
	}
	return a, err
}

// takePrefix takes a prefix to delegate.
func (c *Client) takePrefix(ctx context.Context, b provisioning.Binding) (prefix, error) {
	return one(ctx, c, prefixes, func() ([]prefix, error) { return c.delegations(ctx, b.Service) }, func() error {
		return c.take(ctx, c.pool6, "available-prefixes", map[string]any{"prefix_length": delegatedBits, "status": "active", "description": b.Service})
	})
}

// take takes the next of what a pool has.
func (c *Client) take(ctx context.Context, pool, what string, as map[string]any) error {
	p, err := c.pool(ctx, pool)
	if err != nil {
		return err
	}
	status, err := c.call(ctx, http.MethodPost, fmt.Sprintf("%s%d/%s/", prefixes, p.ID, what), as, nil)
	switch status {
	case http.StatusConflict:
		return c.fault(provisioning.ErrPoolEmpty, pool)
	case http.StatusNotFound: // deleted just now
		return c.fault(provisioning.ErrPoolUnknown, pool)
	}
	return err
}

// one gives the service one record of a kind. It takes one only when there is none, and looks again whether or not the taking
// was answered. Of several, which calls that ran at once have taken or a call that came through late, the oldest is kept: NetBox
// takes from pools one after the other, so all see the same oldest.
func one[T interface{ key() int64 }](ctx context.Context, c *Client, collection string, find func() ([]T, error), take func() error) (kept T, err error) {
	has, err := find()
	if err != nil {
		return kept, err
	}
	if len(has) == 0 {
		taking := take()
		if taking != nil && !errors.Is(taking, provisioning.ErrUnanswered) {
			return kept, taking
		}
		if has, err = find(); err != nil {
			return kept, err
		}
		if len(has) == 0 && taking == nil {
			taking = c.fault(provisioning.ErrUnanswered, "what was taken from "+collection+" is not there")
		}
		if len(has) == 0 {
			return kept, taking
		}
	}
	for _, extra := range has[1:] {
		if err := c.remove(ctx, collection, extra.key()); err != nil {
			return kept, err
		}
	}
	return has[0], nil
}
