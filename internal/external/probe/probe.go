// Package probe asks whether other systems are there, by the addresses that their configuration names for it.
package probe

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Within is how long an answer may take: a customer waits for it.
const Within = 2 * time.Second

// Client asks.
type Client struct{ http *http.Client }

// New makes one. It follows no redirects: an address that leads elsewhere is not the one that was named.
func New() Client {
	return Client{&http.Client{Timeout: Within, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Up asks an address; anything but 2xx in time is an error that says what was seen.
func (c Client) Up(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("no answer within %v", Within)
	}
	_ = res.Body.Close() // nothing of it is read
	if res.StatusCode < http.StatusOK || res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("answered %d", res.StatusCode)
	}
	return nil
}
