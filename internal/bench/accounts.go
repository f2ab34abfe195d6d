package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/pquerna/otp/totp"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/timer"
	"turnup/internal/journey"
	"turnup/internal/journey/demo"
)

// post is a POST to the functions of accounts, by nobody who is known, or by the customer.
func (s *stage) post(ctx context.Context, name, function, path string, anon bool, body any, want int, answer any) error {
	return s.request(ctx, request{name: name, function: function, method: http.MethodPost, path: path, anon: anon, body: body, want: want, answer: answer})
}

// signUp registers a mail address and leaves it unconfirmed.
func (s *stage) signUp(ctx context.Context, name string) (customer, email string, err error) {
	email = "bench." + strings.ToLower(journey.Key()[:8]) + "@example.com"
	var made journey.Account
	err = s.post(ctx, name, "auth", "/auth/register", true, journey.Signup(email), http.StatusCreated, &made)
	return made.CustomerID, email, err
}

// confirmed is somebody's way from a mail address to an account that is confirmed, with the mails that belong to it.
func (s *stage) confirmed(ctx context.Context) (email string, err error) {
	if s.customer, email, err = s.signUp(ctx, "registerAccount"); err != nil {
		return "", err
	}
	_, registered, err := s.batch(ctx, event.TypeAccountRegistered)
	if err == nil {
		err = s.consume(ctx, "on-notifications, account.registered", "on-notifications", registered)
	}
	if err == nil {
		err = s.age(ctx, account.RemindAfter+time.Minute)
	}
	if err == nil {
		err = s.consume(ctx, "on-timers, a reminder to verify", "on-timers", event.New(ctx, demo.Tenant, time.Now(), event.TimerDue{Kind: string(timer.Verification),
			CustomerID: id.Customer(s.customer), Subject: s.customer, Due: time.Now()}))
	}
	if err == nil {
		err = s.post(ctx, "resendVerification", "auth", "/auth/resend-verification", true, map[string]any{"email": email}, http.StatusAccepted, nil)
	}
	if err != nil {
		return "", err
	}
	link, err := s.link(ctx, token.VerifyEmail)
	if err != nil {
		return "", err
	}
	return email, s.post(ctx, "verifyEmail", "auth", "/auth/verify-email", true, map[string]any{"token": link}, http.StatusOK, nil)
}

// link makes the token of the newest mail of a kind to the customer, as the mail has it.
func (s *stage) link(ctx context.Context, p token.Purpose) (string, error) {
	c, k, err := s.site.Store.Account(ctx, demo.Tenant, id.Customer(s.customer))
	if err != nil {
		return "", err
	}
	keys, err := token.NewLinkKeys(s.site.Secrets["link-key"])
	if err != nil {
		return "", err
	}
	good := k.Reset
	if p == token.VerifyEmail {
		good = &c.Verification.Mailed
	}
	return keys.Sign(p, token.Link{Tenant: demo.Tenant, Account: c.ID, Nonce: good.Nonce, Expires: good.ExpiresAt})
}

// age lets the customer have registered earlier.
func (s *stage) age(ctx context.Context, by time.Duration) error {
	table, update := s.site.Prefix+"accounts", "SET RegisteredAt = :past"
	str := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	_, err := s.site.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &table, UpdateExpression: &update,
		Key:                       map[string]types.AttributeValue{"pk": str("T#" + string(demo.Tenant) + "#CUS#" + s.customer), "sk": str("PROFILE")},
		ExpressionAttributeValues: map[string]types.AttributeValue{":past": str(time.Now().Add(-by).UTC().Format(time.RFC3339))}})
	return err
}

func (s *stage) login(ctx context.Context, name, email, password, code string) (in journey.Session, err error) {
	err = s.post(ctx, name, "auth", "/auth/login", true, journey.Credentials(email, password, code), http.StatusOK, &in)
	s.token = in.AccessToken
	return in, err
}

func (s *stage) refresh(ctx context.Context, name, with string) (in journey.Session, err error) {
	err = s.post(ctx, name, "auth", "/auth/refresh", true, map[string]any{"refreshToken": with}, http.StatusOK, &in)
	s.token = in.AccessToken
	return in, err
}

// protect is what a customer does about how they sign in.
func (s *stage) protect(ctx context.Context, email string) error {
	const changed, forgotten = "another-staple-horse", "forgotten-staple-horse"
	err := s.reads(ctx, request{name: "getAccount", function: "account", path: "/auth/account"},
		request{name: "listSessions", function: "account", path: "/auth/sessions"})
	if err == nil {
		err = s.post(ctx, "changePassword", "account", "/auth/change-password", false,
			map[string]any{"password": journey.Password, "newPassword": changed}, http.StatusNoContent, nil)
	}
	if err == nil {
		err = s.post(ctx, "logout", "account", "/auth/logout", false, nil, http.StatusNoContent, nil)
	}
	if err == nil {
		err = s.post(ctx, "forgotPassword", "auth", "/auth/forgot-password", true, map[string]any{"email": email}, http.StatusAccepted, nil)
	}
	if err != nil {
		return err
	}
	link, err := s.link(ctx, token.ResetPassword)
	if err == nil {
		err = s.post(ctx, "resetPassword", "auth", "/auth/reset-password", true, map[string]any{"token": link, "password": forgotten}, http.StatusOK, nil)
	}
	if err == nil {
		_, err = s.login(ctx, setUp, email, forgotten, "")
	}
	if err != nil {
		return err
	}
	return s.withSecondFactor(ctx, email, forgotten)
}

// withSecondFactor makes sign-in ask for a code, and signs in. The code before this one confirms: none is good twice.
func (s *stage) withSecondFactor(ctx context.Context, email, password string) error {
	var factor struct{ Secret string }
	if err := s.post(ctx, setUp, "account", "/auth/enable-2fa", false, map[string]any{"password": password}, http.StatusOK, &factor); err != nil {
		return err
	}
	at := time.Now()
	before, err := totp.GenerateCode(factor.Secret, at.Add(-30*time.Second))
	if err != nil {
		return err
	}
	now, err := totp.GenerateCode(factor.Secret, at)
	if err == nil {
		err = s.post(ctx, setUp, "account", "/auth/confirm-2fa", false, map[string]any{"code": before}, http.StatusNoContent, nil)
	}
	if err == nil {
		_, err = s.login(ctx, "login, with a second factor", email, password, now)
	}
	return err
}

// manage is what the staff does with accounts: it confirms a mail address and invites a colleague.
func (s *stage) manage(ctx context.Context) error {
	customer, _, err := s.signUp(ctx, setUp)
	if err != nil {
		return err
	}
	const route = "/admin/customers/{customerId}/verify"
	err = s.request(ctx, request{name: "verifyAccount", function: "customers-admin", method: http.MethodPost, staff: true, want: http.StatusOK,
		path: "/admin/customers/" + url.PathEscape(customer) + "/verify", route: route, body: map[string]any{"reason": "Showed an identity card"}})
	if err != nil {
		return err
	}
	return s.request(ctx, request{name: "inviteStaff", function: "staff-admin", method: http.MethodPost, staff: true, want: http.StatusCreated, path: "/admin/staff",
		body: map[string]any{"email": "grace." + strings.ToLower(journey.Key()[:8]) + "@example.com", "name": "Grace Example", "roles": []string{token.RoleSupport}}})
}
