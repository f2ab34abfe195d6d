package targets

import "turnup/internal/base/event"

// read is the data of an event; nothing of a type that no figure needs.
func read(e event.Envelope) (event.Data, error) {
	for _, r := range []func(event.Envelope) (event.Data, error){readAccount, readPurchase, readContract, readLine} {
		if data, err := r(e); data != nil || err != nil {
			return data, err
		}
	}
	return nil, nil
}

// readAccount reads what happens to accounts.
func readAccount(e event.Envelope) (event.Data, error) {
	switch e.Type {
	case event.TypeAccountRegistered:
		var accountRegistered event.AccountRegistered
		err := event.Decode(e, &accountRegistered)
		return accountRegistered, err
	case event.TypeVerificationRequested:
		var verificationRequested event.VerificationRequested
		err := event.Decode(e, &verificationRequested)
		return verificationRequested, err
	case event.TypeAccountVerified:
		var accountVerified event.AccountVerified
		err := event.Decode(e, &accountVerified)
		return accountVerified, err
	case event.TypeCustomerRegistered:
		var customerRegistered event.CustomerRegistered
		err := event.Decode(e, &customerRegistered)
		return customerRegistered, err
	}
	return nil, nil
}

// readPurchase reads what happens to orders and payments.
func readPurchase(e event.Envelope) (event.Data, error) {
	switch e.Type {
	case event.TypeOrderCreated:
		var orderCreated event.OrderCreated
		err := event.Decode(e, &orderCreated)
		return orderCreated, err
	case event.TypeOrderPaid:
		var orderPaid event.OrderPaid
		err := event.Decode(e, &orderPaid)
		return orderPaid, err
	case event.TypeContractSigned:
		var contractSigned event.ContractSigned
		err := event.Decode(e, &contractSigned)
		return contractSigned, err
	case event.TypePaymentInitiated:
		var paymentInitiated event.PaymentInitiated
		err := event.Decode(e, &paymentInitiated)
		return paymentInitiated, err
	case event.TypePaymentSucceeded:
		var paymentSucceeded event.PaymentSucceeded
		err := event.Decode(e, &paymentSucceeded)
		return paymentSucceeded, err
	case event.TypePaymentFailed:
		var paymentFailed event.PaymentFailed
		err := event.Decode(e, &paymentFailed)
		return paymentFailed, err
	case event.TypeInvoicePaid:
		var invoicePaid event.InvoicePaid
		err := event.Decode(e, &invoicePaid)
		return invoicePaid, err
	}
	return nil, nil
}

// readContract reads what happens to contracts.
func readContract(e event.Envelope) (event.Data, error) {
	switch e.Type {
	case event.TypeSubscriptionRenewed:
		var subscriptionRenewed event.SubscriptionRenewed
		err := event.Decode(e, &subscriptionRenewed)
		return subscriptionRenewed, err
	case event.TypeSubscriptionCancelled:
		var subscriptionCancelled event.SubscriptionCancelled
		err := event.Decode(e, &subscriptionCancelled)
		return subscriptionCancelled, err
	case event.TypeSubscriptionCancellationWithdrawn:
		var subscriptionCancellationWithdrawn event.SubscriptionCancellationWithdrawn
		err := event.Decode(e, &subscriptionCancellationWithdrawn)
		return subscriptionCancellationWithdrawn, err
	case event.TypeSubscriptionEnded:
		var subscriptionEnded event.SubscriptionEnded
		err := event.Decode(e, &subscriptionEnded)
		return subscriptionEnded, err
	case event.TypeSubscriptionResumed:
		var subscriptionResumed event.SubscriptionResumed
		err := event.Decode(e, &subscriptionResumed)
		return subscriptionResumed, err
	}
	return nil, nil
}

// readLine reads what happens to lines.
func readLine(e event.Envelope) (event.Data, error) {
	switch e.Type {
	case event.TypeProvisioningRequested:
		var provisioningRequested event.ProvisioningRequested
		err := event.Decode(e, &provisioningRequested)
		return provisioningRequested, err
	case event.TypeProvisioningParked:
		var provisioningParked event.ProvisioningParked
		err := event.Decode(e, &provisioningParked)
		return provisioningParked, err
	case event.TypeServiceActivated:
		var serviceActivated event.ServiceActivated
		err := event.Decode(e, &serviceActivated)
		return serviceActivated, err
	case event.TypeServiceSuspended:
		var serviceSuspended event.ServiceSuspended
		err := event.Decode(e, &serviceSuspended)
		return serviceSuspended, err
	case event.TypeServiceResumed:
		var serviceResumed event.ServiceResumed
		err := event.Decode(e, &serviceResumed)
		return serviceResumed, err
	case event.TypeServiceTerminated:
		var serviceTerminated event.ServiceTerminated
		err := event.Decode(e, &serviceTerminated)
		return serviceTerminated, err
	case event.TypeLineAlarmed:
		var lineAlarmed event.LineAlarmed
		err := event.Decode(e, &lineAlarmed)
		return lineAlarmed, err
	case event.TypeDiagnosisRequested:
		var diagnosisRequested event.DiagnosisRequested
		err := event.Decode(e, &diagnosisRequested)
		return diagnosisRequested, err
	case event.TypeDiagnosisFinished:
		var diagnosisFinished event.DiagnosisFinished
		err := event.Decode(e, &diagnosisFinished)
		return diagnosisFinished, err
	}
	return nil, nil
}
