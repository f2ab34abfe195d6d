package freeradius

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// S3-117: whoever Turnup does not know (404) is rejected even where something else in the configuration would accept, and it is our
// policy that does it: without it FreeRADIUS accepts.
func TestUnknownIsNeverAccepted(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	const policy = "if (notfound) {\n\t\t\treject\n\t\t}\n"
	for want, edit := range map[string]func(string) string{
		"Access-Reject": accepting,
		"Access-Accept": func(site string) string {
			if !strings.Contains(site, policy) {
				t.Error("the policy is not in the configuration")
			}
			return accepting(strings.Replace(site, policy, "if (notfound) {\n}\n", 1))
		},
	} {
		s := Run(t, Options{Hook: web.URL + "/radius", Key: "key-1", edit: edit})
		if got, err := s.PAP(t.Context(), "sub-1001@isp.example", "s3cret"); err != nil || got.Code != want {
			t.Errorf("%+v, %v; want %s\n%s", got, err, want, s.Log())
		}
	}
}

// accepting is a site in which something accepts everybody.
func accepting(site string) string {
	return strings.Replace(site, "authorize {\n", "authorize {\nupdate control {\n&Auth-Type := Accept\n}\n", 1)
}
