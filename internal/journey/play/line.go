package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"turnup/internal/base/token"
	"turnup/internal/journey"
)

// playLine plays the stages of S3 that follow: a home is connected to the network, its customer orders a fibre line and pays, the network
// is set up by itself, the router dials in; then staff suspend the line, resume it and end it.
func playLine(ctx context.Context, t *narrator) error {
	home, email := journey.NewHome(), "mary."+strings.ToLower(journey.Key()[:8])+"@example.com"
	var customer *journey.Customer
	var made journey.PlanOrder
	var service journey.Service
	// operated is an operation of staff on the service, and waiting until it is what it shall become.
	operated := func(what, becomes string, body any) (string, error) {
		noc, err := t.site.Staff(ctx, token.RoleNetwork)
		if err == nil {
			_, err = noc.Post(ctx, "/services/"+service.ServiceID+"/"+what, journey.Key(), body)
		}
		if err == nil {
			err = awaitService(ctx, noc, service.ServiceID, becomes, &service)
		}
		return service.ServiceID + " is " + service.Status, err
	}
	for _, s := range []struct {
		name string
		do   func() (string, error)
	}{
		{"putLocation", func() (string, error) {
			return fmt.Sprintf("%s, %s %s: ONU %s at %s %s", home.Location, home.Address.Street, home.Address.House, home.ONU, home.OLT, home.PON), t.site.AddHome(ctx, home)
		}},
		{"qualifyAddress", func() (string, error) {
			var found struct {
				Places []struct{ Available, Installed bool }
			}
			a, err := t.site.Qualify(ctx, home.Address)
			if err == nil {
				err = a.Into(&found)
			}
			return fmt.Sprintf("reached: %+v", found.Places), err
		}},
		{"createOrder", func() (_ string, err error) {
			if customer, _, err = t.site.Resident(ctx, email); err == nil {
				made, err = customer.OrderAt(ctx, "plan_fibre-300", home.Location)
			}
			return fmt.Sprintf("Fibre 300 for %s: %s", price(made.Total), made.OrderID), err
		}},
		{"payOrder by gateway", func() (string, error) {
			var page journey.Paid
			a, err := customer.PayOrder(ctx, journey.Key(), made.OrderID, "stripe")
			if err == nil {
				err = a.Into(&page)
			}
			if err == nil {
				_, err = journey.NewBrowser().Pay(ctx, page.RedirectURL, card, journey.Pass)
			}
			return "card entered, sent back", err
		}},
		{"set up by itself", func() (string, error) {
			id := "svc_" + strings.TrimPrefix(made.SubscriptionIDs[0], "sub_")
			noc, err := t.site.Staff(ctx, token.RoleNetwork)
			if err == nil {
				err = awaitService(ctx, noc, id, "active", &service)
			}
			return fmt.Sprintf("%s: %s; address %s", service.Status, strings.Join(service.Work.Done, ", "), service.Allocation.Address), err
		}},
		{"delivered", func() (string, error) { return delivered(ctx, customer, made.OrderID) }},
		{"revealServiceCredentials", func() (string, error) {
			link, err := t.site.AwaitLink(ctx, email, "/service-credentials", 1, 20*time.Second)
			var shown struct{ Username, Secret string }
			if err == nil {
				var a journey.Answer
				if a, err = t.site.Visitor().Post(ctx, "/services/credentials", journey.Key(), map[string]any{"token": link}); err == nil {
					err = a.Into(&shown)
				}
			}
			return fmt.Sprintf("%s, with a secret of %d characters, shown once", shown.Username, len(shown.Secret)), err
		}},
		{"getUsage", func() (string, error) { return t.used(ctx, customer, service) }},
		{"suspendService", func() (string, error) { return operated("suspend", "suspended", map[string]any{"reason": "play"}) }},
		{"resumeService", func() (string, error) { return operated("resume", "active", map[string]any{}) }},
		{"terminateService", func() (string, error) { return operated("terminate", "terminated", nil) }},
	} {
		if err := t.step(s.name, s.do); err != nil {
			return err
		}
	}
	return nil
}

// awaitService reads a service until it is in a state; work that got stuck is an error.
func awaitService(ctx context.Context, noc *journey.Customer, id, state string, into *journey.Service) error {
	a, err := noc.Await(ctx, "/services/"+id, time.Minute, func(a journey.Answer) bool {
		*into = journey.Service{}
		return a.Into(into) == nil && (into.Status == state || into.Delayed)
	})
	if err == nil && into.Delayed {
		err = fmt.Errorf("the work got stuck: %s", a.Raw)
	}
	return err
}

// used lets two gigabytes through the line and reads what was used.
func (t *narrator) used(ctx context.Context, c *journey.Customer, s journey.Service) (string, error) {
	var now struct {
		TotalBytes  int64
		PercentUsed float64
		Online      bool
	}
	err := t.site.Traffic(ctx, s.Username, 200_000_000, 1_800_000_000)
	if err == nil {
		err = read(ctx, c, "/subscriptions/"+s.SubscriptionID+"/usage", &now)
	}
	return fmt.Sprintf("online: %v, %d MB used, %.1f %% of the plan's volume", now.Online, now.TotalBytes/1_000_000, now.PercentUsed), err
}
