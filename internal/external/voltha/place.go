package voltha

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/opencord/voltha-protos/v5/go/voltha"

	"turnup/internal/domain/provisioning"
)

// firstPON is VOLTHA's number of an OLT's PON port 0 (voltha-lib-go, platform: the port's type in the upper four bits).
const firstPON = 0x20000000

// ponOf is the number of the PON an ONU is at, from 0; ok is false when the OLT's adapter numbers ports in its own way.
func ponOf(onu *voltha.Device) (n int, ok bool) {
	if onu.ParentPortNo&^0xff != firstPON {
		return 0, false
	}
	return int(onu.ParentPortNo - firstPON), true
}

// ponNamed is the number at the end of a PON's name: 3 for "pon-0/3", "pon3" and "3".
func ponNamed(name string) (n int, ok bool) {
	n, err := strconv.Atoi(name[len(strings.TrimRight(name, "0123456789")):])
	return n, err == nil
}

// at tells whether an ONU is at a port. The OLT's serial number or id in VOLTHA is the port's OLT, by Options.OLTs or by name. The
// PON's number is the one at the end of the port's PON, counted from 0 as VOLTHA does; where either has none, any PON is taken
// for the right one.
func (c *Client) at(p provisioning.Port, s seat) bool {
	olt := p.OLT
	if known, ok := c.o.OLTs[olt]; ok {
		olt = known
	}
	if s.olt == nil || olt == "" || s.olt.SerialNumber != olt && s.olt.Id != olt {
		return false
	}
	named, ok := ponNamed(p.PON)
	is, told := ponOf(s.onu)
	return !ok || !told || named == is
}

// choose takes the ONU that is at the port.
func (c *Client) choose(p provisioning.Port, seats []seat) (*voltha.Device, error) {
	for _, s := range seats {
		if c.at(p, s) {
			return s.onu, nil
		}
	}
	var seen []string
	for _, s := range seats {
		pon, _ := ponOf(s.onu)
		seen = append(seen, fmt.Sprintf("%s PON %d", s.olt.GetSerialNumber(), pon))
	}
	return nil, c.circuit.Fault(provisioning.ErrONUElsewhere, fmt.Errorf("seen at %s", strings.Join(seen, ", ")))
}

// Port names of the controller: the ONU's first UNI.
func portOf(serial string) string { return serial + "-1" }

const mostVLAN = 4094 // IEEE 802.1Q

// tags are the VLANs of a line.
func (c *Client) tags(onu *voltha.Device) (sTag, cTag int, err error) {
	pon, _ := ponOf(onu)
	sTag, cTag = c.o.STag+pon, c.o.CTag+int(onu.GetProxyAddress().GetOnuId())
	if sTag > mostVLAN || cTag > mostVLAN {
		return 0, 0, c.circuit.Fault(provisioning.ErrRefused, fmt.Errorf("no VLAN %d/%d", sTag, cTag))
	}
	return sTag, cTag, nil
}
