package console

import (
	"net/http"
	"strconv"
	"strings"

	"turnup/internal/base/money"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

func (s service) addOffers(site *web.Site) {
	s.page(site, web.Page{ID: "getConsolePlans", Method: http.MethodGet, Path: "/console/plans", About: "All plans of all countries."}, view.plans)
	s.page(site, web.Page{ID: "getConsolePlan", Method: http.MethodGet, Path: "/console/plans/{plan}/{country}", About: "A plan's terms."}, showSheet(planSheet))
	s.page(site, web.Page{ID: "sendConsolePlan", Method: http.MethodPost, Path: "/console/plans/{plan}/{country}", About: "Sets a plan's terms."}, sendSheet(planSheet))
	s.page(site, web.Page{ID: "getConsoleCoupons", Method: http.MethodGet, Path: "/console/coupons", About: "All coupons and their uses."}, view.coupons)
	s.page(site, web.Page{ID: "getConsoleCoupon", Method: http.MethodGet, Path: "/console/coupons/{code}", About: "A coupon's terms, or the form of a new one."}, showSheet(couponSheet))
	s.page(site, web.Page{ID: "sendConsoleCoupon", Method: http.MethodPost, Path: "/console/coupons/{code}", About: "Sets a coupon's terms."}, sendSheet(couponSheet))
	s.page(site, web.Page{ID: "getConsoleGroups", Method: http.MethodGet, Path: "/console/groups", About: "Tiers and groups of customers."}, view.groups)
	s.page(site, web.Page{ID: "getConsoleGroup", Method: http.MethodGet, Path: "/console/groups/{group}", About: "A tier or group, or the form of a new one."}, showSheet(groupSheet))
	s.page(site, web.Page{ID: "sendConsoleGroup", Method: http.MethodPost, Path: "/console/groups/{group}", About: "Sets what it is called."}, sendSheet(groupSheet))
}

type offer struct {
	ItemID, Country, Name, Description, BillingPeriod string
	Price                                             money.Amount
	OnSale                                            bool
	Tiers, Groups                                     []string
}

func (v view) plans() (web.Answer, error) {
	var found struct {
		Plans      []offer
		NextCursor string
	}
	if err := v.api.Get("/admin/plans", query("limit", "50", "cursor", v.Query().Get("cursor")), &found); err != nil {
		return web.Answer{}, err
	}
	b := v.board("Plans")
	t := look.Table{Caption: "Plans", Columns: look.Columns("Plan", "Country", "On sale", "For", "#Price"), Empty: "There are no plans yet."}
	for _, p := range found.Plans {
		sale := look.Cell{Text: "On sale", Tone: look.Good}
		if !p.OnSale {
			sale = look.Cell{Text: "Not on sale", Tone: look.Plain}
		}
		whom := strings.Join(append(p.Tiers, p.Groups...), ", ")
		if whom == "" {
			whom = "Everybody"
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: p.Name, Note: p.ItemID, Address: v.on("plans", p.ItemID, p.Country)}, text(p.Country), sale, text(whom), text(sum(p.Price) + " per " + p.BillingPeriod)})
	}
	b.blocks = []block{{table: &t, pager: v.pager("Pages of plans", found.NextCursor)}}
	return v.show(b)
}

type couponOf struct {
	Code, Description, Kind string
	Uses, Limit             int64
	BasisPoints             int64
	Amount                  *money.Amount
	Plans                   []string
	Disabled                bool
}

func (c couponOf) worth() string {
	if c.Amount != nil {
		return sum(*c.Amount)
	}
	return strconv.FormatFloat(float64(c.BasisPoints)/100, 'f', -1, 64) + " %"
}

func (v view) coupons() (web.Answer, error) {
	var found struct {
		Coupons    []couponOf
		NextCursor string
	}
	if err := v.api.Get("/admin/coupons", query("limit", "12", "cursor", v.Query().Get("cursor")), &found); err != nil {
		return web.Answer{}, err
	}
	b := v.board("Coupons")
	t := look.Table{Caption: "Coupons", Columns: look.Columns("Code", "What", "Status", "Plans", "#Worth", "#Uses"), Empty: "There are no coupons yet."}
	for _, c := range found.Coupons {
		status := look.Cell{Text: "Good", Tone: look.Good}
		if c.Disabled {
			status = look.Cell{Text: "Refused", Tone: look.Plain}
		}
		uses := strconv.FormatInt(c.Uses, 10)
		if c.Limit > 0 {
			uses += " of " + strconv.FormatInt(c.Limit, 10)
		}
		plans := strings.Join(c.Plans, ", ")
		if plans == "" {
			plans = "All"
		}
		t.Rows = append(t.Rows, []look.Cell{link(c.Code, v.on("coupons", c.Code)), text(c.Description), status, text(plans), text(c.worth()), text(uses)})
	}
	b.blocks = []block{{table: &t, pager: v.pager("Pages of coupons", found.NextCursor)}}
	if v.may("putCoupon") {
		b.blocks = append(b.blocks, block{title: "New coupon", more: newForm(v.on("coupons", "new"), "code", "Code", "Capital letters and digits, for example SUMMER20")})
	}
	return v.show(b)
}

func (v view) groups() (web.Answer, error) {
	var found struct {
		Groups     []struct{ GroupID, Kind, Name string }
		NextCursor string
	}
	if err := v.api.Get("/admin/groups", query("limit", "50", "cursor", v.Query().Get("cursor")), &found); err != nil {
		return web.Answer{}, err
	}
	b := v.board("Tiers and groups")
	t := look.Table{Caption: "Tiers and groups", Columns: look.Columns("Name", "Id", "What"), Empty: "There are none yet."}
	for _, g := range found.Groups {
		name := text(g.Name)
		if v.may("putGroup") {
			name = link(g.Name, v.on("groups", g.GroupID)+"?"+query("name", g.Name, "kind", g.Kind).Encode())
		}
		t.Rows = append(t.Rows, []look.Cell{name, code(g.GroupID), text(plain(g.Kind))})
	}
	b.blocks = []block{{table: &t, pager: v.pager("Pages of groups", found.NextCursor)}}
	if v.may("putGroup") {
		b.blocks = append(b.blocks, block{title: "New tier or group", more: newForm(v.on("groups", "new"), "group", "Id", "Small letters, digits and hyphens, for example students")})
	}
	return v.show(b)
}
