package invoice

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"turnup/internal/base/civil"
	"turnup/internal/base/language"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// The words of each language: one file, named after the language's tag.
//
//go:embed languages/*.json
var files embed.FS

var shipped = language.Shipped[map[string]string](files)

// Languages lists the languages in which documents are worded.
func Languages() []string { return language.Tags(shipped()) }

// Words writes in one language.
type Words struct {
	Tag string // BCP 47
	all map[string]string
}

// WordsOf finds the language to write in for who wants another.
func WordsOf(wanted string) Words {
	tag := language.Match(wanted, shipped())
	return Words{tag, shipped()[tag]}
}

// Say is a text with its placeholders filled: name, value, name, value, …
func (w Words) Say(text string, pairs ...string) string {
	filled := slices.Clone(pairs)
	for i := 0; i < len(filled); i += 2 {
		filled[i] = "{" + filled[i] + "}"
	}
	return strings.NewReplacer(filled...).Replace(w.all[text])
}

// Amount as people write it in the language.
func (w Words) Amount(a money.Amount) string {
	return strings.Replace(a.String(), ".", w.all["decimal"], 1)
}

// Rate of tax, in hundredths of a percent: "19 %", "8.1 %".
func (w Words) Rate(hundredths int64) string {
	rate := strconv.FormatInt(hundredths/100, 10)
	if rest := hundredths % 100; rest > 0 {
		rate += w.all["decimal"] + strings.TrimRight(fmt.Sprintf("%02d", rest), "0")
	}
	return w.Say("percent", "rate", rate)
}

// Date as people write it in the language.
func (w Words) Date(d civil.Date) string {
	if !d.Valid() {
		return string(d)
	}
	return w.Say("date", "year", string(d[:4]), "month", string(d[5:7]), "day", string(d[8:]))
}

// Period with its last day, which is the one before it is over.
func (w Words) Period(p civil.Period) string {
	return w.Say("period", "from", w.Date(p.From), "until", w.Date(max(p.From, p.Until.Plus(-1))))
}

// Name of what a charge is for.
func (w Words) Name(c lineitem.Charge) string {
	switch {
	case c.Kind == lineitem.Corrected:
		return w.Say("correction")
	case c.Kind == lineitem.Discount && c.Name == "":
		return w.Say("discount")
	case c.Kind == lineitem.Discount:
		return w.Say("coupon", "name", c.Name)
	}
	return c.Name
}

// Explain is how the amount of a line comes about: "20 of 31 days × 49.90 EUR = 32.19 EUR". Empty when there is nothing to explain.
func (w Words) Explain(l Line) string {
	pairs := []string{"days", strconv.Itoa(l.Days), "of", strconv.Itoa(l.Of), "quantity", strconv.FormatInt(l.Quantity, 10), "price", w.Amount(l.Price),
		"amount", w.Amount(l.Amount), "name", l.Name, "rate", w.Rate(l.Rate)}
	switch {
	case l.Kind == lineitem.ForPeriod && l.Days == l.Of && l.Of > 0:
		return w.Say("whole", pairs...)
	case l.Kind == lineitem.ForPeriod && l.Of > 0:
		return w.rounded(l, 1, w.Say("days", pairs...))
	case l.Kind == lineitem.ForUnused && l.Of > 0:
		return w.rounded(l, -1, w.Say("unused", pairs...))
	case l.Kind == lineitem.ForItem && l.Quantity > 1:
		return w.Say("items", pairs...)
	case l.Kind == lineitem.Corrected:
		return w.Say("part", pairs...)
	}
	return ""
}

// rounded tells when days have a minor unit more or less than by themselves, because those of a period sum to its price.
func (w Words) rounded(l Line, sign int64, formula string) string {
	if l.Price.Part(int64(l.Days), int64(l.Of)).Minor == sign*l.Amount.Minor {
		return formula
	}
	return w.Say("rounded", "formula", formula)
}
