// Package stripemock runs stripe-mock for tests: it knows Stripe's own description of the API and refuses requests that
// do not fit it, but keeps no state. (Its HTTPS listener is bound to loopback here; by itself it takes all interfaces.)
package stripemock

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/loopback"
)

// Start answers the URL of stripe-mock: a running one (STRIPE_MOCK_URL), or one started for this test from its binary
// (STRIPE_MOCK_BIN).
func Start(t testing.TB) string {
	t.Helper()
	if u := os.Getenv("STRIPE_MOCK_URL"); u != "" {
		return strings.TrimSuffix(u, "/")
	}
	bin := os.Getenv("STRIPE_MOCK_BIN")
	if bin == "" {
		t.Fatal("This test needs stripe-mock: set STRIPE_MOCK_URL to a running one, or STRIPE_MOCK_BIN to its binary " +
			"(go install github.com/stripe/stripe-mock@v0.203.0).")
	}
	port, err := loopback.Row(2)
	if err != nil {
		t.Fatal(err)
	}
	plain, tls := loopback.Address(port), loopback.Address(port+1)
	cmd := exec.Command(bin, "-http-addr", plain, "-https-addr", tls)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatalf("stripe-mock did not start: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 300 {
		if c, err := net.Dial("tcp", plain); err == nil {
			c.Close()
			return "http://" + plain
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("stripe-mock does not listen on %s", plain)
	return ""
}
