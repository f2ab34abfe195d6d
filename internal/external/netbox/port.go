package netbox

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
)

// Validate tells whether the port exists, is in service and has room: ErrPortUnknown, ErrPortDown, ErrPortFull.
func (c *Client) Validate(ctx context.Context, p provisioning.Port, service id.Service) error {
	pon, err := c.pon(ctx, p)
	if err != nil {
		return err
	}
	return c.room(ctx, pon, service)
}

// pon finds the interface of a port that is in service.
func (c *Client) pon(ctx context.Context, p provisioning.Port) (port, error) {
	olt, err := c.olt(ctx, p.OLT)
	if err != nil {
		return port{}, err
	}
	pon, there, err := c.interfaceOf(ctx, olt.ID, p.PON)
	switch {
	case err != nil:
		return port{}, err
	case !there:
		return port{}, c.fault(provisioning.ErrPortUnknown, fmt.Sprintf("%s has no interface %s", p.OLT, p.PON))
	case !strings.Contains(pon.Type.Value, "pon"): // gpon, xg-pon, xgs-pon, ng-pon2, epon, …
		return port{}, c.fault(provisioning.ErrPortUnknown, fmt.Sprintf("%s of %s is of type %s", p.PON, p.OLT, pon.Type.Value))
	case !pon.Enabled:
		return port{}, c.fault(provisioning.ErrPortDown, fmt.Sprintf("%s of %s is not enabled", p.PON, p.OLT))
	}
	return pon, nil
}

// olt finds a device that is in service. NetBox compares the names of devices without regard to case, and has them unique per
// site only.
func (c *Client) olt(ctx context.Context, name string) (device, error) {
	found, err := list(ctx, c, devices, url.Values{"name": {name}}, func(d device) bool { return strings.EqualFold(d.Name, name) })
	switch {
	case err != nil:
		return device{}, err
	case len(found) == 0:
		return device{}, c.fault(provisioning.ErrPortUnknown, "no device "+name)
	case len(found) > 1:
		return device{}, c.fault(provisioning.ErrRefused, "the device "+name+" is there more than once")
	case found[0].Status.Value != "active":
		return device{}, c.fault(provisioning.ErrPortDown, fmt.Sprintf("%s is %s", name, found[0].Status.Value))
	}
	return found[0], nil
}

// interfaceOf finds a device's interface by name. Asked for the master of a virtual chassis NetBox answers with the members'
// interfaces too.
func (c *Client) interfaceOf(ctx context.Context, device int64, name string) (found port, there bool, err error) {
	all, err := list(ctx, c, interfaces, url.Values{"device_id": {strconv.FormatInt(device, 10)}, "name": {name}},
		func(p port) bool { return p.Name == name })
	if i := slices.IndexFunc(all, func(p port) bool { return p.Device.ID == device }); i >= 0 {
		return all[i], true, err
	}
	return port{}, false, err
}

// room tells whether the port has room for the service, beside the other services' ONUs.
func (c *Client) room(ctx context.Context, pon port, service id.Service) error {
	onus, err := list(ctx, c, interfaces, url.Values{"parent_id": {strconv.FormatInt(pon.ID, 10)}}, func(p port) bool { return p.under(pon) })
	if err != nil {
		return err
	}
	others := 0
	for _, o := range onus {
		if o.owner() != string(service) {
			others++
		}
	}
	if others >= c.splitRatio {
		return c.fault(provisioning.ErrPortFull, fmt.Sprintf("%s has %d ONUs of %d", pon.Name, others, c.splitRatio))
	}
	return nil
}
