package console

import (
	"strconv"
	"time"

	"turnup/internal/base/money"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

type forecast struct {
	Steps []struct {
		Step   string
		At     time.Time
		Amount *money.Amount
	}
}

type usage struct {
	From, Until string
	TotalBytes  int64
	PercentUsed *float64
	Online      bool
}

func (v view) contract() (web.Answer, error) {
	var c contract
	var ahead forecast
	var used usage
	g, id := v.reads(), v.PathValue("contract")
	g.need(session.Path("subscriptions", id), nil, &c)
	g.get("forecastSubscription", session.Path("subscriptions", id, "forecast"), nil, &ahead)
	g.get("getUsage", session.Path("subscriptions", id, "usage"), nil, &used)
	if err := g.Wait(); err != nil {
		return web.Answer{}, err
	}
	b := v.board(c.Name)
	b.under, b.badges = c.SubscriptionID, []look.Cell{c.state()}
	b.crumbs = []look.Place{{Name: "Customers", Address: v.on("customers")}, {Name: "Customer", Address: v.of()}}
	b.actions = v.contractActions(c)
	if d := c.Dunning; d != nil {
		b.blocks = append(b.blocks, v.dunning(c))
	}
	t := look.Table{Caption: "What comes next", Columns: look.Columns("When", "What", "#Amount"), Empty: "Nothing happens by itself."}
	for _, s := range ahead.Steps {
		row := []look.Cell{text(moment(s.At)), text(plain(s.Step)), {}}
		if s.Amount != nil {
			row[2] = text(sum(*s.Amount))
		}
		t.Rows = append(t.Rows, row)
	}
	period, line := "", look.Cell{}
	if c.Period.From != "" {
		period = c.Period.From + " to " + c.Period.Until
	}
	if c.ServiceID != "" && v.may("getService") {
		line = link(short(c.ServiceID), v.of("services", c.ServiceID))
	}
	facts := []look.Entry{entry("Plan", code(c.ItemID)), entry("Price", text(sum(c.Price)+" per "+c.BillingPeriod)), entry("Signed", text(moment(c.SignedAt))), entry("Period", text(period)), entry("Next bill", text(c.NextBilling)),
		entry("Credit for later bills", text(sum(c.Credit))), entry("Entitlement", text(plain(c.Entitlement.State))), entry("Days begin in", text(c.TimeZone)), entry("Line", line), entry("Order", code(short(c.OrderID)))}
	if c.Cancellation != nil {
		facts = append(facts, entry("Cancelled for", look.Cell{Text: c.Cancellation.On, Note: c.Cancellation.Reason}))
	}
	if c.Pause != nil {
		facts = append(facts, entry("Paused since", text(c.Pause.Since)), entry("Until", text(c.Pause.Until)))
	}
	if used.From != "" {
		said := strconv.FormatFloat(float64(used.TotalBytes)/1e9, 'f', 1, 64) + " GB"
		if used.PercentUsed != nil {
			said += ", " + strconv.FormatFloat(*used.PercentUsed, 'f', 1, 64) + " % of its volume"
		}
		facts = append(facts, entry("Used in this period", text(said)), entry("Online now", text(yes(used.Online))))
	}
	b.blocks = append(b.blocks, block{title: "What comes next", text: "By itself, as things stand.", table: &t}, block{title: "The contract", entries: entries(facts...)})
	return v.show(b)
}

// dunning tells about an invoice that is not paid.
func (v view) dunning(c contract) block {
	d := c.Dunning
	k := block{title: "Unpaid", entries: entries(entry("Invoice", link("Open the invoice", v.of("invoices", d.InvoiceID))), entry("Since", text(moment(d.Since))), entry("Because", text(plain(d.Reason))),
		entry("Reminders sent", text(count(d.Reminded))), entry("Next reminder", text(moment(d.NextReminderAt))), entry("Suspended from", text(moment(d.SuspendsAt))), entry("Ends", text(moment(d.EndsAt))))}
	if !v.may("getInvoice") {
		k.entries = k.entries[1:]
	}
	if h := d.Held; h != nil {
		k.entries = append(k.entries, entry("Not suspended until", look.Cell{Text: moment(h.Until), Note: h.Reason + ", by " + h.By}))
		k.actions = v.buttons(c.SubscriptionID, "", "hold", "release")
	} else {
		k.actions = v.buttons(c.SubscriptionID, "", "hold")
	}
	return k
}

// contractActions are those that make sense in the contract's state.
func (v view) contractActions(c contract) (out []button) {
	switch {
	case c.Status == "ended":
		return nil
	case c.Status == "paused":
		out = v.buttons(c.SubscriptionID, "", "resume")
	case c.Status == "active" && c.Cancellation == nil:
		out = v.buttons(c.SubscriptionID, "", "pause")
	}
	if c.Cancellation != nil {
		return append(out, v.buttons(c.SubscriptionID, "", "keep")...)
	}
	return append(out, v.buttons(c.SubscriptionID, "", "cancel")...)
}
