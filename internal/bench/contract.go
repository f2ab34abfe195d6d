package main

import (
	"context"
	"fmt"
	"net/http"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/subscription"
	"turnup/internal/journey/demo"
)

// lateDecline is a card that the PSP saves, and declines whenever it is charged.
const lateDecline = "4000000000000341"

// onContract is a POST to a part of a contract.
func (s *stage) onContract(ctx context.Context, name string, sub id.Subscription, part string, body any) error {
	return s.request(ctx, request{name: name, function: "subscriptions", method: http.MethodPost, path: "/subscriptions/" + string(sub) + "/" + part,
		route: "/subscriptions/{subscriptionId}/" + part, body: body, want: http.StatusOK})
}

// decisions are what a customer decides about a contract, and what they pay when its renewal was declined.
func (s *stage) decisions(ctx context.Context) error {
	page, _, err := s.site.Store.Subscriptions(ctx, demo.Tenant, id.Customer(s.customer), "", 1)
	if err != nil || len(page) != 1 {
		return fmt.Errorf("the customer has no contract: %w", err)
	}
	sub := page[0]
	one := "/subscriptions/" + string(sub.ID)
	for _, do := range []func() error{
		func() error {
			return s.reads(ctx, request{name: "quotePlanChange", function: "subscriptions", path: one + "/proration?planId=plan_stream-4k", route: "/subscriptions/{subscriptionId}/proration"},
				request{name: "forecastSubscription", function: "subscriptions", path: one + "/forecast", route: "/subscriptions/{subscriptionId}/forecast"},
				request{name: "previewCancellation", function: "subscriptions", path: one + "/cancellation", route: "/subscriptions/{subscriptionId}/cancellation"})
		},
		func() error {
			return s.onContract(ctx, "changePlan, charged", sub.ID, "change-plan", map[string]any{"planId": "plan_stream-4k"})
		},
		func() error {
			return s.onContract(ctx, "changePlan, at the period's end", sub.ID, "change-plan", map[string]any{"planId": plan, "when": "period_end"})
		},
		func() error {
			return s.request(ctx, request{name: "keepPlan", function: "subscriptions", method: http.MethodDelete, path: one + "/change-plan", route: "/subscriptions/{subscriptionId}/change-plan", want: http.StatusOK})
		},
		func() error { return s.onContract(ctx, "pauseSubscription", sub.ID, "pause", map[string]any{}) },
		func() error { return s.onContract(ctx, "resumeSubscription", sub.ID, "resume", map[string]any{}) },
		func() error { return s.declined(ctx, sub) },
		func() error { return s.subscribeAndLeave(ctx) },
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// declined lets a renewal be declined; the customer pays its invoice with another card, and staff give some of it back.
func (s *stage) declined(ctx context.Context, sub subscription.Subscription) error {
	m, session, err := s.enterCard(ctx, setUp, lateDecline)
	if err != nil {
		return err
	}
	if err := s.confirm(ctx, setUp, m, session); err != nil {
		return err
	}
	if err := s.request(ctx, request{name: "setDefaultPaymentMethod", function: "payments", method: http.MethodPut, path: "/payment-methods/" + m.Reference + "/default",
		route: "/payment-methods/{reference}/default", want: http.StatusOK}); err != nil {
		return err
	}
	today := sub.Period.From
	if err := s.look(ctx, "on-renewals, a declined renewal", sub, civil.Period{From: today.Plus(-32), Until: today.Plus(-1)}); err != nil {
		return err
	}
	_, begun, err := s.batch(ctx, event.TypeDunningStarted)
	if err != nil {
		return err
	}
	var dunning event.DunningStarted
	if err := event.Decode(begun, &dunning); err != nil {
		return err
	}
	bill := "/invoices/" + string(dunning.InvoiceID)
	if err := s.request(ctx, request{name: "payInvoice, by card", function: "invoices", method: http.MethodPost, path: bill + "/pay", route: "/invoices/{invoiceId}/pay",
		body: map[string]any{"paymentMethodId": s.method}, want: http.StatusOK}); err != nil {
		return err
	}
	if err := s.request(ctx, request{name: "refundInvoice, to the card", function: "billing-admin", method: http.MethodPost, staff: true, path: "/admin/customers/" + s.customer + bill + "/refunds",
		route: "/admin/customers/{customerId}/invoices/{invoiceId}/refunds", body: map[string]any{"amount": 100, "to": "card", "reason": "Outage"}, want: http.StatusCreated}); err != nil {
		return err
	}
	_, asked, err := s.batch(ctx, event.TypeRefundRequested)
	if err != nil {
		return err
	}
	return s.consume(ctx, "on-refunds", "on-refunds", asked)
}

// subscribeAndLeave buys a plan in one step and cancels it on the spot.
func (s *stage) subscribeAndLeave(ctx context.Context) error {
	var bought struct{ SubscriptionID id.Subscription }
	if err := s.request(ctx, request{name: "createSubscription", function: "subscriptions", method: http.MethodPost, path: "/subscriptions",
		body: map[string]any{"planId": "plan_sports-pass", "paymentMethodId": s.method}, want: http.StatusCreated, answer: &bought}); err != nil {
		return err
	}
	if err := s.deliver(ctx, setUp); err != nil {
		return err
	}
	_, paid, err := s.batch(ctx, event.TypeOrderPaid)
	if err != nil {
		return err
	}
	if err := s.consume(ctx, setUp, "on-invoicing", paid); err != nil {
		return err
	}
	return s.onContract(ctx, "cancelSubscription, now", bought.SubscriptionID, "cancel", map[string]any{"mode": "now"})
}

// The floors of a customer's decisions.
func init() {
	const terms = "contract, customer, settings, numbers and card in one call"
	for name, f := range map[string]floor{
		"quotePlanChange":                 {aws: 2, read: 5.5, why: terms + "; plan and claim"},
		"forecastSubscription":            {aws: 1, read: 3.5, why: terms},
		"previewCancellation":             {aws: 2, read: 4, why: terms + "; the last invoice"},
		"changePlan, charged":             {aws: 4, psp: 1, read: 5.5, write: 19, why: terms + "; plan and claim; one transaction: Idempotency-Key, payment, outbox; the charge; one transaction: payment, contract, claims of both plans, invoice, its number, ledger entry, outbox"},
		"changePlan, at the period's end": {aws: 3, read: 5.5, write: 6, why: terms + "; plan and claim; one transaction: Idempotency-Key, contract, outbox"},
		"keepPlan":                        {aws: 2, read: 3.5, write: 4, why: terms + "; one transaction: contract, outbox"},
		"pauseSubscription":               {aws: 2, read: 3.5, write: 9, why: terms + "; one transaction: Idempotency-Key, contract, timer (and a unit of its index), outbox"},
		"resumeSubscription":              {aws: 2, read: 3.5, write: 9, why: "as pauseSubscription"},
		"setDefaultPaymentMethod":         {aws: 2, read: 1, write: 4, why: "the method; one transaction: that it is still there, and which one is charged"},
		"on-renewals, a declined renewal": {aws: 3, psp: 1, read: 3.5, write: 15, why: "as a renewal; one transaction: payment, contract, invoice, its number, timer (and two units of its index), outbox"},
		"payInvoice, by card":             {aws: 4, psp: 1, read: 4, write: 21, why: "invoice, its contract, settings and method; one transaction: Idempotency-Key, payment, claim on the invoice, outbox; the charge; one transaction: payment, invoice, contract, timer (and two units of its index), ledger entry, outbox"},
		"refundInvoice, to the card":      {aws: 2, read: 2, write: 14, why: "invoice and numbers; one transaction: Idempotency-Key, refund, invoice, credit note, its number, ledger entry, outbox"},
		"on-refunds":                      {aws: 3, psp: 1, read: 2, write: 6, why: "refund, payment; the PSP is asked; one transaction: refund, ledger entry, outbox"},
		"createSubscription":              {aws: 4, psp: 1, read: 5, write: 30, why: "as createOrder, with the method; one transaction: as createOrder's, with the payment; the charge; one transaction: payment, order, timer (and its index), unpaid orders, claim, subscription, ledger entry, outbox; the order that is answered"},
		"cancelSubscription, now":         {aws: 2, read: 5, write: 22, why: "contract, its invoice, settings, numbers and wallet; one transaction: Idempotency-Key, contract, claim, timer (and its index), invoice, credit note, its number, wallet, its entry, outbox"},
	} {
		floors[name] = f
	}
}
