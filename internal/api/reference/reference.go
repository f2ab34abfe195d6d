// Package reference assembles the OpenAPI document of the whole API and serves it with a page to browse it.
package reference

import (
	"turnup/internal/api/carts"
	"turnup/internal/api/catalogue"
	"turnup/internal/api/orders"
	"turnup/internal/api/payments"
	"turnup/internal/api/registration"
	"turnup/internal/api/subscriptions"
	"turnup/internal/api/webhooks"
	"turnup/internal/base/clock"
	"turnup/internal/platform/rest"
)

// Version of the API's contract.
const Version = "1.0.0"

// Document gathers every operation of every service. It serves nothing: the operations have no parts to work with.
func Document() *rest.API {
	a := rest.New(rest.Options{Clock: clock.System, Title: "Turnup", Version: Version,
		About: "Subscription commerce and the customer journey for fibre and streaming providers, from sign-up to turn-up."})
	registration.Register(a, registration.Deps{})
	catalogue.Register(a, catalogue.Deps{})
	payments.Register(a, payments.Deps{})
	carts.Register(a, carts.Deps{})
	orders.Register(a, orders.Deps{})
	subscriptions.Register(a, subscriptions.Deps{})
	webhooks.RegisterStripe(a, webhooks.StripeDeps{})
	Register(a, Deps{})
	return a
}
