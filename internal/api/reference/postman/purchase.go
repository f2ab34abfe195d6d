package postman

import (
	"maps"
	"net/http"
)

// values replace parts of an operation's example: path and query parameters by name, the whole body.
type values struct {
	parameters map[string]string
	body       any
}

// call is one request of the purchase: an operation's example with variables in place of its values.
func (g generator) call(name, operation string, v values, s Step) Item {
	op, known := g.ops[operation]
	if !known {
		panic("postman: there is no operation " + operation)
	}
	q := g.request(op)
	used := maps.Clone(v.parameters)
	put := func(list []KeyValue) []KeyValue {
		var kept []KeyValue
		for _, kv := range list {
			if value, ok := v.parameters[kv.Key]; ok {
				kv.Value, kv.Disabled = value, false
				delete(used, kv.Key)
			}
			if !kv.Disabled {
				kept = append(kept, kv)
			}
		}
		return kept
	}
	q.URL.Variable, q.URL.Query, q.Header = put(q.URL.Variable), put(q.URL.Query), put(q.Header)
	if len(used) > 0 {
		panic("postman: " + operation + " lacks a parameter that the purchase uses")
	}
	if q.Header == nil {
		q.Header = []KeyValue{}
	}
	if v.body != nil {
		q.Body = jsonBody(v.body)
	}
	q.URL.Raw = raw(q.URL)
	if s.Status == 0 {
		s.Status = max(op.Status, http.StatusOK)
	}
	return scripted(Item{Name: name, Request: q, Turnup: &s})
}

// form is a request to the PSP sandbox's pages, as a browser sends it.
func form(name, address string, fields []KeyValue, s Step) Item {
	s.Status = http.StatusSeeOther
	return scripted(Item{Name: name, Turnup: &s, Behaviour: &Behaviour{FollowRedirects: false},
		Request: &Request{Method: http.MethodPost, URL: URL{Raw: address, Host: []string{address}}, Header: []KeyValue{}, Auth: &Auth{Type: "noauth"},
			Body: &Body{Mode: "urlencoded", URLEncoded: fields}}})
}

func (g generator) purchase() []Item {
	type object = map[string]any
	by := func(pairs ...string) values {
		p := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			p[pairs[i]] = pairs[i+1]
		}
		return values{parameters: p}
	}
	with := func(v values, body object) values {
		v.body = body
		return v
	}
	return []Item{
		g.call("1 Is the username free?", "queryIfUserNameExists", by("username", "{{username}}"), Step{
			Set: []Set{{"username", "buyer-{{$guid}}"}}, Expect: []Expect{{"$.exists", "false"}, {"$.nextStep", "register"}}}),
		g.call("2 Register", "registerCustomer", with(by(), object{"username": "{{username}}", "password": "{{password}}", "country": "{{country}}", "language": "en",
			"contact": object{"email": "{{username}}@example.com"}, "consent": object{"terms": true}}), Step{
			Save: []Save{{Variable: "customerId", Path: "$.customerId"}, {Variable: "token", Path: "$.session.accessToken"}}}),
		g.call("3 What can be bought?", "getCatalogue", by("country", "{{country}}", "itemType", "subscription"), Step{
			Save: []Save{{Variable: "itemId", Path: "$.items[0].itemId"}}}),
		g.call("4 Begin a payment method", "createPaymentMethod", with(by(), object{"returnUrl": "{{returnUrl}}", "language": "en"}), Step{
			Expect: []Expect{{"$.status", "redirect_required"}},
			Save: []Save{{Variable: "reference", Path: "$.reference"}, {Variable: "redirectUrl", Path: "$.redirectUrl"},
				{Variable: "pspUrl", Path: "$.redirectUrl", Match: "^(https?://[^/]+)/"}}}),
		form("4a Enter the card at the PSP", "{{redirectUrl}}", []KeyValue{{Key: "number", Value: "{{card}}"}, {Key: "exp_month", Value: "12"}, {Key: "exp_year", Value: "2040"},
			{Key: "cvc", Value: "123"}, {Key: "name", Value: "Ada Lovelace"}}, Step{Save: []Save{{Variable: "challengePath", Header: "Location", Match: "^(/3ds/.+)$"}}}),
		form("4b Authenticate (3-D Secure)", "{{pspUrl}}{{challengePath}}", []KeyValue{{Key: "result", Value: "succeeded"}}, Step{
			Save: []Save{{Variable: "sessionId", Header: "Location", Match: "[?&]session_id=([^&]+)"}}}),
		g.call("5 Confirm the payment method", "confirmPaymentMethod", with(by("reference", "{{reference}}"), object{"sessionId": "{{sessionId}}"}), Step{
			Expect: []Expect{{"$.status", "confirmed"}}, Save: []Save{{Variable: "paymentMethodId", Path: "$.paymentMethodId"}}}),
		g.call("6 Put the item into a cart", "addItemsToCart", with(by(), object{"items": []object{{"itemId": "{{itemId}}", "quantity": 1}}}), Step{
			Expect: []Expect{{"$.status", "open"}, {"$.lines[0].itemId", "{{itemId}}"}}, Save: []Save{{Variable: "cartId", Path: "$.cartId"}}}),
		g.call("7 Buy", "checkoutCart", with(by("cartId", "{{cartId}}"), object{"paymentMethodId": "{{paymentMethodId}}", "returnUrl": "{{returnUrl}}"}), Step{
			Expect: []Expect{{"$.status", "complete"}}, Save: []Save{{Variable: "orderId", Path: "$.orderId"}, {Variable: "subscriptionId", Path: "$.subscriptionIds[0]"}}}),
		g.call("8 Wait for delivery", "getOrder", by("orderId", "{{orderId}}"), Step{Poll: &Poll{Expect: Expect{"$.status", "delivered"}, Times: 60, EveryMS: 1000}}),
		g.call("9 May the customer watch?", "getSubscription", by("subscriptionId", "{{subscriptionId}}"), Step{
			Expect: []Expect{{"$.status", "active"}, {"$.entitlement.state", "active"}}}),
		g.call("10 The other branch: the username exists", "queryIfUserNameExists", by("username", "{{username}}"), Step{
			Expect: []Expect{{"$.exists", "true"}, {"$.nextStep", "login"}}, Save: []Save{{Variable: "loginUrl", Path: "$.loginUrl"}}}),
	}
}
