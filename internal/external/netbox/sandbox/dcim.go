package sandbox

import (
	"fmt"
	"net/http"
	"slices"
)

var deviceStatuses = []string{"offline", "active", "planned", "staged", "failed", "inventory", "decommissioning"}

var interfaceTypes = []string{"virtual", "gpon", "xg-pon", "xgs-pon", "ng-pon2", "epon", "10g-epon", "1000base-t", "10gbase-x-sfpp", "other"}

var deviceAPI = collection{
	path: devicesPath, model: "Device",
	list: func(c *call) (out []any) {
		for _, r := range c.devices.all(func(r *DeviceRecord) bool {
			return c.asked("name", r.Name) && c.asked("id", decimal(r.ID)) && c.asked("status", r.Status)
		}, byDeviceName) {
			out = append(out, c.deviceJSON(r))
		}
		return out
	},
	get: func(c *call) any {
		if r := c.devices.rows[c.id]; r != nil {
			return c.deviceJSON(r)
		}
		return nil
	},
	create: func(c *call, in obj) answer {
		name, _ := text(in, "name")
		if name == "" {
			return invalid("name", "This field is required.")
		}
		if c.device(name) != nil {
			return invalid("__all__", "Constraint “dcim_device_unique_name_site” is violated.")
		}
		r := &DeviceRecord{Name: name, Status: "active"}
		if refused := r.set(in); refused.status != 0 {
			return refused
		}
		r.ID = c.devices.add(r)
		return answer{http.StatusCreated, c.deviceJSON(r)}
	},
	change: func(c *call, in obj) answer {
		r := c.devices.rows[c.id]
		if refused := r.set(in); refused.status != 0 {
			return refused
		}
		return answer{http.StatusOK, c.deviceJSON(r)}
	},
	// Its interfaces go with it, without warning, and their addresses with them.
	remove: func(c *call) {
		delete(c.devices.rows, c.id)
		for _, i := range c.interfaces.rows {
			if i.Device == c.id {
				c.dropInterface(i.ID)
			}
		}
	},
}

func (r *DeviceRecord) set(in obj) answer {
	if status, there := text(in, "status"); there {
		if !slices.Contains(deviceStatuses, status) {
			return invalid("status", status+" is not a valid choice.")
		}
		r.Status = status
	}
	return answer{}
}

func (c *call) deviceJSON(r *DeviceRecord) obj {
	return obj{"id": r.ID, "url": fmt.Sprintf("%s%s%d/", c.base, devicesPath, r.ID), "display": r.Name, "name": r.Name, "status": choice(r.Status),
		"serial": "", "tenant": nil, "primary_ip4": nil, "primary_ip6": nil, "description": "", "comments": "", "tags": []any{}, "custom_fields": obj{}}
}

var interfaceAPI = collection{
	path: interfacesPath, model: "Interface",
	list: func(c *call) (out []any) {
		for _, r := range c.interfaces.all(func(r *InterfaceRecord) bool {
			return c.asked("id", decimal(r.ID)) && c.asked("device_id", decimal(r.Device)) && c.asked("name", r.Name) && c.asked("type", r.Type) &&
				c.asked("parent_id", decimal(r.Parent)) && c.asked("label", r.Label) && c.asked("description", r.Description)
		}, byInterfaceName) {
			out = append(out, c.interfaceJSON(r))
		}
		return out
	},
	get: func(c *call) any {
		if r := c.interfaces.rows[c.id]; r != nil {
			return c.interfaceJSON(r)
		}
		return nil
	},
	create: func(c *call, in obj) answer {
		r := &InterfaceRecord{Device: number(in, "device"), Enabled: true}
		for _, field := range []string{"device", "name", "type"} {
			if in[field] == nil {
				return invalid(field, "This field is required.")
			}
		}
		if c.devices.rows[r.Device] == nil {
			return invalid("device", fmt.Sprintf("Related object not found using the provided numeric ID: %d", r.Device))
		}
		if refused := c.setInterface(r, in); refused.status != 0 {
			return refused
		}
		r.ID = c.interfaces.add(r)
		return answer{http.StatusCreated, c.interfaceJSON(r)}
	},
	change: func(c *call, in obj) answer {
		changed := *c.interfaces.rows[c.id]
		if refused := c.setInterface(&changed, in); refused.status != 0 {
			return refused
		}
		c.interfaces.rows[c.id] = &changed
		return answer{http.StatusOK, c.interfaceJSON(&changed)}
	},
	remove: func(c *call) { c.dropInterface(c.id) },
}

// dropInterface deletes an interface; NetBox deletes the addresses assigned to it as well.
func (d *data) dropInterface(id int64) {
	delete(d.interfaces.rows, id)
	for _, a := range d.addresses.rows {
		if a.Interface == id {
			delete(d.addresses.rows, a.ID)
		}
	}
}

// setInterface takes over what is given and checks the whole.
func (c *call) setInterface(r *InterfaceRecord, in obj) answer {
	for field, to := range map[string]*string{"name": &r.Name, "type": &r.Type, "label": &r.Label, "description": &r.Description} {
		if value, there := text(in, field); there {
			*to = value
		}
	}
	if _, there := in["parent"]; there {
		r.Parent = number(in, "parent")
	}
	if enabled, there := in["enabled"].(bool); there {
		r.Enabled = enabled
	}
	parent := c.interfaces.rows[r.Parent]
	switch other := c.interfaceOf(r.Device, r.Name); {
	case r.Name == "":
		return invalid("name", "This field may not be blank.")
	case len(r.Name) > 64:
		return invalid("name", "Ensure this field has no more than 64 characters.")
	case len(r.Label) > 64:
		return invalid("label", "Ensure this field has no more than 64 characters.")
	case len(r.Description) > 200:
		return invalid("description", "Ensure this field has no more than 200 characters.")
	case !slices.Contains(interfaceTypes, r.Type):
		return invalid("type", r.Type+" is not a valid choice.")
	case r.Parent != 0 && parent == nil:
		return invalid("parent", fmt.Sprintf("Related object not found using the provided numeric ID: %d", r.Parent))
	case r.Parent != 0 && r.Type != "virtual":
		return invalid("parent", "Only virtual interfaces may be assigned to a parent interface.")
	case r.Parent != 0 && parent.Device != r.Device:
		return invalid("parent", fmt.Sprintf("The selected parent interface (%s) belongs to a different device.", parent.Name))
	case other != nil && other.ID != r.ID:
		return invalid("non_field_errors", "The fields device, name must make a unique set.")
	}
	return answer{}
}

func (c *call) interfaceJSON(r *InterfaceRecord) obj {
	var parent any
	if p := c.interfaces.rows[r.Parent]; p != nil {
		parent = c.briefInterface(p)
	}
	addresses := 0
	for _, a := range c.addresses.rows {
		if a.Interface == r.ID {
			addresses++
		}
	}
	out := c.briefInterface(r)
	for k, v := range (obj{"label": r.Label, "type": choice(r.Type), "enabled": r.Enabled, "parent": parent, "bridge": nil, "lag": nil, "mtu": nil,
		"mgmt_only": false, "mark_connected": false, "count_ipaddresses": addresses, "tags": []any{}, "custom_fields": obj{}}) {
		out[k] = v
	}
	return out
}

func (c *call) briefInterface(r *InterfaceRecord) obj {
	d := c.devices.rows[r.Device]
	return obj{"id": r.ID, "url": fmt.Sprintf("%s%s%d/", c.base, interfacesPath, r.ID), "display": r.Name, "name": r.Name, "description": r.Description,
		"device": obj{"id": d.ID, "url": fmt.Sprintf("%s%s%d/", c.base, devicesPath, d.ID), "display": d.Name, "name": d.Name, "description": ""},
		"cable":  nil, "_occupied": false}
}
