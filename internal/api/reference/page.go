package reference

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"turnup/internal/api/reference/site"
	"turnup/internal/platform/rest"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"prose": prose, "anchor": anchor}).Parse(pageSource))

type pageView struct {
	Introduction, Version, CardNote string
	Rules                           []rule
	Cards                           []card
	Walk                            []walkStep
	Groups                          []group
	Journey                         []operation
}

type group struct {
	service
	Operations []operation
}

type operation struct {
	rest.Op
	Parameters []row
	Body       []row
	Command    string
	Answers    []sample
	Returns    []row
	Headers    []row
	Refusals   []refusal
}

type row struct {
	Name, Type, Text string
	Required         bool
}

type sample struct{ Title, Text string }

type refusal struct {
	Code, Message, Acts string
	Status              int
	Common              bool // any operation of its kind may answer it
}

// Page draws the reference page of an API.
func Page(a *rest.API) []byte {
	v := pageView{Introduction: introduction, Version: site.Version, CardNote: cardNote, Rules: rules, Cards: cards, Walk: walk(a)}
	for _, s := range groups {
		g := group{service: s}
		for _, op := range a.Operations() {
			if op.Service == s.Name {
				g.Operations = append(g.Operations, viewOf(a, op))
			}
		}
		v.Groups = append(v.Groups, g)
		for _, op := range g.Operations {
			if op.Step != "" {
				v.Journey = append(v.Journey, op)
			}
		}
	}
	sort.SliceStable(v.Journey, func(i, j int) bool { return v.Journey[i].Step < v.Journey[j].Step })
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		panic("reference: the page cannot be drawn: " + err.Error()) // made of our own declarations, once
	}
	return b.Bytes()
}

func viewOf(a *rest.API, op rest.Op) operation {
	doc, d := a.OpenAPI(), a.Entry(op)
	out := operation{Op: op, Command: command(op, d)}
	for _, p := range d.Parameters {
		if p.Ref != "" {
			p = doc.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]]
		}
		out.Parameters = append(out.Parameters, row{Name: p.Name, Type: kind(p.Schema) + " in " + p.In, Required: p.Required,
			Text: sentences(p.Description, limits(p.Schema), "Example: `"+compact(p.Example)+"`")})
	}
	if d.RequestBody != nil {
		for _, m := range d.RequestBody.Content {
			out.Body = rows(doc, m.Schema, "")
		}
	}
	status := op.Status
	if status == 0 {
		status = http.StatusOK
	}
	if ok := d.Responses[strconv.Itoa(status)]; ok != nil {
		out.Answers, out.Returns = answers(doc, op, ok, strconv.Itoa(status)+" "+http.StatusText(status))
		for _, name := range slices.Sorted(maps.Keys(ok.Headers)) {
			if h := ok.Headers[name]; h.Ref == "" {
				out.Headers = append(out.Headers, row{Name: name, Text: sentences(h.Description, "Example: `"+compact(h.Example)+"`")})
			}
		}
	}
	common := len(rest.CommonFaults(op))
	for i, f := range op.Faults {
		out.Refusals = append(out.Refusals, refusal{Code: f.Code, Message: f.Message, Acts: f.Acts, Status: f.Kind.Status(), Common: i < common})
	}
	sort.SliceStable(out.Refusals, func(i, j int) bool {
		a, b := out.Refusals[i], out.Refusals[j]
		if a.Common != b.Common {
			return b.Common // what is special to the operation first
		}
		return a.Status < b.Status
	})
	return out
}

func answers(doc *huma.OpenAPI, op rest.Op, ok *huma.Response, title string) (samples []sample, returns []row) {
	for _, m := range ok.Content {
		returns = rows(doc, m.Schema, "")
	}
	switch {
	case op.Media == "text/html":
		return nil, nil // the reader is looking at it
	case len(ok.Content) == 0:
		return []sample{{title, "(no body)"}}, nil
	}
	samples = []sample{{title, rest.Indented(op.Answer)}}
	for _, name := range slices.Sorted(maps.Keys(op.Variants)) {
		samples = append(samples, sample{title + ", " + strings.ReplaceAll(name, "_", " "), rest.Indented(op.Variants[name])})
	}
	return samples, returns
}

func compact(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic("reference: an example cannot be encoded: " + err.Error())
	}
	return string(raw)
}

func anchor(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "-") }

// prose turns `code` into elements; everything is escaped first.
func prose(s string) template.HTML {
	parts := strings.Split(template.HTMLEscapeString(s), "`")
	var b strings.Builder
	for i, p := range parts {
		if i%2 == 1 {
			p = "<code>" + p + "</code>"
		}
		b.WriteString(p)
	}
	return template.HTML(b.String()) //nolint:gosec // escaped above
}
