package signup

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"turnup/internal/domain/signup"
)

// Every language has the same words, and there are some for every step, stop and place.
func TestWordsAreWhole(t *testing.T) {
	base := paths(t, shipped()["en"])
	for tag, w := range shipped() {
		if got := paths(t, w); !slices.Equal(got, base) {
			t.Errorf("%s has other words than en: %v", tag, got)
		}
		for _, step := range []string{signup.Register, signup.CustomerProfile, signup.PaymentProfile, signup.Review, "done"} {
			if w.Steps[step] == "" {
				t.Errorf("%s has no word for step %s", tag, step)
			}
		}
		for _, said := range []string{string(signup.AtPage), string(signup.AtBank), string(signup.AtProcessing), string(signup.AtConfirmation), string(signup.AtThankYou), "late", "problem",
			string(signup.Cancelled), string(signup.PageFailed), string(signup.TimedOut), string(signup.Unavailable)} {
			if w.Said[said].Title == "" || w.Said[said].Text == "" {
				t.Errorf("%s says nothing of %s", tag, said)
			}
		}
	}
}

// paths lists the names of all words that are not empty.
func paths(t *testing.T, w words) []string {
	t.Helper()
	raw, err := json.Marshal(w)
	var all map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch x := v.(type) {
		case map[string]any:
			for k, each := range x {
				walk(at+"."+k, each)
			}
		case string:
			if x != "" {
				out[at] = true
			}
		}
	}
	walk("", all)
	return slices.Sorted(maps.Keys(out))
}
