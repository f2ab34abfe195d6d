package notifications_test

import (
	"strings"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/base/money"
	"turnup/internal/domain/notice"
	"turnup/internal/domain/subscription"
)

// owing is ada with an invoice that is not paid.
func owing() *store {
	s := ada()
	s.contract = subscription.Subscription{ID: "sub_1", Debts: []subscription.Debt{{Invoice: "inv_1"}}}
	return s
}

// S3-76, S3-88, S3-90, S3-143, S3-144, S3-145, S3-152: each step of renewal and dunning has its mail, with what it is about and where to do something about it;
// who has paid meanwhile is not dunned.
func TestRenewalAndDunningMails(t *testing.T) {
	eur := money.Amount{Minor: 1299, Currency: "EUR"}
	grace := noon.AddDate(0, 0, 7)
	for kind, k := range map[notice.Kind]struct {
		told event.Data
		says []string
		page string
		owed bool
	}{
		notice.KindRenewalReminder: {event.RenewalUpcoming{SubscriptionID: "sub_1", CustomerID: "cus_1", Name: "HD", RenewsOn: "2026-11-05", Amount: eur},
			[]string{"HD", "5 November 2026", "12.99 EUR"}, "/subscriptions/sub_1", false},
		notice.KindCardExpiring: {event.CardExpiring{SubscriptionID: "sub_1", CustomerID: "cus_1", Name: "HD", RenewsOn: "2026-11-05", Card: "visa •••• 4242"},
			[]string{"HD", "5 November 2026", "visa •••• 4242"}, "/payment-methods", false},
		notice.KindPaymentFailed: {event.DunningStarted{SubscriptionID: "sub_1", CustomerID: "cus_1", InvoiceID: "inv_1", Name: "HD", Amount: eur, Reason: "no_payment_method", GraceEnds: grace},
			[]string{"HD", "12.99 EUR", "9 November 2026", "no card"}, "/payment-methods", true},
		notice.KindDunningReminder: {event.DunningReminded{SubscriptionID: "sub_1", CustomerID: "cus_1", InvoiceID: "inv_1", Name: "HD", Step: 2, Amount: eur, Suspends: grace},
			[]string{"HD", "12.99 EUR", "9 November 2026", "Second reminder"}, "/invoices", true},
		notice.KindServiceSuspended: {event.SubscriptionSuspended{SubscriptionID: "sub_1", CustomerID: "cus_1", InvoiceID: "inv_1", Name: "HD", Amount: eur, Cause: "non_payment"},
			[]string{"HD", "12.99 EUR"}, "/invoices", true},
		notice.KindServiceResumed: {event.SubscriptionResumed{SubscriptionID: "sub_1", CustomerID: "cus_1", Name: "HD", Cause: "paid"}, []string{"HD"}, "/account", false},
	} {
		m := sent(t, owing(), k.told)
		if m.Kind != kind || !strings.Contains(m.Text, "https://web.example.com"+k.page) {
			t.Errorf("%s, not %s to %s:\n%s", m.Kind, kind, k.page, m.Text)
		}
		for _, word := range k.says {
			if !strings.Contains(m.Subject+m.Text, word) {
				t.Errorf("%s does not say %q:\n%s", kind, word, m.Text)
			}
		}
		if k.owed {
			silent(t, ada(), k.told)
		}
	}
	silent(t, ada(), event.SubscriptionResumed{SubscriptionID: "sub_1", CustomerID: "cus_1", Name: "Fibre 300", Line: true, Cause: "paid"})
}
