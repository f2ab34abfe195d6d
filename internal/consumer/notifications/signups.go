package notifications

import (
	"context"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/notice"
	"turnup/internal/domain/signup"
)

// resumeWithin is how long the link of a mail leads on with a signup.
const resumeWithin = 7 * 24 * time.Hour

// Signups reads signups.
type Signups interface {
	Signup(ctx context.Context, tenant id.Tenant, s id.Signup) (signup.Signup, error)
}

// Resumes makes the links by which customers go on with a signup.
type Resumes interface {
	// Resume is the link of a signup, good until a time.
	Resume(tenant id.Tenant, s id.Signup, until time.Time) (string, error)
}

// ofSignup finds the mails about signups.
func (c Consumer) ofSignup(e event.Envelope) (due, error) {
	switch e.Type {
	case event.TypeSignupResumeRequested:
		var asked event.SignupResumeRequested
		err := event.Decode(e, &asked)
		return due{account: asked.CustomerID, write: func(ctx context.Context, a state) (notice.Content, error) {
			s, err := c.Signups.Signup(ctx, a.Customer.Tenant, asked.SignupID)
			switch {
			case err != nil:
				return nil, err
			case s.Ended():
				return nil, stale("the signup has ended")
			}
			until := c.Clock.Now().Add(resumeWithin)
			link, err := c.Resumes.Resume(a.Customer.Tenant, s.ID, until)
			return notice.SignupResume{Plan: s.Plan.Name, URL: link, Until: until}, err
		}}, err
	case event.TypeSignupCompleted:
		var done event.SignupCompleted
		err := event.Decode(e, &done)
		return due{account: done.CustomerID, write: func(ctx context.Context, a state) (notice.Content, error) {
			s, err := c.Signups.Signup(ctx, a.Customer.Tenant, done.SignupID)
			return notice.SignupDone{Plan: s.Plan.Name, URL: done.URL}, err
		}}, err
	}
	return due{}, nil
}
