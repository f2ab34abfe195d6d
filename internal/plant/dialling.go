package plant

import "strings"

// dial is what a router dials in with; the zero value is a router that does not.
type dial struct{ user, password string }

// configured is told by the device management when a router's credentials change.
func (p *Plant) configured(cpe, user, password string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.given[cpe] = dial{user, password}
	p.follow(cpe)
}

// changed is told by the access network when traffic begins or ceases to pass an ONU.
func (p *Plant) changed(serial string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for cpe, h := range p.homes {
		if strings.EqualFold(h.ONU, serial) {
			p.follow(cpe)
		}
	}
}

// follow makes a router's line at the BNG what it must be now. The lock is held, so that the last word wins.
func (p *Plant) follow(cpe string) {
	h, placed := p.homes[cpe]
	want := p.given[cpe]
	if !placed || !p.Voltha.ServiceUp(h.ONU) {
		want = dial{}
	}
	is := p.dialled[cpe]
	switch {
	case want == is:
		return
	case is.user != "" && is.user != want.user:
		p.BNG.Hangup(is.user)
	}
	if p.dialled[cpe] = want; want.user != "" {
		p.BNG.SwitchOn(want.user, want.password, h.OLT+" "+h.PON+":"+h.ONU)
	}
}
