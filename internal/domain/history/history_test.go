package history_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/history"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

// S3-156: an entry says what, when, who and why, as far as the event does.
func TestEntryOf(t *testing.T) {
	ctx := event.WithTrace(t.Context(), event.Trace{Correlation: "cor", Causation: "req", Actor: "staff:stf_1"})
	for why, data := range map[string]event.Data{
		"outage":   event.SecondFactorDisabled{CustomerID: "cus_1", By: "staff", Reason: "outage"},
		"link":     event.AccountVerified{CustomerID: "cus_1", By: "link"},
		"reminder": event.VerificationRequested{CustomerID: "cus_1", Why: "reminder"},
		"staff":    event.ServiceSuspended{ServiceChanged: event.ServiceChanged{CustomerID: "cus_1", Service: "Fibre 300", Cause: "staff"}},
		"":         event.CustomerErased{CustomerID: "cus_1"},
	} {
		e := event.New(ctx, "demo", noon, data)
		got, about, err := history.EntryOf(e)
		want := history.Entry{Tenant: "demo", Customer: "cus_1", ID: e.ID, Type: e.Type, Version: 1, At: noon, Actor: "staff:stf_1", Why: why, Correlation: "cor", Causation: "req", Data: string(e.Data)}
		if err != nil || !about || got != want {
			t.Errorf("got %+v, %v, %v", got, about, err)
		}
	}
	if _, about, err := history.EntryOf(event.New(ctx, "demo", noon, event.ClockAdvanced{TestClockID: "clk_1"})); err != nil || about {
		t.Errorf("about no customer: %v, %v", about, err)
	}
	if _, _, err := history.EntryOf(event.Envelope{Data: json.RawMessage(`[]`)}); fault.Of(err) == nil || fault.Transient(err) {
		t.Errorf("broken data: %v", err)
	}
}

// S3-156: all that happens to a customer's line is about them; what is about the network alone is about nobody.
func TestEntriesOfServices(t *testing.T) {
	changed := event.ServiceChanged{CustomerID: "cus_1"}
	for _, data := range []event.Data{event.ServiceOrdered{CustomerID: "cus_1"}, event.ProvisioningRequested{CustomerID: "cus_1"}, event.ProvisioningParked{CustomerID: "cus_1"},
		event.ServiceActivated{ServiceChanged: changed}, event.ServiceSuspended{ServiceChanged: changed}, event.ServiceResumed{ServiceChanged: changed}, event.ServiceTerminated{ServiceChanged: changed},
		event.UsageReached{CustomerID: "cus_1"}, event.LineAlarmed{CustomerID: "cus_1"}, event.DiagnosisRequested{CustomerID: "cus_1"}, event.DiagnosisFinished{CustomerID: "cus_1"}} {
		if got, about, err := history.EntryOf(event.New(t.Context(), "demo", noon, data)); err != nil || !about || got.Customer != "cus_1" {
			t.Errorf("%T: %+v, %v, %v", data, got, about, err)
		}
	}
	if _, about, err := history.EntryOf(event.New(t.Context(), "demo", noon, event.NASRestarted{NAS: "bng1", At: noon})); err != nil || about {
		t.Errorf("a NAS is about a customer: %v, %v", about, err)
	}
}

// S3-01: the events of a line's life bring the stages from activation to cancellation about.
func TestStagesOfServices(t *testing.T) {
	for data, want := range map[event.Data]string{event.ServiceOrdered{}: "[]", event.ProvisioningRequested{}: "[]", event.ServiceActivated{}: "[activation usage]", event.ServiceSuspended{}: "[suspension]",
		event.ServiceResumed{}: "[resumption]", event.ServiceTerminated{}: "[cancellation]"} {
		typ, _ := data.EventType()
		if got := fmt.Sprint(history.StagesOf(typ)); got != want {
			t.Errorf("%s stands for %s, want %s", typ, got, want)
		}
	}
}

// S3-01: the events of a contract's billing bring the stages about that they are named after, also of one without a line.
func TestStagesOfContracts(t *testing.T) {
	for typ, want := range map[event.Type]string{event.TypeContractSigned: "[plan]", event.TypeSubscriptionRenewed: "[renewal]", event.TypeSubscriptionChanged: "[plan_change]", event.TypeSubscriptionSuspended: "[suspension]",
		event.TypeSubscriptionResumed: "[resumption]", event.TypeSubscriptionEnded: "[cancellation]", event.TypeRefundSettled: "[]", event.TypePaymentDisputed: "[]"} {
		if got := fmt.Sprint(history.StagesOf(typ)); got != want {
			t.Errorf("%s: %s, want %s", typ, got, want)
		}
	}
}

// S3-134, S3-156: what was given back, and how a dispute began and ended, are about the customer.
func TestEntriesOfMoney(t *testing.T) {
	for why, data := range map[string]event.Data{"": event.RefundSettled{CustomerID: "cus_1"}, "fraudulent": event.PaymentDisputed{CustomerID: "cus_1", Reason: "fraudulent"}, "won": event.DisputeClosed{CustomerID: "cus_1", Outcome: "won"}} {
		if got, about, err := history.EntryOf(event.New(t.Context(), "demo", noon, data)); err != nil || !about || got.Why != why {
			t.Errorf("%T: %+v, %v, %v", data, got, about, err)
		}
	}
}

// S3-01: every stage there is can be reached.
func TestEveryStageIsReached(t *testing.T) {
	reached := map[history.Stage]bool{}
	for _, typ := range []event.Type{event.TypeAccountRegistered, event.TypeAccountVerified, event.TypeCustomerRegistered, event.TypeContractSigned, event.TypeServiceActivated, event.TypeSubscriptionRenewed,
		event.TypeSubscriptionChanged, event.TypeSubscriptionSuspended, event.TypeSubscriptionResumed, event.TypeSubscriptionEnded} {
		for _, s := range history.StagesOf(typ) {
			reached[s] = true
		}
	}
	for _, s := range history.Stages() {
		if !reached[s] {
			t.Errorf("nothing stands for %s", s)
		}
	}
}

// S3-01: there are eleven stages with these names, in this order, whatever is known of them.
func TestElevenStages(t *testing.T) {
	want := "[registration verification profile plan activation usage renewal plan_change suspension resumption cancellation]"
	if got := fmt.Sprint(history.Stages()); got != want {
		t.Errorf("got %s", got)
	}
	for _, recorded := range [][]history.Reached{nil, {{Stage: history.Cancellation, First: noon, Last: noon}}, {{Stage: 12}, {Stage: 0}}} {
		var got []history.Stage
		for _, r := range history.JourneyOf(recorded, noon, time.Time{}, time.Time{}) {
			got = append(got, r.Stage)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("got %v", got)
		}
	}
}

// S3-01: whatever order events are told in, and however often, the first time is the first and the last the last.
func TestOrderDoesNotMatter(t *testing.T) {
	for _, order := range [][]int{{1, 2, 3}, {3, 2, 1}, {2, 3, 1}, {2, 1, 3, 3, 1}} {
		var r history.Reached
		for _, m := range order {
			r = r.Again(at(m))
		}
		if !r.First.Equal(at(1)) || !r.Last.Equal(at(3)) {
			t.Errorf("%v: got %+v", order, r)
		}
	}
}

// S3-01: which stage a customer is in, along the ways there are.
func TestCurrent(t *testing.T) {
	none := time.Time{}
	reached := func(s history.Stage, first, last int) history.Reached {
		return history.Reached{Stage: s, First: at(first), Last: at(last)}
	}
	for name, try := range map[string]struct {
		registered, verified, profiled time.Time
		recorded                       []history.Reached
		want                           history.Stage
	}{
		"registered":                        {noon, none, none, nil, history.Registration},
		"verified":                          {noon, at(1), none, nil, history.Verification},
		"with a profile":                    {noon, at(1), at(2), nil, history.Profile},
		"with a profile at once":            {noon, none, noon, nil, history.Profile},
		"verified after the profile":        {noon, at(5), noon, nil, history.Profile},
		"bought":                            {noon, at(1), at(2), []history.Reached{reached(history.Plan, 3, 3)}, history.Plan},
		"verified after buying":             {noon, at(9), noon, []history.Reached{reached(history.Plan, 3, 3)}, history.Plan},
		"renewed after a change of plan":    {noon, at(1), at(2), []history.Reached{reached(history.Plan, 3, 3), reached(history.PlanChange, 5, 5), reached(history.Renewal, 4, 8)}, history.Renewal},
		"activated in the same instant":     {noon, at(1), at(2), []history.Reached{reached(history.Plan, 3, 3), reached(history.Activation, 3, 3)}, history.Activation},
		"bought again after a cancellation": {noon, at(1), at(2), []history.Reached{reached(history.Cancellation, 5, 5), reached(history.Plan, 3, 8)}, history.Plan},
	} {
		if got := history.JourneyOf(try.recorded, try.registered, try.verified, try.profiled).Current(); got != try.want {
			t.Errorf("%s: got %v, want %v", name, got, try.want)
		}
	}
}

// S3-01: the account's own facts are never late, and the beginning is reached once: a profile made later is no second registration.
func TestFactsOfTheAccount(t *testing.T) {
	recorded := []history.Reached{{Stage: history.Registration, First: at(7), Last: at(7)}, {Stage: history.Plan, First: at(8), Last: at(9)}}
	j := history.JourneyOf(recorded, noon, at(1), at(7))
	for stage, want := range map[history.Stage][2]time.Time{history.Registration: {noon, noon}, history.Verification: {at(1), at(1)}, history.Profile: {at(7), at(7)},
		history.Plan: {at(8), at(9)}, history.Usage: {}} {
		if got := j[stage-1]; !got.First.Equal(want[0]) || !got.Last.Equal(want[1]) {
			t.Errorf("%v: got %+v", stage, got)
		}
	}
}
