package payment_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"turnup/internal/base/id"
	"turnup/internal/domain/payment"
)

// drawer keeps the PSP's customer of one of ours, and is the PSP.
type drawer struct {
	pspCustomer string
	known       error // of asking for them
	refuses     error // of deleting them
	did         []string
}

func (d *drawer) PSPCustomer(context.Context, id.Tenant, id.Customer) (string, error) {
	return d.pspCustomer, d.known
}

func (d *drawer) DeleteCustomer(_ context.Context, c string) error {
	d.did = append(d.did, "psp "+c)
	return d.refuses
}

func (d *drawer) EraseMethods(context.Context, id.Tenant, id.Customer) error {
	d.did = append(d.did, "rows")
	d.pspCustomer, d.known = "", payment.ErrErased
	return nil
}

// X11: cards go at the PSP first, then here; as long as the PSP does not answer we keep knowing whom to delete there.
func TestForget(t *testing.T) {
	lost := errors.New("connection lost")
	for name, try := range map[string]struct {
		d    drawer
		err  error
		want string
	}{
		"a card":         {drawer{pspCustomer: "cus_psp"}, nil, "[psp cus_psp rows rows]"},
		"never a card":   {drawer{}, nil, "[rows rows]"},
		"the PSP fails":  {drawer{pspCustomer: "cus_psp", refuses: lost}, payment.ErrPSPUnavailable, "[psp cus_psp psp cus_psp]"},
		"unreadable":     {drawer{known: lost}, lost, "[]"},
		"erased already": {drawer{known: payment.ErrErased}, nil, "[rows rows]"},
	} {
		for range 2 { // again is harmless
			if err := (payment.Forget{Store: &try.d, PSP: &try.d}).Erase(t.Context(), "demo", "cus_1"); !errors.Is(err, try.err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := fmt.Sprint(try.d.did); got != try.want {
			t.Errorf("%s: did %s", name, got)
		}
	}
}
