package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/cart"
	"turnup/internal/domain/coupon"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/timer"
	"turnup/internal/domain/wallet"
	outgoing "turnup/internal/domain/webhook"
)

// Books are everything that a world remembers, as it is found at rest: the tables, the PSP's ledger, what was announced
// and what was sent. The invariants are read from them.
type Books struct {
	Now           time.Time
	Payments      map[id.Payment]payment.Payment
	Orders        map[id.Order]order.Order
	Subscriptions map[id.Subscription]subscription.Subscription
	Claims        []Claim
	Carts         []cart.Cart
	Methods       []payment.Method
	Entries       []ledger.Entry
	Balances      []wallet.Balance
	Invoices      map[id.Invoice]invoice.Invoice
	Numbers       map[string]int64 // last number that was given, by kind and series
	Returns       []payment.Return
	Places        map[id.Customer]int64 // unpaid orders that were counted
	Uses          map[string]int64      // of coupons that were counted: by code, and by code and customer
	Coupons       map[id.Coupon]coupon.Coupon
	Timers        []timer.Timer
	Signups       []signup.Signup
	Charges       []Charge
	Captured      map[string]int64 // by the PSP, per currency in lower case
	Refunded      map[string]int64
	Disputed      map[string]int64 // taken back by banks, and not given back
	Outbox        int              // rows
	Leases        int              // mails that a consumer took and neither handed over nor gave back
	Parked        map[string]int   // messages in dead-letter queues
	Mails         []Mail
	Events        []event.Envelope // on the bus, each once
	Endpoints     []outgoing.Endpoint
	Deliveries    map[delivery]outgoing.Delivery
	Told          []Arrival // what came to the partner

	// Other is every row that none of the above has, by table, for invariants of what is added later.
	Other map[string][]map[string]any
	// Doubtful are the orders whose mail may have gone out twice: its sending was hit by a fault.
	Doubtful bool
}

// Claim holds an item for a customer.
type Claim struct {
	Customer       id.Customer
	Item           id.Item
	PaymentID      id.Payment
	SubscriptionID id.Subscription
}

// Charge is a charge in the PSP's ledger.
type Charge struct {
	ID, Status, Currency string
	PaymentIntent        string `json:"payment_intent"`
	Amount               int64
	Captured             int64 `json:"amount_captured"`
	Refunded             int64 `json:"amount_refunded"`
	Metadata             map[string]string
	Dispute              struct{ ID, Status string }
}

// Payment is ours that the charge is for.
func (c Charge) Payment() id.Payment { return id.Payment(c.Metadata["turnup_payment"]) }

// Kept tells that the charge took money and did not give it all back, nor did the bank take it.
func (c Charge) Kept() bool {
	return c.Status == "succeeded" && c.Captured > c.Refunded && (c.Dispute.ID == "" || c.Dispute.Status == "won")
}

// Look reads the books.
func (w *World) Look(ctx context.Context) (*Books, error) {
	b := &Books{Now: time.Now(), Payments: map[id.Payment]payment.Payment{}, Orders: map[id.Order]order.Order{},
		Subscriptions: map[id.Subscription]subscription.Subscription{}, Parked: map[string]int{}, Places: map[id.Customer]int64{}, Uses: map[string]int64{},
		Coupons: map[id.Coupon]coupon.Coupon{}, Invoices: map[id.Invoice]invoice.Invoice{}, Numbers: map[string]int64{}, Deliveries: map[delivery]outgoing.Delivery{}, Other: map[string][]map[string]any{}}
	tables, err := w.tables()
	if err != nil {
		return nil, err
	}
	for _, name := range tables {
		rows, err := w.scan(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if err := b.file(name, row); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if err := w.lookAtPSP(b); err != nil {
		return nil, err
	}
	if err := w.lookAtQueues(ctx, b); err != nil {
		return nil, err
	}
	b.Told = w.partner.all()
	w.Tape.mu.Lock()
	defer w.Tape.mu.Unlock()
	b.Mails = append(b.Mails, w.Tape.mails...)
	seen := map[id.Event]bool{}
	for _, e := range w.Tape.events {
		if !seen[e.ID] {
			b.Events, seen[e.ID] = append(b.Events, e), true
		}
	}
	return b, nil
}

// file puts a row where it belongs.
func (b *Books) file(table string, row item) error {
	pk, sk := textOf(row["pk"]), textOf(row["sk"])
	kind, rest, _ := strings.Cut(sk, "#")
	switch table + " " + kind {
	case "payments PAYMENT":
		p, err := read[payment.Payment](row)
		b.Payments[p.ID] = p
		return err
	case "payments METHOD":
		m, err := read[payment.Method](row)
		b.Methods = append(b.Methods, m)
		return err
	case "orders ORDER", "orders ORD":
		o, err := read[order.Order](row)
		b.Orders[o.ID] = o
		return err
	case "subscriptions SUB":
		s, err := read[subscription.Subscription](row)
		b.Subscriptions[s.ID] = s
		return err
	case "subscriptions CLAIM":
		c, err := read[Claim](row)
		c.Customer, c.Item = customerOf(pk), id.Item(rest)
		b.Claims = append(b.Claims, c)
		return err
	case "carts CART":
		c, err := read[cart.Cart](row)
		b.Carts = append(b.Carts, c)
		return err
	case "ledger ENTRY":
		if _, whole := row["Postings"]; !whole { // it only tells that the entry was booked, which lies with its wallet
			return nil
		}
		e, err := read[ledger.Entry](row)
		b.Entries = append(b.Entries, e)
		return err
	case "ledger WALLET":
		w, err := read[wallet.Balance](row)
		b.Balances = append(b.Balances, w)
		return err
	case "orders UNPAID":
		n, err := read[struct{ Open int64 }](row)
		b.Places[customerOf(pk)] = n.Open
		return err
	case "coupons USES":
		code, _, _ := strings.Cut(rest, "#")
		n, err := read[struct{ Uses int64 }](row)
		b.Uses[code] += n.Uses
		return err
	case "coupons COUPON":
		n, err := read[struct{ Uses int64 }](row)
		b.Uses[rest+" "+string(customerOf(pk))] = n.Uses
		return err
	case "invoices INV":
		i, err := read[invoice.Invoice](row)
		b.Invoices[i.ID] = i
		return err
	case "invoices NUMBERS":
		n, err := read[invoice.Numbers](row)
		b.Numbers[rest+" "+pk[strings.LastIndex(pk, "#")+1:]] = n.Last
		return err
	case "invoices REFUND":
		r, err := read[payment.Return](row)
		b.Returns = append(b.Returns, r)
		return err
	case "signups SGN":
		s, err := read[signup.Signup](row)
		b.Signups = append(b.Signups, s)
		return err
	case "webhooks END":
		if !strings.HasSuffix(pk, "#WEBHOOKS") { // a copy
			return nil
		}
		e, err := read[outgoing.Endpoint](row)
		b.Endpoints = append(b.Endpoints, e)
		return err
	case "webhooks DEL":
		d, err := read[struct {
			Of outgoing.Delivery `dynamodbav:"of"`
		}](row)
		b.Deliveries[delivery{d.Of.Endpoint, d.Of.Message}] = d.Of
		return err
	case "timers TIMER":
		w, err := read[timer.Timer](row)
		b.Timers = append(b.Timers, w)
		return err
	}
	if table == "coupons" {
		c, err := read[coupon.Coupon](row)
		b.Coupons[c.Code] = c
		return err
	}
	switch {
	case table == "outbox":
		b.Outbox++
		return nil
	case table == "history" && kind == "MAIL":
		if _, taken := row["lease"]; taken {
			b.Leases++
		}
		return nil
	case table == "guards" && kind == "HANDLED":
		return nil
	}
	other, err := read[map[string]any](row)
	b.Other[table] = append(b.Other[table], other)
	return err
}

func customerOf(pk string) id.Customer {
	_, customer, _ := strings.Cut(pk, "#CUS#")
	return id.Customer(customer)
}

func read[T any](row item) (v T, err error) {
	return v, attributevalue.UnmarshalMap(row, &v)
}

func textOf(v types.AttributeValue) string {
	s, _ := v.(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

func (w *World) lookAtPSP(b *Books) error {
	var out struct {
		Charges                      []Charge
		Captured, Refunded, Disputed map[string]int64
	}
	err := w.control(http.MethodGet, "ledger", nil, &out)
	b.Charges, b.Captured, b.Refunded, b.Disputed = out.Charges, out.Captured, out.Refunded, out.Disputed
	return err
}

// lookAtQueues counts what lies in the dead-letter queues.
func (w *World) lookAtQueues(ctx context.Context, b *Books) error {
	for name, r := range w.Template.Resources {
		if r.Type != "AWS::SQS::Queue" || r.Properties["RedrivePolicy"] != nil {
			continue
		}
		shown, hidden, err := w.waiting(ctx, name)
		if err != nil {
			return err
		}
		if n := shown + hidden; n > 0 {
			b.Parked[name] = n
		}
	}
	return nil
}

// waiting is how many messages a queue has that can be received, and how many are hidden, by its logical id.
func (w *World) waiting(ctx context.Context, queue string) (shown, hidden int, err error) {
	address, err := w.QueueURL(queue)
	if err != nil {
		return 0, 0, err
	}
	counts := []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible}
	out, err := w.SQS.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &address, AttributeNames: counts})
	if err != nil {
		return 0, 0, err
	}
	if shown, err = strconv.Atoi(out.Attributes[string(counts[0])]); err == nil {
		hidden, err = strconv.Atoi(out.Attributes[string(counts[1])])
	}
	return shown, hidden, err
}

// announced lists the events of a type whose data name an id.
func (b *Books) announced(kind event.Type, id string) (found []event.Envelope) {
	for _, e := range b.Events {
		var data map[string]any
		if e.Type != kind || json.Unmarshal(e.Data, &data) != nil {
			continue
		}
		for _, v := range data {
			if v == id {
				found = append(found, e)
				break
			}
		}
	}
	return found
}
