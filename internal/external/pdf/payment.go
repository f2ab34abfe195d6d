package pdf

import (
	"time"

	"github.com/boombuler/barcode/qr"

	"turnup/internal/base/civil"
	"turnup/internal/domain/invoice"
)

func dateOf(at time.Time) civil.Date { return civil.On(at, time.UTC) }

// payment says what is to be done, with the code and the link to the document's page.
func (s sheet) payment() {
	const side = 27.0
	s.room(side+14, nil)
	y := s.GetY()
	s.fill(shade)
	s.RoundedRect(left, y, width, side+8, 2, "1234", "F")
	s.code(left+4, y+4, side)
	x, w := left+side+9, width-side-13
	s.pen("B", 10.5, ink)
	at := y + 4.5
	for _, line := range s.wrapped(s.terms(), w) {
		s.put(x, at, w, "L", line)
		at += 5.2
	}
	s.pen("", 8.5, quiet)
	hint := "see"
	if s.i.Payable() == nil {
		hint = "scan"
	}
	for _, line := range s.wrapped(s.w.Say(hint), w) {
		s.put(x, at, w, "L", line)
		at += 4.4
	}
	if s.i.State == invoice.Open {
		at = s.button(x, at+1.5) + 1.5
	}
	s.pen("", 7.6, s.brand)
	s.put(x, at+0.4, w, "L", s.address())
	s.LinkString(x, at+0.4, w, lineHeight, s.address())
	s.pen("", 8, quiet)
	s.SetXY(left, y+side+10)
	for _, note := range s.taxes() {
		for _, line := range s.wrapped(note, width) {
			s.put(left, s.GetY(), width, "L", line)
			s.SetY(s.GetY() + 4.2)
		}
	}
}

// taxes says how the amounts are meant: with tax, or why without.
func (s sheet) taxes() (notes []string) {
	if n := len(s.i.Taxes); n > 0 && s.i.Taxes[n-1].Rate > 0 {
		notes = append(notes, s.w.Say("included"))
	}
	if s.i.Exempt != nil {
		notes = append(notes, s.w.Say("exempt", "reason", s.i.Exempt.Reason))
	}
	return notes
}

// button leads to where the invoice is paid.
func (s sheet) button(x, y float64) float64 {
	s.pen("B", 9, rgb{255, 255, 255})
	text := s.w.Say("pay")
	w := s.GetStringWidth(text) + 10
	s.fill(s.brand)
	s.RoundedRect(x+1, y, w, 7, 1.6, "1234", "F")
	s.SetXY(x+1, y)
	s.CellFormat(w, 7, text, "", 0, "C", false, 0, s.address())
	return y + 7
}

// terms is the sentence about what is to be done.
func (s sheet) terms() string {
	switch {
	case s.i.Kind == invoice.CreditNote:
		return s.w.Say("noteTerms")
	case s.i.State == invoice.Void:
		return s.w.Say("withdrawn")
	case s.i.State == invoice.Paid:
		return s.w.Say("thanks")
	}
	return s.w.Say("terms", "amount", s.w.Amount(s.i.LeftAmount()), "date", s.w.Date(s.i.DueOn))
}

// code draws the address as a QR code, with white around it.
func (s sheet) code(x, y, side float64) {
	made, err := qr.Encode(s.address(), qr.M, qr.Auto)
	if err != nil {
		s.SetError(err)
		return
	}
	s.SetFillColor(255, 255, 255)
	s.RoundedRect(x, y, side, side, 1, "1234", "F")
	n := made.Bounds().Dx()
	cell := (side - 4) / float64(n)
	s.fill(ink)
	for row := range n {
		for from := 0; from < n; from++ {
			to := from
			for to < n && dark(made.At(to, row).RGBA()) {
				to++
			}
			if to > from {
				s.Rect(x+2+float64(from)*cell, y+2+float64(row)*cell, float64(to-from)*cell, cell+0.01, "F")
				from = to
			}
		}
	}
}

func dark(r, _, _, _ uint32) bool { return r < 0x8000 }
