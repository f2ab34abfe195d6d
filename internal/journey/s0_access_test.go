package journey

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/golang-jwt/jwt/v5"

	"turnup/internal/api/reference"
	"turnup/internal/base/token"
	"turnup/internal/platform/rest"
	"turnup/internal/platform/secrets"
)

// owned is one customer's things, for others to reach after.
type owned struct {
	customer *Customer
	id       string
	method   Method
	session  string
	cart     Cart // open
	order    Checkout
}

func own(t *testing.T) owned {
	t.Helper()
	ctx := context.Background()
	c, r := newCustomer(t)
	o := owned{customer: c, id: r.CustomerID}
	begun := must[Method](t)(c.BeginMethod(ctx))
	back := must[url.Values](t)(NewBrowser().Pay(ctx, begun.RedirectURL, cardGood, Pass))
	o.session = back.Get("session_id")
	o.method = into[Method](t, must[Answer](t)(c.ConfirmMethod(ctx, begun.Reference, back)))
	bought := must[Cart](t)(c.Fill(ctx, "plan_stream-hd"))
	o.order = into[Checkout](t, must[Answer](t)(c.Pay(ctx, Key(), bought.CartID, o.method.PaymentMethodID)))
	o.cart = must[Cart](t)(c.Fill(ctx, "good_streaming-stick"))
	return o
}

// rows says, for each operation, what its owner sends, and what somebody else is answered to the same.
func rows(o owned) map[string]struct {
	path    string
	body    any
	foreign int // to another customer and to another tenant
} {
	type row = struct {
		path    string
		body    any
		foreign int
	}
	return map[string]row{
		"queryIfUserNameExists": {"/registration/usernames?username=" + newName(), nil, http.StatusOK},
		"registerCustomer":      {"/registration/customers", Registration(newName()), http.StatusCreated},
		"getCatalogue":          {"/catalogue/items", nil, http.StatusOK},
		"createPaymentMethod":   {"/payment-methods", map[string]any{"returnUrl": ReturnURL}, http.StatusCreated}, // makes one's own
		"getPaymentMethod":      {"/payment-methods/" + o.method.Reference, nil, http.StatusNotFound},
		"confirmPaymentMethod":  {"/payment-methods/" + o.method.Reference + "/confirm", map[string]any{"sessionId": o.session}, http.StatusNotFound},
		"addItemsToCart":        {"/carts/items", map[string]any{"cartId": o.cart.CartID, "items": []any{item("plan_sports-pass")}}, http.StatusNotFound},
		"getCart":               {"/carts/" + o.cart.CartID, nil, http.StatusNotFound},
		"removeItemFromCart":    {"/carts/" + o.cart.CartID + "/items/plan_sports-pass", nil, http.StatusNotFound},
		"checkoutCart":          {"/carts/" + o.cart.CartID + "/checkout", map[string]any{"paymentMethodId": o.method.PaymentMethodID, "returnUrl": ReturnURL}, http.StatusNotFound},
		"getOrder":              {"/orders/" + o.order.OrderID, nil, http.StatusNotFound},
		"listSubscriptions":     {"/subscriptions", nil, http.StatusOK}, // one's own, which are none
		"getSubscription":       {"/subscriptions/" + o.order.SubscriptionIDs[0], nil, http.StatusNotFound},
		"receiveStripeEvent":    {"/webhooks/stripe", "{}", http.StatusBadRequest}, // no signature
		"getOpenAPI":            {"/openapi.json", nil, http.StatusOK},
		"getReference":          {"/reference", nil, http.StatusOK},
	}
}

// forge signs claims with the deployment's own key: what is wrong with such a token is in its claims alone.
func forge(t *testing.T, customer string, change func(jwt.MapClaims, map[string]any)) string {
	t.Helper()
	found := must[map[string]string](t)(secrets.Read(context.Background(), ssm.NewFromConfig(site.AWS()), "/turnup/"+os.Getenv("TURNUP_STACK_NAME"), "token-signing-key"))
	block, _ := pem.Decode([]byte(found["token-signing-key"]))
	key := must[any](t)(x509.ParsePKCS8PrivateKey(block.Bytes)).(ed25519.PrivateKey)
	claims := jwt.MapClaims{"iss": token.Issuer, "aud": token.CustomerAudience, "sub": customer, "tenant": "demo", "country": "DE",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	tok.Header["kid"], tok.Header["typ"] = token.KeyID(key.Public().(ed25519.PublicKey)), "at+jwt"
	change(claims, tok.Header)
	return must[string](t)(tok.SignedString(key))
}

// X1, S0-12, S0-32, S0-39: every route × every kind of caller, generated from the declarations; a new route without a row
// fails. Whoever has no valid token gets 401; another customer and another tenant get what an unknown id gets.
func TestAccessMatrix(t *testing.T) {
	ctx := context.Background()
	o := own(t)
	other, _ := newCustomer(t)
	refused := map[string]string{
		"anonymous":      "",
		"expired":        forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }),
		"wrong audience": forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["aud"] = "turnup-staff" }),
		"wrong issuer":   forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["iss"] = "somebody" }),
		"wrong type":     forge(t, o.id, func(_ jwt.MapClaims, h map[string]any) { h["typ"] = "JWT" }),
		"no expiry":      forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { delete(c, "exp") }),
		"no tenant":      forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { delete(c, "tenant") }),
	}
	foreign := map[string]string{
		"other customer": other.Token,
		"other tenant":   forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["tenant"] = "another" }),
	}
	table := rows(o)
	for _, op := range reference.Document().Operations() {
		row, known := table[op.ID]
		if !known {
			t.Errorf("%s has no row in this matrix", op.ID)
			continue
		}
		send := func(tok string) Answer {
			c := site.Visitor()
			c.Token = tok
			headers := []Header{}
			if op.Method == http.MethodPost && op.Audience != rest.Provider {
				headers = append(headers, Header{"Idempotency-Key", Key()})
			}
			return must[Answer](t)(c.Call(ctx, op.Method, row.path, row.body, headers...))
		}
		for who, tok := range refused {
			a := send(tok)
			switch {
			case op.Audience == rest.Customer && (a.Status != http.StatusUnauthorized || !strings.Contains(string(a.Raw), `"code"`)):
				t.Errorf("%s, %s: %d %s", op.ID, who, a.Status, a.Raw)
			case op.Audience == rest.Nobody:
				t.Errorf("%s is for nobody", op.ID)
			}
			if op.Audience == rest.Public {
				break // a token changes nothing there; one try is enough
			}
		}
		if op.Audience != rest.Customer {
			continue
		}
		for who, tok := range foreign {
			a := send(tok)
			status := row.foreign
			if a.Status != status || strings.Contains(string(a.Raw), o.order.OrderID) {
				t.Errorf("%s, %s: %d, want %d: %s", op.ID, who, a.Status, status, a.Raw)
			}
		}
		if a := send(o.customer.Token); a.Status >= 400 {
			t.Errorf("%s, its owner: %d %s", op.ID, a.Status, a.Raw)
		}
	}
}
