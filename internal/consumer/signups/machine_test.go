package signups

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/task"
)

// one is a signup that is kept, and what its machine is told.
type one struct {
	Signups
	is   signup.Signup
	told []string
}

func (o *one) ChangeSignup(_ context.Context, _ *once.Use, _ id.Tenant, _ id.Signup, decide func(signup.Signup, time.Time) (signup.Signup, []event.Data, error)) (signup.Signup, error) {
	next, _, err := decide(o.is, time.Time{})
	if err == nil {
		o.is = next
	}
	return o.is, err
}

func (o *one) Succeed(_ context.Context, token string, output any) error {
	o.told = append(o.told, token+" "+string(output.(Told).Outcome))
	return nil
}

// S2-31: a machine that begins to wait for what is over by now is told at once, or nobody ever would; one whose phase goes on is not.
func TestWhoWaitsForWhatIsOverIsToldAtOnce(t *testing.T) {
	for _, c := range []struct {
		state signup.State
		phase signup.Phase
		told  []string
	}{
		{signup.Open, signup.Pages, nil},
		{signup.Requested, signup.Pages, []string{"tok_1 requested"}},
		{signup.Requested, signup.Collect, nil},
		{signup.Failed, signup.Collect, nil},
		{signup.Completed, signup.Collect, []string{"tok_1 completed"}},
		{signup.Expired, signup.Pages, []string{"tok_1 expired"}},
		{signup.Expired, signup.Collect, []string{"tok_1 expired"}},
	} {
		o := &one{is: signup.Signup{Tenant: "demo", ID: "sgn_1", State: c.state, Version: 1}}
		if c.state == signup.Requested {
			o.is.Attempt = 1
		}
		in, err := json.Marshal(waiting{Tenant: "demo", SignupID: "sgn_1", Phase: c.phase, Token: "tok_1"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (task.Tasks{Named: Tasks{Signups: o, Machine: o}.Named(), Clock: clock.System}).Run(t.Context(), task.Input{Task: "await", Input: in}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(o.told, c.told) || o.is.Waits != (signup.Waiting{Phase: c.phase, Token: "tok_1"}) {
			t.Errorf("%s, waiting for %s: told %v, want %v; kept %+v", c.state, c.phase, o.told, c.told, o.is.Waits)
		}
	}
}
