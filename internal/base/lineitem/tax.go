package lineitem

import "turnup/internal/base/money"

// Exemption is why a buyer pays no tax, as an invoice has to state it.
type Exemption struct {
	Reason string `json:"reason" dynamodbav:"r" doc:"In words (BT-120)" example:"Reverse charge"`
	Code   string `json:"code,omitempty" dynamodbav:"c,omitempty" doc:"By the code list VATEX (BT-121)" example:"VATEX-EU-AE"`
}

// ReverseCharge is the code of supplies for which the buyer owes the tax.
const ReverseCharge = "VATEX-EU-AE"

// Tax is on what terms somebody buys.
type Tax struct {
	Rate   int64      // that is in the prices of the catalogue, in hundredths of a percent
	Exempt *Exemption // why this buyer pays none; nil when they do
}

// Price is what a price of the catalogue is for the buyer.
func (t Tax) Price(listed money.Amount) money.Amount {
	if t.Exempt == nil {
		return listed
	}
	return Net(listed, t.Rate)
}

// Net is an amount without the tax that is in it, rounded half up. Rate is in hundredths of a percent.
func Net(gross money.Amount, rate int64) money.Amount {
	return gross.Part(money.Whole, money.Whole+rate)
}

// For is a line at the price that it is for a buyer.
func (l Line) For(t Tax) Line {
	if t.Exempt != nil {
		listed := l.Price
		l.Price, l.Listed = t.Price(listed), &listed
	}
	return l
}

// List is the price in the catalogue.
func (l Line) List() money.Amount {
	if l.Listed != nil {
		return *l.Listed
	}
	return l.Price
}
