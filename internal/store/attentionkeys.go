package store

import (
	"fmt"

	"turnup/internal/base/id"
)

// The keys of what waits for somebody, and of what staff did.

// undeliveredOrders is an index's partition of orders that are paid and wait for delivery.
func undeliveredOrders(t id.Tenant, shard int) string {
	return tenantKey(t, fmt.Sprintf("UNDELIVERED#%d", shard))
}

// unsettledPayments is an index's partition of payments whose outcome is open.
func unsettledPayments(t id.Tenant, shard int) string {
	return tenantKey(t, fmt.Sprintf("UNSETTLED#%d", shard))
}

// openReturns is an index's partition of refunds that are not settled.
func openReturns(t id.Tenant) string { return tenantKey(t, "RETURNS") }

func heldPK(t id.Tenant) string { return tenantKey(t, "HELD") }

// heldKey tells of a contract that staff keep from being suspended.
func heldKey(t id.Tenant, s id.Subscription) key {
	return key{heldPK(t), subscriptionPrefix + string(s)}
}

// troubleKey has the id in sk too: a batch tells rows apart by it.
func troubleKey(t id.Tenant, o id.Order) key {
	return key{tenantKey(t, "TROUBLE#"+string(o)), "TROUBLE#" + string(o)}
}

const actPrefix = "ACT#"

// actsPK has what somebody of the staff did, or without a name what everybody of them did.
func actsPK(t id.Tenant, staff string) string { return tenantKey(t, "ACTS#"+staff) }

// actKey puts what staff did in the order in which it was done.
func actKey(t id.Tenant, staff string, e id.Event) key {
	return key{actsPK(t, staff), actPrefix + string(e)}
}
