// Package web is the runtime of server-rendered pages on the same gateway as package rest: pages declared one by one, security headers with
// a strict content policy, protection against forged posts, signed cookies, and faults as a calm page with code and request id.
//
// How pages look is package look's; what they show and do is their api package's. It knows no domain and no store.
package web

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/platform/gateway"
)

// ErrForged is the answer to a form that another site sent.
var ErrForged = fault.New(fault.Forbidden, "cross_site_request", "This form was sent from another site. Please open the page again and send it from there.", "customer")

// Page declares a page. It is the source of its route.
type Page struct {
	ID     string // as an operationId
	Method string
	Path   string
	About  string
	Step   string         // customer's step in its journey, for the journey table, as "S2 2 Begin"
	Events []string       // to which sending it leads
	Faults []*fault.Fault // those of its own; CommonFaults are every page's
}

// CommonFaults are those that every page may show.
var CommonFaults = []*fault.Fault{fault.ErrInvalid, fault.ErrTooLarge, fault.ErrUnavailable, fault.ErrInternal, ErrForged}

// Options of a site.
type Options struct {
	Tenant  id.Tenant // the client account of this deployment
	Clock   clock.Clock
	Base    string   // own address, without a slash at the end; the Host header is anybody's word
	Cookies *Cookies // nil where there are none
	Problem func(*Visit, *fault.Fault) templ.Component
}

// Site is pages that are served together.
type Site struct {
	opts   Options
	origin string
	mux    *http.ServeMux
	guard  *http.CrossOriginProtection
	pages  []Page
}

// New makes a site without pages. A base address that is none is an error.
func New(o Options) (*Site, error) {
	base, err := url.Parse(o.Base)
	if err != nil || base.Host == "" || base.RawQuery != "" || strings.HasSuffix(o.Base, "/") {
		return nil, errors.New("web: the base address is not scheme://host[:port] with a path that ends without a slash")
	}
	s := &Site{opts: o, origin: base.Scheme + "://" + base.Host, mux: http.NewServeMux(), guard: http.NewCrossOriginProtection()}
	if err := s.guard.AddTrustedOrigin(s.origin); err != nil {
		return nil, err
	}
	s.guard.SetDenyHandler(s.refuses(ErrForged))
	s.mux.Handle("/", s.refuses(fault.ErrMethod))
	return s, nil
}

// Pages lists the declarations in the order in which they were added.
func (s *Site) Pages() []Page { return s.pages }

// policy is what a page may load and do: what is the site's own, and nothing in other pages' frames.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// Add adds a page. Errors of show that are no faults are logged and shown as internal.
func (s *Site) Add(p Page, show func(*Visit) (Answer, error)) {
	s.pages = append(s.pages, p)
	s.mux.HandleFunc(p.Method+" "+p.Path, func(w http.ResponseWriter, r *http.Request) {
		gateway.Of(r.Context()).Operation = p.ID
		v := &Visit{Request: r, site: s, answer: w}
		a, err := Answer{}, v.read()
		if err == nil {
			a, err = show(v)
		}
		if err == nil {
			err = s.write(v, a)
		}
		if err != nil {
			s.fail(v, err)
		}
	})
}

func (s *Site) refuses(f *fault.Fault) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.fail(&Visit{Request: r, site: s, answer: w}, f) })
}

// ServeHTTP serves the site.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "same-origin") // signed links stay among ourselves
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if strings.HasPrefix(s.origin, "https:") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	gateway.Serve(w, r, s.opts.Clock, s.guard.Handler(s.mux).ServeHTTP, s.refuses(fault.ErrInternal).ServeHTTP)
}

// Start serves the site as a Lambda function behind API Gateway; it does not return.
func Start(s *Site) { gateway.Start(s) }

// Answer is what a page answers: a document, another place to go to, data or a file.
type Answer struct {
	status   int
	document templ.Component
	location string
	media    string
	raw      []byte
	keep     time.Duration
	leads    []string
}

// Show answers a document. leads are the origins, beside the site's own, to which sending a form of it may lead: browsers hold the redirects
// that follow against the policy as well.
func Show(c templ.Component, leads ...string) Answer {
	return Answer{status: http.StatusOK, document: c, leads: leads}
}

// Again answers the document of a form that is to be corrected.
func Again(c templ.Component, leads ...string) Answer {
	return Answer{status: http.StatusUnprocessableEntity, document: c, leads: leads}
}

// Go sends the browser to another place, to read it there.
func Go(location string) Answer { return Answer{status: http.StatusSeeOther, location: location} }

// Data answers JSON, for the pages' own scripts.
func Data(v any) (Answer, error) {
	raw, err := json.Marshal(v)
	return Answer{status: http.StatusOK, media: "application/json", raw: raw}, err
}

// File answers what browsers may keep for a time.
func File(media string, raw []byte, keep time.Duration) Answer {
	return Answer{status: http.StatusOK, media: media, raw: raw, keep: keep}
}

func (s *Site) write(v *Visit, a Answer) error {
	h := v.answer.Header()
	switch {
	case a.location != "":
		h.Set("Location", a.location)
	case a.document != nil:
		var b strings.Builder
		if err := a.document.Render(v.Context(), &b); err != nil {
			return err
		}
		a.media, a.raw = "text/html; charset=utf-8", []byte(b.String())
		h.Set("Vary", "Accept-Language")
		h.Set("Content-Security-Policy", strings.Join(append([]string{policy}, a.leads...), " "))
	}
	if a.media != "" {
		h.Set("Content-Type", a.media)
	}
	if a.keep > 0 {
		h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(a.keep.Seconds()))+", immutable")
	}
	v.answer.WriteHeader(a.status)
	_, _ = v.answer.Write(a.raw) // the browser is gone when this fails
	return nil
}

// fail shows a fault. Its page must be drawn whatever else failed.
func (s *Site) fail(v *Visit, err error) {
	f := gateway.FaultOf(v.Context(), err)
	if after := gateway.RetryAfter(f); after > 0 {
		v.answer.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	if err := s.write(v, Answer{status: f.Kind.Status(), document: s.opts.Problem(v, f)}); err != nil {
		slog.ErrorContext(v.Context(), "the page of a fault cannot be drawn", "error", err.Error())
		_ = s.write(v, Answer{status: f.Kind.Status(), media: "text/plain; charset=utf-8", raw: []byte(f.Message)})
	}
}
