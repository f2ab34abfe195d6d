package sandbox

import (
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

var (
	prefixStatuses  = []string{"container", "active", "reserved", "deprecated"}
	addressStatuses = []string{"active", "reserved", "deprecated", "dhcp", "slaac"}
	dnsName         = regexp.MustCompile(`^([0-9A-Za-z_-]+|\*)(\.[0-9A-Za-z_-]+)*\.?$`)
)

var prefixAPI = collection{
	path: prefixesPath, model: "Prefix",
	list: func(c *call) (out []any) {
		for _, r := range c.prefixes.all(func(r *PrefixRecord) bool {
			return c.asked("id", decimal(r.ID)) && c.asked("prefix", r.Prefix.String()) && c.asked("status", r.Status) && c.asked("description", r.Description)
		}, byPrefix) {
			out = append(out, c.prefixJSON(r))
		}
		return out
	},
	get: func(c *call) any {
		if r := c.prefixes.rows[c.id]; r != nil {
			return c.prefixJSON(r)
		}
		return nil
	},
	create: func(c *call, in obj) answer {
		text, _ := text(in, "prefix")
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return invalid("prefix", "Invalid IP prefix format: "+text)
		}
		if p != p.Masked() {
			return invalid("prefix", fmt.Sprintf("%s is not a valid prefix. Did you mean %s?", p, p.Masked()))
		}
		return c.addPrefix(p, in)
	},
	change: func(c *call, in obj) answer {
		changed := *c.prefixes.rows[c.id]
		if refused := changed.set(in); refused.status != 0 {
			return refused
		}
		c.prefixes.rows[c.id] = &changed
		return answer{http.StatusOK, c.prefixJSON(&changed)}
	},
	remove: func(c *call) { delete(c.prefixes.rows, c.id) },
	actions: map[string]func(*call, string) answer{
		"available-ips":      availableIPs,
		"available-prefixes": availablePrefixes,
	},
}

var addressAPI = collection{
	path: addressesPath, model: "IPAddress",
	list: func(c *call) (out []any) {
		for _, r := range c.addresses.all(func(r *AddressRecord) bool {
			return c.asked("id", decimal(r.ID)) && c.asked("address", r.Address.String()) && c.asked("status", r.Status) &&
				c.asked("description", r.Description) && c.asked("dns_name", r.DNSName) && c.asked("interface_id", decimal(r.Interface))
		}, byAddress) {
			out = append(out, c.addressJSON(r))
		}
		return out
	},
	get: func(c *call) any {
		if r := c.addresses.rows[c.id]; r != nil {
			return c.addressJSON(r)
		}
		return nil
	},
	create: func(c *call, in obj) answer {
		text, _ := text(in, "address")
		a, err := netip.ParsePrefix(text)
		if err != nil {
			return invalid("address", "Invalid IP address format: "+text)
		}
		for _, r := range c.addresses.rows {
			if r.Address.Addr() == a.Addr() {
				return invalid("address", "Duplicate IP address found in global table: "+r.Address.String())
			}
		}
		return c.addAddress(a, in)
	},
	change: func(c *call, in obj) answer {
		changed := *c.addresses.rows[c.id]
		if refused := c.setAddress(&changed, in); refused.status != 0 {
			return refused
		}
		c.addresses.rows[c.id] = &changed
		return answer{http.StatusOK, c.addressJSON(&changed)}
	},
	remove: func(c *call) { delete(c.addresses.rows, c.id) },
}

func (c *call) addPrefix(p netip.Prefix, in obj) answer {
	r := &PrefixRecord{Prefix: p, Status: "active"}
	if refused := r.set(in); refused.status != 0 {
		return refused
	}
	r.ID = c.prefixes.add(r)
	return answer{http.StatusCreated, c.prefixJSON(r)}
}

func (c *call) addAddress(a netip.Prefix, in obj) answer {
	r := &AddressRecord{Address: a, Status: "active"}
	if refused := c.setAddress(r, in); refused.status != 0 {
		return refused
	}
	r.ID = c.addresses.add(r)
	return answer{http.StatusCreated, c.addressJSON(r)}
}

func (r *PrefixRecord) set(in obj) answer {
	if status, there := text(in, "status"); there {
		r.Status = status
	}
	if description, there := text(in, "description"); there {
		r.Description = description
	}
	switch {
	case !slices.Contains(prefixStatuses, r.Status):
		return invalid("status", r.Status+" is not a valid choice.")
	case len(r.Description) > 200:
		return invalid("description", "Ensure this field has no more than 200 characters.")
	}
	return answer{}
}

// setAddress takes over what is given and checks the whole. DNS names are kept in small letters.
func (c *call) setAddress(r *AddressRecord, in obj) answer {
	for field, to := range map[string]*string{"status": &r.Status, "description": &r.Description, "dns_name": &r.DNSName} {
		if value, there := text(in, field); there {
			*to = value
		}
	}
	r.DNSName = strings.ToLower(r.DNSName)
	if _, there := in["assigned_object_id"]; there {
		r.Interface = number(in, "assigned_object_id")
	}
	kind, _ := text(in, "assigned_object_type")
	switch {
	case !slices.Contains(addressStatuses, r.Status):
		return invalid("status", r.Status+" is not a valid choice.")
	case len(r.Description) > 200:
		return invalid("description", "Ensure this field has no more than 200 characters.")
	case r.DNSName != "" && !dnsName.MatchString(r.DNSName):
		return invalid("dns_name", "Only alphanumeric characters, asterisks, hyphens, periods, and underscores are allowed in DNS names")
	case kind != "" && kind != "dcim.interface":
		return invalid("assigned_object_type", "Invalid content type: "+kind)
	case r.Interface != 0 && c.interfaces.rows[r.Interface] == nil:
		return invalid("assigned_object_id", fmt.Sprintf("Related object not found using the provided numeric ID: %d", r.Interface))
	}
	return answer{}
}

func family(p netip.Prefix) obj {
	if p.Addr().Is4() {
		return obj{"value": 4, "label": "IPv4"}
	}
	return obj{"value": 6, "label": "IPv6"}
}

func (c *call) prefixJSON(r *PrefixRecord) obj {
	return obj{"id": r.ID, "url": fmt.Sprintf("%s%s%d/", c.base, prefixesPath, r.ID), "display": r.Prefix.String(), "prefix": r.Prefix.String(),
		"family": family(r.Prefix), "status": choice(r.Status), "description": r.Description, "vrf": nil, "tenant": nil, "vlan": nil, "role": nil,
		"is_pool": false, "mark_utilized": false, "comments": "", "tags": []any{}, "custom_fields": obj{}}
}

func (c *call) addressJSON(r *AddressRecord) obj {
	out := obj{"id": r.ID, "url": fmt.Sprintf("%s%s%d/", c.base, addressesPath, r.ID), "display": r.Address.String(), "address": r.Address.String(),
		"family": family(r.Address), "status": choice(r.Status), "description": r.Description, "dns_name": r.DNSName, "vrf": nil, "tenant": nil, "role": nil,
		"assigned_object_type": nil, "assigned_object_id": nil, "assigned_object": nil, "nat_inside": nil, "nat_outside": []any{},
		"comments": "", "tags": []any{}, "custom_fields": obj{}}
	if i := c.interfaces.rows[r.Interface]; i != nil {
		out["assigned_object_type"], out["assigned_object_id"], out["assigned_object"] = "dcim.interface", i.ID, c.briefInterface(i)
	}
	return out
}
