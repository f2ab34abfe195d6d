package reference

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// word is what a property of a shared value means to an integrator.
type word struct {
	text    string
	example any
}

// words describe properties whose types belong to no single service, by schema and property.
var words = map[string]word{
	"LineitemLine.itemId":           {"Id of the catalogue item", nil},
	"LineitemLine.name":             {"Name for the customer", nil},
	"LineitemLine.itemType":         {"subscription becomes a contract; one_off is bought once", "subscription"},
	"LineitemLine.quantity":         {"How many; 1 for subscriptions", nil},
	"OrderChange.state":             {"State it moved to", nil},
	"OrderChange.at":                {"When", "2030-01-01T12:10:00Z"},
	"PaymentCard.brand":             {"Card scheme", nil},
	"PaymentCard.last4":             {"Last four digits", nil},
	"PaymentCard.expMonth":          {"Month of expiry", nil},
	"PaymentCard.expYear":           {"Year of expiry", nil},
	"SubscriptionEntitlement.state": {"active: the customer may watch", nil},
	"SubscriptionEntitlement.since": {"When it became active", "2030-01-01T12:10:02Z"},
}

// complete adds the words. It panics on one that describes nothing: a renamed property must not lose its text.
func complete(schemas huma.Registry) {
	for name, w := range words {
		schema, property, _ := strings.Cut(name, ".")
		found := schemas.Map()[schema]
		if found == nil || found.Properties[property] == nil {
			panic("reference: there is no " + name)
		}
		p := found.Properties[property]
		p.Description = w.text
		if w.example != nil {
			p.Examples = []any{w.example}
		}
	}
}
