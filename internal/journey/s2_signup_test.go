package journey

import (
	"strings"
	"testing"
	"time"
)

// S2-01, S2-02, S2-03, S2-04, S2-05, S2-06: from the plans over register, processing and payment to the thank-you page, in a browser without
// scripts. S2-32: to the address that was published, and no other. S2-36: afterwards each of its links leads there.
func TestS2_NewCustomerSignsUp(t *testing.T) {
	ctx, r, p := t.Context(), NewReader(), NewPerson(cardGood)
	plans := must[Screen](t)(r.Open(ctx, site.Plans()))
	if plans.Status != 200 || !strings.Contains(plans.Text, "Stream HD") || strings.Contains(plans.Text, "Fibre") {
		t.Fatalf("%d %s", plans.Status, plans.Text)
	}
	register := must[Screen](t)(r.Send(ctx, plans, 0, "plan", "plan_stream-hd"))
	t.Log(register.URL, register.Text)
	pay := must[Screen](t)(r.Register(ctx, register, p))
	t.Log(pay.URL, pay.Text)
	wait := must[Screen](t)(r.Pay(ctx, pay, p))
	t.Log(wait.URL, wait.Text)
	end, err := r.Await(ctx, site.Processing(SignupOf(wait.URL)), 20*time.Second, OnThankYou)
	t.Log(end.URL, end.Text, err)
}
