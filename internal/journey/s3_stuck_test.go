package journey

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
)

// parked waits until the work on the service is parked, and reads it as staff.
func (r resident) parked(t *testing.T) Service {
	t.Helper()
	var is Service
	desk := staff(t, token.RoleNetwork)
	eventually(t, 2*time.Minute, "the work is parked", func() bool { // of a service that the payment makes in a moment
		a := must[Answer](t)(desk.Get(context.Background(), "/services/"+r.service))
		return a.Status == http.StatusOK && a.Into(&is) == nil && is.Work.Parked != nil
	})
	return is
}

// told are the subjects of the mails that the customer got about the delay, and the tickets that the system opened.
func (r resident) told(t *testing.T) (delays int, tickets []string) {
	t.Helper()
	for _, m := range must[[]Mail](t)(site.Mails(context.Background(), r.email)) {
		if strings.Contains(m.Subject, "longer") || strings.Contains(m.Subject, "delay") {
			delays++
		}
	}
	found := into[struct{ Tickets []struct{ TicketID string } }](t, must[Answer](t)(r.Get(context.Background(), "/tickets")))
	for _, f := range found.Tickets {
		tickets = append(tickets, f.TicketID)
	}
	return delays, tickets
}

func (h Home) plug(t *testing.T, mode string) {
	t.Helper()
	if err := site.Plant(context.Background(), http.MethodPut, "/voltha/_sandbox/onus/"+h.ONU, map[string]any{"mode": mode}, nil); err != nil {
		t.Fatal(err)
	}
}

func (h Home) router(t *testing.T, modes map[string]any) {
	t.Helper()
	if err := site.Plant(context.Background(), http.MethodPatch, "/genieacs/_sandbox/devices/"+h.CPE, modes, nil); err != nil {
		t.Fatal(err)
	}
}

// S3-99, S3-100, S3-101, S3-102, S3-104, S3-105, S3-106: a fibre terminal that the network does not see is not tried again blindly. The work is
// parked with step, system and code, there is one ticket and one mail, network operations see it, and after the repair it goes on from the
// step that failed, without a second ticket or mail when it gets stuck again.
func TestS3StuckAndRepaired(t *testing.T) {
	ctx, h := context.Background(), NewHome()
	if err := site.AddHome(ctx, h); err != nil {
		t.Fatal(err)
	}
	h.plug(t, "absent")
	r := movesIn(t, h)
	h.plug(t, "absent") // moving in built the home anew
	is := r.parked(t)
	if p := is.Work.Parked; p.Step != "access" || p.Code != "onu_not_found" || p.System != "voltha" || is.Status != "provisioning" || is.Work.Tries > 1 || !slices.Equal(is.Work.Done, []string{"inventory", "subscriber"}) {
		t.Fatalf("%+v, %+v", is.Work, is.Work.Parked)
	}
	eventually(t, 20*time.Second, "ticket and mail", func() bool { d, tickets := r.told(t); return d == 1 && len(tickets) == 1 })
	listed := must[Answer](t)(staff(t, token.RoleNetwork).Get(ctx, "/admin/services/parked?limit=100"))
	if !strings.Contains(string(listed.Raw), r.service) {
		t.Errorf("not listed: %s", listed.Raw)
	}
	if seen := into[Service](t, must[Answer](t)(r.Get(ctx, "/services/"+r.service))); !seen.Delayed || seen.Work.Parked != nil {
		t.Errorf("the customer sees %+v", seen)
	}
	expect(t, must[Answer](t)(r.Post(ctx, "/services/"+r.service+"/retry", Key(), nil)), nil, http.StatusUnauthorized, "token_invalid")
	expect(t, r.operate(t, "retry", nil), nil, http.StatusAccepted, "")
	eventually(t, time.Minute, "it is stuck again", func() bool { is = r.asStaff(t); return is.Work.Parked != nil && is.Work.Run == 2 })
	h.plug(t, "")
	expect(t, r.operate(t, "retry", nil), nil, http.StatusAccepted, "")
	is = r.becomes(t, "active")
	if n := inNetwork(t, h, is); len(n.addresses) != 1 || n.onus != 1 || is.Work.Run != 3 { // S3-53
		t.Errorf("%+v, run %d", n, is.Work.Run)
	}
	if delays, tickets := r.told(t); delays != 1 || len(tickets) != 1 {
		t.Errorf("%d mails, tickets %v", delays, tickets)
	}
	expect(t, r.operate(t, "retry", nil), nil, http.StatusConflict, "service_not_parked")
}

// S3-98, S3-103, S3-105, S3-108: a router that is off is tried again, then parked as cpe_offline. Giving it up undoes what stands, ends the
// subscription before its time began, gives the money back to the wallet, and the plan can be had again.
func TestS3GivenUp(t *testing.T) {
	ctx, h := context.Background(), NewHome()
	if err := site.AddHome(ctx, h); err != nil {
		t.Fatal(err)
	}
	h.router(t, map[string]any{"offline": true})
	r := movesIn(t, h)
	is := r.parked(t)
	if p := is.Work.Parked; p.Step != "cpe" || p.Code != "cpe_offline" || p.System != "genieacs" || is.Work.Tries < 2 {
		t.Fatalf("%+v, %+v", is.Work, is.Work.Parked)
	}
	if n := inNetwork(t, h, is); len(n.addresses) != 1 || !n.active {
		t.Errorf("before: %+v", n)
	}
	expect(t, r.operate(t, "cancel", nil), nil, http.StatusAccepted, "")
	is = r.becomes(t, "terminated")
	eventually(t, 10*time.Second, "nothing is left", func() bool {
		n := inNetwork(t, h, is)
		return n.addresses == nil && n.onus == 0 && !n.active && n.profiles == nil && n.line == nil
	})
	wallet := into[struct{ Available Amount }](t, must[Answer](t)(r.Get(ctx, "/wallet?currency=EUR")))
	if wallet.Available.Minor != r.order.Total.Minor {
		t.Errorf("%d is back of %d", wallet.Available.Minor, r.order.Total.Minor)
	}
	sub := into[struct{ Status string }](t, must[Answer](t)(r.Get(ctx, "/subscriptions/"+r.subscription)))
	if o := must[PlanOrder](t)(r.ReadOrder(ctx, r.order.OrderID)); sub.Status != "ended" || o.Status != "paid" {
		t.Errorf("subscription %s, order %s", sub.Status, o.Status)
	}
	exactlyOne(t, event.TypeServiceTerminated, r.service)
	if again := must[PlanOrder](t)(r.OrderAt(ctx, "plan_fibre-300", h.Location)); again.Status != "unpaid" {
		t.Errorf("%+v", again)
	}
}

// S3-107: what cannot be had at an address is told before anybody pays: an address that is not reached, a home that is served, a line that is
// too slow, a plan without a place and a place without such a plan.
func TestS3NotServiceable(t *testing.T) {
	ctx, h := context.Background(), NewHome()
	c, _ := newCustomer(t)
	order := func(plan, place string) Answer {
		body := map[string]any{"planId": plan}
		if place != "" {
			body["locationId"] = place
		}
		return must[Answer](t)(c.Post(ctx, "/orders", Key(), body))
	}
	expect(t, order("plan_fibre-300", ""), nil, http.StatusBadRequest, "location_required")
	expect(t, order("plan_stream-hd", "loc-nowhere"), nil, http.StatusBadRequest, "location_required")
	expect(t, order("plan_fibre-300", "loc-nowhere"), nil, http.StatusNotFound, "location_not_found")
	noc := staff(t, token.RoleNetwork)
	slow, closed := h.Place(), h.Place()
	slow["most"], closed["serviceable"] = map[string]any{"downKbps": 100_000, "upKbps": 50_000}, false
	for code, place := range map[string]map[string]any{"location_too_slow": slow, "address_not_serviceable": closed} {
		id := "loc-" + strings.ToLower(Key()[:8])
		expect(t, must[Answer](t)(noc.Put(ctx, "/admin/locations/"+id, place)), nil, http.StatusOK, "")
		expect(t, order("plan_fibre-300", id), nil, http.StatusConflict, code)
	}
	nowhere := into[struct {
		Reached bool
		Places  []any
	}](t, must[Answer](t)(site.Qualify(ctx, Address{Street: "Nirgendwo", House: "1", Postcode: "99999", Country: "DE"})))
	if nowhere.Reached || len(nowhere.Places) != 0 {
		t.Errorf("%+v", nowhere)
	}
}
