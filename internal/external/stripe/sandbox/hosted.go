package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// hosted is the logic behind the pages a card holder sees; pages.go draws them.

// pay gives the session the card typed on its page. It answers where to go
// next; an apiError is shown on the page.
func (o *op) pay(s *session, form url.Values) (string, *apiError) {
	c, holder, e := o.typedCard(form)
	if e != nil {
		return "", e
	}
	pm := o.newMethod(c)
	pm.Name, pm.Email = holder, s.CustomerEmail
	s.Holder = holder
	in, confirm, e := o.sessionIntent(s)
	if e != nil {
		return "", e
	}
	in.PaymentMethod, in.Status, in.ReturnURL = pm.ID, needsConfirmation, s.Base+"/c/pay/"+s.ID
	if e := confirm(); e != nil {
		return "", e
	}
	if in.Status == needsAction {
		return "/3ds/" + in.Challenge, nil
	}
	return s.success(), nil
}

// typedCard reads the card form; number and CVC end here.
func (o *op) typedCard(form url.Values) (card, string, *apiError) {
	month, year := strings.TrimSpace(form.Get("exp_month")), strings.TrimSpace(form.Get("exp_year"))
	if expiry := form.Get("expiry"); expiry != "" {
		month, year, _ = strings.Cut(spaces.Replace(expiry), "/")
	}
	m, errMonth := strconv.ParseInt(month, 10, 64)
	y, errYear := strconv.ParseInt(year, 10, 64)
	cvc := strings.TrimSpace(form.Get("cvc"))
	var incomplete string
	switch {
	case strings.TrimSpace(form.Get("number")) == "":
		incomplete = "Your card number is incomplete."
	case errMonth != nil || errYear != nil:
		incomplete = "Your card's expiration date is incomplete."
	case cvc == "":
		incomplete = "Your card's security code is incomplete."
	}
	if incomplete != "" {
		return card{}, "", badState("", "%s", incomplete)
	}
	c, d := readCard(form.Get("number"), m, y, cvc, o.now)
	if d != nil {
		return card{}, "", cardError(d)
	}
	holder := strings.TrimSpace(form.Get("name"))
	return c, holder[:min(len(holder), 200)], nil
}

// sessionIntent answers the session's intent and how to confirm it. In payment
// mode the PaymentIntent is made now: a session nobody pays leaves none behind.
func (o *op) sessionIntent(s *session) (*intent, func() *apiError, *apiError) {
	if si := o.st.SetupIntents.Rows[s.SetupIntent]; si != nil {
		return &si.intent, func() *apiError { return o.confirmSetup(si) }, nil
	}
	pi := o.st.PaymentIntents.Rows[s.PaymentIntent]
	if pi == nil {
		if s.FutureUsage != "" && s.Customer == "" { // a saved card needs an owner
			c := &customer{ID: randomID("cus_", 14), Created: o.unix(), Name: s.Holder, Email: s.CustomerEmail}
			o.st.Customers.add(c.ID, c)
			s.Customer = c.ID
			o.emit("customer.created", o.st.renderCustomer(c))
		}
		data := params{"payment_method_types": []string{"card"}, "metadata": s.IntentMetadata, "description": s.IntentDescription}
		if s.Customer != "" {
			data["customer"] = s.Customer
		}
		in, e := o.newIntent("pi", data)
		if e != nil {
			return nil, nil, e
		}
		in.Session, s.PaymentIntent = s.ID, in.ID
		pi = &paymentIntent{intent: in, Amount: s.Amount, Currency: s.Currency, CaptureMethod: s.CaptureMethod, FutureUsage: s.FutureUsage}
		o.addPaymentIntent(pi)
	}
	return &pi.intent, func() *apiError { return o.confirmPayment(pi, false, false) }, nil
}

func (s *session) success() string {
	return strings.ReplaceAll(s.SuccessURL, "{CHECKOUT_SESSION_ID}", s.ID)
}

// lastMessage is what the page says of the attempt before.
func (o *op) lastMessage(s *session) string {
	var last *lastError
	if si := o.st.SetupIntents.Rows[s.SetupIntent]; si != nil {
		last = si.LastError
	}
	if pi := o.st.PaymentIntents.Rows[s.PaymentIntent]; pi != nil {
		last = pi.LastError
	}
	switch {
	case last == nil:
		return ""
	case strings.HasSuffix(last.Code, "_authentication_failure"):
		return "We are unable to authenticate your payment method. Please choose a different payment method and try again."
	}
	return last.Message
}

// authenticate answers an open challenge and says where the holder goes next.
func (o *op) authenticate(challenge string, passed bool) (string, bool) {
	intentID, open := o.st.Challenges[challenge]
	if !open {
		return "", false
	}
	var in *intent
	param := setupNoun
	if si := o.st.SetupIntents.Rows[intentID]; si != nil {
		in = &si.intent
		pm := o.st.PaymentMethods.Rows[si.PaymentMethod]
		if passed {
			o.succeedSetup(si, pm)
		} else {
			o.failSetup(si, pm, authFailure(setupNoun))
		}
	} else {
		pi := o.st.PaymentIntents.Rows[intentID]
		in, param = &pi.intent, paymentNoun
		pm := o.st.PaymentMethods.Rows[pi.PaymentMethod]
		if passed {
			_ = o.settle(pi, pm) // a decline is in the intent and in the events
		} else {
			o.failPayment(pi, pm, authFailure(paymentNoun))
		}
	}
	good := in.Status == succeeded || in.Status == needsCapture
	if s := o.st.Sessions.Rows[in.Session]; s != nil {
		if good {
			return s.success(), true
		}
		return "/c/pay/" + s.ID, true
	}
	return in.comeBack(param, good), true
}

// comeBack is the return_url with what Stripe adds to it; empty without one.
func (in *intent) comeBack(param string, good bool) string {
	u, err := url.Parse(in.ReturnURL)
	if err != nil || in.ReturnURL == "" {
		return ""
	}
	q := u.Query()
	q.Set(param, in.ID)
	q.Set(param+"_client_secret", in.ClientSecret)
	q.Set("redirect_status", "failed")
	if good {
		q.Set("redirect_status", "succeeded")
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// pageStatus is the HTTP status a page shows an error with.
func pageStatus(e *apiError) int {
	if e.Status == http.StatusPaymentRequired {
		return http.StatusPaymentRequired
	}
	return http.StatusBadRequest
}
