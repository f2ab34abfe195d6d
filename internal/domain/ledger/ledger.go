// Package ledger owns the books: every movement of money is one entry whose debits equal its credits. Entries are
// added, never changed.
package ledger

import (
	"fmt"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// Account of the books.
type Account string

// The accounts.
const (
	PSPCash Account = "psp_cash" // captured by the PSP for us
	Sales   Account = "sales"    // sold to customers
)

// Posting moves an amount onto (positive) or off (negative) an account.
type Posting struct {
	Account Account `dynamodbav:"account"`
	Minor   int64   `dynamodbav:"minor"`
}

// Entry is one balanced movement.
type Entry struct {
	Tenant    id.Tenant
	ID        id.Entry
	At        time.Time
	Reference string // the payment it records
	Reason    string // sale or late_payment…
	Currency  string
	Postings  []Posting
}

// Validate checks that debits equal credits.
func (e Entry) Validate() error {
	var sum int64
	for _, p := range e.Postings {
		sum += p.Minor
	}
	if sum != 0 || len(e.Postings) < 2 {
		return fmt.Errorf("ledger: entry %s is off by %d", e.ID, sum)
	}
	return nil
}

// CardSale books money captured by the PSP for an order. Its id shares the payment's ULID: booking twice is a
// conflict of keys.
func CardSale(tenant id.Tenant, p id.Payment, amount money.Amount, at time.Time) Entry {
	return Entry{Tenant: tenant, ID: id.Swap[id.Entry](p, id.PaymentPrefix, id.EntryPrefix), At: at, Reference: string(p), Reason: "card_sale",
		Currency: amount.Currency, Postings: []Posting{{PSPCash, amount.Minor}, {Sales, -amount.Minor}}}
}
