package pdf

import (
	"strings"

	"turnup/internal/domain/invoice"
)

// head is the upper part of the first page: who sells, who buys, what it is.
func (s sheet) head() {
	s.logo(left, top)
	s.pen("B", 20, ink)
	s.SetXY(100, top)
	s.CellFormat(right-100, 9, s.title(), "", 0, "R", false, 0, "")
	s.pen("", 10.5, quiet)
	s.put(100, top+9.5, right-100, "R", s.i.Number)
	s.stamp(top + 16)

	s.pen("", 6.8, quiet)
	s.put(left, 44, 95, "L", strings.Join(append([]string{s.seller.Name}, s.seller.Address...), " · "))
	s.hairline(left+1, left+82, 48.6)
	y := s.buyer(50.5)
	s.SetXY(left, max(y, s.facts(44))+9)
}

// logo is the mark, drawn, and the brand's name.
func (s sheet) logo(x, y float64) {
	s.fill(s.brand)
	s.RoundedRect(x, y, 11, 11, 2.4, "1234", "F")
	s.SetDrawColor(255, 255, 255)
	s.SetLineWidth(1.15)
	s.SetLineCapStyle("round")
	s.SetLineJoinStyle("round")
	s.Line(x+3.1, y+8.0, x+3.1, y+6.2) // two bars that rise, and an arrow over them
	s.Line(x+5.5, y+8.0, x+5.5, y+4.7)
	s.Line(x+7.9, y+8.0, x+7.9, y+3.2)
	s.Line(x+6.4, y+4.4, x+7.9, y+2.9)
	s.Line(x+9.4, y+4.4, x+7.9, y+2.9)
	s.SetLineCapStyle("butt")
	s.SetLineJoinStyle("miter")
	s.pen("B", 15, ink)
	s.put(x+13, y+3.2, 70, "L", s.theme.Brand)
}

// stamp says how the document stands.
func (s sheet) stamp(y float64) {
	word, c := map[invoice.State]string{invoice.Open: "open", invoice.Paid: "paid", invoice.Void: "void", invoice.Uncollectible: "uncollectible"}[s.i.State], rgb{176, 98, 0}
	switch {
	case s.i.Kind == invoice.CreditNote:
		word, c = "settled", rgb{70, 80, 140}
	case s.i.State == invoice.Paid:
		c = rgb{22, 121, 73}
	case s.i.State == invoice.Void || s.i.State == invoice.Uncollectible:
		c = rgb{150, 40, 40}
	}
	s.pen("B", 8, c)
	text := s.w.Say(word)
	w := s.GetStringWidth(text) + 6
	s.SetDrawColor(c.r, c.g, c.b)
	s.SetLineWidth(0.4)
	s.RoundedRect(right-w, y, w, 6, 1.5, "1234", "D")
	s.SetXY(right-w, y)
	s.CellFormat(w, 6, text, "", 0, "C", false, 0, "")
}

// buyer is the address, as it shows in the window of an envelope.
func (s sheet) buyer(y float64) float64 {
	b := s.i.Buyer
	s.pen("B", 10, ink)
	for _, line := range s.wrapped(b.Name, 82) {
		s.put(left, y, 84, "L", line)
		y += 5
	}
	s.pen("", 10, ink)
	for _, part := range append(append([]string{}, b.Address...), b.Country) {
		for _, line := range s.wrapped(part, 82) {
			s.put(left, y, 84, "L", line)
			y += 5
		}
	}
	if b.TaxID != "" {
		s.put(left, y, 84, "L", s.w.Say("taxId", "id", b.TaxID))
		y += 5
	}
	return y
}

// facts are the names and values at the right.
func (s sheet) facts(y float64) float64 {
	i := s.i
	type fact struct{ name, value string }
	facts := []fact{{"number", i.Number}, {"issuedOn", s.w.Date(i.IssuedOn)}}
	if i.State == invoice.Open {
		facts = append(facts, fact{"dueOn", s.w.Date(i.DueOn)})
	}
	if i.Period != nil {
		facts = append(facts, fact{"periodOf", s.w.Period(*i.Period)})
	}
	facts = append(facts, fact{"customer", string(i.Customer)}, fact{"order", string(i.Order)}, fact{"subscription", string(i.Subscription)}, fact{"corrects", i.CorrectsNumber}, fact{"reason", i.Reason})
	for _, f := range facts {
		if f.value == "" {
			continue
		}
		s.pen("", 8, quiet)
		s.put(104, y, 32, "L", s.w.Say(f.name))
		s.pen("", 7.6, ink)
		for _, line := range s.wrapped(f.value, right-134) {
			s.put(133, y, right-133, "R", line)
			y += 4.7
		}
	}
	return y
}

// footer of each page: the seller as the law wants them, and which page it is.
func (s sheet) footer() {
	s.hairline(left, right, 276)
	s.pen("", 7.2, quiet)
	who := strings.Join(append(append([]string{s.seller.Name}, s.seller.Address...), s.seller.Country), " · ")
	if s.seller.TaxID != "" {
		who += " · " + s.w.Say("taxId", "id", s.seller.TaxID)
	}
	s.put(left, 277.5, 140, "L", who)
	s.put(left, 281.7, 140, "L", s.w.Say("questions", "email", s.seller.Email))
	s.put(left+130, 277.5, width-130, "R", s.i.Number)
	s.SetXY(right-40, 281.7) // as wide as what will stand for the number of pages
	s.CellFormat(40, lineHeight, s.w.Say("page", "page", itoa(s.PageNo()), "pages", "{nb}"), "", 0, "R", false, 0, "")
}
