package signup

import (
	"turnup/internal/domain/signup"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

// standing finds a visited signup and its way on.
func (s service) standing(v *web.Visit) (way, error) {
	which, err := s.visited(v)
	if err != nil {
		return way{}, err
	}
	is, err := s.Store.Signup(v.Context(), v.Tenant(), which)
	if err != nil {
		return way{}, err
	}
	v.Note(is.Customer)
	w, err := s.way(v, is)
	if w.to.Place == signup.AtBank && v.Query().Get("from") == "bank" { // where they have been: what comes of it is told by itself
		w.to.Place, w.next = signup.AtProcessing, ""
	}
	return w, err
}

// wayView is what a page about a signup shows.
type wayView struct {
	words
	frame              look.Frame
	said               saying
	next, status       string
	retry, mail, plans string // addresses of what is offered; "" when it is not
	mailed             bool
}

// showProcessing always answers a document, also when it only leads on: browsers hold redirects against the policy of the form they began
// with, which may be a page of another system that does not know where the next one is.
func (s service) showProcessing(v *web.Visit) (web.Answer, error) {
	w, err := s.standing(v)
	if err != nil {
		return web.Answer{}, err
	}
	view := s.wayView(v, w)
	switch {
	case w.next != "":
		return web.Show(handoverPage(view)), nil
	case w.to.Place == signup.AtProcessing:
		return web.Show(processingPage(view)), nil
	case w.to.Place == signup.AtExpired:
		return web.Answer{}, signup.ErrExpired
	}
	return web.Show(standingPage(view)), nil
}

// status is how a signup stands, for the script.
type status struct {
	Next    string `json:"next,omitempty"`
	Message string `json:"message,omitempty"`
}

func (s service) status(v *web.Visit) (web.Answer, error) {
	w, err := s.standing(v)
	if err != nil {
		return web.Answer{}, err
	}
	view := s.wayView(v, w)
	now := status{Next: w.next, Message: view.said.Text}
	if now.Next == "" && w.to.Place != signup.AtProcessing { // another page says it
		now.Next = at(v, w.is.ID, "processing")
	}
	return web.Data(now)
}

func (s service) wayView(v *web.Visit, w way) wayView {
	all, _ := wordsFor(v)
	name := string(w.to.Place)
	switch {
	case w.to.Place == signup.AtProcessing && w.to.Late:
		name = "late"
	case w.to.Place == signup.AtProblem:
		name = w.to.Reason
	}
	saying, ok := all.Said[name]
	if !ok {
		saying = all.Said["problem"]
	}
	view := wayView{words: all, said: saying, next: w.next, mailed: v.Query().Get("mailed") != "", status: at(v, w.is.ID, "status"), frame: s.Look.Frame(v, saying.Title)}
	view.frame.Steps = steps(all, w.is)
	if w.to.Place == signup.AtProblem {
		view.retry, view.plans = at(v, w.is.ID, "retry"), v.To("signup", string(v.Tenant()), "plans")+"?country="+w.is.Country
	}
	if offer := w.to.Step.Fallback != signup.OfferRetry; w.to.Mailable && offer && (w.to.Late || w.to.Place == signup.AtProblem) {
		view.mail = at(v, w.is.ID, "resume-link")
	}
	if v.Query().Get("from") == "bank" {
		view.status += "?from=bank"
	}
	view.frame.Refresh = w.to.Place == signup.AtProcessing || w.to.Place == signup.AtConfirmation
	return view
}

// steps are the pages of the flow and its end, as far as the customer is.
func steps(w words, is signup.Signup) []look.Step {
	var out []look.Step
	for i, step := range is.Flow.Steps {
		state := ""
		switch {
		case i < is.Step:
			state = "done"
		case i == is.Step:
			state = "now"
		}
		out = append(out, look.Step{Name: w.Steps[step.Name], State: state})
	}
	last := look.Step{Name: w.Steps["done"]}
	if is.Step >= len(is.Flow.Steps) {
		last.State = "now"
	}
	return append(out, last)
}
