package genieacs

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"turnup/internal/domain/provisioning"
)

// model is where a data model keeps what we set and read.
type model struct {
	root, software             string
	enable, username, password string // of the PPP connection
	ping, trace                string // objects of the diagnostics
}

var (
	// TR-181 issue 2: Device.PPP. and Device.IP.Diagnostics.
	tr181 = model{
		root: "Device", software: "Device.DeviceInfo.SoftwareVersion",
		enable: "Device.PPP.Interface.1.Enable", username: "Device.PPP.Interface.1.Username", password: "Device.PPP.Interface.1.Password",
		ping: "Device.IP.Diagnostics.IPPing", trace: "Device.IP.Diagnostics.TraceRoute",
	}
	// TR-098: WANPPPConnection and the diagnostics of the root.
	tr098 = model{
		root: "InternetGatewayDevice", software: "InternetGatewayDevice.DeviceInfo.SoftwareVersion",
		enable:   "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1.Enable",
		username: "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1.Username",
		password: "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1.Password",
		ping:     "InternetGatewayDevice.IPPingDiagnostics", trace: "InternetGatewayDevice.TraceRouteDiagnostics",
	}
)

// record is what the device management knows of a device.
type record struct {
	model      model
	lastInform time.Time
	tags       []string
	tree       map[string]json.RawMessage
}

// device reads a record: what every request needs, and the parameters or objects named. ErrCPEUnknown.
func (c *Client) device(ctx context.Context, cpe string, names ...string) (record, error) {
	if !deviceIDs.MatchString(cpe) {
		return record{}, c.fault(provisioning.ErrCPEUnknown, "not an id of a device")
	}
	wanted := append([]string{"_lastInform", "_tags", tr181.software, tr181.username, tr098.software, tr098.username}, names...)
	var found []map[string]json.RawMessage
	if err := c.find(ctx, "devices", map[string]string{"_id": cpe}, strings.Join(wanted, ","), &found); err != nil {
		return record{}, err
	}
	if len(found) == 0 {
		return record{}, c.api.Fault(provisioning.ErrCPEUnknown, nil)
	}
	d := record{tree: found[0], model: tr181}
	if _, ok := d.value(tr098.software); ok { // every inform tells the software version (TR-069, forced inform parameters)
		d.model = tr098
	}
	// A device that never informed has no such time.
	_ = json.Unmarshal(d.tree["_lastInform"], &d.lastInform)
	_ = json.Unmarshal(d.tree["_tags"], &d.tags)
	return d, nil
}

func (d record) has(tag string) bool { return slices.Contains(d.tags, tag) }

func (d record) software() string {
	v, _ := d.value(d.model.software)
	return v
}

// value is what a parameter has.
func (d record) value(path string) (string, bool) {
	v, ok := d.at(path)["_value"]
	return plain(v), ok
}

// below lists the parameters of an object, or the one that path names, without those that are secret.
func (d record) below(path string) []provisioning.Fact { return facts(path, d.at(path)) }

// at is the part of the record at a path; nil when there is none.
func (d record) at(path string) map[string]json.RawMessage {
	at := d.tree
	for name := range strings.SplitSeq(path, ".") {
		var below map[string]json.RawMessage
		if json.Unmarshal(at[name], &below) != nil {
			return nil
		}
		at = below
	}
	return at
}

func facts(path string, at map[string]json.RawMessage) (all []provisioning.Fact) {
	if v, ok := at["_value"]; ok {
		if secret(path) {
			return nil
		}
		return []provisioning.Fact{{Name: path, Value: plain(v)}}
	}
	for name, raw := range at {
		var below map[string]json.RawMessage
		if !strings.HasPrefix(name, "_") && json.Unmarshal(raw, &below) == nil {
			all = append(all, facts(path+"."+name, below)...)
		}
	}
	slices.SortFunc(all, func(a, b provisioning.Fact) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// secret tells whether a parameter is one that a CPE reads back empty. The record has it all the same after it was set.
func secret(path string) bool {
	name := strings.ToLower(path[strings.LastIndex(path, ".")+1:])
	return slices.ContainsFunc([]string{"password", "passphrase", "presharedkey", "wepkey", "secret", "privatekey"},
		func(s string) bool { return strings.Contains(name, s) })
}

// plain is a JSON value as text.
func plain(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
