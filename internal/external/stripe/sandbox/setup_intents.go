package sandbox

type setupIntent struct {
	intent
	Usage         string `json:"usage"`
	LatestAttempt string `json:"latestAttempt,omitempty"`
}

const setupNoun = "setup_intent"

var setupIntentParams = intentParams.with(schema{"usage": oneOf("off_session", "on_session")})

var setupConfirmParams = schema{"payment_method": text, "return_url": text, "use_stripe_sdk": flag, "client_secret": text}

func (st *state) renderSetupIntent(si *setupIntent) obj {
	o := si.render(setupNoun)
	o["usage"], o["latest_attempt"] = si.Usage, orNull(si.LatestAttempt)
	o["last_setup_error"] = nil
	if si.LastError != nil {
		o["last_setup_error"] = si.LastError
	}
	return nulls(o, "flow_directions", "mandate", "single_use_mandate")
}

func (o *op) setupIntent() (*setupIntent, *apiError) {
	si := o.st.SetupIntents.Rows[o.id]
	if si == nil {
		return nil, noSuch("setupintent", o.id, "intent")
	}
	return si, nil
}

func createSetupIntent(o *op, p params) (obj, *apiError) {
	in, e := o.newIntent("seti", p)
	if e != nil {
		return nil, e
	}
	si := &setupIntent{intent: in, Usage: "off_session"}
	if p.has("usage") {
		si.Usage = p.str("usage")
	}
	if e := o.setMethod(&si.intent, p); e != nil {
		return nil, e
	}
	if p.bool("confirm") && si.PaymentMethod == "" {
		return nil, missingParam("payment_method")
	}
	o.addSetupIntent(si)
	if p.bool("confirm") {
		if e := o.confirmSetup(si); e != nil {
			return nil, e
		}
	}
	return o.st.renderSetupIntent(si), nil
}

func (o *op) addSetupIntent(si *setupIntent) {
	o.st.SetupIntents.add(si.ID, si)
	o.emit("setup_intent.created", o.st.renderSetupIntent(si))
}

func getSetupIntent(o *op, _ params) (obj, *apiError) {
	si, e := o.setupIntent()
	if e != nil {
		return nil, e
	}
	return o.st.renderSetupIntent(si), nil
}

func listSetupIntents(o *op, p params) (obj, *apiError) {
	return page(o, p, o.st.SetupIntents, func(si *setupIntent) bool {
		return matches(p, "customer", si.Customer) && within(p, "created", si.Created)
	}, o.st.renderSetupIntent)
}

func confirmSetupIntent(o *op, p params) (obj, *apiError) {
	si, e := o.setupIntent()
	if e != nil {
		return nil, e
	}
	if e := o.prepare(&si.intent, p, false); e != nil {
		return nil, e
	}
	if e := o.confirmSetup(si); e != nil {
		return nil, e
	}
	return o.st.renderSetupIntent(si), nil
}

// confirmSetup asks the card's issuer: refused, to be authenticated, or set up.
func (o *op) confirmSetup(si *setupIntent) *apiError {
	pm, e := o.toConfirm(&si.intent, setupNoun)
	if e != nil {
		e.SetupIntent = o.st.renderSetupIntent(si)
		return e
	}
	si.LatestAttempt = newID("setatt")
	b := pm.Card.behaviour()
	switch {
	case b.setup != nil:
		return o.failSetup(si, pm, cardError(b.setup))
	case b.auth != authNever:
		o.challenge(&si.intent)
		o.emit("setup_intent.requires_action", o.st.renderSetupIntent(si))
	default:
		o.succeedSetup(si, pm)
	}
	return nil
}

func (o *op) failSetup(si *setupIntent, pm *paymentMethod, e *apiError) *apiError {
	o.fail(&si.intent, e, pm)
	e.SetupIntent, e.PaymentMethod = o.st.renderSetupIntent(si), o.st.renderPaymentMethod(pm)
	o.emit("setup_intent.setup_failed", e.SetupIntent)
	return e
}

func (o *op) succeedSetup(si *setupIntent, pm *paymentMethod) {
	o.closeChallenge(&si.intent)
	si.Status, si.LastError, pm.Card.SetUp = succeeded, nil, true
	o.emit("setup_intent.succeeded", o.st.renderSetupIntent(si))
	if c := o.st.Customers.Rows[si.Customer]; c != nil {
		o.attach(pm, c)
	}
	o.completeSession(si.Session)
}

func cancelSetupIntent(o *op, p params) (obj, *apiError) {
	si, e := o.setupIntent()
	if e != nil {
		return nil, e
	}
	if e := si.mayBeCanceled(setupNoun); e != nil {
		e.SetupIntent = o.st.renderSetupIntent(si)
		return nil, e
	}
	o.cancelSetup(si, p.str("cancellation_reason"))
	return o.st.renderSetupIntent(si), nil
}

func (o *op) cancelSetup(si *setupIntent, reason string) {
	o.closeChallenge(&si.intent)
	si.Status, si.CancellationReason = canceled, reason
	o.emit("setup_intent.canceled", o.st.renderSetupIntent(si))
}
