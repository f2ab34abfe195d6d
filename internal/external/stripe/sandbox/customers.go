package sandbox

import "net/http"

type customer struct {
	ID            string            `json:"id"`
	Created       int64             `json:"created"`
	Deleted       bool              `json:"deleted,omitempty"`
	Name          string            `json:"name,omitempty"`
	Email         string            `json:"email,omitempty"`
	Phone         string            `json:"phone,omitempty"`
	Description   string            `json:"description,omitempty"`
	Address       map[string]string `json:"address,omitempty"`
	Locales       []string          `json:"locales,omitempty"`
	DefaultMethod string            `json:"defaultMethod,omitempty"`
	Metadata      map[string]string `json:"metadata,omitempty"`
}

var addressParams = schema{"line1": clearText, "line2": clearText, "city": clearText, "state": clearText,
	"postal_code": clearText, "country": clearText}

var customerParams = schema{
	"name": clearText, "email": clearText, "phone": clearText, "description": clearText, "address": object(addressParams),
	"preferred_locales": list, "metadata": hash,
	"invoice_settings": object(schema{"default_payment_method": clearText}),
}

func (st *state) renderCustomer(c *customer) obj {
	if c.Deleted {
		return obj{"id": c.ID, "object": "customer", "deleted": true}
	}
	locales := c.Locales
	if locales == nil {
		locales = []string{}
	}
	var address any
	if c.Address != nil {
		address = renderAddress(c.Address)
	}
	return nulls(obj{
		"id": c.ID, "object": "customer", "created": c.Created, "livemode": false, "balance": 0, "delinquent": false,
		"name": orNull(c.Name), "email": orNull(c.Email), "phone": orNull(c.Phone), "description": orNull(c.Description),
		"address": address, "preferred_locales": locales, "metadata": metadataOf(c.Metadata),
		"invoice_settings": obj{"custom_fields": nil, "default_payment_method": orNull(c.DefaultMethod), "footer": nil,
			"rendering_options": nil},
		"invoice_prefix": c.ID[len(c.ID)-8:], "next_invoice_sequence": 1, "tax_exempt": "none",
	}, "currency", "default_source", "discount", "shipping", "test_clock")
}

func renderAddress(a map[string]string) obj {
	o := obj{}
	for name := range addressParams {
		o[name] = orNull(a[name])
	}
	return o
}

// customer finds a customer named by a parameter; deleted ones are gone.
func (o *op) customer(id, param string) (*customer, *apiError) {
	c := o.st.Customers.Rows[id]
	if c == nil || (c.Deleted && param != "id") {
		return nil, noSuch("customer", id, param)
	}
	return c, nil
}

// apply sets what the parameters name and leaves the rest.
func (c *customer) apply(p params) {
	for name, at := range map[string]*string{"name": &c.Name, "email": &c.Email, "phone": &c.Phone, "description": &c.Description} {
		if p.has(name) {
			*at = p.str(name)
		}
	}
	if p.has("address") {
		c.Address = map[string]string{}
		for name := range p.sub("address") {
			c.Address[name] = p.sub("address").str(name)
		}
	}
	if p.has("preferred_locales") {
		c.Locales = p.list("preferred_locales")
	}
	c.Metadata = mergeMetadata(c.Metadata, p)
}

// setDefault sets the default payment method, which must be the customer's own.
func (o *op) setDefault(c *customer, p params) *apiError {
	if settings := p.sub("invoice_settings"); settings.has("default_payment_method") {
		id := settings.str("default_payment_method")
		if id != "" {
			pm := o.st.PaymentMethods.Rows[id]
			if pm == nil || pm.Customer != c.ID {
				return badParam("invoice_settings[default_payment_method]", "resource_missing",
					"No such PaymentMethod: '%s'; it must be attached to the customer first.", id)
			}
		}
		c.DefaultMethod = id
	}
	return nil
}

func createCustomer(o *op, p params) (obj, *apiError) {
	if p.sub("invoice_settings").str("default_payment_method") != "" && !p.has("payment_method") {
		return nil, badParam("invoice_settings[default_payment_method]", "resource_missing",
			"A new customer has no payment method yet; attach one first.")
	}
	c := &customer{ID: randomID("cus_", 14), Created: o.unix()}
	c.apply(p)
	var pm *paymentMethod
	if p.has("payment_method") {
		var e *apiError
		if pm, e = o.method(p.str("payment_method"), "payment_method"); e != nil {
			return nil, e
		}
		if e := o.mayAttach(pm, c); e != nil {
			return nil, e
		}
		if p.has("invoice_settings") {
			c.DefaultMethod = pm.ID
		}
	}
	o.st.Customers.add(c.ID, c)
	o.emit("customer.created", o.st.renderCustomer(c))
	if pm != nil {
		o.attach(pm, c)
	}
	return o.st.renderCustomer(c), nil
}

func getCustomer(o *op, _ params) (obj, *apiError) {
	c, e := o.customer(o.id, "id")
	if e != nil {
		return nil, e
	}
	return o.st.renderCustomer(c), nil
}

func listCustomers(o *op, p params) (obj, *apiError) {
	return page(o, p, o.st.Customers, func(c *customer) bool {
		return !c.Deleted && matches(p, "email", c.Email) && within(p, "created", c.Created)
	}, o.st.renderCustomer)
}

func updateCustomer(o *op, p params) (obj, *apiError) {
	c, e := o.customer(o.id, "id")
	if e != nil {
		return nil, e
	}
	if c.Deleted {
		return nil, noSuch("customer", o.id, "id")
	}
	before := o.st.renderCustomer(c)
	changed := *c
	changed.apply(p)
	if e := o.setDefault(&changed, p); e != nil {
		return nil, e
	}
	*c = changed
	o.emitChange("customer.updated", before, o.st.renderCustomer(c))
	return o.st.renderCustomer(c), nil
}

func deleteCustomer(o *op, _ params) (obj, *apiError) {
	c, e := o.customer(o.id, "id")
	if e != nil {
		return nil, e
	}
	if c.Deleted {
		return nil, &apiError{Status: http.StatusNotFound, Type: typeInvalidRequest, Code: "resource_missing", Param: "id",
			Message: "No such customer: '" + o.id + "'"}
	}
	o.emit("customer.deleted", o.st.renderCustomer(c))
	for _, pm := range o.st.PaymentMethods.Rows {
		if pm.Customer == c.ID {
			o.detach(pm)
		}
	}
	*c = customer{ID: c.ID, Created: c.Created, Deleted: true}
	return o.st.renderCustomer(c), nil
}
