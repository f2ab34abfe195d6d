package look

// Place is somewhere on the site to go to.
type Place struct {
	Name, Address string
	Here          bool // the page is there, or below it
}

// Person is who is signed in on a site, and where the form that signs them out is sent.
type Person struct {
	Name, Note    string
	Address       string // where their account is; "" where the navigation leads there
	Leave, Leaves string // address, and what its button says
	Attempt       string
}

// Tone says how good something is, beside its words: never by colour alone.
type Tone string

// The tones. The zero Tone is neither.
const (
	Plain Tone = "plain"
	Good  Tone = "good"
	Bad   Tone = "bad"
	Warn  Tone = "warn"
	Busy  Tone = "busy"
)

// sign is the shape that goes with a tone.
func (t Tone) sign() string {
	return map[Tone]string{Good: "✓", Bad: "✕", Warn: "!", Busy: "…"}[t]
}

// Cell is a value of a table or of a list of entries: text, a link when it has an address, a badge when it has a tone.
type Cell struct {
	Text, Address, Note string
	Tone                Tone
	Code                bool // an id, which may break anywhere
}

// Column of a table.
type Column struct {
	Name   string
	Number bool // aligned at its end
}

// Table is rows under a caption. One without rows says what there is to do instead.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]Cell
	Empty   string
}

// Columns makes columns of their names; one that begins with "#" is of numbers.
func Columns(names ...string) (out []Column) {
	for _, n := range names {
		c := Column{Name: n}
		if n != "" && n[0] == '#' {
			c = Column{n[1:], true}
		}
		out = append(out, c)
	}
	return out
}

// Entry is a name and a value that may be a link or a badge.
type Entry struct {
	Name string
	Cell
}

// Pager leads through the pages of a list; an address that is "" leads nowhere.
type Pager struct{ First, Next, FirstWord, NextWord, Name string }

// Area is a field for more than a line.
type Area struct {
	Field
	Rows int
}
