package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// route is one endpoint of the API: what it accepts and who answers.
type route struct {
	method, path string
	object       string // kind of object it answers, for expand
	list         bool
	accepts      schema
	do           func(*op, params) (obj, *apiError)
}

var none = schema{}

func listing(more schema) schema { return paging.with(more) }

var routes = []route{
	{"POST", "/v1/customers", "customer", false, customerParams.with(schema{"payment_method": text}), createCustomer},
	{"GET", "/v1/customers", "customer", true, listing(schema{"email": text, "created": between}), listCustomers},
	{"GET", "/v1/customers/{id}", "customer", false, none, getCustomer},
	{"POST", "/v1/customers/{id}", "customer", false, customerParams, updateCustomer},
	{"DELETE", "/v1/customers/{id}", "customer", false, none, deleteCustomer},
	{"GET", "/v1/customers/{id}/payment_methods", "payment_method", true, listing(schema{"type": oneOf("card")}), listPaymentMethods},

	{"POST", "/v1/payment_methods", "payment_method", false, paymentMethodParams, createPaymentMethod},
	{"GET", "/v1/payment_methods", "payment_method", true, listing(schema{"customer": text, "type": oneOf("card")}), listPaymentMethods},
	{"GET", "/v1/payment_methods/{id}", "payment_method", false, none, getPaymentMethod},
	{"POST", "/v1/payment_methods/{id}", "payment_method", false,
		schema{"metadata": hash, "card": object(schema{"exp_month": number, "exp_year": number})}, updatePaymentMethod},
	{"POST", "/v1/payment_methods/{id}/attach", "payment_method", false, schema{"customer": required(text)}, attachPaymentMethod},
	{"POST", "/v1/payment_methods/{id}/detach", "payment_method", false, none, detachPaymentMethod},

	{"POST", "/v1/setup_intents", setupNoun, false, setupIntentParams, createSetupIntent},
	{"GET", "/v1/setup_intents", setupNoun, true, listing(schema{"customer": text, "created": between}), listSetupIntents},
	{"GET", "/v1/setup_intents/{id}", setupNoun, false, schema{"client_secret": text}, getSetupIntent},
	{"POST", "/v1/setup_intents/{id}/confirm", setupNoun, false, setupConfirmParams, confirmSetupIntent},
	{"POST", "/v1/setup_intents/{id}/cancel", setupNoun, false, cancelParams, cancelSetupIntent},

	{"POST", "/v1/payment_intents", paymentNoun, false, paymentIntentParams, createPaymentIntent},
	{"GET", "/v1/payment_intents", paymentNoun, true, listing(schema{"customer": text, "created": between}), listPaymentIntents},
	{"GET", "/v1/payment_intents/{id}", paymentNoun, false, schema{"client_secret": text}, getPaymentIntent},
	{"POST", "/v1/payment_intents/{id}/confirm", paymentNoun, false, paymentConfirmParams, confirmPaymentIntent},
	{"POST", "/v1/payment_intents/{id}/capture", paymentNoun, false, schema{"amount_to_capture": number}, capturePaymentIntent},
	{"POST", "/v1/payment_intents/{id}/cancel", paymentNoun, false, cancelParams, cancelPaymentIntent},

	{"GET", "/v1/charges", "charge", true, listing(schema{"customer": text, "payment_intent": text, "created": between}), listCharges},
	{"GET", "/v1/charges/{id}", "charge", false, none, getCharge},

	{"POST", "/v1/refunds", "refund", false, refundParams, createRefund},
	{"GET", "/v1/refunds", "refund", true, listing(schema{"payment_intent": text, "charge": text, "created": between}), listRefunds},
	{"GET", "/v1/refunds/{id}", "refund", false, none, getRefund},

	{"GET", "/v1/disputes", "dispute", true, listing(schema{"payment_intent": text, "charge": text, "created": between}), listDisputes},
	{"GET", "/v1/disputes/{id}", "dispute", false, none, getDispute},
	{"POST", "/v1/disputes/{id}", "dispute", false, disputeParams, updateDispute},
	{"POST", "/v1/disputes/{id}/close", "dispute", false, none, closeDispute},

	{"POST", "/v1/checkout/sessions", "checkout.session", false, sessionParams, createSession},
	{"GET", "/v1/checkout/sessions", "checkout.session", true,
		listing(schema{"customer": text, "payment_intent": text, "status": oneOf(open, complete, expired), "created": between}), listSessions},
	{"GET", "/v1/checkout/sessions/{id}", "checkout.session", false, none, getSession},
	{"POST", "/v1/checkout/sessions/{id}/expire", "checkout.session", false, none, expireSession},

	{"GET", "/v1/events", "event", true, listing(schema{"type": text, "types": list, "created": between}), listEvents},
	{"GET", "/v1/events/{id}", "event", false, none, getEvent},

	{"POST", "/v1/webhook_endpoints", "webhook_endpoint", false, endpointParams, createEndpoint},
	{"GET", "/v1/webhook_endpoints", "webhook_endpoint", true, listing(none), listEndpoints},
	{"GET", "/v1/webhook_endpoints/{id}", "webhook_endpoint", false, none, getEndpoint},
	{"DELETE", "/v1/webhook_endpoints/{id}", "webhook_endpoint", false, none, deleteEndpoint},
}

// findRoute finds the endpoint and the {id} in the path.
func findRoute(method, path string) (*route, string) {
	for i := range routes {
		rt := &routes[i]
		if rt.method != method {
			continue
		}
		if rt.path == path {
			return rt, ""
		}
		before, after, has := strings.Cut(rt.path, "{id}")
		if !has || !strings.HasPrefix(path, before) || !strings.HasSuffix(path, after) || len(path) <= len(before)+len(after) {
			continue
		}
		if id := path[len(before) : len(path)-len(after)]; !strings.Contains(id, "/") {
			return rt, id
		}
	}
	return nil, ""
}

// api answers a request to /v1/.
func (s *Server) api(o *op, r *http.Request, form url.Values, f *fault) *response {
	answer, keyed := s.carryOut(o, r, form, f)
	if f != nil && f.Mode == faultHang {
		s.hang(r, f) // the key stays taken meanwhile, as while Stripe works
	}
	if keyed {
		s.mu.Lock()
		delete(s.inflight, o.key)
		s.mu.Unlock()
	}
	return answer
}

// carryOut does the work under the lock. It tells whether it took the request's
// idempotency key, which the caller then frees.
func (s *Server) carryOut(o *op, r *http.Request, form url.Values, f *fault) (answer *response, keyed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.st, o.now = s.st, s.now()
	if e := checkCaller(r); e != nil {
		return s.refuse(o, e), false
	}
	rt, id := findRoute(r.Method, r.URL.Path)
	if rt == nil {
		return s.refuse(o, &apiError{Status: http.StatusNotFound, Type: typeInvalidRequest, Message: "Unrecognized request URL (" + r.Method + ": " +
			r.URL.Path + "). Please see https://stripe.com/docs or we can help at https://support.stripe.com/."}), false
	}
	o.id = id
	print := ""
	if o.key != "" {
		print = fingerprint(form)
		if at := s.keyed(o, r.Method, print); at != nil {
			return at, false
		}
	}
	result, e := o.execute(rt, form)
	if e != nil {
		answer = s.refuse(o, e)
	} else {
		answer = s.jsonResponse(o, http.StatusOK, raw(result))
	}
	if o.key != "" && (e == nil || e.keeps()) {
		s.keep(o, r.Method, print, s.toKeep(o, answer, f))
	}
	s.changed()
	return answer, o.key != ""
}

// toKeep is the answer a key keeps: the real one, or the error of a fault that
// comes after the effect. An error that a key never keeps must not take the
// place of the real answer: the next try would have the effect again.
func (s *Server) toKeep(o *op, answer *response, f *fault) *response {
	if f == nil || f.Mode != faultAfter || f.StoreAnswer {
		return answer
	}
	if e := f.failure(); e.keeps() {
		return s.refuse(o, e)
	}
	return answer
}

// execute checks the parameters, does the work and expands the answer.
func (o *op) execute(rt *route, form url.Values) (obj, *apiError) {
	tree, e := parseForm(form)
	if e != nil {
		return nil, e
	}
	p, e := rt.accepts.with(schema{"expand": list}).check(tree, "")
	if e != nil {
		return nil, e
	}
	paths := p.list("expand")
	if e := checkExpand(rt.object, rt.list, paths); e != nil {
		return nil, e
	}
	result, e := rt.do(o, p)
	if e != nil {
		return nil, e
	}
	o.st.expandAll(result, paths)
	return result, nil
}

// checkCaller checks the key and the version. A live key is refused: it has no
// place here, and whoever sent it should hear of it at once.
func checkCaller(r *http.Request) *apiError {
	key, _, _ := r.BasicAuth()
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		key = strings.TrimSpace(bearer)
	}
	message := ""
	switch {
	case key == "":
		message = "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. " +
			"'Authorization: Bearer YOUR_SECRET_KEY')."
	case strings.HasPrefix(key, "sk_live_") || strings.HasPrefix(key, "rk_live_"):
		message = "Invalid API Key provided: a live key must never be sent to the sandbox."
	case !strings.HasPrefix(key, "sk_") && !strings.HasPrefix(key, "rk_"):
		message = "Invalid API Key provided."
	}
	if message != "" {
		return &apiError{Status: http.StatusUnauthorized, Type: typeInvalidRequest, Message: message}
	}
	if v := r.Header.Get("Stripe-Version"); v != "" && v != apiVersion {
		return badState("", "Invalid Stripe API version: %s. The sandbox answers as %s only.", v, apiVersion)
	}
	return nil
}

func (s *Server) jsonResponse(o *op, status int, body []byte) *response {
	r := &response{status: status, header: http.Header{}, body: body}
	r.header.Set("Content-Type", "application/json")
	r.header.Set("Cache-Control", "no-cache, no-store")
	if o.requestID != "" {
		r.header.Set("Request-Id", o.requestID)
		r.header.Set("Stripe-Version", apiVersion)
	}
	if o.key != "" {
		r.header.Set("Idempotency-Key", o.key)
	}
	if status == http.StatusUnauthorized {
		r.header.Set("WWW-Authenticate", `Bearer realm="Stripe"`)
	}
	return r
}

func (s *Server) refuse(o *op, e *apiError) *response {
	return s.jsonResponse(o, e.Status, raw(obj{"error": e}))
}
