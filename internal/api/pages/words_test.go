package pages

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
)

// Every language has the same words.
func TestWordsAreWhole(t *testing.T) {
	base := paths(t, shipped()["en"])
	for tag, w := range shipped() {
		if got := paths(t, w); !slices.Equal(got, base) {
			t.Errorf("%s has other words than en: %v", tag, got)
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
