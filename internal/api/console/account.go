package console

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/factor"
	"turnup/internal/platform/web/look"
)

func (s service) addAccount(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleOwnAccount", Method: http.MethodGet, Path: "/console/account", About: "One's own account: who is signed in, and the second factor."}, view.showAccount)
	s.page(site, web.Page{ID: "sendConsoleOwnAccount", Method: http.MethodPost, Path: "/console/account", About: "Sets a second factor up, and shows it once; switches it on by its first code; gives it up."}, view.sendAccount)
}

func init() {
	done["factorOn"], done["factorOff"] = "The second factor is on.", "The second factor is off."
}

// factor are the words of the second factor, which all sites share.
func (v view) factor() factor.Words { return factor.In(v.s.Look.Only) }

// step is the next one of one's own account's second factor, a form with one button.
type step struct {
	form
	name, title, text, submit string
	grave                     bool
}

func (v view) mine() (*step, error) {
	var me struct {
		Email        string
		SecondFactor factor.State
	}
	if err := v.api.Get("/auth/account", nil, &me); err != nil {
		return nil, err
	}
	w := v.factor()
	out := &step{name: "begin", title: w.Title, text: w.BeginText, submit: w.Begin}
	fields := []input{{Field: w.Ask()}}
	if me.SecondFactor.Active {
		out = &step{name: "disable", title: w.Disable, text: w.DisableText, submit: w.Disable, grave: true}
		fields = append(fields, input{Field: w.AskCode(w.CodeHint)})
	}
	out.form = v.form("Your account", fields...)
	is := w.Badge(me.SecondFactor)
	is.Note = w.Text(me.SecondFactor)
	out.blocks = []block{{title: "How you sign in", entries: entries(entry("Mail address", text(me.Email)), entry("Roles", text(strings.Join(v.api.Roles, ", "))), entry("Id", code(v.api.Account)), entry(w.Title, is))}}
	return out, nil
}

// first asks for the authenticator's first code.
func (v view) first() (*step, error) {
	w := v.factor()
	out := &step{form: v.form(w.Title, input{Field: w.AskCode(w.FirstCode)}), name: "confirm", title: w.Confirm, submit: w.Confirm}
	out.crumbs = []look.Place{{Name: "Your account", Address: v.on("account")}}
	return out, nil
}

// setUp shows the secret and the recovery codes, this once.
func (v view) setUp(made factor.Made) (web.Answer, error) {
	w := v.factor()
	shown, err := w.Shown(made)
	if err != nil {
		return web.Answer{}, err
	}
	out, err := v.first()
	out.under, out.crumbs = w.Steps, nil
	for _, s := range shown {
		out.blocks = append(out.blocks, block{title: s.Title, text: s.Text, more: templ.Join(s.Inside...)})
	}
	return web.Show(stepPart(out)), err
}

func (v view) showAccount() (web.Answer, error) {
	p, err := v.mine()
	return web.Show(stepPart(p)), err
}

func (v view) sendAccount() (web.Answer, error) {
	switch v.Field("go") {
	case "begin":
		made, err := factor.Enable(v.Visit, v.api)
		if err != nil {
			return again(err, v.mine, stepPart)
		}
		return v.setUp(made)
	case "confirm":
		if err := factor.Confirm(v.Visit, v.api); err != nil {
			return again(err, v.first, stepPart)
		}
		return goDone(v.on("account"), "factorOn"), nil
	case "disable":
		if err := factor.Disable(v.Visit, v.api); err != nil {
			return again(err, v.mine, stepPart)
		}
		return goDone(v.on("account"), "factorOff"), nil
	}
	return web.Answer{}, fault.ErrInvalid.Naming("go", "is none of the buttons")
}
