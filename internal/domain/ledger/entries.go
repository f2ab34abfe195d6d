package ledger

import (
	"fmt"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// received is the entry of money that came for a payment. Whatever it was for, its id is the payment's: what came once is
// booked once.
func received(k Kind, tenant id.Tenant, c id.Customer, p id.Payment, at time.Time) Entry {
	return Entry{Tenant: tenant, Customer: c, ID: id.Swap[id.Entry](p, id.PaymentPrefix, id.EntryPrefix), At: at, Kind: k, Reference: string(p)}
}

// ofCharge is an entry about one charge of a payment, which may have several.
func ofCharge(k Kind, tenant id.Tenant, c id.Customer, p id.Payment, charge, suffix string, at time.Time) Entry {
	e := received(k, tenant, c, p, at)
	e.ID += id.Entry("-" + suffix + "-" + charge)
	return e
}

// ofOrder is an entry about an order.
func ofOrder(k Kind, tenant id.Tenant, c id.Customer, o id.Order, suffix string, at time.Time) Entry {
	return Entry{Tenant: tenant, Customer: c, ID: id.Swap[id.Entry](o, id.OrderPrefix, id.EntryPrefix) + id.Entry("-"+suffix), At: at, Kind: k,
		Reference: string(o)}
}

// CardSale books money captured by charging a saved card for a cart.
func CardSale(tenant id.Tenant, c id.Customer, p id.Payment, amount money.Amount, at time.Time) Entry {
	return transfer(received(KindCardSale, tenant, c, p, at), PSPCash, Sales, amount)
}

// PageSale books money captured on the PSP's page for an order.
func PageSale(tenant id.Tenant, c id.Customer, p id.Payment, amount money.Amount, at time.Time) Entry {
	return transfer(received(KindPageSale, tenant, c, p, at), PSPCash, Sales, amount)
}

// TopUpPaid books money captured for a wallet, which is not in it yet.
func TopUpPaid(tenant id.Tenant, c id.Customer, p id.Payment, amount money.Amount, at time.Time) Entry {
	return transfer(received(KindTopUpPaid, tenant, c, p, at), PSPCash, Prepaid, amount)
}

// TopUpCredited books that a paid top-up was delivered: it is in the wallet.
func TopUpCredited(tenant id.Tenant, c id.Customer, o id.Order, amount money.Amount, at time.Time) Entry {
	return transfer(ofOrder(KindTopUp, tenant, c, o, "topup", at), Prepaid, Wallet, amount)
}

// WalletSale books an order paid from the wallet.
func WalletSale(tenant id.Tenant, c id.Customer, o id.Order, amount money.Amount, at time.Time) Entry {
	return transfer(ofOrder(KindWalletSale, tenant, c, o, "sale", at), Wallet, Sales, amount)
}

// ByStaff is who of the staff moves a customer's wallet, when, and why.
type ByStaff struct {
	Tenant   id.Tenant
	Customer id.Customer
	By       string
	Reason   string
	At       time.Time
}

func (b ByStaff) entry(k Kind) Entry {
	e := Entry{Tenant: b.Tenant, Customer: b.Customer, ID: id.New[id.Entry](id.EntryPrefix, b.At), At: b.At, Kind: k, Reason: b.Reason, By: b.By}
	e.Reference = string(e.ID)
	return e
}

// OperatorCredit books what staff put into a wallet.
func OperatorCredit(b ByStaff, amount money.Amount) Entry {
	return transfer(b.entry(KindOperatorCredit), Adjustments, Wallet, amount)
}

// OperatorDebit books what staff took out of a wallet.
func OperatorDebit(b ByStaff, amount money.Amount) Entry {
	return transfer(b.entry(KindOperatorDebit), Wallet, Adjustments, amount)
}

// Hold books that money of a wallet cannot be spent for now.
func Hold(b ByStaff, amount money.Amount) Entry {
	return transfer(b.entry(KindHold), Wallet, WalletHeld, amount)
}

// Release books that held money can be spent again.
func Release(b ByStaff, amount money.Amount) Entry {
	return transfer(b.entry(KindRelease), WalletHeld, Wallet, amount)
}

// WalletRefund books that staff gave back, wholly or in part, an order that was paid from the wallet. before is what was given
// back earlier: deciding twice on the same state is a conflict of keys.
func WalletRefund(b ByStaff, o id.Order, before int64, amount money.Amount) Entry {
	e := ofOrder(KindRefund, b.Tenant, b.Customer, o, fmt.Sprintf("refund-%d", before), b.At)
	e.By, e.Reason = b.By, b.Reason
	return transfer(e, Sales, Wallet, amount)
}

// LateMoney books a captured charge that nothing is to be paid with any more: its order was cancelled or paid otherwise.
func LateMoney(tenant id.Tenant, c id.Customer, p id.Payment, charge string, amount money.Amount, at time.Time) Entry {
	return transfer(ofCharge(KindLateMoney, tenant, c, p, charge, "late", at), PSPCash, RefundsDue, amount)
}

// GivenBack books that the PSP gave such a charge back.
func GivenBack(tenant id.Tenant, c id.Customer, p id.Payment, charge string, amount money.Amount, at time.Time) Entry {
	return transfer(ofCharge(KindGivenBack, tenant, c, p, charge, "back", at), RefundsDue, PSPCash, amount)
}

// Unassigned books a captured charge that is not what was to be paid.
func Unassigned(tenant id.Tenant, c id.Customer, p id.Payment, charge string, amount money.Amount, at time.Time) Entry {
	return transfer(ofCharge(KindUnassigned, tenant, c, p, charge, "unassigned", at), PSPCash, Suspense, amount)
}

// RefundFailed books that the PSP could not give a charge back after all: the money is with us, and still owed.
func RefundFailed(tenant id.Tenant, c id.Customer, p id.Payment, charge string, amount money.Amount, at time.Time) Entry {
	return transfer(ofCharge(KindRefundFailed, tenant, c, p, charge, "failed", at), PSPCash, RefundsDue, amount)
}
