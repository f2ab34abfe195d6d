package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"turnup/internal/base/loopback"
)

// ports is where a stack listens, always on the loopback address only. The sandbox network has three in a row: HTTP, gRPC of VOLTHA's
// core, and UDP for RADIUS requests to the BNG.
type ports struct{ cloud, psp, network int }

const (
	coreAfter = 1
	coaAfter  = 2
)

// portOf reads a port from the environment, so that a taken default is a matter of one variable.
func portOf(variable string, otherwise int) (int, error) {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise, nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("%s=%q is not a port; use a number from 1024 to 65535", variable, text)
	}
	return port, nil
}

// choosePorts: fixed ones for dev (people bookmark them), whatever is free for a test.
func choosePorts(s stack) (ports, error) {
	if s.name == "test" {
		return freePorts()
	}
	var p ports
	taken := map[int]string{}
	for _, each := range []struct {
		port      *int
		variable  string
		otherwise int
		row       int
	}{{&p.cloud, "TURNUP_CLOUD_PORT", 4566, 1}, {&p.psp, "TURNUP_PSP_PORT", 12111, 1}, {&p.network, "TURNUP_NETWORK_PORT", 12120, 3}} {
		port, err := portOf(each.variable, each.otherwise)
		if err != nil {
			return ports{}, err
		}
		*each.port = port
		for n := range each.row {
			if other := taken[port+n]; other != "" {
				return ports{}, fmt.Errorf("%s and %s both need port %d; choose different ports", other, each.variable, port+n)
			}
			taken[port+n] = each.variable
		}
	}
	return p, nil
}

// freePorts finds five in a row: they differ, and nobody takes one by chance before we listen.
func freePorts() (ports, error) {
	first, err := loopback.Row(2 + coaAfter + 1)
	if err != nil {
		return ports{}, fmt.Errorf("the system gives no free ports on 127.0.0.1: %w", err)
	}
	return ports{first, first + 1, first + 2}, nil
}

// checkFree fails with one sentence that says which port is taken and how to choose another.
// Listening alone is not enough: some systems allow it beside a listener on all addresses.
func checkFree(port int, purpose, variable string) error {
	address := loopback.Address(port)
	c, err := net.DialTimeout("tcp", address, 300*time.Millisecond)
	if err == nil {
		c.Close()
		return taken(port, purpose, variable)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return taken(port, purpose, variable)
	}
	return l.Close()
}

func taken(port int, purpose, variable string) error {
	return fmt.Errorf("port %d, needed for %s, is taken by another program: end that program or choose another port with %s=<port>",
		port, purpose, variable)
}
