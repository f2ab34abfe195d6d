package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/timer"
	"turnup/internal/journey/demo"
)

// The operations of which a month of a contract is made, besides its mails.
const (
	reminding = "on-renewals, a reminder"
	renewal   = "on-renewals, a renewal"
	relaying  = "outbox-relay, a renewal"
	receipt   = "on-notifications, a renewal"
	counting  = "on-targets, a renewal"
)

// renewals lets the month of a contract that is charged to a saved card pass: the reminder of its renewal, the renewal, what that leads to,
// and the announcement told again.
func (s *stage) renewals(ctx context.Context) error {
	page, _, err := s.site.Store.Subscriptions(ctx, demo.Tenant, id.Customer(s.customer), "", 1)
	if err != nil || len(page) != 1 {
		return fmt.Errorf("the customer has no contract: %w", err)
	}
	sub, today := page[0], page[0].Today(time.Now())
	if err := s.look(ctx, reminding, sub, civil.Period{From: today.Plus(-28), Until: today.Plus(2)}); err != nil {
		return err
	}
	if err := s.look(ctx, renewal, sub, civil.Period{From: today.Plus(-31), Until: today.Plus(-1)}); err != nil {
		return err
	}
	renewed, err := s.site.Store.Subscription(ctx, demo.Tenant, sub.Customer, sub.ID)
	if err != nil || renewed.Period.From != today.Plus(-1) || len(renewed.Debts) > 0 {
		return fmt.Errorf("it was not renewed: %+v, %w", renewed, err)
	}
	row, paid, err := s.batch(ctx, event.TypeInvoicePaid)
	if err != nil {
		return err
	}
	_, due, err := s.batch(ctx, event.TypeSubscriptionRenewed)
	if err != nil {
		return err
	}
	if err := s.relay(ctx, relaying, row); err != nil {
		return err
	}
	if err := s.consume(ctx, receipt, "on-notifications", paid); err != nil {
		return err
	}
	if err := s.consume(ctx, "", "on-targets", paid); err != nil { // only prepares: it counts with the renewal
		return err
	}
	if err := s.consume(ctx, counting, "on-targets", due); err != nil {
		return err
	}
	if err := s.reads(ctx, request{name: "getTargets", function: "targets", path: "/admin/targets", staff: true}); err != nil {
		return err
	}
	return s.announceContract(ctx, renewal+", told again", renewed)
}

// look moves a contract to another period, as if time had passed, and lets its timer be due.
func (s *stage) look(ctx context.Context, name string, sub subscription.Subscription, p civil.Period) error {
	now, err := s.site.Store.Subscription(ctx, demo.Tenant, sub.Customer, sub.ID)
	if err != nil {
		return err
	}
	now.Anchor, now.Period, now.Span.From, now.Due = p.Until, p, p.From, time.Now()
	row, err := attributevalue.MarshalMap(now)
	if err != nil {
		return err
	}
	table, update := s.site.Prefix+"subscriptions", "SET #a = :a, #p = :p, #s = :s, #d = :d"
	if _, err := s.site.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &table, UpdateExpression: &update,
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "T#" + string(now.Tenant) + "#CUS#" + string(now.Customer)},
			"sk": &types.AttributeValueMemberS{Value: "SUB#" + string(now.ID)}},
		ExpressionAttributeNames:  map[string]string{"#a": "Anchor", "#p": "Period", "#s": "Span", "#d": "Due"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":a": row["Anchor"], ":p": row["Period"], ":s": row["Span"], ":d": row["Due"]}}); err != nil {
		return err
	}
	return s.announceContract(ctx, name, now)
}

func (s *stage) announceContract(ctx context.Context, name string, sub subscription.Subscription) error {
	return s.consume(ctx, name, "on-renewals", event.New(ctx, demo.Tenant, time.Now(), event.TimerDue{Kind: string(timer.Subscription), CustomerID: sub.Customer, Subject: string(sub.ID), Due: sub.Due}))
}

// The floors of a contract's life.
func init() {
	for name, f := range map[string]floor{
		reminding: {aws: 2, read: 3.5, write: 8,
			why: "contract, customer, settings, numbers and card in one call; one transaction: contract, timer (and two units of its index: it moves), outbox"},
		renewal: {aws: 3, psp: 1, read: 1, write: 17,
			why: "the floor of calls that the bars are set by; their 11 W + 1 R are the contract read, the intent, and one transaction: payment, contract, invoice, ledger entry, outbox; in the same transaction must be the invoice's number, which has no gaps, and the timer (and two units of its index: it moves)"},
		renewal + ", told again": {aws: 1, read: 3.5, why: "it reads that nothing is due"},
		relaying:                 {aws: 2, write: 1, why: "as outbox-relay"},
		counting:                 {aws: 2, read: 1, write: 6, why: "what is known of the renewal, which decides; one transaction: event handled, what is known, the counters of its day"},
		"getTargets":             {aws: 33, read: 16.5, why: "the counters are spread over 32 partitions, so that many events can be counted at once: those of the days of each, eventually consistent; and one page of maintenance, which is none"},
		receipt:                  {aws: 4, read: 1, write: 3, why: "as on-notifications"},
	} {
		floors[name] = f
	}
}
