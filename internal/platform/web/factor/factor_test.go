package factor

import (
	"context"
	"reflect"
	"strings"
	"testing"
)

// Every language says everything, and how many recovery codes are left.
func TestWordsAreWhole(t *testing.T) {
	for tag, w := range shipped() {
		for all, i := reflect.ValueOf(w), 0; i < all.NumField(); i++ {
			if all.Field(i).String() == "" {
				t.Errorf("%s has no %s", tag, all.Type().Field(i).Name)
			}
		}
		if !strings.Contains(w.Text(State{Active: true, Left: 7}), "7") || w.Text(State{}) != w.Off {
			t.Errorf("%s: %q, %q", tag, w.Text(State{Active: true, Left: 7}), w.Text(State{}))
		}
	}
	if In("de-AT") != shipped()["de"] || In("fr") != shipped()["en"] {
		t.Error("it speaks another language than who reads it")
	}
}

// What is shown once is a picture to scan and the same as text, and every recovery code.
func TestShown(t *testing.T) {
	steps, err := In("en").Shown(Made{Secret: "JBSWY3DPEHPK3PXP", URI: "otpauth://totp/Demo:ada?secret=JBSWY3DPEHPK3PXP&issuer=Demo", RecoveryCodes: []string{"AAAA-BBBB", "CCCC-DDDD"}})
	if err != nil || len(steps) != 2 {
		t.Fatalf("%v %v", steps, err)
	}
	var page strings.Builder
	for _, s := range steps {
		for _, c := range s.Inside {
			if err := c.Render(context.Background(), &page); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, want := range []string{"JBSW Y3DP EHPK 3PXP", "otpauth://totp/Demo:ada?secret=JBSWY3DPEHPK3PXP&amp;issuer=Demo", `<svg class="qr" role="img"`, "M4 4h1v1h-1z", "AAAA-BBBB", "CCCC-DDDD"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("it does not show %q", want)
		}
	}
	if strings.Contains(page.String(), "style=") {
		t.Error("it has styles of its own")
	}
}
