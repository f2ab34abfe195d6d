package journey

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"maps"
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
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/platform/rest"
	"turnup/internal/platform/secrets"
)

// owned is one customer's things, for others to reach after.
type owned struct {
	customer  *Customer
	id        string
	method    Method
	session   string
	cart      Cart // open
	order     Checkout
	clock     string // a test clock of the operator's
	newcomer  string // a customer for whom nothing is due
	member    string // of the staff
	ticket    string
	signedIn  string            // a session
	leaver    string            // a customer who may be erased
	owners    map[string]string // tokens of those whose the operation's object is, when it is not the customer
	unpaid    PlanOrder
	line      resident // the customer's, which works
	diagnosis string   // of its health
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
	o.ticket = opened(t, c, question("Mine")).TicketID
	o.line, o.diagnosis = workingLine(t, c, o.id)
	o.clock = newTestClock(t, nil).ClockID
	_, n := newCustomer(t)
	o.newcomer = n.CustomerID
	leaver, l := newCustomer(t)
	o.leaver = l.CustomerID
	unprofiled, _ := newAccount(t, true)
	o.owners = map[string]string{"createCustomer": unprofiled.Token, "deleteCustomer": leaver.Token}
	_, o.signedIn = signIn(t, o.id)
	o.member = invite(t, newEmail(), token.RoleSupport).StaffID
	return o
}

// row is what the owner of an operation's object sends, and what is answered to it.
type row struct {
	path    string
	body    any
	foreign int // to another customer and to another tenant; to anybody, where anybody may call
	owner   int // to the owner, or to staff with the role, when it may be a refusal for another reason; self when there is nobody else's to reach after
}

// rows says, for each operation, what its owner sends, and what somebody else is answered to the same.
func rows(o owned) map[string]row {
	all := map[string]row{
		"queryIfUserNameExists": {"/registration/usernames?username=" + newName(), nil, http.StatusOK, 0},
		"registerCustomer":      {"/registration/customers", Registration(newName()), http.StatusCreated, 0},
		"registerAccount":       {"/auth/register", Signup(newEmail()), http.StatusCreated, 0},
		"verifyEmail":           {"/auth/verify-email", map[string]any{"token": "x"}, http.StatusBadRequest, 0},
		"resendVerification":    {"/auth/resend-verification", map[string]any{"email": newEmail()}, http.StatusAccepted, 0},
		"login":                 {"/auth/login", Credentials(newEmail(), Password, ""), http.StatusUnauthorized, 0},
		"refreshSession":        {"/auth/refresh", map[string]any{"refreshToken": "x"}, http.StatusUnauthorized, 0},
		"forgotPassword":        {"/auth/forgot-password", map[string]any{"email": newEmail()}, http.StatusAccepted, 0},
		"resetPassword":         {"/auth/reset-password", map[string]any{"token": "x", "password": Password}, http.StatusBadRequest, 0},
		"verifyAccount":         {"/admin/customers/" + o.id + "/verify", map[string]any{"reason": "matrix"}, http.StatusNotFound, 0},
		"inviteStaff":           {"/admin/staff", map[string]any{"email": newEmail(), "name": "Matrix", "roles": []string{"support"}}, http.StatusCreated, 0}, // makes one's own
		"listStaff":             {"/admin/staff", nil, http.StatusOK, 0},                                                                                      // one's own tenant's
		"setStaffRoles":         {"/admin/staff/" + o.member + "/roles", map[string]any{"roles": []string{"network"}}, http.StatusNotFound, 0},
		"removeStaff":           {"/admin/staff/" + o.member, nil, http.StatusNotFound, 0},
		"getAccount":            {"/auth/account", nil, 0, self}, // one's own, like all of it
		"logout":                {"/auth/logout", nil, 0, self},
		"listSessions":          {"/auth/sessions", nil, 0, self},
		"revokeSession":         {"/auth/sessions/" + o.signedIn, nil, 0, self},
		"logoutEverywhere":      {"/auth/logout-all", map[string]any{"keepCurrent": true}, 0, self},
		"changePassword":        {"/auth/change-password", map[string]any{"password": "not theirs", "newPassword": "staple horse correct"}, 0, self},
		"requestEmailChange":    {"/auth/change-email", map[string]any{"password": "not theirs", "email": "matrix@example.com"}, 0, self},
		"enableSecondFactor":    {"/auth/enable-2fa", map[string]any{"password": "not theirs"}, 0, self},
		"confirmSecondFactor":   {"/auth/confirm-2fa", map[string]any{"code": "000000"}, 0, self},
		"disableSecondFactor":   {"/auth/disable-2fa", map[string]any{"password": "not theirs", "code": "000000"}, 0, self},
		"resetSecondFactor":     {"/admin/customers/" + o.id + "/disable-2fa", map[string]any{"reason": "matrix"}, http.StatusNotFound, 0},
		"confirmEmail":          {"/auth/confirm-email", map[string]any{"token": "x"}, http.StatusBadRequest, 0},
		"getCatalogue":          {"/catalogue/items", nil, http.StatusOK, 0},
		"createPaymentMethod":   {"/payment-methods", map[string]any{"returnUrl": ReturnURL}, http.StatusCreated, 0}, // makes one's own
		"getPaymentMethod":      {"/payment-methods/" + o.method.Reference, nil, http.StatusNotFound, 0},
		"confirmPaymentMethod":  {"/payment-methods/" + o.method.Reference + "/confirm", map[string]any{"sessionId": o.session}, http.StatusNotFound, 0},
		"addItemsToCart":        {"/carts/items", map[string]any{"cartId": o.cart.CartID, "items": []any{item("plan_sports-pass")}}, http.StatusNotFound, 0},
		"getCart":               {"/carts/" + o.cart.CartID, nil, http.StatusNotFound, 0},
		"removeItemFromCart":    {"/carts/" + o.cart.CartID + "/items/plan_sports-pass", nil, http.StatusNotFound, 0},
		"checkoutCart":          {"/carts/" + o.cart.CartID + "/checkout", map[string]any{"paymentMethodId": o.method.PaymentMethodID, "returnUrl": ReturnURL}, http.StatusNotFound, 0},
		"createOrder":           {"/orders", map[string]any{"planId": "plan_stream-family"}, http.StatusNotFound, 0},                                    // private
		"topUpWallet":           {"/wallet/top-ups", map[string]any{"amount": map[string]any{"minor": 1000, "currency": "EUR"}}, http.StatusCreated, 0}, // one's own
		"payOrder":              {"/orders/" + o.unpaid.OrderID + "/pay", map[string]any{"method": "stripe", "returnUrl": ReturnURL}, http.StatusNotFound, 0},
		"confirmOrderPayment":   {"/orders/" + o.unpaid.OrderID + "/confirm", nil, http.StatusNotFound, 0},
		"listOrders":            {"/orders", nil, http.StatusOK, 0}, // one's own, which are none
		"getOrder":              {"/orders/" + o.order.OrderID, nil, http.StatusNotFound, 0},
		"getOrderStatus":        {"/orders/" + o.order.OrderID + "/status", nil, http.StatusNotFound, 0},
		"cancelOrder":           {"/orders/" + o.unpaid.OrderID + "/cancel", nil, http.StatusNotFound, 0},
		"listCustomerOrders":    {"/admin/customers/" + o.id + "/orders", nil, http.StatusOK, 0}, // which are none, to another tenant
		"readCustomerOrder":     {"/admin/customers/" + o.id + "/orders/" + o.order.OrderID, nil, http.StatusNotFound, 0},
		"cancelCustomerOrder":   {"/admin/customers/" + o.id + "/orders/" + o.unpaid.OrderID + "/cancel", nil, http.StatusNotFound, 0},
		"listSubscriptions":     {"/subscriptions", nil, http.StatusOK, 0}, // one's own, which are none
		"getSubscription":       {"/subscriptions/" + o.order.SubscriptionIDs[0], nil, http.StatusNotFound, 0},
		"listInvoices":          {"/invoices", nil, http.StatusOK, 0}, // one's own, which are none
		"getUpcomingInvoice":    {"/invoices/upcoming?subscriptionId=" + o.order.SubscriptionIDs[0], nil, http.StatusNotFound, 0},
		"getInvoice":            {"/invoices/" + invoiceOf(o.order.OrderID), nil, http.StatusNotFound, 0},
		"getInvoicePdf":         {"/invoices/" + invoiceOf(o.order.OrderID) + "/pdf", nil, http.StatusNotFound, 0},
		"payInvoice":            {"/invoices/" + invoiceOf(o.order.OrderID) + "/pay", map[string]any{}, http.StatusNotFound, http.StatusConflict},                                             // is paid
		"voidInvoice":           {"/invoices/" + invoiceOf(o.order.OrderID) + "/void", map[string]any{"customerId": o.id, "reason": "matrix"}, http.StatusNotFound, http.StatusConflict},      // is paid
		"writeOffInvoice":       {"/invoices/" + invoiceOf(o.order.OrderID) + "/write-off", map[string]any{"customerId": o.id, "reason": "matrix"}, http.StatusNotFound, http.StatusConflict}, // is paid
		"createTestClock":       {"/test-clocks", map[string]any{}, http.StatusCreated, 0},                                                                                                    // makes one's own
		"getTestClock":          {"/test-clocks/" + o.clock, nil, http.StatusNotFound, 0},
		"attachCustomer":        {"/test-clocks/" + o.clock + "/customers", map[string]any{"customerId": o.newcomer}, http.StatusNotFound, 0},
		"advanceTestClock":      {"/test-clocks/" + o.clock + "/advance", map[string]any{"to": "2040-01-01T12:00:00Z"}, http.StatusNotFound, 0},
		"listTimers":            {"/admin/customers/" + o.id + "/timers", nil, http.StatusOK, 0}, // which are none, to another tenant
		"getWallet":             {"/wallet?currency=EUR", nil, http.StatusOK, 0},                 // one's own, which is empty
		"listWalletEntries":     {"/wallet/entries?currency=EUR", nil, http.StatusOK, 0},         // of which there are none
		"readWallet":            {"/admin/customers/" + o.id + "/wallet?currency=EUR", nil, http.StatusNotFound, 0},
		"readWalletEntries":     {"/admin/customers/" + o.id + "/wallet/entries?currency=EUR", nil, http.StatusNotFound, 0},
		"moveWallet":            {"/admin/customers/" + o.id + "/wallet/movements", movement("credit", 100), http.StatusNotFound, 0},
		"listPlans":             {"/plans", nil, http.StatusOK, 0},                          // what one may have oneself; nobody's is nothing
		"getPlan":               {"/plans/plan_stream-family", nil, http.StatusNotFound, 0}, // private: the owner is in its group
		"listAllPlans":          {"/admin/plans", nil, http.StatusOK, 0},                    // one's own tenant's
		"readPlan":              {"/admin/plans/plan_stream-hd/DE", nil, http.StatusNotFound, 0},
		"putPlan":               {"/admin/plans/plan_journey-matrix/DE", planTerms(nil, nil), http.StatusOK, 0}, // makes one's own
		"listGroups":            {"/admin/groups", nil, http.StatusOK, 0},                                       // one's own tenant's
		"putGroup":              {"/admin/groups/journey-matrix", map[string]any{"kind": "group", "name": "Matrix"}, http.StatusOK, 0},
		"getCustomerAccess":     {"/admin/customers/" + o.id + "/access", nil, http.StatusNotFound, 0},
		"setCustomerAccess":     {"/admin/customers/" + o.id + "/access", map[string]any{"tier": "standard", "groups": []string{"staff-family"}}, http.StatusNotFound, 0},
		"quotePlan":             {"/plans/plan_stream-family/quote", nil, http.StatusNotFound, 0},
		"listCoupons":           {"/admin/coupons", nil, http.StatusOK, 0}, // one's own tenant's
		"readCoupon":            {"/admin/coupons/WELCOME20", nil, http.StatusNotFound, 0},
		"putCoupon":             {"/admin/coupons/JOURNEY-MATRIX", couponTerms(2000, nil), http.StatusOK, 0}, // makes one's own
		"listMails":             {"/admin/customers/" + o.id + "/mails", nil, http.StatusNotFound, 0},
		"listMailKinds":         {"/admin/mails", nil, http.StatusOK, 0},   // the same for all
		"getTargets":            {"/admin/targets", nil, http.StatusOK, 0}, // one's own tenant's
		"previewMail":           {"/admin/mails/welcome/preview", nil, http.StatusOK, 0},
		"createCustomer":        {"/customers", Profile("Matrix"), http.StatusConflict, 0}, // has a profile
		"listCustomers":         {"/customers", nil, http.StatusOK, 0},                     // one's own tenant's
		"getCustomer":           {"/customers/" + o.id, nil, http.StatusNotFound, 0},
		"updateCustomer":        {"/customers/" + o.id, map[string]any{"phone": "+4930123456"}, http.StatusNotFound, 0},
		"deleteCustomer":        {"/customers/" + o.leaver, nil, http.StatusNotFound, 0},
		"getCustomerJourney":    {"/customers/" + o.id + "/journey", nil, http.StatusNotFound, 0},
		"listHistory":           {"/admin/customers/" + o.id + "/history", nil, http.StatusNotFound, 0},
		"createTicket":          {"/tickets", question("Matrix"), http.StatusCreated, 0}, // one's own
		"listTickets":           {"/tickets", nil, http.StatusOK, 0},                     // which are none
		"getTicket":             {"/tickets/" + o.ticket, nil, http.StatusNotFound, 0},
		"addTicketMessage":      {"/tickets/" + o.ticket + "/messages", map[string]any{"body": "Matrix"}, http.StatusNotFound, 0},
		"resolveTicket":         {"/tickets/" + o.ticket + "/resolve", nil, http.StatusNotFound, 0},
		"updateTicket":          {"/tickets/" + o.ticket, map[string]any{"priority": "high"}, http.StatusNotFound, 0},
		"receiveStripeEvent":    {"/webhooks/stripe", "{}", http.StatusBadRequest, 0}, // no signature
		"getOpenAPI":            {"/openapi.json", nil, http.StatusOK, 0},
		"getReference":          {"/reference", nil, http.StatusOK, 0},
	}
	maps.Copy(all, rowsOfLines(o))
	maps.Copy(all, rowsOfOperations(o))
	return all
}

// asStaff says what staff send instead, and what those of another tenant are answered, where it is not the same.
func asStaff(o owned) map[string]row {
	contract := "/subscriptions/" + o.line.subscription
	return map[string]row{
		"createTicket":       {"/tickets", with(question("Matrix"), "customerId", o.id), http.StatusNotFound, 0}, // there is no such customer in it
		"listServices":       {"/services?customerId=" + o.id, nil, http.StatusOK, 0},                            // which are none
		"getUpcomingInvoice": {"/invoices/upcoming?customerId=" + o.id + "&subscriptionId=" + o.order.SubscriptionIDs[0], nil, http.StatusNotFound, 0},
		"keepPlan":           {contract + "/change-plan", nil, http.StatusNotFound, http.StatusConflict}, // the owner did that before
		"keepSubscription":   {contract + "/cancellation", nil, http.StatusNotFound, http.StatusConflict},
		"pauseSubscription":  {contract + "/pause", map[string]any{}, http.StatusNotFound, http.StatusConflict},
		"resumeSubscription": {contract + "/resume", nil, http.StatusNotFound, http.StatusConflict},
		"getInvoice":         {"/invoices/" + invoiceOf(o.order.OrderID) + "?customerId=" + o.id, nil, http.StatusNotFound, 0},
		"getInvoicePdf":      {"/invoices/" + invoiceOf(o.order.OrderID) + "/pdf?customerId=" + o.id, nil, http.StatusNotFound, 0},
	}
}

// self marks an operation about the caller's own account: whoever may call it, customer or staff, in whatever tenant, meets
// themselves. What it answers them is TestAccountAccess's to say.
const self = -1

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
	roles := map[string]string{"": staffed(t, nil), "Admin": staffed(t, nil, "Admin")}
	for _, role := range token.Roles {
		roles[role] = staffed(t, nil, role)
	}
	return staffCallers{
		refused: map[string]string{
			"anonymous": "", "customer": o.customer.Token,
			"customer with roles": forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["roles"] = []string{token.RoleAdmin} }),
			"expired":             staffed(t, func(c jwt.MapClaims, _ map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }, token.RoleAdmin),
			"wrong issuer":        staffed(t, func(c jwt.MapClaims, _ map[string]any) { c["iss"] = "somebody" }, token.RoleAdmin),
			"wrong type":          staffed(t, func(_ jwt.MapClaims, h map[string]any) { h["typ"] = "JWT" }, token.RoleAdmin),
			"no tenant":           staffed(t, func(c jwt.MapClaims, _ map[string]any) { delete(c, "tenant") }, token.RoleAdmin),
		},
		roles: roles,
		foreign: map[string]string{
			"other tenant's admin": staffed(t, func(c jwt.MapClaims, _ map[string]any) { c["tenant"] = "another" }, token.RoleAdmin)},
	}
}

// admitted tells whether a caller got as far as the operation.
func admitted(a Answer) bool {
	return a.Status != http.StatusUnauthorized && !slices.Contains([]string{"forbidden", "email_unverified", "profile_missing"}, a.Code())
}

// check sends a route for staff as each of them.
func (s staffCallers) check(t *testing.T, op rest.Op, r row, send func(token string) Answer) {
	t.Helper()
	for who, tok := range s.refused {
		if op.Audience == rest.Person && strings.HasPrefix(who, "customer") { // whatever roles they claim: they are checked as customers
			continue
		}
		if a := send(tok); a.Status != http.StatusUnauthorized || a.Code() == "" {
			t.Errorf("%s, %s: %d %s", op.ID, who, a.Status, a.Raw)
		}
	}
	for role, tok := range s.roles {
		a := send(tok)
		if may := slices.Contains(op.Roles, role); may && r.foreign != 0 && a.Status >= 400 && a.Status != r.owner || may && !admitted(a) || !may && (a.Status != http.StatusForbidden || a.Code() != "forbidden") {
			t.Errorf("%s, role %q: %d %s", op.ID, role, a.Status, a.Raw)
		}
	}
	for who, tok := range s.foreign {
		if a := send(tok); a.Status != r.foreign && (r.foreign != 0 || !admitted(a)) {
			t.Errorf("%s, %s: %d, want %d: %s", op.ID, who, a.Status, r.foreign, a.Raw)
		}
	}
}

// X1, S0-12, S0-32, S0-39, S1-64, S3-17, S3-23, S3-62: every route × every kind of caller, generated from the declarations; a new route without a
// row fails. Whoever has no valid token gets 401, also staff at a customer's route and customers at one for staff; staff
// without the role get 403, and so do customers for whom too much is pending; another customer and another tenant get what
// an unknown id gets.
func TestAccessMatrix(t *testing.T) {
	ctx := context.Background()
	o := own(t)
	other, _ := newCustomer(t)
	refused := map[string]string{
		"anonymous":      "",
		"expired":        forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }),
		"wrong audience": forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["aud"] = "turnup-refresh" }),
		"wrong issuer":   forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["iss"] = "somebody" }),
		"wrong type":     forge(t, o.id, func(_ jwt.MapClaims, h map[string]any) { h["typ"] = "JWT" }),
		"refresh token":  forge(t, o.id, func(_ jwt.MapClaims, h map[string]any) { h["typ"] = "rt+jwt" }),
		"no expiry":      forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { delete(c, "exp") }),
		"no tenant":      forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { delete(c, "tenant") }),
	}
	member := staffed(t, func(c jwt.MapClaims, _ map[string]any) { c["sub"] = o.id }, token.Roles...)
	foreign := map[string]string{
		"other customer": other.Token,
		"other tenant":   forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["tenant"] = "another" }),
	}
	table, staff, early := rows(o), callersOfStaff(t, o), pending(t, o)
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
			if op.NeedsKey() {
				headers = append(headers, Header{"Idempotency-Key", Key()})
			}
			return must[Answer](t)(c.Call(ctx, op.Method, row.path, row.body, headers...))
		}
		switch op.Audience {
		case rest.Nobody:
			t.Errorf("%s is for nobody", op.ID)
		case rest.Machine:
			checkEquipment(t, op, row, o.customer.Token, member)
			continue
		case rest.Public, rest.Provider:
			if a := send(""); a.Status != row.foreign { // a token changes nothing there
				t.Errorf("%s: %d, want %d: %s", op.ID, a.Status, row.foreign, a.Raw)
			}
			continue
		case rest.Customer:
			refused["staff"] = member
		default:
			delete(refused, "staff")
		}
		each(refused, func(who, tok string) {
			if a := send(tok); a.Status != http.StatusUnauthorized || a.Code() == "" {
				t.Errorf("%s, %s: %d %s", op.ID, who, a.Status, a.Raw)
			}
		})
		asStaff := func() {
			mine := row
			if other, ok := asStaff(o)[op.ID]; ok {
				row = other
			}
			staff.check(t, op, row, send)
			row = mine
		}
		if op.Audience == rest.Staff {
			asStaff()
			continue
		}
		for what, tok := range early {
			a := send(tok)
			if barred := !op.Admits(what); barred != (a.Status == http.StatusForbidden && a.Code() == fault.Of(what.Bar()).Code) {
				t.Errorf("%s, pending %s: %d %s", op.ID, what, a.Status, a.Raw)
			}
		}
		for who, tok := range foreign {
			a := send(tok)
			status := row.foreign
			if who == "other tenant" && slices.Contains([]string{"topUpWallet", "createTicket", "createCustomer"}, op.ID) {
				status = http.StatusNotFound // there is no such customer in it
			}
			if row.owner == self && admitted(a) {
				continue
			}
			if a.Status != status || strings.Contains(string(a.Raw), o.order.OrderID) {
				t.Errorf("%s, %s: %d, want %d: %s", op.ID, who, a.Status, status, a.Raw)
			}
		}
		want := row.owner
		if want == 0 {
			want = http.StatusOK
		}
		owner := o.customer.Token
		if other := o.owners[op.ID]; other != "" {
			owner = other
		}
		if a := send(owner); want == self {
			if !admitted(a) {
				t.Errorf("%s, its owner: %d %s", op.ID, a.Status, a.Raw)
			}
		} else if want == http.StatusOK && a.Status >= 400 || want != http.StatusOK && a.Status != want {
			t.Errorf("%s, its owner: %d %s", op.ID, a.Status, a.Raw)
		}
		if op.Audience == rest.Person { // last: staff may change what was the owner's
			asStaff()
		}
	}
}
