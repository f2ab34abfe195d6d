package signup_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/domain/signup"
)

// states are all that a signup can be in, made by its own rules.
func states(t *testing.T) map[string]signup.Signup {
	f := dated(t)
	out := map[string]signup.Signup{"open": begun(t, f)}
	out["registered"], _ = returned(t, out["open"], back(signup.Register))
	cancelled := back(signup.PaymentProfile)
	cancelled.Outcome = signup.Cancel
	out["cancelled"], _ = returned(t, out["registered"], cancelled)
	out["timed out"], _ = out["registered"].Passed(noon.Add(time.Hour))
	out["no page"], _ = out["registered"].PageUnavailable(signup.PaymentProfile, "503", noon)
	out["requested"], _ = returned(t, out["registered"], back(signup.PaymentProfile))
	out["at the bank"] = out["requested"].BankAsks(1, "https://bank.example/3ds", noon)
	out["late"], _ = out["requested"].Passed(noon.Add(time.Hour))
	out["signed"], _ = out["requested"].ContractSigned(signup.Contract{Order: "ord_1", Subscription: "sub_1"}, noon)
	out["signed, late"], _ = out["signed"].Passed(noon.Add(time.Hour))
	out["thanked"], _, _ = out["requested"].ThankYouPublished(page, noon)
	out["declined"], _ = out["requested"].ContractFailed(1, "card_declined", noon)
	out["failed"], _ = out["requested"].ContractFailed(1, "not_charged", noon)
	out["completed"], _, _ = out["signed"].ThankYouPublished(page, noon)
	out["expired"], _ = out["registered"].Passed(noon.Add(30 * 24 * time.Hour))
	return out
}

// what somebody or something may do, at a time within all limits but for the last two.
var actions = []struct {
	name string
	do   func(signup.Signup) (signup.Signup, []event.Data, error)
}{
	{"registers", func(s signup.Signup) (signup.Signup, []event.Data, error) {
		return s.Returned(back(signup.Register), noon)
	}},
	{"pays", func(s signup.Signup) (signup.Signup, []event.Data, error) {
		return s.Returned(back(signup.PaymentProfile), noon)
	}},
	{"cancels", func(s signup.Signup) (signup.Signup, []event.Data, error) {
		r := back(signup.PaymentProfile)
		r.Outcome = signup.Cancel
		return s.Returned(r, noon)
	}},
	{"no page", func(s signup.Signup) (signup.Signup, []event.Data, error) {
		next, events := s.PageUnavailable(signup.PaymentProfile, "503", noon)
		return next, events, nil
	}},
	{"tries again", func(s signup.Signup) (signup.Signup, []event.Data, error) { return s.Retry(noon) }},
	{"bank asks", func(s signup.Signup) (signup.Signup, []event.Data, error) {
		return s.BankAsks(1, "https://bank.example/3ds", noon), nil, nil
	}},
	{"signed", func(s signup.Signup) (signup.Signup, []event.Data, error) {
		next, events := s.ContractSigned(signup.Contract{Order: "ord_1", Subscription: "sub_1"}, noon)
		return next, events, nil
	}},
	{"declined", func(s signup.Signup) (signup.Signup, []event.Data, error) {
		next, events := s.ContractFailed(1, "card_declined", noon)
		return next, events, nil
	}},
	{"thanks", func(s signup.Signup) (signup.Signup, []event.Data, error) { return s.ThankYouPublished(page, noon) }},
	{"mail", func(s signup.Signup) (signup.Signup, []event.Data, error) { return s.MailResume(noon) }},
	{"an hour", func(s signup.Signup) (signup.Signup, []event.Data, error) {
		next, events := s.Passed(noon.Add(time.Hour))
		return next, events, nil
	}},
	{"a month", func(s signup.Signup) (signup.Signup, []event.Data, error) {
		next, events := s.Passed(noon.Add(31 * 24 * time.Hour))
		return next, events, nil
	}},
}

// pairs is what becomes of every state by every action: the fault, or "=" when nothing changes, or the state with its stop, "late", where
// the customer is, and the events.
const pairs = `
open         registers:    open page stepCompleted
open         pays:         signup_step_out_of_order
open         cancels:      signup_step_out_of_order
open         no page:      =
open         tries again:  =
open         bank asks:    =
open         signed:       =
open         declined:     =
open         thanks:       signup_step_out_of_order
open         mail:         signup_mail_unknown
open         an hour:      open timed_out problem stepTimedOut
open         a month:      expired expired expired
registered   registers:    =
registered   pays:         requested processing stepCompleted requested
registered   cancels:      open cancelled problem
registered   no page:      open page_unavailable problem pageUnavailable
registered   tries again:  =
registered   bank asks:    =
registered   signed:       =
registered   declined:     =
registered   thanks:       signup_step_out_of_order
registered   mail:         open page resumeRequested
registered   an hour:      open timed_out problem stepTimedOut resumeRequested
registered   a month:      expired expired expired
cancelled    registers:    =
cancelled    pays:         requested processing stepCompleted requested
cancelled    cancels:      =
cancelled    no page:      open page_unavailable problem pageUnavailable
cancelled    tries again:  open page
cancelled    bank asks:    =
cancelled    signed:       =
cancelled    declined:     =
cancelled    thanks:       signup_step_out_of_order
cancelled    mail:         open cancelled problem resumeRequested
cancelled    an hour:      =
cancelled    a month:      expired expired expired
timed out    registers:    =
timed out    pays:         requested processing stepCompleted requested
timed out    cancels:      open cancelled problem
timed out    no page:      open page_unavailable problem pageUnavailable
timed out    tries again:  open page
timed out    bank asks:    =
timed out    signed:       =
timed out    declined:     =
timed out    thanks:       signup_step_out_of_order
timed out    mail:         open timed_out problem resumeRequested
timed out    an hour:      =
timed out    a month:      expired expired expired
no page      registers:    =
no page      pays:         requested processing stepCompleted requested
no page      cancels:      open cancelled problem
no page      no page:      =
no page      tries again:  open page
no page      bank asks:    =
no page      signed:       =
no page      declined:     =
no page      thanks:       signup_step_out_of_order
no page      mail:         open page_unavailable problem resumeRequested
no page      an hour:      =
no page      a month:      expired expired expired
requested    registers:    =
requested    pays:         =
requested    cancels:      =
requested    no page:      =
requested    tries again:  =
requested    bank asks:    requested bank
requested    signed:       requested processing
requested    declined:     failed problem failed
requested    thanks:       requested processing
requested    mail:         requested processing resumeRequested
requested    an hour:      requested late processing stepTimedOut
requested    a month:      requested late processing stepTimedOut
at the bank  registers:    =
at the bank  pays:         =
at the bank  cancels:      =
at the bank  no page:      =
at the bank  tries again:  =
at the bank  bank asks:    =
at the bank  signed:       requested processing
at the bank  declined:     failed problem failed
at the bank  thanks:       requested bank
at the bank  mail:         requested bank resumeRequested
at the bank  an hour:      requested late bank stepTimedOut
at the bank  a month:      requested late bank stepTimedOut
late         registers:    =
late         pays:         =
late         cancels:      =
late         no page:      =
late         tries again:  =
late         bank asks:    requested late bank
late         signed:       requested processing
late         declined:     failed problem failed resumeRequested
late         thanks:       requested late processing
late         mail:         requested late processing resumeRequested
late         an hour:      =
late         a month:      =
signed       registers:    =
signed       pays:         =
signed       cancels:      =
signed       no page:      =
signed       tries again:  =
signed       bank asks:    =
signed       signed:       =
signed       declined:     =
signed       thanks:       completed thank-you completed
signed       mail:         requested processing resumeRequested
signed       an hour:      requested late confirmation stepTimedOut
signed       a month:      requested late confirmation stepTimedOut
signed, late registers:    =
signed, late pays:         =
signed, late cancels:      =
signed, late no page:      =
signed, late tries again:  =
signed, late bank asks:    =
signed, late signed:       =
signed, late declined:     =
signed, late thanks:       completed late thank-you completed
signed, late mail:         requested late confirmation resumeRequested
signed, late an hour:      =
signed, late a month:      =
thanked      registers:    =
thanked      pays:         =
thanked      cancels:      =
thanked      no page:      =
thanked      tries again:  =
thanked      bank asks:    requested bank
thanked      signed:       completed thank-you completed
thanked      declined:     failed problem failed
thanked      thanks:       =
thanked      mail:         requested processing resumeRequested
thanked      an hour:      requested late processing stepTimedOut
thanked      a month:      requested late processing stepTimedOut
declined     registers:    =
declined     pays:         =
declined     cancels:      =
declined     no page:      =
declined     tries again:  open page
declined     bank asks:    =
declined     signed:       requested processing
declined     declined:     =
declined     thanks:       failed problem
declined     mail:         failed problem resumeRequested
declined     an hour:      =
declined     a month:      expired expired expired
failed       registers:    =
failed       pays:         =
failed       cancels:      =
failed       no page:      =
failed       tries again:  requested processing requested
failed       bank asks:    =
failed       signed:       requested processing
failed       declined:     =
failed       thanks:       failed problem
failed       mail:         failed problem resumeRequested
failed       an hour:      =
failed       a month:      expired expired expired
completed    registers:    =
completed    pays:         =
completed    cancels:      =
completed    no page:      =
completed    tries again:  =
completed    bank asks:    =
completed    signed:       =
completed    declined:     =
completed    thanks:       =
completed    mail:         completed thank-you resumeRequested
completed    an hour:      =
completed    a month:      =
expired      registers:    signup_expired
expired      pays:         signup_expired
expired      cancels:      signup_expired
expired      no page:      =
expired      tries again:  signup_expired
expired      bank asks:    =
expired      signed:       =
expired      declined:     =
expired      thanks:       =
expired      mail:         signup_expired
expired      an hour:      =
expired      a month:      =
`

// S2-18, S2-19, S2-40, S2-45, S2-46, S2-47, S2-48, S2-49, S2-50: every state by every action.
func TestEveryStateAndAction(t *testing.T) {
	all, tried := states(t), 0
	for _, line := range strings.Split(strings.TrimSpace(pairs), "\n") {
		state, action := strings.TrimSpace(line[:13]), line[13:strings.Index(line, ":")]
		was, known := all[state]
		if !known {
			t.Fatalf("no state %q", state)
		}
		for _, a := range actions {
			if a.name == action {
				tried++
				if got, want := became(t, was, a.do), strings.TrimSpace(line[strings.Index(line, ":")+1:]); got != want {
					t.Errorf("%s %s: %s, want %s", state, action, got, want)
				}
			}
		}
	}
	if tried != len(all)*len(actions) {
		t.Errorf("%d pairs of %d", tried, len(all)*len(actions))
	}
}

func became(t *testing.T, was signup.Signup, do func(signup.Signup) (signup.Signup, []event.Data, error)) string {
	t.Helper()
	history := fmt.Sprint(was.History)
	next, events, err := do(was)
	if fmt.Sprint(was.History) != history {
		t.Error("the version before was changed")
	}
	var f interface{ Unwrap() error }
	switch {
	case err != nil && (next.Version != was.Version || len(events) > 0):
		return "a fault that changed something"
	case err != nil && errors.As(err, &f):
		return strings.SplitN(err.Error(), ":", 2)[0]
	case next.Version == was.Version && len(events) == 0:
		return "="
	case next.Version != was.Version+1:
		return fmt.Sprintf("version %d after %d", next.Version, was.Version)
	}
	words := []string{string(next.State)}
	if next.Stop != "" {
		words = append(words, string(next.Stop))
	}
	if next.Late {
		words = append(words, "late")
	}
	words = append(words, string(next.NextPage().Place))
	for _, typ := range typesOf(events) {
		words = append(words, strings.TrimPrefix(typ, "signup."))
	}
	return strings.Join(words, " ")
}
