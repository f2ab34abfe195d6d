package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"turnup/internal/journey"
)

// playSignup plays S2: somebody new goes over the pages of a signup, in a browser without scripts, to their thank-you page.
func playSignup(ctx context.Context, t *narrator) error {
	r, p := journey.NewReader(), journey.NewPerson(card)
	var at journey.Screen
	signup := ""
	shown := func(s journey.Screen, err error) (string, error) {
		if at = s; err != nil {
			return "", err
		}
		if s.Status >= 400 {
			return "", fmt.Errorf("%s answered %d: %s", s.URL, s.Status, s.Text)
		}
		title, _, _ := strings.Cut(s.Title, " · ")
		return "the page says: " + title, nil
	}
	for _, s := range []struct {
		name string
		do   func() (string, error)
	}{
		{"plans", func() (string, error) { return shown(r.Open(ctx, t.site.Plans())) }},
		{"choose a plan", func() (string, error) { return shown(r.Send(ctx, at, 0, "plan", "plan_stream-hd")) }},
		{"register", func() (string, error) { return shown(r.Register(ctx, at, p)) }},
		{"card, with 3-D Secure", func() (string, error) {
			signup = journey.SignupOf(at.URL)
			return shown(r.Pay(ctx, at, p))
		}},
		{"processing", func() (string, error) {
			return shown(r.Await(ctx, t.site.Processing(signup), 30*time.Second, journey.OnThankYou))
		}},
	} {
		if err := t.step(s.name, s.do); err != nil {
			return err
		}
	}
	return nil
}
