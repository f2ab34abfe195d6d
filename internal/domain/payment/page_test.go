package payment_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/payment"
)

// S1-26: what is not known is a mistake of the caller; what is known and not enabled is for the customer to choose again.
func TestWays(t *testing.T) {
	for _, k := range []struct {
		enabled payment.Ways
		way     string
		want    *fault.Fault
	}{
		{payment.Ways{"stripe", "wallet"}, "stripe", nil},
		{payment.Ways{"stripe", "wallet"}, "wallet", nil},
		{payment.Ways{"stripe"}, "stripe", nil},
		{payment.Ways{"stripe"}, "wallet", payment.ErrWayDisabled},
		{payment.Ways{"wallet"}, "stripe", payment.ErrWayDisabled},
		{nil, "stripe", payment.ErrWayDisabled},
		{nil, "wallet", payment.ErrWayDisabled},
		{payment.Ways{"stripe", "wallet"}, "cash", payment.ErrWayUnknown},
		{payment.Ways{"stripe", "wallet"}, "", payment.ErrWayUnknown},
		{payment.Ways{"stripe", "wallet"}, "Stripe", payment.ErrWayUnknown},
		{payment.Ways{"stripe", "wallet", "cash"}, "cash", payment.ErrWayUnknown}, // a setting does not make a way
	} {
		t.Run(fmt.Sprint(k.enabled, " × ", k.way), func(t *testing.T) {
			err := k.enabled.Check(k.way)
			if k.want == nil {
				ok(t, err)
				return
			}
			wantFault(t, err, k.want)
			if k.want == payment.ErrWayDisabled {
				eq(t, "names it", fault.Of(err).Details["method"], k.way)
			} else {
				eq(t, "field", fault.Of(err).Fields[0].Name, "body.method")
			}
		})
	}
}

// pages keeps what was asked for and answers one page, or an error.
type pages struct {
	asked []payment.PageRequest
	err   error
}

func (g *pages) StartPage(_ context.Context, r payment.PageRequest) (payment.Page, error) {
	g.asked = append(g.asked, r)
	return payment.Page{SessionID: "cs_1", URL: "https://psp.example/cs_1", ExpiresAt: r.Expires}, g.err
}

func opener(g *pages) payment.Pages {
	return payment.Pages{PSP: g, Clock: clock.At(noon), Origins: []string{"https://shop.example", "http://localhost:3000"}}
}

func owed() payment.Due {
	return payment.Due{Tenant: tenant, Customer: customer, OrderID: "ord_1", Amount: price, Description: "HD", Until: noon.Add(30 * time.Minute), Language: "de"}
}

// S1-27: the page is for exactly what is due, and brings the customer back with the order's number.
func TestPageIsForWhatIsDue(t *testing.T) {
	g := &pages{}
	ctx := event.WithTrace(t.Context(), event.Trace{Correlation: "journey-1"})
	p, page, e, err := opener(g).Start(ctx, owed(), "https://shop.example/back?a=b")
	ok(t, err)
	r := g.asked[0]
	eq(t, "amount", r.Payment.Amount, price)
	eq(t, "description", r.Description+" "+r.Language, "HD de")
	eq(t, "return", r.ReturnURL, "https://shop.example/back?a=b&order=ord_1")
	eq(t, "cancel", r.CancelURL, "https://shop.example/back?a=b&cancelled=true&order=ord_1")
	eq(t, "page", page.URL, "https://psp.example/cs_1")
	eq(t, "one payment", r.Payment.ID, p.ID)
	want := payment.Payment{Tenant: tenant, ID: p.ID, Customer: customer, OrderID: "ord_1", Amount: price, State: payment.Pending, InitiatedAt: noon,
		Correlation: "journey-1", ReturnURL: "https://shop.example/back?a=b", PaidWith: "card", SessionID: "cs_1"}
	eq(t, "payment", fmt.Sprintf("%+v", p), fmt.Sprintf("%+v", want))
	var told event.PaymentInitiated
	ok(t, event.Decode(e, &told))
	eq(t, "event", told, event.PaymentInitiated{PaymentID: p.ID, CustomerID: customer, OrderID: "ord_1", Amount: price})
	again, _, _, err := opener(g).Start(ctx, owed(), "https://shop.example/back")
	ok(t, err)
	eq(t, "another attempt is another payment", again.ID != p.ID, true)
}

// A page leads back to allowed origins only; to another one it is not even opened.
func TestPageReturnsToAllowedOrigins(t *testing.T) {
	for back, allowed := range map[string]bool{
		"https://shop.example/back": true, "http://localhost:3000": true, "https://shop.example": true,
		"": false, "https://evil.example/back": false, "http://shop.example/back": false, "https://shop.example:444/": false, "https://shop.example.evil.example/": false,
		"https://shop.example@evil.example/": false, "https://a:b@shop.example/": false, "//shop.example/": false, "https://shop.example/#x": false, "javascript:alert(1)": false,
	} {
		g := &pages{}
		_, _, _, err := opener(g).Start(t.Context(), owed(), back)
		if allowed {
			ok(t, err)
			continue
		}
		if !errors.Is(err, payment.ErrReturnURL) || len(g.asked) != 0 {
			t.Errorf("%q: %v, asked %d times", back, err, len(g.asked))
		}
	}
}

// A page is open until its order's end, as far as the PSP's shortest (30 minutes, and one for clocks that differ) and longest
// (24 hours) allow.
func TestPageWindow(t *testing.T) {
	const shortest, day = 31 * time.Minute, 24 * time.Hour
	for until, open := range map[time.Duration]time.Duration{
		time.Minute: shortest, 30 * time.Minute: shortest, shortest: shortest, shortest + 1: shortest + 1, 2 * time.Hour: 2 * time.Hour,
		day - 1: day - 1, day: shortest, 48 * time.Hour: shortest, -time.Hour: shortest,
	} {
		g, due := &pages{}, owed()
		due.Until = noon.Add(until)
		_, page, _, err := opener(g).Start(t.Context(), due, "https://shop.example/back")
		ok(t, err)
		eq(t, "open until "+until.String(), page.ExpiresAt.Sub(noon), open)
	}
}

// What the PSP answers to opening: a refusal is not worth asking again, the rest is.
func TestPageThatDoesNotOpen(t *testing.T) {
	for _, k := range []struct {
		psp       error
		want      *fault.Fault
		transient bool
	}{
		{errRefused, payment.ErrPSPUnavailable, true},
		{payment.ErrUnanswered, payment.ErrPSPUnavailable, true},
		{errors.New("400: currency not supported"), payment.ErrPageRefused, false},
	} {
		_, _, e, err := opener(&pages{err: k.psp}).Start(t.Context(), owed(), "https://shop.example/back")
		wantFault(t, err, k.want)
		eq(t, "worth asking again", fault.Transient(err), k.transient)
		eq(t, "nothing is announced", e.ID, "")
	}
}

// onPage is an attempt on a page, for an order.
func onPage() payment.Payment {
	p := attempt()
	p.CartID, p.Lines, p.Subscriptions, p.SessionID = "", nil, nil, "cs_1"
	return p
}

// look is what a look after a page must come to.
type look struct {
	state  payment.State
	write  string
	calls  string
	reason payment.Reason
	parked bool
	want   *fault.Fault
}

// A look at an open page × everything the PSP may say: what ended is settled, what is open stays so. S1-32, S1-33.
func TestLookAtAnOpenPage(t *testing.T) {
	want := map[payment.ChargeState]look{
		payment.ChargeNone:           {state: payment.Failed, write: "fail", reason: payment.NotCharged},
		payment.ChargeSucceeded:      {state: payment.Succeeded, write: "complete"},
		payment.ChargeDeclined:       {state: payment.Failed, write: "fail", reason: payment.InsufficientFunds},
		payment.ChargeUnauthorised:   {state: payment.Pending, write: "note", calls: "[find authenticate]"},
		payment.ChargeAuthenticating: {state: payment.Pending, write: "note"},
		payment.ChargeProcessing:     {state: payment.Pending},
		payment.ChargeOpen:           {state: payment.Pending},
		payment.ChargeCancelled:      {state: payment.Failed, write: "fail", reason: payment.Abandoned},
	}
	for _, told := range chargeStates {
		t.Run(string(told), func(t *testing.T) {
			cell, listed := want[told]
			if !listed {
				t.Fatal("not in the table")
			}
			if cell.calls == "" {
				cell.calls = "[find]"
			}
			b, s := bookWith(onPage()), scripted(t, map[string][]answer{"find": {{charge: in(told)}}, "authenticate": {{charge: in(payment.ChargeAuthenticating)}}})
			p, err := checkout(b, s).Look(t.Context(), tenant, payID, false)
			cell.check(t, b, s, p, err)
		})
	}
	t.Run("no answer", func(t *testing.T) {
		for _, away := range []error{errRefused, payment.ErrUnanswered} {
			b, s := bookWith(onPage()), scripted(t, map[string][]answer{"find": {{err: away}}})
			p, err := checkout(b, s).Look(t.Context(), tenant, payID, false)
			look{state: payment.Pending, calls: "[find]", want: payment.ErrUnsettled}.check(t, b, s, p, err)
		}
	})
}

// Closing a page × everything the PSP may say: only what it says is closed, or paid, has ended. S1-54.
func TestLookThatCloses(t *testing.T) {
	for _, told := range chargeStates {
		t.Run(string(told), func(t *testing.T) {
			cell := look{state: payment.Pending, calls: "[cancel]", want: payment.ErrUnsettled}
			switch told {
			case payment.ChargeSucceeded:
				cell = look{state: payment.Succeeded, write: "complete", calls: "[cancel]"}
			case payment.ChargeCancelled:
				cell = look{state: payment.Failed, write: "fail", reason: payment.Abandoned, calls: "[cancel]"}
			}
			b, s := bookWith(onPage()), scripted(t, map[string][]answer{"cancel": {{charge: in(told)}}})
			p, err := checkout(b, s).Look(t.Context(), tenant, payID, true)
			cell.check(t, b, s, p, err)
		})
	}
	t.Run("no answer", func(t *testing.T) {
		for _, away := range []error{errRefused, payment.ErrUnanswered} {
			b, s := bookWith(onPage()), scripted(t, map[string][]answer{"cancel": {{err: away}}})
			p, err := checkout(b, s).Look(t.Context(), tenant, payID, true)
			look{state: payment.Pending, calls: "[cancel]", want: payment.ErrUnsettled}.check(t, b, s, p, err)
		}
	})
	t.Run("another amount", func(t *testing.T) { // S1-30
		other := in(payment.ChargeSucceeded)
		other.Amount.Minor--
		b, s := bookWith(onPage()), scripted(t, map[string][]answer{"cancel": {{charge: other}}})
		p, err := checkout(b, s).Look(t.Context(), tenant, payID, true)
		look{state: payment.Pending, parked: true, write: "unassigned 12.98 EUR", calls: "[cancel]"}.check(t, b, s, p, err)
	})
}

func (k look) check(t *testing.T, b *book, s *psp, p payment.Payment, err error) {
	t.Helper()
	if k.want == nil {
		ok(t, err)
	} else {
		wantFault(t, err, k.want)
		eq(t, "to be tried again", fault.Transient(err), true)
	}
	eq(t, "answered", p.State, k.state)
	eq(t, "state", b.now().State, k.state)
	eq(t, "reason", b.now().Reason, k.reason)
	eq(t, "parked", p.Parked && b.now().Parked, k.parked)
	eq(t, "calls", s.called(), k.calls)
	writes := "[]"
	if k.write != "" {
		writes = "[" + k.write + "]"
	}
	eq(t, "writes", fmt.Sprint(b.writes), writes)
}

// What has ended, or waits for an operator, is not asked for; what is unknown is said to be.
func TestLookAtWhatHasEnded(t *testing.T) {
	parked := onPage()
	parked.Parked = true
	ended := []payment.Payment{parked}
	for _, state := range []payment.State{payment.Succeeded, payment.Failed, payment.Refunded} {
		p := onPage()
		p.State = state
		ended = append(ended, p)
	}
	for _, p := range ended {
		for _, closing := range []bool{true, false} {
			got, err := checkout(bookWith(p), scripted(t, nil)).Look(t.Context(), tenant, payID, closing)
			ok(t, err)
			eq(t, "state", got.State, p.State)
		}
	}
	_, err := checkout(bookWith(onPage()), scripted(t, nil)).Look(t.Context(), "other", payID, true)
	wantFault(t, err, payment.ErrUnknownPay)
}
