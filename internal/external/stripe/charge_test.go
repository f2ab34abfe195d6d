package stripe_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/loopback"
	"turnup/internal/domain/payment"
	"turnup/internal/external/stripe"
)

// S0-42: exactly the amount, in the cart's currency; I3: the same payment again, also at once, is one charge.
func TestOnePaymentIsOneCharge(t *testing.T) {
	b := start(t)
	p := b.purchase("pay_1", "4242424242424242")
	var all sync.WaitGroup
	var mu sync.Mutex
	ids := map[string]bool{}
	for range 10 {
		all.Go(func() {
			c, err := b.psp.Charge(context.Background(), p)
			if err != nil || c.State != payment.ChargeSucceeded || c.Amount != p.Amount || c.PaymentID != "pay_1" || c.Tenant != "demo" {
				t.Errorf("got %+v, %v", c, err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[c.ID] = true
		})
	}
	all.Wait()
	same(t, "different charges", len(ids), 1)
	b.wantMoved(1299, 0, 1)
	other := p
	other.ID = "pay_2"
	_, err := b.psp.Charge(t.Context(), other) // another payment is another charge
	ok(t, err)
	b.wantMoved(2598, 0, 2)
}

// S0-45: the class of a refusal; that a card was reported lost or stolen is not told.
func TestDeclines(t *testing.T) {
	b := start(t)
	for name, want := range map[string]payment.Reason{
		"pm_card_visa_chargeDeclined": payment.CardDeclined, "pm_card_visa_chargeDeclinedInsufficientFunds": payment.InsufficientFunds,
		"pm_card_visa_chargeDeclinedLostCard": payment.CardDeclined, "pm_card_visa_chargeDeclinedStolenCard": payment.CardDeclined,
		"pm_card_visa_chargeDeclinedExpiredCard": payment.CardExpired, "pm_card_visa_chargeDeclinedProcessingError": payment.ProcessingError,
		"pm_card_visa_chargeDeclinedIncorrectCvc": payment.CardDeclined, "pm_card_chargeCustomerFail": payment.CardDeclined,
	} {
		p := b.token(id.Payment("pay_"+name), name)
		for range 2 { // asked again, it answers the same
			c, err := b.psp.Charge(t.Context(), p)
			ok(t, err)
			same(t, name, []any{c.State, c.Reason, c.PaymentID}, []any{payment.ChargeDeclined, want, p.ID})
			if said := fmt.Sprintf("%+v", c); strings.Contains(said, "lost") || strings.Contains(said, "stolen") {
				t.Errorf("%s: it is told: %s", name, said)
			}
		}
	}
	b.wantMoved(0, 0, 0)
}

// S0-46: refused for want of authentication → the customer is sent to the bank → the charge succeeds, or is declined.
func TestAuthenticationAtCharge(t *testing.T) {
	for result, ends := range map[string][]any{"succeeded": {payment.ChargeSucceeded, ""}, "failed": {payment.ChargeDeclined, payment.AuthenticationFailed}} {
		t.Run(result, func(t *testing.T) {
			b := start(t)
			p := b.purchase("pay_1", "4000002760003184")
			c, err := b.psp.Charge(t.Context(), p)
			ok(t, err)
			same(t, "charge", c.State, payment.ChargeUnauthorised)
			found, err := b.psp.Find(t.Context(), p) // by metadata: another function may go on from here
			ok(t, err)
			same(t, "found", []any{found.State, found.ID}, []any{payment.ChargeUnauthorised, c.ID})
			for range 2 {
				asked, err := b.psp.Authenticate(t.Context(), p, c)
				ok(t, err)
				same(t, "asked", []any{asked.State, asked.ID, strings.HasPrefix(asked.RedirectURL, b.url+"/3ds/")}, []any{payment.ChargeAuthenticating, c.ID, true})
				c = asked
			}
			b.wantMoved(0, 0, 0)
			u, err := url.Parse(c.RedirectURL)
			ok(t, err)
			back := b.submit(u.Path, url.Values{"result": {result}})
			if !strings.HasPrefix(back, shop+"/back?") {
				t.Errorf("the bank sends the customer to %s", back)
			}
			p.ChargeID = c.ID
			end, err := b.psp.Find(t.Context(), p)
			ok(t, err)
			same(t, "end", []any{end.State, end.Reason}, ends)
		})
	}
}

// S0-47, R8: the answer is lost; the charge is found by our metadata, or it is certain that there is none.
func TestFind(t *testing.T) {
	b := start(t)
	p := b.purchase("pay_1", "4242424242424242")
	c, err := b.psp.Find(t.Context(), p)
	ok(t, err)
	same(t, "before", []any{c.State, c.ID}, []any{payment.ChargeNone, ""})
	b.fault("/v1/payment_intents", `"mode":"lost"`)
	_, err = b.psp.Charge(t.Context(), p)
	want(t, err, payment.ErrUnanswered)
	for i := range 3 { // younger payments of the customer lie before it
		other := p
		other.ID = id.Payment(fmt.Sprint("pay_other", i))
		_, err = b.psp.Charge(t.Context(), other)
		ok(t, err)
	}
	c, err = b.psp.Find(t.Context(), p)
	ok(t, err)
	same(t, "after", []any{c.State, c.Amount, c.PaymentID, c.At.IsZero()}, []any{payment.ChargeSucceeded, p.Amount, p.ID, false})
	known := p
	known.ChargeID = c.ID
	byID, err := b.psp.Find(t.Context(), known)
	ok(t, err)
	same(t, "by its id", byID, c)
	p.ID = "pay_never"
	c, err = b.psp.Find(t.Context(), p)
	ok(t, err)
	same(t, "another's", c.State, payment.ChargeNone)
	p.ChargeID = "pi_unknown"
	if _, err = b.psp.Find(t.Context(), p); err == nil {
		t.Error("an unknown id was found")
	}
}

// Find looks further than one page of a hundred, and stops.
func TestFindOnALaterPage(t *testing.T) {
	b := start(t)
	p := b.purchase("pay_1", "4242424242424242")
	_, err := b.psp.Charge(t.Context(), p)
	ok(t, err)
	for i := range 120 {
		b.call(http.MethodPost, "/v1/payment_intents", url.Values{"amount": {"100"}, "currency": {"eur"}, "customer": {p.PSPCustomer}, "metadata[n]": {fmt.Sprint(i)}}.Encode())
	}
	c, err := b.psp.Find(t.Context(), p)
	ok(t, err)
	same(t, "found", c.State, payment.ChargeSucceeded)
}

// R2, R7: what a failed call means. Nothing was done for certain only when the connection was never made, or the PSP
// said so; else it may have been.
func TestClassification(t *testing.T) {
	cases := []struct {
		name, fault string
		want        error
		charges     int // in the ledger afterwards
	}{
		{"lost: charged, no answer", `"mode":"lost"`, payment.ErrUnanswered, 1},
		{"refuse: connection ends without an answer", `"mode":"refuse"`, payment.ErrUnanswered, 0},
		{"before: 500", `"mode":"before"`, payment.ErrUnanswered, 0},
		{"before: 503", `"mode":"before","status":503`, payment.ErrUnanswered, 0},
		{"after: 500 though charged", `"mode":"after"`, payment.ErrUnanswered, 1},
		{"hang", `"mode":"hang","hangMs":3000`, payment.ErrUnanswered, 0},
		{"hang, charged", `"mode":"hang","hangMs":3000,"effect":true`, payment.ErrUnanswered, 1},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			b := start(t)
			p := b.purchase("pay_1", "4242424242424242")
			b.psp = stripe.New("sk_test_turnup", b.url, 300*time.Millisecond)
			b.fault("/v1/payment_intents", k.fault)
			_, err := b.psp.Charge(t.Context(), p)
			want(t, err, k.want)
			if errors.Is(err, payment.ErrPSPUnavailable) {
				t.Error("taken for nothing done")
			}
			b.wantMoved(float64(1299*k.charges), 0, k.charges)
			c, err := b.psp.Find(t.Context(), p) // and asking tells
			ok(t, err)
			same(t, "found", c.State == payment.ChargeSucceeded, k.charges == 1)
		})
	}
	t.Run("closed port", func(t *testing.T) {
		psp := stripe.New("sk_test_turnup", "http://"+loopback.Refused, time.Second)
		_, err := psp.Charge(t.Context(), payment.Payment{ID: "pay_1"})
		want(t, err, payment.ErrPSPUnavailable)
		_, err = psp.Find(t.Context(), payment.Payment{ID: "pay_1", PSPCustomer: "cus_1"})
		want(t, err, payment.ErrPSPUnavailable)
		_, err = psp.CreateCustomer(t.Context(), "demo", "cus_1")
		want(t, err, payment.ErrPSPUnavailable)
	})
	t.Run("connection reset after the request", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ok(t, err)
		defer l.Close()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 1<<16)) // it has the request, and may act on it
				_ = conn.(*net.TCPConn).SetLinger(0)
				_ = conn.Close()
			}
		}()
		_, err = stripe.New("sk_test_turnup", "http://"+l.Addr().String(), time.Second).Charge(t.Context(), payment.Payment{ID: "pay_1"})
		want(t, err, payment.ErrUnanswered)
		if errors.Is(err, payment.ErrPSPUnavailable) {
			t.Error("taken for nothing done")
		}
	})
	t.Run("refused request stays a defect", func(t *testing.T) {
		b := start(t)
		_, err := b.psp.Charge(t.Context(), payment.Payment{ID: "pay_1"})
		if err == nil || errors.Is(err, payment.ErrPSPUnavailable) || errors.Is(err, payment.ErrUnanswered) {
			t.Errorf("got %v", err)
		}
	})
}

// S0-47: while another request with the same key is under way, what comes of it is unknown.
func TestTwinUnderWay(t *testing.T) {
	b := start(t)
	p := b.purchase("pay_1", "4242424242424242")
	b.call(http.MethodPut, "/_sandbox/faults", `[{"path":"/v1/payment_intents","status":409}]`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := b.psp.Charge(ctx, p)
	want(t, err, payment.ErrUnanswered)
	if errors.Is(err, payment.ErrPSPUnavailable) {
		t.Error("the twin may charge: the attempt must not be taken for not charged")
	}
}

// R7: told to slow down, it does; the charge is made once. When that does not end, nothing was done.
func TestSlowDown(t *testing.T) {
	b := start(t)
	p := b.purchase("pay_1", "4242424242424242")
	b.call(http.MethodPut, "/_sandbox/faults", `[{"path":"/v1/payment_intents","mode":"status","status":429,"times":2}]`)
	c, err := b.psp.Charge(t.Context(), p)
	ok(t, err)
	same(t, "charge", c.State, payment.ChargeSucceeded)
	b.wantMoved(1299, 0, 1)
	b.call(http.MethodPut, "/_sandbox/faults", `[{"path":"/v1/payment_intents","mode":"status","status":429}]`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	p.ID = "pay_2"
	_, err = b.psp.Charge(ctx, p)
	want(t, err, payment.ErrPSPUnavailable)
	b.wantMoved(1299, 0, 1)
}

// The time-out given is the one that counts, not stripe-go's 80 s: API Gateway gives up at 29.
func TestTimeOutIsHonoured(t *testing.T) {
	b := start(t)
	p := b.purchase("pay_1", "4242424242424242")
	psp := stripe.New("sk_test_turnup", b.url, 200*time.Millisecond)
	b.fault("/v1/payment_intents", `"mode":"hang","hangMs":60000`)
	began := time.Now()
	_, err := psp.Charge(t.Context(), p)
	want(t, err, payment.ErrUnanswered)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

// S0-30: a charge that waits for the customer is ended; one that took the money is answered as it is.
func TestCancel(t *testing.T) {
	b := start(t)
	p := b.purchase("pay_1", "4000002760003184")
	c, err := b.psp.Charge(t.Context(), p)
	ok(t, err)
	c, err = b.psp.Authenticate(t.Context(), p, c)
	ok(t, err)
	for range 2 {
		ended, err := b.psp.Cancel(t.Context(), p, c)
		ok(t, err)
		same(t, "ended", []any{ended.State, ended.Reason}, []any{payment.ChargeCancelled, payment.Abandoned})
	}
	paid := b.purchase("pay_2", "4242424242424242")
	c, err = b.psp.Charge(t.Context(), paid)
	ok(t, err)
	ended, err := b.psp.Cancel(t.Context(), paid, c)
	ok(t, err)
	same(t, "the money came first", []any{ended.State, ended.Amount, ended.ID}, []any{payment.ChargeSucceeded, paid.Amount, c.ID})
}

// I2: a charge is given back once, however often and from wherever it is asked.
func TestRefundOnce(t *testing.T) {
	b := start(t)
	p := b.purchase("pay_1", "4242424242424242")
	c, err := b.psp.Charge(t.Context(), p)
	ok(t, err)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if err := b.psp.Refund(context.Background(), p, c); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	b.wantMoved(1299, 1299, 1)
	other := p
	other.ID = "pay_9" // another key for the same charge, as after Stripe forgot ours
	ok(t, b.psp.Refund(t.Context(), other, c))
	b.wantMoved(1299, 1299, 1)
	b.fault("/v1/refunds", `"mode":"before"`)
	third := b.purchase("pay_3", "4242424242424242")
	c, err = b.psp.Charge(t.Context(), third)
	ok(t, err)
	want(t, b.psp.Refund(t.Context(), third, c), payment.ErrUnanswered)
}
