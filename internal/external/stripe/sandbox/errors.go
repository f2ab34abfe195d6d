package sandbox

import (
	"fmt"
	"net/http"
	"strings"
)

// obj is a JSON object as it goes out; rendering builds it from a record.
type obj = map[string]any

// Types of errors, Stripe's own words.
const (
	typeInvalidRequest = "invalid_request_error"
	typeCard           = "card_error"
	typeIdempotency    = "idempotency_error"
	typeAPI            = "api_error"
)

// apiError is a refusal in Stripe's shape together with its HTTP status.
type apiError struct {
	Status      int    `json:"-"`
	Type        string `json:"type"`
	Code        string `json:"code,omitempty"`
	DeclineCode string `json:"decline_code,omitempty"`
	Message     string `json:"message"`
	Param       string `json:"param,omitempty"`
	DocURL      string `json:"doc_url,omitempty"`
	Charge      string `json:"charge,omitempty"`
	// Snapshots of the objects as the failure left them.
	PaymentIntent obj `json:"payment_intent,omitempty"`
	PaymentMethod obj `json:"payment_method,omitempty"`
	SetupIntent   obj `json:"setup_intent,omitempty"`
}

func (e *apiError) withDoc() *apiError {
	if e.Code != "" {
		e.DocURL = "https://stripe.com/docs/error-codes/" + strings.ReplaceAll(e.Code, "_", "-")
	}
	return e
}

// keeps reports whether an idempotency key keeps this answer. Stripe keeps what
// an endpoint answered once it began to execute, and forgets what was refused
// before that: authentication, conflicts, rate limits and wrong parameters.
func (e *apiError) keeps() bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusConflict, http.StatusTooManyRequests:
		return false
	}
	return e.Type != typeInvalidRequest || e.Param == ""
}

// badParam is the refusal of one parameter's value.
func badParam(param, code, format string, args ...any) *apiError {
	e := &apiError{Status: http.StatusBadRequest, Type: typeInvalidRequest, Code: code, Param: param,
		Message: fmt.Sprintf(format, args...)}
	return e.withDoc()
}

// badState is the refusal of something the object's state does not allow.
func badState(code, format string, args ...any) *apiError {
	e := &apiError{Status: http.StatusBadRequest, Type: typeInvalidRequest, Code: code,
		Message: fmt.Sprintf(format, args...)}
	return e.withDoc()
}

// missingParam is the refusal of a request without a required parameter.
func missingParam(param string) *apiError {
	return badParam(param, "parameter_missing", "Missing required param: %s.", param)
}

// noSuch is the answer to an unknown id: 404 when the id stands in the URL
// (param "id"), 400 when it came as a parameter.
func noSuch(kind, id, param string) *apiError {
	e := badParam(param, "resource_missing", "No such %s: '%s'", kind, id)
	if param == "id" || param == "intent" {
		e.Status = http.StatusNotFound
	}
	return e
}

// cardError is the 402 of a card that was refused.
func cardError(d *decline) *apiError {
	e := &apiError{Status: http.StatusPaymentRequired, Type: typeCard, Code: d.code, DeclineCode: d.declineCode,
		Message: d.message, Param: d.param}
	return e.withDoc()
}

// lastError is the part of an error an intent remembers as last_setup_error or
// last_payment_error.
type lastError struct {
	Type          string `json:"type"`
	Code          string `json:"code"`
	DeclineCode   string `json:"decline_code,omitempty"`
	Message       string `json:"message"`
	DocURL        string `json:"doc_url"`
	Charge        string `json:"charge,omitempty"`
	PaymentMethod obj    `json:"payment_method,omitempty"`
}

func remember(e *apiError, method obj) *lastError {
	return &lastError{Type: e.Type, Code: e.Code, DeclineCode: e.DeclineCode, Message: e.Message, DocURL: e.DocURL,
		Charge: e.Charge, PaymentMethod: method}
}
