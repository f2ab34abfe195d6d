package voltha

import (
	"context"
	"errors"
	"time"

	"github.com/opencord/voltha-protos/v5/go/common"

	"turnup/internal/domain/provisioning"
)

// Status reads an ONU. Its levels are measured when it is active; whether they are good is told by provisioning.Optical.
func (c *Client) Status(ctx context.Context, serial string) (provisioning.ONU, error) {
	d, err := c.one(ctx, serial)
	if err != nil {
		return provisioning.ONU{}, err
	}
	onu := provisioning.ONU{Serial: d.SerialNumber, Active: up(d), State: state(d), Reason: d.Reason}
	if onu.Active {
		if onu.Optical, err = c.optical(ctx, d.Id); err != nil {
			return provisioning.ONU{}, err
		}
	}
	if onu.Service, err = c.serves(ctx, portOf(d.SerialNumber)); err != nil {
		return provisioning.ONU{}, err
	}
	return onu, nil
}

// serves tells whether a service is set up at a port.
func (c *Client) serves(ctx context.Context, port string) (bool, error) {
	has, err := c.programmed(ctx, port)
	if err != nil || has == nil || c.o.WithoutFlows {
		return has != nil, err
	}
	flows, err := c.flows(ctx, port)
	return flows == allFlows, err
}

// Reboot restarts an ONU: it is seen leaving and coming back. One that cannot be reached is restarting already, or cannot be told
// to, and is only waited for; so a repetition does not restart it again while it restarts.
func (c *Client) Reboot(ctx context.Context, serial string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	d, err := c.one(ctx, serial)
	if err != nil {
		return err
	}
	if d.ConnectStatus != common.ConnectStatus_UNREACHABLE {
		lost := c.reboot(ctx, d.Id)
		if lost != nil && !errors.Is(lost, provisioning.ErrUnanswered) {
			return lost
		}
		if err := c.left(ctx, d.Id); lost != nil && err != nil {
			return lost // it did not restart
		} else if err != nil {
			return err
		}
	}
	return c.until(ctx, within, func(ctx context.Context) error {
		d, err := c.device(ctx, d.Id)
		if err == nil && !up(d) {
			err = c.waiting(state(d) + " " + d.Reason)
		}
		return err
	})
}

// left waits until an ONU has gone to restart.
func (c *Client) left(ctx context.Context, id string) error {
	return c.until(ctx, c.o.Discovery, func(ctx context.Context) error {
		d, err := c.device(ctx, id)
		if err == nil && up(d) {
			err = c.waiting("has not restarted")
		}
		return err
	})
}
