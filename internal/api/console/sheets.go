package console

import (
	"strconv"
	"strings"

	"turnup/internal/base/fault"
	"turnup/internal/base/money"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

// entries are the terms for who may only read them.
func (p *paper) entries() (out []look.Entry) {
	for _, i := range p.inputs {
		out = append(out, entry(i.Label, text(i.Value)))
	}
	return entries(out...)
}

// strs are the texts of a list in a term, with commas between.
func (t terms) strs(name string) string {
	var out []string
	all, _ := t[name].([]any)
	for _, one := range all {
		if s, ok := one.(string); ok {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

// whole is a whole number of a term; "" of none.
func (t terms) whole(name string) string {
	f, ok := t[name].(float64)
	if !ok {
		return ""
	}
	return strconv.FormatInt(int64(f), 10)
}

func (t terms) sum(name string) (amount, currency string) {
	m, _ := t[name].(map[string]any)
	minor, _ := m["minor"].(float64)
	currency, _ = m["currency"].(string)
	if currency == "" {
		return "", ""
	}
	return strings.TrimSuffix(money.Amount{Minor: int64(minor), Currency: currency}.String(), " "+currency), currency
}

func (t terms) ticked(name string) string {
	if b, _ := t[name].(bool); b {
		return "yes"
	}
	return ""
}

// put sets a term, or takes it away when nothing was given.
func (t terms) put(name, value string) {
	if t[name] = value; value == "" {
		delete(t, name)
	}
}

func (t terms) putList(name, value string) {
	all := listed(value)
	if t[name] = all; len(all) == 0 {
		delete(t, name)
	}
}

// putWhole sets a term that is a whole number.
func (t terms) putWhole(name, value string) *fault.Fault {
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case value == "":
		delete(t, name)
	case err != nil:
		return fault.ErrInvalid.Naming(name, "a whole number")
	default:
		t[name] = n
	}
	return nil
}

func (t terms) putSum(name, amount, currency string) *fault.Fault {
	m, err := money.Parse(amount, strings.ToUpper(currency))
	if err != nil {
		return fault.ErrInvalid.Naming("amount", "write it like 12.99")
	}
	t[name] = m
	return nil
}

func planSheet(v view) sheet {
	plan, country := v.PathValue("plan"), v.PathValue("country")
	return sheet{title: plan + " in " + country, will: "Orders and contracts that were made before keep their terms.", path: session.Path("admin", "plans", plan, country), put: "putPlan", list: v.on("plans"), ours: []string{"$schema", "itemId", "country", "version"},
		inputs: []input{{Field: look.Field{Name: "name", Label: "Name", Max: 100}}, maybe(input{Field: look.Field{Name: "description", Label: "Description", Hint: "A sentence for customers", Max: 500}}),
			{Field: look.Field{Name: "amount", Label: "Price of a period", Hint: "For example 12.99", Mode: "decimal", Max: 20}}, {Field: look.Field{Name: "currency", Label: "Currency", Max: 3}},
			{Field: look.Field{Name: "billingPeriod", Label: "Period", Hint: "P1M is a month, P1Y a year", Max: 5}}, maybe(input{Field: look.Field{Name: "tiers", Label: "Only for these tiers", Hint: "Their ids, with commas between; empty for all", Max: 500}}),
			maybe(input{Field: look.Field{Name: "groups", Label: "Only for these groups", Hint: "A private plan: their ids, with commas between; empty for all", Max: 500}}), maybe(input{check: true, Field: look.Field{Name: "onSale", Label: "On sale"}})},
		fill: func(t terms, p *paper) {
			amount, currency := t.sum("price")
			for name, value := range map[string]any{"name": t["name"], "description": t["description"], "amount": amount, "currency": currency, "billingPeriod": t["billingPeriod"], "tiers": t.strs("tiers"), "groups": t.strs("groups"), "onSale": t.ticked("onSale")} {
				p.set(name, value)
			}
		},
		take: func(v view, t terms) *fault.Fault {
			for _, name := range []string{"name", "description", "billingPeriod"} {
				t.put(name, v.Field(name))
			}
			t.putList("tiers", v.Field("tiers"))
			t.putList("groups", v.Field("groups"))
			t["onSale"] = v.Field("onSale") == "yes"
			return t.putSum("price", v.Field("amount"), v.Field("currency"))
		}}
}

func couponSheet(v view) sheet {
	return sheet{title: "Coupon " + v.PathValue("code"), will: "Orders that were made with it before keep their discount.", path: session.Path("admin", "coupons", v.PathValue("code")), put: "putCoupon", list: v.on("coupons"), name: "code", ours: []string{"$schema", "code", "uses", "version"},
		inputs: []input{maybe(input{Field: look.Field{Name: "description", Label: "Description", Hint: "A sentence for customers", Max: 200}}),
			{Field: look.Field{Name: "kind", Label: "What it takes off", Options: []look.Option{{Value: "percentage", Label: "A share of the price"}, {Value: "fixed", Label: "An amount"}}}},
			maybe(input{Field: look.Field{Name: "basisPoints", Label: "Share in percent", Hint: "Of a share: 20, or 12.5", Mode: "decimal", Max: 6}}), maybe(input{Field: look.Field{Name: "amount", Label: "Amount", Hint: "Of an amount: 5.00", Mode: "decimal", Max: 20}}),
			maybe(input{Field: look.Field{Name: "currency", Label: "Currency", Value: "EUR", Max: 3}}), maybe(input{Field: look.Field{Name: "limit", Label: "Uses by all customers together", Hint: "Empty for as many as they like", Mode: "numeric", Max: 10}}),
			maybe(input{Field: look.Field{Name: "perCustomer", Label: "Uses by each customer", Hint: "Empty for as many as they like", Mode: "numeric", Max: 7}}), maybe(input{Field: look.Field{Name: "plans", Label: "Only for these plans", Hint: "Their ids, with commas between; empty for all", Max: 2000}}),
			maybe(input{Field: look.Field{Name: "from", Label: "Good from", Type: "date"}}), maybe(input{Field: look.Field{Name: "until", Label: "Good before", Type: "date"}}), maybe(input{check: true, Field: look.Field{Name: "disabled", Label: "Refuse it to everybody"}})},
		fill: fillCoupon, take: takeCoupon}
}

func fillCoupon(t terms, p *paper) {
	amount, currency := t.sum("amount")
	if currency == "" {
		currency = "EUR"
	}
	share := ""
	if points, ok := t["basisPoints"].(float64); ok {
		share = strconv.FormatFloat(points/100, 'f', -1, 64)
	}
	day := func(name string) string {
		s, _ := t[name].(string)
		return s[:min(10, len(s))]
	}
	for name, value := range map[string]any{"description": t["description"], "kind": t["kind"], "basisPoints": share, "amount": amount, "currency": currency, "limit": t.whole("limit"), "perCustomer": t.whole("perCustomer"),
		"plans": t.strs("plans"), "from": day("from"), "until": day("until"), "disabled": t.ticked("disabled")} {
		p.set(name, value)
	}
}

func takeCoupon(v view, t terms) *fault.Fault {
	t.put("description", v.Field("description"))
	t.put("kind", v.Field("kind"))
	t.putList("plans", v.Field("plans"))
	t["disabled"] = v.Field("disabled") == "yes"
	for _, name := range []string{"from", "until"} {
		if t.put(name, v.Field(name)); v.Field(name) != "" {
			t[name] = v.Field(name) + "T00:00:00Z"
		}
	}
	for _, name := range []string{"limit", "perCustomer"} {
		if f := t.putWhole(name, v.Field(name)); f != nil {
			return f
		}
	}
	delete(t, "basisPoints")
	delete(t, "amount")
	if v.Field("kind") == "fixed" {
		return t.putSum("amount", v.Field("amount"), v.Field("currency"))
	}
	points, err := money.Parse(v.Field("basisPoints"), "EUR") // two digits, as percent have
	if err != nil {
		return fault.ErrInvalid.Naming("basisPoints", "a share like 20 or 12.5")
	}
	t["basisPoints"] = points.Minor
	return nil
}

func groupSheet(v view) sheet {
	return sheet{title: "Tier or group " + v.PathValue("group"), will: "A tier every customer has exactly one of; groups they may be in any number. What it is at first it stays, and there is no way to remove one.", path: session.Path("admin", "groups", v.PathValue("group")), put: "putGroup", list: v.on("groups"), name: "group", unread: true,
		inputs: []input{{Field: look.Field{Name: "kind", Label: "What it is", Options: []look.Option{{Value: "group", Label: "A group"}, {Value: "tier", Label: "A tier"}}}}, {Field: look.Field{Name: "name", Label: "Name for people", Max: 100}}},
		fill: func(_ terms, p *paper) {
			p.set("kind", v.Query().Get("kind"))
			p.set("name", v.Query().Get("name"))
		},
		take: func(v view, t terms) *fault.Fault {
			t.put("kind", v.Field("kind"))
			t.put("name", v.Field("name"))
			return nil
		}}
}
