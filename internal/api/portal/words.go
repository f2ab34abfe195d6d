package portal

import (
	"embed"
	"strings"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/language"
	"turnup/internal/domain/invoice"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

//go:embed languages/*.json
var files embed.FS

var shipped = language.Shipped[map[string]string](files)

// words say everything in the visitor's language; amounts and dates as documents have them.
type words struct {
	invoice.Words
	all map[string]string
}

func wordsFor(v *web.Visit) words {
	tag := language.Match(v.Language(), shipped())
	return words{invoice.WordsOf(tag), shipped()[tag]}
}

// say is a text with its placeholders filled: name, value, name, value, …
func (w words) say(text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return look.Fill(w.all[text], pairs...)
}

// named is a word for a value of the API; the value itself where there is none.
func (w words) named(kind, value string) string {
	if word := w.all[kind+"."+value]; word != "" {
		return word
	}
	return value
}

// fault says what a fault of the API means. The API's own sentence, in English, is for customers as well.
func (w words) fault(f *fault.Fault) string {
	if text := w.all["fault."+f.Code]; text != "" {
		var pairs []string
		for name, value := range f.Details {
			pairs = append(pairs, name, w.named(name, value))
		}
		return w.say("fault."+f.Code, pairs...)
	}
	return f.Message
}

// at is a moment in a zone that it names, because the reader may be elsewhere.
func (w words) at(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	return w.Date(civil.On(t, zone)) + ", " + t.Format("15:04 MST")
}

// day is the day of a moment.
func (w words) day(t time.Time, zone *time.Location) string { return w.Date(civil.On(t, zone)) }

// zoneOf is a customer's time zone; UTC where it is not known.
func zoneOf(name string) *time.Location {
	if zone, err := civil.Zone(name); err == nil && name != "" {
		return zone
	}
	return time.UTC
}

// correct marks the fields of a form that a fault names.
func (sh *sheet) correct(fields ...look.Field) []look.Field {
	if sh.refused == nil {
		return fields
	}
	for _, wrong := range sh.refused.Fields {
		name := wrong.Name[strings.LastIndexByte(wrong.Name, '.')+1:]
		for i := range fields {
			if fields[i].Name != name {
				continue
			}
			if fields[i].Wrong = sh.all["wrong."+name]; fields[i].Wrong == "" {
				fields[i].Wrong = wrong.Message
			}
		}
	}
	return fields
}
