// Package netbox keeps the operator's record of ports, ONUs and addresses in NetBox 4.6, by its REST API.
//
// An OLT is a device, a PON port one of its interfaces (type gpon, xgs-pon, …). An ONU is a virtual sub-interface of its PON
// port, named "<pon>:<serial>", with the customer as label; its address is assigned to it. Everything a service has carries the
// service's id as description. NetBox takes no idempotency key, so this is how what a call took whose answer was lost is found
// again: every method looks before it takes or deletes.
package netbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/upstream"
)

// Options say which NetBox, and what services get from it.
type Options struct {
	URL        string        // for example https://netbox.example
	Token      string        // version 2, nbt_<key>.<token>, or version 1
	Pool4      string        // the prefix that addresses are taken from, for example 100.64.10.0/24
	Pool6      string        // the prefix that a /56 per service is delegated from; empty: none is
	SplitRatio int           // how many ONUs a PON port has room for, for example 64
	Within     time.Duration // the time a single call may take
}

// Client is the provisioning.Inventory in a NetBox.
type Client struct {
	api          upstream.HTTP
	pool4, pool6 string
	splitRatio   int
}

// New makes a client; it calls nobody yet.
func New(o Options) *Client {
	scheme := "Token "
	if strings.HasPrefix(o.Token, "nbt_") {
		scheme = "Bearer "
	}
	return &Client{
		api: upstream.HTTP{Circuit: upstream.NewCircuit("netbox", o.Within), Base: strings.TrimRight(o.URL, "/"),
			Header: http.Header{"Authorization": {scheme + o.Token}, "Accept": {"application/json"}}},
		pool4: o.Pool4, pool6: o.Pool6, splitRatio: o.SplitRatio,
	}
}

// Status tells whether NetBox answers and accepts the token.
func (c *Client) Status(ctx context.Context) error {
	_, err := c.call(ctx, http.MethodGet, "/api/status/", nil, nil)
	return err
}

// succeeded are the statuses of success. Others below 300 are none: a proxy that redirects a POST makes it a GET, which
// answers 200 and has changed nothing.
var succeeded = map[string]int{http.MethodGet: http.StatusOK, http.MethodPost: http.StatusCreated, http.MethodPatch: http.StatusOK,
	http.MethodDelete: http.StatusNoContent}

// call makes a call and reads the answer into out, if given. An answer that is not of success is ErrRefused, beside its status.
func (c *Client) call(ctx context.Context, method, path string, in, out any) (status int, err error) {
	a, err := c.api.Call(ctx, method, path, in)
	switch {
	case err != nil:
		return 0, err
	case a.Status != succeeded[method]:
		return a.Status, c.fault(provisioning.ErrRefused, reason(a))
	case out == nil:
		return a.Status, nil
	}
	if err := a.Decode(out); err != nil {
		return a.Status, c.api.Fault(provisioning.ErrRefused, err)
	}
	return a.Status, nil
}

func (c *Client) fault(f *fault.Fault, cause string) error { return c.api.Fault(f, errors.New(cause)) }

// reason is why NetBox refused: its "detail", or the fields with what is wrong with each.
func reason(a upstream.Answer) string {
	var body map[string]json.RawMessage
	if json.Unmarshal(a.Body, &body) != nil {
		return fmt.Sprintf("HTTP %d", a.Status)
	}
	var parts []string
	for field, raw := range body {
		parts = append(parts, field+": "+strings.Trim(string(raw), `[]"`))
	}
	slices.Sort(parts)
	return fmt.Sprintf("HTTP %d: %.300s", a.Status, strings.Join(parts, "; "))
}

// mostPages bounds how far a list is followed.
const mostPages = 100

// list reads a collection's records by a filter, all pages. NetBox ignores a filter it does not know and answers with
// everything there is; a record that is not as asked for is therefore an error, before anybody acts on the others.
func list[T any](ctx context.Context, c *Client, collection string, filter url.Values, asked func(T) bool) ([]T, error) {
	var all []T
	filter.Set("limit", "250")
	query := filter.Encode()
	for range mostPages {
		var page struct {
			Next    string `json:"next"`
			Results []T    `json:"results"`
		}
		if _, err := c.call(ctx, http.MethodGet, collection+"?"+query, nil, &page); err != nil {
			return nil, err
		}
		for _, record := range page.Results {
			if !asked(record) {
				return nil, c.fault(provisioning.ErrRefused, collection+" answers with records that were not asked for")
			}
		}
		all = append(all, page.Results...)
		if page.Next == "" {
			return all, nil
		}
		// Only its query: the host is the one NetBox believes to have, and must not get the token.
		next, err := url.Parse(page.Next)
		if err != nil {
			return nil, c.api.Fault(provisioning.ErrRefused, err)
		}
		query = next.RawQuery
	}
	return nil, c.fault(provisioning.ErrRefused, collection+" has no end")
}

// remove deletes a record. One that is gone already is success.
func (c *Client) remove(ctx context.Context, collection string, key int64) error {
	status, err := c.call(ctx, http.MethodDelete, fmt.Sprintf("%s%d/", collection, key), nil, nil)
	if status == http.StatusNotFound {
		return nil
	}
	return err
}

// pool finds the prefix to take from.
func (c *Client) pool(ctx context.Context, cidr string) (prefix, error) {
	want, err := netip.ParsePrefix(cidr)
	if err != nil {
		return prefix{}, c.api.Fault(provisioning.ErrPoolUnknown, err)
	}
	want = want.Masked()
	found, err := list(ctx, c, prefixes, url.Values{"prefix": {want.String()}}, func(p prefix) bool { return p.Prefix == want })
	switch {
	case err != nil:
		return prefix{}, err
	case len(found) == 0:
		return prefix{}, c.fault(provisioning.ErrPoolUnknown, "no prefix "+cidr)
	case len(found) > 1:
		return prefix{}, c.fault(provisioning.ErrRefused, "the prefix "+cidr+" is there more than once")
	}
	return found[0], nil
}
