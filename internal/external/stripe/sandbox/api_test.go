package sandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"turnup/internal/external/stripe/sandbox"
)

func TestRefusedRequests(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	for _, c := range []struct {
		method, target, form, auth string
		status                     int
		want                       string
	}{
		{"GET", "/v1/customers", "", "none", 401, "did not provide an API key"},
		{"GET", "/v1/customers", "", "Bearer pk_test_1", 401, "Invalid API Key"},
		{"GET", "/v1/customers", "", "Bearer sk_live_1", 401, "live key"},
		{"GET", "/v1/customers", "", "Basic c2tfdGVzdF8xOg==", 200, `"has_more":false`},
		{"GET", "/v1/nothing", "", "", 404, "Unrecognized request URL (GET: /v1/nothing)"},
		{"PATCH", "/v1/customers", "", "", 404, "Unrecognized request URL"},
		{"GET", "/v1/customers/cus_none", "", "", 404, `"code":"resource_missing"`},
		{"GET", "/v1/payment_intents/pi_none", "", "", 404, `"param":"intent"`},
		{"POST", "/v1/customers", "nome=x", "", 400, `"param":"nome"`},
		{"POST", "/v1/customers", "address[planet]=x", "", 400, `"param":"address[planet]"`},
		{"POST", "/v1/customers", "metadata=x", "", 400, `"param":"metadata"`},
		{"POST", "/v1/customers", "expand[]=default_source", "", 400, "cannot be expanded"},
		{"POST", "/v1/customers", "a[b=c", "", 400, "parameter_unknown"},
		{"POST", "/v1/payment_intents", "amount=12.5&currency=eur", "", 400, `"code":"parameter_invalid_integer"`},
		{"POST", "/v1/payment_intents", "currency=eur", "", 400, "Missing required param: amount."},
		{"POST", "/v1/payment_intents", "amount=10&currency=eur", "", 400, `"code":"amount_too_small"`},
		{"POST", "/v1/payment_intents", "amount=1000&currency=euro", "", 400, `"param":"currency"`},
		{"POST", "/v1/payment_intents", "amount=1000&currency=eur&confirm=yes", "", 400, "Invalid boolean: yes"},
		{"POST", "/v1/payment_intents", "amount=1000&currency=eur&confirm=true&payment_method=pm_card_visa", "", 400, `"param":"return_url"`},
		{"POST", "/v1/payment_intents", "amount=1000&currency=eur&customer=", "", 400, `"code":"parameter_invalid_empty"`},
		{"POST", "/v1/payment_intents", "amount=1000&currency=eur&payment_method_types[]=sepa_debit", "", 400, `"param":"payment_method_types"`},
		{"POST", "/v1/setup_intents", "usage=never", "", 400, "must be one of"},
		{"GET", "/v1/payment_methods", "", "", 400, `"param":"customer"`},
		{"GET", "/v1/customers?limit=101", "", "", 400, `"param":"limit"`},
		{"GET", "/v1/customers?starting_after=cus_none", "", "", 400, `"param":"starting_after"`},
	} {
		var form url.Values
		if c.form != "" {
			form = must[url.Values](t)(url.ParseQuery(c.form))
		}
		var header []string
		if c.auth != "" {
			header = []string{"Authorization", strings.TrimPrefix(c.auth, "none")}
		}
		a := p.must(c.method, c.target, form, header...)
		if a.status != c.status || !strings.Contains(a.body, c.want) || a.header.Get("Request-Id") == "" {
			t.Errorf("%s %s %s: %d %s", c.method, c.target, c.form, a.status, a.body)
		}
	}
	eq(t, "JSON body", p.must(http.MethodPost, "/v1/customers", url.Values{"a": {"b"}}, "Content-Type", "application/json").status, 400)
	eq(t, "version", p.must(http.MethodGet, "/v1/customers/"+cus.ID, nil, "Stripe-Version", "2020-08-27").status, 400)
	eq(t, "big body", p.must(http.MethodPost, "/v1/customers", url.Values{"name": {strings.Repeat("x", 1<<20)}}).status, 413)
}

func TestCustomersAndMetadata(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := must[*stripe.Customer](t)(p.api.Customers.New(&stripe.CustomerParams{Name: stripe.String("Ada"), PaymentMethod: stripe.String("pm_card_visa"),
		Address: &stripe.AddressParams{City: stripe.String("Graz")}, InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: stripe.String("pm_card_visa")},
		Metadata: map[string]string{"a": "1", "b": "2"}}))
	eq(t, "city", cus.Address.City, "Graz")
	if cus.InvoiceSettings.DefaultPaymentMethod == nil {
		t.Fatal("no default payment method")
	}
	cus = must[*stripe.Customer](t)(p.api.Customers.Update(cus.ID, &stripe.CustomerParams{Metadata: map[string]string{"a": "", "c": "3"}}))
	eq(t, "metadata", fmt.Sprint(cus.Metadata), "map[b:2 c:3]")
	eq(t, "name stays", cus.Name, "Ada")
	eq(t, "deleted", must[*stripe.Customer](t)(p.api.Customers.Del(cus.ID, nil)).Deleted, true)
	eq(t, "gone", must[*stripe.Customer](t)(p.api.Customers.Get(cus.ID, nil)).Deleted, true)
	_, err := p.api.PaymentIntents.New(offSession(cus.ID, "pm_card_visa", 500))
	eq(t, "not usable", refusal(t, err).Param, "customer")
}

func TestPaging(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	var made []string
	for i := range 25 {
		pi := must[*stripe.PaymentIntent](t)(p.api.PaymentIntents.New(&stripe.PaymentIntentParams{Amount: stripe.Int64(int64(1000 + i)),
			Currency: stripe.String("eur"), Customer: &cus.ID}))
		made = append([]string{pi.ID}, made...)
	}
	it := p.api.PaymentIntents.List(&stripe.PaymentIntentListParams{Customer: &cus.ID, ListParams: stripe.ListParams{Limit: stripe.Int64(10)}})
	var got []string
	for it.Next() {
		got = append(got, it.PaymentIntent().ID)
	}
	eq(t, "all, newest first", fmt.Sprint(got), fmt.Sprint(made))
	back := p.api.PaymentIntents.List(&stripe.PaymentIntentListParams{ListParams: stripe.ListParams{Limit: stripe.Int64(3), EndingBefore: &made[5], Single: true}})
	got = nil
	for back.Next() {
		got = append(got, back.PaymentIntent().ID)
	}
	eq(t, "before, as stripe-go walks backwards", fmt.Sprint(got), fmt.Sprint([]string{made[4], made[3], made[2]}))
	eq(t, "more", back.PaymentIntentList().HasMore, true)
}

func TestManualCaptureAndCancel(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	params := offSession(cus.ID, p.saved(cus.ID, "4242424242424242"), 2000)
	params.CaptureMethod = stripe.String("manual")
	pi := must[*stripe.PaymentIntent](t)(p.api.PaymentIntents.New(params))
	eq(t, "authorised", pi.Status, stripe.PaymentIntentStatusRequiresCapture)
	_, err := p.api.PaymentIntents.Capture(pi.ID, &stripe.PaymentIntentCaptureParams{AmountToCapture: stripe.Int64(2001)})
	eq(t, "too much", refusal(t, err).Param, "amount_to_capture")
	pi = must[*stripe.PaymentIntent](t)(p.api.PaymentIntents.Capture(pi.ID, &stripe.PaymentIntentCaptureParams{AmountToCapture: stripe.Int64(1500)}))
	eq(t, "received", pi.AmountReceived, 1500)
	_, err = p.api.PaymentIntents.Cancel(pi.ID, nil)
	e := refusal(t, err)
	eq(t, "cancel", e.Code, stripe.ErrorCodePaymentIntentUnexpectedState)
	eq(t, "with the intent", e.PaymentIntent.ID, pi.ID)
	_, err = p.api.PaymentIntents.Confirm(pi.ID, nil)
	eq(t, "confirm", refusal(t, err).Code, stripe.ErrorCodePaymentIntentUnexpectedState)

	hold := must[*stripe.PaymentIntent](t)(p.api.PaymentIntents.New(params))
	hold = must[*stripe.PaymentIntent](t)(p.api.PaymentIntents.Cancel(hold.ID, &stripe.PaymentIntentCancelParams{CancellationReason: stripe.String("abandoned")}))
	eq(t, "canceled", hold.Status, stripe.PaymentIntentStatusCanceled)
	if hold.CanceledAt == 0 || hold.CancellationReason != "abandoned" {
		t.Fatalf("got %+v", hold)
	}
	ledger := p.control(http.MethodGet, "ledger", "")
	eq(t, "captured", ledger["captured"].(map[string]any)["eur"].(float64), 1500)
	si := must[*stripe.SetupIntent](t)(p.api.SetupIntents.New(&stripe.SetupIntentParams{Customer: &cus.ID}))
	eq(t, "setup canceled", must[*stripe.SetupIntent](t)(p.api.SetupIntents.Cancel(si.ID, nil)).Status, stripe.SetupIntentStatusCanceled)
	_, err = p.api.SetupIntents.Confirm(si.ID, &stripe.SetupIntentConfirmParams{PaymentMethod: stripe.String("pm_card_visa")})
	eq(t, "setup over", refusal(t, err).Code, stripe.ErrorCodeSetupIntentUnexpectedState)
}

// Without the wish for action, or without a return_url, authentication at a
// charge with the holder present.
func TestPaymentActionVariants(t *testing.T) {
	p := start(t, sandbox.Options{})
	params := &stripe.PaymentIntentParams{Amount: stripe.Int64(900), Currency: stripe.String("eur"), Confirm: stripe.Bool(true),
		PaymentMethod: stripe.String("pm_card_threeDSecure2Required"), PaymentMethodTypes: stripe.StringSlice([]string{"card"})}
	pi := must[*stripe.PaymentIntent](t)(p.api.PaymentIntents.New(params))
	eq(t, "sdk", string(pi.NextAction.Type), "use_stripe_sdk")
	params.ErrorOnRequiresAction = stripe.Bool(true)
	_, err := p.api.PaymentIntents.New(params)
	eq(t, "refused", refusal(t, err).Code, stripe.ErrorCodeAuthenticationRequired)
}

func TestRefunds(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	paid := func(card string) *stripe.PaymentIntent {
		return must[*stripe.PaymentIntent](t)(p.api.PaymentIntents.New(offSession(cus.ID, p.saved(cus.ID, card), 1999)))
	}
	pi := paid("4242424242424242")
	give := func(amount int64) (*stripe.Refund, error) {
		return p.api.Refunds.New(&stripe.RefundParams{PaymentIntent: &pi.ID, Amount: &amount, Reason: stripe.String("requested_by_customer"),
			Metadata: map[string]string{"ticket": "t1"}})
	}
	_, err := give(5000)
	e := refusal(t, err)
	eq(t, "over-refund", e.Param, "amount")
	eq(t, "message", e.Msg, "Refund amount (€50.00) is greater than unrefunded amount on charge (€19.99)")
	r := must[*stripe.Refund](t)(give(1000))
	eq(t, "status", r.Status, stripe.RefundStatusSucceeded)
	eq(t, "reason", r.Reason, stripe.RefundReasonRequestedByCustomer)
	_, err = give(1000)
	eq(t, "more than left", refusal(t, err).HTTPStatusCode, 400)
	must[*stripe.Refund](t)(give(999))
	_, err = give(1)
	eq(t, "nothing left", refusal(t, err).Code, stripe.ErrorCodeChargeAlreadyRefunded)
	ch := must[*stripe.Charge](t)(p.api.Charges.Get(pi.LatestCharge.ID, nil))
	eq(t, "refunded", ch.Refunded && ch.AmountRefunded == 1999, true)
	n := 0
	for it := p.api.Refunds.List(&stripe.RefundListParams{PaymentIntent: &pi.ID}); it.Next(); n++ {
	}
	eq(t, "listed", n, 2)
	open := must[*stripe.PaymentIntent](t)(p.api.PaymentIntents.New(&stripe.PaymentIntentParams{Amount: stripe.Int64(500), Currency: stripe.String("eur")}))
	_, err = p.api.Refunds.New(&stripe.RefundParams{PaymentIntent: &open.ID})
	eq(t, "not paid", refusal(t, err).HTTPStatusCode, 400)

	pi = paid("4000000000005126")
	bad := must[*stripe.Refund](t)(give(1999))
	pi = paid("4000000000007726")
	slow := must[*stripe.Refund](t)(give(1999))
	eq(t, "pending", slow.Status, stripe.RefundStatusPending)
	p.control(http.MethodPost, "clock", `{"advanceSeconds":6}`)
	eq(t, "failed", must[*stripe.Refund](t)(p.api.Refunds.Get(bad.ID, nil)).Status, stripe.RefundStatusFailed)
	eq(t, "settled", must[*stripe.Refund](t)(p.api.Refunds.Get(slow.ID, nil)).Status, stripe.RefundStatusSucceeded)
	ledger := p.control(http.MethodGet, "ledger", "")
	eq(t, "captured", ledger["captured"].(map[string]any)["eur"].(float64), 3*1999)
	eq(t, "given back", ledger["refunded"].(map[string]any)["eur"].(float64), 2*1999)
}

// The state file brings back objects, keys, wiring, time and what was held; and
// neither it nor the log ever holds a number or a CVC.
func TestRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "psp.json")
	p := start(t, sandbox.Options{StateFile: file})
	r := p.receive("whsec_a")
	p.control(http.MethodPut, "delivery", `{"hold":true}`)
	p.control(http.MethodPost, "clock", `{"advanceSeconds":3600}`)
	cus := p.customer()
	p.method("4242424242424242")
	p.must(http.MethodPost, "/v1/customers", url.Values{"number": {"4242424242424242"}, "cvc": {"987"}}) // refused, and not remembered
	open := p.setupSession(cus.ID)
	p.submit(p.must(http.MethodGet, open.URL, nil), url.Values{"number": {"4000002500003155"}, "exp_month": {"11"}, "exp_year": {"2043"}, "cvc": {"987"}})
	form := chargeForm(cus.ID, p.saved(cus.ID, "4242424242424242"))
	first := p.must(http.MethodPost, "/v1/payment_intents", form, "Idempotency-Key", "k")
	noCard(t, p.must(http.MethodGet, "/_sandbox/requests", nil).body)
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	noCard(t, string(must[[]byte](t)(os.ReadFile(file))))

	p = start(t, sandbox.Options{StateFile: file})
	again := p.must(http.MethodPost, "/v1/payment_intents", form, "Idempotency-Key", "k")
	eq(t, "replayed", again.body, first.body)
	eq(t, "header", again.header.Get("Idempotent-Replayed"), "true")
	eq(t, "charges", len(p.charges()), 1)
	eq(t, "clock", p.control(http.MethodGet, "clock", "")["offsetSeconds"].(float64), 3600)
	eq(t, "customer", must[*stripe.Customer](t)(p.api.Customers.Get(cus.ID, nil)).Email, "ada@example.com")
	si := must[*stripe.SetupIntent](t)(p.api.SetupIntents.Get(open.SetupIntent.ID, nil))
	eq(t, "challenge open", si.Status, stripe.SetupIntentStatusRequiresAction)
	held := int(p.control(http.MethodGet, "delivery", "")["held"].(float64))
	eq(t, "nothing sent yet", len(r.types()), 0)
	p.control(http.MethodPut, "delivery", `{}`)
	r.await(held)

	p.control(http.MethodPost, "reset", "")
	eq(t, "reset", len(p.charges()), 0)
	p.customer()
	r.await(held + 1) // the wiring stays

	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.New(sandbox.Options{StateFile: file}); err == nil {
		t.Fatal("half a state file was taken")
	}
}

func noCard(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{"4242424242424242", "4000002500003155", "987\""} {
		if strings.Contains(text, secret) {
			t.Fatalf("%s is written down: %s", secret, text)
		}
	}
}

// The state is on disk soon after a change, without closing.
func TestSavedAsItGoes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "psp.json")
	p := start(t, sandbox.Options{StateFile: file})
	cus := p.customer()
	for range 200 {
		if b, err := os.ReadFile(file); err == nil && strings.Contains(string(b), cus.ID) {
			return
		}
		wait()
	}
	t.Fatal("never saved")
}

func TestPagesForPeople(t *testing.T) {
	p := start(t, sandbox.Options{})
	if a := p.must(http.MethodGet, "/", nil); a.status != 200 || !strings.Contains(a.body, "4000 0027 6000 3184") {
		t.Fatalf("index: %d %s", a.status, a.body)
	}
	eq(t, "health", p.must(http.MethodGet, "/_sandbox/health", nil).status, 200)
	for target, status := range map[string]int{"/c/pay/cs_test_none": 404, "/3ds/none": 410, "/nothing": 404} {
		eq(t, target, p.must(http.MethodGet, target, nil).status, status)
	}
}
