package console

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"turnup/internal/base/money"
	"turnup/internal/platform/web/look"
)

// phrase is how a type of event is told.
type phrase struct {
	Title string
	Text  string // parts between " · ", each dropped when the event does not say what is in its braces
	Tone  look.Tone
}

//go:embed words/events.json
var words embed.FS

var phrases = sync.OnceValue(func() map[string]phrase {
	raw, err := words.ReadFile("words/events.json")
	out := map[string]phrase{}
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic(err) // the file is part of the package
	}
	return out
})

// Phrased tells whether there are words for a type of event; of others the type itself is shown.
func Phrased(kind string) bool { return phrases()[kind].Title != "" }

// told is one event of a timeline in words.
type told struct {
	title, text, at, stamp, who, about, address string
	what, correlation, cause, event, data       string
	tone                                        look.Tone
}

// tell puts what happened to a customer into words.
func (v view) tell(customer string, h happening) told {
	values := map[string]any{}
	_ = json.Unmarshal(h.Data, &values) // what cannot be read is shown as it is
	p := phrases()[h.What]
	if p.Title == "" {
		p = phrase{Title: plain(h.What)}
	}
	t := told{title: p.Title, text: fill(p.Text, values), at: moment(h.At), stamp: h.At.UTC().Format(time.RFC3339), who: actor(h.Who), tone: p.Tone,
		what: h.What, correlation: h.CorrelationID, cause: h.CausationID, event: h.EventID, data: indented(h.Data)}
	if raised, ok := values["raised"].(bool); ok && !raised && h.What == "line.alarmed" {
		t.title, t.tone = "Alarm on the line is over", look.Good
	}
	t.about, t.address = v.leads(customer, values)
	return t
}

// leads is where to find what an event is of, if the visitor may see it.
func (v view) leads(customer string, values map[string]any) (name, address string) {
	for _, of := range []struct{ field, name, operation, folder string }{
		{"ticketId", "Ticket", "getTicket", ""}, {"invoiceId", "Invoice", "getInvoice", "invoices"}, {"serviceId", "Service", "getService", "services"},
		{"subscriptionId", "Contract", "getSubscription", "contracts"}, {"signupId", "Signup", "getSignup", "-"},
	} {
		id, _ := values[of.field].(string)
		switch {
		case id == "" || !v.may(of.operation):
		case of.folder == "":
			return of.name, v.on("tickets", id)
		case of.folder == "-":
			return of.name, v.on("signups", id)
		default:
			return of.name, v.on("customers", customer, of.folder, id)
		}
	}
	return "", ""
}

// actor tells who did something: kind:id.
func actor(s string) string {
	kind, id, ok := strings.Cut(s, ":")
	switch {
	case !ok || id == "":
		return s
	case kind == "customer":
		return "the customer"
	}
	return kind + " " + id
}

var braces = regexp.MustCompile(`\{([A-Za-z.]+)\}`)

// fill says a text with the values of an event.
func fill(text string, values map[string]any) string {
	var parts []string
	for _, part := range strings.Split(text, " · ") {
		whole := true
		said := braces.ReplaceAllStringFunc(part, func(name string) string {
			value := say(dig(values, strings.Trim(name, "{}")))
			whole = whole && value != ""
			return value
		})
		if whole && said != "" {
			parts = append(parts, said)
		}
	}
	return strings.Join(parts, " · ")
}

func dig(values map[string]any, path string) any {
	first, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return values[first]
	}
	inner, _ := values[first].(map[string]any)
	return dig(inner, rest)
}

// say tells a value: money as an amount, times as times, names in code as words.
func say(value any) string {
	switch x := value.(type) {
	case string:
		if at, err := time.Parse(time.RFC3339Nano, x); err == nil {
			return moment(at)
		}
		if strings.Contains(x, "_") && !strings.ContainsAny(x, "0123456789 ") {
			return strings.ReplaceAll(x, "_", " ")
		}
		return x
	case float64:
		return fmt.Sprintf("%g", x)
	case []any:
		var all []string
		for _, one := range x {
			all = append(all, say(one))
		}
		return strings.Join(all, ", ")
	case map[string]any:
		minor, _ := x["minor"].(float64)
		currency, _ := x["currency"].(string)
		if currency == "" || minor == 0 {
			return ""
		}
		return money.Amount{Minor: int64(minor), Currency: currency}.String()
	}
	return ""
}

func indented(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}
