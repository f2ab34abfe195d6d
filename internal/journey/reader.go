package journey

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Reader is a customer's browser without scripts on the pages of a signup: it follows redirects, and pages that lead on at once, keeps cookies
// and fills forms in.
type Reader struct {
	HTTP     *http.Client
	Language string
}

// NewReader opens a browser without history.
func NewReader() *Reader {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &Reader{HTTP: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// Screen is what a Reader shows.
type Screen struct {
	URL    *url.URL
	Status int
	Header http.Header
	HTML   string
	Title  string
	Text   string // of the page's content, blanks folded
	Forms  []Form
	Links  []string
	leads  string // where it leads on at once
}

// Form is one of a screen, as it is before anybody fills it in.
type Form struct {
	Action string
	Fields url.Values
}

// hops bounds how many pages lead on in a row.
const hops = 12

// Open goes to an address and wherever it leads.
func (r *Reader) Open(ctx context.Context, address string) (Screen, error) {
	var s Screen
	for range hops {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return s, err
		}
		if s, err = r.do(req); err != nil || s.leads == "" {
			return s, err
		}
		address = s.leads
	}
	return s, fmt.Errorf("journey: %d pages lead on in a row, the last to %s", hops, s.leads)
}

// Send fills the n-th form of a screen in, sends it and goes wherever that leads.
func (r *Reader) Send(ctx context.Context, s Screen, n int, fields ...string) (Screen, error) {
	if n >= len(s.Forms) {
		return s, fmt.Errorf("journey: %s has %d forms: %s", s.URL, len(s.Forms), s.Text)
	}
	form := s.Forms[n]
	for i := 0; i+1 < len(fields); i += 2 {
		form.Fields.Set(fields[i], fields[i+1])
	}
	return r.Post(ctx, form.Action, form.Fields)
}

// Post sends a form to an address and goes wherever that leads.
func (r *Reader) Post(ctx context.Context, address string, fields url.Values, headers ...Header) (Screen, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(fields.Encode()))
	if err != nil {
		return Screen{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, h := range headers {
		req.Header.Set(h.Name, h.Value)
	}
	s, err := r.do(req)
	if err != nil || s.leads == "" {
		return s, err
	}
	return r.Open(ctx, s.leads)
}

func (r *Reader) do(req *http.Request) (Screen, error) {
	if r.Language != "" {
		req.Header.Set("Accept-Language", r.Language)
	}
	res, err := r.HTTP.Do(req)
	if err != nil {
		return Screen{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return Screen{}, err
	}
	s := Screen{URL: res.Request.URL, Status: res.StatusCode, Header: res.Header, HTML: string(raw)}
	root, err := html.Parse(strings.NewReader(s.HTML))
	if err != nil {
		return s, err
	}
	s.read(root)
	s.Text = strings.Join(strings.Fields(s.Text), " ")
	return s, nil
}

func (s *Screen) read(n *html.Node) {
	at := func(name string) string {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	switch n.DataAtom {
	case atom.Title:
		s.Title = n.FirstChild.Data
		return
	case atom.Script, atom.Style, atom.Noscript:
		return
	case atom.Meta:
		if wait, to, found := strings.Cut(at("content"), "; url="); found && wait == "0" && at("http-equiv") == "refresh" {
			s.leads = s.absolute(to)
		}
	case atom.A:
		s.Links = append(s.Links, s.absolute(at("href")))
	case atom.Form:
		s.Forms = append(s.Forms, Form{Action: s.absolute(at("action")), Fields: url.Values{}})
	case atom.Input:
		if len(s.Forms) > 0 && at("name") != "" && at("type") != "checkbox" {
			s.Forms[len(s.Forms)-1].Fields.Set(at("name"), at("value"))
		}
	}
	if n.Type == html.TextNode {
		s.Text += " " + n.Data
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		s.read(c)
	}
}

// absolute resolves an address as a browser does; "" is the page itself.
func (s *Screen) absolute(address string) string {
	to, err := s.URL.Parse(address)
	if err != nil {
		return address
	}
	return to.String()
}
