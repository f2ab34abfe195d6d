package sandbox

import (
	"cmp"
	"regexp"
	"strings"
)

type paymentIntent struct {
	intent
	Amount        int64  `json:"amount"`
	Received      int64  `json:"received"`
	Capturable    int64  `json:"capturable"`
	Currency      string `json:"currency"`
	CaptureMethod string `json:"captureMethod"`
	FutureUsage   string `json:"futureUsage,omitempty"`
	ReceiptEmail  string `json:"receiptEmail,omitempty"`
	Descriptor    string `json:"descriptor,omitempty"`
	LatestCharge  string `json:"latestCharge,omitempty"`
	CanceledAt    int64  `json:"canceledAt,omitempty"`
}

const paymentNoun = "payment_intent"

// offSession is true, false, or the older one_off and recurring.
var offSessionParam = oneOf("true", "false", "one_off", "recurring")

var paymentIntentParams = intentParams.with(schema{
	"amount": required(number), "currency": required(text), "off_session": offSessionParam,
	"capture_method": oneOf("automatic", "automatic_async", "manual"), "error_on_requires_action": flag,
	"setup_future_usage": oneOf("off_session", "on_session"), "receipt_email": text, "statement_descriptor": text,
	"confirmation_method": oneOf("automatic", "manual"),
})

var paymentConfirmParams = schema{
	"payment_method": text, "return_url": text, "off_session": offSessionParam, "error_on_requires_action": flag,
	"use_stripe_sdk": flag, "client_secret": text, "setup_future_usage": oneOf("off_session", "on_session"),
	"receipt_email": text,
}

func isOffSession(p params) bool { v := p.str("off_session"); return v != "" && v != "false" }

func (st *state) renderPaymentIntent(pi *paymentIntent) obj {
	o := pi.render(paymentNoun)
	o["amount"], o["amount_received"], o["amount_capturable"] = pi.Amount, pi.Received, pi.Capturable
	o["amount_details"], o["currency"] = obj{"tip": obj{}}, pi.Currency
	o["capture_method"], o["confirmation_method"] = pi.CaptureMethod, "automatic"
	o["setup_future_usage"], o["receipt_email"] = orNull(pi.FutureUsage), orNull(pi.ReceiptEmail)
	o["statement_descriptor"], o["latest_charge"] = orNull(pi.Descriptor), orNull(pi.LatestCharge)
	o["last_payment_error"], o["canceled_at"] = nil, nil
	if pi.LastError != nil {
		o["last_payment_error"] = pi.LastError
	}
	if pi.CanceledAt != 0 {
		o["canceled_at"] = pi.CanceledAt
	}
	return nulls(o, "application_fee_amount", "processing", "review", "shipping", "statement_descriptor_suffix",
		"transfer_data", "transfer_group")
}

// minimum is the least Stripe charges in a currency, in minor units.
var minimum = map[string]int64{"usd": 50, "eur": 50, "chf": 50, "gbp": 30}

const maximum = 99999999

var currencyShape = regexp.MustCompile(`^[a-z]{3}$`)

// readMoney checks an amount and a currency together, as their limits are.
func readMoney(amount int64, code, amountParam, currencyParam string) (string, *apiError) {
	currency := strings.ToLower(code)
	switch {
	case !currencyShape.MatchString(currency):
		return "", badParam(currencyParam, "", "Invalid currency: %s. It must be a three-letter ISO code.", code)
	case amount < 1:
		return "", badParam(amountParam, "parameter_invalid_integer", "This value must be greater than or equal to 1.")
	case amount < minimum[currency]:
		return "", badParam(amountParam, "amount_too_small", "Amount must be at least %s", money(minimum[currency], currency))
	case amount > maximum:
		return "", badParam(amountParam, "amount_too_large", "Amount must be no more than %s", money(maximum, currency))
	}
	return currency, nil
}

func (o *op) paymentIntent() (*paymentIntent, *apiError) {
	pi := o.st.PaymentIntents.Rows[o.id]
	if pi == nil {
		return nil, noSuch(paymentNoun, o.id, "intent")
	}
	return pi, nil
}

func createPaymentIntent(o *op, p params) (obj, *apiError) {
	currency, e := readMoney(p.int("amount"), p.str("currency"), "amount", "currency")
	if e != nil {
		return nil, e
	}
	if !p.bool("confirm") && (p.has("off_session") || p.has("error_on_requires_action")) {
		return nil, badParam("off_session", "", "The parameters `off_session` and `error_on_requires_action` can only be passed when `confirm` is true.")
	}
	confirmation := params{"off_session": isOffSession(p)}
	for k, v := range p {
		if k != "off_session" {
			confirmation[k] = v
		}
	}
	in, e := o.newIntent("pi", confirmation)
	if e != nil {
		return nil, e
	}
	pi := &paymentIntent{intent: in, Amount: p.int("amount"), Currency: currency, CaptureMethod: "automatic",
		FutureUsage: p.str("setup_future_usage"), ReceiptEmail: p.str("receipt_email"), Descriptor: p.str("statement_descriptor")}
	if p.has("capture_method") {
		pi.CaptureMethod = p.str("capture_method")
	}
	if e := o.setMethod(&pi.intent, p); e != nil {
		return nil, e
	}
	if p.bool("confirm") && pi.PaymentMethod == "" {
		return nil, missingParam("payment_method")
	}
	o.addPaymentIntent(pi)
	if p.bool("confirm") {
		if e := o.confirmPayment(pi, isOffSession(p), p.bool("error_on_requires_action")); e != nil {
			return nil, e
		}
	}
	return o.st.renderPaymentIntent(pi), nil
}

func (o *op) addPaymentIntent(pi *paymentIntent) {
	o.st.PaymentIntents.add(pi.ID, pi)
	o.emit("payment_intent.created", o.st.renderPaymentIntent(pi))
}

func getPaymentIntent(o *op, _ params) (obj, *apiError) {
	pi, e := o.paymentIntent()
	if e != nil {
		return nil, e
	}
	return o.st.renderPaymentIntent(pi), nil
}

func listPaymentIntents(o *op, p params) (obj, *apiError) {
	return page(o, p, o.st.PaymentIntents, func(pi *paymentIntent) bool {
		return matches(p, "customer", pi.Customer) && within(p, "created", pi.Created)
	}, o.st.renderPaymentIntent)
}

func confirmPaymentIntent(o *op, p params) (obj, *apiError) {
	pi, e := o.paymentIntent()
	if e != nil {
		return nil, e
	}
	if e := o.prepare(&pi.intent, p, isOffSession(p)); e != nil {
		return nil, e
	}
	if !pi.ended() {
		pi.FutureUsage = cmp.Or(p.str("setup_future_usage"), pi.FutureUsage)
		pi.ReceiptEmail = cmp.Or(p.str("receipt_email"), pi.ReceiptEmail)
	}
	if e := o.confirmPayment(pi, isOffSession(p), p.bool("error_on_requires_action")); e != nil {
		return nil, e
	}
	return o.st.renderPaymentIntent(pi), nil
}

// confirmPayment asks the card's issuer. Without the holder, or where the
// caller wants no action, a wish for authentication is a refusal.
func (o *op) confirmPayment(pi *paymentIntent, offSession, noAction bool) *apiError {
	pm, e := o.toConfirm(&pi.intent, paymentNoun)
	if e != nil {
		e.PaymentIntent = o.st.renderPaymentIntent(pi)
		return e
	}
	if pm.Card.asks(offSession) {
		if offSession || noAction {
			return o.declinePayment(pi, pm, declineSCA)
		}
		o.challenge(&pi.intent)
		o.emit("payment_intent.requires_action", o.st.renderPaymentIntent(pi))
		return nil
	}
	return o.settle(pi, pm)
}

// settle charges the card once nothing stands between.
func (o *op) settle(pi *paymentIntent, pm *paymentMethod) *apiError {
	if d := pm.Card.behaviour().charge; d != nil {
		return o.declinePayment(pi, pm, d)
	}
	o.closeChallenge(&pi.intent)
	pi.LastError = nil
	ch := o.newCharge(pi, pm)
	if pi.CaptureMethod == "manual" {
		pi.Status, pi.Capturable = needsCapture, pi.Amount
	} else {
		pi.Status = succeeded
		o.s.takeCapture().apply(pi, ch)
	}
	o.keepMethod(pi, pm)
	o.emit("charge.succeeded", o.st.renderCharge(ch))
	if pi.Status == succeeded {
		o.emit("payment_intent.succeeded", o.st.renderPaymentIntent(pi))
	} else {
		o.emit("payment_intent.amount_capturable_updated", o.st.renderPaymentIntent(pi))
	}
	o.completeSession(pi.Session)
	return nil
}

// keepMethod saves a method the caller wants for later, and marks one that was
// used without a customer as used up.
func (o *op) keepMethod(pi *paymentIntent, pm *paymentMethod) {
	c := o.st.Customers.Rows[pi.Customer]
	if pi.FutureUsage != "" && c != nil {
		pm.Card.SetUp = true
		o.attach(pm, c)
	}
	pm.Spent = pm.Customer == ""
}

// declinePayment records a failed charge and answers the 402.
func (o *op) declinePayment(pi *paymentIntent, pm *paymentMethod, d *decline) *apiError {
	ch := o.newCharge(pi, pm)
	ch.Status, ch.FailureCode, ch.FailureMessage, ch.DeclineCode = "failed", d.code, d.message, d.declineCode
	e := cardError(d)
	e.Charge = ch.ID
	o.emit("charge.failed", o.st.renderCharge(ch))
	return o.failPayment(pi, pm, e)
}

func (o *op) failPayment(pi *paymentIntent, pm *paymentMethod, e *apiError) *apiError {
	o.fail(&pi.intent, e, pm)
	e.PaymentIntent, e.PaymentMethod = o.st.renderPaymentIntent(pi), o.st.renderPaymentMethod(pm)
	o.emit("payment_intent.payment_failed", e.PaymentIntent)
	return e
}

func capturePaymentIntent(o *op, p params) (obj, *apiError) {
	pi, e := o.paymentIntent()
	if e != nil {
		return nil, e
	}
	if pi.Status != needsCapture {
		e := badState("payment_intent_unexpected_state", "This PaymentIntent could not be captured because it has a status of %s. "+
			"Only a PaymentIntent with one of the following statuses may be captured: requires_capture.", pi.Status)
		e.PaymentIntent = o.st.renderPaymentIntent(pi)
		return nil, e
	}
	amount := pi.Capturable
	if p.has("amount_to_capture") {
		amount = p.int("amount_to_capture")
	}
	if amount < 1 || amount > pi.Capturable {
		return nil, badParam("amount_to_capture", "amount_too_large", "The PaymentIntent could not be captured because the requested amount to capture (%s) "+
			"is not between the least amount and the amount capturable (%s).", money(amount, pi.Currency), money(pi.Capturable, pi.Currency))
	}
	ch := o.st.Charges.Rows[pi.LatestCharge]
	ch.Captured, ch.AmountCaptured = true, amount
	ch.Refunded = ch.Amount - amount // what was not taken is given back
	pi.Status, pi.Received, pi.Capturable = succeeded, amount, 0
	o.emit("charge.captured", o.st.renderCharge(ch))
	o.emit("payment_intent.succeeded", o.st.renderPaymentIntent(pi))
	return o.st.renderPaymentIntent(pi), nil
}

func cancelPaymentIntent(o *op, p params) (obj, *apiError) {
	pi, e := o.paymentIntent()
	if e != nil {
		return nil, e
	}
	if e := pi.mayBeCanceled(paymentNoun); e != nil {
		e.PaymentIntent = o.st.renderPaymentIntent(pi)
		return nil, e
	}
	o.cancelPayment(pi, p.str("cancellation_reason"))
	return o.st.renderPaymentIntent(pi), nil
}

func (o *op) cancelPayment(pi *paymentIntent, reason string) {
	if ch := o.st.Charges.Rows[pi.LatestCharge]; ch != nil && pi.Status == needsCapture {
		ch.Refunded = ch.Amount // releases the hold
		o.emit("charge.refunded", o.st.renderCharge(ch))
	}
	o.closeChallenge(&pi.intent)
	pi.Status, pi.Capturable, pi.CancellationReason, pi.CanceledAt = canceled, 0, reason, o.unix()
	o.emit("payment_intent.canceled", o.st.renderPaymentIntent(pi))
}
