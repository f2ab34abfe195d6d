package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/journey"
	"turnup/internal/journey/demo"
)

const (
	card  = "4242424242424242"
	plan  = "plan_stream-hd"
	stick = "good_streaming-stick"
)

// play plays the journey of a new customer who buys by card, and what follows behind the API; then a second purchase
// whose charge the PSP makes while its answer is lost; then what another customer and the staff do with plan orders and a ticket.
func (s *stage) play(ctx context.Context) error {
	for _, act := range []func(context.Context) error{s.arrive, s.methods, s.shop, s.afterwards, s.renewals, s.decisions, s.lostAnswer, s.signsUp, s.newcomer, s.browse, s.payByPage,
		s.payOnReturn, s.fundWallet, s.payByWallet, s.changeMind, s.lookAfter, s.refundMail, s.backOffice, s.support, s.network, s.people, s.ticks} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) arrive(ctx context.Context) error {
	name := "bench." + strings.ToLower(journey.Key()[:8])
	err := s.request(ctx, request{name: "queryIfUserNameExists", function: "registration", method: http.MethodGet,
		path: "/registration/usernames?username=" + name, anon: true, want: http.StatusOK})
	if err != nil {
		return err
	}
	var r journey.Registered
	err = s.request(ctx, request{name: "registerCustomer", function: "registration", method: http.MethodPost, path: "/registration/customers",
		body: journey.Registration(name), anon: true, want: http.StatusCreated, answer: &r})
	if err != nil {
		return err
	}
	s.token, s.customer = r.Session.AccessToken, r.CustomerID
	signer, err := token.NewSigner(s.site.Secrets["token-signing-key"])
	if err == nil {
		s.staff, _, err = signer.StaffSession(demo.Tenant, "bench", []string{token.RoleAdmin}, time.Now())
	}
	if err != nil {
		return err
	}
	return s.request(ctx, request{name: "getCatalogue", function: "catalogue", method: http.MethodGet, path: "/catalogue/items?country=DE", anon: true, want: http.StatusOK})
}

// methods sets two cards up: one that the customer confirms, one that the PSP's webhook tells of first.
func (s *stage) methods(ctx context.Context) error {
	first, session, err := s.enterCard(ctx, "createPaymentMethod, the first", card)
	if err != nil {
		return err
	}
	if err := s.confirm(ctx, "confirmPaymentMethod", first, session); err != nil {
		return err
	}
	second, session, err := s.enterCard(ctx, "createPaymentMethod, another", card)
	if err != nil {
		return err
	}
	if err := s.webhook(ctx, "webhook checkout.session.completed, before the confirm", "checkout.session.completed", "/v1/checkout/sessions/"+session); err != nil {
		return err
	}
	var m journey.Method
	err = s.request(ctx, request{name: "getPaymentMethod", function: "payments", method: http.MethodGet, path: "/payment-methods/" + second.Reference,
		route: "/payment-methods/{reference}", want: http.StatusOK, answer: &m})
	if err == nil && m.PaymentMethodID == "" {
		err = errors.New("the webhook did not confirm the payment method")
	}
	if err != nil {
		return err
	}
	s.method = m.PaymentMethodID
	return s.confirm(ctx, "confirmPaymentMethod, after the webhook", second, session)
}

// enterCard begins a payment method and enters a card on the PSP's page.
func (s *stage) enterCard(ctx context.Context, name, number string) (m journey.Method, session string, err error) {
	err = s.request(ctx, request{name: name, function: "payments", method: http.MethodPost, path: "/payment-methods",
		body: map[string]any{"returnUrl": journey.ReturnURL}, want: http.StatusCreated, answer: &m})
	if err != nil {
		return m, "", err
	}
	back, err := journey.NewBrowser().Pay(ctx, m.RedirectURL, number, journey.Pass)
	return m, back.Get("session_id"), err
}

func (s *stage) confirm(ctx context.Context, name string, m journey.Method, session string) error {
	return s.request(ctx, request{name: name, function: "payments", method: http.MethodPost, path: "/payment-methods/" + m.Reference + "/confirm",
		route: "/payment-methods/{reference}/confirm", body: map[string]any{"sessionId": session}, want: http.StatusOK})
}

func (s *stage) add(ctx context.Context, name, cart, item string) (c journey.Cart, err error) {
	body := map[string]any{"items": []any{map[string]any{"itemId": item}}}
	if cart != "" {
		body["cartId"] = cart
	}
	return c, s.request(ctx, request{name: name, function: "carts", method: http.MethodPost, path: "/carts/items", body: body, want: http.StatusOK, answer: &c})
}

func (s *stage) shop(ctx context.Context) error {
	cart, err := s.add(ctx, "addItemsToCart, a new cart", "", stick)
	if err == nil {
		cart, err = s.add(ctx, "addItemsToCart, a cart there is", cart.CartID, plan)
	}
	if err != nil {
		return err
	}
	for _, r := range []request{
		{name: "getCart", method: http.MethodGet, path: "/carts/" + cart.CartID, route: "/carts/{cartId}"},
		{name: "removeItemFromCart", method: http.MethodDelete, path: "/carts/" + cart.CartID + "/items/" + stick, route: "/carts/{cartId}/items/{itemId}"},
	} {
		r.function, r.want = "carts", http.StatusOK
		if err := s.request(ctx, r); err != nil {
			return err
		}
	}
	var bought journey.Checkout
	if err := s.checkout(ctx, "checkoutCart", cart.CartID, http.StatusOK, &bought); err != nil {
		return err
	}
	intent, err := s.intentOf(ctx, bought.PaymentID)
	if err != nil {
		return err
	}
	if err := s.webhook(ctx, "webhook payment_intent.succeeded, after the answer", "payment_intent.succeeded", "/v1/payment_intents/"+intent); err != nil {
		return err
	}
	for _, r := range []request{
		{name: "getOrder", function: "orders", path: "/orders/" + bought.OrderID, route: "/orders/{orderId}"},
		{name: "getSubscription", function: "subscriptions", path: "/subscriptions/" + bought.SubscriptionIDs[0], route: "/subscriptions/{subscriptionId}"},
		{name: "listSubscriptions", function: "subscriptions", path: "/subscriptions"},
	} {
		r.method, r.want = http.MethodGet, http.StatusOK
		if err := s.request(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// checkout pays with the customer's confirmed card.
func (s *stage) checkout(ctx context.Context, name, cart string, want int, out *journey.Checkout) error {
	r := request{name: name, function: "carts", method: http.MethodPost, path: "/carts/" + cart + "/checkout", route: "/carts/{cartId}/checkout",
		body: map[string]any{"paymentMethodId": s.method, "returnUrl": journey.ReturnURL}, want: want}
	if out != nil {
		r.answer = out
	}
	return s.request(ctx, r)
}

// batch is the newest event of a type and the row of the outbox that has it.
func (s *stage) batch(ctx context.Context, kind event.Type) (b event.Batch, e event.Envelope, err error) {
	rows, err := s.site.Store.Waiting(ctx, time.Now().Add(time.Hour))
	if err != nil {
		return b, e, err
	}
	for _, row := range rows {
		for _, candidate := range row.Events {
			if candidate.Type == kind && candidate.ID > e.ID {
				b, e = row, candidate
			}
		}
	}
	if e.ID == "" {
		err = fmt.Errorf("the outbox has no %s", kind)
	}
	return b, e, err
}

// afterwards is what the purchase leads to behind the API.
func (s *stage) afterwards(ctx context.Context) error {
	paidRow, paid, err := s.batch(ctx, event.TypeOrderPaid)
	if err != nil {
		return err
	}
	begunRow, begun, err := s.batch(ctx, event.TypePaymentInitiated)
	if err != nil {
		return err
	}
	for _, do := range []func() error{
		func() error { return s.relay(ctx, "outbox-relay, a payment begun", begunRow) },
		func() error { return s.relay(ctx, "outbox-relay, an order paid", paidRow) },
		func() error { return s.consume(ctx, "on-delivery", "on-delivery", paid) },
		func() error { return s.consume(ctx, "on-invoicing", "on-invoicing", paid) },
		func() error { return s.invoices(ctx, paid) },
		func() error { return s.consume(ctx, "on-notifications", "on-notifications", paid) },
		func() error { return s.consume(ctx, "on-settlement, settled meanwhile", "on-settlement", begun) },
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// invoices reads the invoice of an order, and the next one of its contract.
func (s *stage) invoices(ctx context.Context, e event.Envelope) error {
	var paid event.OrderPaid
	if err := event.Decode(e, &paid); err != nil {
		return err
	}
	one := "/invoices/" + string(id.Swap[id.Invoice](paid.OrderID, id.OrderPrefix, id.InvoicePrefix))
	return s.reads(ctx,
		request{name: "listInvoices", function: "invoices", path: "/invoices"},
		request{name: "getInvoice", function: "invoices", path: one, route: "/invoices/{invoiceId}"},
		request{name: "getInvoicePdf", function: "invoices", path: one + "/pdf", route: "/invoices/{invoiceId}/pdf"},
		request{name: "getUpcomingInvoice", function: "invoices", path: "/invoices/upcoming?subscriptionId=" + string(paid.Subscriptions[0]), route: "/invoices/upcoming"})
}

// lostAnswer buys something more; the charge is made, but its answer never comes. The webhook settles it within seconds; where that comes
// late, settlement has its first look.
func (s *stage) lostAnswer(ctx context.Context) error {
	if err := s.lost(ctx, "plan_sports-pass", "webhook payment_intent.succeeded, the answer was lost", func(event.Envelope) error { return nil }); err != nil {
		return err
	}
	return s.lost(ctx, stick, setUp, func(begun event.Envelope) error {
		return s.consume(ctx, "on-settlement, still pending", "on-settlement", begun)
	})
}

// lost buys an item, so that the answer to the charge is lost. The webhook comes after what happens before it.
func (s *stage) lost(ctx context.Context, item, webhook string, before func(begun event.Envelope) error) error {
	cart, err := s.add(ctx, setUp, "", item)
	if err != nil {
		return err
	}
	s.meter.loseAnswer("PSP POST /v1/payment_intents")
	if err := s.checkout(ctx, setUp, cart.CartID, http.StatusServiceUnavailable, nil); err != nil {
		return err
	}
	_, begun, err := s.batch(ctx, event.TypePaymentInitiated)
	if err != nil {
		return err
	}
	if err := before(begun); err != nil {
		return err
	}
	var p event.PaymentInitiated
	if err := event.Decode(begun, &p); err != nil {
		return err
	}
	intent, err := s.intentOf(ctx, string(p.PaymentID))
	if err != nil {
		return err
	}
	return s.webhook(ctx, webhook, "payment_intent.succeeded", "/v1/payment_intents/"+intent)
}

// intentOf finds the PSP's charge of a payment.
func (s *stage) intentOf(ctx context.Context, payment string) (string, error) {
	raw, err := s.pspObject(ctx, "/v1/payment_intents?"+url.Values{"limit": {"100"}}.Encode())
	if err != nil {
		return "", err
	}
	var list struct {
		Data []struct {
			ID       string
			Metadata map[string]string
		}
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return "", err
	}
	for _, intent := range list.Data {
		if intent.Metadata["turnup_payment"] == payment {
			return intent.ID, nil
		}
	}
	return "", fmt.Errorf("the PSP knows no charge of %s", payment)
}
