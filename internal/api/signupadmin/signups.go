package signupadmin

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/token"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/rest"
)

// View is a signup as staff see it in a list. (huma reads embedded structs only when they are exported.)
type View struct {
	SignupID       id.Signup       `json:"signupId" doc:"Id of the signup" example:"sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Flow           string          `json:"flow" enum:"new-business,existing-business" doc:"Who coordinates it" example:"new-business"`
	Status         signup.State    `json:"status" enum:"open,requested,failed,completed,expired" doc:"open: the customer is on the pages; requested: contract and thank-you page are collected; failed: there could be no contract, the customer may try again; completed; expired: abandoned, and its customer forgotten" example:"open"`
	Hangs          bool            `json:"hangs" doc:"It waits longer than it may, or something was refused" example:"true"`
	Step           string          `json:"step,omitempty" doc:"The page the customer is at" example:"payment-profile"`
	System         string          `json:"system,omitempty" doc:"Whose page that is" example:"turnup"`
	Reason         string          `json:"reason,omitempty" doc:"Why it hangs" example:"page_unavailable"`
	Since          time.Time       `json:"since" doc:"Since when it is as it is" example:"2030-01-01T12:10:00Z"`
	Next           *time.Time      `json:"nextAt,omitempty" doc:"When something happens by itself: a limit, or the end" example:"2030-01-08T12:10:00Z"`
	CustomerID     id.Customer     `json:"customerId,omitempty" doc:"The customer, when they are known" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	PlanID         id.Item         `json:"planId" doc:"The plan" example:"plan_stream-hd"`
	PlanVersion    int64           `json:"planVersion" doc:"Version of the plan as it was chosen" example:"3"`
	Price          money.Amount    `json:"price" doc:"Its price then"`
	Attempt        int             `json:"attempt" doc:"How often the contract was asked for" example:"0"`
	OrderID        id.Order        `json:"orderId,omitempty" doc:"The order of the contract" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	SubscriptionID id.Subscription `json:"subscriptionId,omitempty" doc:"The contract; of an upgrade the one that is upgraded" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	ThankYouURL    string          `json:"thankYouUrl,omitempty" doc:"Where it ends" example:"https://pages.turnup.example/v1/pages/thank-you/thx_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	BeganAt        time.Time       `json:"beganAt" doc:"When the plan was chosen" example:"2030-01-01T12:00:00Z"`
}

type whole struct {
	View
	History []signup.Entry `json:"history" nullable:"false" doc:"What became true, step by step"`
}

func viewOf(s signup.Signup) View {
	v := View{SignupID: s.ID, Flow: s.Flow.Name, Status: s.State, Hangs: s.Hangs(), Reason: s.Reason, Since: s.Since, CustomerID: s.Customer, PlanID: s.Plan.ItemID, PlanVersion: s.PlanVersion, Price: s.Plan.Price,
		Attempt: s.Attempt, OrderID: s.Contract.Order, SubscriptionID: s.Contract.Subscription, ThankYouURL: s.ThankYou, BeganAt: s.BeganAt}
	if step, there := s.Current(); there {
		v.Step, v.System = step.Name, step.Partner
	}
	if v.SubscriptionID == "" {
		v.SubscriptionID = s.Upgrades
	}
	switch {
	case s.Stop != "":
		v.Reason = string(s.Stop)
	case s.Late:
		v.Reason = "late"
	}
	if due := s.Due(); !due.IsZero() {
		v.Next = &due
	}
	return v
}

type listInput struct {
	Status signup.State `query:"status" enum:"open,requested,failed,completed,expired" default:"open" doc:"In which state"`
	Limit  int32        `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Most signups a page"`
	Cursor string       `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"MCNzZ25fMDFKRDNRNlY2SzhNNEgwV1owVjVRM1kxWEE"`
}

type list struct {
	Signups []View `json:"signups" nullable:"false" doc:"Those that hang first, each by age"`
	Next    string `json:"nextCursor,omitempty" doc:"Give it as cursor to get the next page; absent at the end" example:"MCNzZ25fMDFKRDNRNlY2SzhNNEgwV1owVjVRM1kxWEE"`
}

type listOutput struct{ Body list }

type getInput struct {
	SignupID id.Signup `path:"signupId" maxLength:"40" pattern:"^sgn_[0-9A-Z]{26}$" patternDescription:"a signup id" doc:"Id of the signup" example:"sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type getOutput struct{ Body whole }

var (
	exampleAt  = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	exampleEnd = exampleAt.AddDate(0, 0, 7)
	example    = View{SignupID: "sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Flow: signup.NewBusiness, Status: signup.Open, Hangs: true, Step: signup.PaymentProfile, System: signup.Hosted, Reason: string(signup.TimedOut), Since: exampleAt.Add(time.Minute),
		Next: &exampleEnd, CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", PlanID: "plan_stream-hd", PlanVersion: 3, Price: money.Amount{Minor: 1299, Currency: "EUR"}, BeganAt: exampleAt}
	exampleHistory = []signup.Entry{{At: exampleAt, Fact: signup.Began, Detail: "plan_stream-hd"}, {At: exampleAt.Add(time.Minute), Fact: signup.Done, Step: signup.Register, Detail: signup.Hosted},
		{At: exampleAt.Add(31 * time.Minute), Fact: signup.LimitPassed, Step: signup.PaymentProfile}}
)

var readers = []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling}

func (s service) registerSignups(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listSignups", Method: http.MethodGet, Path: "/admin/signups", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "List the signups in a state",
		About:   "Those that hang come first: a limit passed, a page could not be shown, the customer or a page gave up, or the contract could not be created. The list may lag behind by a moment.",
		Faults:  []*fault.Fault{fault.ErrCursor},
		Answer:  list{Signups: []View{example}},
	}, s.list)
	rest.Register(a, rest.Op{
		ID: "getSignup", Method: http.MethodGet, Path: "/admin/signups/{signupId}", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "Read a signup",
		About:   "How it stands, why, what happens next by itself and when, and its history step by step. An abandoned one is known for 90 days, without its customer.",
		Faults:  []*fault.Fault{signup.ErrUnknown},
		Answer:  whole{example, exampleHistory},
	}, s.get)
}

func (s service) list(ctx context.Context, in *listInput) (*listOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	page, next, err := s.Store.Signups(ctx, rest.CallerOf(ctx).Tenant, in.Status, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &listOutput{list{Signups: []View{}, Next: rest.Cursor(next)}}
	for _, found := range page {
		out.Body.Signups = append(out.Body.Signups, viewOf(found))
	}
	return out, nil
}

func (s service) get(ctx context.Context, in *getInput) (*getOutput, error) {
	found, err := s.Store.Signup(ctx, rest.CallerOf(ctx).Tenant, in.SignupID)
	if err != nil {
		return nil, err
	}
	return &getOutput{whole{viewOf(found), found.History}}, nil
}
