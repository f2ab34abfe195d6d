// Package lineitem is one line of what a customer buys, as it travels from the cart through payment and order to the
// contract. The price is the one agreed when the line was made; it is compared with the catalogue again at checkout.
package lineitem

import (
	"slices"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The types of catalogue item.
const (
	Subscription = "subscription" // recurring; becomes a contract
	OneOff       = "one_off"      // bought once
	TopUp        = "top_up"       // money for the customer's wallet
)

// Line is one catalogue item at its price. Quantity is 1 for subscriptions.
type Line struct {
	ItemID        id.Item       `json:"itemId" dynamodbav:"itemId" example:"plan_stream-hd"`
	Name          string        `json:"name" dynamodbav:"name" example:"Stream HD"`
	Type          string        `json:"itemType" dynamodbav:"type" enum:"subscription,one_off,top_up"`
	Price         money.Amount  `json:"price" dynamodbav:"price" doc:"Price of one"`
	Listed        *money.Amount `json:"listedPrice,omitempty" dynamodbav:"listed,omitempty" doc:"Of a buyer who pays no tax: the price with it, as it is listed"`
	Quantity      int64         `json:"quantity" dynamodbav:"quantity" minimum:"1" maximum:"99" example:"1"`
	BillingPeriod string        `json:"billingPeriod,omitempty" dynamodbav:"billingPeriod,omitempty" doc:"ISO 8601 duration, for subscriptions" example:"P1M"`
	Access        *Access       `json:"access,omitempty" dynamodbav:"access,omitempty" doc:"Of plans that are a fibre line: what it can do"`
}

// Access is what a plan that is a fibre line gives.
type Access struct {
	DownKbps int64       `json:"downKbps" dynamodbav:"down" minimum:"1" maximum:"100000000" doc:"To the customer, kbit/s" example:"300000"`
	UpKbps   int64       `json:"upKbps" dynamodbav:"up" minimum:"1" maximum:"100000000" doc:"From the customer, kbit/s" example:"150000"`
	CapBytes int64       `json:"capBytes,omitempty" dynamodbav:"cap,omitempty" minimum:"1000000" maximum:"1000000000000000" doc:"Volume of a month, both ways, of which the customer is warned; none without it" example:"1000000000000"`
	Location id.Location `json:"locationId,omitempty" dynamodbav:"location,omitempty" doc:"Where the line is; of orders only" example:"loc-100231"`
}

// Total sums the lines. All lines have one currency; the cart sees to it.
func Total(lines []Line) (money.Amount, error) {
	amounts := make([]money.Amount, len(lines))
	for i, l := range lines {
		amounts[i] = l.Price.Times(l.Quantity)
	}
	return money.Sum(amounts...)
}

// Subscriptions picks the lines that become contracts.
func Subscriptions(lines []Line) []Line {
	var subs []Line
	for _, l := range lines {
		if l.Type == Subscription {
			subs = append(subs, l)
		}
	}
	return subs
}

// Has tells whether one of the lines is of a type.
func Has(lines []Line, itemType string) bool {
	return slices.ContainsFunc(lines, func(l Line) bool { return l.Type == itemType })
}
