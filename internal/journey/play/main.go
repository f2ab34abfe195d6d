// Command play loads the demo catalogue into a deployed Turnup and plays the journeys through the public API, telling
// each step as it happens. It reads the addresses from the environment that the local cloud's runner writes.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"turnup/internal/journey"
	"turnup/internal/journey/demo"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "\n✗", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	site, err := journey.SiteFromEnv()
	if err != nil {
		return err
	}
	began := time.Now()
	n, err := demo.Load(ctx, site.DB())
	if err != nil {
		return err
	}
	fmt.Printf("✓ %-26s %d offers in 3 countries (%v)\n", "demo catalogue", n, time.Since(began).Round(time.Millisecond))
	fmt.Println("\nS0  A new OTT customer buys by card")
	if err := playPurchase(ctx, &narrator{site: site}); err != nil {
		return err
	}
	fmt.Println("\nS1  A customer orders plans")
	if err := playOrdering(ctx, &narrator{site: site}); err != nil {
		return err
	}
	fmt.Println("\nS2  Somebody new signs up on pages")
	if err := playSignup(ctx, &narrator{site: site}); err != nil {
		return err
	}
	fmt.Println("\nS3  A fibre customer joins")
	if err := playJoining(ctx, &narrator{site: site}); err != nil {
		return err
	}
	fmt.Println("\nS3  A fibre line comes alive")
	if err := playLine(ctx, &narrator{site: site}); err != nil {
		return err
	}
	fmt.Println("\nS3  Thirteen months of a contract")
	if err := playMonths(ctx, &narrator{site: site}); err != nil {
		return err
	}
	fmt.Println("\nWho may sign in on the pages")
	customer, staff, err := playDoors(ctx, &narrator{site: site})
	if err != nil {
		return err
	}
	show(site, customer, staff)
	return nil
}

// narrator tells the steps.
type narrator struct {
	site journey.Site
	n    int
}

// step runs one step and tells what came of it and how long it took.
func (t *narrator) step(name string, do func() (string, error)) error {
	t.n++
	began := time.Now()
	what, err := do()
	if err != nil {
		return fmt.Errorf("step %d, %s: %w", t.n, name, err)
	}
	fmt.Printf("✓ %2d %-23s %s (%v)\n", t.n, name, what, time.Since(began).Round(time.Millisecond))
	return nil
}

func show(s journey.Site, customer, staff account) {
	fmt.Printf(`
Turnup is up.
  API            %s
  API reference  %s/reference
  Sign up        %s (by hand, in a browser)
  Portal         %s/portal (sign in as %s, password %s)
  Console        %s/console (sign in as %s, password %s)
  Mailbox        %s/_ministack/ses/messages
  Sandbox PSP    %s
  Network        %s (homes, faults and states: internal/plant/README.md)
  Test cards     4242 4242 4242 4242 pays · 4000 0025 0000 3155 asks for 3-D Secure once
                 4000 0027 6000 3184 asks for it at every charge · 4000 0000 0000 0341 is declined when charged
                 any future date, any CVC
`, s.API, s.API, s.Plans(), s.API, customer.name, customer.password, s.API, staff.name, staff.password, s.Endpoint, s.PSP, s.Network)
	if os.Getenv("TURNUP_STACK_NAME") == "turnup-dev" { // what make run started; other clouds are somebody else's
		fmt.Println("  Stop           make down      (state is kept; make clean forgets it)")
	}
}
