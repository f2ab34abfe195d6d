package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// ports is where a stack listens, always on the loopback address only.
type ports struct{ cloud, psp int }

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
	cloud, err := portOf("TURNUP_CLOUD_PORT", 4566)
	if err != nil {
		return ports{}, err
	}
	psp, err := portOf("TURNUP_PSP_PORT", 12111)
	if err != nil {
		return ports{}, err
	}
	if cloud == psp {
		return ports{}, fmt.Errorf("TURNUP_CLOUD_PORT and TURNUP_PSP_PORT are both %d; choose two different ports", cloud)
	}
	return ports{cloud: cloud, psp: psp}, nil
}

// freePorts holds both listeners open until both are known, so that they differ.
func freePorts() (ports, error) {
	var found [2]int
	for i := range found {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ports{}, fmt.Errorf("the system gives no free port on 127.0.0.1: %w", err)
		}
		defer l.Close()
		found[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports{cloud: found[0], psp: found[1]}, nil
}

// checkFree fails with one sentence that says which port is taken and how to choose another.
// Listening alone is not enough: some systems allow it beside a listener on all addresses.
func checkFree(port int, purpose, variable string) error {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
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
