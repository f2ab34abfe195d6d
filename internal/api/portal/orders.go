package portal

import (
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/money"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addOrders() {
	unknown := []*fault.Fault{order.ErrUnknown}
	s.page(web.Page{ID: "getPortalOrders", Path: "/portal/orders", About: "What the customer ordered, newest first."}, s.showOrders)
	s.page(web.Page{ID: "getPortalOrder", Path: "/portal/orders/{orderId}", Faults: unknown, About: "One order and how it stands."}, s.showOrder)
	s.form(web.Page{ID: "sendPortalOrderPayment", Path: "/portal/orders/{orderId}/pay", Faults: append(unknown, order.ErrExpired, payment.ErrPSPUnavailable), About: "Leads to the page on which an order is paid."}, s.showOrder, s.sendOrderPayment)
	s.form(web.Page{ID: "sendPortalOrderCancel", Path: "/portal/orders/{orderId}/cancel", Faults: append(unknown, order.ErrNotCancellable), About: "Cancels an order that is not paid."}, s.showOrder, s.cancelOrder)
	s.page(web.Page{ID: "returnToPortalOrder", Path: "/portal/orders/{orderId}/return", Faults: unknown, About: "Where the customer comes back to from the page of the payment service."}, s.returnToOrder)
}

type ordered struct {
	ID        string       `json:"orderId"`
	Status    string       `json:"status"`
	Total     money.Amount `json:"total"`
	ExpiresAt *time.Time   `json:"expiresAt"`
	Lines     []struct {
		Name     string
		Quantity int
		Price    money.Amount
	} `json:"lines"`
	History []struct {
		At    time.Time
		State string
	} `json:"history"`
}

func (sh *sheet) orderName(o ordered) string {
	if len(o.Lines) == 0 {
		return o.ID
	}
	if name := sh.named("item", o.Lines[0].Name); len(o.Lines) == 1 {
		return name
	}
	return sh.say("order.more", "name", o.Lines[0].Name, "more", itoa(len(o.Lines)-1))
}

func (s service) showOrders(sh *sheet) (view, error) {
	var all struct {
		Orders []ordered
		Next   string `json:"nextCursor"`
	}
	var me whoami
	if err := together(func() error { return sh.api.Get("/orders", sh.listed(), &all) }, sh.zone(&me)); err != nil {
		return view{}, err
	}
	t := &look.Table{Caption: sh.say("orders"), Columns: look.Columns(sh.say("order.what"), sh.say("order.date"), sh.say("order.state"), "#"+sh.say("invoice.total")), Empty: sh.say("orders.none")}
	for _, o := range all.Orders {
		at := ""
		if len(o.History) > 0 {
			at = sh.day(o.History[0].At, zoneOf(me.TimeZone))
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: sh.orderName(o), Address: sh.to("orders", o.ID)}, {Text: at}, sh.orderState(o.Status), {Text: sh.Amount(o.Total)}})
	}
	return view{title: sh.say("orders"), section: "orders", cards: []card{{table: t, pager: sh.pagerOf(all.Next, "orders")}}}, nil
}

func (sh *sheet) orderState(of string) look.Cell {
	tone := map[string]look.Tone{"unpaid": look.Warn, "paid": look.Busy, "delivered": look.Good, "cancelled": look.Plain}[of]
	return look.Cell{Text: sh.named("order.status", of), Tone: tone}
}

func (s service) showOrder(sh *sheet) (view, error) {
	var o ordered
	var me whoami
	if err := together(func() error { return sh.api.Get(session.Path("orders", sh.v.PathValue("orderId")), nil, &o) }, sh.zone(&me)); err != nil {
		return view{}, err
	}
	zone, facts := zoneOf(me.TimeZone), []look.Fact{}
	for _, l := range o.Lines {
		facts = append(facts, look.Fact{Name: sh.say("order.line", "quantity", itoa(l.Quantity), "name", sh.named("item", l.Name)), Value: sh.Amount(l.Price.Times(int64(l.Quantity)))})
	}
	facts = append(facts, look.Fact{Name: sh.say("invoice.total"), Value: sh.Amount(o.Total), Sum: true})
	c := card{title: sh.say("order.what"), badge: look.Entry{Cell: sh.orderState(o.Status)}, text: sh.named("order.text", o.Status), facts: facts}
	if o.Status == "unpaid" {
		pays, gone := sh.ask(sh.say("invoice.payNow"), sh.to("orders", o.ID, "pay")), sh.ask(sh.say("order.cancel"), sh.to("orders", o.ID, "cancel"))
		gone.quiet = true
		c.forms = []form{pays, gone}
		if o.ExpiresAt != nil {
			c.text = sh.say("order.expires", "at", sh.at(*o.ExpiresAt, zone))
		}
	}
	t := &look.Table{Caption: sh.say("order.history"), Columns: look.Columns(sh.say("order.state"), sh.say("order.date"))}
	for _, h := range o.History {
		t.Rows = append(t.Rows, []look.Cell{sh.orderState(h.State), {Text: sh.at(h.At, zone)}})
	}
	return view{title: sh.orderName(o), section: "orders", cards: []card{c, {title: sh.say("order.history"), table: t}, {links: []link{{sh.say("orders"), sh.to("orders"), false}}}}}, nil
}

func (s service) sendOrderPayment(sh *sheet) (string, error) {
	return sh.payOrder(sh.v.PathValue("orderId"))
}

func (s service) cancelOrder(sh *sheet) (string, error) {
	return sh.done("orderCancelled", "orders", sh.v.PathValue("orderId")), sh.api.Post(session.Path("orders", sh.v.PathValue("orderId"), "cancel"), sh.key(), nil, nil)
}

// returnToOrder asks whether the payment came: the payment service's callback may be a moment behind the customer. Asking changes nothing
// that would not come by itself.
func (s service) returnToOrder(sh *sheet) (view, error) {
	if err := perhaps(sh.api.Post(session.Path("orders", sh.v.PathValue("orderId"), "confirm"), sh.attempt, nil, nil)); err != nil {
		return view{}, err
	}
	return s.showOrder(sh)
}
