package voltha

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/opencord/voltha-protos/v5/go/common"
	"github.com/opencord/voltha-protos/v5/go/voltha"

	"turnup/internal/domain/provisioning"
)

// Provision sets a line up. An ONU that was plugged in just now may take a moment to be seen (Options.Discovery).
func (c *Client) Provision(ctx context.Context, l provisioning.Line, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	onu, err := c.discover(ctx, l)
	if err != nil {
		return err
	}
	want, err := c.serviceOf(l, onu)
	if err != nil {
		return err
	}
	port := portOf(onu.SerialNumber)
	if err := c.subscribe(ctx, port, l, want); err != nil {
		return err
	}
	return c.until(ctx, within, func(ctx context.Context) error {
		d, err := c.device(ctx, onu.Id)
		if err != nil {
			return err
		}
		if d.AdminState != common.AdminState_ENABLED {
			if err := c.enable(ctx, d.Id); err != nil {
				return err
			}
		}
		if !up(d) {
			return c.waiting(state(d) + " " + d.Reason)
		}
		return c.installed(ctx, port, want)
	})
}

// SetProfile changes a line's speed. Its traffic stops for a moment: the controller keeps the speed a service began with. While the
// ONU is down it is enough that the controller has the speed.
func (c *Client) SetProfile(ctx context.Context, l provisioning.Line) error {
	seats, err := c.find(ctx, l.Serial)
	if err != nil {
		return err
	}
	onu, err := c.choose(l.Port, seats)
	if err != nil {
		return err
	}
	want, err := c.serviceOf(l, onu)
	if err != nil {
		return err
	}
	port := portOf(onu.SerialNumber)
	if err := c.subscribe(ctx, port, l, want); err != nil {
		return err
	}
	return c.until(ctx, c.o.Discovery, func(ctx context.Context) error {
		if up(onu) {
			return c.installed(ctx, port, want)
		}
		return c.stored(ctx, port, want)
	})
}

// Deprovision takes a line down. An ONU that is at another port than the line's is left alone: it serves somebody else, for example
// when the line was ordered with a mistaken serial number.
func (c *Client) Deprovision(ctx context.Context, l provisioning.Line) error {
	serial := l.Serial
	if serial == "" { // the controller takes away whatever has a part of its name
		return c.circuit.Fault(provisioning.ErrRefused, errors.New("no ONU named"))
	}
	var onu *voltha.Device
	seats, err := c.find(ctx, serial)
	if err == nil {
		onu, err = c.choose(l.Port, seats)
	}
	switch {
	case errors.Is(err, provisioning.ErrONUElsewhere):
		slog.WarnContext(ctx, "the ONU is at another port, it is left alone", "serial", serial, "olt", l.Port.OLT, "pon", l.Port.PON)
		return nil
	case err != nil && !errors.Is(err, provisioning.ErrONUNotFound):
		return err
	case onu != nil:
		serial = onu.SerialNumber
	}
	if err := c.unsubscribe(ctx, portOf(serial)); err != nil || onu == nil {
		return err
	}
	if onu.AdminState == common.AdminState_ENABLED {
		if err := c.disable(ctx, onu.Id); err != nil && !errors.Is(err, provisioning.ErrONUNotFound) {
			return err
		}
	}
	return c.until(ctx, c.o.Discovery, func(ctx context.Context) error {
		d, err := c.device(ctx, onu.Id)
		switch {
		case errors.Is(err, provisioning.ErrONUNotFound):
			return nil
		case err == nil && d.AdminState == common.AdminState_ENABLED:
			return c.waiting("still enabled")
		}
		return err
	})
}

// discover waits for the line's ONU to be seen.
func (c *Client) discover(ctx context.Context, l provisioning.Line) (onu *voltha.Device, err error) {
	err = c.until(ctx, c.o.Discovery, func(ctx context.Context) error {
		seats, err := c.find(ctx, l.Serial)
		if errors.Is(err, provisioning.ErrONUNotFound) {
			return c.waiting("not seen")
		}
		if err == nil {
			onu, err = c.choose(l.Port, seats)
		}
		return err
	})
	if errors.Is(err, provisioning.ErrONUWaiting) {
		err = c.circuit.Fault(provisioning.ErrONUNotFound, nil)
	}
	return onu, err
}

// serviceOf is what the line is to get at its ONU.
func (c *Client) serviceOf(l provisioning.Line, onu *voltha.Device) (service, error) {
	sTag, cTag, err := c.tags(onu)
	return service{Name: "hsia", UNITag: untagged, CTag: cTag, STag: sTag, TechProfile: c.o.TechProfile,
		Up: profileOf(l.Profile.UpKbps).ID, Down: profileOf(l.Profile.DownKbps).ID}, err
}

// stored tells whether the controller has the service wanted at a port.
func (c *Client) stored(ctx context.Context, port string, want service) error {
	has, err := c.programmed(ctx, port)
	switch {
	case err != nil:
		return err
	case has == nil:
		return c.waiting("the controller has no service at " + port)
	case !want.same(*has):
		return c.waiting("the controller has another service at " + port)
	}
	return nil
}

// installed tells whether the service wanted is in the OLT.
func (c *Client) installed(ctx context.Context, port string, want service) error {
	if !c.o.WithoutFlows {
		if flows, err := c.flows(ctx, port); err != nil {
			return err
		} else if flows != allFlows {
			return c.waiting(flows + " at " + port)
		}
	}
	return c.stored(ctx, port, want)
}
