package console

import (
	"cmp"
	"net/http"
	"slices"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

// action is something that staff may do to what is a customer's: a page that says what will happen and asks for what the API wants, and a
// button.
type action struct {
	op     string // of the API, whose roles it has
	title  string
	will   string // what will happen
	submit string
	done   string // what is said afterwards
	grave  bool   // it cannot be undone
	inputs inputs
	about  func(v view, t target, g reads) func(*ask) // reads what it is about; what it answers tells it, when that is read
	send   func(a *ask) error
	back   func(v view, t target) string
}

// target is what an action is done to.
type target struct{ customer, id, and string }

// ask is an action that a visitor is about to do.
type ask struct {
	view
	target
	action
	facts   []look.Entry
	version string // that was seen, of what has versions
	key     string
	wrong   string
	came    string // what came of it, of what comes to one thing or another; a word of done
}

// action is the address of an action's page.
func (v view) action(name, id, and string) string {
	return v.actionOf(v.PathValue("customer"), name, id, and)
}

// actionOf is the same for a customer whose page this is not.
func (v view) actionOf(customer, name, id, and string) string {
	return v.on("customers", customer, "actions", name) + "?" + query("of", id, "and", and).Encode()
}

// buttons lead to actions, those that the visitor's roles allow.
func (v view) buttons(id, and string, names ...string) (out []button) {
	for _, name := range names {
		if a := actions()[name]; v.may(a.op) {
			out = append(out, button{look.Place{Name: a.title, Address: v.action(name, id, and)}, a.grave})
		}
	}
	return out
}

func (s service) addActions(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleAction", Method: http.MethodGet, Path: "/console/customers/{customer}/actions/{action}", About: "What an action will do, and what it needs to know."}, view.showAction)
	s.page(site, web.Page{ID: "sendConsoleAction", Method: http.MethodPost, Path: "/console/customers/{customer}/actions/{action}", About: "Does it, by the API."}, view.sendAction)
}

// asked reads what is to be done to what.
func (v view) asked() (*ask, error) {
	a, ok := actions()[v.PathValue("action")]
	if !ok {
		return nil, fault.ErrMethod
	}
	t := target{v.PathValue("customer"), v.Query().Get("of"), v.Query().Get("and")}
	a.inputs = slices.Clone(a.inputs)
	for i := range a.inputs {
		a.inputs[i].Value = v.Field(a.inputs[i].Name)
	}
	return &ask{view: v, target: t, action: a, key: v.Field("attempt"), version: v.Field("version")}, nil
}

// read reads what the action is about. Of a form that was not sent yet it fills in what is there.
func (a *ask) read() error {
	if a.about == nil {
		return nil
	}
	g := a.reads()
	tell := a.about(a.view, a.target, g)
	if err := g.Wait(); err != nil {
		return err
	}
	tell(a)
	return nil
}

// preset fills a field in, unless something was sent for it.
func (a *ask) preset(name, value string) {
	for i := range a.inputs {
		if a.inputs[i].Name == name && a.Method != http.MethodPost {
			a.inputs[i].Value = value
		}
	}
}

func (a *ask) page() (board, error) {
	if err := a.read(); err != nil {
		return board{}, err
	}
	b := a.board(a.title)
	if a.key != "" {
		b.attempt = a.key
	}
	b.crumbs = []look.Place{{Name: "Customers", Address: a.on("customers")}, {Name: "Customer", Address: a.of()}}
	b.blocks = []block{{more: actionForm(b, a)}}
	return b, nil
}

func (v view) showAction() (web.Answer, error) {
	a, err := v.asked()
	if err != nil {
		return web.Answer{}, err
	}
	if !v.may(a.op) {
		return web.Answer{}, errRole
	}
	b, err := a.page()
	return web.Show(boardPage(b)), err
}

// errRole is what the API answers to whose roles do not allow something.
var errRole = &fault.Fault{Kind: fault.Forbidden, Code: "forbidden", Message: "Your role does not allow this."}

func (v view) sendAction() (web.Answer, error) {
	a, err := v.asked()
	if err != nil {
		return web.Answer{}, err
	}
	err = a.send(a)
	if err == nil {
		return goDone(a.returns(), cmp.Or(a.came, v.PathValue("action"))), nil
	}
	f := correctable(err)
	if f == nil {
		return web.Answer{}, err
	}
	a.wrong = a.inputs.correct(f)
	if f.Kind == fault.Precondition {
		a.wrong, a.version = changedMeanwhile, ""
	}
	if f.Kind == fault.Mismatch {
		a.key = ""
	}
	b, err := a.page()
	return web.Again(boardPage(b)), err
}

// returns is where the visitor goes on.
func (a *ask) returns() string {
	if a.back == nil {
		return a.of()
	}
	return a.back(a.view, a.target)
}

// body makes the body of a call of the inputs; what is empty is left out.
func (a *ask) body(names ...string) map[string]any {
	out := map[string]any{}
	for _, name := range names {
		if said := a.Field(name); said != "" {
			out[name] = said
		}
	}
	return out
}

func init() {
	for name, a := range actions() {
		done[name] = a.done
	}
}
