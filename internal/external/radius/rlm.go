package radius

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"turnup/internal/base/fault"
)

// Section is the section of FreeRADIUS that calls, from the header X-FreeRADIUS-Section.
type Section string

// The sections that call.
const (
	Authorize  Section = "authorize"
	PostAuth   Section = "post-auth"
	Accounting Section = "accounting"
)

// Status is what an accounting request reports (Acct-Status-Type). Others than these are to be acknowledged and left alone.
type Status string

// The statuses of RFC 2866. On and Off have no user: all sessions of the NAS have ended.
const (
	Start   Status = "Start"
	Interim Status = "Interim-Update"
	Stop    Status = "Stop"
	On      Status = "Accounting-On"
	Off     Status = "Accounting-Off"
)

// Request is what FreeRADIUS asks or reports. What it did not send is zero. The password it sends is never read.
type Request struct {
	Section        Section
	UserName       string
	NASIdentifier  string
	NASIP          netip.Addr // IPv4, or IPv6 when the NAS has only that
	NASPort        string     // NAS-Port-Id, else the number of NAS-Port
	CallingStation string     // as a rule the MAC address of the router
	FramedIP       netip.Addr
	Class          string // as it was given with the accept
	HasPassword    bool   // PAP
	HasCHAP        bool
	Failure        string // why FreeRADIUS rejected by itself, in post-auth: a wrong password

	// Accounting. Counters grow through a session; requests can come twice, late and out of order.
	Status         Status
	SessionID      string // the NAS'; some begin anew after a restart
	UniqueID       string // FreeRADIUS', one for each session
	SessionSeconds int64
	InOctets       uint64 // from the subscriber: upload
	OutOctets      uint64 // to the subscriber: download
	TerminateCause string
	EventTime      time.Time // by the clock of the NAS; zero when unknown
}

// mostRead bounds a body: a RADIUS packet has at most 4096 bytes (RFC 2865), which JSON spells out.
const mostRead = 64 << 10

// Parse reads the body that rlm_rest sends in a section. ErrInvalid names the attribute that cannot be read, never its value.
func Parse(section Section, body []byte) (Request, error) {
	if section != Authorize && section != PostAuth && section != Accounting {
		return Request{}, fault.ErrInvalid.Naming("X-FreeRADIUS-Section", "expected authorize, post-auth or accounting")
	}
	if len(body) > mostRead {
		return Request{}, fault.ErrInvalid.Naming("body", "at most 64 KiB")
	}
	var sent pairs
	if err := json.Unmarshal(body, &sent.raw); err != nil || sent.raw == nil {
		return Request{}, fault.ErrInvalid.Naming("body", "expected a JSON object of attributes")
	}
	r := Request{
		Section: section, UserName: sent.text("User-Name"), NASIdentifier: sent.text("NAS-Identifier"), NASIP: sent.address("NAS-IP-Address"),
		NASPort: sent.text("NAS-Port-Id"), CallingStation: sent.text("Calling-Station-Id"), FramedIP: sent.address("Framed-IP-Address"),
		Class: sent.octets("Class"), HasPassword: sent.has("User-Password"), HasCHAP: sent.has("CHAP-Password"),
		Failure: sent.text("Module-Failure-Message"),
		Status:  Status(sent.text("Acct-Status-Type")), SessionID: sent.text("Acct-Session-Id"), UniqueID: sent.text("Acct-Unique-Session-Id"),
		SessionSeconds: int64(sent.number("Acct-Session-Time")),
		InOctets:       sent.number("Acct-Input-Gigawords")<<32 + sent.number("Acct-Input-Octets"),
		OutOctets:      sent.number("Acct-Output-Gigawords")<<32 + sent.number("Acct-Output-Octets"),
		TerminateCause: sent.text("Acct-Terminate-Cause"), EventTime: sent.time("Event-Timestamp"),
	}
	if !r.NASIP.IsValid() {
		r.NASIP = sent.address("NAS-IPv6-Address")
	}
	if r.NASPort == "" {
		r.NASPort = sent.text("NAS-Port")
	}
	if sent.invalid != nil {
		return Request{}, sent.invalid
	}
	return r, nil
}

// pairs are the attributes of a body, read by name; what cannot be read makes the body invalid.
type pairs struct {
	raw     map[string]json.RawMessage
	invalid *fault.Fault
}

func (p *pairs) wrong(name, expected string) {
	if p.invalid == nil {
		p.invalid = fault.ErrInvalid
	}
	p.invalid = p.invalid.Naming(name, "expected "+expected)
}

func (p *pairs) has(name string) bool { return p.raw[name] != nil }

// text is the first value of an attribute. Numbers are taken as they are written.
func (p *pairs) text(name string) string {
	if !p.has(name) {
		return ""
	}
	var attribute struct {
		Value []any `json:"value"`
	}
	in := json.NewDecoder(strings.NewReader(string(p.raw[name])))
	in.UseNumber()
	if err := in.Decode(&attribute); err != nil {
		p.wrong(name, "a type and a list of values")
		return ""
	}
	if len(attribute.Value) == 0 {
		return ""
	}
	switch v := attribute.Value[0].(type) {
	case string:
		return fromBytes(v)
	case json.Number:
		return v.String()
	}
	p.wrong(name, "text or a number")
	return ""
}

// fromBytes undoes that rlm_rest writes every byte of UTF-8 as a character of its own ("\u00C3\u00AB" for ë).
func fromBytes(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xFF {
			return s
		}
		b = append(b, byte(r))
	}
	if !utf8.Valid(b) {
		return s
	}
	return string(b)
}

// number is an attribute of type integer, which has 32 bits in RADIUS.
func (p *pairs) number(name string) uint64 {
	s := p.text(name)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > math.MaxUint32 {
		p.wrong(name, "a number of 32 bits")
		return 0
	}
	return n
}

func (p *pairs) address(name string) netip.Addr {
	s := p.text(name)
	if s == "" {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		p.wrong(name, "an IP address")
	}
	return a
}

// octets are sent as 0x and hexadecimal digits.
func (p *pairs) octets(name string) string {
	s := p.text(name)
	digits, isHex := strings.CutPrefix(s, "0x")
	if !isHex {
		return s
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		p.wrong(name, "hexadecimal digits")
	}
	return string(b)
}

// time is an attribute of type date, which FreeRADIUS writes in the zone it runs in. Only UTC is read: the short names of other
// zones are not unique.
func (p *pairs) time(name string) time.Time {
	s := p.text(name)
	if !strings.HasSuffix(s, " UTC") {
		return time.Time{}
	}
	t, err := time.Parse("Jan _2 2006 15:04:05 MST", s)
	if err != nil {
		p.wrong(name, "a date like Mar 29 2026 01:59:00 UTC")
	}
	return t
}
