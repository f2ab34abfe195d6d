package invoice

import (
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// Bought are the charges of what was ordered, less what a coupon took off. Money put into a wallet is no supply: it is nothing to be
// invoiced, and neither is an order of nothing else. First is the part of the first period that is charged, when a plan, which is all of the
// order, begins with less than a whole one; else nil.
func Bought(lines []lineitem.Line, first *lineitem.Charge, coupon id.Coupon, discount money.Amount) (charges []lineitem.Charge) {
	for _, l := range lines {
		switch {
		case first != nil:
			charges = append(charges, *first)
		case l.Type != lineitem.TopUp:
			charges = append(charges, lineitem.Charge{Kind: lineitem.ForItem, ItemID: l.ItemID, Name: l.Name, Quantity: l.Quantity, Price: l.Price, Amount: l.Price.Times(l.Quantity)})
		}
	}
	if len(charges) > 0 && discount.Minor != 0 {
		off := discount.Times(-1)
		charges = append(charges, lineitem.Charge{Kind: lineitem.Discount, Name: string(coupon), Price: off, Amount: off})
	}
	return charges
}
