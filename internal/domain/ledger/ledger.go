// Package ledger owns the books: every movement of money is one entry whose debits equal its credits. Entries are
// added, never changed. It does not own how much a customer may spend (wallet), only what became of the money.
package ledger

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// Account of the books.
type Account string

// The accounts. A debit (positive) raises what we have, a credit (negative) what we owe or have earned.
const (
	PSPCash     Account = "psp_cash"    // have: captured by the PSP for us, not given back
	Sales       Account = "sales"       // earned: sold to customers
	Wallet      Account = "wallet"      // owed: customers' available balances
	WalletHeld  Account = "wallet_held" // owed: customers' balances on hold
	Prepaid     Account = "prepaid"     // owed: top-ups that are paid and not yet in a wallet
	Adjustments Account = "adjustments" // spent: what operators credited to wallets, less what they debited
	RefundsDue  Account = "refunds_due" // owed: money that came late or twice, on its way back
	Suspense    Account = "suspense"    // owed: money that cannot be assigned; an operator decides
	Receivables Account = "receivables" // have: customers owe it on invoices that are issued and not paid
	Credits     Account = "credits"     // owed: taken off the next bills of subscriptions
	BadDebts    Account = "bad_debts"   // lost: owed on invoices that were written off, less what came all the same
)

// Accounts are all there are.
var Accounts = []Account{PSPCash, Sales, Wallet, WalletHeld, Prepaid, Adjustments, RefundsDue, Suspense, Receivables, Credits, BadDebts}

// Kind says what an entry records.
type Kind string

// The kinds.
const (
	KindCardSale       Kind = "card_sale"       // a saved card was charged for a cart
	KindPageSale       Kind = "page_sale"       // an order was paid on the PSP's page
	KindTopUpPaid      Kind = "top_up_paid"     // money for a wallet came
	KindTopUp          Kind = "top_up"          // and is in the wallet
	KindWalletSale     Kind = "wallet_sale"     // an order was paid from a wallet
	KindOperatorCredit Kind = "operator_credit" // staff put money into a wallet
	KindOperatorDebit  Kind = "operator_debit"  // staff took money out of a wallet
	KindHold           Kind = "hold"            // money of a wallet cannot be spent for now
	KindRelease        Kind = "release"         // it can again
	KindRefund         Kind = "refund"          // what a wallet had paid went back into it
	KindLateMoney      Kind = "late_money"      // money came that nothing is to be paid with any more
	KindGivenBack      Kind = "given_back"      // and the PSP gave it back
	KindRefundFailed   Kind = "refund_failed"   // and the PSP could not, so that it is still with us
	KindUnassigned     Kind = "unassigned"      // money came that does not fit what was to be paid
	KindBillPaid       Kind = "bill_paid"       // a bill of a subscription was paid as it was made: by a saved card, with credit, or both
	KindBillOwed       Kind = "bill_owed"       // an invoice was issued that is not paid; credit may have gone into it
	KindInvoicePaid    Kind = "invoice_paid"    // money for an invoice that was owed came
	KindInvoiceWallet  Kind = "wallet_invoice"  // an invoice that was owed was paid from a wallet
	KindWithdrawn      Kind = "withdrawn"       // an invoice that was owed is not to be paid
	KindWrittenOff     Kind = "written_off"     // nobody waits for an invoice to be paid any more
	KindConcluded      Kind = "concluded"       // a subscription ended: what was not used of it was given back
	KindRefundDue      Kind = "refund_due"      // what was paid for an invoice is to go back to the card
	KindDisputed       Kind = "disputed"        // the customer's bank took a charge back
	KindReinstated     Kind = "reinstated"      // and gave it back
	KindCredited       Kind = "credited"        // days of a subscription that are not used are taken off its next bills
)

// Posting moves an amount onto (positive) or off (negative) an account.
type Posting struct {
	Account Account `dynamodbav:"account"`
	Minor   int64   `dynamodbav:"minor"`
}

// Entry is one balanced movement in one currency.
type Entry struct {
	Tenant    id.Tenant
	ID        id.Entry // derived from what it books, so that booking twice is a conflict of keys
	Customer  id.Customer
	At        time.Time
	Kind      Kind
	Reference string // the payment or order it records; of a movement by staff the entry itself
	Reason    string // of movements by staff, in their words
	By        string // who of the staff
	Currency  string
	Postings  []Posting
	Balance   int64 // of movements of a wallet: what is available after it
	Held      int64 // and what is on hold
	Version   int64 // and which version of the wallet it made
}

// Validate checks that debits equal credits, between accounts that exist, in one currency.
func (e Entry) Validate() error {
	var sum int64
	for _, p := range e.Postings {
		if !slices.Contains(Accounts, p.Account) || p.Minor == 0 {
			return fmt.Errorf("ledger: entry %s posts %d to %q", e.ID, p.Minor, p.Account)
		}
		sum += p.Minor
	}
	switch {
	case sum != 0 || len(e.Postings) < 2:
		return fmt.Errorf("ledger: entry %s is off by %d", e.ID, sum)
	case len(e.Currency) != 3:
		return fmt.Errorf("ledger: entry %s is in %q", e.ID, e.Currency)
	case e.Tenant == "" || e.ID == "" || e.Kind == "":
		return errors.New("ledger: an entry names its tenant, itself and its kind")
	}
	return nil
}

// On is what the entry moves onto an account.
func (e Entry) On(a Account) (minor int64) {
	for _, p := range e.Postings {
		if p.Account == a {
			minor += p.Minor
		}
	}
	return minor
}

// Sum is what the entry debits, which is what it credits.
func (e Entry) Sum() money.Amount {
	sum := money.Amount{Currency: e.Currency}
	for _, p := range e.Postings {
		sum.Minor += max(p.Minor, 0)
	}
	return sum
}

// transfer is an entry of two postings: debit and credit.
func transfer(e Entry, debit, credit Account, amount money.Amount) Entry {
	e.Currency, e.Postings = amount.Currency, []Posting{{debit, amount.Minor}, {credit, -amount.Minor}}
	return e
}
