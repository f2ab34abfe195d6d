// Package wallet owns how much of a customer's prepaid money may be spent: the available balance and what is on hold. It
// does not own the books (ledger), nor what is bought with it (order). Money comes in by top-up or by staff.
package wallet

import (
	"errors"
	"fmt"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The faults of wallets.
var (
	ErrInsufficient = fault.New(fault.PaymentRequired, "wallet_insufficient", "There is not enough money in your wallet. Please top it up, or pay another way.", "customer")
	ErrNotHeld      = fault.New(fault.Conflict, "wallet_not_held", "There is not that much on hold in this wallet.", "operator")
	ErrFull         = fault.New(fault.Conflict, "wallet_full", "A wallet cannot hold that much money.", "customer")
)

// Slips of a caller, which no request can cause.
var (
	ErrAmount   = errors.New("wallet: an amount is more than nothing")
	ErrCurrency = fmt.Errorf("wallet: %w", money.ErrCurrency)
)

// Max is the most a wallet holds in minor units, available and held together: far below what a number of JSON can say.
const Max = 1_000_000_000_000

// Balance is what a customer has in one currency. It never is below zero.
type Balance struct {
	Tenant    id.Tenant
	Customer  id.Customer
	Currency  string
	Available int64 // in minor units: may be spent
	Held      int64 // belongs to the customer and cannot be spent for now
	Version   int64 // counts movements, from 1; 0 when there was none
}

// AvailableAmount is what may be spent.
func (b Balance) AvailableAmount() money.Amount {
	return money.Amount{Minor: b.Available, Currency: b.Currency}
}

// HeldAmount is what is on hold.
func (b Balance) HeldAmount() money.Amount { return money.Amount{Minor: b.Held, Currency: b.Currency} }

// Credit adds to what is available.
func (b Balance) Credit(a money.Amount) (Balance, error) {
	if err := b.takes(a); err != nil {
		return b, err
	}
	if a.Minor > Max-b.Available-b.Held {
		return b, ErrFull
	}
	return b.moved(a.Minor, 0), nil
}

// Debit takes from what is available, all or nothing.
func (b Balance) Debit(a money.Amount) (Balance, error) {
	if err := b.covers(a); err != nil {
		return b, err
	}
	return b.moved(-a.Minor, 0), nil
}

// Hold puts available money on hold.
func (b Balance) Hold(a money.Amount) (Balance, error) {
	if err := b.covers(a); err != nil {
		return b, err
	}
	return b.moved(-a.Minor, a.Minor), nil
}

// Release makes held money available.
func (b Balance) Release(a money.Amount) (Balance, error) {
	if err := b.takes(a); err != nil {
		return b, err
	}
	if a.Minor > b.Held {
		return b, ErrNotHeld.With("held", b.HeldAmount().String())
	}
	return b.moved(a.Minor, -a.Minor), nil
}

func (b Balance) moved(available, held int64) Balance {
	b.Available, b.Held, b.Version = b.Available+available, b.Held+held, b.Version+1
	return b
}

func (b Balance) takes(a money.Amount) error {
	switch {
	case a.Minor <= 0:
		return ErrAmount
	case a.Currency != b.Currency:
		return ErrCurrency
	}
	return nil
}

// covers tells whether what is available is enough. What is held, or on its way, does not count.
func (b Balance) covers(a money.Amount) error {
	if err := b.takes(a); err != nil {
		return err
	}
	if a.Minor > b.Available {
		return ErrInsufficient.With("available", b.AvailableAmount().String())
	}
	return nil
}
