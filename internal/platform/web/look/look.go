// Package look is how pages look: frame, forms, boxes and lists, one small stylesheet in the tenant's colour, and the words that every page
// has. Pages work without scripts and on a phone; letters have the contrast of WCAG 2 AA whatever the tenant's colour is.
//
// What a page says is its api package's.
package look

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"strings"
	"time"

	"turnup/internal/base/contrast"
	"turnup/internal/base/fault"
	"turnup/internal/base/language"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/plot"
)

// Theme is a tenant's name and colour.
type Theme struct {
	Brand string
	Color string // as #1f4fd8
}

// Words are those that every page has.
type Words struct {
	Skip, Footer, Request, Back, Mistakes, Steps string
	Problems                                     map[string]Problem // by fault code; "" is any other
}

// Problem is what a fault's page says.
type Problem struct{ Title, Text string }

//go:embed languages/*.json
var files embed.FS

var shipped = language.Shipped[Words](files)

//go:embed style.css
var style string

//go:embed parts.css
var parts string

//go:embed wait.js
var script string

// Look draws one tenant's pages.
type Look struct {
	Theme  Theme
	Only   string // the one language of the site; "" where it is the visitor's
	assets map[string]asset
	sheet  string // names in assets
	script string
	folder []string // path of the assets
}

type asset struct{ media, text string }

// New makes the look of a tenant, whose assets are served by the site itself under a path.
func New(t Theme, folder ...string) *Look {
	l := &Look{Theme: t, assets: map[string]asset{}, folder: folder}
	l.sheet = l.add("style", ".css", "text/css; charset=utf-8", colours(t.Color)+style+parts+plot.Style)
	l.script = l.add("wait", ".js", "text/javascript; charset=utf-8", script)
	return l
}

// add names an asset by what is in it, so that browsers may keep it for good.
func (l *Look) add(name, ending, media, text string) string {
	sum := sha256.Sum256([]byte(text))
	full := name + "-" + hex.EncodeToString(sum[:6]) + ending
	l.assets[full] = asset{media, text}
	return full
}

// colours are the tenant's. Where their colour would make letters hard to read, ink stands in.
func colours(color string) string {
	on, link := "#fff", color
	if contrast.DarkInk(color) {
		on = contrast.Ink
	}
	if !contrast.OnWhite(color) {
		link = contrast.Ink
	}
	return ":root{--brand:" + color + ";--on-brand:" + on + ";--link:" + link + "}\n"
}

// kept is how long browsers may keep what is named by its content.
const kept = 365 * 24 * time.Hour

// Asset serves the stylesheet and the script by their names.
func (l *Look) Asset(v *web.Visit) (web.Answer, error) {
	a, ok := l.assets[v.PathValue("file")]
	if !ok {
		return web.Answer{}, fault.ErrMethod
	}
	return web.File(a.media, []byte(a.text), kept), nil
}

// Frame is what is around a page.
type Frame struct {
	Title   string
	Steps   []Step
	Wide    bool
	Full    bool // as wide as desks are
	Refresh bool // the page looks again by itself: by the script, and without it by reloading
	Home    string
	Nav     []Place
	NavName string
	Person  Person // who is signed in
	Foot    string // instead of the words that every page has
	lead    string
	words   Words
	tag     string
	theme   Theme
	style   string
	script  string
	request string
}

// LeadingTo makes the page lead on to an address at once.
func (f Frame) LeadingTo(address string) Frame {
	f.lead = "0; url=" + address
	return f
}

// Step is one of the steps the customer goes through.
type Step struct {
	Name  string
	State string // done, now or "" of what is to come
}

// Frame makes the frame of a page for a visitor.
func (l *Look) Frame(v *web.Visit, title string) Frame {
	tag := l.Only
	if tag == "" {
		tag = language.Match(v.Language(), shipped())
	}
	return Frame{Title: title, words: shipped()[tag], tag: tag, theme: l.Theme, style: v.To(append(l.folder, l.sheet)...), script: v.To(append(l.folder, l.script)...)}
}

// Fault is the page of a fault, for web.Options. own are its owner's words by code, before those that every page has; back is where its
// button leads, if anywhere.
func (l *Look) Fault(v *web.Visit, f *fault.Fault, own map[string]Problem, back string) FaultPage {
	frame := l.Frame(v, "")
	said, ok := own[f.Code]
	if !ok {
		said, ok = frame.words.Problems[f.Code]
	}
	if !ok {
		said = Problem{Title: frame.words.Problems[""].Title, Text: f.Message}
	}
	frame.Title, frame.request = said.Title, v.RequestID()
	return FaultPage{Frame: frame, Said: said, Code: f.Code, Back: back}
}

// FaultPage is what a fault's page shows.
type FaultPage struct {
	Frame
	Said Problem
	Code string
	Back string
}

// Field is one field of a form.
type Field struct {
	Name, Label, Hint, Wrong string
	Type                     string // of the input; text when empty
	Value                    string
	Complete                 string // what browsers may fill in (autocomplete)
	Mode                     string // keyboard of phones (inputmode)
	Max                      int    // characters
	Optional                 bool
	Options                  []Option // of a choice
}

// Option is one of a choice.
type Option struct{ Value, Label string }

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// described lists the elements that tell about a field.
func (f Field) described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	if f.Wrong != "" {
		ids = append(ids, f.Name+"-wrong")
	}
	return strings.Join(ids, " ")
}

// Fact is a name and a value; Sum sets the last one apart.
type Fact struct {
	Name, Value string
	Sum         bool
}

// Fill puts values in the place of their names in braces.
func Fill(s string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(s) }

func mistaken(fields []Field) (wrong []Field) {
	for _, f := range fields {
		if f.Wrong != "" {
			wrong = append(wrong, f)
		}
	}
	return wrong
}
