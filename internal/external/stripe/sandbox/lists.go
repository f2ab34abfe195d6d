package sandbox

import (
	"slices"
	"strings"
)

// expandable names, per object, the fields that `expand` may replace by the
// object they point to, and the kind of that object.
var expandable = map[string]map[string]string{
	"customer":         {},
	"event":            {},
	"webhook_endpoint": {},
	"payment_method":   {"customer": "customer"},
	"setup_intent":     {"customer": "customer", "payment_method": "payment_method"},
	"payment_intent":   {"customer": "customer", "payment_method": "payment_method", "latest_charge": "charge"},
	"charge":           {"customer": "customer", "payment_intent": "payment_intent"},
	"dispute":          {"charge": "charge", "payment_intent": "payment_intent"},
	"refund":           {"charge": "charge", "payment_intent": "payment_intent"},
	"checkout.session": {"customer": "customer", "setup_intent": "setup_intent", "payment_intent": "payment_intent"},
}

// checkExpand refuses unknown expansions before anything is done, so that a
// refused request has no effect.
func checkExpand(object string, isList bool, paths []string) *apiError {
	for _, full := range paths {
		path := full
		if isList {
			rest, ok := strings.CutPrefix(full, "data.")
			if !ok {
				return badExpand(full)
			}
			path = rest
		}
		kind := object
		for name := range strings.SplitSeq(path, ".") {
			next, ok := expandable[kind][name]
			if !ok {
				return badExpand(full)
			}
			kind = next
		}
	}
	return nil
}

func badExpand(path string) *apiError {
	return badParam("expand", "", "This property cannot be expanded (%s).", path)
}

// expandAll replaces ids by objects along checked paths.
func (st *state) expandAll(o obj, paths []string) {
	for _, path := range paths {
		st.expandPath(o, strings.Split(path, "."))
	}
}

func (st *state) expandPath(o obj, path []string) {
	if path[0] == "data" {
		for _, item := range o["data"].([]obj) {
			st.expandPath(item, path[1:])
		}
		return
	}
	name := path[0]
	kind, _ := o["object"].(string)
	switch v := o[name].(type) {
	case string:
		full := st.find(expandable[kind][name], v)
		if full == nil {
			return
		}
		o[name] = full
		if len(path) > 1 {
			st.expandPath(full, path[1:])
		}
	case obj: // an earlier path has expanded it already
		if len(path) > 1 {
			st.expandPath(v, path[1:])
		}
	}
}

// find renders the object with this id.
func (st *state) find(kind, id string) obj {
	switch kind {
	case "customer":
		return render(st.Customers, id, st.renderCustomer)
	case "payment_method":
		return render(st.PaymentMethods, id, st.renderPaymentMethod)
	case "setup_intent":
		return render(st.SetupIntents, id, st.renderSetupIntent)
	case "payment_intent":
		return render(st.PaymentIntents, id, st.renderPaymentIntent)
	case "charge":
		return render(st.Charges, id, st.renderCharge)
	}
	return nil
}

func render[T any](t *table[T], id string, as func(*T) obj) obj {
	row := t.Rows[id]
	if row == nil {
		return nil
	}
	return as(row)
}

// paging are the parameters every list takes.
var paging = schema{"limit": number, "starting_after": text, "ending_before": text}

// page answers a list, newest first, of the rows the filter keeps.
func page[T any](o *op, p params, t *table[T], keep func(*T) bool, as func(*T) obj) (obj, *apiError) {
	limit := int64(10)
	if p.has("limit") {
		limit = p.int("limit")
	}
	if limit < 1 || limit > 100 {
		return nil, badParam("limit", "parameter_invalid_integer", "Invalid limit: must be between 1 and 100")
	}
	ids := slices.Clone(t.Order)
	slices.Reverse(ids)
	if after := p.str("starting_after"); after != "" {
		at := slices.Index(ids, after)
		if at < 0 {
			return nil, noSuch("object", after, "starting_after")
		}
		ids = ids[at+1:]
	}
	backwards := p.has("ending_before")
	if before := p.str("ending_before"); backwards {
		at := slices.Index(ids, before)
		if at < 0 {
			return nil, noSuch("object", before, "ending_before")
		}
		ids = ids[:at]
		slices.Reverse(ids) // nearest to the cursor first
	}
	data, more := []obj{}, false
	for _, id := range ids {
		row := t.Rows[id]
		if row == nil || !keep(row) {
			continue
		}
		if int64(len(data)) == limit {
			more = true
			break
		}
		data = append(data, as(row))
	}
	if backwards {
		slices.Reverse(data)
	}
	return obj{"object": "list", "data": data, "has_more": more, "url": o.path}, nil
}

// within tells whether a time lies in a created[...] filter.
func within(p params, name string, at int64) bool {
	r := p.sub(name)
	return (!r.has("gt") || at > r.int("gt")) && (!r.has("gte") || at >= r.int("gte")) &&
		(!r.has("lt") || at < r.int("lt")) && (!r.has("lte") || at <= r.int("lte"))
}

// matches tells whether a value is the one a list filter asks for.
func matches(p params, name, value string) bool { return !p.has(name) || p.str(name) == value }
