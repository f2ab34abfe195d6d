package store

import (
	"context"
	"errors"
	"slices"

	"turnup/internal/base/lineitem"
	"turnup/internal/domain/invoice"
)

// rated are charges of a contract with their rates of tax. Days that are given back are taxed as they were charged: of a first period the
// contract's invoice says how, and when that is not issued yet, it will be made at the rate there is now.
func (r renewing) rated(charges []lineitem.Charge, billed *invoice.Invoice) []lineitem.Charge {
	charges = slices.Clone(charges)
	for n, c := range charges {
		if !unrated(c) {
			continue
		}
		rate := r.Tax.Rate
		if billed != nil {
			rate = billed.ChargedAt()
		}
		charges[n] = lineitem.TaxedAt(rate, c)[0]
	}
	return charges
}

func unrated(c lineitem.Charge) bool { return c.Rate == nil && c.Exempt == nil }

// chargedBefore is the contract's invoice, if it takes that to tax the charges; nil if it is not issued yet.
func (db *DB) chargedBefore(ctx context.Context, r renewing, charges []lineitem.Charge) (*invoice.Invoice, error) {
	if !slices.ContainsFunc(charges, unrated) {
		return nil, nil
	}
	return db.lastInvoice(ctx, r)
}

// lastInvoice is the contract's invoice, nil if it is not issued yet.
func (db *DB) lastInvoice(ctx context.Context, r renewing) (*invoice.Invoice, error) {
	i, err := db.Invoice(ctx, r.Tenant, r.Customer, r.Billed)
	if errors.Is(err, invoice.ErrUnknown) {
		return nil, nil
	}
	return &i, err
}
