package event

import (
	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The event types of signups. Their correlation is the signup's id.
const (
	TypeSignupStarted         Type = "signup.started"
	TypeSignupStepCompleted   Type = "signup.stepCompleted"
	TypeSignupStepTimedOut    Type = "signup.stepTimedOut"
	TypeSignupPageUnavailable Type = "signup.pageUnavailable"
	TypeSignupRequested       Type = "signup.requested"
	TypeSignupRequestedTmp    Type = "signup.requested.tmp"
	TypeSignupFailed          Type = "signup.failed"
	TypeSignupCompleted       Type = "signup.completed"
	TypeSignupExpired         Type = "signup.expired"
	TypeSignupResumeRequested Type = "signup.resumeRequested"
	TypeThankYouPagePublished Type = "thankYouPage.published"
)

// SignupStarted says that somebody chose a plan.
type SignupStarted struct {
	SignupID       id.Signup       `json:"signupId"`
	Flow           string          `json:"flow"` // who coordinates it
	CustomerID     id.Customer     `json:"customerId,omitempty"`
	SubscriptionID id.Subscription `json:"subscriptionId,omitempty"` // that is upgraded
	PlanID         id.Item         `json:"planId"`
	PlanVersion    int64           `json:"planVersion"`
	Price          money.Amount    `json:"price"`
}

// EventType of SignupStarted.
func (SignupStarted) EventType() (Type, int) { return TypeSignupStarted, 1 }

// SignupStepCompleted says that a page of another system was done and what came back was right.
type SignupStepCompleted struct {
	SignupID   id.Signup   `json:"signupId"`
	Flow       string      `json:"flow"`
	Step       string      `json:"step"`
	System     string      `json:"system"` // whose page it was
	CustomerID id.Customer `json:"customerId,omitempty"`
}

// EventType of SignupStepCompleted.
func (SignupStepCompleted) EventType() (Type, int) { return TypeSignupStepCompleted, 1 }

// SignupStepTimedOut says that a limit passed. The signup goes on when the answer comes after all.
type SignupStepTimedOut struct {
	SignupID   id.Signup   `json:"signupId"`
	Flow       string      `json:"flow"`
	Step       string      `json:"step"` // a page, contract or thank-you
	Limit      int         `json:"limitSeconds"`
	Attempt    int         `json:"attempt"` // of the contract, from 1; 0 before
	CustomerID id.Customer `json:"customerId,omitempty"`
}

// EventType of SignupStepTimedOut.
func (SignupStepTimedOut) EventType() (Type, int) { return TypeSignupStepTimedOut, 1 }

// SignupPageUnavailable says that a system could not present its page.
type SignupPageUnavailable struct {
	SignupID   id.Signup   `json:"signupId"`
	Flow       string      `json:"flow"`
	Step       string      `json:"step"`
	System     string      `json:"system"`
	Reason     string      `json:"reason"` // as it was seen
	CustomerID id.Customer `json:"customerId,omitempty"`
}

// EventType of SignupPageUnavailable.
func (SignupPageUnavailable) EventType() (Type, int) { return TypeSignupPageUnavailable, 1 }

// SignupRequested asks for the contract: the pages are done.
type SignupRequested struct {
	SignupID       id.Signup       `json:"signupId"`
	ClientID       id.Tenant       `json:"clientAccountId"`
	Flow           string          `json:"flow"`
	CustomerID     id.Customer     `json:"customerId"`
	Profile        id.Method       `json:"paymentProfileId"`
	SubscriptionID id.Subscription `json:"subscriptionId,omitempty"` // that is upgraded
	PlanID         id.Item         `json:"planId"`
	PlanVersion    int64           `json:"planVersion"`
	Price          money.Amount    `json:"price"`
	Attempt        int             `json:"attempt"` // from 1; another one only after a failure that somebody tries again
}

// EventType of SignupRequested.
func (SignupRequested) EventType() (Type, int) { return TypeSignupRequested, 1 }

// SignupRequestedTmp is SignupRequested for reporting, with a customer who is made up. It will be removed; nothing consumes it.
type SignupRequestedTmp struct {
	SignupRequested
	Customer GeneratedCustomer `json:"generatedCustomer"`
}

// GeneratedCustomer is made of a signup's id and of nothing that is known of its customer.
type GeneratedCustomer struct {
	Number string `json:"number"`
	Name   string `json:"name"`
	Email  string `json:"email"`
}

// EventType of SignupRequestedTmp.
func (SignupRequestedTmp) EventType() (Type, int) { return TypeSignupRequestedTmp, 1 }

// SignupFailed says that the contract could not be created. The customer may try again.
type SignupFailed struct {
	SignupID   id.Signup   `json:"signupId"`
	Flow       string      `json:"flow"`
	CustomerID id.Customer `json:"customerId"`
	Attempt    int         `json:"attempt"`
	Reason     string      `json:"reason"`
}

// EventType of SignupFailed.
func (SignupFailed) EventType() (Type, int) { return TypeSignupFailed, 1 }

// SignupCompleted says that the contract and the thank-you page are there.
type SignupCompleted struct {
	SignupID   id.Signup   `json:"signupId"`
	Flow       string      `json:"flow"`
	CustomerID id.Customer `json:"customerId"`
	OrderID    id.Order    `json:"orderId,omitempty"` // none of an upgrade
	URL        string      `json:"url"`               // of the thank-you page
	Late       bool        `json:"late"`              // the customer was shown another page first: this one is mailed
}

// EventType of SignupCompleted.
func (SignupCompleted) EventType() (Type, int) { return TypeSignupCompleted, 1 }

// SignupExpired says that a signup was abandoned. What it knew of its customer is forgotten.
type SignupExpired struct {
	SignupID id.Signup `json:"signupId"`
	Flow     string    `json:"flow"`
	Step     string    `json:"step"` // at which it ended
}

// EventType of SignupExpired.
func (SignupExpired) EventType() (Type, int) { return TypeSignupExpired, 1 }

// SignupResumeRequested asks for the mail with which a customer goes on later.
type SignupResumeRequested struct {
	SignupID   id.Signup   `json:"signupId"`
	CustomerID id.Customer `json:"customerId"`
}

// EventType of SignupResumeRequested.
func (SignupResumeRequested) EventType() (Type, int) { return TypeSignupResumeRequested, 1 }

// ThankYouPagePublished says where the page is on which a signup ends.
type ThankYouPagePublished struct {
	ThankYouPageID id.ThankYouPage `json:"thankYouPageId"`
	SignupID       id.Signup       `json:"signupId"`
	CustomerID     id.Customer     `json:"customerId"`
	URL            string          `json:"url"`
}

// EventType of ThankYouPagePublished.
func (ThankYouPagePublished) EventType() (Type, int) { return TypeThankYouPagePublished, 1 }
