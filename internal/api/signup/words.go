package signup

import (
	"embed"
	"errors"

	"github.com/a-h/templ"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/language"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

// words are what the pages say in a language.
type words struct {
	Plans                                       struct{ Title, Text, Choose, None string }
	Every                                       map[string]string       // by billing period
	Steps                                       map[string]string       // by the flow's, and the end's
	Said                                        map[string]saying       // by place, by stop, and by why the contract could not be created
	Problems                                    map[string]look.Problem // by fault code
	Continue, Retry, Mail, Mailed, Other, Stays string
}

// saying is what a page says of how a signup stands.
type saying struct{ Title, Text string }

//go:embed languages/*.json
var files embed.FS

var shipped = language.Shipped[words](files)

func wordsFor(v *web.Visit) (words, string) {
	tag := language.Match(v.Language(), shipped())
	return shipped()[tag], tag
}

// Problem is the page of a fault: it leads to where the signup goes on, or to the plans when there is none.
func Problem(l *look.Look) func(*web.Visit, *fault.Fault) templ.Component {
	return func(v *web.Visit, f *fault.Fault) templ.Component {
		w, _ := wordsFor(v)
		back := v.To("signup", string(v.Tenant()), "plans")
		if which := id.Signup(v.PathValue("signupId")); v.Cookie(cookie(which)) != "" && !errors.Is(f, signup.ErrExpired) && !errors.Is(f, signup.ErrUnknown) {
			back = at(v, which, "processing")
		}
		return look.Fault(l.Fault(v, f, w.Problems, back))
	}
}
