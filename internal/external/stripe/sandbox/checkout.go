package sandbox

import (
	"strings"
	"time"
)

// session is a Checkout Session: one visit to the hosted page.
type session struct {
	ID            string            `json:"id"`
	Created       int64             `json:"created"`
	ExpiresAt     int64             `json:"expiresAt"`
	Mode          string            `json:"mode"`
	Status        string            `json:"status"` // open, complete, expired
	Customer      string            `json:"customer,omitempty"`
	CustomerEmail string            `json:"customerEmail,omitempty"`
	Holder        string            `json:"holder,omitempty"` // name typed on the page
	Currency      string            `json:"currency,omitempty"`
	Amount        int64             `json:"amount,omitempty"`
	Items         []item            `json:"items,omitempty"`
	SetupIntent   string            `json:"setupIntent,omitempty"`
	PaymentIntent string            `json:"paymentIntent,omitempty"`
	SuccessURL    string            `json:"successURL"`
	CancelURL     string            `json:"cancelURL,omitempty"`
	Reference     string            `json:"reference,omitempty"`
	Locale        string            `json:"locale,omitempty"`
	Metadata      map[string]string `json:"metadata,omitempty"`
	Base          string            `json:"base"`
	// What the PaymentIntent gets, which is made when the card is given.
	IntentMetadata    map[string]string `json:"intentMetadata,omitempty"`
	IntentDescription string            `json:"intentDescription,omitempty"`
	FutureUsage       string            `json:"futureUsage,omitempty"`
	CaptureMethod     string            `json:"captureMethod,omitempty"`
}

type item struct {
	Name     string `json:"name"`
	Amount   int64  `json:"amount"`
	Quantity int64  `json:"quantity"`
}

// Statuses and modes of sessions.
const (
	open        = "open"
	complete    = "complete"
	expired     = "expired"
	modeSetup   = "setup"
	modePayment = "payment"
)

var sessionParams = schema{
	"mode": required(oneOf(modePayment, modeSetup, "subscription")), "customer": text, "customer_email": text, "currency": text,
	"payment_method_types": list, "success_url": required(text), "cancel_url": text, "client_reference_id": text,
	"metadata": hash, "expires_at": number, "locale": text,
	"setup_intent_data": object(schema{"metadata": hash, "description": text}),
	"payment_intent_data": object(schema{"setup_future_usage": oneOf("off_session", "on_session"), "metadata": hash,
		"description": text, "capture_method": oneOf("automatic", "automatic_async", "manual")}),
	"line_items": objects(schema{"quantity": number, "price_data": required(object(schema{
		"currency": required(text), "unit_amount": required(number),
		"product_data": required(object(schema{"name": required(text), "description": text, "metadata": hash})),
	}))}),
}

func (st *state) renderSession(s *session) obj {
	var url, amount, details, creation any
	if s.Status == open {
		url = s.Base + "/c/pay/" + s.ID
	}
	paid := "no_payment_required"
	if s.Mode == modePayment {
		if amount = s.Amount; s.Customer == "" {
			creation = "if_required"
		}
		if paid = "unpaid"; s.Status == complete && s.CaptureMethod != "manual" {
			paid = "paid"
		}
	}
	email := s.CustomerEmail
	if c := st.Customers.Rows[s.Customer]; c != nil && email == "" {
		email = c.Email
	}
	if s.Status == complete || email != "" {
		details = obj{"address": nil, "email": orNull(email), "name": orNull(s.Holder), "phone": nil, "tax_exempt": "none", "tax_ids": nil}
	}
	return nulls(obj{
		"id": s.ID, "object": "checkout.session", "created": s.Created, "expires_at": s.ExpiresAt, "livemode": false,
		"mode": s.Mode, "status": s.Status, "payment_status": paid, "url": url, "ui_mode": "hosted",
		"customer": orNull(s.Customer), "customer_email": orNull(s.CustomerEmail), "customer_details": details, "customer_creation": creation,
		"setup_intent": orNull(s.SetupIntent), "payment_intent": orNull(s.PaymentIntent), "success_url": s.SuccessURL,
		"cancel_url": orNull(s.CancelURL), "client_reference_id": orNull(s.Reference), "locale": orNull(s.Locale),
		"metadata": metadataOf(s.Metadata), "currency": orNull(s.Currency), "amount_total": amount, "amount_subtotal": amount,
		"payment_method_types": []string{"card"}, "payment_method_options": obj{}, "payment_method_collection": "always",
		"automatic_tax": obj{"enabled": false, "liability": nil, "status": nil}, "custom_fields": []obj{},
		"custom_text":             obj{"after_submit": nil, "shipping_address": nil, "submit": nil, "terms_of_service_acceptance": nil},
		"phone_number_collection": obj{"enabled": false}, "shipping_options": []obj{},
	}, "after_expiration", "allow_promotion_codes", "billing_address_collection", "client_secret", "consent", "consent_collection",
		"currency_conversion", "invoice", "invoice_creation", "payment_link", "recovered_from",
		"payment_method_configuration_details", "shipping_address_collection", "shipping_cost", "submit_type", "subscription", "total_details")
}

// Limits of expires_at, Stripe's own.
const (
	minSession = 30 * time.Minute
	maxSession = 24 * time.Hour
)

func createSession(o *op, p params) (obj, *apiError) {
	s := &session{ID: randomID("cs_test_", 40), Created: o.unix(), Status: open, Mode: p.str("mode"), Base: o.base,
		ExpiresAt: o.now.Add(maxSession).Unix(), CustomerEmail: p.str("customer_email"), SuccessURL: p.str("success_url"),
		CancelURL: p.str("cancel_url"), Reference: p.str("client_reference_id"), Locale: p.str("locale"), Customer: p.str("customer"),
		Metadata: mergeMetadata(nil, p), CaptureMethod: "automatic"}
	if e := o.checkSession(s, p); e != nil {
		return nil, e
	}
	var e *apiError
	if s.Mode == modeSetup {
		e = o.prepareSetup(s, p)
	} else {
		e = s.preparePayment(p)
	}
	if e != nil {
		return nil, e
	}
	o.st.Sessions.add(s.ID, s)
	return o.st.renderSession(s), nil
}

// checkSession checks what both modes share.
func (o *op) checkSession(s *session, p params) *apiError {
	for _, name := range []string{"success_url", "cancel_url"} {
		if p.has(name) && !webURL(p.str(name)) {
			return badParam(name, "url_invalid", "Not a valid URL")
		}
	}
	if p.has("customer") && p.has("customer_email") {
		return badParam("customer_email", "", "You may only specify one of these parameters: customer, customer_email.")
	}
	if p.has("customer") {
		if _, e := o.customer(s.Customer, "customer"); e != nil {
			return e
		}
	}
	if len(s.Reference) > 200 {
		return badParam("client_reference_id", "", "Invalid string: must be at most 200 characters")
	}
	for _, t := range p.list("payment_method_types") {
		if t != "card" {
			return badParam("payment_method_types", "", "The sandbox plays cards only: payment_method_types must be [card].")
		}
	}
	if p.has("expires_at") {
		s.ExpiresAt = p.int("expires_at")
		// A minute of grace: the caller's clock and this one are not the same.
		at := time.Unix(s.ExpiresAt, 0)
		if at.Before(o.now.Add(minSession-time.Minute)) || at.After(o.now.Add(maxSession+time.Minute)) {
			return badParam("expires_at", "", "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.")
		}
	}
	if s.Mode == "subscription" {
		return badParam("mode", "", "The sandbox does not play mode=subscription; use setup or payment.")
	}
	return nil
}

func (o *op) prepareSetup(s *session, p params) *apiError {
	for _, name := range []string{"line_items", "payment_intent_data"} {
		if p.has(name) {
			return badParam(name, "", "You can not pass `%s` in `setup` mode.", name)
		}
	}
	if !p.has("currency") && !p.has("payment_method_types") {
		return badParam("currency", "parameter_missing", "Missing required param: currency. It is required in setup mode when payment_method_types is not set.")
	}
	if s.Currency = strings.ToLower(p.str("currency")); s.Currency != "" && !currencyShape.MatchString(s.Currency) {
		return badParam("currency", "", "Invalid currency: %s. It must be a three-letter ISO code.", p.str("currency"))
	}
	data := params{"payment_method_types": []string{"card"}}
	for k, v := range p.sub("setup_intent_data") {
		data[k] = v
	}
	if s.Customer != "" {
		data["customer"] = s.Customer
	}
	in, e := o.newIntent("seti", data)
	if e != nil {
		return e
	}
	in.Session, s.SetupIntent = s.ID, in.ID
	o.addSetupIntent(&setupIntent{intent: in, Usage: "off_session"})
	return nil
}

func (s *session) preparePayment(p params) *apiError {
	if p.has("setup_intent_data") {
		return badParam("setup_intent_data", "", "You can not pass `setup_intent_data` in `payment` mode.")
	}
	lines := get[[]params](p, "line_items")
	if len(lines) == 0 {
		return missingParam("line_items")
	}
	s.Currency = strings.ToLower(p.str("currency"))
	for i, line := range lines {
		price, at := line.sub("price_data"), nest("line_items", string(rune('0'+i%10)))
		it := item{Name: price.sub("product_data").str("name"), Amount: price.int("unit_amount"), Quantity: 1}
		if line.has("quantity") {
			it.Quantity = line.int("quantity")
		}
		currency := strings.ToLower(price.str("currency"))
		if s.Currency == "" {
			s.Currency = currency
		}
		switch {
		case currency != s.Currency:
			return badParam(at+"[price_data][currency]", "", "All line items must have the same currency (%s).", s.Currency)
		case it.Amount < 0 || it.Amount > maximum || it.Quantity < 1 || it.Quantity > 999999:
			return badParam(at, "", "Amount or quantity out of range.")
		}
		s.Items = append(s.Items, it)
		if s.Amount += it.Amount * it.Quantity; s.Amount > maximum {
			break // refused below; stops before it could overflow
		}
	}
	if _, e := readMoney(s.Amount, s.Currency, "line_items", "currency"); e != nil {
		return e
	}
	data := p.sub("payment_intent_data")
	s.IntentMetadata, s.IntentDescription, s.FutureUsage = data.hash("metadata"), data.str("description"), data.str("setup_future_usage")
	if data.has("capture_method") {
		s.CaptureMethod = data.str("capture_method")
	}
	return nil
}

// session finds a session and, should its time be over, expires it first, so
// that nobody ever reads an open session whose time is over.
func (o *op) session(id string) (*session, *apiError) {
	s := o.st.Sessions.Rows[id]
	if s == nil {
		return nil, noSuch("checkout.session", id, "id")
	}
	o.expireIfDue(s)
	return s, nil
}

func (o *op) expireIfDue(s *session) bool {
	if s.Status != open || s.ExpiresAt > o.unix() {
		return false
	}
	o.expire(s)
	return true
}

// expire ends the session and cancels the intent it was for.
func (o *op) expire(s *session) {
	s.Status = expired
	if si := o.st.SetupIntents.Rows[s.SetupIntent]; si != nil && si.cancelable() {
		o.cancelSetup(si, "abandoned")
	}
	if pi := o.st.PaymentIntents.Rows[s.PaymentIntent]; pi != nil && pi.cancelable() {
		o.cancelPayment(pi, "automatic")
	}
	o.emit("checkout.session.expired", o.st.renderSession(s))
}

// expireSessions expires all that are due.
func (o *op) expireSessions() bool {
	any := false
	for _, id := range o.st.Sessions.Order {
		any = o.expireIfDue(o.st.Sessions.Rows[id]) || any
	}
	return any
}

// completeSession is told when the session's intent has succeeded.
func (o *op) completeSession(id string) {
	s := o.st.Sessions.Rows[id]
	if s == nil || s.Status != open {
		return
	}
	s.Status = complete
	o.emit("checkout.session.completed", o.st.renderSession(s))
}

func getSession(o *op, _ params) (obj, *apiError) {
	s, e := o.session(o.id)
	if e != nil {
		return nil, e
	}
	return o.st.renderSession(s), nil
}

func listSessions(o *op, p params) (obj, *apiError) {
	o.expireSessions()
	return page(o, p, o.st.Sessions, func(s *session) bool {
		return matches(p, "customer", s.Customer) && matches(p, "payment_intent", s.PaymentIntent) && matches(p, "status", s.Status) &&
			within(p, "created", s.Created)
	}, o.st.renderSession)
}

func expireSession(o *op, _ params) (obj, *apiError) {
	s, e := o.session(o.id)
	if e != nil {
		return nil, e
	}
	if s.Status != open {
		return nil, badState("", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `%s`.", s.Status)
	}
	o.expire(s)
	return o.st.renderSession(s), nil
}
