package console

import (
	"errors"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/factor"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

// The faults of the API that the form to sign in answers itself.
const (
	factorRequired = "second_factor_required"
	factorWrong    = "second_factor_wrong"
)

func (s service) addDoor(site *web.Site) {
	faults := []*fault.Fault{session.ErrOther, fault.ErrThrottled}
	site.Add(web.Page{ID: "getConsoleSignIn", Method: http.MethodGet, Path: "/console/sign-in", Faults: faults, About: "Where staff sign in."}, func(v *web.Visit) (web.Answer, error) {
		return web.Show(doorPage(s.signIn(v))), nil
	})
	site.Add(web.Page{ID: "sendConsoleSignIn", Method: http.MethodPost, Path: "/console/sign-in", Faults: faults, About: "Signs a member of staff in."}, s.sendSignIn)
	site.Add(web.Page{ID: "sendConsoleSignOut", Method: http.MethodPost, Path: "/console/sign-out", Faults: shows, About: "Ends the session."}, func(v *web.Visit) (web.Answer, error) {
		s.Desk.Close(v)
		return web.Go(v.On(SignIn) + "?done=out"), nil
	})
	site.Add(web.Page{ID: "getConsoleInvitation", Method: http.MethodGet, Path: "/console/invitation", About: "Where an invited member of staff chooses a password."}, s.showPassword)
	site.Add(web.Page{ID: "sendConsoleInvitation", Method: http.MethodPost, Path: "/console/invitation", Faults: shows, About: "Sets the password of the link's account."}, s.sendPassword)
	site.Add(web.Page{ID: "getConsoleResetPassword", Method: http.MethodGet, Path: "/console/reset-password", About: "Where a member of staff chooses a new password."}, s.showPassword)
	site.Add(web.Page{ID: "sendConsoleResetPassword", Method: http.MethodPost, Path: "/console/reset-password", Faults: shows, About: "Sets the password of the link's account."}, s.sendPassword)
	site.Add(web.Page{ID: "getConsoleForgotPassword", Method: http.MethodGet, Path: "/console/forgot-password", About: "Where a mail with a link for a new password is asked for."}, func(v *web.Visit) (web.Answer, error) {
		return web.Show(doorPage(s.forgot(v))), nil
	})
	site.Add(web.Page{ID: "sendConsoleForgotPassword", Method: http.MethodPost, Path: "/console/forgot-password", Faults: shows, About: "Asks for the mail."}, s.sendForgot)
}

// door is a form before anybody is signed in.
type door struct {
	frame               look.Frame
	title, text, submit string
	said, wrong         string
	fields              []look.Field
	other, otherAddress string
}

func (s service) door(v *web.Visit, title, text, submit string, fields ...look.Field) door {
	f := s.Look.Frame(v, title)
	f.Home, f.Foot = v.On(Folder), "Staff console"
	return door{frame: f, title: title, text: text, submit: submit, fields: fields}
}

func (s service) signIn(v *web.Visit) door {
	d := s.door(v, "Sign in", "The console is for staff.", "Sign in",
		look.Field{Name: "login", Label: "Mail address", Type: "email", Complete: "username", Max: 254, Value: v.Field("login")},
		look.Field{Name: web.Password, Label: "Password", Type: "password", Complete: "current-password", Max: 128})
	d.other, d.otherAddress = "Forgot your password?", v.On(Folder)+"/forgot-password"
	d.said = map[string]string{"out": "You are signed out.", "password": "Your password is set. Sign in with it.", "asked": "If there is such an account, a mail with a link is on its way."}[v.Query().Get("done")]
	return d
}

func (s service) sendSignIn(v *web.Visit) (web.Answer, error) {
	err := s.Desk.Open(v, session.Credentials{Login: v.Field("login"), Password: v.Field(web.Password), Code: v.Field("code")})
	f := fault.Of(err)
	switch {
	case err == nil:
		return web.Go(session.Next(v, Folder)), nil
	case errors.Is(err, session.ErrOther), f == nil, f.Kind != fault.Unauthenticated && f.Kind != fault.Invalid:
		return web.Answer{}, err
	}
	d := s.signIn(v)
	d.said = ""
	if v.Field("code") != "" || f.Code == factorRequired || f.Code == factorWrong {
		w := factor.In(s.Look.Only)
		d.fields = append(d.fields, w.AskCode(w.CodeHint))
	}
	if d.wrong = wrong(f, d.fields); f.Code == factorRequired {
		d.wrong = "Enter your password once more, and the code."
	}
	return web.Again(doorPage(d)), nil
}

func (s service) setPassword(v *web.Visit) door {
	return s.door(v, "Choose your password", "At least 8 characters, and not a common one. Then you sign in with it.", "Set the password",
		look.Field{Name: web.Password, Label: "New password", Type: "password", Complete: "new-password", Max: 128})
}

func (s service) showPassword(v *web.Visit) (web.Answer, error) {
	return web.Show(doorPage(s.setPassword(v))), nil
}

func (s service) sendPassword(v *web.Visit) (web.Answer, error) {
	err := s.Desk.API.Post(v, "/auth/reset-password", session.NewAttempt(v), map[string]string{"token": v.Query().Get("token"), "password": v.Field(web.Password)}, nil)
	if err == nil {
		return web.Go(v.On(SignIn) + "?done=password"), nil
	}
	if f := correctable(err); f != nil {
		d := s.setPassword(v)
		d.wrong = wrong(f, d.fields)
		d.other, d.otherAddress = "Ask for a new link", v.On(Folder)+"/forgot-password"
		return web.Again(doorPage(d)), nil
	}
	return web.Answer{}, err
}

func (s service) forgot(v *web.Visit) door {
	d := s.door(v, "Forgot your password?", "We send you a mail with a link to choose a new one.", "Send the mail",
		look.Field{Name: "email", Label: "Mail address", Type: "email", Complete: "email", Max: 254, Value: v.Field("email")})
	d.other, d.otherAddress = "Back to sign in", v.On(SignIn)
	return d
}

func (s service) sendForgot(v *web.Visit) (web.Answer, error) {
	err := s.Desk.API.Post(v, "/auth/forgot-password", session.NewAttempt(v), map[string]string{"email": v.Field("email")}, nil)
	if err == nil {
		return web.Go(v.On(SignIn) + "?done=asked"), nil
	}
	if f := correctable(err); f != nil {
		d := s.forgot(v)
		d.wrong = wrong(f, d.fields)
		return web.Again(doorPage(d)), nil
	}
	return web.Answer{}, err
}
