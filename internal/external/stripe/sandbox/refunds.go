package sandbox

import "time"

type refund struct {
	ID            string            `json:"id"`
	Created       int64             `json:"created"`
	Amount        int64             `json:"amount"`
	Currency      string            `json:"currency"`
	Charge        string            `json:"charge"`
	PaymentIntent string            `json:"paymentIntent"`
	Reason        string            `json:"reason,omitempty"`
	Status        string            `json:"status"`
	FailureReason string            `json:"failureReason,omitempty"`
	Metadata      map[string]string `json:"metadata,omitempty"`
	// Then is the status it takes at TurnsAt, for the cards that play that.
	Then    string `json:"then,omitempty"`
	TurnsAt int64  `json:"turnsAt,omitempty"`
}

// refundLag is how long, by the sandbox's clock, a refund takes that does not
// settle at once.
const refundLag = 5 * time.Second

var refundParams = schema{
	"payment_intent": text, "charge": text, "amount": number, "metadata": hash,
	"reason": oneOf("duplicate", "fraudulent", "requested_by_customer"),
}

func (st *state) renderRefund(r *refund) obj {
	o := nulls(obj{
		"id": r.ID, "object": "refund", "created": r.Created, "amount": r.Amount, "currency": r.Currency, "charge": r.Charge,
		"payment_intent": r.PaymentIntent, "reason": orNull(r.Reason), "status": r.Status, "metadata": metadataOf(r.Metadata),
		"destination_details": obj{"type": "card", "card": obj{"type": "refund", "reference_status": "pending", "reference_type": "acquirer_reference_number"}},
	}, "balance_transaction", "receipt_number", "source_transfer_reversal", "transfer_reversal")
	if r.Status == "failed" { // Stripe shows the field only then
		o["failure_reason"] = r.FailureReason
	}
	return o
}

// refundable finds the charge to give money back from.
func (o *op) refundable(p params) (*charge, *apiError) {
	id := p.str("charge")
	switch {
	case p.has("payment_intent"):
		pi := o.st.PaymentIntents.Rows[p.str("payment_intent")]
		if pi == nil {
			return nil, noSuch(paymentNoun, p.str("payment_intent"), "payment_intent")
		}
		if pi.Status != succeeded {
			return nil, badState("", "This PaymentIntent (%s) does not have a successful charge to refund.", pi.ID)
		}
		id = pi.LatestCharge
	case id == "":
		return nil, missingParam("payment_intent")
	}
	ch := o.st.Charges.Rows[id]
	switch {
	case ch == nil:
		return nil, noSuch("charge", id, "charge")
	case ch.Status != succeeded || !ch.Captured:
		return nil, badState("charge_not_refundable", "Charge %s has not been captured and cannot be refunded.", ch.ID)
	case ch.Dispute != "" && o.st.Disputes.Rows[ch.Dispute].Status != won:
		return nil, badState("charge_disputed", "Charge %s has been charged back; cannot issue a refund.", ch.ID)
	case ch.Refunded == ch.Amount:
		return nil, badState("charge_already_refunded", "Charge %s has already been refunded.", ch.ID)
	}
	return ch, nil
}

func createRefund(o *op, p params) (obj, *apiError) {
	ch, e := o.refundable(p)
	if e != nil {
		return nil, e
	}
	left := ch.Amount - ch.Refunded
	amount := left
	if p.has("amount") {
		amount = p.int("amount")
	}
	if amount < 1 {
		return nil, badParam("amount", "parameter_invalid_integer", "This value must be greater than or equal to 1.")
	}
	if amount > left {
		return nil, badParam("amount", "", "Refund amount (%s) is greater than unrefunded amount on charge (%s)",
			money(amount, ch.Currency), money(left, ch.Currency))
	}
	r := &refund{ID: newID("re"), Created: o.unix(), Amount: amount, Currency: ch.Currency, Charge: ch.ID,
		PaymentIntent: ch.PaymentIntent, Reason: p.str("reason"), Status: succeeded, Metadata: mergeMetadata(nil, p)}
	switch ch.Card.behaviour().refund {
	case "fail":
		r.Then, r.FailureReason = "failed", "expired_or_canceled_card"
	case "pending":
		r.Status, r.Then = "pending", succeeded
	}
	if r.Then != "" {
		r.TurnsAt = o.now.Add(refundLag).Unix()
	}
	ch.Refunded += amount
	o.st.Refunds.add(r.ID, r)
	o.emit("charge.refunded", o.st.renderCharge(ch))
	if r.Then == "" {
		o.emit("charge.refund.updated", o.st.renderRefund(r))
	}
	return o.st.renderRefund(r), nil
}

// turnRefunds gives the refunds that are due their final status.
func (o *op) turnRefunds() bool {
	turned := false
	for _, id := range o.st.Refunds.Order {
		r := o.st.Refunds.Rows[id]
		if r.Then == "" || r.TurnsAt > o.unix() {
			continue
		}
		before := o.st.renderRefund(r)
		r.Status, r.Then, turned = r.Then, "", true
		if r.Status == "failed" {
			o.st.Charges.Rows[r.Charge].Refunded -= r.Amount
		}
		o.emitChange("charge.refund.updated", before, o.st.renderRefund(r))
	}
	return turned
}

func getRefund(o *op, _ params) (obj, *apiError) {
	r := o.st.Refunds.Rows[o.id]
	if r == nil {
		return nil, noSuch("refund", o.id, "id")
	}
	return o.st.renderRefund(r), nil
}

func listRefunds(o *op, p params) (obj, *apiError) {
	return page(o, p, o.st.Refunds, func(r *refund) bool {
		return matches(p, "payment_intent", r.PaymentIntent) && matches(p, "charge", r.Charge) && within(p, "created", r.Created)
	}, o.st.renderRefund)
}
