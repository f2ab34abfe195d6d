package pdf

import (
	"strconv"

	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/invoice"
)

func itoa(n int) string { return strconv.Itoa(n) }

// The columns of the table.
const (
	nameWidth = 112.0
	rateAt    = left + nameWidth + 2
	rateWidth = 18.0
	sumAt     = rateAt + rateWidth
	sumWidth  = right - sumAt
)

// room begins another page when what comes is higher than what is left of this one.
func (s sheet) room(height float64, again func()) {
	if s.GetY()+height <= bottom {
		return
	}
	s.AddPage()
	s.SetXY(left, top)
	if again != nil {
		again()
	}
}

// lines is the table of what was charged.
func (s sheet) lines() {
	s.columns()
	for _, l := range s.i.Lines {
		s.pen("", 8, quiet)
		var notes []string
		for _, note := range s.notes(l) {
			notes = append(notes, s.wrapped(note, nameWidth-4)...)
		}
		s.pen("B", 9.5, ink)
		names := s.wrapped(s.w.Name(l.Charge), nameWidth-4)
		s.room(float64(len(names))*5+float64(len(notes))*4.2+5, s.columns)
		s.line(l, names, notes)
	}
}

// columns is the head of the table, on each page.
func (s sheet) columns() {
	y := s.GetY()
	s.fill(shade)
	s.Rect(left, y, width, 7.5, "F")
	s.pen("B", 8, quiet)
	s.put(left+2, y+1.5, nameWidth, "L", s.w.Say("line"))
	s.put(rateAt, y+1.5, rateWidth, "R", s.w.Say("rate"))
	s.put(sumAt, y+1.5, sumWidth-2, "R", s.w.Say("amount"))
	s.SetXY(left, y+9.5)
}

// notes below the name of a line: for which days it is, and how its amount comes about.
func (s sheet) notes(l invoice.Line) (notes []string) {
	if l.Period != nil && l.Period.From < l.Period.Until {
		notes = append(notes, s.w.Period(*l.Period))
	}
	if how := s.w.Explain(l); how != "" {
		notes = append(notes, how)
	}
	return notes
}

func (s sheet) line(l invoice.Line, names, notes []string) {
	y := s.GetY()
	s.pen("", 9.5, ink)
	s.put(rateAt, y, rateWidth, "R", s.w.Rate(l.Rate))
	s.put(sumAt, y, sumWidth-2, "R", s.w.Amount(l.Amount))
	s.pen("B", 9.5, ink)
	if l.Kind == lineitem.Discount || l.Kind == lineitem.ForUnused {
		s.pen("", 9.5, ink)
	}
	for _, name := range names {
		s.put(left+2, y, nameWidth, "L", name)
		y += 5
	}
	s.pen("", 8, quiet)
	for _, note := range notes {
		s.put(left+2, y, nameWidth, "L", note)
		y += 4.2
	}
	s.hairline(left, right, y+1.6)
	s.SetXY(left, y+3.6)
}

// sum is a line below the table.
type sum struct {
	name, value string
	strong      bool
}

// totals are the sums at the right: taxes, total, what was paid, what is left.
func (s sheet) totals() {
	sums := s.sums()
	s.room(float64(len(sums))*5.6+10, nil)
	y := s.GetY() + 2
	for _, t := range sums {
		style, size := "", 9.0
		if t.strong {
			s.hairline(sumAt-70, right, y+0.4)
			style, size, y = "B", 10.5, y+1.6
		}
		s.pen(style, size, ink)
		s.put(sumAt-70, y, 68, "L", t.name)
		s.put(sumAt, y, sumWidth-2, "R", t.value)
		y += 5.6
	}
	s.SetXY(left, y+6)
}

func (s sheet) sums() (sums []sum) {
	i, amount := s.i, func(minor int64) string { return s.w.Amount(money.Amount{Minor: minor, Currency: s.i.Currency}) }
	for _, t := range i.Taxes {
		sums = append(sums, sum{s.w.Say("net") + " (" + s.w.Rate(t.Rate) + ")", amount(t.Net), false}, sum{s.w.Say("tax", "rate", s.w.Rate(t.Rate)), amount(t.Tax), false})
	}
	if i.Kind == invoice.CreditNote {
		return append(sums, sum{s.w.Say("totalBack"), amount(i.Total), true})
	}
	sums = append(sums, sum{s.w.Say("total"), amount(i.Total), true})
	less := func(text string, minor int64, pairs ...string) {
		if minor != 0 {
			sums = append(sums, sum{s.w.Say(text, pairs...), amount(-minor), false})
		}
	}
	less("credit", i.Credit)
	less("credited", i.Credited)
	for _, r := range i.Receipts {
		less("received", r.Amount, "date", s.w.Date(dateOf(r.At)), "with", s.with(r.With))
		less("receivedBack", -r.Refunded)
		if r.Disputed {
			less("disputed", -r.Amount)
		}
	}
	if i.State != invoice.Void {
		sums = append(sums, sum{s.w.Say("left"), s.w.Amount(i.LeftAmount()), true})
	}
	return sums
}

// with says what somebody paid with, for people.
func (s sheet) with(paidWith string) string {
	if paidWith == "wallet" || paidWith == "card" {
		return s.w.Say(paidWith)
	}
	return paidWith
}
