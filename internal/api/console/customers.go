package console

import (
	"net/http"
	"net/url"
	"strings"

	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

func (s service) addCustomers(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleCustomers", Method: http.MethodGet, Path: "/console/customers", About: "Finds customers."}, view.findCustomers)
}

// hit is something that search found.
type hit struct{ Kind, ID, CustomerID, Label string }

// findCustomers searches, or lists the newest where nothing is searched for. What is found alone is gone to.
func (v view) findCustomers() (web.Answer, error) {
	asked := strings.TrimSpace(v.Query().Get("q"))
	if asked != "" {
		return v.search(asked)
	}
	var found personPage
	if err := v.api.Get("/customers", query("cursor", v.Query().Get("cursor"), "limit", "25"), &found); err != nil {
		return web.Answer{}, err
	}
	b := v.board("Customers")
	t := look.Table{Caption: "Customers", Columns: look.Columns("Customer", "Status", "Tier", "Country", "Registered"), Empty: "There are no customers on this page."}
	for _, c := range found.Customers {
		t.Rows = append(t.Rows, []look.Cell{{Text: c.called(), Address: v.on("customers", c.CustomerID), Note: c.Email}, state(c.Status), text(c.Tier), text(c.Country), text(moment(c.RegisteredAt))})
	}
	b.blocks = []block{{more: searchForm(v.on("customers"), asked)}, {title: "All customers", table: &t, pager: v.pager("Pages of customers", found.NextCursor)}}
	return v.show(b)
}

func (v view) search(asked string) (web.Answer, error) {
	var found struct{ Matches []hit }
	err := v.api.Get("/admin/search", query("q", asked), &found)
	if err != nil && correctable(err) == nil {
		return web.Answer{}, err
	}
	if len(found.Matches) == 1 {
		return web.Go(v.hit(found.Matches[0])), nil
	}
	b := v.board("Customers")
	t := look.Table{Caption: "Found", Columns: look.Columns("Found", "What", "Customer"),
		Empty: "Nothing is called so. Check what you typed: ids, numbers and addresses have to be whole; of a name its beginning is enough, with at least two letters."}
	for _, m := range found.Matches {
		customer := look.Cell{}
		if m.CustomerID != "" {
			customer = link(short(m.CustomerID), v.on("customers", m.CustomerID))
		}
		t.Rows = append(t.Rows, []look.Cell{link(m.Label, v.hit(m)), text(plain(m.Kind)), customer})
	}
	b.blocks = []block{{more: searchForm(v.on("customers"), asked)}, {title: "Found", table: &t}}
	return v.show(b)
}

// hit is the page of what was found, or of its customer where the visitor may not see more.
func (v view) hit(m hit) string {
	for _, of := range []struct{ kind, operation, folder string }{{"invoice", "getInvoice", "invoices"}, {"subscription", "getSubscription", "contracts"}, {"service", "getService", "services"}} {
		if m.Kind == of.kind && v.may(of.operation) {
			return v.on("customers", m.CustomerID, of.folder, m.ID)
		}
	}
	switch {
	case m.Kind == "ticket":
		return v.on("tickets", m.ID)
	case m.Kind == "signup" && v.may("getSignup"):
		return v.on("signups", m.ID)
	case (m.Kind == "order" || m.Kind == "payment") && v.may("listInvoices"):
		return v.on("customers", m.CustomerID, "money")
	}
	return v.on("customers", m.CustomerID)
}

// pager leads to a list's next page, and back to its first.
func (v view) pager(name, cursor string) look.Pager {
	p := look.Pager{Name: name, FirstWord: "To the first page", NextWord: "Next page"}
	here := func(change func(url.Values)) string {
		q := url.Values{}
		for k, values := range v.Query() {
			q[k] = values
		}
		q.Del("done")
		change(q)
		if len(q) == 0 {
			return v.Here()
		}
		return v.Here() + "?" + q.Encode()
	}
	if v.Query().Get("cursor") != "" {
		p.First = here(func(q url.Values) { q.Del("cursor") })
	}
	if cursor != "" {
		p.Next = here(func(q url.Values) { q.Set("cursor", cursor) })
	}
	return p
}
