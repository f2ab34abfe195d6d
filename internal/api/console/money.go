package console

import (
	"strconv"

	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (v view) money() (web.Answer, error) {
	var c person
	var orders orderPage
	var invoices documentPage
	var wallet walletOf
	var moves walletPage
	g, id := v.reads(), v.PathValue("customer")
	currency := v.Query().Get("currency")
	if currency == "" {
		currency = "EUR"
	}
	g.need(v.customerPath(), nil, &c)
	g.get("listCustomerOrders", "/admin"+v.customerPath("orders"), query("limit", "20", "cursor", v.Query().Get("orders")), &orders)
	g.get("listInvoices", "/invoices", query("customerId", id, "limit", "20", "cursor", v.Query().Get("cursor")), &invoices)
	g.get("readWallet", "/admin"+v.customerPath("wallet"), query("currency", currency), &wallet)
	g.get("readWalletEntries", "/admin"+v.customerPath("wallet", "entries"), query("currency", currency, "limit", "20"), &moves)
	if err := g.Wait(); err != nil {
		return web.Answer{}, err
	}
	b := v.customerBoard(c, "money")
	o, i, w := v.orderTable(orders.Orders), v.invoiceTable(invoices.Invoices), walletTable(moves.Entries)
	b.blocks = []block{
		{title: "Invoices", text: "With credit notes, newest first.", table: &i, pager: v.pager("Pages of invoices", invoices.NextCursor)},
		{title: "Orders", table: &o},
		{title: "Wallet", entries: entries(entry("Available", text(sum(wallet.Available))), entry("Held", text(sum(wallet.Held)))), table: &w, actions: v.buttons("customer", "", "credit", "debit")},
	}
	return v.show(b)
}

func (v view) orderTable(all []orderOf) look.Table {
	t := look.Table{Caption: "Orders", Columns: look.Columns("Order", "What", "Status", "Since", "#Total", "Do"), Empty: "No orders."}
	for _, o := range all {
		since := ""
		if n := len(o.History); n > 0 {
			since = moment(o.History[n-1].At)
		}
		do := look.Cell{}
		if o.Status == "unpaid" && v.may("cancelCustomerOrder") {
			do = link("Cancel", v.action("cancelOrder", o.OrderID, ""))
		}
		t.Rows = append(t.Rows, []look.Cell{code(short(o.OrderID)), text(o.what()), state(o.Status), text(since), text(sum(o.Total)), do})
	}
	return t
}

func (v view) invoiceTable(all []document) look.Table {
	t := look.Table{Caption: "Invoices and credit notes", Columns: look.Columns("Number", "Status", "Issued", "Due on", "#Total", "#To pay"), Empty: "No invoices."}
	for _, d := range all {
		number, kind := d.Number, ""
		if number == "" {
			number = "Draft"
		}
		if d.Kind == "credit_note" {
			kind = "Credit note"
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: number, Note: kind, Address: v.of("invoices", d.InvoiceID)}, state(d.Status), text(d.IssuedOn), text(d.DueOn), text(sum(d.Total)), text(sum(d.Due))})
	}
	return t
}

func walletTable(all []walletEntry) look.Table {
	t := look.Table{Caption: "Movements of the wallet", Columns: look.Columns("When", "What", "Why", "By", "#Amount", "#Then available"), Empty: "No movements."}
	for _, e := range all {
		t.Rows = append(t.Rows, []look.Cell{text(moment(e.At)), text(plain(e.Kind)), text(e.Reason), text(e.By), text(sum(e.Amount)), text(sum(e.Available))})
	}
	return t
}

func (v view) invoice() (web.Answer, error) {
	var d document
	var refunds refundPage
	g, customer, id := v.reads(), v.PathValue("customer"), v.PathValue("invoice")
	g.need(session.Path("invoices", id), query("customerId", customer), &d)
	g.get("listRefunds", "/admin"+v.customerPath("invoices", id, "refunds"), nil, &refunds)
	if err := g.Wait(); err != nil {
		return web.Answer{}, err
	}
	title := d.Number
	if title == "" {
		title = "Draft of an invoice"
	}
	b := v.board(title)
	b.crumbs = []look.Place{{Name: "Customers", Address: v.on("customers")}, {Name: "Customer", Address: v.of()}, {Name: "Money", Address: v.of("money")}}
	b.badges = []look.Cell{state(d.Status)}
	if d.Number != "" {
		b.actions = append(b.actions, button{Place: look.Place{Name: "PDF", Address: v.of("invoices", id, "pdf")}})
	}
	if d.Kind == "invoice" {
		if d.Paid.Minor > 0 {
			b.actions = append(b.actions, v.buttons(id, "", "refund")...)
		}
		if d.Status == "open" {
			b.actions = append(b.actions, v.buttons(id, "", "void", "writeOff")...)
		}
	}
	contract := look.Cell{}
	if d.SubscriptionID != "" {
		contract = link(short(d.SubscriptionID), v.of("contracts", d.SubscriptionID))
	}
	lines := look.Table{Caption: "Lines", Columns: look.Columns("What", "How it comes about", "#Amount"), Empty: "No lines."}
	for _, l := range d.Lines {
		lines.Rows = append(lines.Rows, []look.Cell{text(l.Name), text(l.Explanation), text(sum(l.Amount))})
	}
	given := v.refundTable(id, refunds.Refunds)
	b.blocks = []block{{title: "The document", entries: entries(entry("Total", text(sum(d.Total))), entry("To pay", text(sum(d.Due))), entry("Paid", text(sum(d.Paid))), entry("Credited", text(sum(d.Credited))),
		entry("Issued", text(d.IssuedOn)), entry("Due on", text(d.DueOn)), entry("Settled", text(moment(d.SettledAt))), entry("Contract", contract), entry("Corrects", text(d.CorrectsNumber)), entry("Reason", text(d.Reason)),
		entry("Id", code(d.InvoiceID)))}, {title: "Lines", table: &lines}}
	if d.Kind == "invoice" {
		b.blocks = append(b.blocks, block{title: "Refunds", table: &given})
	}
	return v.show(b)
}

func (v view) refundTable(invoice string, all []refundOf) look.Table {
	t := look.Table{Caption: "Refunds", Columns: look.Columns("When", "Status", "Where to", "Why", "#Amount", "Do"), Empty: "Nothing was given back."}
	for _, r := range all {
		where, do := "", look.Cell{}
		for i, p := range r.Parts {
			if i > 0 {
				where += ", "
			}
			where += p.To + " " + p.With
			if p.Why != "" {
				where += " (" + plain(p.Why) + ")"
			}
		}
		if r.Status == "parked" && v.may("redirectRefund") {
			do = link("To the wallet instead", v.action("redirect", invoice, r.RefundID))
		}
		t.Rows = append(t.Rows, []look.Cell{text(moment(r.RequestedAt)), state(r.Status), text(where), text(r.Reason), text(sum(r.Amount)), do})
	}
	return t
}

func (v view) invoicePdf() (web.Answer, error) {
	raw, err := v.api.Document(session.Path("invoices", v.PathValue("invoice"), "pdf")+"?"+query("customerId", v.PathValue("customer")).Encode(), "application/pdf")
	return web.File("application/pdf", raw, 0), err
}

func count(n int) string { return strconv.Itoa(n) }
