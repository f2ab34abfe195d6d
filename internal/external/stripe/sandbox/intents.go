package sandbox

import (
	"net/url"
	"slices"
	"strings"
)

// Statuses of intents.
const (
	needsMethod       = "requires_payment_method"
	needsConfirmation = "requires_confirmation"
	needsAction       = "requires_action"
	needsCapture      = "requires_capture"
	succeeded         = "succeeded"
	canceled          = "canceled"
)

// intent is what a SetupIntent and a PaymentIntent have in common.
type intent struct {
	ID                 string            `json:"id"`
	Created            int64             `json:"created"`
	Status             string            `json:"status"`
	ClientSecret       string            `json:"clientSecret"`
	Customer           string            `json:"customer,omitempty"`
	PaymentMethod      string            `json:"paymentMethod,omitempty"`
	Description        string            `json:"description,omitempty"`
	Metadata           map[string]string `json:"metadata,omitempty"`
	Types              []string          `json:"types"`
	Automatic          bool              `json:"automatic,omitempty"` // automatic_payment_methods
	AllowRedirects     string            `json:"allowRedirects,omitempty"`
	CancellationReason string            `json:"cancellationReason,omitempty"`
	LastError          *lastError        `json:"lastError,omitempty"`
	Challenge          string            `json:"challenge,omitempty"` // open 3-D Secure attempt
	ReturnURL          string            `json:"returnURL,omitempty"`
	Base               string            `json:"base,omitempty"` // of the hosted pages, when a challenge was opened
	Session            string            `json:"session,omitempty"`
}

var automaticParams = object(schema{"enabled": required(flag), "allow_redirects": oneOf("always", "never")})

// intentParams are the parameters both kinds take at creation.
var intentParams = schema{
	"customer": text, "payment_method": text, "payment_method_types": list, "automatic_payment_methods": automaticParams,
	"confirm": flag, "return_url": text, "description": text, "metadata": hash, "use_stripe_sdk": flag,
}

var cancelParams = schema{"cancellation_reason": oneOf("abandoned", "duplicate", "fraudulent", "requested_by_customer")}

// newIntent reads what both kinds share.
func (o *op) newIntent(prefix string, p params) (intent, *apiError) {
	in := intent{ID: newID(prefix), Created: o.unix(), Status: needsMethod, Description: p.str("description"),
		Metadata: mergeMetadata(nil, p), Customer: p.str("customer"), Types: []string{"card"}}
	in.ClientSecret = randomID(in.ID+"_secret_", 24)
	if p.has("customer") {
		if _, e := o.customer(in.Customer, "customer"); e != nil {
			return in, e
		}
	}
	auto := p.sub("automatic_payment_methods")
	switch types := p.list("payment_method_types"); {
	case auto.bool("enabled") && len(types) > 0:
		return in, badParam("payment_method_types", "", "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
	case len(types) > 0:
		if !slices.Equal(types, []string{"card"}) {
			return in, badParam("payment_method_types", "", "The sandbox plays cards only: payment_method_types must be [card].")
		}
	case !p.has("automatic_payment_methods") || auto.bool("enabled"):
		in.Automatic, in.AllowRedirects = true, "always"
		if auto.has("allow_redirects") {
			in.AllowRedirects = auto.str("allow_redirects")
		}
	}
	if !p.bool("confirm") {
		if p.has("return_url") {
			return in, badParam("return_url", "", "The parameter `return_url` cannot be passed when creating an intent unless `confirm` is set to true.")
		}
		return in, nil
	}
	return in, in.setReturn(p, p.bool("off_session"))
}

// setReturn takes the address the holder comes back to. Since 2023-08-16 an
// intent open to redirecting methods must have one when it is confirmed.
func (in *intent) setReturn(p params, offSession bool) *apiError {
	if to := p.str("return_url"); to != "" {
		if !webURL(to) {
			return badParam("return_url", "url_invalid", "Not a valid URL")
		}
		in.ReturnURL = to
	}
	if in.Automatic && in.AllowRedirects == "always" && in.ReturnURL == "" && !offSession && !p.bool("use_stripe_sdk") {
		return badParam("return_url", "", "This intent is configured to accept payment methods enabled in your Dashboard. Because some of "+
			"these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to "+
			"accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "+
			"`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.")
	}
	return nil
}

func webURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// setMethod gives the intent the method to try next.
func (o *op) setMethod(in *intent, p params) *apiError {
	if !p.has("payment_method") {
		return nil
	}
	pm, e := o.method(p.str("payment_method"), "payment_method")
	switch {
	case e != nil:
		return e
	case pm.Customer != "" && in.Customer == "":
		return badParam("payment_method", "", "The PaymentMethod %s belongs to the Customer %s. Please include the Customer in the "+
			"`customer` parameter.", pm.ID, pm.Customer)
	case pm.Customer != "" && pm.Customer != in.Customer:
		return badParam("payment_method", "", "The PaymentMethod %s does not belong to the Customer you supplied %s. Please use this "+
			"PaymentMethod with the Customer that it belongs to instead.", pm.ID, in.Customer)
	case pm.Spent:
		return badParam("payment_method", "payment_method_unexpected_state", "%s", spentMessage)
	}
	in.PaymentMethod, in.Status = pm.ID, needsConfirmation
	return nil
}

// ended tells whether nothing more can be confirmed.
func (in *intent) ended() bool {
	return in.Status == succeeded || in.Status == canceled || in.Status == needsCapture
}

// prepare takes what a confirmation brings with it, all of it or nothing.
func (o *op) prepare(in *intent, p params, offSession bool) *apiError {
	if in.ended() {
		return nil // toConfirm says why not
	}
	next := *in
	if e := o.setMethod(&next, p); e != nil {
		return e
	}
	if e := next.setReturn(p, offSession); e != nil {
		return e
	}
	*in = next
	return nil
}

// toConfirm checks that the intent can be confirmed and answers its method.
func (o *op) toConfirm(in *intent, noun string) (*paymentMethod, *apiError) {
	switch {
	case in.ended():
		return nil, badState(noun+"_unexpected_state", "You cannot confirm this %s because it has a status of %s.", camel(noun), in.Status)
	case in.Status == needsMethod:
		return nil, badState(noun+"_unexpected_state", "You cannot confirm this %s because it's missing a payment method. "+
			"You can either update the %[1]s with a payment method and then confirm it again, or confirm it again directly with a payment method.", camel(noun))
	}
	return o.st.PaymentMethods.Rows[in.PaymentMethod], nil
}

// camel writes setup_intent as SetupIntent, as Stripe's messages do.
func camel(noun string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(noun, "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// challenge opens a 3-D Secure attempt; an earlier one is void.
func (o *op) challenge(in *intent) {
	delete(o.st.Challenges, in.Challenge)
	in.Challenge, in.Status, in.Base = randomID("3ds_", 24), needsAction, o.base
	o.st.Challenges[in.Challenge] = in.ID
}

// closeChallenge voids the open attempt.
func (o *op) closeChallenge(in *intent) {
	delete(o.st.Challenges, in.Challenge)
	in.Challenge = ""
}

// fail puts the intent back to needing a method and remembers why.
func (o *op) fail(in *intent, e *apiError, pm *paymentMethod) {
	o.closeChallenge(in)
	in.Status, in.PaymentMethod = needsMethod, ""
	in.LastError = remember(e, o.st.renderPaymentMethod(pm))
}

// authFailure is the error of a holder who did not authenticate.
func authFailure(noun string) *apiError {
	message := "The latest attempt to set up the payment method has failed because authentication failed."
	if noun == "payment_intent" {
		message = "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod " +
			"to attempt to fulfill this PaymentIntent again."
	}
	e := &apiError{Status: 402, Type: typeInvalidRequest, Code: noun + "_authentication_failure", Message: message}
	return e.withDoc()
}

// cancelable tells whether the intent has not come to its end.
func (in *intent) cancelable() bool { return in.Status != succeeded && in.Status != canceled }

// mayBeCanceled refuses what has ended already, and what a Checkout Session
// still holds open: its page would otherwise confirm a canceled intent.
func (in *intent) mayBeCanceled(noun string) *apiError {
	switch {
	case !in.cancelable():
		return badState(noun+"_unexpected_state", "You cannot cancel this %s because it has a status of %s. Only a %[1]s with one of the "+
			"following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.",
			camel(noun), in.Status)
	case in.Session != "" && in.Status != needsCapture:
		return badState(noun+"_unexpected_state", "You cannot cancel the %s of a Checkout Session. Expire the Checkout Session instead.", camel(noun))
	}
	return nil
}

// nextAction renders where the holder must go.
func (in *intent) nextAction() any {
	if in.Status != needsAction {
		return nil
	}
	page := in.Base + "/3ds/" + in.Challenge
	if in.ReturnURL == "" {
		return obj{"type": "use_stripe_sdk", "use_stripe_sdk": obj{"type": "three_d_secure_redirect", "stripe_js": page}}
	}
	return obj{"type": "redirect_to_url", "redirect_to_url": obj{"url": page, "return_url": in.ReturnURL}}
}

// render is the part of the object both kinds share.
func (in *intent) render(object string) obj {
	var auto any
	if in.Automatic {
		auto = obj{"enabled": true, "allow_redirects": in.AllowRedirects}
	}
	return nulls(obj{
		"id": in.ID, "object": object, "created": in.Created, "livemode": false, "status": in.Status,
		"client_secret": in.ClientSecret, "customer": orNull(in.Customer), "payment_method": orNull(in.PaymentMethod),
		"description": orNull(in.Description), "metadata": metadataOf(in.Metadata), "payment_method_types": in.Types,
		"automatic_payment_methods": auto, "cancellation_reason": orNull(in.CancellationReason),
		"next_action": in.nextAction(), "payment_method_options": obj{},
	}, "application", "on_behalf_of", "payment_method_configuration_details")
}
