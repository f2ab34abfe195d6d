package chaos

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"turnup/internal/check"
	"turnup/internal/journey"
	"turnup/internal/rig"
)

// gateway turns requests into events for the functions, by the routes of template.yaml, as API Gateway does.
type gateway struct {
	world  *World
	routes []route
}

type route struct {
	check.Route
	function string
	matches  *regexp.Regexp
}

var (
	parameter = regexp.MustCompile(`\\\{[^}+]*\\\}`)
	greedy    = regexp.MustCompile(`\\\{[^}]*\\\+\\\}`)
)

func newGateway(w *World) *gateway {
	g := &gateway{world: w}
	for _, r := range w.Template.Routes() {
		pattern := greedy.ReplaceAllString(parameter.ReplaceAllString(regexp.QuoteMeta(r.Path), `[^/]+`), `.+`)
		g.routes = append(g.routes, route{r, path.Base(r.Folder), regexp.MustCompile("^" + pattern + "$")})
	}
	// a path of words goes before one with parameters
	slices.SortStableFunc(g.routes, func(a, b route) int { return strings.Count(a.Path, "{") - strings.Count(b.Path, "{") })
	return g
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := slices.IndexFunc(g.routes, func(t route) bool { return t.Method == r.Method && t.matches.MatchString(r.URL.Path) })
	if at < 0 {
		http.Error(w, `{"code":"route_not_found"}`, http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller went away
	}
	header := r.Header.Clone()
	header.Set("Host", r.Host)
	in := rig.GatewayRequest{Method: r.Method, Path: r.URL.RequestURI(), Route: g.routes[at].Path, Header: header, Body: string(body), ID: journey.Key()}
	if caller := g.world.caller.Load(); caller != nil {
		in.Source = *caller
	}
	payload, err := rig.GatewayEvent(in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	// without the caller's patience: what a function has begun it goes on with
	raw, err := g.world.Invoke(contextOf(r), g.routes[at].function, payload)
	if err != nil {
		http.Error(w, `{"message":"Internal server error"}`, http.StatusBadGateway)
		return
	}
	write(w, raw)
}

// write passes a function's answer on.
func write(w http.ResponseWriter, raw []byte) {
	var out struct {
		StatusCode        int
		Headers           map[string]string
		MultiValueHeaders map[string][]string
		Body              string
		IsBase64Encoded   bool
	}
	if json.Unmarshal(raw, &out) != nil || out.StatusCode == 0 {
		http.Error(w, `{"message":"Internal server error"}`, http.StatusBadGateway)
		return
	}
	for name, value := range out.Headers {
		w.Header().Set(name, value)
	}
	for name, values := range out.MultiValueHeaders {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	body := []byte(out.Body)
	if out.IsBase64Encoded {
		body, _ = base64.StdEncoding.DecodeString(out.Body)
	}
	w.WriteHeader(out.StatusCode)
	_, _ = w.Write(body)
}
