package radius

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"turnup/internal/domain/provisioning"
)

// NASType says by which attributes a NAS takes a speed.
type NASType string

// The types.
const (
	Generic  NASType = "generic"  // WISPr-Bandwidth-Max-Up and -Down, bit/s
	MikroTik NASType = "mikrotik" // Mikrotik-Rate-Limit "rx/tx" as the router sees it: upload first
	Cisco    NASType = "cisco"    // Cisco-AVPair ip:sub-qos-policy-in and -out: policies that the NAS has
	Juniper  NASType = "juniper"  // ERX-Service-Activate: a dynamic profile that the NAS has
)

// Policies name the policies for a speed that a Cisco (Up, Down) or Juniper (Service) has. In them {up} and {down} stand for
// the rates with their unit (150M, 300m at Juniper), {upMbit} and {downMbit} for Mbit/s, rounded up. Empty is the default.
type Policies struct {
	Up      string `json:"up,omitempty" example:"UP-{up}"`
	Down    string `json:"down,omitempty" example:"DOWN-{down}"`
	Service string `json:"service,omitempty" example:"INET-{downMbit}({down},{up})"`
}

// The names unless the operator says otherwise.
const (
	defaultUp      = "UP-{up}"
	defaultDown    = "DOWN-{down}"
	defaultService = "INET-{downMbit}({down},{up})"
)

// attribute is one that carries a speed, for an accept (by name) and a CoA (by number).
type attribute struct {
	name   string
	vendor uint32
	number byte
	tag    byte // 0: the attribute has none
	text   string
	rate   uint32 // instead of text
}

func (a attribute) value() any {
	if a.text == "" {
		return a.rate
	}
	return escaped(a.text)
}

// The attributes by the dictionaries of the vendors (wispr, mikrotik, cisco, erx).
func wispr(name string, number byte, kbps int64) attribute {
	return attribute{name: name, vendor: 14122, number: number, rate: uint32(min(kbps*1000, math.MaxUint32))}
}

func cisco(pair string) attribute {
	return attribute{name: "Cisco-AVPair", vendor: 9, number: 1, text: pair}
}

// speed gives the attributes for a speed.
func speed(t NASType, names Policies, p provisioning.Profile) ([]attribute, error) {
	switch t {
	case Generic:
		return []attribute{wispr("WISPr-Bandwidth-Max-Up", 7, p.UpKbps), wispr("WISPr-Bandwidth-Max-Down", 8, p.DownKbps)}, nil
	case MikroTik:
		return []attribute{{name: "Mikrotik-Rate-Limit", vendor: 14988, number: 8, text: rate(p.UpKbps) + "/" + rate(p.DownKbps)}}, nil
	case Cisco:
		return []attribute{cisco("ip:sub-qos-policy-in=" + named(names.Up, defaultUp, p, rate)),
			cisco("ip:sub-qos-policy-out=" + named(names.Down, defaultDown, p, rate))}, nil
	case Juniper:
		return []attribute{{name: "ERX-Service-Activate:1", vendor: 4874, number: 65, tag: 1, text: service(names, p)}}, nil
	}
	return nil, fmt.Errorf("radius: there is no NAS type %q", t)
}

// withdrawn are the attributes that end a speed before another one begins: Juniper runs both services otherwise.
func withdrawn(t NASType, names Policies, p provisioning.Profile) []attribute {
	if t != Juniper || p == (provisioning.Profile{}) {
		return nil
	}
	return []attribute{{name: "ERX-Service-Deactivate", vendor: 4874, number: 66, text: service(names, p)}}
}

func service(names Policies, p provisioning.Profile) string {
	return named(names.Service, defaultService, p, func(kbps int64) string { return strings.ToLower(rate(kbps)) })
}

func named(template, byDefault string, p provisioning.Profile, rate func(int64) string) string {
	if template == "" {
		template = byDefault
	}
	mbit := func(kbps int64) string { return strconv.FormatInt((kbps+999)/1000, 10) }
	return strings.NewReplacer("{up}", rate(p.UpKbps), "{down}", rate(p.DownKbps), "{upMbit}", mbit(p.UpKbps), "{downMbit}", mbit(p.DownKbps)).Replace(template)
}

// rate writes kbit/s as the NASes do: 150M, or 2500k when it is no whole number of Mbit/s.
func rate(kbps int64) string {
	if kbps%1000 != 0 {
		return strconv.FormatInt(kbps, 10) + "k"
	}
	return strconv.FormatInt(kbps/1000, 10) + "M"
}
