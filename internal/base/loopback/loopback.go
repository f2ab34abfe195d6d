// Package loopback finds ports of this machine for programs that tests and local stacks start and that have to be told where to listen.
package loopback

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
)

// Refused is an address where nobody listens: a port of the system's own that no service uses any more (RFC 1078).
const Refused = "127.0.0.1:1"

// Ports from here to there are nobody's by chance: systems give listeners on port 0 and outgoing connections those above (Linux from
// 32768, others from 49152), so a port found here is still free when the program that is told of it comes to listen.
const from, to = 20000, 32768

// Address is a port's address.
func Address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Row finds n ports that follow each other and are free, for TCP and for UDP, and returns the first.
func Row(n int) (int, error) {
	var last error
	for range 200 {
		first := from + rand.IntN(to-from-n)
		if last = free(first, n); last == nil {
			return first, nil
		}
	}
	return 0, last
}

func free(first, n int) (err error) {
	var open []io.Closer
	defer func() {
		for _, o := range open {
			err = errors.Join(err, o.Close())
		}
	}()
	for port := first; port < first+n; port++ {
		stream, err := net.Listen("tcp", Address(port))
		if err != nil {
			return err
		}
		open = append(open, stream)
		packets, err := net.ListenPacket("udp", Address(port))
		if err != nil {
			return err
		}
		open = append(open, packets)
	}
	return nil
}
