package signlink_test

import (
	"testing"

	"turnup/internal/base/signlink"
)

// S2-20, S2-44: a browser is sent to an origin that is allowed, and to nothing that only looks like one (X10).
func TestAllowedTargets(t *testing.T) {
	origins := []string{"https://pages.example", "http://127.0.0.1:4566"}
	for raw, want := range map[string]bool{
		"https://pages.example":                       true,
		"https://pages.example/thanks?signup=sgn_1":   true,
		"http://127.0.0.1:4566/x":                     true,
		"http://pages.example/thanks":                 false,
		"https://pages.example:8443/thanks":           false,
		"https://pages.example.evil.example/":         false,
		"https://pages.example@evil.example/":         false,
		"https://evil.example/https://pages.example":  false,
		"https://evil.example\\@pages.example/":       false,
		"https://PAGES.example/":                      false,
		"//pages.example/":                            false,
		"/thanks":                                     false,
		"javascript:alert(1)":                         false,
		"https:pages.example":                         false,
		"https://pages.example/a\tb":                  false,
		" https://pages.example/":                     false,
		"https://pages.example/#x":                    false,
		"data:text/html,x":                            false,
		"https://pages.example%2eevil.example/":       false,
		"https://pages.example\r\nLocation: https://": false,
		"": false,
	} {
		if got := signlink.Allowed(raw, origins); got != want {
			t.Errorf("%q: %v", raw, got)
		}
	}
	for raw, want := range map[string]bool{"https://pages.example": true, "https://pages.example/": false, "http://pages.example": false, "http://localhost:3000": true, "https://pages.example?x": false, "": false, "https://": false} {
		if got := signlink.IsOrigin(raw); got != want {
			t.Errorf("origin %q: %v", raw, got)
		}
	}
	for raw, want := range map[string]bool{"https://pages.example/a": true, "https://pages.example": false, "https://pages.example/a?b=c": false, "https://pages.example/a?": false, "https://pages.example/a#": false, "http://pages.example/a": false,
		"http://localhost:1/a": true} {
		if got := signlink.IsTarget(raw); got != want {
			t.Errorf("target %q: %v", raw, got)
		}
	}
	if got := signlink.OriginOf("https://pages.example/thanks?a=b"); got != "https://pages.example" {
		t.Error(got)
	}
}
