package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"turnup/internal/base/token"
	"turnup/internal/journey"
)

// playJoining plays the first stages of S3: a customer registers by mail address, confirms it, signs in and has a profile, and
// asks for help; and a registration that nobody confirms, which expires by a test clock.
func playJoining(ctx context.Context, t *narrator) error {
	email := "ada." + strings.ToLower(journey.Key()[:8]) + "@example.com"
	var made journey.Account
	var session journey.Session
	var customer *journey.Customer
	var link, ticket string
	for _, s := range []struct {
		name string
		do   func() (string, error)
	}{
		{"registerAccount", func() (_ string, err error) {
			made, err = t.site.RegisterAccount(ctx, email, "")
			return made.CustomerID + " is " + made.Status, err
		}},
		{"welcome mail", func() (_ string, err error) {
			link, err = t.site.AwaitLink(ctx, email, "/verify-email", 1, 20*time.Second)
			return "to " + email + ", with the link that confirms the address", err
		}},
		{"verifyEmail", func() (string, error) {
			var done journey.Account
			a, err := t.site.Verify(ctx, link)
			if err == nil {
				err = a.Into(&done)
			}
			return "confirmed; what comes next is the " + done.Pending, err
		}},
		{"login", func() (_ string, err error) {
			customer, session, err = t.site.Login(ctx, email, journey.Password, "")
			return session.SessionID + ", access token until " + session.ExpiresAt.Format("15:04"), err
		}},
		{"createCustomer", func() (string, error) {
			_, err := customer.Complete(ctx)
			return "profile with address; the country is DE from now on", err
		}},
		{"refreshSession", func() (string, error) {
			next, err := t.site.Refresh(ctx, session.RefreshToken)
			customer.Token = next.AccessToken
			return "new tokens; nothing is pending any more", err
		}},
		{"createTicket", func() (string, error) {
			var opened struct{ TicketID, Status string }
			a, err := customer.Post(ctx, "/tickets", journey.Key(), map[string]any{"subject": "When is my line ready?", "body": "The street was dug up last week.", "category": "technical"})
			if err == nil {
				err = a.Into(&opened)
			}
			ticket = opened.TicketID
			return ticket + " is " + opened.Status, err
		}},
		{"staff answer", func() (string, error) { return answered(ctx, t.site, ticket) }},
		{"getCustomerJourney", func() (string, error) { return stage(ctx, customer, made.CustomerID) }},
		{"expiry by test clock", func() (string, error) { return unconfirmed(ctx, t.site) }},
	} {
		if err := t.step(s.name, s.do); err != nil {
			return err
		}
	}
	return nil
}

// answered lets support answer a ticket and resolve it.
func answered(ctx context.Context, site journey.Site, ticket string) (string, error) {
	support, err := site.Staff(ctx, token.RoleSupport)
	if err != nil {
		return "", err
	}
	var now struct{ Status string }
	a, err := support.Post(ctx, "/tickets/"+ticket+"/messages", journey.Key(), map[string]any{"body": "The fibre reaches your house on Friday."})
	if err == nil {
		err = a.Into(&now)
	}
	if err == nil {
		a, err = support.Post(ctx, "/tickets/"+ticket+"/resolve", journey.Key(), nil)
	}
	if err == nil {
		err = a.Into(&now)
	}
	return "the customer has a mail; the ticket is " + now.Status, err
}

// stage tells where a customer is in the journey, as soon as history knows.
func stage(ctx context.Context, customer *journey.Customer, who string) (string, error) {
	var now struct {
		Current string
		Stages  []struct{ Stage string }
	}
	_, err := customer.Await(ctx, "/customers/"+who+"/journey", 20*time.Second, func(a journey.Answer) bool { return a.Into(&now) == nil && now.Current == "profile" })
	return fmt.Sprintf("stage %s of %d", now.Current, len(now.Stages)), err
}

// unconfirmed registers somebody who never confirms, and lets eight days pass.
func unconfirmed(ctx context.Context, site journey.Site) (string, error) {
	email := "eve." + strings.ToLower(journey.Key()[:8]) + "@example.com"
	staff, err := site.Staff(ctx, token.RoleAdmin)
	if err != nil {
		return "", err
	}
	var clock journey.TestClock
	a, err := staff.Post(ctx, "/test-clocks", journey.Key(), map[string]any{"name": "a week without confirming"})
	if err == nil {
		err = a.Into(&clock)
	}
	if err == nil {
		_, err = site.RegisterAccount(ctx, email, clock.ClockID)
	}
	if err == nil {
		_, err = staff.Advance(ctx, clock.ClockID, clock.Now.Add(13*time.Hour), time.Minute)
	}
	if err == nil {
		_, err = site.AwaitLink(ctx, email, "/verify-email", 2, 20*time.Second)
	}
	if err == nil {
		_, err = staff.Advance(ctx, clock.ClockID, clock.Now.Add(25*time.Hour), time.Minute)
	}
	if err == nil {
		_, err = site.AwaitLink(ctx, email, "/verify-email", 3, 20*time.Second)
	}
	if err == nil {
		_, err = staff.Advance(ctx, clock.ClockID, clock.Now.Add(8*24*time.Hour), time.Minute)
	}
	if err != nil {
		return "", err
	}
	mails, err := site.Mails(ctx, email)
	if err == nil {
		_, err = site.RegisterAccount(ctx, email, "")
	}
	return fmt.Sprintf("welcome, reminder and fresh link are %d mails; after a week the registration is gone and the address free", len(mails)), err
}
