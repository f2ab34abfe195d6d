package cart_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/cart"
)

var now = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func plan(item id.Item, minor int64) lineitem.Line {
	return lineitem.Line{ItemID: item, Name: string(item), Type: lineitem.Subscription, Price: eur(minor), Quantity: 1, BillingPeriod: "P1M"}
}

func good(item id.Item, minor, quantity int64) lineitem.Line {
	return lineitem.Line{ItemID: item, Name: string(item), Type: lineitem.OneOff, Price: eur(minor), Quantity: quantity}
}

func adding(lines ...lineitem.Line) []cart.Addition {
	all := make([]cart.Addition, len(lines))
	for i, l := range lines {
		all[i] = cart.Addition{Line: l}
	}
	return all
}

func empty() cart.Cart { return cart.New("demo", "cus_1", now) }

func with(t *testing.T, lines ...lineitem.Line) cart.Cart {
	t.Helper()
	c, err := empty().Add(adding(lines...), now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// S0-36: one or several items, with totals.
func TestAdd(t *testing.T) {
	c := with(t, plan("plan_hd", 1299), good("good_box", 4999, 2))
	if len(c.Lines) != 2 || c.Total() != eur(1299+2*4999) || c.Version != 1 || c.State != cart.Open {
		t.Errorf("got %+v, total %v", c, c.Total())
	}
	c, err := c.Add(adding(good("good_box", 4999, 3), plan("plan_uhd", 100)), now.Add(time.Hour))
	if err != nil || c.Lines[1].Quantity != 5 || len(c.Lines) != 3 || c.Version != 2 || !c.UpdatedAt.Equal(now.Add(time.Hour)) {
		t.Errorf("got %+v, %v", c, err)
	}
}

// S0-37, S0-38: one item that cannot be added, and nothing of the call is.
func TestRefusedAdditionsLeaveTheCartAlone(t *testing.T) {
	usd := plan("plan_us", 1299)
	usd.Price.Currency = "USD"
	full := make([]lineitem.Line, cart.MaxLines)
	for i := range full {
		full[i] = good(id.Item(fmt.Sprintf("good_%d", i)), 100, 1)
	}
	two := plan("plan_two", 100)
	two.Quantity = 2
	cases := []struct {
		name string
		has  []lineitem.Line
		add  []cart.Addition
		want *fault.Fault
	}{
		{"second copy of a subscription", []lineitem.Line{plan("plan_hd", 1299)}, adding(plan("plan_hd", 1299)), cart.ErrDuplicate},
		{"two copies in one call", nil, adding(plan("plan_hd", 1299), plan("plan_hd", 1299)), cart.ErrDuplicate},
		{"subscription twice", nil, adding(two), cart.ErrQuantity},
		{"none", nil, adding(good("good_box", 1, 0)), cart.ErrQuantity},
		{"negative", nil, adding(good("good_box", 1, -1)), cart.ErrQuantity},
		{"a hundred", nil, adding(good("good_box", 1, 100)), cart.ErrQuantity},
		{"a hundred in two goes", []lineitem.Line{good("good_box", 1, 99)}, adding(good("good_box", 1, 1)), cart.ErrQuantity},
		{"a hundred in one call", nil, adding(good("good_box", 1, 50), good("good_box", 1, 50)), cart.ErrQuantity},
		{"price changed since", []lineitem.Line{good("good_box", 1, 1)}, adding(good("good_box", 2, 1)), cart.ErrPriceChanged},
		{"other currency", []lineitem.Line{plan("plan_hd", 1299)}, adding(usd), cart.ErrCurrency},
		{"too many different items", full, adding(plan("plan_hd", 1)), cart.ErrFull},
		{"excludes what is there", []lineitem.Line{plan("plan_hd", 1299)}, []cart.Addition{{Line: plan("plan_uhd", 1), Excludes: []id.Item{"plan_hd"}}}, cart.ErrIncompatible},
		{"excludes what comes with it", nil, []cart.Addition{{Line: plan("plan_uhd", 1), Excludes: []id.Item{"plan_hd"}}, {Line: plan("plan_hd", 1)}}, cart.ErrIncompatible},
		{"comes before what excludes it", nil, []cart.Addition{{Line: plan("plan_hd", 1)}, {Line: plan("plan_uhd", 1), Excludes: []id.Item{"plan_hd"}}}, cart.ErrIncompatible},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			before := empty()
			if k.has != nil {
				before = with(t, k.has...)
			}
			innocent := adding(good("good_first", 5, 1))[:min(1, cart.MaxLines-len(k.has))] // could be added, were it alone
			got, err := before.Add(append(innocent, k.add...), now)
			if !errors.Is(err, k.want) {
				t.Fatalf("got %v, want %s", err, k.want.Code)
			}
			if !reflect.DeepEqual(got, before) || len(got.Lines) != len(k.has) {
				t.Errorf("the cart changed: %+v", got)
			}
		})
	}
}

// A changed quantity must not show through in the cart it was made from.
func TestAddCopiesTheLines(t *testing.T) {
	c := with(t, good("good_box", 1, 1))
	if _, err := c.Add(adding(good("good_box", 1, 4)), now); err != nil || c.Lines[0].Quantity != 1 {
		t.Errorf("got %d, %v", c.Lines[0].Quantity, err)
	}
	if _, err := c.Remove("good_box", now); err != nil || len(c.Lines) != 1 || c.Lines[0].ItemID != "good_box" {
		t.Errorf("got %+v, %v", c.Lines, err)
	}
}

// S0-48: every state × every change.
func TestOnlyAnOpenCartChanges(t *testing.T) {
	for state, want := range map[cart.State]*fault.Fault{cart.Open: nil, cart.InCheckout: cart.ErrInCheckout, cart.CheckedOut: cart.ErrCheckedOut} {
		c := with(t, plan("plan_hd", 1299))
		c.State = state
		_, added := c.Add(adding(good("good_box", 1, 1)), now)
		_, removed := c.Remove("plan_hd", now)
		for what, err := range map[string]error{"add": added, "remove": removed} {
			if want == nil && err != nil || want != nil && !errors.Is(err, want) {
				t.Errorf("%s × %s: got %v", state, what, err)
			}
		}
	}
}

func TestRemove(t *testing.T) {
	c := with(t, plan("plan_hd", 1299), good("good_box", 1, 1))
	next, err := c.Remove("plan_hd", now)
	if err != nil || len(next.Lines) != 1 || next.Total() != eur(1) || next.Version != 2 {
		t.Errorf("got %+v, %v", next, err)
	}
	if _, err := next.Remove("plan_hd", now); !errors.Is(err, cart.ErrNotInCart) {
		t.Errorf("got %v", err)
	}
}

// S0-48, S0-49: what has changed since adding is a fault, not a silent new price.
func TestReadyFor(t *testing.T) {
	c := with(t, plan("plan_hd", 1299), good("good_box", 4999, 2))
	today := func(change func(map[id.Item]lineitem.Line)) map[id.Item]lineitem.Line {
		all := map[id.Item]lineitem.Line{"plan_hd": plan("plan_hd", 1299), "good_box": good("good_box", 4999, 1)}
		change(all)
		return all
	}
	set := func(change func(*lineitem.Line)) func(map[id.Item]lineitem.Line) {
		return func(all map[id.Item]lineitem.Line) { l := all["plan_hd"]; change(&l); all["plan_hd"] = l }
	}
	cases := []struct {
		name  string
		today map[id.Item]lineitem.Line
		want  *fault.Fault
	}{
		{"as it was", today(func(map[id.Item]lineitem.Line) {}), nil},
		{"new name", today(set(func(l *lineitem.Line) { l.Name = "HD Stream" })), nil},
		{"dearer", today(set(func(l *lineitem.Line) { l.Price.Minor++ })), cart.ErrPriceChanged},
		{"cheaper", today(set(func(l *lineitem.Line) { l.Price.Minor-- })), cart.ErrPriceChanged},
		{"other currency", today(set(func(l *lineitem.Line) { l.Price.Currency = "USD" })), cart.ErrPriceChanged},
		{"other period", today(set(func(l *lineitem.Line) { l.BillingPeriod = "P1Y" })), cart.ErrPriceChanged},
		{"off sale", today(func(all map[id.Item]lineitem.Line) { delete(all, "good_box") }), cart.ErrNotSoldNow},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			if err := c.ReadyFor(k.today); k.want == nil && err != nil || k.want != nil && !errors.Is(err, k.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := empty().ReadyFor(nil); !errors.Is(err, cart.ErrEmpty) {
		t.Errorf("empty: %v", err)
	}
	err := c.ReadyFor(today(set(func(l *lineitem.Line) { l.Price.Minor = 1399 })))
	if f := fault.Of(err); f.Details["itemId"] != "plan_hd" || f.Details["price"] != "13.99 EUR" {
		t.Errorf("details: %v", f.Details)
	}
}
