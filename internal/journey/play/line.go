package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"turnup/internal/base/token"
	"turnup/internal/journey"
)

// occupant is somebody whose line is played: where it is, and what it became.
type occupant struct {
	*journey.Customer
	id      string
	home    journey.Home
	order   journey.PlanOrder
	service string
}

// playLine lets a fibre line come alive, be used, be suspended and come back; then one that gets stuck and is repaired; then ends it.
func playLine(ctx context.Context, t *narrator) error {
	if t.site.Network == "" {
		fmt.Println("  (there is no sandbox network at this endpoint)")
		return nil
	}
	noc, err := t.site.Staff(ctx, token.RoleNetwork, token.RoleSupport)
	if err != nil {
		return err
	}
	first, second := &occupant{home: journey.NewHome()}, &occupant{home: journey.NewHome()}
	operate := func(what string, body any, state string) (string, error) {
		if _, err := noc.Post(ctx, "/services/"+first.service+"/"+what, journey.Key(), body); err != nil {
			return "", err
		}
		return first.becomes(ctx, state)
	}
	for _, s := range []struct {
		name string
		do   func() (string, error)
	}{
		{"qualifyAddress", func() (string, error) { return first.qualify(ctx, t.site) }},
		{"createOrder, paid", func() (string, error) { return first.moveIn(ctx, t.site) }},
		{"provisioned", func() (string, error) { return first.becomes(ctx, "active") }},
		{"first use", func() (string, error) { return first.use(ctx, t.site) }},
		{"suspendService", func() (string, error) {
			return operate("suspend", map[string]any{"reason": "shown by make run"}, "suspended")
		}},
		{"resumeService", func() (string, error) { return operate("resume", map[string]any{}, "active") }},
		{"checkServiceHealth", func() (string, error) { return first.health(ctx) }},
		{"another line, no ONU", func() (string, error) {
			if err := t.site.AddHome(ctx, second.home); err != nil {
				return "", err
			}
			if err := second.plug(ctx, t.site, "absent"); err != nil {
				return "", err
			}
			if _, err := second.moveIn(ctx, t.site); err != nil {
				return "", err
			}
			return second.stuck(ctx, noc)
		}},
		{"ticket", func() (string, error) { return second.ticket(ctx) }},
		{"retryProvisioning", func() (string, error) {
			if err := second.plug(ctx, t.site, ""); err != nil {
				return "", err
			}
			if _, err := noc.Post(ctx, "/services/"+second.service+"/retry", journey.Key(), nil); err != nil {
				return "", err
			}
			is, err := second.becomes(ctx, "active")
			return "ONU plugged in; " + is, err
		}},
		{"terminateService", func() (string, error) { return operate("terminate", nil, "terminated") }},
	} {
		if err := t.step(s.name, s.do); err != nil {
			return err
		}
	}
	return nil
}

func (o *occupant) qualify(ctx context.Context, site journey.Site) (string, error) {
	if err := site.AddHome(ctx, o.home); err != nil {
		return "", err
	}
	var found struct {
		Places []struct {
			LocationID string
			Available  bool
			Most       struct{ DownKbps int64 }
		}
	}
	a, err := site.Qualify(ctx, o.home.Address)
	if err == nil {
		err = a.Into(&found)
	}
	if err == nil && (len(found.Places) != 1 || !found.Places[0].Available) {
		err = fmt.Errorf("no line at the address: %s", a.Raw)
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %s, %s: up to %d Mbit/s", o.home.Address.Street, o.home.Address.House, o.home.Address.City, found.Places[0].Most.DownKbps/1000), nil
}

// moveIn registers somebody who orders a fibre plan at the home and pays it from a wallet that staff filled.
func (o *occupant) moveIn(ctx context.Context, site journey.Site) (string, error) {
	c, registered, err := site.Register(ctx, "hedy."+strings.ToLower(journey.Key()[:8]))
	if err != nil {
		return "", err
	}
	o.Customer, o.id = c, registered.CustomerID
	admin, err := site.Staff(ctx, token.RoleAdmin)
	if err != nil {
		return "", err
	}
	if _, err = admin.Post(ctx, "/admin/customers/"+o.id+"/wallet/movements", journey.Key(), map[string]any{"kind": "credit", "reason": "make run", "amount": map[string]any{"minor": 5000, "currency": "EUR"}}); err != nil {
		return "", err
	}
	if o.order, err = c.OrderAt(ctx, "plan_fibre-300", o.home.Location); err != nil {
		return "", err
	}
	if len(o.order.SubscriptionIDs) != 1 {
		return "", fmt.Errorf("the order has no subscription: %+v", o.order)
	}
	o.service = "svc_" + strings.TrimPrefix(o.order.SubscriptionIDs[0], "sub_")
	_, err = c.PayOrder(ctx, journey.Key(), o.order.OrderID, "wallet")
	return fmt.Sprintf("Fibre 300 at %s, %s from the wallet", o.home.Location, price(o.order.Total)), err
}

// becomes waits for a state of the service.
func (o *occupant) becomes(ctx context.Context, state string) (string, error) {
	var is journey.Service
	_, err := o.Await(ctx, "/services/"+o.service, 90*time.Second, func(a journey.Answer) bool { return a.Into(&is) == nil && is.Status == state })
	if err != nil {
		return "", fmt.Errorf("%w (%s is %s, delayed: %v)", err, o.service, is.Status, is.Delayed)
	}
	return o.service + " is " + is.Status, nil
}

// use sends traffic over the line and reads what was accounted for.
func (o *occupant) use(ctx context.Context, site journey.Site) (string, error) {
	var is journey.Service
	if err := read(ctx, o.Customer, "/services/"+o.service, &is); err != nil {
		return "", err
	}
	const gigabyte = 1_000_000_000
	if err := site.Plant(ctx, http.MethodPut, "/bng/_sandbox/sessions/"+url.PathEscape(is.Username)+"/traffic", map[string]any{"upBytes": gigabyte, "downBytes": 9 * gigabyte}, nil); err != nil {
		return "", err
	}
	var used struct {
		TotalBytes  int64
		PercentUsed float64
	}
	_, err := o.Await(ctx, "/subscriptions/"+o.order.SubscriptionIDs[0]+"/usage", 30*time.Second, func(a journey.Answer) bool { return a.Into(&used) == nil && used.TotalBytes >= 10*gigabyte })
	return fmt.Sprintf("%.1f GB accounted for, %.1f %% of the volume", float64(used.TotalBytes)/gigabyte, used.PercentUsed), err
}

func (o *occupant) health(ctx context.Context) (string, error) {
	var r struct {
		DiagnosisID, Status string
		Healthy             bool
		Parts               []struct{ Part string }
	}
	a, err := o.Post(ctx, "/services/"+o.service+"/health-check", journey.Key(), nil)
	if err == nil {
		err = a.Into(&r)
	}
	if err != nil {
		return "", err
	}
	_, err = o.Await(ctx, "/services/"+o.service+"/diagnoses/"+r.DiagnosisID, time.Minute, func(a journey.Answer) bool { return a.Into(&r) == nil && r.Status != "running" })
	return fmt.Sprintf("%d parts asked, healthy: %v", len(r.Parts), r.Healthy), err
}

// plug sets how the ONU behaves.
func (o *occupant) plug(ctx context.Context, site journey.Site, mode string) error {
	return site.Plant(ctx, http.MethodPut, "/voltha/_sandbox/onus/"+o.home.ONU, map[string]any{"mode": mode}, nil)
}

// stuck waits until the work is parked, and tells where.
func (o *occupant) stuck(ctx context.Context, noc *journey.Customer) (string, error) {
	var is journey.Service
	_, err := noc.Await(ctx, "/services/"+o.service, 90*time.Second, func(a journey.Answer) bool { return a.Into(&is) == nil && is.Work.Parked != nil })
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("parked at step %s: %s", is.Work.Parked.Step, is.Work.Parked.Code), nil
}

// ticket waits for the ticket that the system opened.
func (o *occupant) ticket(ctx context.Context) (string, error) {
	var found struct {
		Tickets []struct{ TicketID, Subject string }
	}
	_, err := o.Await(ctx, "/tickets", 30*time.Second, func(a journey.Answer) bool { return a.Into(&found) == nil && len(found.Tickets) == 1 })
	if err != nil {
		return "", err
	}
	return found.Tickets[0].TicketID + ", opened by the system: " + found.Tickets[0].Subject, nil
}
