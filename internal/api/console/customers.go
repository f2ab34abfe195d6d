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

// findCustomers searches, or lists the newest where nothing is searched for. What is found alone is gone to.
func (v view) findCustomers() (web.Answer, error) {
	asked := strings.TrimSpace(v.Query().Get("q"))
	if strings.HasPrefix(asked, "cus_") {
		return web.Go(v.on("customers", asked)), nil
	}
	q := query("cursor", v.Query().Get("cursor"), "limit", "25", "status", v.Query().Get("status"))
	switch {
	case strings.Contains(asked, "@"):
		q.Set("email", asked)
	case asked != "":
		q.Set("username", asked)
	}
	var found personPage
	if err := v.api.Get("/customers", q, &found); err != nil {
		return web.Answer{}, err
	}
	if len(found.Customers) == 1 && asked != "" {
		return web.Go(v.on("customers", found.Customers[0].CustomerID)), nil
	}
	b := v.board("Customers")
	t := look.Table{Caption: "Customers", Columns: look.Columns("Customer", "Status", "Tier", "Country", "Registered"),
		Empty: "Nobody was found. Check what you typed: a mail address and a username have to be whole."}
	for _, c := range found.Customers {
		t.Rows = append(t.Rows, []look.Cell{{Text: c.called(), Address: v.on("customers", c.CustomerID), Note: c.Email}, state(c.Status), text(c.Tier), text(c.Country), text(moment(c.RegisteredAt))})
	}
	b.blocks = []block{{more: searchForm(v.on("customers"), asked)}, {title: "Found", table: &t, pager: v.pager("Pages of customers", found.NextCursor)}}
	return v.show(b)
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
