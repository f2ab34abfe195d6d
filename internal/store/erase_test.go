package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/wallet"
)

func ties(t *testing.T, db *DB, tenant id.Tenant) account.Ties {
	t.Helper()
	found, err := db.Ties(t.Context(), tenant, customer)
	ok(t, err)
	return found
}

// S3-28: a subscription ties from its signature on, an order until it is delivered or cancelled, a cart as long as its
// payment may still come.
func TestTies(t *testing.T) {
	s := opened(t)
	same(t, "nothing", ties(t, s.db, s.tenant), account.Ties{})
	o := s.ordered(box)
	same(t, "unpaid", ties(t, s.db, s.tenant), account.Ties{Orders: true})
	_, err := s.cancel(o, order.ByUser)
	ok(t, err)
	same(t, "cancelled", ties(t, s.db, s.tenant), account.Ties{})
	o = s.ordered(box)
	ok(t, s.comes(s.open(o), o.Total, s.clock.Now()))
	same(t, "paid", ties(t, s.db, s.tenant), account.Ties{Orders: true})
	cause := event.New(t.Context(), s.tenant, noon, event.OrderPaid{OrderID: o.ID, CustomerID: customer, Lines: o.Lines})
	ok(t, s.db.Deliver(t.Context(), "test", cause, event.OrderPaid{OrderID: o.ID, CustomerID: customer, Lines: o.Lines}))
	same(t, "delivered", ties(t, s.db, s.tenant), account.Ties{})
	p := begun(t, s.db, filled(t, s.db, s.tenant, box), "cart")
	same(t, "a cart's payment is under way", ties(t, s.db, s.tenant), account.Ties{Orders: true})
	ended, e := failed(p)
	ok(t, s.db.Fail(t.Context(), ended, e))
	same(t, "it failed", ties(t, s.db, s.tenant), account.Ties{})
	ok(t, s.db.Complete(t.Context(), succeeded(begun(t, s.db, filled(t, s.db, s.tenant, plan("plan_a")), "another cart"))))
	same(t, "signed", ties(t, s.db, s.tenant), account.Ties{Subscriptions: true})
}

// S3-28: money in any wallet ties, also what is on hold.
func TestMoneyTies(t *testing.T) {
	db, tenant := fresh(t)
	for i, try := range []struct {
		move decision
		want bool
	}{
		{byStaff(tenant, wallet.Balance.Credit, ledger.OperatorCredit, eur(100)), true}, {byStaff(tenant, wallet.Balance.Hold, ledger.Hold, eur(100)), true},
		{byStaff(tenant, wallet.Balance.Release, ledger.Release, eur(100)), true}, {byStaff(tenant, wallet.Balance.Debit, ledger.OperatorDebit, eur(100)), false},
	} {
		_, err := moved(t.Context(), db, tenant, fmt.Sprint(i), try.move)
		ok(t, err)
		same(t, fmt.Sprint(i), ties(t, db, tenant), account.Ties{Money: try.want})
	}
}

// rowsOf counts the rows of a customer in a table. Only tests scan.
func rowsOf(t *testing.T, db *DB, table, pk string) (n int) {
	t.Helper()
	filter := "pk = :pk"
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: db.table(table), FilterExpression: &filter, ExpressionAttributeValues: item{":pk": text(pk)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		ok(t, err)
		n += len(page.Items)
	}
	return n
}

// X11: sessions, carts and methods go, more of them than one batch takes; another customer's stay; again is harmless. Who is
// erased is nobody to the PSP any more and gets no new method.
func TestEraseRows(t *testing.T) {
	db, tenant := fresh(t)
	const many = 30
	for _, c := range []id.Customer{customer, "cus_12"} {
		for i := range many {
			tx := db.tx()
			tx.session(account.Session{Tenant: tenant, Account: c, ID: id.Session(fmt.Sprint("ses_", i)), Address: "192.0.2.1", ExpiresAt: time.Now().Add(time.Hour)})
			tx.create(payments, methodKey(tenant, c, id.Reference(fmt.Sprint("pmr_", i))), payment.Method{Tenant: tenant, Customer: c}, nil)
			tx.create(carts, key{customerPK(tenant, c), fmt.Sprint(cartPrefix, i)}, struct{}{}, nil)
			ok(t, tx.commit(t.Context()))
		}
		tx := db.tx()
		tx.create(accounts, credentialsKey(tenant, c), account.Credentials{}, nil)
		tx.create(payments, pspCustomerKey(tenant, c), pspCustomerRow{PSPCustomer: "psp"}, nil)
		ok(t, tx.commit(t.Context()))
	}
	for range 2 {
		ok(t, db.EraseSessions(t.Context(), tenant, customer))
		ok(t, db.EraseMethods(t.Context(), tenant, customer))
		ok(t, db.EraseCarts(t.Context(), tenant, customer))
		for table, want := range map[string][2]int{accounts: {1, many + 1}, payments: {1, many + 1}, carts: {0, many}} {
			same(t, table, []any{rowsOf(t, db, table, customerPK(tenant, customer)), rowsOf(t, db, table, customerPK(tenant, "cus_12"))}, []any{want[0], want[1]})
		}
	}
	_, err := db.PSPCustomer(t.Context(), tenant, customer)
	want(t, err, payment.ErrErased)
	use := &once.Use{Request: request(tenant, string(customer), "k", "f")}
	want(t, db.AddMethod(t.Context(), use, payment.Method{Tenant: tenant, Customer: customer, Reference: "pmr_new", PSPCustomer: "psp_2"}, true), payment.ErrPSPUnavailable)
}

// S3-28: erasing frees the names at once, forgets the attempts that were counted under them, and takes the account from the
// list; who still has a token cannot buy.
func TestEraseAccount(t *testing.T) {
	db, tenant := fresh(t)
	out, err := register(db, tenant, "k", ada(tenant))
	ok(t, err)
	ok(t, db.Try(t.Context(), tenant, account.Attempt{Kind: account.OnAccount, Name: "ada@example.com"}, account.Attempt{Kind: account.OnAccount, Name: "ada"}))
	is, now, err := account.Eraser{Store: db, Clock: clock.At(noon)}.Erase(t.Context(), tenant, out.CustomerID)
	ok(t, err)
	same(t, "erased", []any{is.Status, now}, []any{account.Erased, true})
	for _, name := range []string{"ada@example.com", "ada"} {
		same(t, "attempts", has(t, db, guards, attemptKey(tenant, account.Attempt{Kind: account.OnAccount, Name: name})), false)
	}
	same(t, "list", len(listing(t, db, tenant, account.Filter{}, 10)), 0)
	_, _, _, _, err = db.Counter(t.Context(), tenant, out.CustomerID, "DE", "plan_a", "")
	want(t, err, fault.ErrNotFound)
	again, err := register(db, tenant, "k2", ada(tenant))
	ok(t, err)
	same(t, "another customer", again.CustomerID == out.CustomerID, false)
	same(t, "events", typesOf(announced(t, db, tenant)), []event.Type{event.TypeCustomerErased, event.TypeCustomerRegistered, event.TypeCustomerRegistered})
}

// S3-28: an invoice that is not paid ties, and one that is paid, withdrawn or written off does not.
func TestDebtsTie(t *testing.T) {
	for state, want := range map[invoice.State]bool{invoice.Open: true, invoice.Paid: false, invoice.Void: false, invoice.Uncollectible: false} {
		db, tenant := fresh(t)
		tx := db.tx()
		tx.create(invoices, invoiceKey(tenant, customer, "inv_1"), invoice.Invoice{Tenant: tenant, Customer: customer, ID: "inv_1", State: state, Version: 1}, nil)
		ok(t, tx.commit(t.Context()))
		same(t, string(state), ties(t, db, tenant), account.Ties{Debts: want})
	}
}
