package journey

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/golang-jwt/jwt/v5"

	"turnup/internal/api/reference"
	"turnup/internal/base/token"
	"turnup/internal/platform/rest"
	"turnup/internal/platform/secrets"
)

// owned is one customer's things, for others to reach after.
type owned struct {
	customer *Customer
	id       string
	method   Method
	session  string
	cart     Cart // open
	order    Checkout
	clock    string // a test clock of the operator's
	newcomer string // a customer for whom nothing is due
	unpaid   PlanOrder
}

func own(t *testing.T) owned {
	t.Helper()
	ctx := context.Background()
	c, r := newCustomer(t)
	o := owned{customer: c, id: r.CustomerID}
	expect(t, must[Answer](t)(admin(t).SetAccess(ctx, o.id, "standard", "staff-family")), nil, http.StatusOK, "")
	begun := must[Method](t)(c.BeginMethod(ctx))
	back := must[url.Values](t)(NewBrowser().Pay(ctx, begun.RedirectURL, cardGood, Pass))
	o.session = back.Get("session_id")
	o.method = into[Method](t, must[Answer](t)(c.ConfirmMethod(ctx, begun.Reference, back)))
	bought := must[Cart](t)(c.Fill(ctx, "plan_stream-hd"))
	o.order = into[Checkout](t, must[Answer](t)(c.Pay(ctx, Key(), bought.CartID, o.method.PaymentMethodID)))
	o.cart = must[Cart](t)(c.Fill(ctx, "good_streaming-stick"))
	o.unpaid = into[PlanOrder](t, must[Answer](t)(c.CreateOrder(ctx, Key(), "plan_stream-family", "")))
	o.clock = newTestClock(t, nil).ClockID
	_, n := newCustomer(t)
	o.newcomer = n.CustomerID
	return o
}

// rows says, for each operation, what its owner sends, and what somebody else is answered to the same.
func rows(o owned) map[string]struct {
	path    string
	body    any
	foreign int // to another customer and to another tenant
} {
	type row = struct {
		path    string
		body    any
		foreign int
	}
	return map[string]row{
		"queryIfUserNameExists": {"/registration/usernames?username=" + newName(), nil, http.StatusOK},
		"registerCustomer":      {"/registration/customers", Registration(newName()), http.StatusCreated},
		"getCatalogue":          {"/catalogue/items", nil, http.StatusOK},
		"createPaymentMethod":   {"/payment-methods", map[string]any{"returnUrl": ReturnURL}, http.StatusCreated}, // makes one's own
		"getPaymentMethod":      {"/payment-methods/" + o.method.Reference, nil, http.StatusNotFound},
		"confirmPaymentMethod":  {"/payment-methods/" + o.method.Reference + "/confirm", map[string]any{"sessionId": o.session}, http.StatusNotFound},
		"addItemsToCart":        {"/carts/items", map[string]any{"cartId": o.cart.CartID, "items": []any{item("plan_sports-pass")}}, http.StatusNotFound},
		"getCart":               {"/carts/" + o.cart.CartID, nil, http.StatusNotFound},
		"removeItemFromCart":    {"/carts/" + o.cart.CartID + "/items/plan_sports-pass", nil, http.StatusNotFound},
		"checkoutCart":          {"/carts/" + o.cart.CartID + "/checkout", map[string]any{"paymentMethodId": o.method.PaymentMethodID, "returnUrl": ReturnURL}, http.StatusNotFound},
		"createOrder":           {"/orders", map[string]any{"planId": "plan_stream-family"}, http.StatusNotFound},                                    // private
		"topUpWallet":           {"/wallet/top-ups", map[string]any{"amount": map[string]any{"minor": 1000, "currency": "EUR"}}, http.StatusCreated}, // one's own
		"payOrder":              {"/orders/" + o.unpaid.OrderID + "/pay", map[string]any{"method": "stripe", "returnUrl": ReturnURL}, http.StatusNotFound},
		"confirmOrderPayment":   {"/orders/" + o.unpaid.OrderID + "/confirm", nil, http.StatusNotFound},
		"listOrders":            {"/orders", nil, http.StatusOK}, // one's own, which are none
		"getOrder":              {"/orders/" + o.order.OrderID, nil, http.StatusNotFound},
		"getOrderStatus":        {"/orders/" + o.order.OrderID + "/status", nil, http.StatusNotFound},
		"cancelOrder":           {"/orders/" + o.unpaid.OrderID + "/cancel", nil, http.StatusNotFound},
		"listCustomerOrders":    {"/admin/customers/" + o.id + "/orders", nil, http.StatusOK}, // which are none, to another tenant
		"readCustomerOrder":     {"/admin/customers/" + o.id + "/orders/" + o.order.OrderID, nil, http.StatusNotFound},
		"cancelCustomerOrder":   {"/admin/customers/" + o.id + "/orders/" + o.unpaid.OrderID + "/cancel", nil, http.StatusNotFound},
		"listSubscriptions":     {"/subscriptions", nil, http.StatusOK}, // one's own, which are none
		"getSubscription":       {"/subscriptions/" + o.order.SubscriptionIDs[0], nil, http.StatusNotFound},
		"createTestClock":       {"/test-clocks", map[string]any{}, http.StatusCreated}, // makes one's own
		"getTestClock":          {"/test-clocks/" + o.clock, nil, http.StatusNotFound},
		"attachCustomer":        {"/test-clocks/" + o.clock + "/customers", map[string]any{"customerId": o.newcomer}, http.StatusNotFound},
		"advanceTestClock":      {"/test-clocks/" + o.clock + "/advance", map[string]any{"to": "2040-01-01T12:00:00Z"}, http.StatusNotFound},
		"listTimers":            {"/admin/customers/" + o.id + "/timers", nil, http.StatusOK}, // which are none, to another tenant
		"getWallet":             {"/wallet?currency=EUR", nil, http.StatusOK},                 // one's own, which is empty
		"listWalletEntries":     {"/wallet/entries?currency=EUR", nil, http.StatusOK},         // of which there are none
		"readWallet":            {"/admin/customers/" + o.id + "/wallet?currency=EUR", nil, http.StatusNotFound},
		"readWalletEntries":     {"/admin/customers/" + o.id + "/wallet/entries?currency=EUR", nil, http.StatusNotFound},
		"moveWallet":            {"/admin/customers/" + o.id + "/wallet/movements", movement("credit", 100), http.StatusNotFound},
		"listPlans":             {"/plans", nil, http.StatusOK},                          // what one may have oneself; nobody's is nothing
		"getPlan":               {"/plans/plan_stream-family", nil, http.StatusNotFound}, // private: the owner is in its group
		"listAllPlans":          {"/admin/plans", nil, http.StatusOK},                    // one's own tenant's
		"readPlan":              {"/admin/plans/plan_stream-hd/DE", nil, http.StatusNotFound},
		"putPlan":               {"/admin/plans/plan_journey-matrix/DE", planTerms(nil, nil), http.StatusOK}, // makes one's own
		"listGroups":            {"/admin/groups", nil, http.StatusOK},                                       // one's own tenant's
		"putGroup":              {"/admin/groups/journey-matrix", map[string]any{"kind": "group", "name": "Matrix"}, http.StatusOK},
		"getCustomerAccess":     {"/admin/customers/" + o.id + "/access", nil, http.StatusNotFound},
		"setCustomerAccess":     {"/admin/customers/" + o.id + "/access", map[string]any{"tier": "standard", "groups": []string{"staff-family"}}, http.StatusNotFound},
		"listMails":             {"/admin/customers/" + o.id + "/mails", nil, http.StatusNotFound},
		"listMailKinds":         {"/admin/mails", nil, http.StatusOK}, // which are the same for everybody
		"previewMail":           {"/admin/mails/receipt/preview?language=de", nil, http.StatusOK},
		"quotePlan":             {"/plans/plan_stream-family/quote", nil, http.StatusNotFound},
		"listCoupons":           {"/admin/coupons", nil, http.StatusOK}, // one's own tenant's
		"readCoupon":            {"/admin/coupons/WELCOME20", nil, http.StatusNotFound},
		"putCoupon":             {"/admin/coupons/JOURNEY-MATRIX", couponTerms(2000, nil), http.StatusOK}, // makes one's own
		"receiveStripeEvent":    {"/webhooks/stripe", "{}", http.StatusBadRequest},                        // no signature
		"getOpenAPI":            {"/openapi.json", nil, http.StatusOK},
		"getReference":          {"/reference", nil, http.StatusOK},
	}
}

// forge signs claims with the deployment's own key: what is wrong with such a token is in its claims alone.
func forge(t *testing.T, customer string, change func(jwt.MapClaims, map[string]any)) string {
	t.Helper()
	found := must[map[string]string](t)(secrets.Read(context.Background(), ssm.NewFromConfig(site.AWS()), "/turnup/"+os.Getenv("TURNUP_STACK_NAME"), "token-signing-key"))
	block, _ := pem.Decode([]byte(found["token-signing-key"]))
	key := must[any](t)(x509.ParsePKCS8PrivateKey(block.Bytes)).(ed25519.PrivateKey)
	claims := jwt.MapClaims{"iss": token.Issuer, "aud": token.CustomerAudience, "sub": customer, "tenant": "demo", "country": "DE",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	tok.Header["kid"], tok.Header["typ"] = token.KeyID(key.Public().(ed25519.PublicKey)), "at+jwt"
	change(claims, tok.Header)
	return must[string](t)(tok.SignedString(key))
}

// staffed forges the token of a member of staff.
func staffed(t *testing.T, change func(jwt.MapClaims, map[string]any), roles ...string) string {
	t.Helper()
	return forge(t, "matrix", func(c jwt.MapClaims, h map[string]any) {
		c["aud"], c["roles"] = token.StaffAudience, roles
		if change != nil {
			change(c, h)
		}
	})
}

// callers of routes for staff, by what they are answered.
type staffCallers struct{ refused, roles, foreign map[string]string }

func callersOfStaff(t *testing.T, o owned) staffCallers {
	t.Helper()
	return staffCallers{
		refused: map[string]string{
			"anonymous": "", "customer": o.customer.Token,
			"customer with roles": forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["roles"] = []string{token.RoleAdmin} }),
			"expired":             staffed(t, func(c jwt.MapClaims, _ map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }, token.RoleAdmin),
			"wrong issuer":        staffed(t, func(c jwt.MapClaims, _ map[string]any) { c["iss"] = "somebody" }, token.RoleAdmin),
			"wrong type":          staffed(t, func(_ jwt.MapClaims, h map[string]any) { h["typ"] = "JWT" }, token.RoleAdmin),
			"no tenant":           staffed(t, func(c jwt.MapClaims, _ map[string]any) { delete(c, "tenant") }, token.RoleAdmin),
		},
		roles: map[string]string{"": staffed(t, nil), token.RoleSupport: staffed(t, nil, token.RoleSupport), token.RoleAdmin: staffed(t, nil, token.RoleAdmin),
			"Admin": staffed(t, nil, "Admin")},
		foreign: map[string]string{
			"other tenant's admin": staffed(t, func(c jwt.MapClaims, _ map[string]any) { c["tenant"] = "another" }, token.RoleAdmin)},
	}
}

// check sends a route for staff as each of them.
func (s staffCallers) check(t *testing.T, op rest.Op, foreign int, send func(token string) Answer) {
	t.Helper()
	for who, tok := range s.refused {
		if a := send(tok); a.Status != http.StatusUnauthorized || a.Code() == "" {
			t.Errorf("%s, %s: %d %s", op.ID, who, a.Status, a.Raw)
		}
	}
	for role, tok := range s.roles {
		a := send(tok)
		if may := slices.Contains(op.Roles, role); may && a.Status >= 400 || !may && (a.Status != http.StatusForbidden || a.Code() != "forbidden") {
			t.Errorf("%s, role %q: %d %s", op.ID, role, a.Status, a.Raw)
		}
	}
	for who, tok := range s.foreign {
		if a := send(tok); a.Status != foreign {
			t.Errorf("%s, %s: %d, want %d: %s", op.ID, who, a.Status, foreign, a.Raw)
		}
	}
}

// X1, S0-12, S0-32, S0-39, S1-64: every route × every kind of caller, generated from the declarations; a new route without a
// row fails. Whoever has no valid token gets 401, also staff at a customer's route and customers at one for staff; staff
// without the role get 403; another customer and another tenant get what an unknown id gets.
func TestAccessMatrix(t *testing.T) {
	ctx := context.Background()
	o := own(t)
	other, _ := newCustomer(t)
	refused := map[string]string{
		"anonymous":      "",
		"expired":        forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }),
		"wrong audience": forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["aud"] = "turnup-staff" }),
		"wrong issuer":   forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["iss"] = "somebody" }),
		"wrong type":     forge(t, o.id, func(_ jwt.MapClaims, h map[string]any) { h["typ"] = "JWT" }),
		"no expiry":      forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { delete(c, "exp") }),
		"staff":          staffed(t, func(c jwt.MapClaims, _ map[string]any) { c["sub"] = o.id }, token.RoleAdmin, token.RoleSupport),
		"no tenant":      forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { delete(c, "tenant") }),
	}
	foreign := map[string]string{
		"other customer": other.Token,
		"other tenant":   forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["tenant"] = "another" }),
	}
	table, staff := rows(o), callersOfStaff(t, o)
	for _, op := range reference.Document().Operations() {
		row, known := table[op.ID]
		if !known {
			t.Errorf("%s has no row in this matrix", op.ID)
			continue
		}
		send := func(tok string) Answer {
			c := site.Visitor()
			c.Token = tok
			headers := []Header{}
			if op.Method == http.MethodPost && op.Audience != rest.Provider {
				headers = append(headers, Header{"Idempotency-Key", Key()})
			}
			return must[Answer](t)(c.Call(ctx, op.Method, row.path, row.body, headers...))
		}
		if op.Audience == rest.Staff {
			staff.check(t, op, row.foreign, send)
			continue
		}
		for who, tok := range refused {
			a := send(tok)
			switch {
			case op.Audience == rest.Customer && (a.Status != http.StatusUnauthorized || !strings.Contains(string(a.Raw), `"code"`)):
				t.Errorf("%s, %s: %d %s", op.ID, who, a.Status, a.Raw)
			case op.Audience == rest.Nobody:
				t.Errorf("%s is for nobody", op.ID)
			}
			if op.Audience == rest.Public {
				break // a token changes nothing there; one try is enough
			}
		}
		if op.Audience != rest.Customer {
			continue
		}
		for who, tok := range foreign {
			a := send(tok)
			status := row.foreign
			if who == "other tenant" && op.ID == "topUpWallet" {
				status = http.StatusNotFound // there is no such customer in it
			}
			if a.Status != status || strings.Contains(string(a.Raw), o.order.OrderID) {
				t.Errorf("%s, %s: %d, want %d: %s", op.ID, who, a.Status, status, a.Raw)
			}
		}
		if a := send(o.customer.Token); a.Status >= 400 {
			t.Errorf("%s, its owner: %d %s", op.ID, a.Status, a.Raw)
		}
	}
}
