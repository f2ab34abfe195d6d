package sandbox

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"net"
	"strconv"

	"layeh.com/radius"
)

// The attributes of RFC 2865, 2866, 2869 and 5176 that matter here.
const (
	attrUserName             = 1
	attrFramedIP             = 8
	attrVendorSpecific       = 26
	attrNASIdentifier        = 32
	attrSessionID            = 44
	attrMessageAuthenticator = 80
	attrErrorCause           = 101
)

// Error-Causes of RFC 5176.
const (
	unsupportedAttribute = 401
	missingAttribute     = 402
	nasMismatch          = 403
	noSession            = 503
	noResources          = 506
)

// listen takes Disconnect and CoA requests. Whoever does not know the secret gets no answer.
func (b *BNG) listen() {
	buffer := make([]byte, radius.MaxPacketLength)
	for {
		n, from, err := b.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		b.receive(bytes.Clone(buffer[:n]), from)
	}
}

func (b *BNG) receive(wire []byte, from net.Addr) {
	secret := b.peer().secret
	p, err := radius.Parse(wire, []byte(secret))
	if err != nil || secret == "" || p.Code != radius.CodeDisconnectRequest && p.Code != radius.CodeCoARequest {
		return
	}
	e := Entry{Call: "coa", User: string(p.Get(attrUserName)), Signed: p.Get(attrMessageAuthenticator) != nil}
	if p.Code == radius.CodeDisconnectRequest {
		e.Call = "disconnect"
	}
	if !radius.IsAuthenticRequest(wire, p.Secret) || e.Signed && !signed(wire, p.Secret) {
		e.Answer = "none: wrong secret"
		b.log(e)
		return
	}
	silent := b.fault(e.Call, e.User, "hang")
	if silent == nil {
		cause := uint32(0)
		if f := b.fault(e.Call, e.User, "nak"); f != nil {
			cause = uint32(f.ErrorCause)
		} else if b.fault(e.Call, e.User, "lie") == nil {
			cause = b.act(p)
		}
		silent = b.fault(e.Call, e.User, "lose")
		e.Answer = "ACK"
		answer := p.Response(p.Code + 1)
		if cause != 0 {
			answer.Code = p.Code + 2
			answer.Add(attrErrorCause, radius.NewInteger(cause))
			e.Answer = "NAK " + strconv.Itoa(int(cause))
		}
		if out, err := answer.Encode(); err == nil && silent == nil {
			_, _ = b.conn.WriteTo(out, from)
		}
	}
	if silent != nil {
		e.Answer += " (" + silent.Mode + ")"
	}
	b.log(e)
}

// act does what is asked and gives the Error-Cause, 0 for an ACK.
func (b *BNG) act(p *radius.Packet) uint32 {
	if nas := p.Get(attrNASIdentifier); nas != nil && string(nas) != b.o.NASIdentifier {
		return nasMismatch
	}
	id, user, ip := p.Get(attrSessionID), p.Get(attrUserName), p.Get(attrFramedIP)
	if id == nil && user == nil && ip == nil {
		return missingAttribute
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.lines {
		s := l.session
		if s == nil || id != nil && string(id) != s.ID || user != nil && string(user) != l.user || ip != nil && net.IP(ip).String() != s.FramedIP {
			continue
		}
		if p.Code == radius.CodeDisconnectRequest {
			b.terminate(l, "Admin-Reset")
			return 0
		}
		change := vendorAttributes(p)
		if !s.take(change) {
			return unsupportedAttribute
		}
		attributes := map[string][]string{}
		for _, of := range []map[string][]string{s.Attributes, change} {
			for name, values := range of {
				attributes[name] = values
			}
		}
		s.Attributes = attributes
		return 0
	}
	return noSession
}

// vendorNames are the attributes known of vendors, by vendor and number (FreeRADIUS' dictionaries).
var vendorNames = map[[2]uint32]string{{14122, 7}: "WISPr-Bandwidth-Max-Up", {14122, 8}: "WISPr-Bandwidth-Max-Down", {14988, 8}: "Mikrotik-Rate-Limit",
	{9, 1}: "Cisco-AVPair", {4874, 65}: "ERX-Service-Activate", {4874, 66}: "ERX-Service-Deactivate"}

func vendorAttributes(p *radius.Packet) map[string][]string {
	found := map[string][]string{}
	for _, a := range p.Attributes {
		if a.Type != attrVendorSpecific || len(a.Attribute) < 6 {
			continue
		}
		vendor, value := binary.BigEndian.Uint32(a.Attribute), []byte(a.Attribute[6:])
		name := vendorNames[[2]uint32{vendor, uint32(a.Attribute[4])}]
		text := string(value)
		switch {
		case name == "":
			name = fmt.Sprintf("Vendor-%d-Attr-%d", vendor, a.Attribute[4])
		case vendor == 14122 && len(value) == 4:
			text = strconv.FormatUint(uint64(binary.BigEndian.Uint32(value)), 10)
		case name == "ERX-Service-Activate" && len(value) > 0 && value[0] < 0x20: // a tag (RFC 2868)
			name, text = fmt.Sprintf("%s:%d", name, value[0]), string(value[1:])
		}
		found[name] = append(found[name], text)
	}
	return found
}

// signed checks the Message-Authenticator: HMAC-MD5 over the request with its own value and the authenticator zero.
func signed(wire, secret []byte) bool {
	unsigned := bytes.Clone(wire[:binary.BigEndian.Uint16(wire[2:])])
	clear(unsigned[4:20])
	var sent []byte
	for at := 20; at+2 <= len(unsigned); at += int(unsigned[at+1]) {
		if unsigned[at] == attrMessageAuthenticator && unsigned[at+1] == 18 {
			sent = bytes.Clone(unsigned[at+2 : at+18])
			clear(unsigned[at+2 : at+18])
		}
	}
	mac := hmac.New(md5.New, secret)
	mac.Write(unsigned)
	return hmac.Equal(mac.Sum(nil), sent)
}
