// Package pdf prints invoices and credit notes: one look for all of them, in the words of the customer's language.
//
// It is linked by the function invoices alone, because the library and the fonts are large. What is printed follows from the document,
// the seller and the theme, and from nothing else: the same ones give the same bytes.
package pdf

import (
	"bytes"
	_ "embed" // the fonts
	"fmt"
	"strconv"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"turnup/internal/domain/billing"
	"turnup/internal/domain/invoice"
)

var (
	//go:embed fonts/NotoSans-Regular.ttf
	regular []byte
	//go:embed fonts/NotoSans-Bold.ttf
	bold []byte
)

// Theme is how a tenant's documents look.
type Theme struct {
	Brand  string
	Color  string // #rrggbb
	WebURL string // of the front end, where invoices are seen and paid
}

// Printer implements invoices.Paper.
type Printer struct{ Theme Theme }

// The page, in millimetres: A4 with the margins of a letter.
const (
	left, right, top, bottom = 20.0, 190.0, 18.0, 268.0
	width                    = right - left
	family                   = "noto"
	lineHeight               = 4.6
)

type rgb struct{ r, g, b int }

var (
	ink   = rgb{27, 31, 36}
	quiet = rgb{104, 112, 122}
	rule  = rgb{217, 221, 226}
	shade = rgb{245, 246, 248}
)

// sheet is one document being printed.
type sheet struct {
	*fpdf.Fpdf
	i      invoice.Invoice
	seller billing.Seller
	theme  Theme
	w      invoice.Words
	brand  rgb
}

// Print implements invoices.Paper.
func (p Printer) Print(i invoice.Invoice, seller billing.Seller) ([]byte, error) {
	s := sheet{Fpdf: fpdf.New("P", "mm", "A4", ""), i: i, seller: seller, theme: p.Theme, w: invoice.WordsOf(i.Language), brand: colour(p.Theme.Color)}
	s.AddUTF8FontFromBytes(family, "", regular)
	s.AddUTF8FontFromBytes(family, "B", bold)
	s.SetCatalogSort(true)
	s.SetCreationDate(i.IssuedAt.UTC())
	s.SetModificationDate(i.IssuedAt.UTC())
	s.SetProducer("Turnup", true)
	s.SetTitle(s.title()+" "+i.Number, true)
	s.SetAuthor(legible(seller.Name), true)
	s.SetLang(s.w.Tag)
	s.SetMargins(left, top, 210-right)
	s.SetAutoPageBreak(false, 0)
	s.AliasNbPages("")
	s.SetFooterFunc(s.footer)
	s.AddPage()
	s.head()
	s.lines()
	s.totals()
	s.payment()
	var out bytes.Buffer
	if err := s.Output(&out); err != nil {
		return nil, fmt.Errorf("pdf: %s: %w", i.ID, err)
	}
	return out.Bytes(), nil
}

// title is what the document is.
func (s sheet) title() string {
	if s.i.Kind == invoice.CreditNote {
		return s.w.Say("creditNote")
	}
	return s.w.Say("invoice")
}

// address of the front end's page of the document.
func (s sheet) address() string {
	return strings.TrimSuffix(s.theme.WebURL, "/") + "/invoices/" + string(s.i.ID)
}

// pen chooses size, in points, and colour; style is "" or "B".
func (s sheet) pen(style string, size float64, c rgb) {
	s.SetFont(family, style, size)
	s.SetTextColor(c.r, c.g, c.b)
}

// put writes one line in a box; align is L, R or C. What is too long for it is cut.
func (s sheet) put(x, y, w float64, align, text string) {
	text = legible(text)
	for r := []rune(text); s.GetStringWidth(text) > w && len(r) > 1; r = r[:len(r)-1] {
		text = string(r[:len(r)-1]) + "…"
	}
	s.SetXY(x, y)
	s.CellFormat(w, lineHeight, text, "", 0, align, false, 0, "")
}

// wrapped are the lines of a text that fit into a width. A word that is longer is broken.
func (s sheet) wrapped(text string, w float64) []string {
	if text == "" {
		return nil
	}
	var lines []string
	for _, line := range s.SplitText(legible(text), w-2*s.GetCellMargin()) {
		for r := []rune(line); ; {
			n := len(r)
			for n > 1 && s.GetStringWidth(string(r[:n])) > w {
				n--
			}
			lines = append(lines, string(r[:n]))
			if r = r[n:]; len(r) == 0 {
				break
			}
		}
	}
	return lines
}

// fill and stroke choose colours of areas and lines.
func (s sheet) fill(c rgb)   { s.SetFillColor(c.r, c.g, c.b) }
func (s sheet) stroke(c rgb) { s.SetDrawColor(c.r, c.g, c.b); s.SetLineWidth(0.2) }

func (s sheet) hairline(x1, x2, y float64) {
	s.stroke(rule)
	s.Line(x1, y, x2, y)
}

// colour reads #rrggbb; what it cannot read is the ink.
func colour(hex string) rgb {
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		return ink
	}
	return rgb{int(n >> 16 & 0xff), int(n >> 8 & 0xff), int(n & 0xff)}
}

// legible replaces letters that the fonts do not have.
func legible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r >= 0x20 && r <= 0x7e, r >= 0xa0 && r <= 0x24f, r == 0x259, r == 0x2bb, r == 0x2bc, r >= 0x370 && r <= 0x45f, r == 0x490, r == 0x491, r >= 0x1e00 && r <= 0x1eff,
			r >= 0x2010 && r <= 0x2027, r >= 0x2030 && r <= 0x203a, r >= 0x20a0 && r <= 0x20bf, r == 0x2116, r == 0x2122, r == 0x2212:
			return r
		}
		return '?'
	}, text)
}
