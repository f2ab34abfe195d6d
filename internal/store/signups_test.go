package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/timer"
)

const thanks = "https://pages.example/thanks/1"

var byCard = id.Method("pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA")

// signingUp writes a signup that has just begun.
func (s shop) signingUp() signup.Signup {
	s.Helper()
	flow, err := s.db.SignupFlow(s.Context(), s.tenant, signup.NewBusiness)
	ok(s.T, err)
	is, events := signup.Begin(signup.Beginning{Tenant: s.tenant, ID: id.New[id.Signup](id.SignupPrefix, s.clock.Now()), Flow: flow, Country: "DE", PlanVersion: 1,
		Plan: lineitem.Line{ItemID: "plan_stream-hd", Name: "Stream HD", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"}, Quantity: 1, BillingPeriod: "P1M"}}, s.clock.Now())
	ok(s.T, s.db.BeginSignup(s.Context(), s.key(), is, events))
	return is
}

func (s shop) returns(is signup.Signup, step string) (signup.Signup, error) {
	r := signup.Return{Partner: signup.Hosted, Step: step, Outcome: signup.Success, Customer: customer}
	if step == signup.PaymentProfile {
		r.Profile = byCard
	}
	return s.db.ChangeSignup(context.Background(), nil, s.tenant, is.ID, func(was signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
		return was.Returned(r, now)
	})
}

func (s shop) signupTimers(owner id.Customer) []timer.Pending {
	s.Helper()
	all, err := s.db.Timers(s.Context(), s.tenant, owner)
	ok(s.T, err)
	return all
}

// S2-08, S2-34, S2-35: a signup and its events are one transaction; their correlation is the signup's id; the same key makes it once.
func TestASignupBeginsOnce(t *testing.T) {
	s := opened(t)
	flow, err := s.db.SignupFlow(t.Context(), s.tenant, signup.NewBusiness)
	ok(t, err)
	use := s.key()
	begin := func() (signup.Signup, error) {
		return once.Do(t.Context(), s.db, use.Request, func(use *once.Use) (signup.Signup, error) {
			is, events := signup.Begin(signup.Beginning{Tenant: s.tenant, ID: id.New[id.Signup](id.SignupPrefix, s.clock.Now()), Flow: flow, Plan: lineitem.Line{ItemID: "plan_stream-hd"}}, s.clock.Now())
			ok(t, use.Answer(is))
			return is, s.db.BeginSignup(t.Context(), use, is, events)
		})
	}
	first, err := begin()
	ok(t, err)
	again, err := begin()
	ok(t, err)
	same(t, "the signup of a second submit", again.ID, first.ID)
	told := announced(t, s.db, s.tenant)
	if len(told) != 1 || told[0].Type != event.TypeSignupStarted || told[0].CorrelationID != string(first.ID) || told[0].Tenant != s.tenant {
		t.Errorf("announced %+v", told)
	}
	read, err := s.db.Signup(t.Context(), s.tenant, first.ID)
	ok(t, err)
	same(t, "what was written", read, first)
	_, err = s.db.Signup(t.Context(), "another", first.ID) // S2-22
	want(t, err, signup.ErrUnknown)
	_, err = s.db.Signup(t.Context(), s.tenant, "sgn_unknown")
	want(t, err, signup.ErrUnknown)
}

// S2-18, S2-23: returns that come at once fill a step once, and ask for the contract once.
func TestReturnsAtOnce(t *testing.T) {
	s := opened(t)
	is := s.signingUp()
	for _, step := range []string{signup.Register, signup.PaymentProfile} {
		same(t, step, at(6, func(int) error { _, err := s.returns(is, step); return err }), map[string]int{"": 6})
	}
	counts := map[event.Type]int{}
	for _, e := range announced(t, s.db, s.tenant) {
		counts[e.Type]++
	}
	same(t, "events", counts, map[event.Type]int{event.TypeSignupStarted: 1, event.TypeSignupStepCompleted: 2, event.TypeSignupRequested: 1})
}

// S2-31, S2-35: contract and thank-you page at once complete it once, whatever else is told at that moment.
func TestCollectedAtOnce(t *testing.T) {
	s := opened(t)
	is := s.signingUp()
	for _, step := range []string{signup.Register, signup.PaymentProfile} {
		_, err := s.returns(is, step)
		ok(t, err)
	}
	tell := []func(signup.Signup, time.Time) (signup.Signup, []event.Data, error){
		func(was signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
			next, events := was.ContractSigned(signup.Contract{Order: "ord_1", Subscription: "sub_1"}, now)
			return next, events, nil
		},
		func(was signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
			return was.ThankYouPublished(thanks, now)
		},
	}
	ends := at(6, func(i int) error {
		_, err := s.db.ChangeSignup(context.Background(), nil, s.tenant, is.ID, tell[i%2])
		return err
	})
	same(t, "how they ended", ends, map[string]int{"": 6})
	done, err := s.db.Signup(t.Context(), s.tenant, is.ID)
	ok(t, err)
	completed := 0
	for _, e := range announced(t, s.db, s.tenant) {
		if e.Type == event.TypeSignupCompleted {
			completed++
		}
	}
	if done.State != signup.Completed || completed != 1 || len(s.signupTimers(customer)) != 0 {
		t.Errorf("%s, completed %d times, timers %v", done.State, completed, s.signupTimers(customer))
	}
}

// S2-41, S2-50: a signup has one timer, which moves with it: to its customer when there is one, away when it ends.
func TestASignupHasOneTimer(t *testing.T) {
	s := opened(t)
	is := s.signingUp()
	first := s.signupTimers(is.Owner())
	if len(first) != 1 || !first[0].Due.Equal(is.Due()) || first[0].Kind != timer.Signup {
		t.Fatalf("at first %+v", first)
	}
	s.clock.Advance(time.Minute)
	registered, err := s.returns(is, signup.Register)
	ok(t, err)
	if left, moved := s.signupTimers(is.Owner()), s.signupTimers(customer); len(left) != 0 || len(moved) != 1 || !moved[0].Due.Equal(registered.Due()) {
		t.Fatalf("left %+v, moved %+v", left, moved)
	}
	s.clock.Advance(time.Duration(is.Flow.AbandonAfter) * time.Second)
	pass := func() (signup.Signup, error) {
		return s.db.ChangeSignup(t.Context(), nil, s.tenant, is.ID, func(was signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
			next, events := was.Passed(now)
			return next, events, nil
		})
	}
	gone, err := pass()
	ok(t, err)
	if gone.State != signup.Expired || len(s.signupTimers(customer)) != 0 || len(s.signupTimers(is.Owner())) != 0 {
		t.Errorf("%s, timers %v", gone.State, s.signupTimers(customer))
	}
	told := len(announced(t, s.db, s.tenant))
	_, err = pass() // S2-50: once
	ok(t, err)
	same(t, "events after it", len(announced(t, s.db, s.tenant)), told)
}

// S2-47, S2-54: staff see the signups of a state, those that hang first, a page at a time, and only those of their client account.
func TestSignupsAreListed(t *testing.T) {
	s, hang := opened(t), 3
	var all []signup.Signup
	for range 11 {
		s.clock.Advance(time.Second)
		all = append(all, s.signingUp())
	}
	opened(t).signingUp()
	for i := range hang {
		_, err := s.db.ChangeSignup(t.Context(), nil, s.tenant, all[2*i+4].ID, func(was signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
			next, events := was.PageUnavailable(signup.Register, "503", now)
			return next, events, nil
		})
		ok(t, err)
	}
	var got []id.Signup
	for after, pages := "", 0; ; pages++ {
		page, next, err := s.db.Signups(t.Context(), s.tenant, signup.Open, after, 4)
		ok(t, err)
		for _, is := range page {
			got = append(got, is.ID)
		}
		if after = next; after == "" || pages > 5 {
			break
		}
	}
	same(t, "the list", got, []id.Signup{all[4].ID, all[6].ID, all[8].ID, all[0].ID, all[1].ID, all[2].ID, all[3].ID, all[5].ID, all[7].ID, all[9].ID, all[10].ID})
	if page, _, err := s.db.Signups(t.Context(), s.tenant, signup.Completed, "", 4); err != nil || len(page) > 0 {
		t.Errorf("completed: %v, %v", page, err)
	}
	_, _, err := s.db.Signups(t.Context(), s.tenant, signup.Open, "2#x", 4)
	want(t, err, fault.ErrCursor)
}

// S2-39: flow and partners are rows; who sets none has the dated flow, and two who change one at once do not undo each other.
func TestSignupSettings(t *testing.T) {
	s := opened(t)
	f, err := s.db.SignupFlow(t.Context(), s.tenant, signup.NewBusiness)
	ok(t, err)
	same(t, "the default", fmt.Sprint(f.Version, f.Steps[0].Name, f.Steps[1].Name), "0registerpayment-profile")
	f.Version, f.ContractLimit = 1, 7
	ok(t, s.db.PutSignupFlow(t.Context(), f))
	want(t, s.db.PutSignupFlow(t.Context(), f), fault.ErrStale)
	read, err := s.db.SignupFlow(t.Context(), s.tenant, signup.NewBusiness)
	ok(t, err)
	same(t, "the flow", read, f)
	_, err = s.db.SignupFlow(t.Context(), s.tenant, "other")
	want(t, err, signup.ErrFlowUnknown)

	p := signup.Partner{Tenant: s.tenant, Name: "crm", Pages: map[string]string{signup.Register: "https://people.example/register"}, Origins: []string{"https://people.example"}, Version: 1}
	_, err = s.db.SignupPartner(t.Context(), s.tenant, "crm")
	want(t, err, signup.ErrPartnerUnknown)
	ok(t, s.db.PutSignupPartner(t.Context(), p))
	got, err := s.db.SignupPartner(t.Context(), s.tenant, "crm")
	ok(t, err)
	same(t, "the partner", got, p)
	want(t, s.db.PutSignupPartner(t.Context(), p), fault.ErrStale)
}

// S2-29: the thank-you page is made and published once.
func TestThankYouPageIsPublishedOnce(t *testing.T) {
	s := opened(t)
	p := signup.ThankYouPage{Tenant: s.tenant, ID: "thx_1", Signup: "sgn_1", Customer: customer, Order: "ord_1", Plan: lineitem.Line{Name: "Stream HD"}, At: s.clock.Now()}
	ends := at(4, func(int) error {
		return s.db.PublishThankYouPage(context.Background(), p, event.New(context.Background(), s.tenant, p.At, event.ThankYouPagePublished{ThankYouPageID: p.ID, SignupID: p.Signup, CustomerID: customer, URL: thanks}))
	})
	same(t, "how they ended", ends, map[string]int{"": 4})
	same(t, "events", typesOf(announced(t, s.db, s.tenant)), []event.Type{event.TypeThankYouPagePublished})
	read, err := s.db.ThankYouPage(t.Context(), s.tenant, p.ID)
	ok(t, err)
	same(t, "the page", read, p)
	_, err = s.db.ThankYouPage(t.Context(), "another", p.ID)
	want(t, err, signup.ErrUnknown)
}

// R2, S2-31, S2-35: a write that fails before or after its effect leaves nothing half done: doing it again ends as it would have.
func TestSignupWritesThatFail(t *testing.T) {
	for _, after := range []bool{false, true} {
		s := opened(t)
		is := s.signingUp()
		var broken atomic.Bool
		broken.Store(true)
		s.db = New(clientThat(t, func() bool { return broken.CompareAndSwap(true, false) }, after), prefix, s.clock)
		s.clock.Advance(time.Second)
		if _, err := s.returns(is, signup.Register); err == nil {
			t.Error("nothing failed")
		}
		done, err := s.returns(is, signup.Register)
		ok(t, err)
		same(t, "events", typesOf(announced(t, s.db, s.tenant)), []event.Type{event.TypeSignupStarted, event.TypeSignupStepCompleted})
		same(t, "the step", done.Step, 1)
	}
}

var errBroken = errors.New("the call was broken")

// clientThat breaks the transactions that broken says, before they reach DynamoDB or after they had their effect.
func clientThat(t *testing.T, broken func() bool, after bool) *dynamodb.Client {
	t.Helper()
	breaks := middleware.InitializeMiddlewareFunc("breaks", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, m middleware.Metadata, err error) {
		if _, is := in.Parameters.(*dynamodb.TransactWriteItemsInput); !is || !broken() {
			return next.HandleInitialize(ctx, in)
		}
		if after {
			if out, m, err = next.HandleInitialize(ctx, in); err != nil {
				return out, m, err
			}
		}
		return out, m, errBroken
	})
	return dynamodb.New(client.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Initialize.Add(breaks, middleware.Before) })
	})
}
