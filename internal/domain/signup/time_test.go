package signup_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/domain/signup"
)

// S2-41, S2-46: each thing that is waited for has its own limit, and one that is answered late goes on (S2-45).
func TestLimits(t *testing.T) {
	f := dated(t)
	f.Steps[0].Limit, f.Steps[1].Limit, f.ContractLimit, f.ThankYouLimit = 100, 200, 10, 5
	s, at := begun(t, f), noon
	for _, c := range []struct {
		step  string
		limit int
		done  func(signup.Signup) signup.Signup
	}{
		{signup.Register, 100, func(s signup.Signup) signup.Signup { next, _, _ := s.Returned(back(signup.Register), at); return next }},
		{signup.PaymentProfile, 200, func(s signup.Signup) signup.Signup {
			next, _, _ := s.Returned(back(signup.PaymentProfile), at)
			return next
		}},
		{signup.ContractStep, 10, func(s signup.Signup) signup.Signup {
			next, _ := s.ContractSigned(signup.Contract{Subscription: "sub_1"}, at)
			return next
		}},
		{signup.ThankYouStep, 5, func(s signup.Signup) signup.Signup { next, _, _ := s.ThankYouPublished(page, at); return next }},
	} {
		due := at.Add(time.Duration(c.limit) * time.Second)
		if !s.Due().Equal(due) {
			t.Errorf("%s is due at %s, want %s", c.step, s.Due(), due)
		}
		if early, events := s.Passed(due.Add(-time.Millisecond)); early.Version != s.Version || len(events) > 0 {
			t.Errorf("%s ended early", c.step)
		}
		late, events := s.Passed(due)
		if len(events) == 0 || events[0].(event.SignupStepTimedOut).Step != c.step || events[0].(event.SignupStepTimedOut).Limit != c.limit {
			t.Errorf("%s: %+v", c.step, events)
		}
		if again, events := late.Passed(due.Add(time.Second)); again.Version != late.Version || len(events) > 0 {
			t.Errorf("%s timed out twice", c.step)
		}
		at = due.Add(time.Minute)
		s = c.done(late)
	}
	if s.State != signup.Completed || !s.Due().IsZero() {
		t.Errorf("%s, due %s", s.State, s.Due())
	}
}

// S2-50: one that was abandoned expires, and nothing of its customer is left in it; who has asked for a contract is not given up.
func TestAbandoned(t *testing.T) {
	f := dated(t)
	week := time.Duration(f.AbandonAfter) * time.Second
	s, _ := returned(t, begun(t, f), back(signup.Register))
	late, _ := s.Passed(s.Due())
	if !late.Due().Equal(noon.Add(week)) {
		t.Errorf("due %s", late.Due())
	}
	gone, events := late.Passed(noon.Add(week))
	if !slices.Equal(typesOf(events), []string{"signup.expired"}) || gone.Customer != "" || gone.Profile != "" || gone.NextPage().Place != signup.AtExpired || !gone.Due().IsZero() {
		t.Errorf("%v: %+v", typesOf(events), gone)
	}
	for _, e := range gone.History {
		if e.Detail == string(cus) || e.Detail == string(card) {
			t.Errorf("the history knows %+v", e)
		}
	}
	waiting := requested(t, f)
	waiting, _ = waiting.Passed(noon.Add(10 * week))
	if waiting.State != signup.Requested || !waiting.Due().IsZero() {
		t.Errorf("%s, due %s", waiting.State, waiting.Due())
	}
}

// S2-48: after a decline another card can be given, and the declined one does not come back; whatever else failed is tried again with the
// same one. Each attempt has its number, and an answer of an older one is nothing.
func TestContractAgain(t *testing.T) {
	s := requested(t, dated(t))
	s, events := s.ContractFailed(1, "card_declined", noon)
	if n := s.NextPage(); n.Place != signup.AtProblem || n.Reason != "card_declined" || !slices.Equal(typesOf(events), []string{"signup.failed"}) {
		t.Fatalf("declined: %+v, %v", n, typesOf(events))
	}
	s, _, _ = s.Retry(noon)
	if n := s.NextPage(); n.Place != signup.AtPage || n.Step.Name != signup.PaymentProfile {
		t.Errorf("again: %+v", n)
	}
	if same, events := returned(t, s, back(signup.PaymentProfile)); same.Version != s.Version || len(events) > 0 {
		t.Error("the declined card came back")
	}
	other := back(signup.PaymentProfile)
	other.Profile = "pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB"
	s, events = returned(t, s, other)
	if asked := events[1].(event.SignupRequested); asked.Attempt != 2 || asked.Profile != other.Profile {
		t.Errorf("asked %+v", asked)
	}
	if same, events := s.ContractFailed(1, "card_declined", noon); same.Version != s.Version || len(events) > 0 {
		t.Error("the first attempt failed again")
	}
	s, _ = s.ContractFailed(2, "not_charged", noon)
	s, events, _ = s.Retry(noon)
	if asked := events[0].(event.SignupRequested); asked.Attempt != 3 || asked.Profile != other.Profile {
		t.Errorf("asked %+v", asked)
	}
}

// S2-31, S2-33: the machine is told how things stand, whatever came first; a token that is there already is no change.
func TestTheMachineIsToldHowThingsStand(t *testing.T) {
	all := states(t)
	for state, want := range map[string][2]signup.Verdict{
		"open": {"", ""}, "registered": {"", ""}, "timed out": {"", ""}, "requested": {"requested", ""}, "failed": {"requested", ""}, "signed": {"requested", ""},
		"completed": {"requested", "completed"}, "expired": {"expired", "expired"},
	} {
		for i, p := range []signup.Phase{signup.Pages, signup.Collect} {
			if got, over := all[state].Tell(p); got != want[i] || over != (want[i] != "") {
				t.Errorf("%s, %s: %s", state, p, got)
			}
		}
	}
	w := signup.Waiting{Phase: signup.Collect, Token: "t"}
	s := all["requested"].Awaits(w)
	if s.Waits != w || s.Version != all["requested"].Version+1 || !reflect.DeepEqual(s.Awaits(w), s) {
		t.Errorf("got %+v", s.Waits)
	}
}

// S2-46, S2-51: a link to go on is mailed where an address is known, and not without end.
func TestResumeMails(t *testing.T) {
	s := begun(t, dated(t))
	if _, _, err := s.MailResume(noon); !errors.Is(err, signup.ErrNoAddress) || s.NextPage().Mailable {
		t.Error(err)
	}
	s, _ = returned(t, s, back(signup.Register))
	sent := 0
	for range 20 {
		next, events, err := s.MailResume(noon)
		if err != nil {
			t.Fatal(err)
		}
		s, sent = next, sent+len(events)
	}
	if sent != 5 {
		t.Errorf("%d mails", sent)
	}
}
