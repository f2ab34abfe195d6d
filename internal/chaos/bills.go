package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/civil"
	"turnup/internal/domain/subscription"
	"turnup/internal/journey"
)

// renewing are the functions that renew contracts by themselves, and owed those that take money for what is owed.
var (
	renewing = []string{"tick", "on-renewals", "stripe-webhook"}
	owed     = []string{"on-renewals", "invoices", "stripe-webhook", "on-settlement", "tasks-settlement"}
)

// The journeys of a contract's life. It is made in one step …
var (
	Subscribed = Journey{Name: "subscribing", From: "subscribe", Only: []string{"subscriptions"}, Steps: []Step{
		{"register", register}, {"enter a card", enterCard(cardSetup)}, {"subscribe", subscribe}}}
	// … and renewed when its period is over …
	Renewal = Journey{Name: "renewal", From: "let a month pass", Only: renewing, Steps: []Step{
		{"register", register}, {"enter a card", enterCard(cardSetup)}, {"subscribe", subscribe}, {"let a month pass", aMonthPasses}}}
	// … also when the answer to the charge is lost, and so is the webhook (R8) …
	LostRenewal = Journey{Name: "lost renewal", From: "let a month pass", Only: []string{"on-renewals"}, Given: []Fault{{Point{"on-renewals", "PSP POST /v1/payment_intents", 1}, Lost}},
		Steps: []Step{{"register", register}, {"enter a card", enterCard(cardSetup)}, {"subscribe", subscribe}, {"let a month pass", aMonthPasses}}}
	// … or declined; the customer pays with another card …
	Dunning = Journey{Name: "dunning", From: "be declined for a month", Only: owed, Steps: []Step{
		{"register", register}, {"get money", getMoney}, {"enter a card", enterCard(cardDeclines)}, {"order", placeOrder}, {"pay from the wallet", payFromWallet}, {"be declined for a month", declinedForAMonth},
		{"enter another card", enterCard(cardSetup)}, {"pay the invoice", payInvoice}}}
	// … of which the answer may be lost, and the webhook too (R8) …
	LostInvoicePayment = Journey{Name: "lost payment of an invoice", From: "pay the invoice", Only: owed, Given: []Fault{{Point{"invoices", "PSP POST /v1/payment_intents", 1}, Lost}}, Steps: Dunning.Steps}
	// … or lets it come to reminders and the suspension, and pays then …
	Suspension = Journey{Name: "suspension", From: "be suspended", Only: []string{"on-renewals"}, Steps: []Step{
		{"register", register}, {"get money", getMoney}, {"enter a card", enterCard(cardDeclines)}, {"order", placeOrder}, {"pay from the wallet", payFromWallet}, {"be declined for a month", declinedForAMonth},
		{"be reminded", days(3, 2)}, {"be suspended", beSuspended}, {"enter another card", enterCard(cardSetup)}, {"pay the invoice", payInvoice}}}
	// … or takes another plan, which costs more …
	PlanChange = Journey{Name: "plan change", From: "change the plan", Only: []string{"subscriptions", "stripe-webhook"}, Steps: []Step{
		{"register", register}, {"enter a card", enterCard(cardSetup)}, {"subscribe", subscribe}, {"change the plan", changePlan}}}
	// … or is given a part back …
	Refund = Journey{Name: "refund", From: "be given a part back", Only: []string{"billing-admin", "on-refunds", "stripe-webhook"}, Steps: []Step{
		{"register", register}, {"enter a card", enterCard(cardSetup)}, {"subscribe", subscribe}, {"be given a part back", bePartlyRefunded}}}
)

const (
	dearer = "plan_stream-4k"
)

// press sends a request, with a new key when it fails for good, until it is answered well or by one of the faults that mean that it was done.
func (s *Shopper) press(ctx context.Context, c *journey.Customer, path string, body any, out any, done ...string) error {
	for press := 1; ; press++ {
		a, err := c.Post(ctx, path, journey.Key(), body)
		if err != nil {
			return err
		}
		for _, code := range done {
			if a.Code() == code {
				return nil
			}
		}
		if a.Status < http.StatusBadRequest {
			return a.Into(out)
		}
		if press == presses {
			return fmt.Errorf("%s is answered %d %s", path, a.Status, a.Raw)
		}
	}
}

// subscribe orders a plan and pays it with the card.
func subscribe(ctx context.Context, s *Shopper) error {
	var out journey.Subscribed
	if err := s.press(ctx, s.Customer, "/subscriptions", map[string]any{"planId": plan}, &out, "subscription_already_active"); err != nil {
		return err
	}
	var list struct{ Orders []journey.PlanOrder }
	a, err := s.Get(ctx, "/orders")
	if err == nil {
		err = a.Into(&list)
	}
	for _, o := range list.Orders {
		if o.Status != "cancelled" {
			s.Order = o.OrderID
		}
	}
	return err
}

// aMonthPasses lets the period of the customer's contract be over.
func aMonthPasses(ctx context.Context, s *Shopper) error {
	return s.world.older(ctx, s, func(c *subscription.Subscription) {
		due := c.Today(time.Now()).Plus(-1)
		c.Anchor = due
		c.Period = civil.Cadence{Months: 1}.Around(due, due.Plus(-1))
		c.Span.From, c.Announced, c.Due = c.Period.From, due, due.Begin(time.UTC)
	})
}

// declinedForAMonth lets a renewal be declined: an invoice is owed then.
func declinedForAMonth(ctx context.Context, s *Shopper) error {
	if err := aMonthPasses(ctx, s); err != nil {
		return err
	}
	if err := s.world.settle(ctx, false); err != nil {
		return err
	}
	c, err := s.world.contractOf(ctx, s)
	switch {
	case err != nil:
		return err
	case len(c.Debts) != 1:
		return fmt.Errorf("after a declined renewal the contract owes %+v", c.Debts)
	}
	s.Bill = string(c.Debts[0].Invoice)
	return nil
}

// days lets days of the grace pass: so many, then so many again.
func days(steps ...int) func(context.Context, *Shopper) error {
	return func(ctx context.Context, s *Shopper) error {
		for _, n := range steps {
			err := s.world.older(ctx, s, func(c *subscription.Subscription) {
				for d := range c.Debts {
					c.Debts[d].Since = c.Debts[d].Since.AddDate(0, 0, -n)
				}
				c.Due = c.Due.AddDate(0, 0, -n)
			})
			if err != nil {
				return err
			}
			if err := s.world.settle(ctx, false); err != nil {
				return err
			}
		}
		return nil
	}
}

// beSuspended lets the last day of the grace pass, with the last reminder.
func beSuspended(ctx context.Context, s *Shopper) error {
	if err := days(2)(ctx, s); err != nil {
		return err
	}
	c, err := s.world.contractOf(ctx, s)
	if err == nil && (c.State != subscription.Suspended || c.Debts[0].Reminded != 3) {
		err = fmt.Errorf("after the grace the contract is %s, and was reminded %d times", c.State, c.Debts[0].Reminded)
	}
	return err
}

// payInvoice pays what is owed with the card that was entered last.
func payInvoice(ctx context.Context, s *Shopper) error {
	return s.press(ctx, s.Customer, "/invoices/"+s.Bill+"/pay", map[string]any{"method": "saved_card", "paymentMethodId": s.Method.PaymentMethodID}, &struct{}{}, "invoice_already_paid")
}

// changePlan takes a plan that costs more.
func changePlan(ctx context.Context, s *Shopper) error {
	c, err := s.world.contractOf(ctx, s)
	if err != nil {
		return err
	}
	return s.press(ctx, s.Customer, "/subscriptions/"+string(c.ID)+"/change-plan", map[string]any{"planId": dearer}, &struct{}{}, "plan_unchanged")
}

// bePartlyRefunded has staff give a part of what was paid back to the card. Who is not told what came of it looks.
func bePartlyRefunded(ctx context.Context, s *Shopper) error {
	desk, err := s.world.staff(ctx)
	if err != nil {
		return err
	}
	desk.HTTP = s.HTTP // the back office tries again as well
	path := "/admin/customers/" + s.ID + "/invoices/inv_" + strings.TrimPrefix(s.Order, "ord_") + "/refunds"
	a, err := desk.Post(ctx, path, journey.Key(), map[string]any{"amount": 500, "to": "card", "reason": "chaos"})
	if err == nil && a.Status >= http.StatusBadRequest {
		err = fmt.Errorf("%d %s", a.Status, a.Raw)
	}
	return err
}

// contractOf reads the customer's contract.
func (w *World) contractOf(ctx context.Context, s *Shopper) (found subscription.Subscription, err error) {
	rows, err := w.scan(ctx, "subscriptions")
	for _, row := range rows {
		if strings.HasPrefix(textOf(row["sk"]), "SUB#") && textOf(row["Customer"]) == s.ID {
			return read[subscription.Subscription](row)
		}
	}
	return found, errors.Join(err, errors.New("the customer has no contract"))
}

// older changes the dates of the customer's contract so that time has passed for it. Code under test reads the machine's clock.
func (w *World) older(ctx context.Context, s *Shopper, change func(*subscription.Subscription)) error {
	rows, err := w.scan(ctx, "subscriptions")
	if err != nil {
		return err
	}
	for _, row := range rows {
		if !strings.HasPrefix(textOf(row["sk"]), "SUB#") || textOf(row["Customer"]) != s.ID {
			continue
		}
		c, err := read[subscription.Subscription](row)
		if err != nil {
			return err
		}
		change(&c)
		changed, err := attributevalue.MarshalMap(c)
		if err != nil {
			return err
		}
		for name, v := range changed {
			row[name] = v
		}
		name := w.Prefix + "subscriptions"
		if _, err := w.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name, Item: row}); err != nil {
			return err
		}
		return w.dueNow(ctx, string(c.ID))
	}
	return errors.New("the customer has no contract")
}

// dueNow lets a contract's timer be due.
func (w *World) dueNow(ctx context.Context, contract string) error {
	return w.rewrite(ctx, "timers", "SET #at = :now", "Subject = :contract", map[string]string{"#at": "at"}, item{":now": sortable(time.Now()), ":contract": &types.AttributeValueMemberS{Value: contract}})
}
