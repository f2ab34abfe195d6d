package journey

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/signup"
)

// staffSignup is what staff read of a signup.
type staffSignup struct {
	SignupID, Status, Reason, Step, CustomerID, OrderID, SubscriptionID, ThankYouURL string
	Hangs                                                                            bool
	Attempt                                                                          int
	History                                                                          []struct{ Fact, Step string }
}

// signingUp begins a signup and lets its pages come back, as their owner's endpoints do; what comes then is the back end's.
func signingUp(t *testing.T, customer, method string) id.Signup {
	t.Helper()
	db, now := site.DB(), time.Now().UTC()
	ctx := event.WithTrace(t.Context(), event.Trace{Causation: "journey", Actor: event.System("signup")})
	flow := must[signup.Flow](t)(signup.Default("demo", signup.NewBusiness))
	is, events := signup.Begin(signup.Beginning{Tenant: "demo", ID: id.New[id.Signup](id.SignupPrefix, now), Flow: flow, Country: "DE", PlanVersion: 1,
		Plan: lineitem.Line{ItemID: "plan_stream-hd", Name: "Stream HD", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"}, Quantity: 1, BillingPeriod: "P1M"}}, now)
	use := &once.Use{Request: once.Request{Tenant: "demo", Caller: "journey", Key: Key(), Fingerprint: "f"}}
	if err := use.Answer("begun"); err != nil {
		t.Fatal(err)
	}
	if err := db.BeginSignup(ctx, use, is, events); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{signup.Register, signup.PaymentProfile} {
		back := signup.Return{Partner: signup.Hosted, Step: step, Outcome: signup.Success, Customer: id.Customer(customer)}
		if step == signup.PaymentProfile {
			back.Profile = id.Method(method)
		}
		must[signup.Signup](t)(db.ChangeSignup(ctx, nil, "demo", is.ID, func(was signup.Signup, at time.Time) (signup.Signup, []event.Data, error) {
			return was.Returned(back, at)
		}))
	}
	return is.ID
}

func awaitSignup(t *testing.T, s id.Signup, status string) staffSignup {
	t.Helper()
	a := must[Answer](t)(admin(t).Await(t.Context(), "/admin/signups/"+string(s), 60*time.Second, func(a Answer) bool {
		var is staffSignup
		return a.Into(&is) == nil && is.Status == status
	}))
	return into[staffSignup](t, a)
}

// P3, S2-27, S2-28, S2-29, S2-30, S2-54: when the pages are done the rest comes by itself: one contract, one charge, the thank-you page; staff read it
// step by step; its machine ends well after five transitions.
func TestS2TheContractComesByItself(t *testing.T) {
	c, r := newCustomer(t)
	m := must[Method](t)(c.AddCard(t.Context(), cardGood))
	s := signingUp(t, r.CustomerID, m.PaymentMethodID)
	done := awaitSignup(t, s, "completed")
	if done.OrderID == "" || done.Hangs || done.Attempt != 1 || !strings.Contains(done.ThankYouURL, "/pages/thank-you/thx_") {
		t.Errorf("%+v", done)
	}
	var facts []string
	for _, e := range done.History {
		facts = append(facts, e.Fact)
	}
	if got := strings.Join(facts, " "); got != "began step_completed step_completed requested contract_signed thank_you_page_published completed" {
		t.Error(got)
	}
	if charged := psp.charges(t, r.CustomerID); len(charged) != 1 || charged[0].Amount != 1299 {
		t.Errorf("charged %+v", charged)
	}
	exactlyOne(t, event.TypeContractSigned, done.OrderID)
	active(t, c, done.SubscriptionID)
	if n := transitions(t, s); n != 5 {
		t.Errorf("%d transitions", n)
	}
}

// transitions waits until the machine of a signup has ended well, and counts the states it went through.
func transitions(t *testing.T, s id.Signup) (n int) {
	t.Helper()
	client, arn := sfn.NewFromConfig(site.AWS()), strings.Replace(os.Getenv("TURNUP_OUT_SignupMachineArn"), ":stateMachine:", ":execution:", 1)+":"+string(s)
	var is types.ExecutionStatus
	_, _ = lookAgain(30*time.Second, 200*time.Millisecond, func() (bool, error) {
		is = must[*sfn.DescribeExecutionOutput](t)(client.DescribeExecution(context.Background(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})).Status
		return is != types.ExecutionStatusRunning, nil
	})
	if is != types.ExecutionStatusSucceeded {
		t.Fatalf("the machine is %s", is)
	}
	for _, e := range must[*sfn.GetExecutionHistoryOutput](t)(client.GetExecutionHistory(context.Background(), &sfn.GetExecutionHistoryInput{ExecutionArn: &arn})).Events {
		if strings.HasSuffix(string(e.Type), "StateEntered") {
			n++
		}
	}
	return n
}

// S2-47, S2-48, S2-54: a declined card makes no contract; staff see why, first in the list of those that failed; what the customer tries with another
// card is another attempt.
func TestS2ADeclinedCardIsSeenByStaff(t *testing.T) {
	ctx := t.Context()
	c, r := newCustomer(t)
	bad := must[Method](t)(c.AddCard(ctx, cardDeclines))
	s := signingUp(t, r.CustomerID, bad.PaymentMethodID)
	failed := awaitSignup(t, s, "failed")
	if failed.Reason != "card_declined" || !failed.Hangs || failed.OrderID != "" {
		t.Errorf("%+v", failed)
	}
	good := must[Method](t)(c.AddCard(ctx, cardGood))
	db := site.DB()
	for _, do := range []func(signup.Signup, time.Time) (signup.Signup, []event.Data, error){
		func(was signup.Signup, at time.Time) (signup.Signup, []event.Data, error) { return was.Retry(at) },
		func(was signup.Signup, at time.Time) (signup.Signup, []event.Data, error) {
			return was.Returned(signup.Return{Partner: signup.Hosted, Step: signup.PaymentProfile, Outcome: signup.Success, Profile: id.Method(good.PaymentMethodID)}, at)
		},
	} {
		must[signup.Signup](t)(db.ChangeSignup(event.WithTrace(ctx, event.Trace{Causation: "journey", Actor: event.System("signup")}), nil, "demo", s, do))
	}
	if done := awaitSignup(t, s, "completed"); done.Attempt != 2 || transitions(t, s) != 5 {
		t.Errorf("%+v", done)
	}
	if charged := psp.charges(t, r.CustomerID); len(charged) != 1 {
		t.Errorf("charged %+v", charged)
	}
}

// S2-39, S2-44, X10: flows and partners are set up by administrators, by the version they read, and not to addresses that are nobody's.
func TestS2FlowsAreSetUpByStaff(t *testing.T) {
	ctx, a := t.Context(), admin(t)
	partner := map[string]any{"pages": map[string]string{"register": "https://people.example/register"}, "origins": []string{"https://people.example"}}
	path := "/admin/signup-partners/p" + strings.ToLower(Key()[:12])
	expect(t, must[Answer](t)(a.Get(ctx, path)), nil, http.StatusNotFound, "signup_partner_not_found")
	expect(t, must[Answer](t)(a.Put(ctx, path, partner)), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(a.Put(ctx, path, partner, Header{Name: "If-Match", Value: `"9"`})), nil, http.StatusPreconditionFailed, "version_mismatch")
	for _, bad := range []string{"http://169.254.169.254/latest", "https://people.example.evil.example/register", "javascript:alert(1)", "//people.example/register"} {
		body := map[string]any{"pages": map[string]string{"register": bad}, "origins": []string{"https://people.example"}}
		expect(t, must[Answer](t)(a.Put(ctx, path, body)), nil, http.StatusBadRequest, "signup_partner_invalid")
	}
	flow := "/admin/signup-flows/existing-business"
	terms := map[string]any{"steps": []map[string]any{{"name": "payment-profile", "partner": "nobody", "limitSeconds": 60, "fallback": "retry"}}, "contractLimitSeconds": 60, "thankYouPartner": "turnup", "thankYouLimitSeconds": 30, "abandonAfterSeconds": 3600}
	expect(t, must[Answer](t)(a.Put(ctx, flow, terms)), nil, http.StatusNotFound, "signup_partner_not_found")
	terms["steps"] = []map[string]any{{"name": "register", "partner": "turnup", "limitSeconds": 60, "fallback": "retry"}}
	expect(t, must[Answer](t)(a.Put(ctx, flow, terms)), nil, http.StatusBadRequest, "signup_flow_invalid")
	expect(t, must[Answer](t)(a.Get(ctx, "/admin/signup-flows/other")), nil, http.StatusNotFound, "signup_flow_not_found")
}
