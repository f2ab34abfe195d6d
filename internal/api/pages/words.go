package pages

import (
	"crypto/rand"
	"embed"

	"github.com/a-h/templ"

	"turnup/internal/base/fault"
	"turnup/internal/base/language"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

// words are what the pages say in a language.
type words struct {
	Name, Email, EmailHint, Password, PasswordHint, Terms, Code, CodeHint, Country, Cancel string
	Register                                                                               struct{ Title, Text, Submit, Known string }
	SignIn                                                                                 struct{ Title, Text, Taken, Submit, New string }
	Profile                                                                                struct{ Title, Text, Line1, Line2, PostalCode, City, Phone, PhoneHint, Submit string }
	Payment                                                                                struct{ Title, Text, Submit, Saved, UseSaved, UseOther, Cancelled, Refused, Declined string }
	Review                                                                                 struct{ Title, Text, Plan, Net, Tax, Gross, Submit string }
	ThankYou                                                                               struct{ Title, Text, Plan, Price, Next, Button string }
	Every                                                                                  map[string]string // by billing period
	Wrong                                                                                  map[string]string // by fault code, or by field
	Countries                                                                              map[string]string // by code; others are called by it
}

//go:embed languages/*.json
var files embed.FS

var shipped = language.Shipped[words](files)

// paper is what a page is written on: its words, its frame, and a name for the form on it, so that the same form sent twice is known.
type paper struct {
	words
	tag     string
	frame   look.Frame
	attempt string
	cancel  string // signed address by which the customer gives up
}

// paper makes the paper of a page.
func (s service) paper(v *web.Visit, a ask, title func(words) string) (paper, error) {
	tag := language.Match(v.Language(), shipped())
	w := shipped()[tag]
	p := paper{words: w, tag: tag, frame: s.Look.Frame(v, title(w)), attempt: rand.Text()}
	if sent := v.Field("attempt"); sent != "" {
		p.attempt = sent
	}
	var err error
	p.cancel, err = s.back(v, a, cancel)
	return p, err
}

// wrong says in the visitor's language what a fault says of the fields of a form, by their names on it.
func (w words) wrong(f *fault.Fault, names map[string]string) map[string]string {
	out := map[string]string{}
	for _, field := range f.Fields {
		name, ok := names[field.Name]
		if !ok {
			continue
		}
		out[name] = w.Wrong[name]
		if said := w.Wrong[f.Code]; said != "" {
			out[name] = said
		}
	}
	return out
}

// Problem is the page of a fault. Where the customer goes from there is the browser's way back.
func Problem(l *look.Look) func(*web.Visit, *fault.Fault) templ.Component {
	return func(v *web.Visit, f *fault.Fault) templ.Component { return look.Fault(l.Fault(v, f, nil, "")) }
}
