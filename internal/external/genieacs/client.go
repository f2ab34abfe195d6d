// Package genieacs manages routers through the NBI of GenieACS, an auto configuration server for TR-069.
//
// The NBI (port 7557) has no authentication and takes tasks, which a device works off in its next session: a task that is only
// queued is not done. Every request here is two steps, so that it can be repeated after a lost answer: the task is queued, unless
// the same one waits already; then the device is asked to connect and the task is watched. How it ended is read from the records
// of faults and tasks, never from the reason phrase of an answer, which HTTP/2 and many proxies drop.
//
// Data models: TR-181 (root Device) and TR-098 (root InternetGatewayDevice).
package genieacs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/cenkalti/backoff/v5"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/upstream"
)

// Options say where the NBI is and how long things take.
type Options struct {
	URL    string        // of the NBI, without a slash at the end, for example http://10.0.8.4:7557
	Within time.Duration // time limit of a single call; 0 is 10 s
	Poll   time.Duration // first wait between two looks at a task, growing to ten times as long; 0 is 500 ms
	Clock  clock.Clock   // nil is the real one
}

// Client implements provisioning.Devices. Safe for concurrent use.
type Client struct {
	api   upstream.HTTP
	poll  time.Duration
	clock clock.Clock
}

var _ provisioning.Devices = (*Client)(nil)

// New makes a client. It does not call anything yet.
func New(o Options) *Client {
	if o.Within == 0 {
		o.Within = 10 * time.Second
	}
	if o.Poll == 0 {
		o.Poll = 500 * time.Millisecond
	}
	if o.Clock == nil {
		o.Clock = clock.System
	}
	return &Client{
		api: upstream.HTTP{Circuit: upstream.NewCircuit("genieacs", o.Within), Base: o.URL,
			Client: &http.Client{Transport: offline{http.DefaultTransport}}},
		poll: o.Poll, clock: o.Clock,
	}
}

// isOffline stands for the answer "Device is offline" of a connection request.
const isOffline = http.StatusFailedDependency

// offline tells apart that a device is not reachable from that the NBI is not: both are a 504, and devices which are off must
// not open the circuit to all the others.
type offline struct{ http.RoundTripper }

func (t offline) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := t.RoundTripper.RoundTrip(r)
	if err == nil && a.StatusCode == http.StatusGatewayTimeout && r.URL.RawQuery == connectionRequest {
		a.StatusCode = isOffline
	}
	return a, err
}

// deviceIDs are made by GenieACS from OUI, product class and serial number; everything else in them is %-encoded.
var deviceIDs = regexp.MustCompile(`^[A-Za-z0-9_%-]{1,300}$`)

// of gives the path of a device. Its id is encoded once more, as it may hold encoded characters.
func of(cpe, rest string) string { return "/devices/" + url.PathEscape(cpe) + rest }

// call makes a call whose answer is expected; not found is one, for the caller to judge.
func (c *Client) call(ctx context.Context, method, path string, in any) (upstream.Answer, error) {
	a, err := c.api.Call(ctx, method, path, in)
	if err == nil && a.Status >= 300 && a.Status != http.StatusNotFound && a.Status != isOffline {
		err = c.fault(provisioning.ErrRefused, "HTTP %d", a.Status)
	}
	return a, err
}

// find reads the records of a collection that have these values, and of those only what is named: they may hold passwords.
func (c *Client) find(ctx context.Context, collection string, having map[string]string, projection string, into any) error {
	query, err := json.Marshal(having)
	if err != nil {
		return err
	}
	values := url.Values{"query": {string(query)}}
	if projection != "" {
		values.Set("projection", projection)
	}
	a, err := c.call(ctx, http.MethodGet, "/"+collection+"/?"+values.Encode(), nil)
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		return c.fault(provisioning.ErrRefused, "HTTP %d", a.Status)
	}
	if err := a.Decode(into); err != nil {
		return c.api.Fault(provisioning.ErrUnanswered, err)
	}
	return nil
}

func (c *Client) fault(f *fault.Fault, format string, args ...any) *fault.Fault {
	return c.api.Fault(f, fmt.Errorf(format, args...))
}

// until looks again and again, ever less often, until that succeeds, fails for good, or ctx is over. Then the last thing it saw
// counts, and not that a look was cut short.
func (c *Client) until(ctx context.Context, look func() error) error {
	every := backoff.NewExponentialBackOff()
	every.InitialInterval, every.MaxInterval = c.poll, 10*c.poll
	var last error
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := look()
		if last == nil || ctx.Err() == nil {
			last = err
		}
		if err != nil && !fault.Transient(err) {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(every), backoff.WithMaxElapsedTime(0))
	if err == nil {
		return nil
	}
	return last
}

// Status reads the device and asks it to connect, to see whether it can be reached.
func (c *Client) Status(ctx context.Context, cpe string) (provisioning.CPE, error) {
	d, err := c.device(ctx, cpe)
	if err != nil {
		return provisioning.CPE{}, err
	}
	reachable, err := c.wake(ctx, cpe)
	if err != nil {
		return provisioning.CPE{}, err
	}
	username, _ := d.value(d.model.username)
	return provisioning.CPE{ID: cpe, LastInform: d.lastInform, Reachable: reachable, Configured: username != "", Software: d.software()}, nil
}
