package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/wallet"
)

// What a transaction that moves a wallet may find.
var (
	errWalletMoved = errors.New("store: the wallet moved meanwhile") // read it again and decide again
	errBooked      = errors.New("store: this was booked before")     // nothing is left to do
)

// bookedRow keeps an entry of a wallet from being booked twice, and says where the entry is.
type bookedRow struct {
	Customer id.Customer
	Currency string
	Version  int64
}

// Wallet reads what a customer has in a currency; nothing when there never was a movement.
func (db *DB) Wallet(ctx context.Context, tenant id.Tenant, customer id.Customer, currency string) (wallet.Balance, error) {
	none := errors.New("no wallet")
	b, err := get[wallet.Balance](ctx, db, ledgers, walletKey(tenant, customer, currency), none)
	if err == none {
		return wallet.Balance{Tenant: tenant, Customer: customer, Currency: currency}, nil
	}
	return b, err
}

// WalletOf reads a wallet for somebody else than its owner, who may not know whether there is such a customer: unknown is
// account.ErrUnknown.
func (db *DB) WalletOf(ctx context.Context, tenant id.Tenant, customer id.Customer, currency string) (wallet.Balance, error) {
	b := db.batch()
	b.add(accounts, profileKey(tenant, customer))
	b.add(ledgers, walletKey(tenant, customer, currency))
	rows, err := b.read(ctx)
	if err != nil {
		return wallet.Balance{}, err
	}
	if _, known := rows[accounts][profileKey(tenant, customer).sk]; !known {
		return wallet.Balance{}, account.ErrUnknown
	}
	return walletAmong(rows, tenant, customer, currency)
}

// walletAmong is the wallet among the rows that a batch read.
func walletAmong(rows map[string]map[string]item, tenant id.Tenant, customer id.Customer, currency string) (wallet.Balance, error) {
	if row, ok := rows[ledgers][walletKey(tenant, customer, currency).sk]; ok {
		return decode[wallet.Balance](row)
	}
	return wallet.Balance{Tenant: tenant, Customer: customer, Currency: currency}, nil
}

// WalletEntries reads one page of the movements of a wallet, newest first.
func (db *DB) WalletEntries(ctx context.Context, tenant id.Tenant, customer id.Customer, currency, after string, limit int32) (page []ledger.Entry, next string, err error) {
	begin := walletEntriesSK(currency)
	condition, newestFirst, consistent := "pk = :pk AND begins_with(sk, :sk)", false, true
	in := &dynamodb.QueryInput{TableName: db.table(ledgers), Limit: &limit, KeyConditionExpression: &condition, ScanIndexForward: &newestFirst,
		ConsistentRead:            &consistent,
		ExpressionAttributeValues: item{":pk": text(customerPK(tenant, customer)), ":sk": text(begin)}}
	if in.ExclusiveStartKey, err = startKey(customerPK(tenant, customer), after, begin); err != nil {
		return nil, "", err
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		e, err := decode[ledger.Entry](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, e)
	}
	return page, positionOf(out.LastEvaluatedKey), nil
}

// moveWallet adds a movement: the balance if it is still the one that was decided on (else errWalletMoved), and its entry
// if it was never booked (else errBooked). What the entry posts must be what the balance changes by.
func (t *tx) moveWallet(before, after wallet.Balance, e ledger.Entry) {
	e.Balance, e.Held, e.Version = after.Available, after.Held, after.Version
	if err := movement(before, after, e); err != nil {
		t.err = errors.Join(t.err, err)
		return
	}
	condition, values := isNew, item(nil)
	if before.Version > 0 {
		condition, values = "Version = :was", item{":was": number(before.Version)}
	}
	t.create(ledgers, entryKey(e.Tenant, e.ID), bookedRow{e.Customer, e.Currency, e.Version}, errBooked)
	t.put(ledgers, walletKey(after.Tenant, after.Customer, after.Currency), after, condition, values, errWalletMoved)
	t.create(ledgers, walletEntryKey(e.Tenant, e.Customer, e.Currency, e.Version), e, errWalletMoved)
}

// movedByStaff announces it.
func (t *tx) movedByStaff(ctx context.Context, e ledger.Entry) {
	t.announce(event.New(ctx, e.Tenant, e.At, event.WalletMoved{CustomerID: e.Customer, EntryID: e.ID, Kind: string(e.Kind), Amount: e.Sum(), Reason: e.Reason}))
}

// movement checks that an entry says what a wallet does. A difference is a defect, never a customer's doing.
func movement(before, after wallet.Balance, e ledger.Entry) error {
	switch {
	case after.Available < 0 || after.Held < 0 || after.Version != before.Version+1,
		after.Tenant != before.Tenant || after.Customer != before.Customer || after.Currency != before.Currency,
		e.Tenant != after.Tenant || e.Customer != after.Customer || e.Currency != after.Currency,
		-e.On(ledger.Wallet) != after.Available-before.Available || -e.On(ledger.WalletHeld) != after.Held-before.Held:
		return fmt.Errorf("store: entry %s does not say what the wallet does", e.ID)
	}
	return e.Validate()
}

// MoveWallet moves a customer's wallet as decide says of the balance as it is. Somebody else may be faster; then it is
// decided again. A refusal of decide ends it, and nothing is written.
func (db *DB) MoveWallet(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, currency string,
	decide func(wallet.Balance) (wallet.Balance, ledger.Entry, error)) error {
	return untilStill(ctx, func() error {
		before, err := db.Wallet(ctx, tenant, customer, currency)
		if err != nil {
			return err
		}
		after, e, err := decide(before)
		if err != nil {
			return err
		}
		t := db.tx()
		t.once(use)
		t.moveWallet(before, after, e)
		t.movedByStaff(ctx, e)
		return t.commit(ctx)
	})
}

// RefundOrder gives back what a customer's order was paid with to their wallet, as decide says of the order and the wallet
// as they are; unknown or another customer's is order.ErrUnknown.
func (db *DB) RefundOrder(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, o id.Order, currency string,
	decide func(order.Order, wallet.Balance) (order.Order, wallet.Balance, ledger.Entry, error)) error {
	return untilStill(ctx, func() error {
		b := db.batch()
		b.add(orders, orderKey(tenant, customer, o))
		b.add(ledgers, walletKey(tenant, customer, currency))
		b.readOwing(tenant, customer, invoiceOf(o))
		rows, err := b.read(ctx)
		if err != nil {
			return err
		}
		row, ok := rows[orders][orderKey(tenant, customer, o).sk]
		if !ok {
			return order.ErrUnknown
		}
		paid, err := decode[order.Order](row)
		if err != nil {
			return err
		}
		before, err := walletAmong(rows, tenant, customer, currency)
		if err != nil {
			return err
		}
		refunded, after, e, err := decide(paid, before)
		if err != nil {
			return err
		}
		t := db.tx()
		t.once(use)
		t.put(orders, orderKey(tenant, customer, o), orderRowOf(refunded), "Version = :was", item{":was": number(paid.Version)}, errWalletMoved)
		t.moveWallet(before, after, e)
		t.movedByStaff(ctx, e)
		owed, err := db.owingAmong(ctx, rows, tenant, customer, invoiceOf(o))
		if err := t.refundInvoiced(ctx, owed, err, refunded.Refunded-paid.Refunded, e.Reason); err != nil {
			return err
		}
		return t.commit(ctx)
	})
}

// raced are the errors that mean: somebody else was faster, read again.
var raced = []error{errWalletMoved, errOrderMoved, errTicketMoved, errLiveMoved, errServiceMoved, errMemoryMoved, subscription.ErrMoved, invoice.ErrMoved}

func isRaced(err error) bool {
	return slices.ContainsFunc(raced, func(r error) bool { return errors.Is(err, r) })
}

// untilStill tries again, after a little while that grows, as long as others move what was read and there
// is time.
func untilStill(ctx context.Context, try func() error) error {
	for n := 1; ; n++ {
		err := try()
		if !isRaced(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return fault.ErrUnavailable.Because(ctx.Err())
		case <-time.After(time.Duration(rand.IntN(10*min(n, 20))) * time.Millisecond):
		}
	}
}
