package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/platform/gateway"
	"turnup/internal/platform/web"
)

// Within is how long an answer of the API may take: the gateway waits 29 s for ours.
const Within = 20 * time.Second

// maxAnswer is the largest answer that is read, in bytes: API Gateway passes no larger ones on.
const maxAnswer = 10 << 20

// API is Turnup's own, behind a site.
type API struct {
	base string
	http *http.Client
}

// atOnce is more calls than a page makes together. Their connections are kept for the next page.
const atOnce = 16

// NewAPI knows the API by its address, without a slash at the end.
func NewAPI(base string) API {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = atOnce
	return API{base, &http.Client{Transport: t, Timeout: Within, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// NewAttempt names one sending of a form, for the form to say again: the same one sent twice is asked for once.
func NewAttempt(v *web.Visit) string { return string(id.New[id.Event]("att_", v.Now())) }

// call is a request to the API.
type call struct {
	method, path, key, token, match string
	query                           url.Values
	body, into                      any
}

// Caller calls the API for who is signed in.
type Caller struct {
	SignedIn
	api   API
	visit *web.Visit
}

func (d Desk) caller(v *web.Visit, in SignedIn) Caller { return Caller{in, d.API, v} }

// May tells whether a member of staff has one of the roles.
func (c Caller) May(roles ...string) bool {
	return slices.ContainsFunc(c.Roles, func(has string) bool { return slices.Contains(roles, has) })
}

// Get reads what a path answers into a value. Errors are the API's faults, with their codes.
func (c Caller) Get(path string, query url.Values, into any) error {
	return c.api.send(c.visit, call{method: http.MethodGet, path: path, query: query, token: c.Access, into: into})
}

// Post asks for something, once for each key.
func (c Caller) Post(path, key string, body, into any) error {
	return c.api.send(c.visit, call{method: http.MethodPost, path: path, key: key, token: c.Access, body: body, into: into})
}

// Put sets something. version is the ETag that was seen; "" where there was none.
func (c Caller) Put(path, version string, body, into any) error {
	return c.api.send(c.visit, call{method: http.MethodPut, path: path, match: version, token: c.Access, body: body, into: into})
}

// Patch changes something that was seen in a version.
func (c Caller) Patch(path, version string, body, into any) error {
	return c.api.send(c.visit, call{method: http.MethodPatch, path: path, match: version, token: c.Access, body: body, into: into})
}

// Delete removes something.
func (c Caller) Delete(path, version string, into any) error {
	return c.api.send(c.visit, call{method: http.MethodDelete, path: path, match: version, token: c.Access, into: into})
}

// Document reads a file.
func (c Caller) Document(path, media string) ([]byte, error) {
	res, raw, err := c.api.do(c.visit, call{method: http.MethodGet, path: path, token: c.Access}, media)
	if err == nil && res.StatusCode >= http.StatusMultipleChoices {
		err = faultOf(res, raw)
	}
	return raw, err
}

// Post asks for something in nobody's name, once for each key.
func (a API) Post(v *web.Visit, path, key string, body, into any) error {
	return a.send(v, call{method: http.MethodPost, path: path, key: key, body: body, into: into})
}

// Path makes a path of segments that may hold anything.
func Path(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}

func (a API) send(v *web.Visit, c call) error {
	res, raw, err := a.do(v, c, "application/json")
	switch {
	case err != nil:
		return err
	case res.StatusCode >= http.StatusMultipleChoices:
		return faultOf(res, raw)
	case c.into == nil || len(raw) == 0:
		return nil
	}
	if err := json.Unmarshal(raw, c.into); err != nil {
		return fmt.Errorf("session: %s %s answers what cannot be read: %w", c.method, c.path, err)
	}
	if versioned, ok := c.into.(interface{ Version(string) }); ok {
		versioned.Version(res.Header.Get("ETag"))
	}
	return nil
}

// do makes a request, and makes it again when it met nobody: reading changes nothing, and what is asked for has its key.
func (a API) do(v *web.Visit, c call, accept string) (*http.Response, []byte, error) {
	res, raw, err := a.once(v, c, accept)
	if (err != nil || res.StatusCode == http.StatusBadGateway || res.StatusCode == http.StatusServiceUnavailable) && (c.method == http.MethodGet || c.key != "") {
		res, raw, err = a.once(v, c, accept)
	}
	if err != nil {
		return nil, nil, fault.ErrUnavailable.Because(err)
	}
	return res, raw, nil
}

func (a API) once(v *web.Visit, c call, accept string) (*http.Response, []byte, error) {
	address := a.base + c.path
	if len(c.query) > 0 {
		address += "?" + c.query.Encode()
	}
	var body io.Reader
	if c.body != nil {
		raw, err := json.Marshal(c.body)
		if err != nil {
			return nil, nil, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(v.Context(), c.method, address, body)
	if err != nil {
		return nil, nil, err
	}
	for name, value := range map[string]string{
		"Accept": accept, "Idempotency-Key": c.key, "If-Match": c.match, gateway.VisitorHeader: v.Vouch(), "User-Agent": v.UserAgent(),
		"X-Correlation-Id": event.TraceOf(v.Context()).Correlation,
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := a.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return res, raw, errors.Join(err, res.Body.Close())
}

// faultOf reads the API's problem+json (RFC 9457).
func faultOf(res *http.Response, raw []byte) error {
	var p struct {
		Code, Detail string
		Fields       []fault.Field
		Details      map[string]string
	}
	if media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); media != "application/problem+json" || json.Unmarshal(raw, &p) != nil || p.Code == "" {
		return fault.ErrUnavailable.Because(fmt.Errorf("session: the API answers %d without a problem", res.StatusCode))
	}
	f := &fault.Fault{Kind: fault.KindOf(res.StatusCode), Code: p.Code, Message: p.Detail, Fields: p.Fields, Details: p.Details}
	if after, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		f.RetryAfter = time.Duration(after) * time.Second
	}
	return f
}
