package sandbox

import "maps"

type paymentMethod struct {
	ID       string            `json:"id"`
	Created  int64             `json:"created"`
	Customer string            `json:"customer,omitempty"`
	Card     card              `json:"card"`
	Name     string            `json:"name,omitempty"`
	Email    string            `json:"email,omitempty"`
	Phone    string            `json:"phone,omitempty"`
	Address  map[string]string `json:"address,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
	// Spent is set once it can never be used again: detached from its customer,
	// or used without one.
	Spent bool `json:"spent,omitempty"`
}

var paymentMethodParams = schema{
	"type": required(oneOf("card")),
	"card": object(schema{"number": text, "exp_month": number, "exp_year": number, "cvc": text, "token": text}),
	"billing_details": object(schema{"name": clearText, "email": clearText, "phone": clearText,
		"address": object(addressParams)}),
	"metadata": hash,
}

func (st *state) renderPaymentMethod(pm *paymentMethod) obj {
	c := pm.Card
	return obj{
		"id": pm.ID, "object": "payment_method", "created": pm.Created, "livemode": false, "type": "card",
		"customer": orNull(pm.Customer), "metadata": metadataOf(pm.Metadata), "billing_details": pm.billing(),
		"card": obj{
			"brand": c.Brand, "display_brand": c.Brand, "last4": c.Last4, "exp_month": c.ExpMonth, "exp_year": c.ExpYear,
			"fingerprint": c.fingerprint(), "funding": c.Funding, "country": "US", "generated_from": nil, "wallet": nil,
			"checks":               c.checks(),
			"networks":             obj{"available": []string{c.Brand}, "preferred": nil},
			"three_d_secure_usage": obj{"supported": true},
		},
	}
}

func (c *card) checks() obj {
	return obj{"address_line1_check": nil, "address_postal_code_check": nil, "cvc_check": orNull(c.CVCCheck)}
}

func (pm *paymentMethod) billing() obj {
	return obj{"name": orNull(pm.Name), "email": orNull(pm.Email), "phone": orNull(pm.Phone),
		"address": renderAddress(pm.Address)}
}

// method finds a payment method. A test name such as pm_card_visa makes a new
// one each time, as at Stripe.
func (o *op) method(id, param string) (*paymentMethod, *apiError) {
	if pm := o.st.PaymentMethods.Rows[id]; pm != nil {
		return pm, nil
	}
	t := cardByName(id)
	if t == nil {
		return nil, noSuch("PaymentMethod", id, param)
	}
	return o.newMethod(t.card(int64(o.now.Month()), int64(o.now.Year()+1))), nil
}

func (o *op) newMethod(c card) *paymentMethod {
	pm := &paymentMethod{ID: newID("pm"), Created: o.unix(), Card: c}
	o.st.PaymentMethods.add(pm.ID, pm)
	return pm
}

func createPaymentMethod(o *op, p params) (obj, *apiError) {
	in := p.sub("card")
	if !p.has("card") {
		return nil, missingParam("card")
	}
	var c card
	if token := in.str("token"); token != "" {
		t := cardByName(token)
		if t == nil {
			return nil, noSuch("token", token, "card[token]")
		}
		c = t.card(int64(o.now.Month()), int64(o.now.Year()+1))
	} else {
		for _, name := range []string{"number", "exp_month", "exp_year"} {
			if !in.has(name) {
				return nil, missingParam("card[" + name + "]")
			}
		}
		var d *decline
		if c, d = readCard(in.str("number"), in.int("exp_month"), in.int("exp_year"), in.str("cvc"), o.now); d != nil {
			return nil, cardError(d)
		}
	}
	pm := o.newMethod(c)
	b := p.sub("billing_details")
	pm.Name, pm.Email, pm.Phone = b.str("name"), b.str("email"), b.str("phone")
	pm.Address = map[string]string{}
	for name := range b.sub("address") {
		pm.Address[name] = b.sub("address").str(name)
	}
	pm.Metadata = mergeMetadata(nil, p)
	return o.st.renderPaymentMethod(pm), nil
}

func getPaymentMethod(o *op, _ params) (obj, *apiError) {
	pm, e := o.method(o.id, "id")
	if e != nil {
		return nil, e
	}
	return o.st.renderPaymentMethod(pm), nil
}

// listPaymentMethods serves both /v1/payment_methods?customer= and
// /v1/customers/{id}/payment_methods.
func listPaymentMethods(o *op, p params) (obj, *apiError) {
	owner, param := p.str("customer"), "customer"
	if o.id != "" {
		owner, param = o.id, "id"
	}
	if owner == "" {
		return nil, missingParam("customer")
	}
	if _, e := o.customer(owner, param); e != nil {
		return nil, e
	}
	return page(o, p, o.st.PaymentMethods, func(pm *paymentMethod) bool { return pm.Customer == owner }, o.st.renderPaymentMethod)
}

func updatePaymentMethod(o *op, p params) (obj, *apiError) {
	pm := o.st.PaymentMethods.Rows[o.id]
	if pm == nil {
		return nil, noSuch("PaymentMethod", o.id, "id")
	}
	if pm.Customer == "" {
		return nil, badState("", "You must save this PaymentMethod to a customer before you can update it.")
	}
	before, c, now := o.st.renderPaymentMethod(pm), p.sub("card"), o.now
	month, year := pm.Card.ExpMonth, pm.Card.ExpYear
	if c.has("exp_month") {
		month = c.int("exp_month")
	}
	if c.has("exp_year") {
		year = c.int("exp_year")
	}
	if len(c) > 0 {
		fresh, d := readCard(pm.Card.behaviour().number, month, year, "", now)
		if d != nil {
			return nil, cardError(d)
		}
		pm.Card.ExpMonth, pm.Card.ExpYear = fresh.ExpMonth, fresh.ExpYear
	}
	pm.Metadata = mergeMetadata(maps.Clone(pm.Metadata), p)
	o.emitChange("payment_method.updated", before, o.st.renderPaymentMethod(pm))
	return o.st.renderPaymentMethod(pm), nil
}

// mayAttach asks the card's issuer, as Stripe does when a card is saved.
func (o *op) mayAttach(pm *paymentMethod, c *customer) *apiError {
	switch {
	case pm.Customer == c.ID:
		return nil
	case pm.Customer != "":
		return badState("", "The payment method you provided has already been attached to a customer.")
	case pm.Spent:
		return badState("", spentMessage)
	}
	if d := pm.Card.behaviour().setup; d != nil {
		return cardError(d)
	}
	return nil
}

const spentMessage = "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, " +
	"shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. " +
	"To use a PaymentMethod multiple times, you must attach it to a Customer first."

func (o *op) attach(pm *paymentMethod, c *customer) {
	if pm.Customer == c.ID {
		return
	}
	pm.Customer, pm.Spent = c.ID, false
	o.emit("payment_method.attached", o.st.renderPaymentMethod(pm))
}

func (o *op) detach(pm *paymentMethod) {
	before := o.st.renderPaymentMethod(pm)
	if c := o.st.Customers.Rows[pm.Customer]; c != nil && c.DefaultMethod == pm.ID {
		c.DefaultMethod = ""
	}
	pm.Customer, pm.Spent = "", true
	o.emitChange("payment_method.detached", before, o.st.renderPaymentMethod(pm))
}

func attachPaymentMethod(o *op, p params) (obj, *apiError) {
	c, e := o.customer(p.str("customer"), "customer")
	if e != nil {
		return nil, e
	}
	pm, e := o.method(o.id, "id")
	if e != nil {
		return nil, e
	}
	if e := o.mayAttach(pm, c); e != nil {
		return nil, e
	}
	o.attach(pm, c)
	return o.st.renderPaymentMethod(pm), nil
}

func detachPaymentMethod(o *op, _ params) (obj, *apiError) {
	pm := o.st.PaymentMethods.Rows[o.id]
	if pm == nil {
		return nil, noSuch("PaymentMethod", o.id, "id")
	}
	if pm.Customer == "" {
		return nil, badState("", "The payment method you provided is not attached to a customer so detachment is impossible.")
	}
	o.detach(pm)
	return o.st.renderPaymentMethod(pm), nil
}
