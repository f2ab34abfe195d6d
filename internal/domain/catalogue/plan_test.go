package catalogue_test

import (
	"errors"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/domain/catalogue"
)

// S1-01, S1-02, S1-03, S1-07: the tier must be one of the plan's and one of the groups too, if the plan names any; and it
// must be on sale.
func TestOffered(t *testing.T) {
	business, standard := []id.Tier{"business"}, []id.Tier{"standard"}
	family := []id.Group{"staff-family", "friends"}
	for name, c := range map[string]struct {
		tiers  []id.Tier
		groups []id.Group
		tier   id.Tier
		in     []id.Group
		want   bool
	}{
		"for all":                      {nil, nil, "standard", nil, true},
		"for all, in a group":          {nil, nil, "business", family, true},
		"of the tier":                  {business, nil, "business", nil, true},
		"of another tier":              {business, nil, "standard", nil, false},
		"of another tier, in a group":  {business, nil, "standard", family, false},
		"one of two tiers":             {[]id.Tier{"gold", "business"}, nil, "business", nil, true},
		"no tier at all":               {business, nil, "", nil, false},
		"tier begins alike":            {business, nil, "busi", nil, false},
		"in the group":                 {nil, family[:1], "standard", family[:1], true},
		"in one of the groups":         {nil, family, "standard", family[1:], true},
		"in another group":             {nil, family[:1], "standard", family[1:], false},
		"in no group":                  {nil, family, "standard", nil, false},
		"tier and group":               {standard, family, "standard", family[:1], true},
		"tier without the group":       {standard, family, "standard", nil, false},
		"group without the tier":       {business, family, "standard", family, false},
		"a group called like the tier": {business, nil, "standard", []id.Group{"business"}, false},
	} {
		o := catalogue.Offer{ItemID: "plan_x", OnSale: true, Tiers: c.tiers, Groups: c.groups}
		if got := o.Offered(c.tier, c.in, noon); got != c.want {
			t.Errorf("%s: offered is %v", name, got)
		}
		if o.OnSale = false; o.Offered(c.tier, c.in, noon) {
			t.Errorf("%s: offered though it is not on sale", name)
		}
		o.OnSale = true
		_, err := o.PublicLine(noon, 1)
		if public := len(c.tiers)+len(c.groups) == 0; o.Public(noon) != public || errors.Is(err, catalogue.ErrNotSold) == public {
			t.Errorf("%s: public is %v, line: %v", name, o.Public(noon), err)
		}
	}
}

// A fibre line is for a place, which a cart does not know; one that a customer may not see does not betray that it is one.
func TestFibreLinesAreNotForCarts(t *testing.T) {
	fibre := catalogue.Offer{ItemID: "plan_x", OnSale: true, Access: &lineitem.Access{DownKbps: 300000, UpKbps: 150000}}
	if _, err := fibre.PublicLine(noon, 1); !errors.Is(err, catalogue.ErrNeedsPlace) || fibre.Public(noon) {
		t.Error(err, fibre.Public(noon))
	}
	private, gone := fibre, fibre
	private.Groups, gone.OnSale = []id.Group{"family"}, false
	for _, o := range []catalogue.Offer{private, gone} {
		if _, err := o.PublicLine(noon, 1); !errors.Is(err, catalogue.ErrNotSold) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestValidateOffer(t *testing.T) {
	good := catalogue.Offer{ItemID: "plan_x", Country: "DE", Excludes: []id.Item{"plan_y"}, BuyFrom: noon, BuyUntil: noon.Add(time.Second)}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		change func(*catalogue.Offer)
		want   *fault.Fault
		field  string
	}{
		"country":          {func(o *catalogue.Offer) { o.Country = "XX" }, catalogue.ErrCountryUnknown, "path.country"},
		"window is empty":  {func(o *catalogue.Offer) { o.BuyUntil = noon }, fault.ErrInvalid, "body.buyUntil"},
		"window backwards": {func(o *catalogue.Offer) { o.BuyUntil = noon.Add(-time.Hour) }, fault.ErrInvalid, "body.buyUntil"},
		"excludes itself":  {func(o *catalogue.Offer) { o.Excludes = append(o.Excludes, "plan_x") }, fault.ErrInvalid, "body.excludes"},
	} {
		o := good
		c.change(&o)
		if err := o.Validate(); !errors.Is(err, c.want) || len(fault.Of(err).Fields) != 1 || fault.Of(err).Fields[0].Name != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
