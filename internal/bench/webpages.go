package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"turnup/internal/base/token"
	"turnup/internal/journey"
	"turnup/internal/journey/demo"
	"turnup/internal/rig"
)

// Each page is asked for pageRounds times, all pages in turns. One that is over its bar then is asked for so often again, because what
// else the machine did may have met it: up to pageTurns turns, all of which count.
const (
	pageRounds = 40
	pageTurns  = 3
)

// door is a site of pages of the deployed stack, with somebody who is signed in there, and the program that serves it, which runs here as
// well and tells which calls are below a page.
type door struct {
	name   string // of the site, its function and its path
	api    string // address of the deployed API
	reader *journey.Reader
	caller *journey.Customer // the same person, by the API
	pages  []string
}

// paged is a page with the calls below it.
type paged struct {
	door  *door
	path  string
	calls []string
	took  []time.Duration // of the page
	below []time.Duration // of its calls, made at once, until the last has answered
}

// pageSpeed is how long pages take against the calls below them: both from outside, at the deployed stack, in turns.
func pageSpeed(ctx context.Context, programs string, env envOf) ([]figure, error) {
	deployed, err := journey.SiteFromEnv()
	if err != nil {
		return nil, err
	}
	if _, err := demo.Load(ctx, deployed.DB()); err != nil {
		return nil, err
	}
	portal, err := portalDoor(ctx, deployed)
	if err != nil {
		return nil, err
	}
	console, err := consoleDoor(ctx, deployed, portal)
	if err != nil {
		return nil, err
	}
	var all []*paged
	for _, d := range []*door{portal, console} {
		found, err := d.callsBelow(ctx, programs, env)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	over := all
	for turn := 0; turn < pageTurns && len(over) > 0; turn++ {
		for range pageRounds {
			for _, p := range over {
				if err := p.sample(ctx); err != nil {
					return nil, err
				}
			}
		}
		over = slices.DeleteFunc(slices.Clone(over), func(p *paged) bool { return p.figure().met() != "NO" })
	}
	var out []figure
	for _, p := range all {
		out = append(out, p.figure())
	}
	return out, nil
}

// enter signs somebody in, on the pages and by the API.
func enter(ctx context.Context, deployed journey.Site, site, login string) (*door, error) {
	d := &door{name: site, api: deployed.API, reader: journey.NewReader()}
	at, err := d.reader.Open(ctx, deployed.API+"/"+site)
	if err != nil {
		return nil, err
	}
	in, err := d.reader.Send(ctx, at, 0, "login", login, "password", journey.Password)
	if err == nil && (in.Status != http.StatusOK || !strings.HasSuffix(in.URL.Path, "/"+site)) {
		err = fmt.Errorf("signing in to the %s leads to %s: %d", site, in.URL, in.Status)
	}
	if err == nil {
		d.caller, _, err = deployed.Login(ctx, login, journey.Password, "")
	}
	if err == nil {
		d.caller.HTTP = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: rig.Patience} // as many calls at once keep their connections
	}
	return d, err
}

// portalDoor is the portal with a customer who has a contract, an invoice, a card and a ticket.
func portalDoor(ctx context.Context, deployed journey.Site) (*door, error) {
	email := "bench." + strings.ToLower(journey.Key()[:8]) + "@example.com"
	c, _, err := deployed.Resident(ctx, email)
	if err != nil {
		return nil, err
	}
	if _, err := c.AddCard(ctx, card); err != nil {
		return nil, err
	}
	var made journey.Subscribed
	a, err := c.Subscribe(ctx, journey.Key(), plan, nil)
	if err == nil {
		err = a.Into(&made)
	}
	if err == nil {
		_, err = c.AwaitOrder(ctx, made.Order.OrderID, "delivered", rig.Patience)
	}
	if err != nil {
		return nil, err
	}
	d, err := enter(ctx, deployed, "portal", email)
	if err == nil {
		d.pages = []string{"", "/subscriptions/" + made.SubscriptionID, "/subscriptions/" + made.SubscriptionID + "/plans", "/invoices", "/payment-methods", "/wallet", "/orders", "/tickets", "/security", "/profile"}
	}
	return d, err
}

// consoleDoor is the console, with a member of the staff who may do everything.
func consoleDoor(ctx context.Context, deployed journey.Site, portal *door) (*door, error) {
	email, err := deployed.Member(ctx, token.Roles...)
	if err != nil {
		return nil, err
	}
	d, err := enter(ctx, deployed, "console", email)
	if err != nil {
		return nil, err
	}
	var me struct{ AccountID string }
	a, err := portal.caller.Get(ctx, "/auth/account")
	if err == nil {
		err = a.Into(&me)
	}
	customer := "/customers/" + me.AccountID
	d.pages = []string{"", "/customers", customer, customer + "/money", customer + "/contact", customer + "/account", "/tickets", "/attention", "/signups", "/targets", "/maintenance", "/plans", "/webhooks", "/staff", "/audit"}
	return d, err
}

// callsBelow lists what each page asks the API, by serving it here once with the API behind a proxy that writes down.
func (d *door) callsBelow(ctx context.Context, programs string, env envOf) ([]*paged, error) {
	var mu sync.Mutex
	var asked []string
	proxy, err := rig.Proxy(d.api, false, func(w http.ResponseWriter, c rig.Call, forward rig.Forward) {
		mu.Lock()
		asked = append(asked, c.Request.URL.RequestURI())
		mu.Unlock()
		if a, err := forward(c.Body); err == nil {
			a.Write(w)
		}
	})
	if err != nil {
		return nil, err
	}
	defer proxy.Close()
	its, err := env(d.name)
	if err != nil {
		return nil, err
	}
	its = append(slices.DeleteFunc(its, func(v string) bool { return strings.HasPrefix(v, "PAGES_URL=") }), "PAGES_URL="+proxy.URL)
	f, _, err := rig.Start(filepath.Join(programs, d.name), its)
	if err != nil {
		return nil, err
	}
	defer f.Stop()
	limited, cancel := context.WithTimeout(ctx, rig.Patience)
	defer cancel()
	if _, err := f.AwaitReady(limited); err != nil {
		return nil, err
	}
	var out []*paged
	for _, page := range d.pages {
		asked = nil
		if err := d.serve(ctx, f, page); err != nil {
			return nil, err
		}
		out = append(out, &paged{door: d, path: page, calls: slices.Clone(asked)})
	}
	return out, nil
}

// serve serves a page here, to who is signed in there: both sites have the same key for cookies.
func (d *door) serve(ctx context.Context, f *rig.Function, page string) error {
	address, err := url.Parse(d.api)
	if err != nil {
		return err
	}
	header := http.Header{"Accept": {"text/html"}, "Host": {"pages.turnup.example"}}
	for _, c := range d.reader.HTTP.Jar.Cookies(address) {
		header.Add("Cookie", c.String())
	}
	header.Set("Cookie", strings.Join(header["Cookie"], "; "))
	e, err := rig.GatewayEvent(rig.GatewayRequest{Method: http.MethodGet, Path: "/" + d.name + page, Header: header, ID: journey.Key()})
	if err != nil {
		return err
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	answer, err := f.Invoke(ctx, raw)
	if err != nil {
		return err
	}
	var is struct{ StatusCode int }
	if err := json.Unmarshal(answer, &is); err != nil || is.StatusCode != http.StatusOK {
		return fmt.Errorf("the page /%s%s: %d, %w", d.name, page, is.StatusCode, err)
	}
	return nil
}

// sample asks for the page, and then for what is below it.
func (p *paged) sample(ctx context.Context) error {
	began := time.Now()
	if err := p.door.get(ctx, "/"+p.door.name+p.path, "text/html"); err != nil {
		return err
	}
	p.took = append(p.took, time.Since(began))
	began = time.Now()
	var g errgroup.Group
	for _, c := range p.calls {
		g.Go(func() error { return p.door.get(ctx, c, "application/json") })
	}
	err := g.Wait()
	p.below = append(p.below, time.Since(began))
	return err
}

// get asks for something in the name of who is signed in. What there is none of is an answer as well.
func (d *door) get(ctx context.Context, path, media string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.api+path, nil)
	if err != nil {
		return err
	}
	client := d.reader.HTTP
	req.Header.Set("Accept", media)
	if media == "application/json" {
		client = d.caller.HTTP
		req.Header.Set("Authorization", "Bearer "+d.caller.Token)
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	if res.StatusCode >= http.StatusInternalServerError {
		err = fmt.Errorf("%s answers %s", path, res.Status)
	}
	return errors.Join(err, res.Body.Close())
}

// ids are the parts of a path that are another each time.
var ids = regexp.MustCompile(`/[a-z]{3}_[0-9A-Z]+`)

// late is the time that one of twenty takes longer than.
func late(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)*95/100]
}

func (p *paged) figure() figure {
	page, below := late(p.took), late(p.below)
	name := "page /" + p.door.name + ids.ReplaceAllString(p.path, "/…")
	return figure{name: name, value: float64(page) / float64(below), must: 2, stretch: 1.5,
		detail: fmt.Sprintf("%.0f ms of %.0f ms, %d below", page.Seconds()*1000, below.Seconds()*1000, len(p.calls))}
}
