package console

import (
	"encoding/json"
	"strings"
	"testing"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web/look"
)

// What an event says is told in words; what it does not say leaves no hole.
func TestFill(t *testing.T) {
	values := map[string]any{}
	if err := json.Unmarshal([]byte(`{"amount":{"minor":1299,"currency":"EUR"},"reason":"insufficient_funds","graceEnds":"2027-01-10T03:12:44Z","fields":["tier","groups"],"period":{"until":"2027-02-03"},"step":2}`), &values); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"{name} · {amount} · Because: {reason} · Suspended from {graceEnds}": "12.99 EUR · Because: insufficient funds · Suspended from 10 Jan 2027, 03:12",
		"Changed: {fields}":                           "Changed: tier, groups",
		"Until {period.until} · {period.none.deeper}": "Until 2027-02-03",
		"Reminder {step} of {none}":                   "", "": "",
	} {
		if got := fill(text, values); got != want {
			t.Errorf("%q is told as %q, not %q", text, got, want)
		}
	}
}

// The words are whole sentences of the events they name: no title is missing and no tone is unknown.
func TestPhrases(t *testing.T) {
	for kind, p := range phrases() {
		if p.Title == "" || p.Tone != "" && !strings.Contains("good bad warn busy", string(p.Tone)) {
			t.Errorf("%s: %+v", kind, p)
		}
	}
}

// What the API says of fields is said at the form's own; of others, at the top.
func TestWrong(t *testing.T) {
	fields := []look.Field{{Name: "until", Label: "Until"}, {Name: "reason", Label: "Reason"}}
	if top := wrong(fault.ErrInvalid.Naming("body.reason", "too long"), fields); top != "" || fields[1].Wrong != "Reason: too long" || fields[0].Wrong != "" {
		t.Errorf("%q %+v", top, fields)
	}
	if top := wrong(fault.ErrInvalid.Naming("body.roles[0]", "is none"), fields); !strings.Contains(top, "body.roles[0]: is none") {
		t.Errorf("%q", top)
	}
}

// Every action has a page that says what will happen, an operation with roles, and what is said when it is done.
func TestActionsAreWhole(t *testing.T) {
	for name, a := range actions() {
		if a.will == "" || a.submit == "" || a.title == "" || a.send == nil || len(roles[a.op]) == 0 || done[name] == "" {
			t.Errorf("%s: %+v", name, a)
		}
	}
}
