package check

import (
	"testing"

	"turnup/internal/api/reference"
	"turnup/internal/base/fault"
	_ "turnup/internal/domain/ledger" // every package that may declare faults is linked, so that the catalogue is whole
	_ "turnup/internal/domain/notice"
	_ "turnup/internal/domain/provisioning"
	_ "turnup/internal/domain/subscriber"
	"turnup/internal/platform/rest"
)

// S3-160: every fault has a kind, a text and who acts on it, and an operation that lists it; the page of faults is made of them.
func TestFaultsAreWholeAndListed(t *testing.T) {
	ops, faults := reference.Document().Operations(), fault.Catalogue()
	none(t, FaultsKnown(FaultsDeclared(theProject(t).source), faults))
	none(t, FaultTexts(faults))
	none(t, FaultsListed(faults, append(ops, WebPages()...), Unlisted))
}

func TestFaultsBite(t *testing.T) {
	one := func(code, message, acts string) []*fault.Fault {
		return []*fault.Fault{{Kind: fault.Conflict, Code: code, Message: message, Acts: acts}}
	}
	for name, c := range map[string]struct {
		faults []*fault.Fault
		want   string
	}{
		"good":          {one("cart_empty", "Your cart is empty.", "customer"), ""},
		"no stop":       {one("cart_empty", "Your cart is empty", "customer"), "no sentence with a full stop"},
		"no capital":    {one("cart_empty", "your cart is empty.", "customer"), "no sentence with a full stop"},
		"empty":         {one("cart_empty", "", "customer"), "no sentence with a full stop"},
		"an id":         {one("cart_empty", "Cart cart_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA is empty.", "customer"), "holds an id"},
		"a placeholder": {one("cart_empty", "Cart %s is empty.", "customer"), "holds an id or a placeholder"},
		"nobody acts":   {one("cart_empty", "Your cart is empty.", ""), "does not act on faults"},
		"camelCase":     {one("cartEmpty", "Your cart is empty.", "customer"), "a code is snake_case"},
	} {
		t.Run(name, func(t *testing.T) { bites(t, FaultTexts(c.faults), c.want) })
	}
	empty := one("cart_empty", "Your cart is empty.", "customer")
	lists := []rest.Op{{ID: "checkoutCart", Faults: empty}}
	bites(t, FaultsListed(empty, lists, nil), "")
	bites(t, FaultsListed(empty, nil, nil), "cart_empty is listed by no operation")
	bites(t, FaultsListed(empty, nil, map[string]string{"cart_empty": "a reason"}), "")
	bites(t, FaultsListed(empty, lists, map[string]string{"cart_empty": "a reason"}), "needs no excuse")
	bites(t, FaultsListed(nil, nil, map[string]string{"cart_empty": "a reason"}), "does not exist")

	const declares = "package cart\nimport \"turnup/internal/base/fault\"\nvar e = fault.New(fault.Conflict, \"cart_lost\", \"Your cart is lost.\", \"customer\")\n"
	bites(t, FaultsKnown(FaultsDeclared(Source{goFile(t, "internal/domain/cart/a.go", declares)}), empty), "cart_lost of internal/domain/cart is not in the catalogue")
	const base = "package fault\nvar e = New(Conflict, \"base_lost\", \"The base is lost.\", \"customer\")\n"
	bites(t, FaultsKnown(FaultsDeclared(Source{goFile(t, "internal/base/fault/a.go", base)}), empty), "base_lost of internal/base/fault is not in the catalogue")
}
