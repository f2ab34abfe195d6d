package netbox

import (
	"cmp"
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
)

// The collections of NetBox.
const (
	devices    = "/api/dcim/devices/"
	interfaces = "/api/dcim/interfaces/"
	prefixes   = "/api/ipam/prefixes/"
	addresses  = "/api/ipam/ip-addresses/"
)

// record is what every record has.
type record struct {
	ID          int64  `json:"id"`
	Description string `json:"description"`
}

func (r record) key() int64    { return r.ID }
func (r record) owner() string { return r.Description }

type choice struct {
	Value string `json:"value"`
}

type device struct {
	record
	Name   string `json:"name"`
	Status choice `json:"status"`
}

type port struct {
	record
	Device  record  `json:"device"`
	Parent  *record `json:"parent"`
	Name    string  `json:"name"`
	Type    choice  `json:"type"`
	Enabled bool    `json:"enabled"`
}

func (p port) under(parent port) bool { return p.Parent != nil && p.Parent.ID == parent.ID }

type prefix struct {
	record
	Prefix netip.Prefix `json:"prefix"`
}

type address struct {
	record
	Address      netip.Prefix `json:"address"`
	Status       choice       `json:"status"`
	DNSName      string       `json:"dns_name"`
	AssignedType string       `json:"assigned_object_type"`
	AssignedID   int64        `json:"assigned_object_id"`
}

// onInterface is what an address of an interface is assigned to.
const onInterface = "dcim.interface"

// of tells whether an address is as it is to be: active, the ONU's, and named. NetBox keeps DNS names in small letters.
func (a address) of(onu port, b provisioning.Binding) bool {
	return a.AssignedType == onInterface && a.AssignedID == onu.ID && a.Status.Value == "active" && strings.EqualFold(a.DNSName, b.Hostname)
}

// delegatedBits is the length of a delegated prefix (RFC 6177: a site gets more than one /64).
const delegatedBits = 56

// The records of a service, the oldest first.
func (c *Client) onus(ctx context.Context, s id.Service) ([]port, error) {
	return owned(ctx, c, interfaces, s, func(p port) bool { return p.Type.Value == "virtual" && p.Parent != nil })
}

func (c *Client) addresses(ctx context.Context, s id.Service) ([]address, error) {
	return owned(ctx, c, addresses, s, func(a address) bool { return a.Address.Addr().Is4() })
}

func (c *Client) delegations(ctx context.Context, s id.Service) ([]prefix, error) {
	return owned(ctx, c, prefixes, s, func(p prefix) bool { return p.Prefix.Addr().Is6() && p.Prefix.Bits() == delegatedBits })
}

// owned lists a service's records of a kind that are as the ones made here: staff may describe others by the service as well.
func owned[T interface {
	key() int64
	owner() string
}](ctx context.Context, c *Client, collection string, s id.Service, made func(T) bool) ([]T, error) {
	if s == "" { // would be every record without a description
		return nil, c.fault(provisioning.ErrRefused, "no service named")
	}
	all, err := list(ctx, c, collection, url.Values{"description": {string(s)}}, func(r T) bool { return r.owner() == string(s) })
	all = slices.DeleteFunc(all, func(r T) bool { return !made(r) })
	slices.SortFunc(all, func(a, b T) int { return cmp.Compare(a.key(), b.key()) })
	return all, err
}
