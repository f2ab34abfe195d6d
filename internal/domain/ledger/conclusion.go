package ledger

import (
	"time"

	"turnup/internal/base/id"
)

// Conclusion is the end of a contract, in minor units.
type Conclusion struct {
	Tenant       id.Tenant
	Customer     id.Customer
	Subscription id.Subscription
	Currency     string
	Unused       int64 // charged for days that are not used
	Credit       int64 // of the contract, that is left
	Owed         int64 // what that lowers of an unpaid invoice; the rest goes to the wallet
	At           time.Time
}

// Concluded books the end of a contract. A contract ends once, and so it is booked once. One at which no money moves has no postings, and
// is not booked.
func Concluded(c Conclusion) Entry {
	e := Entry{Tenant: c.Tenant, Customer: c.Customer, ID: id.Swap[id.Entry](c.Subscription, id.SubscriptionPrefix, id.EntryPrefix) + "-end", At: c.At, Kind: KindConcluded,
		Reference: string(c.Subscription), Currency: c.Currency}
	for _, p := range []Posting{{Sales, c.Unused}, {Credits, c.Credit}, {Receivables, -c.Owed}, {Wallet, c.Owed - c.Unused - c.Credit}} {
		if p.Minor != 0 {
			e.Postings = append(e.Postings, p)
		}
	}
	return e
}
