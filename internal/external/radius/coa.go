package radius

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3576"

	"turnup/internal/domain/provisioning"
	"turnup/internal/external/upstream"
)

// NAS is a NAS that takes changes of sessions.
type NAS struct {
	Identifier string // as it calls itself in NAS-Identifier; empty: requests do not name it
	Address    string // host or host:port; without a port 3799 (RFC 5176). Older MikroTiks listen on 1700.
	Secret     string // shared with it
	Type       NASType
	Policies   Policies
}

const port = "3799"

// Session is a session as accounting told of it.
type Session struct {
	NAS      NAS
	UserName string
	ID       string               // Acct-Session-Id
	FramedIP netip.Addr           // zero: not named
	Profile  provisioning.Profile // the speed it has, which Juniper must be told to end; zero: unknown
}

// Result is how a NAS answered.
type Result string

// The results that are no faults.
const (
	Acked Result = "acked" // done
	Gone  Result = "gone"  // the NAS has no such session (Error-Cause 503): it ended by itself, or an earlier request ended it
)

// Dynamic changes sessions at NASes (RFC 5176). Every request can be repeated. A NAK other than Gone is ErrBusy when it may go away by
// itself, else ErrRefused, with the Error-Cause; no answer in time is ErrUnanswered, be the NAS not there or the secret wrong, which NASes keep silent about; a
// closed port is ErrNetwork. Each NAS has a circuit of its own.
type Dynamic struct {
	within   time.Duration
	mu       sync.Mutex
	circuits map[string]*upstream.Circuit
}

// NewDynamic makes a client that waits so long for an answer and sends its request three times in that time.
func NewDynamic(within time.Duration) *Dynamic {
	return &Dynamic{within: within, circuits: map[string]*upstream.Circuit{}}
}

// Disconnect ends a session.
func (d *Dynamic) Disconnect(ctx context.Context, s Session) (Result, error) {
	return d.send(ctx, "disconnect", radius.CodeDisconnectRequest, s, nil)
}

// ChangeSpeed gives a session another speed. Of a session that is Gone the next one gets it with its accept.
func (d *Dynamic) ChangeSpeed(ctx context.Context, s Session, p provisioning.Profile) (Result, error) {
	attributes, err := speed(s.NAS.Type, s.NAS.Policies, p)
	if err != nil {
		return "", err
	}
	return d.send(ctx, "change speed", radius.CodeCoARequest, s, append(withdrawn(s.NAS.Type, s.NAS.Policies, s.Profile), attributes...))
}

func (d *Dynamic) send(ctx context.Context, call string, code radius.Code, s Session, speed []attribute) (result Result, err error) {
	address := s.NAS.Address
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(strings.Trim(address, "[]"), port)
	}
	circuit := d.circuit(address)
	if s.NAS.Secret == "" { // every answer would look forged
		return "", circuit.Fault(provisioning.ErrCredential, errors.New("no secret is configured for the NAS"))
	}
	request, err := packet(code, s, speed)
	if err != nil {
		return "", circuit.Fault(provisioning.ErrRefused, err)
	}
	err = circuit.Do(ctx, call, func(ctx context.Context) error {
		answer, err := (&radius.Client{Retry: d.within / 3}).Exchange(ctx, request, address)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return circuit.Fault(provisioning.ErrUnanswered, fmt.Errorf("no answer from %s: it cannot be reached, or the shared secret is not its", address))
		case err != nil:
			return circuit.Failed(err)
		}
		result, err = read(circuit, request, answer)
		return err
	})
	return result, err
}

func (d *Dynamic) circuit(address string) *upstream.Circuit {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.circuits[address] == nil {
		d.circuits[address] = upstream.NewCircuit("nas "+address, d.within)
	}
	return d.circuits[address]
}

// read tells what an answer means; that it is from who knows the secret was seen by its authenticator.
func read(circuit *upstream.Circuit, request, answer *radius.Packet) (Result, error) {
	if !genuine(request, answer) {
		return "", circuit.Fault(provisioning.ErrUnanswered, errors.New("the answer's Message-Authenticator is wrong"))
	}
	if answer.Code == request.Code+1 { // ACK
		return Acked, nil
	}
	cause, err := rfc3576.ErrorCause_Lookup(answer)
	said := fmt.Errorf("%s, Error-Cause %s (%d)", answer.Code, cause, uint32(cause))
	switch {
	case answer.Code != request.Code+2: // NAK
		return "", circuit.Fault(provisioning.ErrUnanswered, fmt.Errorf("%s is no answer to %s", answer.Code, request.Code))
	case err != nil:
		return "", circuit.Fault(provisioning.ErrBusy, fmt.Errorf("%s without Error-Cause", answer.Code))
	case cause == rfc3576.ErrorCause_Value_SessionContextNotFound:
		return Gone, nil
	case cause >= 500 && cause != rfc3576.ErrorCause_Value_AdministrativelyProhibited: // the NAS's or a proxy's state; below is our mistake
		return "", circuit.Fault(provisioning.ErrBusy, said)
	}
	return "", circuit.Fault(provisioning.ErrRefused, said)
}

// packet writes a request.
func packet(code radius.Code, s Session, speed []attribute) (*radius.Packet, error) {
	p := radius.New(code, []byte(s.NAS.Secret))
	p.Set(rfc2869.MessageAuthenticator_Type, make([]byte, md5.Size)) // first, before anything a forger could have chosen
	var errs []error
	for _, text := range []struct {
		value string
		set   func(*radius.Packet, string) error
	}{{s.UserName, rfc2865.UserName_SetString}, {s.NAS.Identifier, rfc2865.NASIdentifier_SetString}, {s.ID, rfc2866.AcctSessionID_SetString}} {
		if text.value != "" {
			errs = append(errs, text.set(p, text.value))
		}
	}
	if s.FramedIP.Is4() {
		errs = append(errs, rfc2865.FramedIPAddress_Set(p, s.FramedIP.AsSlice()))
	}
	for _, a := range speed {
		raw, err := radius.NewVendorSpecific(a.vendor, a.wire())
		p.Add(rfc2865.VendorSpecific_Type, raw)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p, sign(p)
}

// wire is the attribute inside Vendor-Specific: number, length, tag if it has one (RFC 2868), value.
func (a attribute) wire() radius.Attribute {
	value := radius.NewInteger(a.rate)
	if a.text != "" {
		value = []byte(a.text)
	}
	if a.tag != 0 {
		value = append([]byte{a.tag}, value...)
	}
	return append([]byte{a.number, byte(2 + len(value))}, value...)
}

// sign computes the Message-Authenticator of a CoA or Disconnect request: HMAC-MD5 over the packet with both its own value and the
// Request Authenticator zero (RFC 5176, 3.4). The Request Authenticator is an MD5 over the result and comes after, in Encode.
func sign(p *radius.Packet) error {
	p.Authenticator = [16]byte{}
	sum, err := authenticator(p)
	p.Set(rfc2869.MessageAuthenticator_Type, sum)
	return err
}

// genuine checks the Message-Authenticator of an answer, if it has one: HMAC-MD5 over the answer with its own value zero and the
// request's authenticator in place of its own.
func genuine(request, answer *radius.Packet) bool {
	sent := rfc2869.MessageAuthenticator_Get(answer)
	if sent == nil {
		return true
	}
	wire, err := request.Encode()
	if err != nil {
		return false
	}
	unsigned := *answer
	unsigned.Attributes = append(radius.Attributes(nil), answer.Attributes...) // Set replaces the entry, not its value
	copy(unsigned.Authenticator[:], wire[4:20])
	unsigned.Set(rfc2869.MessageAuthenticator_Type, make([]byte, md5.Size))
	sum, err := authenticator(&unsigned)
	return err == nil && hmac.Equal(sum, sent)
}

func authenticator(p *radius.Packet) ([]byte, error) {
	wire, err := p.MarshalBinary()
	if err != nil {
		return nil, err
	}
	mac := hmac.New(md5.New, p.Secret)
	mac.Write(wire)
	return mac.Sum(nil), nil
}
