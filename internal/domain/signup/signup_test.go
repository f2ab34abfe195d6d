package signup_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/signlink"
	"turnup/internal/domain/signup"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

const (
	cus  = id.Customer("cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA")
	card = id.Method("pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA")
	page = "https://pages.example/thanks/1"
)

func dated(t testing.TB) signup.Flow {
	t.Helper()
	f, err := signup.Default("demo", signup.NewBusiness)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func begun(t testing.TB, f signup.Flow) signup.Signup {
	t.Helper()
	b := signup.Beginning{Tenant: "demo", ID: "sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Flow: f, Country: "DE", PlanVersion: 3,
		Plan: lineitem.Line{ItemID: "plan_stream-hd", Name: "Stream HD", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"}, Quantity: 1, BillingPeriod: "P1M"}}
	if f.Name == signup.ExistingBusiness {
		b.Customer, b.Upgrades = cus, "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
	}
	s, events := signup.Begin(b, noon)
	if types := typesOf(events); !slices.Equal(types, []string{"signup.started"}) {
		t.Fatalf("began with %v", types)
	}
	return s
}

func typesOf(events []event.Data) []string {
	var out []string
	for _, e := range events {
		typ, _ := e.EventType()
		out = append(out, string(typ))
	}
	return out
}

// back is the return of a page with what it has to bring.
func back(step string) signup.Return {
	r := signup.Return{Partner: signup.Hosted, Step: step, Outcome: signup.Success}
	switch step {
	case signup.Register:
		r.Customer = cus
	case signup.PaymentProfile:
		r.Customer, r.Profile = cus, card
	}
	return r
}

func returned(t testing.TB, s signup.Signup, r signup.Return) (signup.Signup, []event.Data) {
	t.Helper()
	next, events, err := s.Returned(r, noon)
	if err != nil {
		t.Fatal(r.Step, err)
	}
	return next, events
}

// requested is a signup whose pages are done.
func requested(t testing.TB, f signup.Flow) signup.Signup {
	t.Helper()
	s := begun(t, f)
	for _, step := range f.Steps {
		s, _ = returned(t, s, back(step.Name))
	}
	return s
}

// S2-02, S2-04, S2-08, S2-11, S2-14, S2-23, S2-24, S2-30, S2-32, S2-36: the dated flow, step by step: where the customer is, what is known, which
// events it makes.
func TestTheDatedFlow(t *testing.T) {
	s := begun(t, dated(t))
	if n := s.NextPage(); n.Place != signup.AtPage || n.Step.Name != signup.Register {
		t.Errorf("at first: %+v", n)
	}
	s, events := returned(t, s, back(signup.Register))
	if n := s.NextPage(); n.Step.Name != signup.PaymentProfile || s.Customer != cus || !slices.Equal(typesOf(events), []string{"signup.stepCompleted"}) {
		t.Errorf("registered: %+v, %v", n, typesOf(events))
	}
	s, events = returned(t, s, back(signup.PaymentProfile))
	if n := s.NextPage(); n.Place != signup.AtProcessing || !slices.Equal(typesOf(events), []string{"signup.stepCompleted", "signup.requested"}) {
		t.Fatalf("paid: %+v, %v", n, typesOf(events))
	}
	asked := events[1].(event.SignupRequested)
	want := event.SignupRequested{SignupID: s.ID, ClientID: "demo", Flow: signup.NewBusiness, CustomerID: cus, Profile: card, PlanID: "plan_stream-hd", PlanVersion: 3, Price: s.Plan.Price, Attempt: 1}
	if asked != want {
		t.Errorf("asked %+v", asked)
	}
	s, events = s.ContractSigned(signup.Contract{Order: "ord_1", Subscription: "sub_1"}, noon)
	if n := s.NextPage(); n.Place != signup.AtProcessing || len(events) != 0 {
		t.Errorf("signed: %+v, %v", n, typesOf(events))
	}
	s, events, err := s.ThankYouPublished(page, noon)
	if n := s.NextPage(); err != nil || n.Place != signup.AtThankYou || n.URL != page || !slices.Equal(typesOf(events), []string{"signup.completed"}) {
		t.Errorf("done: %+v, %v, %v", n, typesOf(events), err)
	}
	for _, step := range s.Flow.Steps { // any of its links leads to the thank-you page
		if again, events := returned(t, s, back(step.Name)); again.Version != s.Version || len(events) > 0 || again.NextPage().URL != page {
			t.Errorf("%s after the end: %+v", step.Name, again.NextPage())
		}
	}
}

// S2-30, S2-31: contract and thank-you page in any order, repeated, complete it once.
func TestCollectedInAnyOrder(t *testing.T) {
	contract, other := signup.Contract{Order: "ord_1", Subscription: "sub_1"}, signup.Contract{Order: "ord_2", Subscription: "sub_2"}
	signed := func(c signup.Contract) func(signup.Signup) (signup.Signup, []event.Data, error) {
		return func(s signup.Signup) (signup.Signup, []event.Data, error) {
			next, events := s.ContractSigned(c, noon)
			return next, events, nil
		}
	}
	thanks := func(url string) func(signup.Signup) (signup.Signup, []event.Data, error) {
		return func(s signup.Signup) (signup.Signup, []event.Data, error) { return s.ThankYouPublished(url, noon) }
	}
	for name, told := range map[string][]func(signup.Signup) (signup.Signup, []event.Data, error){
		"contract first": {signed(contract), signed(contract), thanks(page), thanks(page), signed(contract)},
		"page first":     {thanks(page), thanks(page), signed(contract), thanks(page), signed(contract)},
		"others later":   {thanks(page), thanks("https://evil.example"), signed(contract), signed(other), thanks("https://evil.example")},
	} {
		s, completed := requested(t, dated(t)), 0
		for _, tell := range told {
			next, events, err := tell(s)
			if err != nil {
				t.Fatal(name, err)
			}
			s, completed = next, completed+len(events)
		}
		if s.State != signup.Completed || completed != 1 || s.Contract != contract || s.ThankYou != page {
			t.Errorf("%s: %s, completed %d times, %+v, %s", name, s.State, completed, s.Contract, s.ThankYou)
		}
	}
}

// S2-15, S2-18, S2-19, S2-22: what does not fit is refused, and nothing is changed.
func TestReturnsThatAreRefused(t *testing.T) {
	f := dated(t)
	fresh, registered, done := begun(t, f), begun(t, f), requested(t, f)
	registered, _ = returned(t, registered, back(signup.Register))
	with := func(r signup.Return, change func(*signup.Return)) signup.Return { change(&r); return r }
	reg, pay := back(signup.Register), back(signup.PaymentProfile)
	for name, c := range map[string]struct {
		s    signup.Signup
		r    signup.Return
		want error
	}{
		"payment before registration":    {fresh, pay, signup.ErrOutOfOrder},
		"a page the flow has not":        {registered, back(signup.Review), signup.ErrOutOfOrder},
		"an unknown page":                {fresh, back("secret"), signup.ErrOutOfOrder},
		"no customer":                    {fresh, with(reg, func(r *signup.Return) { r.Customer = "" }), signup.ErrIncomplete},
		"no profile":                     {registered, with(pay, func(r *signup.Return) { r.Profile = "" }), signup.ErrIncomplete},
		"no outcome":                     {fresh, with(reg, func(r *signup.Return) { r.Outcome = "" }), signup.ErrIncomplete},
		"another customer":               {registered, with(reg, func(r *signup.Return) { r.Customer = "cus_2" }), signup.ErrFilled},
		"another customer at payment":    {registered, with(pay, func(r *signup.Return) { r.Customer = "cus_2" }), signup.ErrFilled},
		"another customer after the end": {done, with(reg, func(r *signup.Return) { r.Customer = "cus_2" }), signup.ErrFilled},
		"another profile":                {done, with(pay, func(r *signup.Return) { r.Profile = "pmt_2" }), signup.ErrFilled},
		"another system":                 {fresh, with(reg, func(r *signup.Return) { r.Partner = "crm" }), signlink.ErrInvalid},
	} {
		next, events, err := c.s.Returned(c.r, noon.Add(time.Minute))
		if !errors.Is(err, c.want) || next.Version != c.s.Version || len(events) > 0 {
			t.Errorf("%s: %v, version %d after %d", name, err, next.Version, c.s.Version)
		}
	}
	for name, r := range map[string]signup.Return{"registration": reg, "payment": pay} {
		if next, events := returned(t, done, r); next.Version != done.Version || len(events) > 0 {
			t.Errorf("%s again changed something", name)
		}
	}
}

// S2-39, S2-52, S2-53: another page is another row in the flow, and nothing else.
func TestPagesAreConfiguration(t *testing.T) {
	f := dated(t)
	f.Steps = []signup.Step{f.Steps[0], {Name: signup.CustomerProfile, Partner: "crm", Limit: 60, Fallback: signup.OfferRetry}, f.Steps[1], {Name: signup.Review, Partner: signup.Hosted, Limit: 60, Fallback: signup.OfferRetry}}
	if err := f.Validate(); err != nil {
		t.Fatal(err)
	}
	s := begun(t, f)
	var seen []string
	for s.State == signup.Open {
		step, _ := s.Current()
		seen = append(seen, step.Name)
		r := back(step.Name)
		r.Partner = step.Partner
		s, _ = returned(t, s, r)
	}
	if want := []string{signup.Register, signup.CustomerProfile, signup.PaymentProfile, signup.Review}; !slices.Equal(seen, want) || s.State != signup.Requested {
		t.Errorf("saw %v, then %s", seen, s.State)
	}
}

// S2-37, S2-38: an upgrade is owned by Existing Business: the customer is known, and the subscription is in the request. It ends without an
// order of its own: that of the contract is long delivered.
func TestExistingBusiness(t *testing.T) {
	f, err := signup.Default("demo", signup.ExistingBusiness)
	if err != nil {
		t.Fatal(err)
	}
	s := begun(t, f)
	s, events := returned(t, s, back(signup.PaymentProfile))
	asked, ok := events[len(events)-1].(event.SignupRequested)
	if !ok || asked.SubscriptionID == "" || asked.Flow != signup.ExistingBusiness || s.NextPage().Place != signup.AtProcessing {
		t.Errorf("got %v, %+v", typesOf(events), asked)
	}
	s, _ = s.ContractSigned(signup.Contract{Order: "ord_1", Subscription: asked.SubscriptionID}, noon)
	s, events, err = s.ThankYouPublished(page, noon)
	if done, ok := events[len(events)-1].(event.SignupCompleted); err != nil || !ok || done.OrderID != "" || s.Contract != (signup.Contract{Subscription: asked.SubscriptionID}) {
		t.Errorf("ended with %v, %+v, %v", typesOf(events), s.Contract, err)
	}
}

// S2-25, S2-26: the temporary event is behind one setting, off by default, and its customer is made up.
func TestTemporaryEvent(t *testing.T) {
	f := dated(t)
	if f.RequestedTmp {
		t.Error("on by default")
	}
	f.RequestedTmp = true
	s := begun(t, f)
	s, _ = returned(t, s, back(signup.Register))
	_, events := returned(t, s, back(signup.PaymentProfile))
	if want := []string{"signup.stepCompleted", "signup.requested", "signup.requested.tmp"}; !slices.Equal(typesOf(events), want) {
		t.Fatal(typesOf(events))
	}
	made := events[2].(event.SignupRequestedTmp)
	if made.SignupRequested != events[1].(event.SignupRequested) || !strings.HasSuffix(made.Customer.Email, ".invalid") || made.Customer.Name == "" || strings.Contains(fmt.Sprint(made.Customer), string(cus)) {
		t.Errorf("got %+v", made)
	}
}

// S2-54: the history tells each step, and stays bounded however often somebody tries.
func TestHistory(t *testing.T) {
	s := requested(t, dated(t))
	var facts []string
	for _, e := range s.History {
		facts = append(facts, strings.TrimSuffix(string(e.Fact)+" "+e.Step, " "))
	}
	if want := []string{"began", "step_completed register", "step_completed payment-profile", "requested"}; !slices.Equal(facts, want) {
		t.Error(facts)
	}
	s = begun(t, dated(t))
	cancelled := back(signup.Register)
	cancelled.Outcome = signup.Cancel
	for range 200 {
		s, _ = returned(t, s, cancelled)
		s, _, _ = s.Retry(noon)
	}
	if len(s.History) > 100 || s.History[0].Fact != signup.Began {
		t.Errorf("%d entries, the first is %s", len(s.History), s.History[0].Fact)
	}
}
