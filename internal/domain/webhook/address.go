package webhook

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// mostURL bounds addresses, in bytes.
const mostURL = 500

// Check tells whether events can be sent on these terms. In a sandbox, where nothing is worth reaching after, http and addresses of this
// machine and its network are taken too.
func (t Terms) Check(sandbox bool) error {
	if why := refuses(t.URL, sandbox); why != "" {
		return ErrInvalid.Naming("body.url", why)
	}
	for _, typ := range t.Types {
		if !slices.Contains(types, typ) {
			return ErrInvalid.Naming("body.eventTypes", "has a type that does not go out")
		}
	}
	return nil
}

// Allowed tells whether an address may be called; whether its host leads to one that may be is seen when it is.
func Allowed(address string, sandbox bool) bool { return refuses(address, sandbox) == "" }

func refuses(address string, sandbox bool) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || len(address) > mostURL || u.Opaque != "" || u.Hostname() == "" || strings.ContainsAny(address, " \t\r\n\\"):
		return "is no address"
	case u.Scheme != "https" && (u.Scheme != "http" || !sandbox):
		return "must begin with https://"
	case u.User != nil:
		return "must hold no user"
	case u.Fragment != "" || strings.Contains(address, "#"):
		return "must hold no fragment"
	case !sandbox && !public(u.Hostname()):
		return "must be of a public host"
	}
	return ""
}

// inner are names that lead to no public host, whatever they are resolved to.
var inner = []string{"localhost", "local", "internal", "lan", "home", "corp", "arpa", "test", "invalid", "example", "onion"}

// public judges a host as it is written: an address must be a public one in its usual form, a name must have a domain.
func public(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Zone() == "" && Public(a)
	}
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	numeric := last == "" || last[0] >= '0' && last[0] <= '9' // 127.1, 0x7f.0.0.1 and the like: resolvers read them as addresses
	return len(labels) > 1 && !numeric && !slices.Contains(inner, last)
}

// notPublic are the ranges of the registries of special-purpose addresses (RFC 6890 and what followed) inside those that are routed.
var notPublic = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")

// routed is all of IPv6 that is given to networks; the rest (loopback, link-local, unique local, NAT64, multicast, …) is not called.
var routed = netip.MustParsePrefix("2000::/3")

func prefixes(all ...string) (out []netip.Prefix) {
	for _, p := range all {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// Public tells whether an address is one of the public internet.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || a.Is6() && !routed.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(a) })
}
