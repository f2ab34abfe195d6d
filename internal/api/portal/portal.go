// Package portal are the pages on which a customer looks after what they have: subscriptions with their use, invoices, ways to pay, the
// wallet, orders, requests for help, sign-in and profile.
//
// It knows no store: each page reads what it shows from Turnup's own API in the customer's name, all at once, and each form asks the API for
// what it says, under a key of its own. So the API's rules are the portal's: whose something is, what a state allows, that a form sent twice
// counts once.
package portal

import (
	"net/http"

	"github.com/a-h/templ"
	"golang.org/x/sync/errgroup"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/factor"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

// Deps are the parts the pages work with.
type Deps struct {
	API      session.API
	Look     *look.Look
	PSPPages string // origin of the PSP's pages, to which forms may lead
}

const (
	folder  = "/portal"
	signIn  = folder + "/sign-in"
	pageMax = "20" // rows of a list
)

type service struct {
	Deps
	desk session.Desk
	site *web.Site
}

// Register adds the pages to a site.
func Register(site *web.Site, d Deps) {
	s := service{d, session.Desk{API: d.API, Name: "portal", SignIn: signIn}, site}
	site.Add(web.Page{ID: "getPortalAsset", Method: http.MethodGet, Path: "/portal/assets/{file}", About: "Stylesheet and script of the pages."}, d.Look.Asset)
	s.addDoor()
	s.addLinks()
	s.addHome()
	s.addSubscription()
	s.addPlans()
	s.addErrands()
	s.addInvoices()
	s.addMethods()
	s.addTickets()
	s.addWallet()
	s.addOrders()
	s.addSecurity()
	s.addSecondFactor()
	s.addProfile()
}

// view is what a page shows below its title.
type view struct {
	title, text string
	section     string // which place of the navigation it belongs to
	cards       []card
	waits       string // address that tells whether what it waits for has come
}

// sheet is what a page is made with: the visit, the API in the visitor's name, the words, and what became of the form before.
type sheet struct {
	v   *web.Visit
	api session.Caller
	words
	attempt string
	refused *fault.Fault
}

// shows makes a page of those who are signed in.
type shows func(*sheet) (view, error)

// does asks for what a form says, and answers where to go on.
type does func(*sheet) (string, error)

// page adds a page to read.
func (s service) page(p web.Page, show shows) {
	p.Method = http.MethodGet
	s.site.Add(p, s.desk.For(func(v *web.Visit, c session.Caller) (web.Answer, error) {
		sh := s.sheet(v, c)
		body, err := s.draw(sh, show)
		if f := fault.Of(err); f != nil {
			if to, unready := s.unready(sh, f); unready {
				return web.Go(to), nil
			}
		}
		return web.Show(body, s.PSPPages), err
	}))
}

// form adds what a form asks for. When it is refused, the page is shown again and says why.
func (s service) form(p web.Page, show shows, do does) {
	p.Method = http.MethodPost
	s.site.Add(p, s.desk.For(func(v *web.Visit, c session.Caller) (web.Answer, error) {
		sh := s.sheet(v, c)
		to, err := do(sh)
		if err == nil {
			return web.Go(to), nil
		}
		f := fault.Of(err)
		if f == nil || !correctable(f) {
			return web.Answer{}, err
		}
		sh.refuse(f)
		body, err := s.draw(sh, show)
		return web.Again(body, s.PSPPages), err
	}))
}

// correctable tells whether the customer can go on from where they were.
func correctable(f *fault.Fault) bool {
	switch f.Kind {
	case fault.Internal, fault.NotFound, fault.Unauthenticated:
		return factor.Wrong(f)
	}
	return true
}

func (s service) sheet(v *web.Visit, c session.Caller) *sheet {
	return &sheet{v: v, api: c, words: wordsFor(v), attempt: session.NewAttempt(v)}
}

// refuse notes why a form was not done. The same may be asked for again when it was nobody's fault; else what is sent next is something else.
func (sh *sheet) refuse(f *fault.Fault) {
	sh.refused = f
	if sent := sh.v.Field("attempt"); sent != "" && f.Kind.Transient() {
		sh.attempt = sent
	}
}

// key is the name of what a form asks for: sent twice it is one.
func (sh *sheet) key() string { return sh.v.Field("attempt") }

// to is the address of a page of the portal.
func (sh *sheet) to(segments ...string) string {
	return sh.v.To(append([]string{"portal"}, segments...)...)
}

// done is such an address, on which the page says what was done.
func (sh *sheet) done(what string, segments ...string) string {
	return sh.to(segments...) + "?done=" + what
}

// together makes the calls of a page at once, so that a page takes as long as the longest of them.
func together(calls ...func() error) error {
	var g errgroup.Group
	for _, c := range calls {
		g.Go(c)
	}
	return g.Wait()
}

// perhaps leaves out what is not there, or not in this state: the page is whole without it.
func perhaps(err error) error {
	if f := fault.Of(err); f != nil && (f.Kind == fault.NotFound || f.Kind == fault.Conflict) {
		return nil
	}
	return err
}

// draw makes the whole page.
func (s service) draw(sh *sheet, show shows) (templ.Component, error) {
	shown, err := show(sh)
	if err != nil {
		return nil, err
	}
	f := s.Look.Frame(sh.v, shown.title)
	f.Wide, f.Refresh, f.Home, f.NavName, f.Nav = true, shown.waits != "", sh.to(), sh.say("nav"), sh.places(shown.section)
	f.Person = look.Person{Name: sh.say("signedIn"), Leave: sh.to("sign-out"), Leaves: sh.say("signOut"), Attempt: sh.attempt}
	return page(f, sh.notice(), shown), nil
}

// places are where the navigation leads.
func (sh *sheet) places(section string) (out []look.Place) {
	for _, name := range []string{"", "invoices", "payment-methods", "wallet", "orders", "tickets", "security"} {
		address := sh.to()
		if name != "" {
			address = sh.to(name)
		}
		out = append(out, look.Place{Name: sh.say("nav." + name), Address: address, Here: name == section})
	}
	return out
}

// notice is what became of the form before.
type notice struct {
	text string
	bad  bool
}

func (sh *sheet) notice() notice {
	if sh.refused != nil {
		return notice{sh.fault(sh.refused), true}
	}
	if done := sh.v.Query().Get("done"); done != "" {
		return notice{text: sh.all["done."+done]}
	}
	return notice{}
}

// Problem is the page of a fault.
func Problem(l *look.Look) func(*web.Visit, *fault.Fault) templ.Component {
	return func(v *web.Visit, f *fault.Fault) templ.Component {
		w, own := wordsFor(v), map[string]look.Problem{}
		if text := w.all["fault."+f.Code]; text != "" {
			own[f.Code] = look.Problem{Title: w.say("problem"), Text: text}
		}
		return look.Fault(l.Fault(v, f, own, v.On(folder)))
	}
}

// drawOutside makes the whole page for who is not signed in.
func (s service) drawOutside(sh *sheet, v view) templ.Component {
	f := s.Look.Frame(sh.v, v.title)
	f.Home = sh.to()
	return page(f, sh.notice(), v)
}
