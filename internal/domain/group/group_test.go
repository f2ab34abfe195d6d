package group_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/group"
)

func TestValid(t *testing.T) {
	for text, want := range map[string]bool{"standard": true, "a": true, "0": true, "staff-family": true, strings.Repeat("a", 40): true, "": false, strings.Repeat("a", 41): false,
		"-a": false, "Staff": false, "a_b": false, "a b": false, "a\n": false, "GROUP#a": false, "ä": false} {
		if group.Valid(text) != want {
			t.Errorf("%q: valid is %v", text, !want)
		}
	}
}

// The standard tier stays a tier.
func TestStandardIsATier(t *testing.T) {
	if err := (group.Group{ID: group.Standard, Kind: group.Extra}).Validate(); !errors.Is(err, group.ErrKindFixed) {
		t.Errorf("got %v", err)
	}
	for _, g := range []group.Group{{ID: group.Standard, Kind: group.Tier}, {ID: "x", Kind: group.Extra}} {
		if err := g.Validate(); err != nil {
			t.Errorf("%+v: %v", g, err)
		}
	}
}

// stored reads a page as the store does.
func stored(ids []string, after string, limit int) (page []group.Group, next string) {
	for _, name := range ids {
		if name <= after {
			continue
		}
		if len(page) == limit {
			return page, page[limit-1].ID
		}
		page = append(page, group.Group{ID: name, Kind: group.Extra})
	}
	return page, ""
}

// Whatever is stored and however small the pages: everything comes once, in order, and the standard tier with it.
func TestWithStandard(t *testing.T) {
	for _, ids := range [][]string{nil, {"a"}, {"z"}, {"a", "b", "z"}, {"a", "standard", "z"}, {"standard"}, {"t", "u"}, {"a", "b"}} {
		for limit := 1; limit < 6; limit++ {
			var got []string
			after := ""
			for pages := 0; ; pages++ {
				page, next := stored(ids, after, limit)
				page, next = group.WithStandard("demo", page, after, next, limit)
				if len(page) > limit || pages > 9 {
					t.Fatalf("%v by %d: a page of %d", ids, limit, len(page))
				}
				for _, g := range page {
					got = append(got, g.ID)
				}
				if after = next; after == "" {
					break
				}
			}
			want := append([]string{}, ids...)
			if !strings.Contains(strings.Join(ids, " "), "standard") {
				at := 0
				for at < len(want) && want[at] < "standard" {
					at++
				}
				want = append(want[:at], append([]string{"standard"}, want[at:]...)...)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%v by %d: got %v", ids, limit, got)
			}
		}
	}
}

// A tier is no group and a group no tier; each wrong one is named; the standard tier needs no row.
func TestKnown(t *testing.T) {
	known := group.Known{"business": group.Tier, "staff-family": group.Extra}
	field := func(i int) string { return fmt.Sprintf("body.x[%d]", i) }
	named := func(err error) (names []string) {
		if f := fault.Of(err); f != nil {
			for _, n := range f.Fields {
				names = append(names, n.Name)
			}
		}
		return names
	}
	for _, c := range []struct {
		tiers []id.Tier
		wrong string
	}{{nil, "[]"}, {[]id.Tier{"standard", "business"}, "[]"}, {[]id.Tier{"staff-family", "business", "gone"}, "[body.x[0] body.x[2]]"}, {[]id.Tier{""}, "[body.x[0]]"}} {
		err := known.Tiers(c.tiers, field)
		if fmt.Sprint(named(err)) != c.wrong || (err != nil) != errors.Is(err, group.ErrTierUnknown) {
			t.Errorf("%v: %v", c.tiers, err)
		}
	}
	for _, c := range []struct {
		groups []id.Group
		wrong  string
	}{{nil, "[]"}, {[]id.Group{"staff-family"}, "[]"}, {[]id.Group{"standard", "business", "staff-family"}, "[body.x[0] body.x[1]]"}} {
		err := known.Groups(c.groups, field)
		if fmt.Sprint(named(err)) != c.wrong || (err != nil) != errors.Is(err, group.ErrUnknown) {
			t.Errorf("%v: %v", c.groups, err)
		}
	}
}
