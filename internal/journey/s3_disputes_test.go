package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/subscription"
)

// cardDisputes pays, and its holder's bank takes the money back seconds later.
const cardDisputes = "4000000000000259"

// ask speaks to the PSP as its merchant's back office.
func (pspControl) ask(t *testing.T, method, path string, form url.Values) []byte {
	t.Helper()
	req := must[*http.Request](t)(http.NewRequest(method, site.PSP+path, strings.NewReader(form.Encode())))
	req.SetBasicAuth("sk_test_journey", "")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res := must[*http.Response](t)(http.DefaultClient.Do(req))
	defer res.Body.Close()
	var out json.RawMessage
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s %v", method, path, res.StatusCode, out, err)
	}
	return out
}

// disputed waits until the bank disputes what the customer paid an invoice with, and gives its id.
func (p pspControl) disputed(t *testing.T, i invoice.Invoice) (dispute string) {
	t.Helper()
	var list struct{ Data []struct{ ID, Charge string } }
	charges := p.charges(t, string(i.Customer))
	eventually(t, 30*time.Second, "the bank disputes it", func() bool {
		if err := json.Unmarshal(p.ask(t, http.MethodGet, "/v1/disputes?limit=100", nil), &list); err != nil {
			t.Fatal(err)
		}
		for _, d := range list.Data {
			for _, c := range charges {
				if d.Charge == c.ID {
					dispute = d.ID
				}
			}
		}
		return dispute != ""
	})
	return dispute
}

// decided has the bank decide a dispute.
func (p pspControl) decided(t *testing.T, dispute, evidence string) {
	t.Helper()
	p.ask(t, http.MethodPost, "/v1/disputes/"+dispute, url.Values{"evidence[uncategorized_text]": {evidence}})
}

// disputing is a viewer whose renewal was paid with a card whose bank took the money back: the invoice is owed again and the contract dunned.
func disputing(t *testing.T) (s viewer, owed invoice.Invoice, dispute string) {
	t.Helper()
	s = living(t, time.Date(2029, 7, 15, 12, 0, 0, 0, time.UTC), cardDisputes)
	advance(t, s.clock, time.Date(2029, 8, 15, 12, 0, 0, 0, time.UTC))
	owed = s.invoice(t, string(s.contract(t).Billed))
	dispute = psp.disputed(t, owed)
	eventually(t, 30*time.Second, "the invoice is owed again", func() bool { owed = s.invoice(t, string(owed.ID)); return owed.State == invoice.Open })
	is := s.contract(t)
	if owed.Left() != 1299 || len(is.Debts) != 1 || is.Debts[0].Invoice != owed.ID || is.State != subscription.Active {
		t.Errorf("%+v, %+v", owed, is)
	}
	at := exactlyOne(t, event.TypePaymentDisputed, string(owed.ID)).Time
	if !at.Equal(time.Date(2029, 8, 15, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("the payment was disputed at %s, and the customer lives by a clock", at)
	}
	exactlyOne(t, event.TypeDunningStarted, s.sub)
	s.gets(t, 1, "took your payment back")
	return s, owed, dispute
}

// invoice is one as it is kept.
func (s viewer) invoice(t *testing.T, which string) invoice.Invoice {
	t.Helper()
	return must[invoice.Invoice](t)(site.DB().Invoice(context.Background(), "demo", id.Customer(s.id), id.Invoice(which)))
}

// A dispute that is won: the money is back, the invoice is paid as it was, the dunning is over, and nobody was asked to pay twice. Told
// twice, it is once.
func TestDisputeWon(t *testing.T) {
	s, owed, dispute := disputing(t)
	psp.decided(t, dispute, "winning_evidence")
	eventually(t, 30*time.Second, "the invoice is paid", func() bool { return s.invoice(t, string(owed.ID)).State == invoice.Paid })
	if is := s.contract(t); len(is.Debts) != 0 || is.State != subscription.Active {
		t.Errorf("%+v", is)
	}
	exactlyOne(t, event.TypeDisputeClosed, string(owed.ID))
	exactlyOne(t, event.TypeDunningEnded, s.sub)
	advance(t, s.clock, time.Date(2029, 8, 30, 12, 0, 0, 0, time.UTC))
	if is := s.contract(t); is.State != subscription.Active || balance(t, s.Customer) != 0 {
		t.Errorf("%+v", is)
	}
}

// A dispute that is lost: what was owed stays owed, the card is not tried again, the ladder goes on to the suspension, and paid with another card the contract is back.
func TestDisputeLost(t *testing.T) {
	ctx := context.Background()
	s, owed, dispute := disputing(t)
	psp.decided(t, dispute, "losing_evidence")
	exactlyOne(t, event.TypeDisputeClosed, string(owed.ID))
	if now := s.invoice(t, string(owed.ID)); now.State != invoice.Open || now.Left() != 1299 {
		t.Errorf("%+v", now)
	}
	advance(t, s.clock, s.contract(t).Debts[0].Since.AddDate(0, 0, 8))
	if is := s.contract(t); is.State != subscription.Suspended || len(psp.charges(t, s.id)) != 1 {
		t.Errorf("%+v", is)
	}
	pay := map[string]any{"method": "saved_card", "paymentMethodId": must[Method](t)(s.AddCard(ctx, cardGood)).PaymentMethodID}
	expect(t, must[Answer](t)(s.PayInvoice(ctx, Key(), string(owed.ID), pay)), nil, http.StatusOK, "")
	if is := s.contract(t); is.State != subscription.Active || len(is.Debts) != 0 {
		t.Errorf("%+v", is)
	}
	if charges := psp.charges(t, s.id); len(charges) != 2 || charges[1].AmountRefunded != 0 {
		t.Errorf("%+v", charges)
	}
}

// A dispute that is won after the invoice was paid anew: what came twice is in the wallet.
func TestDisputeWonTooLate(t *testing.T) {
	ctx := context.Background()
	s, owed, dispute := disputing(t)
	pay := map[string]any{"method": "saved_card", "paymentMethodId": must[Method](t)(s.AddCard(ctx, cardGood)).PaymentMethodID}
	expect(t, must[Answer](t)(s.PayInvoice(ctx, Key(), string(owed.ID), pay)), nil, http.StatusOK, "")
	psp.decided(t, dispute, "winning_evidence")
	eventually(t, 30*time.Second, "the money is in the wallet", func() bool { return balance(t, s.Customer) == 1299 })
	if now := s.invoice(t, string(owed.ID)); now.State != invoice.Paid || now.Left() != 0 {
		t.Errorf("%+v", now)
	}
	if is := s.contract(t); len(is.Debts) != 0 || is.State != subscription.Active {
		t.Errorf("%+v", is)
	}
}
