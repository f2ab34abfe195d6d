package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"turnup/internal/base/loopback"
	"turnup/internal/plant"
)

// addressPool is where local lines get their addresses from.
const addressPool = "100.64.0.0/20"

// serveNetwork is the verb sandbox-network: the stand-ins for the network's systems as one process of its own. They keep nothing: after
// a restart there is a network nobody has built.
func serveNetwork(ctx context.Context, addr string) error {
	listener, err := plant.Listen(addr)
	if err != nil {
		return fmt.Errorf("the sandbox network cannot listen: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	p, err := plant.New(plant.Options{Pool: addressPool, Core: loopback.Address(port + coreAfter), CoA: loopback.Address(port + coaAfter)})
	if err != nil {
		return fmt.Errorf("the sandbox network cannot start: %w", errors.Join(err, listener.Close()))
	}
	if err := serve(ctx, listener, p); err != nil {
		return fmt.Errorf("the sandbox network stopped: %w", errors.Join(err, p.Close()))
	}
	return p.Close()
}

func startNetwork(ctx context.Context, s stack, p ports, program, version string) error {
	for port, purpose := range map[int]string{p.network: "the sandbox network", p.network + coreAfter: "the sandbox network's VOLTHA"} {
		if err := checkFree(port, purpose, "TURNUP_NETWORK_PORT"); err != nil {
			return err
		}
	}
	return startSandbox(ctx, s, "network", p.network, version, "/_plant/health", program, "sandbox-network", "-addr", loopback.Address(p.network))
}

// pointHook tells the sandbox network where this stack answers FreeRADIUS, and what they share.
func pointHook(ctx context.Context, network, hook string, keys secrets) error {
	return tell(ctx, "the sandbox network", network, "/_plant/hook", plant.Hook{URL: hook, Key: keys.RadiusKey, Secret: keys.NASSecret, NetboxToken: keys.NetboxToken})
}

// networkParameters are the template's parameters for a stack in a sandbox network.
func networkParameters(base string) (map[string]string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("the address of the sandbox network cannot be read: %w", err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return nil, fmt.Errorf("the address of the sandbox network, %q, has no port (example: http://127.0.0.1:12120)", base)
	}
	after := func(n int) string { return net.JoinHostPort(u.Hostname(), strconv.Itoa(port+n)) }
	return map[string]string{
		"Nas":               plant.NAS + "=mikrotik@" + after(coaAfter) + ",*=generic",
		"NetboxUrl":         base + "/netbox",
		"AddressPool":       addressPool,
		"SplitRatio":        "64",
		"VolthaCore":        after(coreAfter),
		"VolthaController":  base + "/vgc/v1",
		"GenieacsUrl":       base + "/genieacs",
		"NetworkTimeout":    "5s",
		"StepWithin":        "8s",
		"ProvisioningTries": "3", // what does not work here will not after an hour either
	}, nil
}
