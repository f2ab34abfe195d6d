package lineitem

import (
	"reflect"
	"slices"

	"turnup/internal/base/civil"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// ChargeKind says what a charge is for.
type ChargeKind string

// The kinds.
const (
	ForItem   ChargeKind = "item"   // something bought once, or the first period of a plan when it was ordered
	ForPeriod ChargeKind = "period" // a plan, for days of a billing period
	ForUnused ChargeKind = "unused" // given back: days of a plan that was paid for and is not used; less than nothing
	Discount  ChargeKind = "discount"
	Corrected ChargeKind = "correction" // given back by a credit note: a part of what an invoice charged at one rate of tax
)

// Charge is one line of a bill, with what explains its amount: Days of the Of days that a whole period has, at Price for the whole.
type Charge struct {
	Kind     ChargeKind    `json:"kind" dynamodbav:"k" enum:"item,period,unused,discount,correction" doc:"item: bought once, or the first period of a plan; period: a plan, for days of a billing period; unused: days that were paid for and are given back; discount: what a coupon takes off; correction: a part of an invoice that is taken back" example:"period"`
	ItemID   id.Item       `json:"itemId" dynamodbav:"i" doc:"Id of the catalogue item" example:"plan_fibre-300"`
	Name     string        `json:"name" dynamodbav:"n" doc:"Its name" example:"Fibre 300"`
	Period   *civil.Period `json:"period,omitempty" dynamodbav:"p,omitempty" doc:"The days it is for, from the first up to and not with the last"`
	Days     int           `json:"days,omitempty" dynamodbav:"d,omitempty" doc:"How many days these are" example:"20"`
	Of       int           `json:"of,omitempty" dynamodbav:"o,omitempty" doc:"How many days the whole of the price is for" example:"31"`
	Quantity int64         `json:"quantity,omitempty" dynamodbav:"q,omitempty" doc:"Of items" example:"1"`
	Price    money.Amount  `json:"price" dynamodbav:"c" doc:"Price of one, or of a whole period"`
	Amount   money.Amount  `json:"amount" dynamodbav:"a" doc:"What is charged; less than nothing is given back"`
	Rate     *int64        `json:"-" dynamodbav:"tr,omitempty"` // of the tax in it, in hundredths of a percent; nil is not known yet
	Exempt   *Exemption    `json:"-" dynamodbav:"e,omitempty"`  // why there is no tax in it; nil when there is
}

// TaxedAt are charges with a rate of tax in them.
func TaxedAt(rate int64, charges ...Charge) []Charge {
	taxed := slices.Clone(charges)
	for n := range taxed {
		taxed[n].Rate = &rate
	}
	return taxed
}

// Same tells whether charges are for the same, whatever their rates of tax: those are in the prices.
func Same(a, b []Charge) bool {
	return reflect.DeepEqual(TaxedAt(0, a...), TaxedAt(0, b...))
}

// TotalOf sums charges.
func TotalOf(charges []Charge) (money.Amount, error) {
	amounts := make([]money.Amount, len(charges))
	for i, c := range charges {
		amounts[i] = c.Amount
	}
	return money.Sum(amounts...)
}
