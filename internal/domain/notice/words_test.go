package notice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// leaves lists every string of a value by its path.
func leaves(v reflect.Value, path string, out map[string]string) map[string]string {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			leaves(v.Field(i), path+"."+v.Type().Field(i).Name, out)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			leaves(v.MapIndex(k), path+"."+k.String(), out)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			leaves(v.Index(i), fmt.Sprintf("%s[%d]", path, i), out)
		}
	case reflect.String:
		out[path] = v.String()
	}
	return out
}

var placeholders = regexp.MustCompile(`\{[^{}]*\}`)

// meant lists what may be the same in two languages: names that all of them share.
var meant = []string{`^\.Phrases\.Months\[(3|7|8|10)\]$`} // April, August, September, November

// The languages have the same texts with the same placeholders, none is empty, and none was left in the base language.
func TestLanguagesAreTranslations(t *testing.T) {
	if got := Languages(); !slices.Equal(got, []string{"de", "en"}) {
		t.Fatal(got)
	}
	base := leaves(reflect.ValueOf(shipped()[Base]), "", map[string]string{})
	for _, tag := range Languages() {
		raw, err := files.ReadFile("languages/" + tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		strict := json.NewDecoder(bytes.NewReader(raw))
		strict.DisallowUnknownFields()
		if err := strict.Decode(new(words)); err != nil {
			t.Errorf("%s: %v", tag, err)
		}
		own := leaves(reflect.ValueOf(shipped()[tag]), "", map[string]string{})
		for path, theirs := range base {
			mine, there := own[path]
			same := slices.ContainsFunc(meant, func(p string) bool { return regexp.MustCompile(p).MatchString(path) })
			letters := strings.Trim(placeholders.ReplaceAllString(theirs, ""), " .,:")
			switch {
			case !there || strings.TrimSpace(mine) == "" || mine != strings.TrimSpace(mine):
				t.Errorf("%s: %s is missing, empty or has loose blanks", tag, path)
			case tag != Base && mine == theirs && letters != "" && !same:
				t.Errorf("%s: %s is not translated: %q", tag, path, mine)
			}
		}
		for path := range own {
			if _, there := base[path]; !there {
				t.Errorf("%s: %s is in this language only", tag, path)
			}
		}
		for name, mail := range shipped()[tag].Mails {
			if got, want := used(mail), used(shipped()[Base].Mails[name]); !slices.Equal(got, want) {
				t.Errorf("%s: %s uses %v, the base language %v", tag, name, got, want)
			}
		}
	}
}

// used lists the placeholders of a mail: the same facts are told in each language, in whatever sentence.
func used(t text) []string {
	found := map[string]bool{}
	for _, s := range leaves(reflect.ValueOf(t), "", map[string]string{}) {
		for _, p := range placeholders.FindAllString(s, -1) {
			found[p] = true
		}
	}
	out := make([]string, 0, len(found))
	for p := range found {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// No text lies idle: each is the text of a sample of the catalogue.
func TestEveryTextIsUsed(t *testing.T) {
	named := pen{words: words{Mails: map[string]text{}}}
	for name := range shipped()[Base].Mails {
		named.Mails[name] = text{Subject: name}
	}
	shown := map[string]bool{}
	for _, e := range Catalogue() {
		for _, s := range e.Samples {
			shown[s.letter(named).Subject] = true
		}
	}
	for name := range named.Mails {
		if !shown[name] {
			t.Errorf("no sample shows %s", name)
		}
	}
}

// BCP 47: what is not shipped falls back step by step, at last to English.
func TestLanguagesFallBack(t *testing.T) {
	for wanted, want := range map[string]string{"de": "de", "DE": "de", "de-AT": "de", "de-Latn-CH-1996": "de", "de-x-private": "de", "de-CH-u-co-phonebk": "de",
		"en": "en", "en-GB": "en", "fr": "en", "fr-CA": "en", "": "en", "-": "en", "d": "en", "deu": "en", "de_AT": "en", "../de": "en", "x-de": "en"} {
		if got := Match(wanted); got != want {
			t.Errorf("%q: got %s, want %s", wanted, got, want)
		}
	}
}
