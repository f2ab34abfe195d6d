package notice

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"turnup/internal/base/contrast"
	"turnup/internal/base/money"
)

// letter is one mail in words, before it becomes HTML and text: the same facts for both.
type letter struct {
	Subject, Preview, Heading, Greeting string
	Body                                []string
	Items                               []item // what was bought; none of most mails
	Total                               string
	Button                              string
	Link                                string // where the button leads
	After                               []string
	Facts                               []fact
}

// item is a line with an amount.
type item struct{ Name, Note, Amount string }

// fact is a name and a value, in small print. Without a name it is a sentence; a value may lead somewhere.
type fact struct{ Name, Value, Link string }

// values fill the placeholders of a text.
type values map[string]string

// pen writes in one language, for one reader, under one theme.
type pen struct {
	words
	tag   string
	theme Theme
	name  string
}

func penFor(t Theme, to Reader) pen {
	tag := Match(to.Language)
	return pen{words: shipped()[tag], tag: tag, theme: t, name: to.Name}
}

// write makes a letter of a text of the language and the values that its placeholders stand for. The brand is known.
func (p pen) write(name, link string, v values) letter {
	t, all := p.Mails[name], values{"brand": p.theme.Brand}
	for k, value := range v {
		all[k] = value
	}
	l := letter{Subject: strings.TrimSpace(fill(t.Subject, all)), Preview: fill(t.Preview, all), Heading: fill(t.Heading, all), Greeting: p.greeting(), Button: t.Action, Link: link}
	for _, s := range t.Body {
		l.Body = append(l.Body, fill(s, all))
	}
	for _, s := range t.After {
		l.After = append(l.After, fill(s, all))
	}
	return l
}

// with adds facts.
func (l letter) with(facts ...fact) letter {
	l.Facts = append(l.Facts, facts...)
	return l
}

// fill puts values in the place of their names in braces. A value is never looked at for placeholders.
func fill(s string, v values) string {
	pairs := make([]string, 0, 2*len(v))
	for name, value := range v {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

func (p pen) greeting() string {
	if p.name == "" {
		return p.Phrases.Stranger
	}
	return fill(p.Phrases.Greeting, values{"name": p.name})
}

// page is the address of a page of the front end.
func (p pen) page(path ...string) string {
	address := strings.TrimSuffix(p.theme.WebURL, "/")
	for _, segment := range path {
		address += "/" + url.PathEscape(segment)
	}
	return address
}

// tokenPage is the address of a page that a token opens.
func (p pen) tokenPage(path, token string) string {
	return p.page(path) + "?token=" + url.QueryEscape(token)
}

func (p pen) amount(a money.Amount) string {
	return strings.Replace(a.String(), ".", p.Phrases.Decimal, 1)
}

// day is a date in the reader's language.
func (p pen) day(at time.Time) string {
	at = at.UTC()
	return fill(p.Phrases.Day, values{"day": strconv.Itoa(at.Day()), "month": p.Phrases.Months[at.Month()-1], "year": strconv.Itoa(at.Year())})
}

// moment is a time in the reader's language. We do not know their time zone, so it names its own.
func (p pen) moment(at time.Time) string {
	return fill(p.Phrases.Moment, values{"date": p.day(at), "time": at.UTC().Format("15:04")})
}

// text is the letter for mail programs that show text.
func (l letter) text(p pen) string {
	parts := []string{l.Heading}
	add := func(s ...string) { parts = append(parts, strings.Join(s, "\n")) }
	if l.Greeting != "" {
		add(l.Greeting)
	}
	for _, s := range l.Body {
		add(s)
	}
	if len(l.Items) > 0 {
		var lines []string
		for _, i := range l.Items {
			lines = append(lines, i.label()+": "+i.Amount)
		}
		add(append(lines, p.Phrases.Total+": "+l.Total)...)
	}
	add(l.Button+":", l.Link)
	for _, s := range l.After {
		add(s)
	}
	if len(l.Facts) > 0 {
		var lines []string
		for _, f := range l.Facts {
			lines = append(lines, f.line())
		}
		add(lines...)
	}
	add("-- ", p.theme.Brand, p.footer()) // RFC 3676: what follows is a signature
	return strings.Join(parts, "\n\n") + "\n"
}

func (p pen) footer() string { return fill(p.Phrases.Footer, values{"brand": p.theme.Brand}) }

func (i item) label() string {
	if i.Note == "" {
		return i.Name
	}
	return i.Name + " (" + i.Note + ")"
}

func (f fact) line() string {
	value := f.Value
	if f.Link != "" {
		value = f.Link
	}
	if f.Name == "" {
		return value
	}
	return f.Name + ": " + value
}

// darkInk tells whether dark letters are easier to read than white ones on the theme's colour.
func (t Theme) darkInk() bool { return contrast.DarkInk(t.Color) }
