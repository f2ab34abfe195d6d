package rest

import (
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"turnup/internal/base/token"
	"turnup/internal/platform/gateway"
)

const (
	requestHeader     = "X-Request-Id"
	correlationHeader = "X-Correlation-Id"
	headersPath       = "#/components/headers/"
	parametersPath    = "#/components/parameters/"
	problemMedia      = "application/problem+json"
)

// String names the audience for people.
func (a Audience) String() string {
	return map[Audience]string{Public: "anybody", Customer: "a customer with an access token", Provider: "the PSP, by signature", Machine: "the operator's equipment, by key",
		Staff: "the operator's staff with an access token", Person: "a customer with an access token, about what is theirs, or the operator's staff"}[a]
}

// SignedIn tells whether its callers carry an access token.
func (a Audience) SignedIn() bool { return a.customers() || a.staff() }

func (a Audience) customers() bool { return a == Customer || a == Person }
func (a Audience) staff() bool     { return a == Staff || a == Person }

// tokens are the audiences of the access tokens that are good for it.
func (a Audience) tokens() []string {
	var good []string
	if a.customers() {
		good = append(good, token.CustomerAudience)
	}
	if a.staff() {
		good = append(good, token.StaffAudience)
	}
	return good
}

// shared are the headers many answers have, described once.
func shared() (map[string]*huma.Header, map[string]*huma.Param) {
	text := func(pattern string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Pattern: pattern} }
	low := float64(1)
	headers := map[string]*huma.Header{
		requestHeader:      {Description: "Names this request; quote it when you ask for support.", Schema: text(""), Example: exampleRequest},
		correlationHeader:  {Description: "Names the customer's journey: yours when you sent one, otherwise a new one. Send it again with the next request.", Schema: text(gateway.Correlation.String()), Example: "cor_" + exampleRequest},
		"Retry-After":      {Description: "Seconds to wait before the same request is worth repeating.", Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: &low}, Example: 2},
		"WWW-Authenticate": {Description: "The scheme to authenticate with.", Schema: text(""), Example: "Bearer"},
	}
	parameters := map[string]*huma.Param{correlationHeader: {Name: correlationHeader, In: "header", Schema: text(""), Example: "cor_" + exampleRequest,
		Description: "Your name for the customer's journey, carried through logs and events. 8 to 64 letters, digits or . _ -; anything else is replaced."}}
	return headers, parameters
}

// describeHeaders lists the headers of one answer.
func describeHeaders(answer *huma.Response, code string) {
	if answer.Headers == nil {
		answer.Headers = map[string]*huma.Header{}
	}
	for name, h := range answer.Headers {
		if h.Schema != nil && h.Description == "" {
			h.Description, h.Schema.Description = h.Schema.Description, ""
		}
		if h.Schema != nil && len(h.Schema.Examples) > 0 {
			h.Example, h.Schema.Examples = h.Schema.Examples[0], nil
		}
		answer.Headers[name] = h
	}
	names := []string{requestHeader, correlationHeader}
	switch code {
	case strconv.Itoa(http.StatusTooManyRequests), strconv.Itoa(http.StatusServiceUnavailable):
		names = append(names, "Retry-After")
	case strconv.Itoa(http.StatusUnauthorized):
		names = append(names, "WWW-Authenticate")
	}
	for _, name := range names {
		answer.Headers[name] = &huma.Header{Ref: headersPath + name}
	}
}
