package chaos

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"turnup/internal/domain/order"
	"turnup/internal/domain/signup"
	"turnup/internal/journey"
)

// coordinating are the functions that have to do with signups.
var coordinating = []string{"signup", "pages", "on-signups", "tasks-signups", "on-thank-you"}

// The journeys of S2. Somebody signs up over the pages of a flow …
var (
	SigningUp = Journey{Name: "signup", Only: coordinating, Steps: signingUp(cardSetup)}
	// … with a card whose bank wants them when it is charged.
	SigningUpAtTheBank = Journey{Name: "signup by way of the bank", From: "arrive", Only: coordinating, Steps: signingUp(cardAlways)}
)

// open opens a browser that tries again as front ends do.
func (s *Shopper) open() {
	s.Reader = journey.NewReader()
	s.Reader.HTTP.Transport, s.Reader.HTTP.Timeout = s, time.Minute
}

func signingUp(card string) []Step {
	person := func(s *Shopper) journey.Person {
		return journey.Person{Name: "Ada Example", Email: s.Username + "@example.com", Password: journey.Password, Card: card}
	}
	return []Step{
		{"choose a plan", func(ctx context.Context, s *Shopper) (err error) {
			s.open()
			s.Screen, err = s.Reader.Choose(ctx, s.Site, plan)
			return s.on(err, "/pages/register")
		}},
		{"say who they are", func(ctx context.Context, s *Shopper) (err error) {
			s.Screen, err = s.Reader.Register(ctx, s.Screen, person(s))
			return s.on(err, "/pages/payment-profile")
		}},
		{"enter a card", func(ctx context.Context, s *Shopper) (err error) {
			s.Signup = journey.SignupOf(s.Screen.URL)
			s.Screen, err = s.Reader.Pay(ctx, s.Screen, person(s))
			return s.on(err, "/processing", "/pages/thank-you/")
		}},
		{"arrive", arrive},
	}
}

// on checks which page is shown.
func (s *Shopper) on(err error, pages ...string) error {
	if err != nil {
		return err
	}
	for _, page := range pages {
		if strings.Contains(s.Screen.URL.Path, page) {
			return nil
		}
	}
	return fmt.Errorf("is at %s: %d %s", s.Screen.URL.Path, s.Screen.Status, s.Screen.Text)
}

// arrive waits on the processing page until it leads to the thank-you page. It may lead to the bank before, and offer to try again.
func arrive(ctx context.Context, s *Shopper) error {
	for range presses {
		page, err := s.Reader.Open(ctx, s.Site.Processing(s.Signup))
		if err != nil {
			return err
		}
		switch s.Screen = page; {
		case journey.OnThankYou(page):
			return nil
		case strings.HasPrefix(page.URL.Path, "/3ds/"):
			_, err = s.Reader.Post(ctx, page.URL.String(), url.Values{"result": {journey.Pass}})
		case len(page.Forms) > 0: // the PSP was not reached: nothing was charged
			_, err = s.Reader.Send(ctx, page, 0)
		}
		if err == nil {
			err = s.world.settle(ctx, false)
		}
		if err != nil {
			return err
		}
	}
	return s.on(nil, "/pages/thank-you/")
}

// signedUp checks that a signup has ended with what was chosen, once everything is at rest.
func (b *Books) signedUp(id string) []string {
	var out findings
	at := slices.IndexFunc(b.Signups, func(s signup.Signup) bool { return string(s.ID) == id })
	if at < 0 {
		out.add("there is no signup %q", id)
		return out
	}
	s := b.Signups[at]
	if s.State != signup.Completed {
		out.add("the signup %s is %s (%s)", id, s.State, s.Reason)
	}
	return out
}

// coordinated checks that each signup has come to an end of its own, with one contract or with none.
func coordinated(b *Books) []string {
	var out findings
	contracts := map[string]int{}
	for _, o := range b.Orders {
		if o.Signup != "" && (o.State == order.Paid || o.State == order.Delivered) {
			contracts[string(o.Signup)]++
		}
	}
	for _, s := range b.Signups {
		n := contracts[string(s.ID)]
		switch upgrade := s.Flow.Name == signup.ExistingBusiness; {
		case s.State == signup.Completed && s.ThankYou == "":
			out.add("signup %s is completed without a page", s.ID)
		case s.State == signup.Expired && (s.Customer != "" || s.Profile != "" || s.Upgrades != ""):
			out.add("signup %s was given up, and knows customer %q, %q, %q", s.ID, s.Customer, s.Profile, s.Upgrades)
		case s.State != signup.Completed && s.State != signup.Expired:
			out.add("signup %s is still %s (%s)", s.ID, s.State, s.Stop)
		case upgrade:
			out = append(out, b.upgraded(s)...)
		case s.State == signup.Completed && (n != 1 || b.Orders[s.Contract.Order].State != order.Delivered):
			out.add("signup %s is completed with %d contracts, the order %q", s.ID, n, s.Contract.Order)
		case s.State == signup.Expired && n != 0:
			out.add("signup %s was given up with %d contracts", s.ID, n)
		}
	}
	return out
}
