// Package console is where the operator's staff work: they find customers, read what happened to them and what comes next, and do what
// their roles allow.
//
// It reads no store and decides nothing: everything is asked of Turnup's own API in the visitor's name. What a role may not do by the API
// is not offered (roles.go); whoever asks for it all the same meets the API's answer. It speaks English only, and tells times in UTC.
package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/factor"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

// Folder is the path of the console.
const Folder = "/console"

// SignIn is the path of the page to sign in on.
const SignIn = Folder + "/sign-in"

// Deps are the parts the console works with.
type Deps struct {
	Desk session.Desk
	Look *look.Look
}

type service struct{ Deps }

// Register adds the console's pages to a site.
func Register(site *web.Site, d Deps) {
	s := service{d}
	site.Add(web.Page{ID: "getConsoleAsset", Method: http.MethodGet, Path: "/console/assets/{file}", About: "Stylesheet and script of the console."}, d.Look.Asset)
	s.addDoor(site)
	s.addHome(site)
	s.addCustomers(site)
	s.addCustomer(site)
	s.addActions(site)
	s.addTickets(site)
	s.addSignups(site)
	s.addTargets(site)
	s.addMaintenance(site)
	s.addAttention(site)
	s.addHooks(site)
	s.addOffers(site)
	s.addStaff(site)
	s.addAudit(site)
	s.addAccount(site)
}

// shows are the faults that a page of the console may show beside every page's: the API's refusals.
var shows = []*fault.Fault{fault.ErrThrottled}

// page adds a page for who is signed in.
func (s service) page(site *web.Site, p web.Page, show func(view) (web.Answer, error)) {
	p.Faults = append(p.Faults, shows...)
	site.Add(p, s.Desk.For(func(v *web.Visit, c session.Caller) (web.Answer, error) { return show(view{v, c, s}) }))
}

// view is a visit of who is signed in.
type view struct {
	*web.Visit
	api session.Caller
	s   service
}

// may tells whether the visitor's roles allow an operation of the API.
func (v view) may(operation string) bool { return v.api.May(roles[operation]...) }

// on is the address of a page of the console.
func (v view) on(segments ...string) string {
	return v.To(append([]string{strings.TrimPrefix(Folder, "/")}, segments...)...)
}

// board is what a page of the console shows.
type board struct {
	frame   look.Frame
	title   string
	under   string
	badges  []look.Cell
	crumbs  []look.Place
	tabs    []look.Place
	actions []button
	said    string // what was done just now
	blocks  []block
	attempt string
}

// block is a part of a page.
type block struct {
	title, text string
	entries     []look.Entry
	table       *look.Table
	more        templ.Component
	pager       look.Pager
	actions     []button
}

// button leads to an action, or sends a small form when it has fields.
type button struct {
	look.Place
	grave bool
}

// board makes the board of a page.
func (v view) board(title string) board {
	return board{frame: v.frame(title), title: title, said: done[v.Query().Get("done")], attempt: session.NewAttempt(v.Visit)}
}

// frame is around a page of who is signed in.
func (v view) frame(title string) look.Frame {
	f := v.s.Look.Frame(v.Visit, title)
	f.Full, f.Home, f.NavName, f.Foot = true, v.on(), "Console", "Times are in UTC. If you ask for help with a page, quote "+v.RequestID()+"."
	f.Person = look.Person{Name: "Your account", Address: v.on("account"), Note: strings.Join(v.api.Roles, ", "), Leave: v.on("sign-out"), Leaves: "Sign out", Attempt: session.NewAttempt(v.Visit)}
	at := strings.TrimPrefix(v.URL.Path, Folder)
	for _, p := range []struct{ name, path, operation string }{
		{"Home", "", "getAccount"}, {"Customers", "customers", "listCustomers"}, {"Tickets", "tickets", "listTickets"}, {"What hangs", "attention", "listAttention"},
		{"Signups", "signups", "listSignups"}, {"Targets", "targets", "getTargets"}, {"Maintenance", "maintenance", "listMaintenance"}, {"Plans", "plans", "listAllPlans"}, {"Coupons", "coupons", "listCoupons"},
		{"Groups", "groups", "listGroups"}, {"Mails", "mails", "listMailKinds"}, {"Webhooks", "webhooks", "listWebhookEndpoints"}, {"Staff", "staff", "listStaff"}, {"Audit", "audit", "listAudit"},
	} {
		if v.may(p.operation) {
			here := at == "/"+p.path || p.path == "" && at == "" || p.path != "" && strings.HasPrefix(at, "/"+p.path+"/")
			f.Nav = append(f.Nav, look.Place{Name: p.name, Address: strings.TrimSuffix(v.on(p.path), "/"), Here: here})
		}
	}
	return f
}

// show answers a board.
func (v view) show(b board) (web.Answer, error) { return web.Show(boardPage(b)), nil }

// done is what is said after something was done, by the word that the address has for it.
var done = map[string]string{}

// goDone leads on to a page, which says what was done.
func goDone(address, word string) web.Answer {
	if strings.Contains(address, "?") {
		return web.Go(address + "&done=" + word)
	}
	return web.Go(address + "?done=" + word)
}

// correctable tells whether a form that met a fault is shown again with what the fault says, rather than the fault's page.
func correctable(err error) *fault.Fault {
	f := fault.Of(err)
	if f != nil && (factor.Wrong(f) || slices.Contains([]fault.Kind{fault.Invalid, fault.Conflict, fault.Mismatch, fault.Precondition, fault.PaymentRequired, fault.Gone}, f.Kind)) && !errors.Is(err, web.ErrForged) {
		return f
	}
	return nil
}

// wrong puts what a fault says of fields to the fields of a form, by the last part of their names; what it says of others is for the top.
func wrong(f *fault.Fault, fields []look.Field) (top string) {
	top = f.Message
	for _, said := range f.Fields {
		parts := strings.FieldsFunc(said.Name, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
		at := slices.IndexFunc(fields, func(of look.Field) bool { return slices.Contains(parts, of.Name) })
		if at < 0 {
			top += " " + said.Name + ": " + said.Message + "."
			continue
		}
		fields[at].Wrong, top = fields[at].Label+": "+said.Message, ""
	}
	return top
}

// Problem is the page of a fault; it leads back to the console's home.
func Problem(l *look.Look) func(*web.Visit, *fault.Fault) templ.Component {
	own := map[string]look.Problem{
		"forbidden":           {Title: "Your role may not do this", Text: "Nothing was changed. If you need it, ask an administrator for the role, or a colleague who has it."},
		"token_invalid":       {Title: "Please sign in", Text: "Your session has ended."},
		"signed_in_elsewhere": {Title: "This is the staff console", Text: "Your account is a customer's. Customers sign in to their account, not here."},
	}
	return func(v *web.Visit, f *fault.Fault) templ.Component {
		p := l.Fault(v, f, own, v.On(Folder))
		p.Frame.Home, p.Frame.Foot = v.On(Folder), "Staff console"
		return look.Fault(p)
	}
}
