package signup

import (
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/web"
)

func (s service) addAgain(site *web.Site) {
	site.Add(web.Page{ID: "retrySignup", Method: http.MethodPost, Path: "/signup/{client}/{signupId}/retry", Faults: common,
		About: "Tries again where the signup stopped. Sent twice it does so once."}, s.retry)
	site.Add(web.Page{ID: "mailResumeLink", Method: http.MethodPost, Path: "/signup/{client}/{signupId}/resume-link", Faults: append([]*fault.Fault{signup.ErrNoAddress}, common...),
		About: "Mails the link by which the customer goes on later."}, s.mailLink)
}

func (s service) retry(v *web.Visit) (web.Answer, error) {
	return s.change(v, "", func(is signup.Signup, at time.Time) (signup.Signup, []event.Data, error) { return is.Retry(at) })
}

func (s service) mailLink(v *web.Visit) (web.Answer, error) {
	return s.change(v, "?mailed=yes", func(is signup.Signup, at time.Time) (signup.Signup, []event.Data, error) { return is.MailResume(at) })
}

// change changes a visited signup and shows how it stands then. What is sent twice meets a signup that has changed already.
func (s service) change(v *web.Visit, note string, decide func(signup.Signup, time.Time) (signup.Signup, []event.Data, error)) (web.Answer, error) {
	which, err := s.visited(v)
	if err != nil {
		return web.Answer{}, err
	}
	_, err = s.Store.ChangeSignup(v.Context(), nil, v.Tenant(), which, decide)
	return web.Go(at(v, which, "processing") + note), err
}
