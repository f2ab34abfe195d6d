package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"turnup/internal/journey"
)

// Recovery is who acts first after something failed.
type Recovery string

// The recoveries.
const (
	Again Recovery = "the customer tries again at once"
	Later Recovery = "everything else happens first, then the customer tries again; the outbox's stream loses what failed"
	Never Recovery = "the customer is gone, the outbox's stream loses what failed, the PSP's webhooks come last of all"
)

// Recoveries lists them.
var Recoveries = []Recovery{Again, Later, Never}

// errGone ends a journey whose customer does not come back.
var errGone = errors.New("chaos: the customer is gone")

// Shopper is the customer of one run, with a front end that tries again as front ends do: the same request, with the same
// Idempotency-Key, when the answer is a failure of ours or there is none.
type Shopper struct {
	*journey.Customer
	ID       string // of the customer, once registered
	Username string
	Method   journey.Method
	Cart     journey.Cart
	Order    string // that was paid
	Placed   string // order of a plan
	Coupon   string
	PageURL  string // of the gateway
	Bill     string // invoice that is owed
	Unheard  int    // how many webhooks were kept back before those that a step keeps back
	Reader   *journey.Reader
	Screen   journey.Screen // of the pages of a signup
	Signup   string

	world    *World
	recovery Recovery
}

// presses is how often a front end sends a request before it tells its customer that something is wrong.
const presses = 4

func (w *World) shopper(name string, recovery Recovery) *Shopper {
	s := &Shopper{Username: name, world: w, recovery: recovery}
	s.Customer = &journey.Customer{Site: w.Site.Site, HTTP: &http.Client{Timeout: time.Minute, Transport: s}}
	return s
}

// RoundTrip sends a request, again and again.
func (s *Shopper) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	for try := 1; ; try++ {
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		res, err := http.DefaultTransport.RoundTrip(again)
		if err != nil || res.StatusCode < http.StatusInternalServerError {
			return res, err
		}
		switch {
		case s.recovery == Never:
			_ = res.Body.Close()
			return nil, errGone
		case try == presses:
			return res, nil
		case s.recovery == Later:
			if err := s.world.settle(r.Context(), false); err != nil {
				_ = res.Body.Close()
				return nil, err
			}
		}
		_ = res.Body.Close()
	}
}

// Step is something that a customer does.
type Step struct {
	Name string
	Do   func(ctx context.Context, s *Shopper) error
}

// Journey is a customer's way, with what happens behind the API after each step.
type Journey struct {
	Name string
	// From is the first step whose calls are made to fail; what other journeys have before is theirs. Empty is the first.
	From   string
	Only   []string // the functions, or calls of one, that are made to fail; empty is all
	Modes  []Mode   // the modes that it is for; empty is all
	Given  []Fault  // what fails in each run, so that the way back from it can fail too; the customer is gone then
	Leaves bool     // the customer ends without an order
	Heard  bool     // the PSP's webhooks are never kept back: nothing else tells of what it is about
	Steps  []Step
}

// first is the recovery with which the journey is played to learn its calls.
func (j Journey) first() Recovery {
	if len(j.Given) > 0 {
		return Never
	}
	return Again
}

// Test cards of the PSP.
const (
	cardSetup    = "4000002500003155" // 3-D Secure when it is set up
	cardAlways   = "4000002760003184" // 3-D Secure at every charge
	cardDeclines = "4000000000000341" // set up well, and declined when charged
)

// What the demo catalogue sells.
const (
	plan  = "plan_stream-hd"
	stick = "good_streaming-stick"
)

// CardPurchase is S0: a new customer buys a plan by card.
var CardPurchase = Journey{Name: "card purchase", Steps: []Step{
	{"ask for the username", askUsername}, {"register", register}, {"look at the catalogue", browse}, {"enter a card", enterCard(cardSetup)},
	{"fill a cart", fillCart}, {"check out", checkOut}, {"look at what was bought", lookAt}}}

// BankPurchase is S0 with a card whose bank wants the customer at charge time.
var BankPurchase = Journey{Name: "bank purchase", From: "check out", Only: paying, Steps: []Step{
	{"register", register}, {"enter a card", enterCard(cardAlways)}, {"fill a cart", fillCart}, {"check out", checkOut}, {"look at what was bought", lookAt}}}

// DeclinedPurchase is S0 with a card that is declined, and then with another.
var DeclinedPurchase = Journey{Name: "declined purchase", From: "be declined", Only: paying, Steps: []Step{
	{"register", register}, {"enter a card", enterCard(cardDeclines)}, {"fill a cart", fillCart}, {"be declined", beDeclined},
	{"enter another card", enterCard(cardSetup)}, {"check out", checkOut}, {"look at what was bought", lookAt}}}

// paying are the functions that have to do with money; what others do is the same in every purchase.
var paying = []string{"carts", "stripe-webhook", "on-settlement", "tasks-settlement"}

// LostPurchase is S0 when the charge is made, its answer is lost and so is the webhook: settlement finds it.
var LostPurchase = Journey{Name: "lost purchase", From: "check out", Only: paying, Given: []Fault{{Point{"carts", "PSP POST /v1/payment_intents", 1}, Lost}},
	Steps: []Step{{"register", register}, {"enter a card", enterCard(cardSetup)}, {"fill a cart", fillCart}, {"check out", checkOut}}}

// NeverCharged is S0 when the request to charge is lost: settlement opens the cart again.
var NeverCharged = Journey{Name: "never charged", From: "check out", Only: paying, Leaves: true, Given: []Fault{{Point{"carts", "PSP POST /v1/payment_intents", 1}, Silent}},
	Steps: []Step{{"register", register}, {"enter a card", enterCard(cardSetup)}, {"fill a cart", fillCart}, {"check out", checkOut}}}

// LeftAtTheBank is S0 when the customer does not come back from the bank at charge time: settlement gives the charge up.
var LeftAtTheBank = Journey{Name: "left at the bank", From: "leave at the bank", Only: paying, Leaves: true, Steps: []Step{
	{"register", register}, {"enter a card", enterCard(cardAlways)}, {"fill a cart", fillCart}, {"leave at the bank", leave}}}

// GoodsPurchase is a purchase of what a customer may buy twice, so that nothing but the cart keeps two payments apart.
var GoodsPurchase = Journey{Name: "goods purchase", From: "check out", Only: []string{"carts"}, Modes: []Mode{Twin, Rival}, Steps: []Step{
	{"register", register}, {"enter a card", enterCard(cardSetup)}, {"fill a cart", fillGoods}, {"check out", checkOut}}}

// SweptPurchase is S0 when the outbox's stream loses what tells of the payment: the sweep sends it.
var SweptPurchase = Journey{Name: "swept purchase", From: "check out", Only: []string{"outbox-sweep"}, Given: []Fault{{Point{"outbox-relay", "AWSEvents.PutEvents", 2}, Before}},
	Steps: []Step{{"register", register}, {"enter a card", enterCard(cardSetup)}, {"fill a cart", fillCart}, {"check out", checkOut}}}

// Journeys are all that are made to fail.
var Journeys = []Journey{CardPurchase, BankPurchase, DeclinedPurchase, LostPurchase, NeverCharged, LeftAtTheBank, GoodsPurchase, SweptPurchase,
	PagePurchase, WalletPurchase, CancelledOrder, ForgottenOrder, UntouchedOrder, PaidTwice,
	Subscribed, Renewal, LostRenewal, Dunning, LostInvoicePayment, Suspension, PlanChange, Refund,
	DisputeWon, DisputeLost, DisputeWonLate, DisputedPurchase, DisputeBackwards, SigningUp, SigningUpAtTheBank, Upgrading, Downgrading,
	Told, ToldAgain, ToldInVain}

func askUsername(ctx context.Context, s *Shopper) error {
	var out journey.Username
	a, err := s.Get(ctx, "/registration/usernames?username="+s.Username)
	if err == nil {
		err = a.Into(&out)
	}
	if err == nil && out.Exists {
		err = fmt.Errorf("the username %s is taken", s.Username)
	}
	return err
}

func register(ctx context.Context, s *Shopper) error {
	var out journey.Registered
	a, err := s.Post(ctx, "/registration/customers", journey.Key(), journey.Registration(s.Username))
	if err == nil {
		err = a.Into(&out)
	}
	s.Token, s.ID = out.Session.AccessToken, out.CustomerID
	return err
}

func browse(ctx context.Context, s *Shopper) error {
	var out journey.Catalogue
	a, err := s.Get(ctx, "/catalogue/items?country=DE")
	if err == nil {
		err = a.Into(&out)
	}
	if err == nil && len(out.Items) == 0 {
		err = errors.New("the catalogue is empty")
	}
	return err
}

func enterCard(card string) func(context.Context, *Shopper) error {
	return func(ctx context.Context, s *Shopper) (err error) {
		s.Method, err = s.AddCard(ctx, card)
		return err
	}
}

func fillCart(ctx context.Context, s *Shopper) error {
	add := func(item string) error {
		body := map[string]any{"items": []any{map[string]any{"itemId": item}}}
		if s.Cart.CartID != "" {
			body["cartId"] = s.Cart.CartID
		}
		a, err := s.Post(ctx, "/carts/items", journey.Key(), body)
		if err == nil {
			err = a.Into(&s.Cart)
		}
		return err
	}
	if err := add(stick); err != nil {
		return err
	}
	if err := add(plan); err != nil {
		return err
	}
	a, err := s.Call(ctx, http.MethodDelete, "/carts/"+s.Cart.CartID+"/items/"+stick, nil)
	if err == nil && a.Code() == "version_mismatch" { // another window changed the cart meanwhile
		a, err = s.Call(ctx, http.MethodDelete, "/carts/"+s.Cart.CartID+"/items/"+stick, nil)
	}
	switch {
	case err != nil:
		return err
	case a.Status != http.StatusOK && a.Code() != "item_not_in_cart": // it was removed, and the answer was lost
		return fmt.Errorf("%d %s", a.Status, a.Raw)
	}
	if a, err = s.Get(ctx, "/carts/"+s.Cart.CartID); err == nil {
		err = a.Into(&s.Cart)
	}
	if err == nil && len(s.Cart.Lines) != 1 {
		err = fmt.Errorf("the cart has %d lines", len(s.Cart.Lines))
	}
	return err
}

func fillGoods(ctx context.Context, s *Shopper) (err error) {
	s.Cart, err = s.Fill(ctx, stick)
	return err
}

// checkOut pays. A front end whose request fails for good tells its customer, who presses the button again: a new key.
func checkOut(ctx context.Context, s *Shopper) error {
	key := journey.Key()
	for press := 1; ; press++ {
		a, err := s.Pay(ctx, key, s.Cart.CartID, s.Method.PaymentMethodID)
		if err != nil {
			return err
		}
		if a.Code() == "cart_checked_out" { // by the attempt before, as its customer now learns
			var c journey.Cart
			if a, err = s.Get(ctx, "/carts/"+s.Cart.CartID); err == nil {
				err = a.Into(&c)
			}
			s.Order = c.OrderID
			return err
		}
		if a.Status >= http.StatusBadRequest {
			if press == 2 {
				return fmt.Errorf("the checkout is answered %d %s", a.Status, a.Raw)
			}
			key = journey.Key()
			continue
		}
		var out journey.Checkout
		if err := a.Into(&out); err != nil {
			return err
		}
		if out.Status == "redirect_required" {
			if _, err := journey.NewBrowser().Pay(ctx, out.RedirectURL, "", journey.Pass); err != nil {
				return err
			}
			press-- // coming back from the bank is no failure
			continue
		}
		s.Order = out.OrderID
		return nil
	}
}

// leave checks out and does not come back from the bank.
func leave(ctx context.Context, s *Shopper) error {
	for press := 1; ; press++ {
		a, err := s.Pay(ctx, journey.Key(), s.Cart.CartID, s.Method.PaymentMethodID)
		switch {
		case err != nil || a.Status < http.StatusBadRequest:
			return err
		case press == presses:
			return fmt.Errorf("the checkout is answered %d %s", a.Status, a.Raw)
		}
	}
}

func beDeclined(ctx context.Context, s *Shopper) error {
	a, err := s.Pay(ctx, journey.Key(), s.Cart.CartID, s.Method.PaymentMethodID)
	for press := 1; err == nil && a.Status >= http.StatusInternalServerError && press < presses; press++ {
		a, err = s.Pay(ctx, journey.Key(), s.Cart.CartID, s.Method.PaymentMethodID)
	}
	if err == nil && a.Code() != "payment_declined" {
		err = fmt.Errorf("the declined card is answered %d %s", a.Status, a.Raw)
	}
	return err
}

// lookAt reads what was bought, which must be there.
func lookAt(ctx context.Context, s *Shopper) error {
	var o journey.Order
	a, err := s.Get(ctx, "/orders/"+s.Order)
	if err == nil {
		err = a.Into(&o)
	}
	var list struct{ Subscriptions []journey.Subscription }
	if err == nil {
		if a, err = s.Get(ctx, "/subscriptions"); err == nil {
			err = a.Into(&list)
		}
	}
	if err != nil {
		return err
	}
	if len(o.SubscriptionIDs) != 1 || len(list.Subscriptions) != 1 {
		return fmt.Errorf("order %+v, subscriptions %+v", o, list.Subscriptions)
	}
	var one journey.Subscription
	if a, err = s.Get(ctx, "/subscriptions/"+o.SubscriptionIDs[0]); err == nil {
		err = a.Into(&one)
	}
	return err
}

// Arrived checks that the customer has what they bought, once everything is at rest.
func (s *Shopper) Arrived(ctx context.Context) error {
	var o journey.Order
	a, err := s.Get(ctx, "/orders/"+s.Order)
	if err == nil {
		err = a.Into(&o)
	}
	if err == nil && o.Status != "delivered" {
		err = fmt.Errorf("the order %s is %q", s.Order, o.Status)
	}
	return err
}

// name makes a username that a point and a mode can be told from in no way, as usernames are short.
func name(run int) string { return "chaos." + strings.ToLower(journey.Key()[:10]) + fmt.Sprint(run) }
