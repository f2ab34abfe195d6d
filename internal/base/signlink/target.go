package signlink

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// IsTarget tells whether an address can be the target of a link: https, or http of this machine, with host and path, and nothing else.
func IsTarget(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && secure(u) && u.RawQuery == "" && !u.ForceQuery && u.Path != "" && u.String() == raw
}

// IsOrigin tells whether something is an origin as Allowed compares it: scheme://host[:port], without a path.
func IsOrigin(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && secure(u) && raw == originOf(u)
}

// Allowed tells whether a browser may be sent to an address: one of the origins, and nothing in it that makes it look like another.
func Allowed(raw string, origins []string) bool {
	if strings.ContainsAny(raw, "\\\t\r\n ") { // which browsers repair
		return false
	}
	u, err := url.Parse(raw)
	return err == nil && secure(u) && slices.Contains(origins, originOf(u))
}

// OriginOf gives the origin of an address; "" when it has none.
func OriginOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || !secure(u) {
		return ""
	}
	return originOf(u)
}

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

func secure(u *url.URL) bool {
	if u.User != nil || u.Fragment != "" || u.Opaque != "" || u.Hostname() == "" || u.Host != strings.ToLower(u.Host) {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && local
}
