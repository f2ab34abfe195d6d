package genieacs

import (
	"context"
	"regexp"
	"strings"
	"time"

	"turnup/internal/domain/provisioning"
)

// pings is how many echo requests a device sends.
const pings = 4

var (
	// A host name, or an IPv4 or IPv6 address.
	hosts = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$`)
	// Parameters and objects below the root; the root itself would be everything the device has.
	names = regexp.MustCompile(`^(Device|InternetGatewayDevice)(\.[A-Za-z0-9][A-Za-z0-9_]*)+\.?$`)
)

// Ping has the device send echo requests (TR-181 Device.IP.Diagnostics.IPPing, TR-098 IPPingDiagnostics).
func (c *Client) Ping(ctx context.Context, cpe, host string, within time.Duration) ([]provisioning.Fact, error) {
	return c.measure(ctx, cpe, host, within, func(m model) (string, []set) {
		return m.ping, []set{{m.ping + ".NumberOfRepetitions", pings, "xsd:unsignedInt"}}
	})
}

// Trace has the device find the way to a host (TR-181 Device.IP.Diagnostics.TraceRoute, TR-098 TraceRouteDiagnostics).
func (c *Client) Trace(ctx context.Context, cpe, host string, within time.Duration) ([]provisioning.Fact, error) {
	return c.measure(ctx, cpe, host, within, func(m model) (string, []set) { return m.trace, nil })
}

// measure has the device do a diagnosis and gives what it found, also when that is an error, for example
// Error_CannotResolveHostName: DiagnosticsState tells. ErrNotMeasurable when it has no such diagnosis.
func (c *Client) measure(ctx context.Context, cpe, host string, within time.Duration, what func(model) (string, []set)) ([]provisioning.Fact, error) {
	if !hosts.MatchString(host) {
		return nil, c.fault(provisioning.ErrRefused, "not a host name or an address")
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	d, err := c.device(ctx, cpe)
	if err != nil {
		return nil, err
	}
	object, settings := what(d.model)
	state := object + ".DiagnosticsState"
	settings = append([]set{{object + ".Host", host, "xsd:string"}}, settings...)
	settings = append(settings, set{state, "Requested", "xsd:string"}) // last: it starts when that is set
	if err := c.do(ctx, cpe, task{Name: setValues, Values: settings}); err != nil {
		return nil, err
	}
	err = c.until(ctx, func() error {
		if d, err = c.fresh(ctx, cpe, object); err != nil {
			return err
		}
		switch value, ok := d.value(state); {
		case !ok:
			return c.fault(provisioning.ErrNotMeasurable, "the device has no %s", object)
		case value == "Requested":
			return c.fault(provisioning.ErrUnanswered, "the device is still measuring")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d.below(object), nil
}

// fresh has the device tell parameters, or objects with all they have, and reads its record with them.
func (c *Client) fresh(ctx context.Context, cpe string, names ...string) (record, error) {
	if err := c.do(ctx, cpe, task{Name: getValues, Names: names}); err != nil {
		return record{}, err
	}
	return c.device(ctx, cpe, names...)
}

// Parameters reads parameters afresh, and all parameters of objects. What the device does not have is left out, and so is what is
// secret.
func (c *Client) Parameters(ctx context.Context, cpe string, wanted []string, within time.Duration) ([]provisioning.Fact, error) {
	trimmed := make([]string, len(wanted))
	for i, name := range wanted {
		if !names.MatchString(name) {
			return nil, c.fault(provisioning.ErrRefused, "not the name of a parameter")
		}
		trimmed[i] = strings.TrimSuffix(name, ".")
	}
	if len(trimmed) == 0 {
		return nil, c.fault(provisioning.ErrRefused, "no parameter is named")
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if _, err := c.device(ctx, cpe); err != nil {
		return nil, err
	}
	d, err := c.fresh(ctx, cpe, trimmed...)
	if err != nil {
		return nil, err
	}
	var all []provisioning.Fact
	for _, name := range trimmed {
		all = append(all, d.below(name)...)
	}
	return all, nil
}
