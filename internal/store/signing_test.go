package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	coordination "turnup/internal/consumer/signups"
	"turnup/internal/consumer/thankyou"
	"turnup/internal/domain/account"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/signup"
)

// calls counts every call of DynamoDB, PSP and machine, and breaks one of them, before its effect or after.
type calls struct {
	mu      sync.Mutex
	made    int
	breaks  int // which one; 0 is none
	after   bool
	charges map[id.Payment]payment.Charge
	answer  payment.ChargeState // of the PSP, when it is asked to charge
	told    []signup.Verdict
	started int
}

func (c *calls) broken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	return c.made == c.breaks
}

// call is one that may break.
func call[T any](c *calls, do func() T, before, after error) (T, error) {
	var none T
	broken := c.broken()
	if broken && !c.after {
		return none, before
	}
	out := do()
	if broken {
		return none, after
	}
	return out, nil
}

func (c *calls) client() *dynamodb.Client {
	breaks := middleware.InitializeMiddlewareFunc("breaks", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, m middleware.Metadata, err error) {
		_, broke := call(c, func() struct{} {
			out, m, err = next.HandleInitialize(ctx, in)
			return struct{}{}
		}, errBroken, errBroken)
		return out, m, errors.Join(err, broke)
	})
	return dynamodb.New(client.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Initialize.Add(breaks, middleware.Before) })
	})
}

func (c *calls) Charge(_ context.Context, p payment.Payment) (payment.Charge, error) {
	return call(c, func() payment.Charge {
		charge, there := c.charges[p.ID]
		if !there {
			charge = payment.Charge{ID: "pi_" + string(p.ID), State: c.answer, Amount: p.Amount, Tenant: p.Tenant, PaymentID: p.ID, At: p.InitiatedAt}
			if c.answer == payment.ChargeDeclined {
				charge.Reason = payment.CardDeclined
			}
			c.charges[p.ID] = charge
		}
		return charge
	}, payment.ErrPSPUnavailable, payment.ErrUnanswered)
}

func (c *calls) Find(_ context.Context, p payment.Payment) (payment.Charge, error) {
	return call(c, func() payment.Charge {
		if charge, there := c.charges[p.ID]; there {
			return charge
		}
		return payment.Charge{State: payment.ChargeNone}
	}, payment.ErrPSPUnavailable, payment.ErrUnanswered)
}

func (c *calls) Authenticate(_ context.Context, p payment.Payment, was payment.Charge) (payment.Charge, error) {
	was.State, was.RedirectURL = payment.ChargeAuthenticating, "https://bank.example/3ds?to="+p.ReturnURL
	return was, nil
}

func (c *calls) Cancel(_ context.Context, _ payment.Payment, was payment.Charge) (payment.Charge, error) {
	return was, nil
}

func (c *calls) Refund(_ context.Context, p payment.Payment, _ payment.Charge) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.charges, p.ID)
	return nil
}

func (c *calls) Start(context.Context, string, any) error {
	_, err := call(c, func() int { c.started++; return 0 }, errBroken, errBroken)
	return err
}

func (c *calls) Succeed(_ context.Context, _ string, output any) error {
	_, err := call(c, func() int { c.told = append(c.told, output.(coordination.Told).Outcome); return 0 }, errBroken, errBroken)
	return err
}

// coordinated is a shop whose signups are moved on by the consumers themselves, over calls that may break.
type coordinated struct {
	shop
	calls   *calls
	on      coordination.Consumer
	thanks  thankyou.Consumer
	handled map[id.Event]bool
}

func coordinate(t *testing.T, c *calls) coordinated {
	s := opened(t)
	c.charges = map[id.Payment]payment.Charge{}
	db := New(c.client(), prefix, s.clock)
	t2 := s.db.tx()
	t2.put(accounts, profileKey(s.tenant, customer), account.Customer{Tenant: s.tenant, ID: customer, Name: "Ada", Country: "DE"}, "", nil, nil)
	for _, m := range []id.Method{byCard, otherCard} {
		ref := id.Swap[id.Reference](m, id.MethodPrefix, id.ReferencePrefix)
		t2.put(payments, methodKey(s.tenant, customer, ref), payment.Method{Tenant: s.tenant, Customer: customer, Reference: ref, State: payment.MethodConfirmed, PSPCustomer: "cus_psp", PSPMethod: "pm_1"}, "", nil, nil)
	}
	ok(t, t2.commit(t.Context()))
	return coordinated{s, c, coordination.Consumer{Signups: db, Till: db, Machine: c, Checkout: payment.Checkout{Book: db, PSP: c, Clock: s.clock}, Clock: s.clock, Base: "https://pages.example", UnpaidLimit: 5, Timeout: time.Hour},
		thankyou.Consumer{Store: db, Clock: s.clock, Base: "https://pages.example"}, map[id.Event]bool{}}
}

const otherCard = id.Method("pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB")

// mine are the types that the rules send to the two consumers.
var mine = []event.Type{event.TypeSignupStarted, event.TypeSignupRequested, event.TypeSignupCompleted, event.TypeSignupExpired, event.TypeThankYouPagePublished, event.TypeContractSigned, event.TypePaymentFailed, event.TypePaymentRefunded}

// pump delivers what was announced until nothing new comes; what fails is delivered again, as often as the queue does.
func (s coordinated) pump() error {
	for quiet := false; !quiet; {
		quiet = true
		for _, e := range announced(s.T, s.db, s.tenant) {
			if s.handled[e.ID] || !slices.Contains(mine, e.Type) {
				continue
			}
			quiet, s.handled[e.ID] = false, true
			handlers := []func(context.Context, event.Envelope) error{s.on.Handle}
			if e.Type == event.TypeContractSigned {
				handlers = append([]func(context.Context, event.Envelope) error{s.thanks.Handle}, handlers...)
			}
			for _, handle := range handlers {
				if err := often(func() error { return handle(event.Caused(context.Background(), e, coordination.Name), e) }); err != nil {
					return fmt.Errorf("%s: %w", e.Type, err)
				}
			}
		}
	}
	return nil
}

func often(do func() error) (err error) {
	for range 6 {
		if err = do(); err == nil || !fault.Transient(err) {
			return err
		}
	}
	return err
}

// through brings a signup to where its pages are done, over calls that do not break.
func (s coordinated) through() signup.Signup {
	s.Helper()
	is := s.signingUp()
	for _, step := range []string{signup.Register, signup.PaymentProfile} {
		s.clock.Advance(time.Second)
		_, err := s.returns(is, step)
		ok(s.T, err)
	}
	_, err := s.db.ChangeSignup(s.Context(), nil, s.tenant, is.ID, func(was signup.Signup, _ time.Time) (signup.Signup, []event.Data, error) {
		return was.Awaits(signup.Waiting{Phase: signup.Collect, Token: "token"}), nil, nil
	})
	ok(s.T, err)
	return is
}

func (s coordinated) retries(is signup.Signup) {
	s.Helper()
	_, err := s.db.ChangeSignup(s.Context(), nil, s.tenant, is.ID, func(was signup.Signup, now time.Time) (signup.Signup, []event.Data, error) { return was.Retry(now) })
	ok(s.T, err)
}

func (s coordinated) signupNow(is signup.Signup) signup.Signup {
	s.Helper()
	now, err := s.db.Signup(s.Context(), s.tenant, is.ID)
	ok(s.T, err)
	return now
}

// S2-21, S2-27, S2-28, S2-29, S2-30, S2-32: from the request to the end: one order, one charge, one contract, one page whose address holds ids alone,
// and the machine knows.
func TestASignupIsSigned(t *testing.T) {
	s := coordinate(t, &calls{answer: payment.ChargeSucceeded})
	is := s.through()
	ok(t, s.pump())
	done := s.signupNow(is)
	told := s.told()
	for _, typ := range []event.Type{event.TypeSignupRequested, event.TypeContractSigned, event.TypeThankYouPagePublished, event.TypeSignupCompleted, event.TypeOrderPaid} {
		same(t, string(typ), told[typ], 1)
	}
	page := "https://pages.example/pages/thank-you/" + string(signup.ThankYouPageOf(is.ID)) + "?client=" + string(s.tenant)
	if n := done.NextPage(); n.Place != signup.AtThankYou || n.URL != page || len(s.calls.charges) != 1 || done.Contract.Order == "" {
		t.Errorf("%+v, %d charges, %+v", n, len(s.calls.charges), done.Contract)
	}
	same(t, "told the machine", s.calls.told, []signup.Verdict{signup.WasCompleted})
	for _, e := range announced(t, s.db, s.tenant) { // S2-34: one correlation from the choice of the plan to the paid order
		if e.CorrelationID != string(is.ID) {
			t.Errorf("%s has the correlation %s", e.Type, e.CorrelationID)
		}
	}
	clear(s.handled) // everything once more
	before := len(announced(t, s.db, s.tenant))
	ok(t, s.pump())
	same(t, "events after everything came again", len(announced(t, s.db, s.tenant)), before)
	same(t, "charges", len(s.calls.charges), 1)
}

// S2-48: a declined card is no contract; with another card there is one, and one charge.
func TestASignupWhoseCardIsDeclined(t *testing.T) {
	s := coordinate(t, &calls{answer: payment.ChargeDeclined})
	is := s.through()
	ok(t, s.pump())
	if n := s.signupNow(is).NextPage(); n.Place != signup.AtProblem || n.Reason != "card_declined" || s.told()[event.TypeContractSigned] != 0 || s.told()[event.TypeOrderCancelled] != 1 {
		t.Fatalf("%+v, %v", n, s.told())
	}
	s.retries(is)
	s.calls.answer = payment.ChargeSucceeded
	s.clock.Advance(time.Second)
	_, err := s.db.ChangeSignup(t.Context(), nil, s.tenant, is.ID, func(was signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
		return was.Returned(signup.Return{Partner: signup.Hosted, Step: signup.PaymentProfile, Outcome: signup.Success, Profile: otherCard}, now)
	})
	ok(t, err)
	ok(t, s.pump())
	if done := s.signupNow(is); done.State != signup.Completed || done.Attempt != 2 || s.told()[event.TypeContractSigned] != 1 {
		t.Errorf("%s, attempt %d, %v", done.State, done.Attempt, s.told())
	}
}

// S2-32: the bank is where a charge that needs the customer leads, and the webhook alone completes the signup.
func TestASignupAtTheBank(t *testing.T) {
	s := coordinate(t, &calls{answer: payment.ChargeUnauthorised})
	is := s.through()
	ok(t, s.pump())
	want := "https://bank.example/3ds?to=https://pages.example/signup/" + string(s.tenant) + "/" + string(is.ID) + "/processing?from=bank"
	now := s.signupNow(is)
	if n := now.NextPage(); n.Place != signup.AtBank || n.URL != want {
		t.Fatalf("%+v", n)
	}
	p := s.paymentNow(payment.Payment{Tenant: s.tenant, ID: coordination.PaymentOf(now)})
	ok(t, s.on.Checkout.Notified(t.Context(), payment.Charge{ID: "pi_" + string(p.ID), State: payment.ChargeSucceeded, Amount: p.Amount, Tenant: s.tenant, PaymentID: p.ID, At: noon}))
	ok(t, s.pump())
	same(t, "the end", s.signupNow(is).State, signup.Completed)
}

// S2-33, S2-44: what is said of a signup that is not there, or not so far, is tried again; an address that is nobody's origin is not.
func TestEventsThatDoNotFit(t *testing.T) {
	s := coordinate(t, &calls{answer: payment.ChargeSucceeded})
	is := s.signingUp()
	told := func(data event.Data) error {
		return s.on.Handle(t.Context(), event.New(event.WithTrace(t.Context(), event.Trace{Correlation: string(is.ID)}), s.tenant, s.clock.Now(), data))
	}
	for name, data := range map[string]event.Data{
		"page of nobody":  event.ThankYouPagePublished{SignupID: "sgn_unknown", URL: "https://pages.example/x"},
		"page too early":  event.ThankYouPagePublished{SignupID: is.ID, URL: "https://pages.example/x"},
		"contract":        event.ContractSigned{SignupID: "sgn_unknown", Subscriptions: []event.SignedContract{{SubscriptionID: "sub_1"}}},
		"request of none": event.SignupRequested{SignupID: "sgn_unknown"},
		"payment of none": event.PaymentFailed{SignupID: "sgn_unknown"},
	} {
		if err := told(data); !fault.Transient(err) || fault.Of(err) == nil || fault.Of(err).Code != "signup_event_early" {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.through()
	later := s.through()
	for _, url := range []string{"https://evil.example/x", "javascript:alert(1)", "https://pages.example@evil.example/", "//evil.example"} {
		if err := told(event.ThankYouPagePublished{SignupID: later.ID, URL: url}); err == nil || fault.Transient(err) {
			t.Errorf("%s: %v", url, err)
		}
	}
	same(t, "the page", s.signupNow(later).ThankYou, "")
}

// R2, S2-23, S2-27, S2-31, S2-48: every call of the coordination breaks, before its effect and after, and what was announced is delivered
// again: the signup still ends as it would have, with one contract, one charge, one page.
func TestEveryCallOfACoordinationBreaks(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			c := &calls{answer: payment.ChargeSucceeded, breaks: n, after: after}
			s := coordinate(t, c)
			is := s.through()
			ok(t, s.pump())
			if s.signupNow(is).State == signup.Failed { // the PSP was not reached: the customer tries again
				s.clock.Advance(time.Second)
				s.retries(is)
				ok(t, s.pump())
			}
			done, told := s.signupNow(is), s.told()
			if done.State != signup.Completed || told[event.TypeContractSigned] != 1 || told[event.TypeThankYouPagePublished] != 1 || told[event.TypeSignupCompleted] != 1 || len(c.charges) != 1 || !slices.Contains(c.told, signup.WasCompleted) {
				t.Fatalf("call %d broken, after its effect %v: %s (%s), %d charges, told %v, %v", n, after, done.State, done.Reason, len(c.charges), c.told, told)
			}
			if c.made < n {
				t.Logf("%d calls", c.made)
				break
			}
		}
	}
}
