package gateway_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"turnup/internal/platform/gateway"
)

func keys(t *testing.T, of string) gateway.Keys {
	t.Helper()
	var all []string
	for _, c := range of {
		all = append(all, base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(c), 32))))
	}
	k, err := gateway.ParseKeys(strings.Join(all, ","))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// X6: an address counts as a visitor's only where our own pages said so a moment ago.
func TestVisitor(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	pages, api := keys(t, "a"), keys(t, "ba")
	said := pages.Vouch("203.0.113.9", now)
	for name, c := range map[string]struct {
		value string
		at    time.Time
		want  string
	}{
		"said":                {said, now.Add(59 * time.Second), "203.0.113.9"},
		"a minute ago":        {said, now.Add(time.Minute), ""},
		"of another address":  {strings.Replace(said, "113.9", "113.8", 1), now, ""},
		"prolonged":           {strings.Replace(said, " 1", " 2", 1), now, ""},
		"with an unknown key": {keys(t, "c").Vouch("203.0.113.9", now), now, ""},
		"for another purpose": {"203.0.113.9 1893499260 " + pages.Sign("cookie", "203.0.113.9 1893499260"), now, ""},
		"nothing":             {"", now, ""},
		"just an address":     {"203.0.113.9", now, ""},
		"IPv6":                {pages.Vouch("2001:db8::9", now), now, "2001:db8::9"},
	} {
		if got := api.Visitor(c.value, c.at); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for _, bad := range []string{"", "AAAA", "not base64"} {
		if _, err := gateway.ParseKeys(bad); err == nil {
			t.Errorf("%q is a key", bad)
		}
	}
}
