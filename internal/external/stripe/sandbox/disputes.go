package sandbox

import "time"

// dispute is a charge that its holder's bank took back.
type dispute struct {
	ID            string `json:"id"`
	Created       int64  `json:"created"`
	Amount        int64  `json:"amount"`
	Currency      string `json:"currency"`
	Charge        string `json:"charge"`
	PaymentIntent string `json:"paymentIntent"`
	Reason        string `json:"reason"`
	Status        string `json:"status"`
	Evidence      string `json:"evidence,omitempty"` // uncategorized_text
}

// The statuses of a dispute that are played.
const (
	needsResponse = "needs_response"
	won           = "won"
	lost          = "lost"
)

// disputeLag is how long, by the sandbox's clock, the bank takes to dispute a charge, and disputeTime how long there is to answer.
const (
	disputeLag  = 10 * time.Second
	disputeTime = 9 * 24 * time.Hour
)

// disputeParams: of the evidence only what decides in test mode (https://docs.stripe.com/testing#disputes) is taken.
var disputeParams = schema{"evidence": object(schema{"uncategorized_text": text}), "metadata": hash, "submit": flag}

func (st *state) renderDispute(d *dispute) obj {
	move := func(amount int64, kind, description string) obj {
		return obj{"id": "txn_" + d.ID[3:], "object": "balance_transaction", "amount": amount, "net": amount, "fee": 0, "currency": d.Currency, "created": d.Created,
			"source": d.ID, "status": "available", "type": kind, "reporting_category": "dispute", "description": description}
	}
	moves := []obj{move(-d.Amount, "adjustment", "Chargeback withdrawal for "+d.Charge)}
	if d.Status == won {
		moves = append(moves, move(d.Amount, "adjustment", "Chargeback reversal for "+d.Charge))
	}
	return obj{
		"id": d.ID, "object": "dispute", "amount": d.Amount, "balance_transactions": moves, "charge": d.Charge, "created": d.Created, "currency": d.Currency,
		"evidence": obj{"uncategorized_text": orNull(d.Evidence)}, "is_charge_refundable": false, "livemode": false, "metadata": obj{},
		"evidence_details": obj{"due_by": d.Created + int64(disputeTime/time.Second), "has_evidence": d.Evidence != "", "past_due": false, "submission_count": 0},
		"payment_intent":   d.PaymentIntent, "reason": d.Reason, "status": d.Status,
	}
}

// disputeOf is which dispute a charge has and how that stands; null when there is none.
func (st *state) disputeOf(ch *charge) any {
	if ch.Dispute == "" {
		return nil
	}
	return obj{"id": ch.Dispute, "status": st.Disputes.Rows[ch.Dispute].Status}
}

// turnDisputes lets banks dispute the charges that are due for it.
func (o *op) turnDisputes() bool {
	turned := false
	for _, id := range o.st.Charges.Order {
		ch := o.st.Charges.Rows[id]
		reason := ch.Card.behaviour().dispute
		if reason == "" || ch.Dispute != "" || ch.Status != succeeded || !ch.Captured || o.unix() < ch.Created+int64(disputeLag/time.Second) {
			continue
		}
		left := ch.AmountCaptured - ch.Refunded
		if left == 0 {
			continue
		}
		d := &dispute{ID: newID("dp"), Created: o.unix(), Amount: left, Currency: ch.Currency, Charge: ch.ID, PaymentIntent: ch.PaymentIntent,
			Reason: reason, Status: needsResponse}
		o.st.Disputes.add(d.ID, d)
		ch.Dispute, turned = d.ID, true
		o.emit("charge.dispute.created", o.st.renderDispute(d))
		o.emit("charge.dispute.funds_withdrawn", o.st.renderDispute(d))
	}
	return turned
}

func (o *op) dispute() (*dispute, *apiError) {
	d := o.st.Disputes.Rows[o.id]
	if d == nil {
		return nil, noSuch("dispute", o.id, "id")
	}
	return d, nil
}

// end closes a dispute.
func (o *op) end(d *dispute, status string) {
	before := o.st.renderDispute(d)
	d.Status = status
	if status == won {
		o.emit("charge.dispute.funds_reinstated", o.st.renderDispute(d))
	}
	o.emitChange("charge.dispute.closed", before, o.st.renderDispute(d))
}

// updateDispute takes evidence: in test mode its text decides at once.
func updateDispute(o *op, p params) (obj, *apiError) {
	d, e := o.dispute()
	if e != nil {
		return nil, e
	}
	if d.Status != needsResponse {
		return nil, badState("", "This dispute is already closed")
	}
	d.Evidence = p.sub("evidence").str("uncategorized_text")
	switch d.Evidence {
	case "winning_evidence":
		o.end(d, won)
	case "losing_evidence":
		o.end(d, lost)
	}
	return o.st.renderDispute(d), nil
}

func closeDispute(o *op, _ params) (obj, *apiError) {
	d, e := o.dispute()
	if e != nil {
		return nil, e
	}
	if d.Status != needsResponse {
		return nil, badState("", "This dispute is already closed")
	}
	o.end(d, lost)
	return o.st.renderDispute(d), nil
}

func getDispute(o *op, _ params) (obj, *apiError) {
	d, e := o.dispute()
	if e != nil {
		return nil, e
	}
	return o.st.renderDispute(d), nil
}

func listDisputes(o *op, p params) (obj, *apiError) {
	return page(o, p, o.st.Disputes, func(d *dispute) bool {
		return matches(p, "payment_intent", d.PaymentIntent) && matches(p, "charge", d.Charge) && within(p, "created", d.Created)
	}, o.st.renderDispute)
}
