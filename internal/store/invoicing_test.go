package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/subscription"
)

// resident writes a customer who can be invoiced.
func resident(t *testing.T, db *DB, tenant id.Tenant, c id.Customer) {
	t.Helper()
	w := db.tx()
	w.put(accounts, profileKey(tenant, c), account.Customer{Tenant: tenant, ID: c, Name: "Ada", Country: "DE", Language: "de", Status: account.Active,
		Address: account.Address{Line1: "Musterstraße 5", PostalCode: "10115", City: "Berlin", Country: "DE"}, Version: 1}, "", nil, nil)
	ok(t, w.commit(t.Context()))
}

func paidOrder(c id.Customer, o id.Order) event.OrderPaid {
	return event.OrderPaid{OrderID: o, CustomerID: c, PaymentID: id.Swap[id.Payment](o, id.OrderPrefix, id.PaymentPrefix), Total: eur(1039), PaidWith: "visa •••• 4242", Coupon: "WELCOME20",
		Discount: &money.Amount{Minor: 260, Currency: "EUR"}, Lines: []lineitem.Line{{ItemID: "plan_hd", Name: "HD", Type: lineitem.Subscription, Price: eur(1299), Quantity: 1, BillingPeriod: "P1M"}}}
}

// S1-44, S3-58: a paid order has one final, paid invoice however often it is told of, with the tax of the buyer's country in it.
func TestOrdersInvoice(t *testing.T) {
	db, tenant := fresh(t)
	ctx := t.Context()
	resident(t, db, tenant, customer)
	paid := paidOrder(customer, id.New[id.Order](id.OrderPrefix, time.Now()))
	cause := event.New(ctx, tenant, time.Now().UTC().Truncate(time.Millisecond), paid)
	ends := at(10, func(int) error { return db.InvoiceOrder(context.Background(), cause, paid) })
	same(t, "ends", ends, map[string]int{"": 10})
	page, next, err := db.Invoices(ctx, tenant, customer, "", "", 10)
	ok(t, err)
	if len(page) != 1 || next != "" {
		t.Fatalf("%d invoices, %q", len(page), next)
	}
	i := page[0]
	if i.Number != fmt.Sprintf("INV-%d-000001", invoiceSeries(customer)) || i.State != invoice.Paid || i.Total != 1039 || i.Left() != 0 || i.PaidUp() != 1039 || len(i.Lines) != 2 || i.Lines[1].Amount.Minor != -260 ||
		i.Taxes[0].Rate != 1900 || i.Taxes[0].Tax != 207-42 || i.Buyer.Address[1] != "10115 Berlin" || i.Language != "de" || i.Order != paid.OrderID {
		t.Errorf("%+v", i)
	}
	same(t, "events", typesOf(announced(t, db, tenant)), []event.Type{event.TypeInvoiceIssued, event.TypeInvoicePaid})
	topUp := event.OrderPaid{OrderID: id.New[id.Order](id.OrderPrefix, time.Now()), CustomerID: customer, Total: eur(2500), Lines: []lineitem.Line{{Type: lineitem.TopUp, Price: eur(2500), Quantity: 1}}}
	ok(t, db.InvoiceOrder(ctx, cause, topUp))
	if page, _, _ = db.Invoices(ctx, tenant, customer, "", "", 10); len(page) != 1 {
		t.Errorf("%d invoices after a top-up", len(page))
	}
	want(t, db.InvoiceOrder(ctx, cause, paidOrder("cus_nobody", id.New[id.Order](id.OrderPrefix, time.Now()))), account.ErrUnknown)
}

// I10, S3-58: 500 documents at once over all series, each asked for more than once: every number once, and no gap in any series, whatever was
// refused and tried again on the way.
func TestNumbersAreGapless(t *testing.T) {
	db, tenant := fresh(t)
	const customers, each = 40, 13
	type job struct {
		c id.Customer
		o id.Order
	}
	var jobs []job
	for n := range customers {
		c := id.Customer(fmt.Sprintf("cus_%026d", n))
		resident(t, db, tenant, c)
		for range each {
			jobs = append(jobs, job{c, id.New[id.Order](id.OrderPrefix, time.Now())})
		}
	}
	began := time.Now()
	ends := at(len(jobs), func(n int) error {
		paid := paidOrder(jobs[n].c, jobs[n].o)
		cause := event.New(context.Background(), tenant, time.Now(), paid)
		within := time.Duration(n%5) * 100 * time.Millisecond // the first try of most ends in the middle
		for {
			ctx, cancel := context.WithTimeout(context.Background(), within)
			err := db.InvoiceOrder(ctx, cause, paid)
			cancel()
			if err == nil { // told of it again, as queues do
				return db.InvoiceOrder(context.Background(), cause, paid)
			}
			if time.Since(began) > 3*time.Minute {
				return err
			}
			within = min(4*within+time.Second, time.Minute)
		}
	})
	same(t, "ends", ends, map[string]int{"": len(jobs)})
	series := map[string][]int{}
	for n := range customers {
		page, _, err := db.Invoices(t.Context(), tenant, id.Customer(fmt.Sprintf("cus_%026d", n)), "", "", 100)
		ok(t, err)
		if len(page) != each {
			t.Errorf("customer %d has %d invoices", n, len(page))
		}
		for _, i := range page {
			name, last, _ := strings.Cut(strings.TrimPrefix(i.Number, "INV-"), "-")
			number, err := strconv.Atoi(last)
			ok(t, err)
			series[name] = append(series[name], number)
		}
	}
	if len(series) != invoice.Series {
		t.Errorf("%d series", len(series))
	}
	for name, numbers := range series {
		slices.Sort(numbers)
		for n, got := range numbers {
			if got != n+1 {
				t.Fatalf("series %s has %d in place %d", name, got, n+1)
			}
		}
	}
}

// billed is a contract with an open invoice of 1000 of which credit took 200, suspended for it.
func billed(t *testing.T, db *DB, tenant id.Tenant) (invoice.Invoice, subscription.Subscription) {
	t.Helper()
	period := civil.Period{From: "2026-11-01", Until: "2026-12-01"}
	now := time.Now().UTC().Truncate(time.Millisecond)
	s := subscription.Subscription{Tenant: tenant, Customer: customer, ID: "sub_1", Name: "HD", Price: eur(1000), BillingPeriod: "P1M", State: subscription.Suspended, Anchor: period.From, Period: period,
		Span: subscription.Span{From: period.From, Amount: 1000}, Debts: []subscription.Debt{{Invoice: "inv_1", Since: now}}, IdleSince: "2026-11-10", Version: 1}
	i, err := invoice.Draw(invoice.Invoice{Tenant: tenant, Customer: customer, ID: "inv_1", Kind: invoice.Standard, Subscription: s.ID, Period: &period, Credit: 200},
		lineitem.TaxedAt(1900, lineitem.Charge{Kind: lineitem.ForPeriod, Name: "HD", Price: eur(1000), Amount: eur(1000)}))
	ok(t, err)
	i, numbers, err := i.Final(invoiceSeries(customer), invoice.Numbers{}, "2026-11-15", "2026-11-01", now)
	ok(t, err)
	w := db.tx()
	w.issue(i, invoice.Numbers{}, numbers)
	w.create(subscriptions, subscriptionKey(tenant, customer, s.ID), s, nil)
	w.book(ledger.BillOwed(ledger.Billed{Tenant: tenant, Customer: customer, Invoice: i.ID, Total: eur(1000), Credit: 200, At: now}), nil)
	ok(t, w.commit(t.Context()))
	return i, s
}

func closing(db *DB, tenant id.Tenant, key string, to invoice.State) error {
	_, err := once.Do(context.Background(), db, request(tenant, "staff|ada", key, key), func(use *once.Use) (string, error) {
		return key, db.CloseInvoice(context.Background(), use, tenant, customer, "inv_1", to, "made in error", func(invoice.Invoice) error { return use.Answer(key) })
	})
	return err
}

// S3-55: an unpaid invoice is among those of all customers until it is withdrawn; then its contract owes nothing, runs again, has its
// credit again and no credit for days it was not charged for. Only one of several who close it does.
func TestWithdrawn(t *testing.T) {
	db, tenant := fresh(t)
	_, _ = billed(t, db, tenant)
	page, next, err := db.UnpaidInvoices(t.Context(), tenant, "", 1)
	if err != nil || len(page) != 1 || page[0].ID != "inv_1" {
		t.Fatalf("%+v, %v", page, err)
	}
	if next != "" {
		if page, _, err = db.UnpaidInvoices(t.Context(), tenant, next, 1); err != nil || len(page) != 0 {
			t.Errorf("%+v, %v", page, err)
		}
	}
	_, _, err = db.UnpaidInvoices(t.Context(), tenant, "made up", 1)
	want(t, err, fault.ErrCursor)
	ends := at(8, func(n int) error { return closing(db, tenant, fmt.Sprint("void-", n), invoice.Void) })
	if ends[""] != 1 {
		t.Errorf("%v", ends)
	}
	s, err := db.Subscription(t.Context(), tenant, customer, "sub_1")
	if err != nil || s.State != subscription.Active || len(s.Debts) != 0 || s.Credit != 200 {
		t.Errorf("%+v, %v", s, err)
	}
	if page, _, _ = db.UnpaidInvoices(t.Context(), tenant, "", 10); len(page) != 0 {
		t.Errorf("still unpaid: %+v", page)
	}
	same(t, "events", typesOf(announced(t, db, tenant)), []event.Type{event.TypeDunningEnded, event.TypeSubscriptionResumed, event.TypeInvoiceClosed})
}

// S3-55: what was written off is booked as lost, can be paid from the wallet all the same, in parts, and then resumes the contract.
func TestWrittenOffAndPaid(t *testing.T) {
	db, tenant := fresh(t)
	i, _ := billed(t, db, tenant)
	ok(t, closing(db, tenant, "off", invoice.Uncollectible))
	want(t, closing(db, tenant, "off-again", invoice.Uncollectible), invoice.ErrWrittenOff)
	fund(t, db, tenant, 800)
	pay := func(key string, amount int64) error {
		_, err := once.Do(t.Context(), db, request(tenant, string(customer), key, key), func(use *once.Use) (string, error) {
			return key, db.PayInvoiceByWallet(t.Context(), use, i, amount, func(id.Payment, money.Amount) error { return use.Answer(key) })
		})
		return err
	}
	want(t, pay("much", 801), invoice.ErrPayTooMuch)
	for range 2 { // the same key pays once
		ok(t, pay("part", 300))
	}
	ok(t, pay("rest", 0))
	want(t, pay("more", 0), invoice.ErrPaid)
	if w := walletNow(t, db, tenant); w.Available != 0 {
		t.Errorf("%+v", w)
	}
	found, err := db.Invoice(t.Context(), tenant, customer, i.ID)
	if err != nil || found.State != invoice.Paid || found.PaidUp() != 800 || len(found.Receipts) != 2 {
		t.Errorf("%+v, %v", found, err)
	}
	if s, err := db.Subscription(t.Context(), tenant, customer, "sub_1"); err != nil || s.State != subscription.Active {
		t.Errorf("%+v, %v", s, err)
	}
}
