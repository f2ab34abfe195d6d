// Package reference assembles the OpenAPI document of the whole API and draws a page to browse it; its package site serves what was made
// here beforehand.
package reference

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"turnup/internal/api/auth"
	"turnup/internal/api/billingadmin"
	"turnup/internal/api/carts"
	"turnup/internal/api/catalogue"
	"turnup/internal/api/catalogueadmin"
	"turnup/internal/api/couponadmin"
	"turnup/internal/api/credentials"
	"turnup/internal/api/customeradmin"
	"turnup/internal/api/customers"
	"turnup/internal/api/invoices"
	"turnup/internal/api/network"
	"turnup/internal/api/networkadmin"
	"turnup/internal/api/noticeadmin"
	"turnup/internal/api/operations"
	"turnup/internal/api/orders"
	"turnup/internal/api/payments"
	"turnup/internal/api/plans"
	"turnup/internal/api/qualification"
	"turnup/internal/api/reference/site"
	"turnup/internal/api/registration"
	"turnup/internal/api/selfservice"
	"turnup/internal/api/services"
	"turnup/internal/api/signupadmin"
	"turnup/internal/api/staffadmin"
	"turnup/internal/api/subscriptions"
	"turnup/internal/api/targets"
	"turnup/internal/api/testclocks"
	"turnup/internal/api/tickets"
	"turnup/internal/api/upgrades"
	"turnup/internal/api/wallet"
	"turnup/internal/api/walletadmin"
	"turnup/internal/api/webhookadmin"
	"turnup/internal/api/webhooks"
	"turnup/internal/base/clock"
	"turnup/internal/platform/rest"
)

// Document gathers every operation of every service. It serves nothing: the operations have no parts to work with.
func Document() *rest.API {
	a := rest.New(rest.Options{Clock: clock.System, Title: "Turnup", Version: site.Version, About: about()})
	everything(a)

	doc := a.OpenAPI()
	doc.OpenAPI = "3.1.0"
	doc.Info.Contact = &huma.Contact{Name: "Turnup API support", Email: "api@turnup.example"}
	doc.Servers = []*huma.Server{
		{URL: "https://{api}.execute-api.{region}.amazonaws.com/{stage}", Description: "A deployment on AWS", Variables: map[string]*huma.ServerVariable{
			"api":    {Default: "example", Description: "Id of the API, an output of the deployment"},
			"region": {Default: "eu-central-1", Description: "AWS region"},
			"stage":  {Default: "v1", Description: "Stage of the API"}}},
		{URL: "{address}", Description: "Any other address: a custom domain, or a local run", Variables: map[string]*huma.ServerVariable{
			"address": {Default: "https://api.turnup.example", Description: "Where the API answers, without a slash at the end"}}},
	}
	for _, s := range groups {
		doc.Tags = append(doc.Tags, &huma.Tag{Name: s.Name, Description: s.Text})
	}
	complete(doc.Components.Schemas)
	return a
}

// everything registers every operation of every service, without parts to work with.
func everything(a *rest.API) {
	registration.Register(a, registration.Deps{})
	auth.Register(a, auth.Deps{})
	customers.Register(a, customers.Deps{})
	selfservice.Register(a, selfservice.Deps{})
	catalogue.Register(a, catalogue.Deps{})
	plans.Register(a, plans.Deps{})
	payments.Register(a, payments.Deps{})
	carts.Register(a, carts.Deps{})
	orders.Register(a, orders.Deps{})
	orders.RegisterStaff(a, orders.StaffDeps{})
	orders.RegisterSubscribing(a, orders.Subscribing{})
	subscriptions.Register(a, subscriptions.Deps{})
	subscriptions.RegisterRenewals(a, subscriptions.RenewalDeps{})
	upgrades.Register(a, upgrades.Deps{})
	invoices.Register(a, invoices.Deps{})
	qualification.Register(a, qualification.Deps{})
	services.Register(a, services.Deps{})
	credentials.Register(a, credentials.Deps{})
	tickets.Register(a, tickets.Deps{})
	testclocks.Register(a, testclocks.Deps{})
	catalogueadmin.Register(a, catalogueadmin.Deps{})
	couponadmin.Register(a, couponadmin.Deps{})
	customeradmin.Register(a, customeradmin.Deps{})
	staffadmin.Register(a, staffadmin.Deps{})
	wallet.Register(a, wallet.Deps{})
	walletadmin.Register(a, walletadmin.Deps{})
	billingadmin.Register(a, billingadmin.Deps{})
	signupadmin.Register(a, signupadmin.Deps{})
	noticeadmin.Register(a, noticeadmin.Deps{})
	webhookadmin.Register(a, webhookadmin.Deps{})
	networkadmin.Register(a, networkadmin.Deps{})
	targets.Register(a, targets.Deps{})
	operations.Register(a, operations.Deps{})
	webhooks.RegisterStripe(a, webhooks.StripeDeps{})
	network.RegisterRadius(a, network.RadiusDeps{})
	network.RegisterAlarms(a, network.AlarmDeps{})
	site.Register(a)
}

// Made are the documents that are served, by their path from the project's root, before they are compressed.
func Made() (map[string][]byte, error) {
	whole := Document()
	doc, err := json.Marshal(whole.OpenAPI())
	return map[string][]byte{"internal/api/reference/site/openapi.json.gz": doc, "internal/api/reference/site/reference.html.gz": Page(whole)}, err
}
