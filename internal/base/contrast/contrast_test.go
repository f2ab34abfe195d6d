package contrast_test

import (
	"testing"

	"turnup/internal/base/contrast"
)

func TestLettersCanBeRead(t *testing.T) {
	for color, want := range map[string]struct{ dark, onWhite bool }{
		"#000000": {false, true}, "#ffffff": {true, false}, "#1f4fd8": {false, true}, "#ffd400": {true, false}, "#767676": {false, true}, "#777777": {false, false},
		"": {false, false}, "1f4fd8": {false, false}, "#1f4": {false, false}, "#zzzzzz": {false, false},
	} {
		if contrast.DarkInk(color) != want.dark || contrast.OnWhite(color) != want.onWhite {
			t.Errorf("%q: dark ink %v, on white %v", color, contrast.DarkInk(color), contrast.OnWhite(color))
		}
	}
}
