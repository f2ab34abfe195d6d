package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
	"turnup/internal/domain/testclock"
	"turnup/internal/platform/rest"
)

type registerInput struct {
	Body newAccount
}

type newAccount struct {
	Email       string       `json:"email" format:"email" maxLength:"254" doc:"Unique; case and surrounding blanks do not matter" example:"ada@example.com"`
	Password    string       `json:"password" maxLength:"128" doc:"At least 8 characters, not a common one" example:"correct horse battery"`
	Name        string       `json:"name,omitempty" maxLength:"120" doc:"How to address the customer in mails" example:"Ada Lovelace"`
	Language    string       `json:"language,omitempty" maxLength:"10" pattern:"^[a-z]{2}(-[A-Z]{2})?$" patternDescription:"a language tag such as en or de-AT" doc:"Language of mails (BCP 47)" example:"en"`
	TestClockID id.TestClock `json:"testClockId,omitempty" maxLength:"40" pattern:"^clk_[0-9A-Z]{26}$" patternDescription:"a test clock's id" doc:"In sandboxes: the test clock that the account lives by" example:"clk_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type accountOutput struct {
	Body created
}

type created struct {
	CustomerID   id.Customer    `json:"customerId" doc:"Id of the customer that the account becomes" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status       account.Status `json:"status" enum:"unverified" doc:"The mail address is to be confirmed by the link of the mail" example:"unverified"`
	VerifyBefore time.Time      `json:"verifyBefore" doc:"When the registration expires unless the address is confirmed" example:"2030-01-08T12:00:00Z"`
}

func (s service) registerRegister(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "registerAccount", Method: http.MethodPost, Path: "/auth/register", Audience: rest.Public, Service: Service, Status: http.StatusCreated,
		Summary: "Register with a mail address",
		About: "Sends the welcome mail, whose link confirms the address within a day; a reminder follows after 12 hours, a fresh link after 24, and after 7 days the registration expires. " +
			"Until then login works, and nothing else but asking for the mail again.",
		Step:   "S3 1 Registration",
		Events: []string{string(event.TypeAccountRegistered)},
		Faults: []*fault.Fault{account.ErrEmailExists, account.ErrEmailInvalid.Naming("body.email", "not a mail address"), account.ErrPasswordWeak.Naming("body.password", "at least 8 characters"),
			fault.ErrThrottled, testclock.ErrSandboxOnly, testclock.ErrUnknown, testclock.ErrAdvancing, testclock.ErrFull},
		Request: newAccount{Email: "ada@example.com", Password: "correct horse battery", Name: "Ada Lovelace", Language: "en"},
		Answer:  created{CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Status: account.Unverified, VerifyBefore: time.Date(2030, 1, 8, 12, 0, 0, 0, time.UTC)},
	}, s.register)
}

func (s service) register(ctx context.Context, in *registerInput) (*accountOutput, error) {
	caller, body := rest.CallerOf(ctx), in.Body
	visible := body
	visible.Password = "" // the fingerprint is stored; the password's hash vouches for it instead
	registrar := account.Registrar{Store: s.Store, Clock: s.Clock}
	if body.TestClockID != "" {
		if !s.Sandbox {
			return nil, testclock.ErrSandboxOnly
		}
		clock, err := s.Store.TestClock(ctx, caller.Tenant, body.TestClockID)
		if err != nil {
			return nil, err
		}
		registrar.Store = s.Store.Attaching(clock)
	}
	done, err := registrar.RegisterEmail(ctx, rest.Once(ctx, "registerAccount", visible), account.Customer{
		Tenant: caller.Tenant, Email: body.Email, Name: body.Name, Language: body.Language, TestClock: body.TestClockID}, body.Password)
	if errors.Is(err, account.ErrEmailExists) { // one may be told now and then, not all day
		if spent := s.Store.Spend(ctx, caller.Tenant, "email-conflict", caller.Address, ConflictsBudget, AddressWindow); spent != nil {
			return nil, spent
		}
	}
	if err != nil {
		return nil, err
	}
	return &accountOutput{created{done.CustomerID, account.Unverified, done.RegisteredAt.Add(account.ExpireAfter)}}, nil
}
