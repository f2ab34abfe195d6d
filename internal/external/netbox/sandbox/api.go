package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const version = "4.6.8"

// call is one request of the API. The lock is held.
type call struct {
	*data
	base   string // of URLs in answers
	path   string
	query  url.Values
	id     int64
	raw    []byte
	filter bool
	limit  int // of a page, at most
}

// collection is a kind of record, as the API serves it.
type collection struct {
	path, model string
	list        func(*call) []any
	get         func(*call) any // nil: there is none of this id
	create      func(*call, obj) answer
	change      func(*call, obj) answer
	remove      func(*call)
	actions     map[string]func(c *call, method string) answer // below a record
}

// The paths, with the slash at the end that NetBox insists on.
const (
	statusPath     = "/api/status/"
	devicesPath    = "/api/dcim/devices/"
	interfacesPath = "/api/dcim/interfaces/"
	prefixesPath   = "/api/ipam/prefixes/"
	addressesPath  = "/api/ipam/ip-addresses/"
)

var collections = []collection{deviceAPI, interfaceAPI, prefixAPI, addressAPI}

// api answers a request as NetBox does.
func (s *Server) api(r *http.Request, raw []byte, unfiltered bool) answer {
	if refused := s.authenticate(r); refused != "" {
		return detail(http.StatusForbidden, refused)
	}
	if r.URL.Path == statusPath {
		return answer{http.StatusOK, obj{"netbox-version": version, "plugins": obj{}}}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{data: &s.data, base: "http://" + r.Host, path: r.URL.Path, query: r.URL.Query(), raw: raw, filter: !unfiltered, limit: s.maxPage}
	for _, of := range collections {
		rest, ok := strings.CutPrefix(r.URL.Path, of.path)
		if !ok {
			continue
		}
		if rest == "" {
			return of.all(c, r.Method)
		}
		text, action, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
		if c.id, _ = strconv.ParseInt(text, 10, 64); c.id > 0 && strings.HasSuffix(rest, "/") {
			return of.one(c, r.Method, action)
		}
	}
	return answer{http.StatusNotFound, obj{"error": "Not Found", "detail": "The requested resource was not found."}}
}

func (of collection) all(c *call, method string) answer {
	switch method {
	case http.MethodGet:
		return c.page(of.list(c))
	case http.MethodPost:
		return c.write(of.create)
	}
	return notAllowed(method)
}

func (of collection) one(c *call, method, action string) answer {
	record := of.get(c)
	act := of.actions[action]
	switch {
	case record == nil:
		return detail(http.StatusNotFound, "No "+of.model+" matches the given query.")
	case act != nil:
		return act(c, method)
	case action != "":
		return detail(http.StatusNotFound, "Not found.")
	}
	switch method {
	case http.MethodGet:
		return answer{http.StatusOK, record}
	case http.MethodPatch:
		return c.write(of.change)
	case http.MethodDelete:
		return of.delete(c)
	}
	return notAllowed(method)
}

// delete deletes a record, unless others depend on it.
func (of collection) delete(c *call) answer {
	if of.path == interfacesPath {
		for _, i := range c.interfaces.rows {
			if i.Parent == c.id {
				return detail(http.StatusConflict, fmt.Sprintf("Unable to delete object. 1 dependent objects were found: %s (%d)", i.Name, i.ID))
			}
		}
	}
	of.remove(c)
	return answer{status: http.StatusNoContent}
}

// write reads the object of a request.
func (c *call) write(do func(*call, obj) answer) answer {
	in := obj{}
	if err := json.Unmarshal(c.raw, &in); err != nil {
		return detail(http.StatusBadRequest, "JSON parse error - "+err.Error())
	}
	return do(c, in)
}

func notAllowed(method string) answer {
	return detail(http.StatusMethodNotAllowed, fmt.Sprintf("Method \"%s\" not allowed.", method))
}

// authenticate gives the reason to refuse. NetBox answers 403 to a wrong token, and to none.
func (s *Server) authenticate(r *http.Request) string {
	s.mu.Lock()
	tokens := s.tokens
	s.mu.Unlock()
	if len(tokens) == 0 {
		return ""
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	known := slices.Contains(tokens, token)
	v2 := strings.HasPrefix(token, "nbt_")
	switch {
	case scheme == "Bearer" && v2 && known, scheme == "Token" && !v2 && known:
		return ""
	case scheme == "Bearer":
		return "Invalid v2 token"
	case scheme == "Token":
		return "Invalid v1 token"
	}
	return "Authentication credentials were not provided."
}

func detail(status int, text string) answer { return answer{status, obj{"detail": text}} }

// invalid is the refusal of a field's value.
func invalid(field, text string) answer {
	return answer{http.StatusBadRequest, obj{field: []string{text}}}
}

var full = detail(http.StatusConflict, "Insufficient resources are available to satisfy the request")

// page is the part of a list that was asked for.
func (c *call) page(all []any) answer {
	limit, offset := 50, 0
	if n, err := strconv.Atoi(c.query.Get("limit")); err == nil && n >= 0 {
		limit = n
	}
	if n, err := strconv.Atoi(c.query.Get("offset")); err == nil && n > 0 {
		offset = min(n, len(all))
	}
	if limit == 0 || limit > c.limit {
		limit = c.limit
	}
	end := min(offset+limit, len(all))
	var next, previous any
	if end < len(all) {
		next = c.at(limit, end)
	}
	if offset > 0 {
		previous = c.at(limit, max(0, offset-limit))
	}
	return answer{http.StatusOK, obj{"count": len(all), "next": next, "previous": previous, "results": append([]any{}, all[offset:end]...)}}
}

func (c *call) at(limit, offset int) string {
	q := url.Values{}
	for k, v := range c.query {
		q[k] = v
	}
	q.Set("limit", strconv.Itoa(limit))
	q.Set("offset", strconv.Itoa(offset))
	return c.base + c.path + "?" + q.Encode()
}

// asked tells whether a record has what the query wants of a field; a filter without a value is none.
func (c *call) asked(filter, value string) bool {
	wanted := slices.DeleteFunc(slices.Clone(c.query[filter]), func(v string) bool { return v == "" })
	return !c.filter || len(wanted) == 0 || slices.Contains(wanted, value)
}

// text reads a field of a request. Absent is not there; NetBox takes null for nothing.
func text(in obj, field string) (value string, there bool) {
	raw, there := in[field]
	value, _ = raw.(string)
	return value, there
}

// number reads an id.
func number(in obj, field string) int64 {
	n, _ := in[field].(float64)
	return int64(n)
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func byDeviceName(a, b *DeviceRecord) int { return cmp.Compare(a.Name, b.Name) }
func byInterfaceName(a, b *InterfaceRecord) int {
	return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Name, b.Name))
}
func byPrefix(a, b *PrefixRecord) int   { return compare(a.Prefix, b.Prefix) }
func byAddress(a, b *AddressRecord) int { return compare(a.Address, b.Address) }

func compare(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

// choice is how NetBox shows one of a set of values.
func choice(value string) obj {
	return obj{"value": value, "label": strings.ToUpper(value[:1]) + value[1:]}
}
