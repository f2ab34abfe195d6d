package console

import (
	"strings"
	"time"

	"turnup/internal/base/money"
	"turnup/internal/platform/web/look"
)

// moment tells a time; "" of none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 Jan 2006, 15:04")
}

// sum tells money; "" of none in no currency.
func sum(a money.Amount) string {
	if a.Currency == "" {
		return ""
	}
	return a.String()
}

// plain makes words of a name in code: "end_of_period" is "End of period".
func plain(s string) string {
	s = strings.NewReplacer("_", " ", "-", " ", ".", " ").Replace(s)
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// tones of states, of whatever is in them.
var tones = map[string]look.Tone{
	"active": look.Good, "paid": look.Good, "delivered": look.Good, "completed": look.Good, "resolved": look.Good, "settled": look.Good, "sent": look.Good, "done": look.Good,
	"met": look.Good, "delivering": look.Busy, "provisioning": look.Busy, "suspending": look.Busy, "resuming": look.Busy, "terminating": look.Busy, "requested": look.Busy,
	"running": look.Busy, "unpaid": look.Warn, "open": look.Warn, "unverified": look.Warn, "paused": look.Warn, "pending": look.Plain, "suspended": look.Bad, "failed": look.Bad,
	"parked": look.Bad, "uncollectible": look.Bad, "bounced": look.Bad, "missed": look.Bad, "urgent": look.Bad, "high": look.Warn, "overdue": look.Bad,
}

// state is a badge of a state.
func state(s string) look.Cell {
	t := tones[s]
	if t == "" {
		t = look.Plain
	}
	return look.Cell{Text: plain(s), Tone: t}
}

func text(s string) look.Cell { return look.Cell{Text: s} }

func code(s string) look.Cell { return look.Cell{Text: s, Code: true} }

func link(text, address string) look.Cell { return look.Cell{Text: text, Address: address} }

// entry is a name and its value; entries leaves out those without one.
func entry(name string, c look.Cell) look.Entry { return look.Entry{Name: name, Cell: c} }

func entries(all ...look.Entry) (out []look.Entry) {
	for _, e := range all {
		if e.Text != "" {
			out = append(out, e)
		}
	}
	return out
}

// short is the end of an id, by which people tell things apart.
func short(id string) string {
	kind, rest, ok := strings.Cut(id, "_")
	if !ok || len(rest) < 8 {
		return id
	}
	return kind + "_…" + rest[len(rest)-8:]
}

// yes is a word for a truth.
func yes(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}
