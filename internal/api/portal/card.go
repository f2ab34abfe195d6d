package portal

import (
	"maps"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"turnup/internal/platform/web/look"
)

// card is one thing on a page: what it is, and what can be done about it.
type card struct {
	title, text string
	badge       look.Entry
	facts       []look.Fact
	entries     []look.Entry
	table       *look.Table
	pager       look.Pager
	inside      []templ.Component
	forms       []form
	links       []link
	tabs        []look.Place // instead of all else
}

// form is sent to an address, with the attempt that it is.
type form struct {
	action, attempt string
	hidden          map[string]string
	fields          []look.Field
	area            *look.Area
	button          string
	quiet, bad      bool
}

// link leads somewhere.
type link struct {
	name, address string
	main          bool
}

// ask makes a form of this page.
func (sh *sheet) ask(button, action string, fields ...look.Field) form {
	return form{action: action, attempt: sh.attempt, button: button, fields: sh.correct(fields...)}
}

// kind is how a form's button looks.
func (f form) kind() string {
	switch {
	case f.bad:
		return "button bad"
	case f.quiet:
		return "button quiet"
	}
	return "button"
}

// bare tells whether a form is a button and nothing else.
func (f form) bare() bool { return len(f.fields) == 0 && f.area == nil }

// pagerOf leads through a list of the API.
func (sh *sheet) pagerOf(next string, segments ...string) (p look.Pager) {
	p = look.Pager{FirstWord: sh.say("pager.first"), NextWord: sh.say("pager.next"), Name: sh.say("pager")}
	if sh.v.Query().Get("cursor") != "" {
		p.First = sh.to(segments...)
	}
	if next != "" {
		p.Next = sh.to(segments...) + "?cursor=" + url.QueryEscape(next)
	}
	return p
}

func (f form) names() []string { return slices.Sorted(maps.Keys(f.hidden)) }

// buttons tells whether there is a row of buttons below.
func (c card) buttons() bool {
	return len(c.links) > 0 || slices.ContainsFunc(c.forms, form.bare)
}

// ahead are the links that come before the buttons of forms, or those that come after them: what helps most is first, what leads away last.
func (c card) ahead(main bool) []link {
	return slices.DeleteFunc(slices.Clone(c.links), func(l link) bool { return l.main != main })
}

// ways tells whether it is nothing but where else to go, which needs no card.
func (c card) ways() bool {
	return c.title+c.text == "" && c.table == nil && len(c.forms)+len(c.facts)+len(c.entries)+len(c.inside) == 0
}
