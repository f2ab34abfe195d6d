package sandbox

import "slices"

// endpoint is where events are sent.
type endpoint struct {
	ID          string            `json:"id"`
	Created     int64             `json:"created"`
	URL         string            `json:"url"`
	Events      []string          `json:"events"`
	Secrets     []string          `json:"secrets"` // all sign, so that secrets can be rotated
	Description string            `json:"description,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
}

// wiredEndpoint is the endpoint the control API sets. It belongs to the wiring
// of a stack rather than to its data, so a reset leaves it.
const wiredEndpoint = "we_sandbox"

var endpointParams = schema{"url": required(text), "enabled_events": required(list), "description": text, "metadata": hash,
	"api_version": oneOf(apiVersion)}

// wants tells whether the endpoint is sent events of this type.
func (e *endpoint) wants(kind string) bool {
	return slices.Contains(e.Events, "*") || slices.Contains(e.Events, kind)
}

func (st *state) renderEndpoint(e *endpoint) obj {
	return nulls(obj{"id": e.ID, "object": "webhook_endpoint", "created": e.Created, "livemode": false, "status": "enabled", "url": e.URL,
		"enabled_events": e.Events, "api_version": apiVersion, "description": orNull(e.Description), "metadata": metadataOf(e.Metadata)},
		"application")
}

func createEndpoint(o *op, p params) (obj, *apiError) {
	if !webURL(p.str("url")) {
		return nil, badParam("url", "url_invalid", "Not a valid URL")
	}
	e := &endpoint{ID: newID("we"), Created: o.unix(), URL: p.str("url"), Events: p.list("enabled_events"),
		Secrets: []string{randomID("whsec_", 32)}, Description: p.str("description"), Metadata: mergeMetadata(nil, p)}
	o.st.Endpoints.add(e.ID, e)
	out := o.st.renderEndpoint(e)
	out["secret"] = e.Secrets[0] // told once, at creation
	return out, nil
}

func getEndpoint(o *op, _ params) (obj, *apiError) {
	e := o.st.Endpoints.Rows[o.id]
	if e == nil {
		return nil, noSuch("webhook endpoint", o.id, "id")
	}
	return o.st.renderEndpoint(e), nil
}

func listEndpoints(o *op, p params) (obj, *apiError) {
	return page(o, p, o.st.Endpoints, func(*endpoint) bool { return true }, o.st.renderEndpoint)
}

func deleteEndpoint(o *op, _ params) (obj, *apiError) {
	if _, e := getEndpoint(o, nil); e != nil {
		return nil, e
	}
	o.st.Endpoints.remove(o.id)
	return obj{"id": o.id, "object": "webhook_endpoint", "deleted": true}, nil
}
