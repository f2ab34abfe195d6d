package ledger

import (
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// Return is money of an invoice that is given back. Goodwill leaves the sale as it is.
type Return struct {
	Tenant   id.Tenant
	Customer id.Customer
	Refund   id.Refund
	Goodwill bool
	Reason   string
	By       string
	At       time.Time
}

func (r Return) entry(k Kind, suffix string) Entry {
	return Entry{Tenant: r.Tenant, Customer: r.Customer, ID: id.Swap[id.Entry](r.Refund, id.RefundPrefix, id.EntryPrefix) + id.Entry("-"+suffix), At: r.At, Kind: k,
		Reference: string(r.Refund), Reason: r.Reason, By: r.By}
}

// cost is the account that bears it.
func (r Return) cost() Account {
	if r.Goodwill {
		return Adjustments
	}
	return Sales
}

// Due books what is to go back to cards.
func (r Return) Due(amount money.Amount) Entry {
	return transfer(r.entry(KindRefundDue, "due"), r.cost(), RefundsDue, amount)
}

// ToWallet books what went back to the wallet.
func (r Return) ToWallet(amount money.Amount) Entry {
	return transfer(r.entry(KindRefund, "wallet"), r.cost(), Wallet, amount)
}

// Sent books that the PSP took the part of one payment.
func (r Return) Sent(p id.Payment, amount money.Amount) Entry {
	return transfer(r.entry(KindGivenBack, "sent-"+string(p)), RefundsDue, PSPCash, amount)
}

// CameBack books that it could not give it back after all.
func (r Return) CameBack(p id.Payment, amount money.Amount) Entry {
	return transfer(r.entry(KindRefundFailed, "failed-"+string(p)), PSPCash, RefundsDue, amount)
}

// Redirected books that what was due to a card went to the wallet.
func (r Return) Redirected(amount money.Amount) Entry {
	return transfer(r.entry(KindRefund, "redirected"), RefundsDue, Wallet, amount)
}

// Disputed books that a bank took the money of an invoice back.
func (o Owed) Disputed(p id.Payment, dispute string, amount money.Amount) Entry {
	return transfer(ofCharge(KindDisputed, o.Tenant, o.Customer, p, dispute, "disputed", o.At), o.account(), PSPCash, amount)
}

// Reinstated books that the bank gave it back; over is what of it went to the wallet, because the invoice had been paid again.
func (o Owed) Reinstated(p id.Payment, dispute string, amount money.Amount, over int64) Entry {
	e := ofCharge(KindReinstated, o.Tenant, o.Customer, p, dispute, "reinstated", o.At)
	e.Currency, e.Postings = amount.Currency, []Posting{{PSPCash, amount.Minor}}
	for _, posting := range []Posting{{o.account(), over - amount.Minor}, {Wallet, -over}} {
		if posting.Minor != 0 {
			e.Postings = append(e.Postings, posting)
		}
	}
	return e
}

// DisputedTopUp books that a bank took back money that is no invoice's: staff decide who bears it.
func DisputedTopUp(tenant id.Tenant, c id.Customer, p id.Payment, dispute string, amount money.Amount, at time.Time) Entry {
	return transfer(ofCharge(KindDisputed, tenant, c, p, dispute, "disputed", at), Suspense, PSPCash, amount)
}

// ReinstatedTopUp books that the bank gave it back.
func ReinstatedTopUp(tenant id.Tenant, c id.Customer, p id.Payment, dispute string, amount money.Amount, at time.Time) Entry {
	return transfer(ofCharge(KindReinstated, tenant, c, p, dispute, "reinstated", at), PSPCash, Suspense, amount)
}
