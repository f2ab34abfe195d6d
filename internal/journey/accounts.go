package journey

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"time"
)

// What the operations of accounts answer, as a front end reads it.
type (
	// Account answers registerAccount, verifyEmail, resetPassword and confirmEmail.
	Account struct {
		CustomerID, Status, Pending string
		VerifyBefore                time.Time
	}
	// Session answers login and refreshSession.
	Session struct {
		AccountID, SessionID, AccessToken, RefreshToken, Pending string
		ExpiresAt, RefreshExpiresAt                              time.Time
		Roles                                                    []string
	}
)

// Password is what the accounts of the journeys have.
const Password = "staple-horse-journey"

// Signup is a valid registration of a mail address.
func Signup(email string) map[string]any {
	return map[string]any{"email": email, "password": Password, "name": "Ada Example", "language": "en"}
}

// RegisterAccount registers a mail address; testClock may be empty.
func (s Site) RegisterAccount(ctx context.Context, email, testClock string) (Account, error) {
	body := Signup(email)
	if testClock != "" {
		body["testClockId"] = testClock
	}
	var made Account
	a, err := s.Visitor().Post(ctx, "/auth/register", Key(), body)
	if err == nil {
		err = a.Into(&made)
	}
	return made, err
}

// Login signs in by mail address or username; code is for a second factor and may be empty.
func (s Site) Login(ctx context.Context, login, password, code string) (*Customer, Session, error) {
	c := s.Visitor()
	var in Session
	a, err := c.Post(ctx, "/auth/login", Key(), Credentials(login, password, code))
	if err == nil {
		err = a.Into(&in)
	}
	c.Token = in.AccessToken
	return c, in, err
}

// Credentials is the body of a login.
func Credentials(login, password, code string) map[string]any {
	body := map[string]any{"login": login, "password": password}
	if code != "" {
		body["code"] = code
	}
	return body
}

// Refresh takes the next turn of a session.
func (s Site) Refresh(ctx context.Context, refreshToken string) (Session, error) {
	var next Session
	a, err := s.Visitor().Post(ctx, "/auth/refresh", Key(), map[string]any{"refreshToken": refreshToken})
	if err == nil {
		err = a.Into(&next)
	}
	return next, err
}

// AwaitLink waits for the nth mail (from 1) to an address that links to a page, and gives the link's token.
func (s Site) AwaitLink(ctx context.Context, to, page string, n int, within time.Duration) (string, error) {
	link := regexp.MustCompile(regexp.QuoteMeta(page) + `\?token=([A-Za-z0-9_.-]+)`)
	var found []string
	there, err := lookAgain(within, 100*time.Millisecond, func() (bool, error) {
		mails, err := s.Mails(ctx, to)
		found = nil
		for _, m := range mails {
			if l := link.FindStringSubmatch(m.BodyText); l != nil {
				found = append(found, l[1])
			}
		}
		return len(found) >= n, err
	})
	switch {
	case err != nil:
		return "", err
	case !there:
		return "", fmt.Errorf("journey: %d mails to %s link to %s, want %d", len(found), to, page, n)
	}
	return found[n-1], nil
}

// Verify confirms a mail address by the token of a link.
func (s Site) Verify(ctx context.Context, token string) (Answer, error) {
	return s.Visitor().Post(ctx, "/auth/verify-email", Key(), map[string]any{"token": token})
}

// Verified registers a mail address and confirms it by the mail's link; the session still needs a profile.
func (s Site) Verified(ctx context.Context, email string) (*Customer, Session, error) {
	if _, err := s.RegisterAccount(ctx, email, ""); err != nil {
		return nil, Session{}, err
	}
	link, err := s.AwaitLink(ctx, email, "/verify-email", 1, 20*time.Second)
	if err != nil {
		return nil, Session{}, err
	}
	if a, err := s.Verify(ctx, link); err != nil || a.Status != http.StatusOK {
		return nil, Session{}, fmt.Errorf("journey: not verified: %w %s", err, a.Raw)
	}
	return s.Login(ctx, email, Password, "")
}

// Complete makes the customer's profile.
func (c *Customer) Complete(ctx context.Context) (Answer, error) {
	a, err := c.Post(ctx, "/customers", Key(), Profile("Ada Example"))
	if err == nil && a.Status != http.StatusCreated {
		err = fmt.Errorf("journey: no profile: %d %s", a.Status, a.Raw)
	}
	return a, err
}
