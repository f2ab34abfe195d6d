package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/wallet"
)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

type decision = func(wallet.Balance) (wallet.Balance, ledger.Entry, error)

// byStaff decides a movement of the customer's wallet.
func byStaff(tenant id.Tenant, move func(wallet.Balance, money.Amount) (wallet.Balance, error), entry func(ledger.ByStaff, money.Amount) ledger.Entry, a money.Amount) decision {
	return func(b wallet.Balance) (wallet.Balance, ledger.Entry, error) {
		next, err := move(b, a)
		return next, entry(ledger.ByStaff{Tenant: tenant, Customer: customer, By: "ada", Reason: "test", At: time.Now().UTC().Truncate(time.Millisecond)}, a), err
	}
}

// moved moves the customer's wallet under a key of its own and answers the entry's id.
func moved(ctx context.Context, db *DB, tenant id.Tenant, key string, decide decision) (id.Entry, error) {
	r := request(tenant, "staff|ada", key, key)
	return once.Do(ctx, db, r, func(use *once.Use) (id.Entry, error) {
		var booked id.Entry
		err := db.MoveWallet(ctx, use, tenant, customer, "EUR", func(b wallet.Balance) (wallet.Balance, ledger.Entry, error) {
			next, e, err := decide(b)
			if err == nil {
				booked, err = e.ID, use.Answer(e.ID)
			}
			return next, e, err
		})
		return booked, err
	})
}

func fund(t *testing.T, db *DB, tenant id.Tenant, minor int64) {
	t.Helper()
	_, err := moved(t.Context(), db, tenant, fmt.Sprintf("credit-%d-%d", minor, time.Now().UnixNano()), byStaff(tenant, wallet.Balance.Credit, ledger.OperatorCredit, eur(minor)))
	ok(t, err)
}

func walletNow(t *testing.T, db *DB, tenant id.Tenant) wallet.Balance {
	t.Helper()
	b, err := db.Wallet(t.Context(), tenant, customer, "EUR")
	ok(t, err)
	return b
}

// audited reads every entry of the wallet, newest first, and checks I1 and I4: each is balanced, none leaves less than
// nothing, every version has exactly one, and they sum to the balance at every version.
func audited(t *testing.T, db *DB, tenant id.Tenant) (all []ledger.Entry) {
	t.Helper()
	after := ""
	for {
		page, next, err := db.WalletEntries(t.Context(), tenant, customer, "EUR", after, 40)
		ok(t, err)
		all = append(all, page...)
		if after = next; next == "" {
			break
		}
	}
	var available, held int64
	for i := range all {
		e := all[len(all)-1-i]
		ok(t, e.Validate())
		available, held = available-e.On(ledger.Wallet), held-e.On(ledger.WalletHeld)
		if e.Version != int64(i+1) || e.Balance != available || e.Held != held || available < 0 || held < 0 {
			t.Fatalf("entry %d: %+v, sums %d and %d", i+1, e, available, held)
		}
		same(t, "booked", has(t, db, ledgers, entryKey(tenant, e.ID)), true)
	}
	b := walletNow(t, db, tenant)
	same(t, "balance", []any{b.Available, b.Held, b.Version}, []any{available, held, len(all)})
	return all
}

// S1-41, S1-43: a wallet that never moved is empty; every movement is an entry with the balance after it, newest first.
func TestWalletMovesAndEntries(t *testing.T) {
	db, tenant := fresh(t)
	same(t, "empty", walletNow(t, db, tenant), wallet.Balance{Tenant: tenant, Customer: customer, Currency: "EUR"})
	none, next, err := db.WalletEntries(t.Context(), tenant, customer, "EUR", "", 10)
	ok(t, err)
	same(t, "no entries", []any{len(none), next}, []any{0, ""})
	for i, m := range []decision{byStaff(tenant, wallet.Balance.Credit, ledger.OperatorCredit, eur(1000)), byStaff(tenant, wallet.Balance.Hold, ledger.Hold, eur(300)),
		byStaff(tenant, wallet.Balance.Debit, ledger.OperatorDebit, eur(700)), byStaff(tenant, wallet.Balance.Release, ledger.Release, eur(100))} {
		_, err := moved(t.Context(), db, tenant, fmt.Sprint(i), m)
		ok(t, err)
	}
	_, err = moved(t.Context(), db, tenant, "more", byStaff(tenant, wallet.Balance.Debit, ledger.OperatorDebit, eur(101))) // 200 are held
	want(t, err, wallet.ErrInsufficient)
	var kinds []ledger.Kind
	for _, e := range audited(t, db, tenant) {
		kinds = append(kinds, e.Kind)
		same(t, "by staff", []any{e.By, e.Reason, e.Reference, e.Customer}, []any{"ada", "test", e.ID, customer})
	}
	same(t, "kinds", kinds, []ledger.Kind{ledger.KindRelease, ledger.KindOperatorDebit, ledger.KindHold, ledger.KindOperatorCredit})
	var said []string
	for _, e := range announced(t, db, tenant) { // S3-156
		var m event.WalletMoved
		ok(t, event.Decode(e, &m))
		said = append(said, fmt.Sprint(m.Kind, " ", m.Amount, " ", m.Reason))
	}
	slices.Sort(said)
	same(t, "said", said, []string{"hold 3.00 EUR test", "operator_credit 10.00 EUR test", "operator_debit 7.00 EUR test", "release 1.00 EUR test"})
}

// A wallet is its customer's, in one currency; so are its entries and cursors.
func TestWalletsAreApart(t *testing.T) {
	db, tenant := fresh(t)
	fund(t, db, tenant, 500)
	for _, k := range []struct {
		tenant   id.Tenant
		customer id.Customer
		currency string
	}{{tenant, "cus_2", "EUR"}, {tenant + "x", customer, "EUR"}, {tenant, customer, "USD"}} {
		b, err := db.Wallet(t.Context(), k.tenant, k.customer, k.currency)
		ok(t, err)
		entries, _, err := db.WalletEntries(t.Context(), k.tenant, k.customer, k.currency, "", 10)
		ok(t, err)
		same(t, "what is there", []any{b.Available, b.Version, len(entries)}, []any{0, 0, 0})
	}
	_, _, err := db.WalletEntries(t.Context(), tenant, customer, "EUR", walletEntryKey(tenant, customer, "USD", 1).sk, 10)
	want(t, err, fault.ErrCursor)
}

// S1-39: what an order pays with the wallet is booked once, whatever else is decided; a movement decided on an old balance
// is not written.
func TestMoveWalletSentinels(t *testing.T) {
	db, tenant := fresh(t)
	fund(t, db, tenant, 1000)
	before := walletNow(t, db, tenant)
	pay := func(b wallet.Balance, o id.Order) error {
		after, err := b.Debit(eur(300))
		ok(t, err)
		tx := db.tx()
		tx.moveWallet(b, after, ledger.WalletSale(tenant, customer, o, eur(300), time.Now().UTC()))
		return tx.commit(t.Context())
	}
	ok(t, pay(before, "ord_1"))
	want(t, pay(before, "ord_2"), errWalletMoved)
	want(t, pay(before, "ord_1"), errBooked)
	want(t, pay(walletNow(t, db, tenant), "ord_1"), errBooked) // on the new balance as well
	ok(t, pay(walletNow(t, db, tenant), "ord_2"))
	same(t, "left", walletNow(t, db, tenant).Available, 400)
	audited(t, db, tenant)
}

// An entry that does not say what the wallet does is never written.
func TestMoveWalletRefusesWhatDoesNotAddUp(t *testing.T) {
	db, tenant := fresh(t)
	fund(t, db, tenant, 1000)
	b := walletNow(t, db, tenant)
	after, err := b.Debit(eur(300))
	ok(t, err)
	sale := func(change func(*wallet.Balance, *ledger.Entry)) (wallet.Balance, ledger.Entry) {
		a, e := after, ledger.WalletSale(tenant, customer, "ord_1", eur(300), noon)
		change(&a, &e)
		return a, e
	}
	for name, change := range map[string]func(*wallet.Balance, *ledger.Entry){
		"more": func(a *wallet.Balance, _ *ledger.Entry) { a.Available++ },
		"held": func(a *wallet.Balance, _ *ledger.Entry) { a.Held++ },
		"below zero": func(a *wallet.Balance, e *ledger.Entry) {
			a.Available, e.Postings[0].Minor, e.Postings[1].Minor = -1, 1001, -1001
		},
		"same version":   func(a *wallet.Balance, _ *ledger.Entry) { a.Version-- },
		"other currency": func(_ *wallet.Balance, e *ledger.Entry) { e.Currency = "USD" },
		"other customer": func(_ *wallet.Balance, e *ledger.Entry) { e.Customer = "cus_2" },
		"unbalanced":     func(_ *wallet.Balance, e *ledger.Entry) { e.Postings = e.Postings[:1] },
	} {
		tx := db.tx()
		wrong, e := sale(change)
		tx.moveWallet(b, wrong, e)
		if tx.commit(t.Context()) == nil {
			t.Errorf("%s was written", name)
		}
	}
	same(t, "wallet", walletNow(t, db, tenant), b)
}

// Movements at once are decided on each other's outcome: all are in the books, in some order.
func TestParallelMovesOfOneWallet(t *testing.T) {
	db, tenant := fresh(t)
	ends := at(30, func(i int) error {
		move := byStaff(tenant, wallet.Balance.Credit, ledger.OperatorCredit, eur(int64(100+i)))
		if i%3 == 2 { // whether it is enough depends on who came first
			move = byStaff(tenant, wallet.Balance.Debit, ledger.OperatorDebit, eur(50))
		}
		_, err := moved(t.Context(), db, tenant, fmt.Sprint(i), move)
		return err
	})
	same(t, "ends", ends[""]+ends[wallet.ErrInsufficient.Code], 30)
	same(t, "entries", len(audited(t, db, tenant)), ends[""])
}

// R6, S1-39: one key many times at once moves once, and everybody is told of the same entry; another body is refused.
func TestMoveWalletWithOneKey(t *testing.T) {
	db, tenant := fresh(t)
	told := make(chan id.Entry, 25)
	ends := at(25, func(int) error {
		e, err := moved(t.Context(), db, tenant, "k", byStaff(tenant, wallet.Balance.Credit, ledger.OperatorCredit, eur(100)))
		told <- e
		return err
	})
	same(t, "ends", ends, map[string]int{"": 25})
	all := audited(t, db, tenant)
	same(t, "entries", len(all), 1)
	for range 25 {
		same(t, "told", <-told, all[0].ID)
	}
	_, err := once.Do(t.Context(), db, request(tenant, "staff|ada", "k", "other"), func(use *once.Use) (int, error) {
		return 0, db.MoveWallet(t.Context(), use, tenant, customer, "EUR", byStaff(tenant, wallet.Balance.Credit, ledger.OperatorCredit, eur(9)))
	})
	want(t, err, fault.ErrKeyReused)
}

// Whoever never finds the wallet still is told to come back, when the time is over.
func TestMoveWalletEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	want(t, untilStill(ctx, func() error { return errWalletMoved }), fault.ErrUnavailable)
	broken := errors.New("broken")
	want(t, untilStill(t.Context(), func() error { return broken }), broken)
}

// A wallet of somebody there is not is told apart from an empty one.
func TestWalletOf(t *testing.T) {
	db, tenant := fresh(t)
	_, err := db.WalletOf(t.Context(), tenant, customer, "EUR")
	want(t, err, account.ErrUnknown)
	put := db.tx()
	put.create(accounts, profileKey(tenant, customer), account.Customer{Tenant: tenant, ID: customer}, nil)
	ok(t, put.commit(t.Context()))
	empty, err := db.WalletOf(t.Context(), tenant, customer, "EUR")
	ok(t, err)
	same(t, "empty", empty, wallet.Balance{Tenant: tenant, Customer: customer, Currency: "EUR"})
	fund(t, db, tenant, 700)
	full, err := db.WalletOf(t.Context(), tenant, customer, "EUR")
	ok(t, err)
	same(t, "full", full, walletNow(t, db, tenant))
}

// A refund goes back to the wallet once for every part of what the wallet paid, at once or one after the other.
func TestRefundOrder(t *testing.T) {
	db, tenant := fresh(t)
	o := order.Order{Tenant: tenant, Customer: customer, ID: "ord_1", State: order.Paid, PaidBy: order.ByWallet, Total: eur(1000), Version: 2}
	put := db.tx()
	put.create(orders, orderKey(tenant, customer, o.ID), o, nil)
	ok(t, put.commit(t.Context()))
	refund := func(key string) error {
		use := &once.Use{Request: request(tenant, "staff|ada", key, key)}
		ok(t, use.Answer(key))
		return db.RefundOrder(context.Background(), use, tenant, customer, o.ID, "EUR", func(o order.Order, b wallet.Balance) (order.Order, wallet.Balance, ledger.Entry, error) {
			next, err := o.RefundToWallet(eur(300))
			if err != nil {
				return o, b, ledger.Entry{}, err
			}
			after, err := b.Credit(eur(300))
			return next, after, ledger.WalletRefund(ledger.ByStaff{Tenant: tenant, Customer: customer, At: noon}, o.ID, o.Refunded, eur(300)), err
		})
	}
	ends := at(10, func(i int) error { return refund(fmt.Sprint(i)) })
	same(t, "ends", ends, map[string]int{"": 3, order.ErrRefundTooMuch.Code: 7})
	got, err := db.Order(t.Context(), tenant, customer, o.ID)
	ok(t, err)
	same(t, "order", []any{got.Refunded, got.Version, got.State}, []any{900, 5, order.Paid})
	all := audited(t, db, tenant)
	same(t, "entries", []any{len(all), all[0].ID, all[0].Balance}, []any{3, "led_1-refund-600", 900})
}

// R5, S1-39: 1,000 spends of 1.00 from 100.00, a fifth of them repetitions: 100 succeed, nothing is left, nothing was ever
// owed, and whoever repeats gets the first answer.
func TestThousandSpends(t *testing.T) {
	db, tenant := fresh(t)
	fund(t, db, tenant, 10000)
	const spends, distinct, atOnce = 1000, 800, 32
	type answer struct {
		entry id.Entry
		err   error
	}
	answers := make([]answer, spends)
	jobs := make(chan int)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for i := range jobs {
				e, err := moved(context.Background(), db, tenant, fmt.Sprintf("spend-%d", i%distinct), byStaff(tenant, wallet.Balance.Debit, ledger.OperatorDebit, eur(100)))
				answers[i] = answer{e, err}
			}
		})
	}
	for i := range distinct { // each of the first 200 keys twice, near each other
		jobs <- i
		if i < spends-distinct {
			jobs <- i + distinct
		}
	}
	close(jobs)
	workers.Wait()
	booked := map[id.Entry]bool{}
	for i, a := range answers {
		if a.err != nil && !errors.Is(a.err, wallet.ErrInsufficient) {
			t.Fatalf("spend %d: %v", i, a.err)
		}
		if a.err == nil {
			booked[a.entry] = true
		}
		if i >= distinct && a != answers[i-distinct] && (a.err == nil || answers[i-distinct].err == nil) {
			t.Errorf("spend %d was answered %+v, its repetition %+v", i-distinct, answers[i-distinct], a)
		}
	}
	same(t, "successes", len(booked), 100)
	all := audited(t, db, tenant)
	if len(all) != 101 {
		t.Fatalf("%d entries", len(all))
	}
	same(t, "left", all[0].Balance, 0)
	for _, e := range all[:100] {
		same(t, "answered", booked[e.ID], true)
	}
}
