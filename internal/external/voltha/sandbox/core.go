package sandbox

import (
	"context"
	"slices"

	"github.com/opencord/voltha-protos/v5/go/common"
	"github.com/opencord/voltha-protos/v5/go/extension"
	"github.com/opencord/voltha-protos/v5/go/voltha"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// core is VOLTHA's northbound gRPC, as far as it is needed.
type core struct {
	voltha.UnimplementedVolthaServiceServer
	s *Server
}

const firstPON, nni = 0x20000000, 0x1000000

func (o *olt) told() *voltha.Device {
	return &voltha.Device{Id: o.id, Type: "openolt", Root: true, Vendor: "BBSim", Model: "asfvolt16", SerialNumber: o.OLT.Serial,
		Address:    &voltha.Device_HostAndPort{HostAndPort: o.OLT.Address},
		AdminState: o.admin, OperStatus: o.oper, ConnectStatus: o.connect, Reason: o.reason}
}

func (o *onu) told() *voltha.Device {
	return &voltha.Device{Id: o.id, Type: "brcm_openomci_onu", ParentId: o.at.id, ParentPortNo: uint32(firstPON + o.PON), VendorId: "BBSM",
		SerialNumber: o.Serial, ProxyAddress: &voltha.Device_ProxyAddress{DeviceId: o.at.id, DeviceType: "openolt", ChannelId: uint32(o.PON), OnuId: uint32(o.no)},
		AdminState: o.admin, OperStatus: o.oper, ConnectStatus: o.connect, Reason: o.reason}
}

// known finds the OLT or ONU with an id. The lock is held.
func (s *Server) known(id string) (*olt, *onu, error) {
	for _, o := range s.olts {
		if id != "" && o.id == id {
			return o, nil, nil
		}
	}
	for _, o := range s.onus {
		if id != "" && o.id == id {
			return nil, o, nil
		}
	}
	return nil, nil, status.Errorf(codes.NotFound, "%s", id)
}

// with does something with the device of an id.
func (c *core) with(id string, olt func(*olt) error, onu func(*onu) error) (*emptypb.Empty, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	t, n, err := c.s.known(id)
	switch {
	case err != nil:
	case t != nil:
		err = olt(t)
	default:
		err = onu(n)
	}
	return &emptypb.Empty{}, err
}

func (c *core) ListAdapters(context.Context, *emptypb.Empty) (*voltha.Adapters, error) {
	return &voltha.Adapters{Items: []*voltha.Adapter{{Id: "openolt", Type: "openolt"}, {Id: "brcm_openomci_onu", Type: "brcm_openomci_onu"}}}, nil
}

func (c *core) ListDevices(context.Context, *emptypb.Empty) (*voltha.Devices, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	all := &voltha.Devices{}
	for _, o := range c.s.olts {
		if o.id != "" {
			all.Items = append(all.Items, o.told())
		}
	}
	for _, o := range c.s.onus {
		if o.id != "" {
			all.Items = append(all.Items, o.told())
		}
	}
	return all, nil
}

func (c *core) GetDevice(_ context.Context, id *common.ID) (d *voltha.Device, err error) {
	_, err = c.with(id.GetId(), func(o *olt) error { d = o.told(); return nil }, func(o *onu) error { d = o.told(); return nil })
	return d, err
}

// CreateDevice makes an OLT of the plant known, by its address.
func (c *core) CreateDevice(_ context.Context, d *voltha.Device) (*voltha.Device, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	i := slices.IndexFunc(c.s.olts, func(o *olt) bool { return o.OLT.Address != "" && o.OLT.Address == d.GetHostAndPort() })
	if i < 0 || d.GetType() != "openolt" {
		return nil, status.Error(codes.InvalidArgument, "no such OLT in the plant")
	}
	o := c.s.olts[i]
	if o.id != "" {
		return nil, status.Error(codes.Unknown, "device is already pre-provisioned")
	}
	o.id, o.admin = newID(), common.AdminState_PREPROVISIONED
	o.set(common.OperStatus_UNKNOWN, common.ConnectStatus_UNKNOWN, "")
	return o.told(), nil
}

func (c *core) EnableDevice(_ context.Context, id *common.ID) (*emptypb.Empty, error) {
	s := c.s
	enabled := func(d *device) error {
		if d.admin == common.AdminState_ENABLED {
			return status.Errorf(codes.FailedPrecondition, "cannot-enable-an-already-enabled-device: %s", d.id)
		}
		d.admin = common.AdminState_ENABLED
		return nil
	}
	return c.with(id.GetId(), func(o *olt) error {
		if err := enabled(&o.device); err != nil {
			return err
		}
		o.oper = common.OperStatus_ACTIVATING
		s.later(s.delays.Enable, &o.epoch, func() { s.begin(o) })
		return nil
	}, func(o *onu) error {
		if err := enabled(&o.device); err != nil {
			return err
		}
		s.appear(o)
		return nil
	})
}

func (c *core) DisableDevice(_ context.Context, id *common.ID) (*emptypb.Empty, error) {
	disabled := func(d *device) (bool, error) {
		if d.admin == common.AdminState_PREPROVISIONED {
			return false, status.Errorf(codes.FailedPrecondition, "deviceId:%s, invalid-admin-state:%s", d.id, d.admin)
		}
		was := d.admin
		d.admin, d.oper = common.AdminState_DISABLED, common.OperStatus_UNKNOWN
		d.epoch++
		return was != d.admin, nil
	}
	return c.with(id.GetId(), func(o *olt) error {
		did, err := disabled(&o.device)
		for _, each := range c.s.onus {
			if did && each.at == o && each.id != "" {
				c.s.gone(each)
			}
		}
		return err
	}, func(o *onu) error {
		_, err := disabled(&o.device)
		if err == nil && o.connect == common.ConnectStatus_REACHABLE {
			o.reason = "omci-admin-lock"
		}
		c.s.refresh(o)
		return err
	})
}

// RebootDevice answers at once; the ONU goes a little later.
func (c *core) RebootDevice(_ context.Context, id *common.ID) (*emptypb.Empty, error) {
	s := c.s
	return c.with(id.GetId(), func(*olt) error { return nil }, func(o *onu) error {
		if o.connect != common.ConnectStatus_REACHABLE {
			return nil
		}
		s.later(s.delays.Reboot/10, &o.epoch, func() {
			s.gone(o)
			o.reboots++
			s.later(s.delays.Reboot, &o.epoch, func() { s.appear(o) })
		})
		return nil
	})
}

func (c *core) DeleteDevice(_ context.Context, id *common.ID) (*emptypb.Empty, error) {
	return c.with(id.GetId(), func(o *olt) error {
		o.id = ""
		o.epoch++
		for _, each := range c.s.onus {
			if each.at == o {
				c.s.gone(each)
				each.id = ""
			}
		}
		return nil
	}, func(o *onu) error {
		c.s.gone(o)
		o.id = ""
		return nil
	})
}

func (c *core) GetOnuImages(_ context.Context, id *common.ID) (*voltha.OnuImages, error) {
	images := &voltha.OnuImages{}
	_, err := c.with(id.GetId(), func(*olt) error { return nil }, func(o *onu) error {
		if !o.active() {
			return status.Error(codes.Unknown, "command-rejected-improper-device-state")
		}
		images.Items = []*voltha.OnuImage{{Version: "BBSM_IMG_00001", IsCommited: true, IsActive: true, IsValid: true}}
		return nil
	})
	return images, err
}

// GetExtValue is the older way to ask; nothing is supported by it.
func (c *core) GetExtValue(_ context.Context, v *extension.ValueSpecifier) (*extension.ReturnValues, error) {
	return &extension.ReturnValues{Unsupported: uint32(v.GetValue())}, nil
}

// measuring is the newer one.
type measuring struct {
	extension.UnimplementedExtensionServer
	s *Server
}

func (m *measuring) GetExtValue(_ context.Context, r *extension.SingleGetValueRequest) (*extension.SingleGetValueResponse, error) {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	_, o, err := m.s.known(r.GetTargetId())
	if err != nil {
		return nil, err
	}
	answer := &extension.GetValueResponse{Status: extension.GetValueResponse_ERROR, ErrReason: extension.GetValueResponse_UNSUPPORTED}
	switch {
	case r.GetRequest().GetOnuOpticalInfo() != nil && o != nil && o.Mode != Unmeasurable:
		if !o.active() {
			return nil, status.Error(codes.Unknown, "command-rejected-improper-device-state")
		}
		rx := o.RxDBm
		if rx == 0 && o.Mode == Weak {
			rx = -30
		} else if rx == 0 {
			rx = -18.4
		}
		answer = &extension.GetValueResponse{Status: extension.GetValueResponse_OK, Response: &extension.GetValueResponse_OnuOpticalInfo{
			OnuOpticalInfo: &extension.GetOnuPonOpticalInfoResponse{PowerFeedVoltage: 3.26, ReceivedOpticalPower: float32(rx),
				MeanOpticalLaunchPower: 2.1, LaserBiasCurrent: 12.5, Temperature: 45}}}
	case r.GetRequest().GetRxPower() != nil && o == nil:
		answer = &extension.GetValueResponse{Status: extension.GetValueResponse_OK, Response: &extension.GetValueResponse_RxPower{
			RxPower: &extension.GetRxPowerResponse{IntfId: r.GetRequest().GetRxPower().IntfId, OnuId: r.GetRequest().GetRxPower().OnuId, Status: "success", RxPower: -6}}}
	}
	return &extension.SingleGetValueResponse{Response: answer}, nil
}
