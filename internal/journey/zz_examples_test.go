package journey

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"turnup/internal/api/reference"
	"turnup/internal/base/token"
	"turnup/internal/platform/rest"
)

// example is a request as the API's document shows it.
type example struct {
	op      rest.Op
	path    []string // its segments
	query   url.Values
	headers []Header
	body    any
}

// examplesShown reads the requests of the document as it is served.
func examplesShown(t *testing.T) (out []example) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Example  any
				Required bool
			}
			RequestBody struct {
				Content map[string]struct{ Example any }
			}
		}
	}
	if err := must[Answer](t)(site.Visitor().Get(t.Context(), "/openapi.json")).Into(&doc); err != nil {
		t.Fatal(err)
	}
	for _, op := range reference.Document().Operations() {
		shown := doc.Paths[op.Path][strings.ToLower(op.Method)]
		path := op.Path
		e := example{op: op, query: url.Values{}, body: shown.RequestBody.Content["application/json"].Example}
		for _, p := range shown.Parameters {
			value, _ := p.Example.(string)
			switch {
			case p.In == "path":
				path = strings.ReplaceAll(path, "{"+p.Name+"}", value)
			case p.In == "query" && p.Required:
				e.query.Set(p.Name, value)
			case p.In == "header" && p.Required && p.Name != "Idempotency-Key": // whose example would be one key for all
				e.headers = append(e.headers, Header{p.Name, value})
			}
		}
		e.path = strings.Split(path, "/")
		out = append(out, e)
	}
	return out
}

var shownID = regexp.MustCompile(`\b([a-z]+_)01[0-9A-HJKMNP-TV-Z]{24}\b`)

// theirs puts a reader's own ids and names in the place of those that an example makes up, as a reader does. What is no id stays as it is shown.
func theirs(v any, ids, words map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, in := range v {
			out[name] = theirs(in, ids, words)
		}
		return out
	case []any:
		out := []any{}
		for _, in := range v {
			out = append(out, theirs(in, ids, words))
		}
		return out
	case string:
		if own, ok := words[v]; ok {
			return own
		}
		return shownID.ReplaceAllStringFunc(v, func(id string) string {
			if own := ids[shownID.FindStringSubmatch(id)[1]]; own != "" {
				return own
			}
			return id
		})
	}
	return v
}

// at is the path with a reader's own ids and names.
func (e example) at(ids, words map[string]string) string {
	var segments []string
	for _, s := range e.path {
		segments = append(segments, theirs(s, ids, words).(string))
	}
	return strings.Join(segments, "/")
}

// S3-158: the requests of the API's document run as they are shown, with one's own ids in them: each is answered with success, or with the one
// fault that the state of things here leads to, and none is a request that the API does not understand. It comes late, because some of them
// change what the tenant has set.
func TestExamplesRun(t *testing.T) {
	o := own(t)
	ids := map[string]string{"cus_": o.id, "cart_": o.cart.CartID, "clk_": o.clock, "dia_": o.diagnosis, "inv_": invoiceOf(o.order.OrderID), "ord_": o.unpaid.OrderID, "pmr_": o.method.Reference,
		"pmt_": o.method.PaymentMethodID, "ses_": o.signedIn, "stf_": o.member, "sub_": o.line.subscription, "svc_": o.line.service, "tic_": o.ticket,
		"whe_": receives(t, "order.paid").EndpointID}
	staff := staffed(t, nil, token.Roles...)
	buyer, _, card, _ := shopper(t, cardGood)
	payer, _, hers, full := shopper(t, cardGood)
	var self struct{ Username string }
	if err := must[Answer](t)(o.customer.Get(t.Context(), "/auth/account")).Into(&self); err != nil {
		t.Fatal(err)
	}
	name := newName()
	words := map[string]string{"ada@example.com": name + "@example.com", "ada.lovelace@example.com": newEmail(), "ada.lovelace": name, "grace@example.com": newEmail(), "loc-100231": o.line.home.Location}
	all := examplesShown(t)
	slices.SortStableFunc(all, func(a, b example) int { return slices.Index(turns, turn(a.op)) - slices.Index(turns, turn(b.op)) })
	ran := map[string]bool{}
	for _, e := range all {
		c, headers := site.Visitor(), e.headers
		switch e.op.Audience {
		case rest.Staff:
			c.Token = staff
		case rest.Customer, rest.Person:
			if c.Token = o.customer.Token; o.owners[e.op.ID] != "" {
				c.Token = o.owners[e.op.ID]
			}
		case rest.Machine:
			key := "TURNUP_RADIUS_KEY"
			if strings.HasPrefix(e.op.Path, "/network/") {
				key = "TURNUP_ACCESS_KEY"
			}
			headers = append(headers, Header{rest.MachineHeader, os.Getenv(key)})
		}
		ids["cus_"], ids["sub_"], ids["pmt_"], words["correct horse battery"] = o.id, o.line.subscription, o.method.PaymentMethodID, "staple-horse-"+self.Username
		switch e.op.ID {
		case "quotePlanChange", "changePlan", "keepPlan", "beginUpgrade": // to a streaming plan
			ids["sub_"] = o.order.SubscriptionIDs[0]
		case "createOrder", "createSubscription": // by somebody who has not the plan yet
			c.Token, ids["pmt_"] = buyer.Token, card.PaymentMethodID
		case "checkoutCart":
			c.Token, ids["cart_"], ids["pmt_"] = payer.Token, full.CartID, hers.PaymentMethodID
		case "removeItemFromCart":
			words["plan_stream-hd"] = "good_streaming-stick"
		case "putLocation":
			words["loc-100231"] = NewHome().Location
		case "deleteCustomer":
			ids["cus_"] = o.leaver
		case "registerCustomer", "registerAccount", "login":
			delete(words, "correct horse battery")
		}
		if e.op.NeedsKey() {
			headers = append(headers, Header{"Idempotency-Key", Key()})
		}
		path := e.at(ids, words)
		if len(e.query) > 0 {
			query := url.Values{}
			for name := range e.query {
				query.Set(name, theirs(e.query.Get(name), ids, words).(string))
			}
			path += "?" + query.Encode()
		}
		delete(words, "plan_stream-hd")
		var body any
		if e.body != nil {
			body = theirs(e.body, ids, words)
		}
		a := must[Answer](t)(c.Call(t.Context(), e.op.Method, path, body, headers...))
		ran[e.op.ID] = a.Status < http.StatusBadRequest
		switch e.op.ID { // what is changed and ended is what the examples have made
		case "createWebhookEndpoint":
			ids["whe_"] = into[webhookEndpoint](t, a).EndpointID
		case "testWebhookEndpoint":
			ids["whd_"] = into[webhookDelivery](t, a).DeliveryID
		}
		if e.op.ID == "authorizeSubscriber" && a.Status == http.StatusUnauthorized && strings.Contains(string(a.Raw), "Unknown subscriber") { // FreeRADIUS' own form of a refusal
			continue
		}
		if want := meets[e.op.ID]; a.Code() != want || want == "" && !ran[e.op.ID] {
			raw, _ := json.Marshal(body)
			t.Errorf("%s: %s %s %s: %d %s, want %q", e.op.ID, e.op.Method, path, raw, a.Status, a.Raw, want)
		}
	}
	for id := range meets {
		if _, known := ran[id]; !known {
			t.Errorf("%s is no operation", id)
		}
	}
}

// turns is the order: what reads goes before what changes, and what ends something comes last.
var turns = []string{"read", "change", "end", "last"}

func turn(op rest.Op) string {
	made := op.ID == "getSignupPartner" || op.ID == "getMaintenance" // by the examples of putSignupPartner and putMaintenance
	switch {
	case op.Method == http.MethodGet && !made:
		return "read"
	case slices.Contains([]string{"checkoutCart", "deleteCustomer", "logout", "logoutEverywhere", "changePassword", "removePaymentMethod", "registerAccount", "withdrawMaintenance"}, op.ID):
		return "last"
	case op.Method == http.MethodDelete, made, strings.HasPrefix(op.ID, "cancel"), strings.HasPrefix(op.ID, "terminate"), strings.HasPrefix(op.ID, "change"):
		return "end"
	}
	return "change"
}

// meets are the operations whose example meets a state here in which it is refused, with the fault's code. What they do when it is not is each
// operation's own test's to show.
var meets = map[string]string{
	// tokens and codes are made up: a mail, a bank or an authenticator makes the real ones
	"verifyEmail": "link_invalid", "resetPassword": "link_invalid", "confirmEmail": "link_invalid", "revealServiceCredentials": "link_invalid", "refreshSession": "token_invalid",
	"confirmSecondFactor": "proof_wrong", "disableSecondFactor": "second_factor_absent", "confirmPaymentMethod": "payment_result_mismatch", "receiveStripeEvent": "signature_invalid",
	// nothing is as the example supposes
	"getSignup": "signup_not_found", "redirectRefund": "refund_not_found", "verifyPayment": "payment_not_found", "keepPlan": "plan_change_not_scheduled",
	"renewSubscription": "renewal_not_due", "payInvoice": "invoice_already_paid", "voidInvoice": "invoice_already_paid", "writeOffInvoice": "invoice_already_paid",
	"provisionService": "service_equipment_differs", "attachCustomer": "customer_has_timers", "retryProvisioning": "service_not_parked", "cancelProvisioning": "service_not_parked",
	"updateCustomer":      "profile_invalid",                                          // a part of an address, of somebody who has none
	"removePaymentMethod": "payment_method_in_use", "registerAccount": "email_exists", // by registerCustomer's example
}

// hostile are addresses to which no customer may be led, and no server of ours may be sent.
var hostile = []string{"https://evil.example/", "http://localhost:3000.evil.example/", "http://localhost:3000@evil.example/", "//evil.example/", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd",
	"http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "http://[::1]:1/", "https://localhost:3000\\@evil.example/", "http://localhost:3001/", "https://localhost:3000/"}

// X10: whatever field of the API is an address to lead a customer to takes the front end's own addresses and no others: each such field of each
// operation, found by its example, with each hostile address.
func TestAddressesAreTheFrontEnds(t *testing.T) {
	c, _ := newCustomer(t)
	order := into[PlanOrder](t, must[Answer](t)(c.CreateOrder(t.Context(), Key(), "plan_stream-hd", "")))
	fields := 0
	for _, e := range examplesShown(t) {
		body, ok := e.body.(map[string]any)
		if !ok || e.op.Audience != rest.Customer && e.op.Audience != rest.Person {
			continue
		}
		for name, shown := range body {
			if address, ok := shown.(string); !ok || !strings.HasPrefix(address, "http") {
				continue
			}
			fields++
			for _, address := range hostile {
				a := must[Answer](t)(c.Call(t.Context(), e.op.Method, e.at(map[string]string{"ord_": order.OrderID}, nil), with(body, name, address), Header{"Idempotency-Key", Key()}))
				if a.Status != http.StatusBadRequest || a.Code() != "return_url_not_allowed" && a.Code() != "invalid_request" {
					t.Errorf("%s takes %s in %s: %d %s", e.op.ID, address, name, a.Status, a.Raw)
				}
			}
		}
	}
	if fields < 5 {
		t.Errorf("only %d fields are addresses: the test finds them no longer", fields)
	}
}
