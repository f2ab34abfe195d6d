package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/event"
	"turnup/internal/domain/ledger"
)

// booked lists the entries of the books about a customer, of a kind or all, each checked to be balanced. Only tests scan.
func booked(t *testing.T, customer string, kind ledger.Kind) (found []ledger.Entry) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(site.AWS()), &dynamodb.ScanInput{TableName: aws.String(site.Prefix + "ledger"), ConsistentRead: aws.Bool(true),
		FilterExpression:          aws.String("Customer = :c AND attribute_exists(Postings)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":c": &types.AttributeValueMemberS{Value: customer}}})
	for pages.HasMorePages() {
		page := must[*dynamodb.ScanOutput](t)(pages.NextPage(context.Background()))
		for _, row := range page.Items {
			var e ledger.Entry
			err := attributevalue.UnmarshalMap(row, &e)
			if err == nil {
				err = e.Validate()
			}
			if err != nil {
				t.Fatal(err)
			}
			if kind == "" || e.Kind == kind {
				found = append(found, e)
			}
		}
	}
	return found
}

// kinds are what was booked about a customer, sorted.
func kinds(t *testing.T, customer string) string {
	t.Helper()
	var all []string
	for _, e := range booked(t, customer, "") {
		all = append(all, string(e.Kind))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// buyer is a customer whose mails can be read. One who lives by a test clock is not reached by the minute's tick: an open
// page stays open until the clock is advanced.
type buyer struct {
	*Customer
	id, mail string
	clock    TestClock
}

func newBuyer(t *testing.T) buyer {
	t.Helper()
	name := newName()
	c, r := must2(t)(site.Register(context.Background(), name))
	clock := newTestClock(t, nil)
	expect(t, attach(t, clock.ClockID, r.CustomerID), nil, http.StatusOK, "")
	return buyer{c, r.CustomerID, name + "@example.com", clock}
}

// gaveBack checks that an order's surplus page payment was given back, once, wholly, and that everybody was told why.
func (b buyer) gaveBack(t *testing.T, order string, page Paid, reason string) {
	t.Helper()
	var has PlanOrder
	eventually(t, 20*time.Second, "the order lists its surplus", func() bool {
		has = must[PlanOrder](t)(b.ReadOrder(context.Background(), order))
		return len(has.Surplus) > 0
	})
	if s := has.Surplus; len(s) != 1 || s[0].PaymentID != page.PaymentID || s[0].Reason != reason || s[0].Amount != has.Total {
		t.Errorf("surplus %+v", s)
	}
	var told struct {
		PaymentID, Reason string
		Amount            Amount
	}
	if err := json.Unmarshal(exactlyOne(t, event.TypePaymentRefunded, order).Data, &told); err != nil || told.PaymentID != page.PaymentID || told.Reason != reason || told.Amount != has.Total {
		t.Errorf("told %+v, %v", told, err)
	}
	if all := psp.charges(t, b.id); len(all) != 1 || all[0].Amount != has.Total.Minor || all[0].AmountRefunded != all[0].Amount {
		t.Errorf("charges %+v", all)
	}
	late, back := booked(t, b.id, ledger.KindLateMoney), booked(t, b.id, ledger.KindGivenBack)
	if len(late) != 1 || len(back) != 1 || late[0].On(ledger.PSPCash) != has.Total.Minor || back[0].On(ledger.PSPCash) != -has.Total.Minor || late[0].Reference != page.PaymentID {
		t.Errorf("booked %+v, %+v", late, back)
	}
	if len(booked(t, b.id, ledger.KindPageSale)) != 0 {
		t.Error("booked as a sale")
	}
	var mails []Mail
	eventually(t, 20*time.Second, "the customer is told by mail", func() bool {
		mails = nil
		for _, m := range must[[]Mail](t)(site.Mails(context.Background(), b.mail)) {
			if strings.Contains(m.Subject, "your money back") && strings.Contains(m.Subject, order) {
				mails = append(mails, m)
			}
		}
		return len(mails) > 0
	})
	if len(mails) != 1 || !strings.Contains(mails[0].BodyText, page.PaymentID) {
		t.Errorf("mails %+v", mails)
	}
}

// S1-34: the order was paid from the wallet while its page was open, and then on the page as well, whichever of the two is heard
// of first: the wallet's payment is kept, the page's is refunded by itself; the customer is told.
func TestPaidTwice(t *testing.T) {
	for _, pageFirst := range []bool{false, true} {
		b := newBuyer(t)
		fund(t, b.id, 2000)
		made := ordered(t, b.Customer, "plan_stream-hd", "")
		page := paging(t, b.Customer, made.OrderID)
		if pageFirst { // the money is taken first; its callback comes after the wallet has paid
			psp.delivers(t, map[string]any{"hold": true})
			payOn(t, page)
			payByWallet(t, b.Customer, made.OrderID)
			psp.delivers(t, map[string]any{"duplicate": 3})
		} else {
			payByWallet(t, b.Customer, made.OrderID)
			payOn(t, page)
		}
		b.gaveBack(t, made.OrderID, page, "duplicate_payment")
		if done := delivered(t, b.Customer, made.OrderID); done.PaidBy != "wallet" || states(done) != "unpaid paid delivered" || done.PayURL != "" {
			t.Errorf("%+v", done)
		}
		if left := walletOf(t, b.Customer, "/wallet"); left.Available.Minor != 2000-1299 {
			t.Errorf("left %+v", left)
		}
		if got := kinds(t, b.id); got != "given_back late_money operator_credit wallet_sale" {
			t.Errorf("booked %s", got)
		}
		exactlyOne(t, event.TypePaymentSucceeded, made.OrderID)
		exactlyOne(t, event.TypeOrderDelivered, made.OrderID)
		active(t, b.Customer, made.SubscriptionIDs[0])
	}
}

// S1-35: the customer, or an admin, cancelled the order while its page was open, and then it was paid there: it stays cancelled,
// the money is refunded by itself, the customer is told and so is the CRM.
func TestPaidAfterCancellation(t *testing.T) {
	ctx := context.Background()
	for _, by := range []string{"user", "admin"} {
		b := newBuyer(t)
		made := ordered(t, b.Customer, "plan_stream-hd", "")
		page := paging(t, b.Customer, made.OrderID)
		who, path := b.Customer, "/orders/"+made.OrderID+"/cancel"
		if by == "admin" {
			who, path = admin(t), "/admin/customers/"+b.id+path
		}
		expect(t, must[Answer](t)(who.Post(ctx, path, Key(), nil)), nil, http.StatusOK, "")
		payOn(t, page)
		b.gaveBack(t, made.OrderID, page, "order_cancelled")
		b.notRevived(t, made.OrderID, by)
	}
}

// notRevived checks that an order stays cancelled, and that nothing came of it.
func (b buyer) notRevived(t *testing.T, order, by string) {
	t.Helper()
	is := must[PlanOrder](t)(b.ReadOrder(context.Background(), order))
	if is.Status != "cancelled" || is.CancelledBy != by || states(is) != "unpaid cancelled" || is.PaidBy != "" || is.PayURL != "" {
		t.Errorf("%+v", is)
	}
	expect(t, must[Answer](t)(b.Get(context.Background(), "/subscriptions/"+is.SubscriptionIDs[0])), nil, http.StatusNotFound, "subscription_not_found")
	for _, typ := range []event.Type{event.TypePaymentSucceeded, event.TypeOrderPaid, event.TypeOrderDelivered, event.TypeContractSigned} {
		if told := crm.of(typ, order); len(told) != 0 {
			t.Errorf("%+v", told)
		}
	}
	if got := kinds(t, b.id); got != "given_back late_money" {
		t.Errorf("booked %s", got)
	}
}

// S1-35: the time to pay was over, but the gateway could not be reached to close the page, and the customer paid on it: too late.
// The money is refunded by itself, the order expires as it would have.
func TestPaidAfterTheTime(t *testing.T) {
	ctx, staff := context.Background(), admin(t)
	b := newBuyer(t)
	made := ordered(t, b.Customer, "plan_stream-hd", "")
	page := paging(t, b.Customer, made.OrderID)
	psp.fails(t, pspFault{Method: http.MethodPost, Path: "/v1/checkout/sessions/*/expire", Mode: "before"})
	a := must[Answer](t)(staff.Post(ctx, "/test-clocks/"+b.clock.ClockID+"/advance", Key(), map[string]any{"to": b.clock.Now.Add(31 * time.Minute)}))
	expect(t, a, nil, http.StatusAccepted, "")
	clock := func() TestClock {
		return into[TestClock](t, must[Answer](t)(staff.Get(ctx, "/test-clocks/"+b.clock.ClockID)))
	}
	eventually(t, 30*time.Second, "the time is over", func() bool { return !clock().Now.Before(made.ExpiresAt) })
	if now := must[PlanOrder](t)(b.ReadOrder(ctx, made.OrderID)); now.Status != "unpaid" {
		t.Fatalf("the page is not closed, but %+v", now)
	}
	payOn(t, page)
	b.gaveBack(t, made.OrderID, page, "late_payment")
	psp.heals(t)
	eventually(t, 2*time.Minute, "the clock is ready", func() bool { return clock().Status == "ready" })
	b.notRevived(t, made.OrderID, "timeout")
	exactlyOne(t, event.TypeOrderCancelled, made.OrderID)
}

// The page of an order that was paid from the wallet, was cancelled or expired is closed by the next look after it: nobody can
// pay there any more, and nothing was taken. S1-35: so money cannot come after the timeout, if the gateway can be reached.
func TestPagesAreClosed(t *testing.T) {
	ctx := context.Background()
	for name, end := range map[string]func(b buyer, order string){
		"paid": func(b buyer, order string) { payByWallet(t, b.Customer, order) },
		"cancelled": func(b buyer, order string) {
			expect(t, must[Answer](t)(b.CancelOrder(ctx, Key(), order)), nil, http.StatusOK, "")
		},
		"expired": func(b buyer, _ string) { advance(t, b.clock.ClockID, b.clock.Now.Add(31*time.Minute)) },
	} {
		b := newBuyer(t)
		fund(t, b.id, 1299)
		made := ordered(t, b.Customer, "plan_stream-hd", "")
		page := paging(t, b.Customer, made.OrderID)
		end(b, made.OrderID)
		advance(t, b.clock.ClockID, b.clock.Now.Add(32*time.Minute))
		seen := must[Page](t)(NewBrowser().EnterCard(ctx, must[Page](t)(NewBrowser().Open(ctx, page.RedirectURL)), cardGood))
		if seen.Status != http.StatusGone || seen.Back != nil {
			t.Errorf("%s: the page is %d %s", name, seen.Status, seen.HTML)
		}
		if n := len(psp.charges(t, b.id)); n != 0 {
			t.Errorf("%s: %d charges", name, n)
		}
		if now := must[PlanOrder](t)(b.ReadOrder(ctx, made.OrderID)); now.PayURL != "" || now.Status == "unpaid" || len(now.Surplus) != 0 {
			t.Errorf("%s: %+v", name, now)
		}
		if told := exactlyOne(t, event.TypePaymentFailed, page.PaymentID); !strings.Contains(string(told.Data), made.OrderID) {
			t.Errorf("%s: %s", name, told.Data)
		}
	}
}
