package sandbox

import (
	"fmt"
	"net/netip"
	"slices"
)

// Inventory is what the network has before anybody is provisioned. Seeding adds what is missing and sets the rest to what is given;
// it removes nothing.
type Inventory struct {
	Devices  []Device `json:"devices,omitempty"`
	Prefixes []string `json:"prefixes,omitempty"` // for example 100.64.10.0/24
}

// Device is an OLT.
type Device struct {
	Name       string      `json:"name"`
	Status     string      `json:"status,omitempty"` // active by default
	Interfaces []Interface `json:"interfaces,omitempty"`
}

// Interface is a port of a device.
type Interface struct {
	Name     string `json:"name"`
	Type     string `json:"type"`               // gpon, xgs-pon, …
	Disabled bool   `json:"disabled,omitempty"` // NetBox has "enabled", which is true by default
}

// The records, as State shows them. Every id is unique within its kind and never used again.
type (
	DeviceRecord struct {
		ID     int64  `json:"id"`
		Name   string `json:"name"`
		Status string `json:"status"`
	}
	InterfaceRecord struct {
		ID          int64  `json:"id"`
		Device      int64  `json:"device"`
		Parent      int64  `json:"parent,omitempty"`
		Name        string `json:"name"`
		Type        string `json:"type"`
		Enabled     bool   `json:"enabled"`
		Label       string `json:"label,omitempty"`
		Description string `json:"description,omitempty"`
	}
	PrefixRecord struct {
		ID          int64        `json:"id"`
		Prefix      netip.Prefix `json:"prefix"`
		Status      string       `json:"status"`
		Description string       `json:"description,omitempty"`
	}
	AddressRecord struct {
		ID          int64        `json:"id"`
		Address     netip.Prefix `json:"address"`
		Status      string       `json:"status"`
		Description string       `json:"description,omitempty"`
		DNSName     string       `json:"dnsName,omitempty"`
		Interface   int64        `json:"interface,omitempty"` // the id of the one it is assigned to
	}
)

// State is everything there is, in the order of NetBox's lists.
type State struct {
	Devices    []DeviceRecord    `json:"devices"`
	Interfaces []InterfaceRecord `json:"interfaces"`
	Prefixes   []PrefixRecord    `json:"prefixes"`
	Addresses  []AddressRecord   `json:"addresses"`
}

// table has the records of a kind.
type table[T any] struct {
	rows map[int64]*T
	last int64
}

func (t *table[T]) add(r *T) (id int64) {
	t.last++
	t.rows[t.last] = r
	return t.last
}

// all lists the records that are wanted, in the order of less.
func (t *table[T]) all(wanted func(*T) bool, compare func(a, b *T) int) (out []*T) {
	for _, r := range t.rows {
		if wanted == nil || wanted(r) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, compare)
	return out
}

type data struct {
	devices    table[DeviceRecord]
	interfaces table[InterfaceRecord]
	prefixes   table[PrefixRecord]
	addresses  table[AddressRecord]
}

func newData() data {
	return data{table[DeviceRecord]{rows: map[int64]*DeviceRecord{}}, table[InterfaceRecord]{rows: map[int64]*InterfaceRecord{}},
		table[PrefixRecord]{rows: map[int64]*PrefixRecord{}}, table[AddressRecord]{rows: map[int64]*AddressRecord{}}}
}

// Seed fills the inventory.
func (s *Server) Seed(i Inventory) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range i.Devices {
		if err := s.data.seedDevice(d); err != nil {
			return err
		}
	}
	for _, cidr := range i.Prefixes {
		p, err := netip.ParsePrefix(cidr)
		if err != nil {
			return err
		}
		if len(s.data.prefixes.all(func(r *PrefixRecord) bool { return r.Prefix == p.Masked() }, byPrefix)) == 0 {
			r := &PrefixRecord{Prefix: p.Masked(), Status: "active"}
			r.ID = s.data.prefixes.add(r)
		}
	}
	return nil
}

func (d *data) seedDevice(want Device) error {
	if want.Name == "" {
		return fmt.Errorf("a device needs a name")
	}
	if want.Status == "" {
		want.Status = "active"
	}
	dev := d.device(want.Name)
	if dev == nil {
		dev = &DeviceRecord{Name: want.Name}
		dev.ID = d.devices.add(dev)
	}
	dev.Status = want.Status
	for _, i := range want.Interfaces {
		if i.Name == "" || i.Type == "" {
			return fmt.Errorf("an interface of %s needs a name and a type", want.Name)
		}
		has := d.interfaceOf(dev.ID, i.Name)
		if has == nil {
			has = &InterfaceRecord{Device: dev.ID, Name: i.Name}
			has.ID = d.interfaces.add(has)
		}
		has.Type, has.Enabled = i.Type, !i.Disabled
	}
	return nil
}

// State copies everything.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return State{values(s.data.devices.all(nil, byDeviceName)), values(s.data.interfaces.all(nil, byInterfaceName)),
		values(s.data.prefixes.all(nil, byPrefix)), values(s.data.addresses.all(nil, byAddress))}
}

func values[T any](rows []*T) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = *r
	}
	return out
}

func (d *data) device(name string) *DeviceRecord {
	for _, r := range d.devices.rows {
		if r.Name == name {
			return r
		}
	}
	return nil
}

func (d *data) interfaceOf(device int64, name string) *InterfaceRecord {
	for _, r := range d.interfaces.rows {
		if r.Device == device && r.Name == name {
			return r
		}
	}
	return nil
}
