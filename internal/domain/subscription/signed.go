package subscription

import (
	"turnup/internal/base/event"
	"turnup/internal/base/id"
)

// SignedBy says that a signup led to the contract as it is: an upgrade binds its customer to another plan.
func (s Subscription) SignedBy(signup id.Signup) event.ContractSigned {
	return event.ContractSigned{CustomerID: s.Customer, OrderID: s.OrderID, SignupID: signup,
		Subscriptions: []event.SignedContract{{SubscriptionID: s.ID, ItemID: s.ItemID, Price: s.Price, BillingPeriod: s.BillingPeriod}}}
}
