package console

import (
	"strings"

	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

func (v view) contact() (web.Answer, error) {
	var c person
	var tickets ticketPage
	var mails mailPage
	var lines servicePage
	g, id := v.reads(), v.PathValue("customer")
	g.need(v.customerPath(), nil, &c)
	g.get("listTickets", "/tickets", query("customerId", id, "limit", "20"), &tickets)
	g.get("listServices", "/services", query("customerId", id, "limit", "50"), &lines)
	g.get("listMails", "/admin"+v.customerPath("mails"), query("limit", "20", "cursor", v.Query().Get("cursor")), &mails)
	if err := g.Wait(); err != nil {
		return web.Answer{}, err
	}
	b := v.customerBoard(c, "contact")
	t := ticketTable(v, tickets.Tickets, "Tickets")
	b.blocks = []block{{title: "Tickets", text: lines.works(v.Now()), table: &t, actions: v.buttons("customer", "", "openTicket")}}
	if v.may("listMails") {
		m := look.Table{Caption: "Mails", Columns: look.Columns("When", "Mail", "Language", "Status", "#Tries"), Empty: "No mails were sent."}
		for _, one := range mails.Mails {
			m.Rows = append(m.Rows, []look.Cell{text(moment(one.TriggeredAt)), text(plain(one.Kind)), text(one.Language), state(one.Status), text(count(one.Attempts))})
		}
		b.blocks = append(b.blocks, block{title: "Mails", text: "What we sent, newest first.", table: &m, pager: v.pager("Pages of mails", mails.NextCursor)})
	}
	return v.show(b)
}

func (v view) account() (web.Answer, error) {
	var c person
	var access accessOf
	g := v.reads()
	g.need(v.customerPath(), nil, &c)
	g.get("getCustomerAccess", "/admin"+v.customerPath("access"), nil, &access)
	if err := g.Wait(); err != nil {
		return web.Answer{}, err
	}
	b := v.customerBoard(c, "account")
	address := strings.Join(filled(c.Address.Line1, c.Address.Line2, strings.TrimSpace(c.Address.PostalCode+" "+c.Address.City), c.Address.Country), ", ")
	actions := v.buttons("customer", "", "resetFactor")
	if c.Status == "unverified" {
		actions = append(v.buttons("customer", "", "verify"), actions...)
	}
	b.blocks = []block{{title: "Account", actions: append(actions, v.buttons("customer", "", "erase")...), entries: entries(entry("Customer id", code(c.CustomerID)), entry("Name", text(c.Name)), entry("Mail address", text(c.Email)),
		entry("Username", text(c.Username)), entry("Phone", text(c.Phone)), entry("Address", text(address)), entry("Language", text(c.Language)), entry("Registered", text(moment(c.RegisteredAt))),
		entry("Confirmed", text(moment(c.VerifiedAt))), entry("Profile since", text(moment(c.ProfiledAt))))}}
	if v.may("getCustomerAccess") {
		b.blocks = append(b.blocks, block{title: "Tier and groups", text: "Which plans this customer may have.", actions: v.buttons("customer", "", "access"),
			entries: entries(entry("Tier", text(access.Tier)), entry("Groups", text(strings.Join(access.Groups, ", "))))})
	}
	tax := block{title: "Taxes", text: "Taxes are charged as in the customer's country.", actions: v.buttons("customer", "", "exempt")}
	if x := c.TaxExemption; x != nil {
		tax.text, tax.actions = "This customer is charged no tax.", v.buttons("customer", "", "tax")
		tax.entries = entries(entry("Reason", text(x.Reason)), entry("Code", code(x.Code)), entry("Tax id", code(x.TaxID)), entry("Certificate", code(x.Certificate)), entry("Since", text(moment(x.Since))))
	}
	b.blocks = append(b.blocks, tax)
	return v.show(b)
}

// filled are those that are not empty.
func filled(all ...string) (out []string) {
	for _, s := range all {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
