package voltha

import (
	"context"
	"errors"
	"strings"

	"github.com/opencord/voltha-protos/v5/go/common"
	"github.com/opencord/voltha-protos/v5/go/extension"
	"github.com/opencord/voltha-protos/v5/go/voltha"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"turnup/internal/domain/provisioning"
)

// call makes one call of the core.
func (c *Client) call(ctx context.Context, name string, do func(context.Context) error) error {
	return c.circuit.Do(ctx, name, func(ctx context.Context) error { return c.named(do(ctx)) })
}

// named gives a refused call its name. The core's codes do not say much: most of what its adapters refuse is Unknown, so that the
// message has to tell.
func (c *Client) named(err error) error {
	s := status.Convert(err)
	switch s.Code() {
	case codes.OK:
		return nil
	case codes.Unavailable:
		// Calls that found no connection have the error of dialling; a connection that broke later may have carried the call.
		if strings.Contains(s.Message(), "connection error: desc") {
			return c.circuit.Fault(provisioning.ErrNetwork, err)
		}
		return c.circuit.Fault(provisioning.ErrUnanswered, err)
	case codes.DeadlineExceeded, codes.Canceled,
		// its store or an adapter failed, nothing of the request's
		codes.Internal, codes.Aborted, codes.ResourceExhausted, codes.DataLoss:
		return c.circuit.Fault(provisioning.ErrUnanswered, err)
	case codes.Unauthenticated, codes.PermissionDenied:
		return c.circuit.Fault(provisioning.ErrCredential, err)
	case codes.NotFound:
		return c.circuit.Fault(provisioning.ErrONUNotFound, err)
	case codes.FailedPrecondition, codes.Unknown:
		switch {
		case strings.Contains(s.Message(), "already"): // enabled, pre-provisioned: it is as it should be
			return nil
		case s.Code() == codes.FailedPrecondition, // the device is being deleted or reconciled
			strings.Contains(s.Message(), "improper-device-state"): // the ONU's adapter is not ready for it yet
			return c.circuit.Fault(provisioning.ErrONUWaiting, err)
		}
	}
	return c.circuit.Fault(provisioning.ErrRefused, err)
}

// seat is an ONU and the OLT it is at; the OLT is nil when the core does not know it.
type seat struct{ onu, olt *voltha.Device }

// find looks for an ONU. Hexadecimal digits of a serial number are lower case in VOLTHA and upper case on labels. The core may
// know several: it keeps the device of an ONU that was moved.
func (c *Client) find(ctx context.Context, serial string) ([]seat, error) {
	var all *voltha.Devices
	err := c.call(ctx, "ListDevices", func(ctx context.Context) (err error) {
		all, err = c.core.ListDevices(ctx, &emptypb.Empty{})
		return err
	})
	if err != nil {
		return nil, err
	}
	byID := map[string]*voltha.Device{}
	for _, d := range all.GetItems() {
		byID[d.Id] = d
	}
	var seats []seat
	for _, d := range all.GetItems() {
		if !d.Root && serial != "" && strings.EqualFold(d.SerialNumber, serial) {
			seats = append(seats, seat{onu: d, olt: byID[d.ParentId]})
		}
	}
	if len(seats) == 0 {
		return nil, c.circuit.Fault(provisioning.ErrONUNotFound, nil)
	}
	return seats, nil
}

// one is the ONU to look at, wherever it is: the one that is up, if any.
func (c *Client) one(ctx context.Context, serial string) (*voltha.Device, error) {
	seats, err := c.find(ctx, serial)
	if err != nil {
		return nil, err
	}
	for _, s := range seats {
		if up(s.onu) {
			return s.onu, nil
		}
	}
	return seats[0].onu, nil
}

func (c *Client) device(ctx context.Context, id string) (d *voltha.Device, err error) {
	err = c.call(ctx, "GetDevice", func(ctx context.Context) (err error) {
		d, err = c.core.GetDevice(ctx, &common.ID{Id: id})
		return err
	})
	return d, err
}

// enable, disable and reboot are answered at once; what they do is seen at the device later.
func (c *Client) enable(ctx context.Context, id string) error {
	return c.call(ctx, "EnableDevice", func(ctx context.Context) error {
		_, err := c.core.EnableDevice(ctx, &common.ID{Id: id})
		return err
	})
}

func (c *Client) disable(ctx context.Context, id string) error {
	return c.call(ctx, "DisableDevice", func(ctx context.Context) error {
		_, err := c.core.DisableDevice(ctx, &common.ID{Id: id})
		return err
	})
}

func (c *Client) reboot(ctx context.Context, id string) error {
	return c.call(ctx, "RebootDevice", func(ctx context.Context) error {
		_, err := c.core.RebootDevice(ctx, &common.ID{Id: id})
		return err
	})
}

// optical measures an ONU by OMCI, which takes about a second; nil when it does not offer that. A refusal may come as an answer
// that is OK by gRPC's code.
func (c *Client) optical(ctx context.Context, id string) (*provisioning.Optical, error) {
	var answer *extension.SingleGetValueResponse
	err := c.call(ctx, "GetExtValue", func(ctx context.Context) (err error) {
		answer, err = c.extension.GetExtValue(ctx, &extension.SingleGetValueRequest{TargetId: id, Request: &extension.GetValueRequest{
			Request: &extension.GetValueRequest_OnuOpticalInfo{OnuOpticalInfo: &extension.GetOnuPonOpticalInfo{}}}})
		return err
	})
	if errors.Is(err, provisioning.ErrONUWaiting) || errors.Is(err, provisioning.ErrRefused) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	response := answer.GetResponse()
	info := response.GetOnuOpticalInfo()
	if response.GetStatus() != extension.GetValueResponse_OK || info == nil {
		return nil, nil
	}
	return &provisioning.Optical{RxDBm: float64(info.ReceivedOpticalPower), TxDBm: float64(info.MeanOpticalLaunchPower),
		BiasMilliamp: float64(info.LaserBiasCurrent), Volts: float64(info.PowerFeedVoltage), Celsius: float64(info.Temperature)}, nil
}

// up tells whether traffic can pass an ONU.
func up(d *voltha.Device) bool {
	return d.AdminState == common.AdminState_ENABLED && d.OperStatus == common.OperStatus_ACTIVE && d.ConnectStatus == common.ConnectStatus_REACHABLE
}

func state(d *voltha.Device) string {
	return d.AdminState.String() + " " + d.OperStatus.String() + " " + d.ConnectStatus.String()
}
