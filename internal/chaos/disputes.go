package chaos

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// cardDisputes pays, and its holder's bank takes the money back seconds later.
const cardDisputes = "4000000000000259"

// The journeys of money that a bank takes back. Nothing but webhooks tells of that. The bank gives it back …
var (
	DisputeWon = Journey{Name: "dispute won", From: "be disputed", Only: []string{"stripe-webhook", "on-renewals"}, Heard: true, Steps: disputing(
		Step{"be disputed", beDisputed}, Step{"be given it back", decided("winning_evidence", subscription.Active)})}
	// … or keeps it: the ladder goes on to the suspension, and the customer pays with another card …
	DisputeLost = Journey{Name: "dispute lost", From: "be disputed", Only: []string{"stripe-webhook", "on-renewals"}, Heard: true, Steps: disputing(
		Step{"be disputed", beDisputed}, Step{"lose it", decided("losing_evidence", subscription.Active)}, Step{"be reminded", days(3, 2)}, Step{"be suspended", beSuspended},
		Step{"enter another card", enterCard(cardSetup)}, Step{"pay the invoice", payInvoice})}
	// … or gives it back to who has paid anew meanwhile …
	DisputeWonLate = Journey{Name: "dispute won too late", From: "pay the invoice", Only: []string{"invoices", "stripe-webhook"}, Heard: true, Steps: disputing(
		Step{"be disputed", beDisputed}, Step{"enter another card", enterCard(cardSetup)}, Step{"pay the invoice", payInvoice}, Step{"be given it back", decided("winning_evidence", subscription.Active)})}
	// … or takes back what was paid for the order …
	DisputedPurchase = Journey{Name: "disputed purchase", From: "be disputed", Only: []string{"stripe-webhook"}, Heard: true, Steps: []Step{
		{"register", register}, {"enter a card", enterCard(cardDisputes)}, {"subscribe", subscribe}, {"be disputed", beDisputed}, {"be given it back", decided("winning_evidence", subscription.Active)}}}
	// … or we hear of the end first.
	DisputeBackwards = Journey{Name: "dispute heard backwards", From: "hear of it", Only: []string{"stripe-webhook"}, Heard: true, Steps: disputing(
		Step{"be disputed unheard", unheard(beDisputed)}, Step{"lose it unheard", unheard(decided("losing_evidence", subscription.Active))}, Step{"hear of it", hearBackwards})}
)

// disputing begins with a renewal that is paid with a card whose bank will take the money back.
func disputing(then ...Step) []Step {
	return append([]Step{{"register", register}, {"get money", getMoney}, {"enter a card", enterCard(cardDisputes)}, {"order", placeOrder}, {"pay from the wallet", payFromWallet}, {"pay for a month", paidForAMonth}}, then...)
}

// paidForAMonth lets a renewal be paid.
func paidForAMonth(ctx context.Context, s *Shopper) error {
	before, err := s.world.contractOf(ctx, s)
	if err != nil {
		return err
	}
	if err := aMonthPasses(ctx, s); err != nil {
		return err
	}
	if err := s.world.settle(ctx, false); err != nil {
		return err
	}
	c, err := s.world.contractOf(ctx, s)
	if err == nil && (c.Billed == before.Billed || len(c.Debts) > 0) {
		err = fmt.Errorf("after a month the contract is billed with %s (before: %s) and owes %+v", c.Billed, before.Billed, c.Debts)
	}
	return err
}

// beDisputed lets the bank take back what the contract was billed with last.
func beDisputed(ctx context.Context, s *Shopper) error {
	const passes = 12 * time.Second
	if err := s.world.control(http.MethodPost, "clock", map[string]any{"advanceSeconds": passes / time.Second}, nil); err != nil {
		return err
	}
	s.world.ahead += passes
	c, err := s.world.contractOf(ctx, s)
	s.Bill = string(c.Billed)
	return err
}

// decided lets the bank decide by the evidence. The contract is in a state then, as soon as we hear of it.
func decided(evidence string, state subscription.State) func(context.Context, *Shopper) error {
	return func(ctx context.Context, s *Shopper) error {
		dispute, err := s.world.disputeOf(s)
		if err != nil {
			return err
		}
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/disputes/"+dispute, strings.NewReader(url.Values{"evidence[uncategorized_text]": {evidence}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer "+s.world.Secrets["psp-key"])
		answer := httptest.NewRecorder()
		if s.world.psp.ServeHTTP(answer, r); answer.Code != http.StatusOK {
			return fmt.Errorf("the PSP does not take evidence: %d %s", answer.Code, answer.Body)
		}
		if err := s.world.settle(ctx, false); err != nil {
			return err
		}
		c, err := s.world.contractOf(ctx, s)
		if err == nil && c.State != state {
			err = fmt.Errorf("after the dispute the contract is %s", c.State)
		}
		return err
	}
}

// disputeOf is the dispute of one of the customer's charges.
func (w *World) disputeOf(s *Shopper) (string, error) {
	var b Books
	if err := w.lookAtPSP(&b); err != nil {
		return "", err
	}
	for _, c := range b.Charges {
		if c.Dispute.ID != "" && c.Metadata["turnup_customer"] == s.ID {
			return c.Dispute.ID, nil
		}
	}
	return "", fmt.Errorf("no bank disputes a charge of %s", s.ID)
}

// unheard does a step whose webhooks are kept back.
func unheard(do func(context.Context, *Shopper) error) func(context.Context, *Shopper) error {
	return func(ctx context.Context, s *Shopper) error {
		if !s.world.deaf {
			s.world.deaf, s.Unheard = true, len(s.world.late) // before these are other customers'
		}
		return do(ctx, s)
	}
}

// hearBackwards delivers the webhooks that were kept back, the last one first.
func hearBackwards(_ context.Context, s *Shopper) error {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := slices.Clone(w.late[s.Unheard:])
	slices.Reverse(kept)
	w.webhooks, w.late, w.deaf = append(w.webhooks, kept...), w.late[:s.Unheard], false
	return nil
}

// disputed checks that we know how disputes stand, and told of each once. Of one whose end was heard first only that was told.
func disputed(b *Books) []string {
	var out findings
	stands := map[string]payment.DisputeState{"needs_response": payment.DisputeOpen, "won": payment.DisputeWon, "lost": payment.DisputeLost}
	for _, c := range b.Charges {
		p, known := b.Payments[c.Payment()]
		if !known {
			continue // which is told elsewhere
		}
		if p.Dispute != stands[c.Dispute.Status] || p.DisputeID != c.Dispute.ID {
			out.add("the dispute %s of payment %s is %q, and we hold %s for %q", c.Dispute.ID, p.ID, c.Dispute.Status, p.DisputeID, p.Dispute)
		}
		begun, ended, over := len(b.announced(event.TypePaymentDisputed, string(p.ID))), len(b.announced(event.TypeDisputeClosed, string(p.ID))), 0
		if p.Dispute == payment.DisputeWon || p.Dispute == payment.DisputeLost {
			over = 1
		}
		if begun > 1 || p.Dispute == payment.DisputeOpen && begun != 1 || p.Dispute == "" && begun > 0 || ended != over {
			out.add("the dispute %q of payment %s was announced %d times as begun and %d times as ended", p.Dispute, p.ID, begun, ended)
		}
	}
	return out
}

// receivable checks that the books say that customers owe what is left to pay of their invoices.
func receivable(b *Books) []string {
	var out findings
	owed, left := map[string]int64{}, map[string]int64{}
	for _, e := range b.Entries {
		for _, p := range e.Postings {
			if p.Account == ledger.Receivables {
				owed[e.Currency] += p.Minor
			}
		}
	}
	for _, i := range b.Invoices {
		left[i.Currency] += i.Left()
	}
	for currency := range left {
		if owed[currency] != left[currency] {
			out.add("invoices leave %d %s to pay, and the books say %d", left[currency], currency, owed[currency])
		}
	}
	return out
}
