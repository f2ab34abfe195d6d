package webhook_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/domain/webhook"
)

// X10: which addresses are taken as they are written.
func TestAddresses(t *testing.T) {
	for address, want := range map[string]struct{ public, sandbox bool }{
		"https://partner.com/in":                             {true, true},
		"https://partner.com:8443/in?key=1":                  {true, true},
		"https://8.8.8.8/in":                                 {true, true},
		"https://[2606:4700:4700::1111]/in":                  {true, true},
		"http://partner.com/in":                              {false, true},
		"http://127.0.0.1:8080/in":                           {false, true},
		"https://127.0.0.1/in":                               {false, true},
		"https://127.1/in":                                   {false, true},
		"https://2130706433/in":                              {false, true},
		"https://0x7f.0.0.1/in":                              {false, true},
		"https://0177.0.0.1/in":                              {false, true},
		"https://169.254.169.254/latest/meta-data":           {false, true},
		"https://[fd00:ec2::254]/":                           {false, true},
		"https://[::1]/":                                     {false, true},
		"https://[::ffff:10.0.0.1]/":                         {false, true},
		"https://[64:ff9b::a00:1]/":                          {false, true},
		"https://[fe80::1%25eth0]/":                          {false, true},
		"https://[2606:4700:4700::1111%25eth0]/":             {false, true},
		"https://localhost/in":                               {false, true},
		"https://LOCALHOST./in":                              {false, true},
		"https://a.localhost/in":                             {false, true},
		"https://metadata.google.internal/":                  {false, true},
		"https://printer.local/":                             {false, true},
		"https://intranet/":                                  {false, true},
		"https://partner.com./in":                            {true, true},
		"https://partner.com../in":                           {false, true},
		"https://user@partner.com/in":                        {false, false},
		"https://user:pass@partner.com/in":                   {false, false},
		"https://partner.com@127.0.0.1/in":                   {false, false},
		"https://partner.com/in#part":                        {false, false},
		"https://partner.com/in#":                            {false, false},
		"https://partner.com\\@127.0.0.1/in":                 {false, false},
		"https://partner.com/a b":                            {false, false},
		"https://partner.com/\r\nHost: x":                    {false, false},
		"https:///in":                                        {false, false},
		"https:partner.com":                                  {false, false},
		"//partner.com/in":                                   {false, false},
		"ftp://partner.com/in":                               {false, false},
		"file:///etc/passwd":                                 {false, false},
		"gopher://partner.com/":                              {false, false},
		"javascript:alert(1)":                                {false, false},
		"":                                                   {false, false},
		"https://partner.com/" + strings.Repeat("x", 500):    {false, false},
		"https://" + strings.Repeat("a", 60) + ".com/in?a=b": {true, true},
	} {
		if got := webhook.Allowed(address, false); got != want.public {
			t.Errorf("%q: %v", address, got)
		}
		if got := webhook.Allowed(address, true); got != want.sandbox {
			t.Errorf("%q in a sandbox: %v", address, got)
		}
		if err := (webhook.Terms{URL: address}).Check(false); (err == nil) != want.public || err != nil && !errors.Is(err, webhook.ErrInvalid) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if err := (webhook.Terms{URL: "https://partner.com/in", Types: []event.Type{event.TypeOrderPaid, event.TypeSignupCompleted}}).Check(true); !errors.Is(err, webhook.ErrInvalid) {
		t.Errorf("a type that does not go out: %v", err)
	}
}

// X10: which addresses are connected to.
func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "172.15.255.255": true, "172.32.0.0": true, "100.63.255.255": true, "100.128.0.0": true, "169.253.1.1": true, "223.255.255.255": true, "198.20.0.1": true,
		"2606:4700:4700::1111": true, "2a00:1450:4001:80b::200e": true, "::ffff:8.8.8.8": true,
		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "10.255.255.255": false, "100.64.0.1": false, "127.0.0.1": false, "127.255.255.254": false, "169.254.169.254": false, "169.254.170.2": false,
		"172.16.0.1": false, "172.31.255.255": false, "192.0.0.192": false, "192.0.2.1": false, "192.88.99.1": false, "192.168.1.1": false, "198.18.0.1": false, "198.19.255.255": false, "198.51.100.7": false,
		"203.0.113.7": false, "224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "100::1": false,
		"2001::1": false, "2001:db8::1": false, "2002:7f00:1::": false, "3fff::1": false, "fc00::1": false, "fd00:ec2::254": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false, "ff02::1": false,
	} {
		if got := webhook.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if webhook.Public(netip.Addr{}) {
		t.Error("no address is a public one")
	}
}
