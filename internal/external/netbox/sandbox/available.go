package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/netip"
	"strconv"
)

// availableIPs lists a prefix's free addresses (GET), or takes the next (POST). Taking several is all or nothing.
func availableIPs(c *call, method string) answer {
	pool := c.prefixes.rows[c.id].Prefix
	switch method {
	case http.MethodGet:
		limit := 50
		if n, err := strconv.Atoi(c.query.Get("limit")); err == nil && n > 0 {
			limit = min(n, c.limit)
		}
		free := []any{}
		for _, a := range c.freeAddresses(pool, limit) {
			free = append(free, obj{"family": family(a)["value"], "address": a.String(), "vrf": nil})
		}
		return answer{http.StatusOK, free}
	case http.MethodPost:
		return c.allocate(func(wanted []obj) ([]netip.Prefix, answer) {
			return c.freeAddresses(pool, len(wanted)), answer{}
		}, c.addAddress)
	}
	return notAllowed(method)
}

// availablePrefixes takes the next prefix of a length (POST).
func availablePrefixes(c *call, method string) answer {
	if method != http.MethodPost {
		return notAllowed(method)
	}
	pool := c.prefixes.rows[c.id].Prefix
	return c.allocate(func(wanted []obj) (free []netip.Prefix, refused answer) {
		for _, w := range wanted {
			bits := int(number(w, "prefix_length"))
			switch {
			case bits == 0:
				return nil, invalid("prefix_length", "This field is required.")
			case bits <= pool.Bits() || bits > pool.Addr().BitLen():
				return nil, invalid("prefix_length", "Invalid prefix length ("+strconv.Itoa(bits)+")")
			}
			if p, ok := c.freePrefix(pool, bits, free); ok {
				free = append(free, p)
			}
		}
		return free, answer{}
	}, c.addPrefix)
}

// allocate gives each object of a request one of what is free. An object is answered by an object, a list by a list.
func (c *call) allocate(find func([]obj) ([]netip.Prefix, answer), add func(netip.Prefix, obj) answer) answer {
	wanted, object := []obj{}, obj{}
	single := json.Unmarshal(c.raw, &object) == nil
	if single {
		wanted = []obj{object}
	} else if err := json.Unmarshal(c.raw, &wanted); err != nil {
		return detail(http.StatusBadRequest, "JSON parse error - "+err.Error())
	}
	free, refused := find(wanted)
	switch {
	case refused.status != 0:
		return refused
	case len(free) < len(wanted):
		return full
	}
	before := c.copied()
	out := []any{}
	for i, w := range wanted {
		a := add(free[i], w)
		if a.status != http.StatusCreated {
			*c.data = before
			return a
		}
		out = append(out, a.body)
	}
	if single {
		return answer{http.StatusCreated, out[0]}
	}
	return answer{http.StatusCreated, out}
}

// copied is what a transaction goes back to.
func (d *data) copied() data {
	before := *d
	before.addresses.rows, before.prefixes.rows = maps.Clone(d.addresses.rows), maps.Clone(d.prefixes.rows)
	return before
}

// freeAddresses finds the first free ones. Of an IPv4 prefix the network's and the broadcast address are none (but of /31 and /32),
// of an IPv6 prefix the subnet router's.
func (d *data) freeAddresses(pool netip.Prefix, most int) (free []netip.Prefix) {
	taken := map[netip.Addr]bool{}
	for _, r := range d.addresses.rows {
		taken[r.Address.Addr()] = true
	}
	small := pool.Bits() >= pool.Addr().BitLen()-1
	for a := pool.Addr(); pool.Contains(a) && len(free) < most; a = a.Next() {
		network, broadcast := a == pool.Addr(), a.Is4() && !pool.Contains(a.Next())
		if !taken[a] && (small || !network && !broadcast) {
			free = append(free, netip.PrefixFrom(a, pool.Bits()))
		}
	}
	return free
}

// freePrefix finds the first prefix of a length that overlaps none below the pool, and none of those just found.
func (d *data) freePrefix(pool netip.Prefix, bits int, found []netip.Prefix) (netip.Prefix, bool) {
	for p := netip.PrefixFrom(pool.Addr(), bits); pool.Contains(p.Addr()); p = following(p) {
		free := true
		for _, r := range d.prefixes.rows {
			below := r.Prefix.Bits() > pool.Bits() && pool.Contains(r.Prefix.Addr())
			free = free && !(below && r.Prefix.Overlaps(p))
		}
		for _, f := range found {
			free = free && f != p && !f.Overlaps(p)
		}
		if free {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// following is the next prefix of the same length; after the last of all it is the invalid one.
func following(p netip.Prefix) netip.Prefix {
	raw := p.Addr().AsSlice()
	step := byte(1) << ((8 - p.Bits()%8) % 8)
	for i := (p.Bits() - 1) / 8; i >= 0; i-- {
		if raw[i] += step; raw[i] >= step {
			next, _ := netip.AddrFromSlice(raw)
			return netip.PrefixFrom(next, p.Bits())
		}
		step = 1
	}
	return netip.Prefix{}
}
