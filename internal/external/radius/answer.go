package radius

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"turnup/internal/domain/provisioning"
)

// Accept is what a subscriber who may dial in gets. FreeRADIUS compares the secret, by PAP or CHAP, and sends the rest to the NAS.
type Accept struct {
	UserName       string // as accounting shall report it; empty: as it was dialled
	Secret         string
	Profile        provisioning.Profile
	NASType        NASType
	Policies       Policies // for cisco and juniper
	Address        string   // IPv4, with or without a length; empty: the NAS chooses
	Prefix6        string   // delegated IPv6 prefix (RFC 4818); empty: none
	Class          string   // comes back with accounting
	InterimSeconds int      // how often the NAS reports, at least 60 (RFC 2869); 0: as the NAS likes
}

// Body is the answer to authorize, for HTTP 200.
func (a Accept) Body() ([]byte, error) {
	out := body{}
	out.set("control:Cleartext-Password", escaped(a.Secret))
	attributes, err := speed(a.NASType, a.Policies, a.Profile)
	if err != nil {
		return nil, err
	}
	for _, each := range attributes {
		out.add("reply:"+each.name, each.value())
	}
	if a.UserName != "" {
		out.set("reply:User-Name", escaped(a.UserName))
	}
	if a.Address != "" {
		plain, _, _ := strings.Cut(a.Address, "/")
		if ip, err := netip.ParseAddr(plain); err != nil || !ip.Is4() {
			return nil, fmt.Errorf("radius: %q is not an IPv4 address", a.Address)
		}
		out.set("reply:Framed-IP-Address", plain)
	}
	if a.Prefix6 != "" {
		prefix, err := netip.ParsePrefix(a.Prefix6)
		if err != nil || !prefix.Addr().Is6() {
			return nil, fmt.Errorf("radius: %q is not an IPv6 prefix", a.Prefix6)
		}
		out.set("reply:Delegated-IPv6-Prefix", prefix.Masked().String())
	}
	if a.Class != "" {
		out.set("reply:Class", "0x"+hex.EncodeToString([]byte(a.Class)))
	}
	if a.InterimSeconds > 0 {
		out.set("reply:Acct-Interim-Interval", a.InterimSeconds)
	}
	return json.Marshal(out)
}

// mostText is the longest value of an attribute in bytes (RFC 2865).
const mostText = 253

// Reject is the answer to authorize for HTTP 401, with a sentence for the subscriber, cut to what an attribute holds.
// (404 is a reject without a sentence; 403 and 5xx are no answer, and the NAS asks again.)
func Reject(message string) []byte {
	for len(message) > mostText || !utf8.ValidString(message) {
		_, size := utf8.DecodeLastRuneInString(message)
		message = message[:len(message)-size]
	}
	out := body{}
	if message != "" {
		out.set("reply:Reply-Message", escaped(message))
	}
	raw, _ := json.Marshal(out)
	return raw
}

// body holds attributes with their list. None is expanded by FreeRADIUS, which would run %{…} in a name or a sentence.
type body map[string]*values

type values struct {
	Op     string `json:"op"`
	Expand bool   `json:"do_xlat"`
	Value  []any  `json:"value"`
}

func (b body) set(name string, value any) { b[name] = &values{Op: ":=", Value: []any{value}} }

// add is for what can have several values, which := would replace one by one.
func (b body) add(name string, value any) {
	if b[name] == nil {
		b.set(name, value)
		return
	}
	b[name].Op, b[name].Value = "+=", append(b[name].Value, value)
}

// escaped keeps backslashes: FreeRADIUS reads \r or \x41 in every value, expanded or not.
func escaped(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }
