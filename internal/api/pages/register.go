package pages

import (
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/signlink"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

// How often one address may be told that a mail address is taken.
const (
	conflictsBudget = 30
	conflictsWindow = time.Minute
)

func (s service) addRegister(site *web.Site) {
	faults := []*fault.Fault{signlink.ErrInvalid, fault.ErrThrottled}
	site.Add(web.Page{ID: "getRegisterPage", Method: http.MethodGet, Path: "/pages/register", Faults: faults,
		About: "Who the customer is: a new one registers, a known one signs in."}, s.on(register, s.showRegister))
	site.Add(web.Page{ID: "sendRegisterPage", Method: http.MethodPost, Path: "/pages/register", Step: "S2 3 Register or sign in", Events: []string{string(event.TypeCustomerRegistered), string(event.TypeSessionStarted)}, Faults: faults,
		About: "Registers or signs in, and returns with the customer's id."}, s.sendRegister)
}

// registerView is what the page shows: the form of a new customer, or of one who signs in.
type registerView struct {
	paper
	signIn, taken, code bool
	country             string
	name, email, pass   look.Field
	terms, factor       look.Field
}

func (v registerView) fields() []look.Field {
	if v.signIn {
		return []look.Field{v.email, v.pass, v.factor}
	}
	return []look.Field{v.name, v.email, v.pass, v.terms}
}

func (s service) registerView(v *web.Visit, a ask, signIn bool) (registerView, error) {
	p, err := s.paper(v, a, func(w words) string {
		if signIn {
			return w.SignIn.Title
		}
		return w.Register.Title
	})
	r := registerView{paper: p, signIn: signIn, country: p.Countries[a.country]}
	if r.country == "" {
		r.country = a.country
	}
	r.name = look.Field{Name: "name", Label: p.Name, Value: v.Field("name"), Complete: "name", Max: account.NameMax}
	r.email = look.Field{Name: "email", Label: p.Email, Hint: p.EmailHint, Type: "email", Value: v.Field("email"), Complete: "email", Max: account.EmailMax}
	r.pass = look.Field{Name: web.Password, Label: p.Password, Hint: p.PasswordHint, Type: "password", Complete: "new-password", Max: account.PasswordMax}
	r.terms = look.Field{Name: "terms", Label: p.Terms, Value: v.Field("terms")}
	r.factor = look.Field{Name: "code", Label: p.Code, Hint: p.CodeHint, Complete: "one-time-code", Mode: "numeric", Max: 20, Optional: true}
	if signIn {
		r.email.Hint, r.pass.Hint, r.pass.Complete = "", "", "current-password"
	}
	return r, err
}

func (s service) showRegister(v *web.Visit, a ask) (web.Answer, error) {
	view, err := s.registerView(v, a, false)
	return web.Show(registerPage(view), a.leads()...), err
}

func (s service) sendRegister(v *web.Visit) (web.Answer, error) {
	a, err := s.asked(v, register)
	if err != nil {
		return web.Answer{}, err
	}
	switch v.Field("go") {
	case "sign-in", "new": // the other form
		view, err := s.registerView(v, a, v.Field("go") == "sign-in")
		return web.Show(registerPage(view), a.leads()...), err
	case "signed-in":
		return s.signIn(v, a)
	}
	w, err := s.registerView(v, a, false)
	if err != nil {
		return web.Answer{}, err
	}
	c := account.Customer{Tenant: a.client, Name: v.Field("name"), Email: v.Field("email"), Country: a.country, Language: w.tag}
	done, err := account.Registrar{Store: s.Store, Clock: s.Clock}.RegisterBuyer(v.Context(), a.key(v, "register", c.Name, c.Email), c, v.Field(web.Password), v.Field("terms") == "yes")
	switch f := fault.Of(err); {
	case err == nil:
		v.Note(done.CustomerID)
		return s.goBack(v, a, success, "customer", string(done.CustomerID))
	case errors.Is(err, account.ErrEmailExists): // one may be told now and then, not all day
		return s.knownAddress(v, a)
	case f != nil && len(f.Fields) > 0:
		return again(w, a, w.wrong(f, map[string]string{"body.name": "name", "body.email": "email", "body.password": web.Password, "body.consent.terms": "terms"}), err)
	}
	return web.Answer{}, err
}

// knownAddress offers to sign in to somebody whose mail address is registered.
func (s service) knownAddress(v *web.Visit, a ask) (web.Answer, error) {
	if err := s.Store.Spend(v.Context(), a.client, "email-conflict", v.Address(), conflictsBudget, conflictsWindow); err != nil {
		return web.Answer{}, err
	}
	view, err := s.registerView(v, a, true)
	view.taken = true
	return web.Again(registerPage(view), a.leads()...), err
}

func (s service) signIn(v *web.Visit, a ask) (web.Answer, error) {
	view, err := s.registerView(v, a, true)
	if err != nil {
		return web.Answer{}, err
	}
	name, code := v.Field("email"), v.Field("code")
	gate := account.Gate{Store: s.Store, Door: s.Store, Clock: s.Clock}
	done, err := gate.Login(v.Context(), a.key(v, "sign-in", name, code), account.SignIn{Name: name, Password: v.Field(web.Password), Code: code, Address: v.Address(), Device: v.UserAgent()})
	if err == nil {
		err = s.mayBuy(a, done)
	}
	view.code = code != "" || errors.Is(err, account.ErrSecondFactorRequired)
	switch f := fault.Of(err); {
	case err == nil:
		v.Note(done.Account)
		return s.goBack(v, a, success, "customer", string(done.Account))
	case errors.Is(err, account.ErrSecondFactorRequired), errors.Is(err, account.ErrSecondFactorWrong):
		return again(view, a, map[string]string{"code": view.Wrong[f.Code]}, err)
	case f != nil && view.Wrong[f.Code] != "":
		return again(view, a, map[string]string{"email": view.Wrong[f.Code]}, err)
	}
	return web.Answer{}, err
}

// mayBuy tells whether who signed in can buy what the signup is about.
func (s service) mayBuy(a ask, in account.SignedIn) error {
	switch {
	case len(in.Roles) > 0: // staff are no customers
		return account.ErrCredentials
	case in.Pending != token.Nothing:
		return in.Pending.Bar()
	case a.country != "" && in.Country != a.country:
		return account.ErrCountryFixed
	}
	return nil
}

// again shows the form with what is wrong. A fault of no field of it is the page of the fault.
func again(view registerView, a ask, wrong map[string]string, err error) (web.Answer, error) {
	if len(wrong) == 0 {
		return web.Answer{}, err
	}
	for _, f := range []*look.Field{&view.name, &view.email, &view.pass, &view.terms, &view.factor} {
		f.Wrong = wrong[f.Name]
	}
	return web.Again(registerPage(view), a.leads()...), nil
}
