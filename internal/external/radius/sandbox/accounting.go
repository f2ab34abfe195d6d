package sandbox

import (
	"encoding/hex"
	"math"
	"time"
)

// report is one accounting request. It is repeated until it is taken.
type report struct {
	body   []byte
	user   string
	status string
	taken  chan struct{}
}

// report queues a report of a session. The lock is held.
func (b *BNG) report(l *line, s *session, status, cause string) *report {
	now := time.Now()
	pairs := []pair{{"User-Name", "string", l.user}, {"NAS-IP-Address", "ipaddr", nasIP}, {"Service-Type", "integer", "Framed-User"},
		{"Framed-Protocol", "integer", "PPP"}, {"Framed-IP-Address", "ipaddr", s.FramedIP}}
	if s.Class != "" {
		pairs = append(pairs, pair{"Class", "octets", "0x" + hex.EncodeToString([]byte(s.Class))})
	}
	pairs = append(pairs, pair{"Calling-Station-Id", "string", mac(l.user)}, pair{"NAS-Identifier", "string", b.o.NASIdentifier},
		pair{"NAS-Port-Type", "integer", "Ethernet"}, pair{"Acct-Status-Type", "integer", status})
	if status != "Start" {
		pairs = append(pairs, pair{"Acct-Input-Octets", "integer", s.UpBytes & math.MaxUint32}, pair{"Acct-Output-Octets", "integer", s.DownBytes & math.MaxUint32})
	}
	pairs = append(pairs, pair{"Acct-Session-Id", "string", s.ID}, pair{"Acct-Authentic", "integer", "RADIUS"})
	if status != "Start" {
		pairs = append(pairs, pair{"Acct-Session-Time", "integer", uint64(now.Sub(s.began).Seconds())},
			pair{"Acct-Input-Packets", "integer", s.UpBytes / 1000 & math.MaxUint32}, pair{"Acct-Output-Packets", "integer", s.DownBytes / 1000 & math.MaxUint32})
	}
	if cause != "" {
		pairs = append(pairs, pair{"Acct-Terminate-Cause", "integer", cause})
	}
	if status != "Start" {
		pairs = append(pairs, pair{"Acct-Input-Gigawords", "integer", s.UpBytes >> 32}, pair{"Acct-Output-Gigawords", "integer", s.DownBytes >> 32})
	}
	pairs = append(pairs, pair{"Event-Timestamp", "date", stamp(now)}, pair{"NAS-Port-Id", "string", l.port},
		pair{"Acct-Unique-Session-Id", "string", s.UniqueID})
	r := &report{body: encode(pairs), user: l.user, status: status, taken: make(chan struct{})}
	select {
	case l.outbox <- r:
	default: // hours without an answer; a later report says more
	}
	return r
}

// nasReport is a report of the BNG itself.
func (b *BNG) nasReport(status string) []byte {
	return encode([]pair{{"NAS-IP-Address", "ipaddr", nasIP}, {"NAS-Identifier", "string", b.o.NASIdentifier},
		{"Acct-Status-Type", "integer", status}, {"Acct-Session-Id", "string", "00000000"}})
}

// sendAll delivers a line's reports one after the other, also those that are left when the router is switched off.
func (b *BNG) sendAll(l *line) {
	for r := range l.outbox {
		if b.fault("accounting", l.user, "reorder") == nil {
			b.deliver(r)
			continue
		}
		if later, more := <-l.outbox; more {
			b.deliver(later)
		}
		b.deliver(r)
	}
}

// deliver sends a report until it is taken. FreeRADIUS acknowledges only what the hook answers with 2xx.
func (b *BNG) deliver(r *report) {
	copies := 1
	if b.fault("accounting", r.user, "duplicate") != nil {
		copies = 2
	}
	for range copies {
		for {
			code, _ := b.post(b.ctx, "accounting", r.user, r.status, r.body)
			if code/100 == 2 {
				break
			}
			if !pause(b.ctx, b.o.Retransmit) {
				return
			}
		}
	}
	close(r.taken)
}
