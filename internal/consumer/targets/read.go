package targets

import "turnup/internal/base/event"

// read is the data of an event; nothing of a type that no figure needs.
func read(e event.Envelope) (event.Data, error) {
	if decode, needed := needs[e.Type]; needed {
		return decode(e)
	}
	return nil, nil
}

// needs are the types that a figure needs.
var needs = map[event.Type]func(event.Envelope) (event.Data, error){
	event.TypeAccountRegistered:                 event.As[event.AccountRegistered],
	event.TypeVerificationRequested:             event.As[event.VerificationRequested],
	event.TypeAccountVerified:                   event.As[event.AccountVerified],
	event.TypeCustomerRegistered:                event.As[event.CustomerRegistered],
	event.TypeOrderCreated:                      event.As[event.OrderCreated],
	event.TypeOrderPaid:                         event.As[event.OrderPaid],
	event.TypeContractSigned:                    event.As[event.ContractSigned],
	event.TypePaymentInitiated:                  event.As[event.PaymentInitiated],
	event.TypePaymentSucceeded:                  event.As[event.PaymentSucceeded],
	event.TypePaymentFailed:                     event.As[event.PaymentFailed],
	event.TypeInvoicePaid:                       event.As[event.InvoicePaid],
	event.TypeSubscriptionRenewed:               event.As[event.SubscriptionRenewed],
	event.TypeSubscriptionCancelled:             event.As[event.SubscriptionCancelled],
	event.TypeSubscriptionCancellationWithdrawn: event.As[event.SubscriptionCancellationWithdrawn],
	event.TypeSubscriptionEnded:                 event.As[event.SubscriptionEnded],
	event.TypeSubscriptionResumed:               event.As[event.SubscriptionResumed],
	event.TypeProvisioningRequested:             event.As[event.ProvisioningRequested],
	event.TypeProvisioningParked:                event.As[event.ProvisioningParked],
	event.TypeServiceActivated:                  event.As[event.ServiceActivated],
	event.TypeServiceSuspended:                  event.As[event.ServiceSuspended],
	event.TypeServiceResumed:                    event.As[event.ServiceResumed],
	event.TypeServiceTerminated:                 event.As[event.ServiceTerminated],
	event.TypeLineAlarmed:                       event.As[event.LineAlarmed],
	event.TypeDiagnosisRequested:                event.As[event.DiagnosisRequested],
	event.TypeDiagnosisFinished:                 event.As[event.DiagnosisFinished],
}
