package journey

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Browser is a customer's browser as far as the PSP's pages need one: it follows redirects, fills forms in, and stops
// when it is sent back to the front end.
type Browser struct{ http *http.Client }

// errBack stops the browser at the front end.
var errBack = errors.New("journey: back at the front end")

// NewBrowser opens a browser without history.
func NewBrowser() *Browser {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &Browser{&http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), ReturnURL) {
			return errBack
		}
		return nil
	}}}
}

// How a customer answers the 3-D Secure challenge.
const (
	Pass = "succeeded"
	Fail = "failed"
)

// Page is where the browser stands: a page of the PSP, or, with Back set, the front end.
type Page struct {
	URL    *url.URL
	Status int
	HTML   string
	Back   url.Values // what the PSP added to the return address
}

// Open goes to an address.
func (b *Browser) Open(ctx context.Context, address string) (Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Page{}, err
	}
	return b.do(req)
}

// Submit posts a form.
func (b *Browser) Submit(ctx context.Context, address string, form url.Values) (Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return Page{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

func (b *Browser) do(req *http.Request) (Page, error) {
	res, err := b.http.Do(req)
	if res == nil {
		return Page{}, err
	}
	defer res.Body.Close()
	if err != nil {
		if !errors.Is(err, errBack) {
			return Page{}, err
		}
		back, err := url.Parse(res.Header.Get("Location"))
		if err != nil {
			return Page{}, err
		}
		return Page{URL: back, Status: res.StatusCode, Back: back.Query()}, nil
	}
	raw, err := io.ReadAll(res.Body)
	return Page{URL: res.Request.URL, Status: res.StatusCode, HTML: string(raw)}, err
}

// EnterCard fills the PSP's card form in and submits it.
func (b *Browser) EnterCard(ctx context.Context, page Page, card string) (Page, error) {
	return b.Submit(ctx, page.URL.String(), url.Values{"number": {card}, "exp_month": {"12"}, "exp_year": {"2034"}, "cvc": {"123"}, "name": {"Ada Example"}})
}

// Authenticate answers a 3-D Secure challenge.
func (b *Browser) Authenticate(ctx context.Context, page Page, result string) (Page, error) {
	return b.Submit(ctx, page.URL.String(), url.Values{"result": {result}})
}

// Challenged tells whether the page is a 3-D Secure challenge.
func (p Page) Challenged() bool { return p.URL != nil && strings.HasPrefix(p.URL.Path, "/3ds/") }

// backLink is the link of a page of the PSP that leads back to the front end without paying.
var backLink = regexp.MustCompile(`<a id="back" href="([^"]*)"`)

// Cancel leaves a page of the PSP, to set a card up or to pay, by its link back to the front end.
func (b *Browser) Cancel(ctx context.Context, address string) (url.Values, error) {
	page, err := b.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	link := backLink.FindStringSubmatch(page.HTML)
	if link == nil {
		return nil, fmt.Errorf("journey: the PSP's page has no link back: %d %s", page.Status, page.HTML)
	}
	back, err := url.Parse(html.UnescapeString(link[1]))
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(back.String(), ReturnURL) {
		return nil, fmt.Errorf("journey: the PSP's page leads back to %s", back)
	}
	return back.Query(), nil
}

// Pay goes through a page of the PSP, to set a card up or to pay, and answers the challenge if there is one, until it is
// back. A page that is still there, because the card or the authentication was refused, is an error; a test that goes
// on from there uses Open, EnterCard and Authenticate.
func (b *Browser) Pay(ctx context.Context, address, card, result string) (url.Values, error) {
	page, err := b.Open(ctx, address)
	if err == nil && !page.Challenged() {
		page, err = b.EnterCard(ctx, page, card)
	}
	if err == nil && page.Challenged() {
		page, err = b.Authenticate(ctx, page, result)
	}
	if err != nil {
		return nil, err
	}
	if page.Back == nil {
		return nil, fmt.Errorf("journey: the PSP's page did not lead back: %d %s", page.Status, page.HTML)
	}
	return page.Back, nil
}
