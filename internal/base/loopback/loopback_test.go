package loopback

import (
	"net"
	"testing"
)

// A row can be listened on, for both protocols, and one with a taken port in it is no row.
func TestRow(t *testing.T) {
	first, err := Row(3)
	if err != nil || first < from || first+3 > to {
		t.Fatal(first, err)
	}
	taken, err := net.ListenPacket("udp", Address(first+2))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if free(first, 2) != nil || free(first, 3) == nil {
		t.Errorf("ports %d to %d, the last of them taken: %v, %v", first, first+2, free(first, 2), free(first, 3))
	}
	if c, err := net.Dial("tcp", Refused); err == nil {
		c.Close()
		t.Errorf("somebody listens on %s", Refused)
	}
}
