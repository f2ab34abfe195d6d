package plant

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	genieacs "turnup/internal/external/genieacs/sandbox"
	netbox "turnup/internal/external/netbox/sandbox"
	voltha "turnup/internal/external/voltha/sandbox"
)

// Home is a place with an ONU at a PON, and a router behind it.
type Home struct {
	ONU   string `json:"onuSerial"`
	CPE   string `json:"cpeId"`
	OLT   string `json:"olt"` // its name in the inventory, and its serial number in VOLTHA
	PON   string `json:"pon"` // ends with the number of the PON, from 0
	Model string `json:"model,omitempty"`
}

// Models of routers.
const (
	TR181 = "tr181" // if not given
	TR098 = "tr098"
)

var roots = map[string]string{"": "Device", TR181: "Device", TR098: "InternetGatewayDevice"}

// port is the number of the home's PON.
func (h Home) port() (int, error) {
	digits := h.PON[len(strings.TrimRight(h.PON, "0123456789")):]
	n, err := strconv.Atoi(digits)
	if h.ONU == "" || h.OLT == "" || err != nil || roots[h.Model] == "" {
		return 0, fmt.Errorf("no home with ONU %q at %q %q, where PONs end with a number, and a router of model %q", h.ONU, h.OLT, h.PON, h.Model)
	}
	return n, nil
}

// Build adds homes, with all that is missing for them: OLT and PON in the inventory and in the access network, the ONU at it, the router
// in the device management. A router that is there stays as it is; an ONU works from then on.
func (p *Plant) Build(homes ...Home) error {
	for _, h := range homes {
		if err := p.build(h); err != nil {
			return fmt.Errorf("plant: %w", err)
		}
	}
	return nil
}

func (p *Plant) build(h Home) error {
	pon, err := h.port()
	if err != nil {
		return err
	}
	device := genieacs.Device{ID: h.CPE, Root: roots[h.Model]}
	if !slices.ContainsFunc(p.Genieacs.State().Devices, func(d genieacs.DeviceState) bool { return d.ID == h.CPE && d.Root == device.Root }) {
		if err := p.Genieacs.Put(device); err != nil {
			return err
		}
	}
	p.mu.Lock()
	p.homes[h.CPE] = h
	p.mu.Unlock()
	err = p.Netbox.Seed(netbox.Inventory{Devices: []netbox.Device{{Name: h.OLT, Interfaces: []netbox.Interface{{Name: h.PON, Type: "gpon"}}}}})
	if err != nil {
		return err
	}
	err = p.Voltha.Add(voltha.Plant{OLTs: []voltha.OLT{{Serial: h.OLT, Enabled: true, ONUs: []voltha.ONU{{Serial: h.ONU, PON: pon}}}}})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.follow(h.CPE) // it may have been behind another ONU
	return err
}

// seed is what is there before any home.
func (p *Plant) seed() error {
	if p.pool == "" {
		return nil
	}
	return p.Netbox.Seed(netbox.Inventory{Prefixes: []string{p.pool}})
}
