package store

import (
	"context"
	"errors"
	"testing"
	"time"
	_ "time/tzdata"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/account"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// due is a contract of a month whose renewal is due, of a customer with a card.
func (s shop) due() subscription.Subscription {
	s.Helper()
	sub := subscription.Sign(subscription.Contract{Tenant: s.tenant, Customer: customer, ID: id.New[id.Subscription](id.SubscriptionPrefix, noon), Order: "ord_1", Line: plan("plan_a"), Paid: 1299},
		noon.AddDate(0, -1, 0))
	sub, _ = sub.Activate("Europe/Berlin", noon.AddDate(0, -1, 0))
	sub.BillingPeriod = "P1M"
	t := s.db.tx()
	t.create(subscriptions, subscriptionKey(s.tenant, customer, sub.ID), sub.Scheduled(subscription.Usual), nil)
	t.put(accounts, profileKey(s.tenant, customer), account.Customer{Tenant: s.tenant, ID: customer, Name: "Ada", Country: "DE", Address: account.Address{Line1: "Weg 1", PostalCode: "10115", City: "Berlin"}}, "", nil, nil)
	t.put(payments, pspCustomerKey(s.tenant, customer), pspCustomerRow{PSPCustomer: "cus_psp", Default: &payment.Standing{Reference: "pmr_1", PSPMethod: "pm_1"}}, "", nil, nil)
	ok(s.T, t.commit(s.Context()))
	return s.contractNow(sub.ID)
}

func (s shop) contractNow(i id.Subscription) subscription.Subscription {
	s.Helper()
	sub, err := s.db.Subscription(context.Background(), s.tenant, customer, i)
	ok(s.T, err)
	return sub
}

// intended is the payment of the contract's next period, recorded, and the book of who has read it.
func (s shop) intended(sub subscription.Subscription) (payment.Payment, payment.Book) {
	s.Helper()
	standing, _, book, err := s.db.Standing(s.Context(), s.tenant, customer, sub.ID)
	ok(s.T, err)
	bill := standing.Renewal(standing.Tax)
	p := payment.Payment{Tenant: s.tenant, Customer: customer, ID: id.Derive[id.Payment](id.PaymentPrefix, noon, string(sub.ID), string(bill.Period.From)), State: payment.Pending, Amount: bill.Due(), PaidWith: "visa •••• 4242",
		InitiatedAt: noon, Bill: &payment.Bill{Kind: payment.Renewal, Subscription: sub.ID, Period: bill.Period, Charges: bill.Charges, Credit: bill.Credit}}
	p.Bill.Invoice = id.Swap[id.Invoice](p.ID, id.PaymentPrefix, id.InvoicePrefix)
	now, begun, err := s.db.Intend(s.Context(), p)
	ok(s.T, err)
	same(s.T, "begun", []any{begun, now.ID}, []any{true, p.ID})
	if _, again, err := s.db.Intend(s.Context(), p); again || err != nil {
		s.Errorf("intended twice: %v, %v", again, err)
	}
	return p, book
}

func charged(p payment.Payment) payment.Payment {
	p.State, p.ChargeID, p.SettledAt = payment.Succeeded, "pi_"+string(p.ID), noon
	return p
}

// S3-151, I3: what is true when a renewal was charged, whoever tells of it and how often: one period, one invoice with the next number,
// one entry. None of those who come late takes the money for unwanted.
func TestCompleteOfARenewal(t *testing.T) {
	s := opened(t)
	sub := s.due()
	p, book := s.intended(sub)
	ends := at(10, func(i int) error {
		if i%2 == 0 {
			return book.Complete(context.Background(), charged(p))
		}
		return s.db.Complete(context.Background(), charged(p))
	})
	same(t, "ends", ends, map[string]int{"": 1, payment.ErrMoved.Error(): 9})
	is := s.contractNow(sub.ID)
	same(t, "period", []any{is.Period, is.Version, len(is.Debts)}, []any{p.Bill.Period, sub.Version + 1, 0})
	inv, err := s.db.Invoice(t.Context(), s.tenant, customer, p.Bill.Invoice)
	ok(t, err)
	same(t, "invoice", []any{inv.State, inv.Total, inv.Left(), inv.Number != "", inv.Taxes[0].Rate, inv.Buyer.Address}, []any{invoice.Paid, 1299, 0, true, 1900, []string{"Weg 1", "10115 Berlin"}})
	same(t, "books", balanced(t, s.db, s.tenant), map[ledger.Account]int64{ledger.PSPCash: 1299, ledger.Sales: -1299})
	same(t, "told", typesOf(announced(t, s.db, s.tenant)), []event.Type{event.TypePaymentSucceeded, event.TypeInvoiceIssued, event.TypeSubscriptionRenewed, event.TypeInvoicePaid})
	timers, err := s.db.Timers(t.Context(), s.tenant, customer)
	ok(t, err)
	same(t, "timers", []any{len(timers), timers[0].Due.Equal(is.Due)}, []any{1, true})
}

// The second invoice of a series takes the number after the first one's.
func TestRenewalsAreNumbered(t *testing.T) {
	s := opened(t)
	for _, sub := range []subscription.Subscription{s.due(), s.due(), s.due()} {
		p, book := s.intended(sub)
		ok(t, book.Complete(t.Context(), charged(p)))
	}
	numbers, err := get[invoice.Numbers](t.Context(), s.db, invoices, numbersKey(s.tenant, invoiceSeries(customer), invoice.Standard), errors.New("none"))
	ok(t, err)
	same(t, "last", numbers.Last, 3)
}

// Money for a period of a contract that was cancelled, changed or renewed otherwise meanwhile is not wanted.
func TestRenewalNotWanted(t *testing.T) {
	for name, change := range map[string]func(subscription.Subscription) subscription.Subscription{
		"cancelled": func(s subscription.Subscription) subscription.Subscription { s, _ = s.End(noon); return s },
		"changed": func(s subscription.Subscription) subscription.Subscription {
			dearer := plan("plan_b")
			dearer.Price.Minor = 9900
			s.Next, s.Version = &subscription.Change{Plan: dearer}, s.Version+1
			return s
		},
		"renewed": func(s subscription.Subscription) subscription.Subscription {
			return s.Renewal(lineitem.Tax{}).After
		},
	} {
		s := opened(t)
		sub := s.due()
		p, book := s.intended(sub)
		ok(t, s.db.Step(t.Context(), sub, change(sub)))
		var unwanted *payment.UnwantedError
		if err := book.Complete(t.Context(), charged(p)); !errors.As(err, &unwanted) || unwanted.Reason != payment.NotDue {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// S3-09: of two contracts that came to be of one plan the claim is the one's that came last; the other can leave the plan all the same, at once and
// with a renewal, and the claim stays.
func TestLeavesAPlanThatAnotherClaims(t *testing.T) {
	for name, leave := range map[string]func(context.Context, shop, subscription.Subscription) error{
		"now": func(ctx context.Context, s shop, sub subscription.Subscription) error {
			standing, _, _, err := s.db.Standing(s.Context(), s.tenant, customer, sub.ID)
			ok(s.T, err)
			to := plan("plan_b")
			to.Price.Minor = 0
			return s.db.ChangeUncharged(ctx, s.key(), sub, to, standing.ChangeNow(to, standing.Today(standing.Now), standing.Tax), "inv_1", "")
		},
		"with the renewal": func(ctx context.Context, s shop, sub subscription.Subscription) error {
			next := sub
			next.Next, next.Version = &subscription.Change{Plan: plan("plan_b")}, sub.Version+1
			ok(s.T, s.db.Step(s.Context(), sub, next))
			p, book := s.intended(next)
			return book.Complete(ctx, charged(p))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t)
			sub := s.due()
			if name == "now" { // its period goes on
				next := sub
				next.Period.Until, next.Version = next.Period.Until.Plus(31), sub.Version+1
				ok(t, s.db.Step(t.Context(), sub, next))
				sub = next
			}
			w := s.db.tx()
			w.put(subscriptions, claimKey(s.tenant, customer, "plan_a"), claimRow{SubscriptionID: "sub_other"}, "", nil, nil)
			ok(t, w.commit(t.Context()))
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			ok(t, leave(ctx, s, sub))
			for item, holder := range map[id.Item]id.Subscription{"plan_a": "sub_other", "plan_b": sub.ID} {
				claim, err := get[claimRow](t.Context(), s.db, subscriptions, claimKey(s.tenant, customer, item), errors.New("none"))
				ok(t, err)
				same(t, string(item), claim.SubscriptionID, holder)
			}
		})
	}
}

// S3-91: what was suspended for too long ends, once, with what a cancellation gives back; what is left of its invoice stays owed, and can be paid.
func TestEndOfASuspended(t *testing.T) {
	s := opened(t)
	sub, p := s.dunned()
	off := sub
	off.State, off.Entitlement.State, off.IdleSince, off.Version = subscription.Suspended, subscription.Suspended, sub.Today(noon).Plus(-30), sub.Version+1
	off.Period.From, off.Span.From = off.IdleSince.Plus(-7), off.IdleSince.Plus(-7)
	off.Period.Until = off.Span.From.Plus(30)
	ok(t, s.db.Step(t.Context(), sub, off))
	ends := at(3, func(int) error { return s.db.EndContract(context.Background(), s.tenant, customer, sub.ID) })
	same(t, "ends", ends, map[string]int{"": 3})
	is := s.contractNow(sub.ID)
	inv, err := s.db.Invoice(t.Context(), s.tenant, customer, p.Bill.Invoice)
	ok(t, err)
	same(t, "contract, invoice", []any{is.State, is.Due.IsZero(), inv.State, inv.Left()}, []any{subscription.Ended, true, invoice.Open, 1299 * 7 / 30})
	var told []event.SubscriptionEnded
	for _, e := range announced(t, s.db, s.tenant) {
		if e.Type == event.TypeSubscriptionEnded {
			var over event.SubscriptionEnded
			ok(t, event.Decode(e, &over))
			told = append(told, over)
		}
	}
	if len(told) != 1 || told[0].Cause != "non_payment" || told[0].Owed.Minor != inv.Left() || told[0].Back.Minor != 0 || told[0].CreditNoteID == "" {
		t.Errorf("%+v", told)
	}
	p.ID, p.Amount = id.Derive[id.Payment](id.PaymentPrefix, noon, "at last"), inv.LeftAmount()
	_, _, err = s.db.Intend(t.Context(), p)
	ok(t, err)
	ok(t, s.db.Complete(t.Context(), charged(p)))
	same(t, "paid", []any{len(s.contractNow(sub.ID).Debts), s.contractNow(sub.ID).State}, []any{0, subscription.Ended})
}

// dunned is a contract whose renewal was declined, and the payment of its invoice.
func (s shop) dunned() (subscription.Subscription, payment.Payment) {
	s.Helper()
	sub := s.due()
	p, _ := s.intended(sub)
	failed := p
	failed.State, failed.Reason = payment.Failed, payment.CardDeclined
	ok(s.T, s.db.Fail(s.Context(), failed, event.New(s.Context(), s.tenant, noon, event.PaymentFailed{PaymentID: p.ID, CustomerID: customer, InvoiceID: p.Bill.Invoice, Amount: p.Amount, Reason: string(payment.CardDeclined)})))
	q := payment.Payment{Tenant: s.tenant, Customer: customer, ID: id.Derive[id.Payment](id.PaymentPrefix, noon, "again", string(sub.ID)), State: payment.Pending, Amount: p.Amount, InitiatedAt: noon,
		Bill: &payment.Bill{Kind: payment.OfInvoice, Invoice: p.Bill.Invoice, Subscription: sub.ID}}
	_, _, err := s.db.Intend(s.Context(), q)
	ok(s.T, err)
	return s.contractNow(sub.ID), q
}

// S3-86, S3-92, S3-97: a decline makes the invoice an open one that is owed; a part that is paid leaves the ladder as it is; the rest ends
// it. A second payment of it is not wanted.
func TestDeclinedAndPaid(t *testing.T) {
	s := opened(t)
	sub, p := s.dunned()
	same(t, "owed", []any{len(sub.Debts), sub.Debts[0].Invoice, sub.State, sub.Period.From}, []any{1, p.Bill.Invoice, subscription.Active, "2026-11-02"})
	same(t, "books", balanced(t, s.db, s.tenant), map[ledger.Account]int64{ledger.Receivables: 1299, ledger.Sales: -1299})
	part := p
	part.ID, part.Amount = id.Derive[id.Payment](id.PaymentPrefix, noon, "part"), money.Amount{Minor: 299, Currency: "EUR"}
	rest := p
	rest.ID, rest.Amount = id.Derive[id.Payment](id.PaymentPrefix, noon, "rest"), money.Amount{Minor: 1000, Currency: "EUR"}
	for _, q := range []payment.Payment{part, rest} {
		_, _, err := s.db.Intend(t.Context(), q)
		ok(t, err)
	}
	ok(t, s.db.Complete(t.Context(), charged(part)))
	same(t, "debts", s.contractNow(sub.ID).Debts, sub.Debts)
	ok(t, s.db.Complete(t.Context(), charged(rest)))
	same(t, "debts", len(s.contractNow(sub.ID).Debts), 0)
	same(t, "books", balanced(t, s.db, s.tenant), map[ledger.Account]int64{ledger.PSPCash: 1299, ledger.Sales: -1299})
	want(t, s.db.Complete(t.Context(), charged(rest)), payment.ErrMoved)
	var unwanted *payment.UnwantedError
	if err := s.db.Complete(t.Context(), charged(p)); !errors.As(err, &unwanted) || unwanted.Reason != payment.DuplicatePayment {
		t.Error(err)
	}
}

// S3-94: a payment and the suspension at the same moment, in either order and at once: who has paid is not suspended.
func TestPaymentRacesSuspension(t *testing.T) {
	for round := range 12 {
		s := opened(t)
		sub, p := s.dunned()
		last := sub
		for range subscription.Usual.Reminders {
			last, _, _ = last.Reminded(subscription.Usual, noon.AddDate(0, 0, 7))
		}
		last.Version = sub.Version + 1
		ok(t, s.db.Step(t.Context(), sub, last.Scheduled(subscription.Usual)))
		s.clock.Advance(7 * 24 * time.Hour)
		suspend := func() error {
			for {
				was := s.contractNow(sub.ID)
				next, moved := was.Suspend(subscription.Usual, noon.AddDate(0, 0, 7))
				if !moved {
					return nil
				}
				if err := s.db.Step(context.Background(), was, next.Scheduled(subscription.Usual)); !errors.Is(err, subscription.ErrMoved) {
					return err
				}
			}
		}
		pay := func() error {
			return patiently(func() error { return s.db.Complete(context.Background(), charged(p)) })
		}
		switch round % 3 {
		case 0:
			ok(t, suspend())
			same(t, "state", s.contractNow(sub.ID).State, subscription.Suspended)
			ok(t, pay())
		case 1:
			ok(t, pay())
			ok(t, suspend())
		default:
			same(t, "ends", at(2, func(i int) error { return []func() error{suspend, pay}[i]() }), map[string]int{"": 2})
		}
		is := s.contractNow(sub.ID)
		same(t, "state", []any{is.State, is.Entitlement.State, len(is.Debts)}, []any{subscription.Active, subscription.Active, 0})
	}
}

// A contract without a card, or with credit that covers it all, is renewed without the PSP: once.
func TestRenewUncharged(t *testing.T) {
	for credit, on := range map[int64]map[ledger.Account]int64{0: {ledger.Receivables: 1299, ledger.Sales: -1299}, 1500: {ledger.Credits: 1299, ledger.Sales: -1299}} {
		s := opened(t)
		sub := s.due()
		rich := sub
		rich.Credit, rich.Version = credit, sub.Version+1
		ok(t, s.db.Step(t.Context(), sub, rich))
		ends := at(5, func(int) error {
			return patiently(func() error { return s.db.RenewUncharged(context.Background(), rich, "inv_1") })
		})
		same(t, "ends", ends, map[string]int{"": 5})
		is := s.contractNow(sub.ID)
		same(t, "period, debts, credit", []any{is.Period.From, len(is.Debts) == 1, is.Credit}, []any{"2026-11-02", credit == 0, max(credit-1299, 0)})
		same(t, "books", balanced(t, s.db, s.tenant), on)
	}
}

// Each caller of the PSP gets a turn of its own, a step after the one before; who comes when nobody waits gets the present moment.
func TestTurns(t *testing.T) {
	s := opened(t)
	step := 40 * time.Millisecond
	if _, taken, err := s.db.TakeTurn(t.Context(), s.tenant, noon, step); taken || err != nil {
		t.Fatal(taken, err)
	}
	first := at(10, func(int) error {
		taken, err := s.db.FirstTurn(context.Background(), s.tenant, noon, step)
		if err == nil && !taken {
			err = errors.New("taken")
		}
		return err
	})
	same(t, "first", first, map[string]int{"": 1, "taken": 9})
	turns := at(10, func(int) error {
		at, taken, err := s.db.TakeTurn(context.Background(), s.tenant, noon, step)
		if !taken || err != nil {
			return errors.Join(err, errors.New("not taken"))
		}
		return errors.New(at.Sub(noon).String())
	})
	for i := range 10 {
		if turns[(time.Duration(i+1)*step).String()] != 1 {
			t.Fatal(turns)
		}
	}
	if taken, err := s.db.FirstTurn(t.Context(), s.tenant, noon.Add(time.Second), step); !taken || err != nil {
		t.Error(taken, err)
	}
}
