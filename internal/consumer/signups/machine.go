package signups

import (
	"context"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/task"
)

// Execution is the input of a signup's machine.
type Execution struct {
	Tenant        id.Tenant `json:"tenant"`
	SignupID      id.Signup `json:"signupId"`
	CorrelationID string    `json:"correlationId"`
}

// Told is what the machine's Choice looks at.
type Told struct {
	Outcome signup.Verdict `json:"outcome"`
}

// tellOf tells the machine of a signup how it stands.
func (c Consumer) tellOf(ctx context.Context, tenant id.Tenant, of id.Signup) error {
	s, err := c.Signups.Signup(ctx, tenant, of)
	if err != nil {
		return early(err)
	}
	return c.tell(ctx, s)
}

// tell answers what the machine waits for, if that is over. Telling again is nothing.
func (c Consumer) tell(ctx context.Context, s signup.Signup) error { return tell(ctx, c.Machine, s) }

func tell(ctx context.Context, m Teller, s signup.Signup) error {
	verdict, over := s.Tell(s.Waits.Phase)
	if s.Waits.Token == "" || !over {
		return nil
	}
	return m.Succeed(ctx, s.Waits.Token, Told{verdict})
}

// Teller tells executions that wait; one that was told, or waits no more, is success.
type Teller interface {
	Succeed(ctx context.Context, token string, output any) error
}

// Tasks are the machine's tasks.
type Tasks struct {
	Signups Signups
	Machine Teller
}

// Named gives the tasks under the names the machine calls them by.
func (t Tasks) Named() map[string]task.Handle {
	return map[string]task.Handle{"await": task.Typed(t.await)}
}

// waiting is the input of a state that waits.
type waiting struct {
	Tenant   id.Tenant    `json:"tenant"`
	SignupID id.Signup    `json:"signupId"`
	Phase    signup.Phase `json:"phase"`
	Token    string       `json:"token"`
}

// await remembers by which token the machine is told that a phase is over; one that is over by now is told at once. Whoever writes
// later sees what the other has written: nothing is missed, in whatever order things come.
func (t Tasks) await(ctx context.Context, in waiting) (struct{}, error) {
	s, err := t.Signups.ChangeSignup(ctx, nil, in.Tenant, in.SignupID, func(s signup.Signup, _ time.Time) (signup.Signup, []event.Data, error) {
		return s.Awaits(signup.Waiting{Phase: in.Phase, Token: in.Token}), nil, nil
	})
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, tell(ctx, t.Machine, s)
}
