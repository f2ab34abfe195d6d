package webhook

import (
	"slices"

	"turnup/internal/base/event"
)

// Test is the type of what testWebhookEndpoint sends. It is no domain event: no filter selects it, no replay repeats it.
const Test event.Type = "webhook.test"

// version is which version of a type goes out. While producers announce two, partners get one; another one would be a type of its own
// to them.
const version = 1

// types are the events that may leave the house. What is in no list stays: it is not enough that a type is not listed elsewhere.
//
// Those that stay have something that opens or tells too much, or are nobody's business outside: the address of a thank-you page, which
// is as good as a key (signup.completed, thankYouPage.published); whatever leads to a mail with a link or is about passwords, second
// factors and sessions; names of RADIUS accounts and NASes (access.changed, nas.restarted); words that staff wrote about somebody
// (account.verified) and causes in the words of other systems (provisioning.parked, refund.parked, payment.parked); staff's accounts; what
// only asks a part of Turnup to do something (timer.due, refund.requested, …).
var types = []event.Type{
	event.TypeCustomerRegistered, event.TypeCustomerUpdated, event.TypeCustomerErased,
	event.TypeOrderCreated, event.TypeOrderPaid, event.TypeOrderDelivered, event.TypeOrderCancelled, event.TypeContractSigned,
	event.TypePaymentSucceeded, event.TypePaymentFailed, event.TypePaymentRefunded, event.TypePaymentDisputed, event.TypeDisputeClosed, event.TypeRefundSettled,
	event.TypeInvoiceIssued, event.TypeInvoicePaid, event.TypeInvoiceClosed,
	event.TypeSubscriptionRenewed, event.TypeSubscriptionChanged, event.TypeSubscriptionChangeScheduled, event.TypeSubscriptionChangeWithdrawn, event.TypeSubscriptionCancelled,
	event.TypeSubscriptionCancellationWithdrawn, event.TypeSubscriptionPaused, event.TypeSubscriptionSuspended, event.TypeSubscriptionResumed, event.TypeSubscriptionEnded,
	event.TypeRenewalUpcoming, event.TypeDunningStarted, event.TypeDunningReminded, event.TypeDunningEnded,
	event.TypeServiceOrdered, event.TypeServiceActivated, event.TypeServiceSuspended, event.TypeServiceResumed, event.TypeServiceTerminated, event.TypeUsageReached, event.TypeLineAlarmed,
	event.TypeTicketOpened, event.TypeTicketResolved, event.TypeTicketReopened,
}

// Types are the events that may go out.
func Types() []event.Type { return slices.Clone(types) }

// GoesOut tells whether an event may go out.
func GoesOut(e event.Envelope) bool { return e.Version == version && slices.Contains(types, e.Type) }
