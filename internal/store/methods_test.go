package store

import (
	"context"
	"testing"

	"turnup/internal/base/id"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// vault is a PSP's cards.
type vault struct {
	fails    error
	detached []string
	saved    payment.Saved
}

func (v *vault) Detach(_ context.Context, m string) error {
	if v.fails != nil {
		return v.fails
	}
	v.detached = append(v.detached, m)
	return nil
}

func (v *vault) Saved(context.Context, string) (payment.Saved, error) { return v.saved, v.fails }

// card gives a customer a confirmed method.
func card(t *testing.T, db *DB, tenant id.Tenant, ref id.Reference) payment.Method {
	t.Helper()
	m := pendingMethod(tenant, ref)
	ok(t, db.AddMethod(t.Context(), keyed(t, tenant, "k"+string(ref)), m, true))
	m.State, m.PSPMethod, m.Card = payment.MethodConfirmed, "pm_"+string(ref), payment.Card{Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: 2034}
	ok(t, db.CloseMethod(t.Context(), nil, m))
	return m
}

func contractOf(t *testing.T, db *DB, tenant id.Tenant, state subscription.State) {
	t.Helper()
	s := subscription.Subscription{Tenant: tenant, Customer: customer, ID: "sub_running", State: state, Version: 1}
	tx := db.tx()
	tx.put(subscriptions, subscriptionKey(tenant, customer, s.ID), s, "", nil, nil)
	ok(t, tx.commit(t.Context()))
}

func defaultOf(t *testing.T, db *DB, tenant id.Tenant) id.Reference {
	t.Helper()
	s, err := db.ChargeableMethod(t.Context(), tenant, customer)
	ok(t, err)
	return s.Reference
}

// S3-135: of methods, the default and whether a contract runs, what of it can be removed, and what is the default then.
func TestRemovingMethods(t *testing.T) {
	for name, c := range map[string]struct {
		cards   []id.Reference // the first is the default
		running subscription.State
		remove  id.Reference
		err     error
		left    id.Reference
	}{
		"the last one, nothing runs":            {[]id.Reference{"pmr_1"}, "", "pmr_1", nil, ""},
		"the last one of an ended contract":     {[]id.Reference{"pmr_1"}, subscription.Ended, "pmr_1", nil, ""},
		"the last one of a running contract":    {[]id.Reference{"pmr_1"}, subscription.Active, "pmr_1", payment.ErrMethodInUse, "pmr_1"},
		"of a contract that waits":              {[]id.Reference{"pmr_1"}, subscription.Pending, "pmr_1", payment.ErrMethodInUse, "pmr_1"},
		"of a suspended contract":               {[]id.Reference{"pmr_1"}, subscription.Suspended, "pmr_1", payment.ErrMethodInUse, "pmr_1"},
		"of a paused contract":                  {[]id.Reference{"pmr_1"}, subscription.Paused, "pmr_1", payment.ErrMethodInUse, "pmr_1"},
		"the default, another would do":         {[]id.Reference{"pmr_1", "pmr_2"}, subscription.Active, "pmr_1", payment.ErrMethodInUse, "pmr_1"},
		"another than the default":              {[]id.Reference{"pmr_1", "pmr_2"}, subscription.Active, "pmr_2", nil, "pmr_1"},
		"the default, nothing runs: the newest": {[]id.Reference{"pmr_1", "pmr_2", "pmr_3"}, "", "pmr_1", nil, "pmr_3"},
		"one that is not there":                 {[]id.Reference{"pmr_1"}, "", "pmr_9", payment.ErrMethodUnknown, "pmr_1"},
	} {
		t.Run(name, func(t *testing.T) {
			db, tenant := fresh(t)
			for _, ref := range c.cards {
				card(t, db, tenant, ref)
			}
			if c.running != "" {
				contractOf(t, db, tenant, c.running)
			}
			v := &vault{}
			err := payment.Cards{Store: db, PSP: v}.Remove(t.Context(), tenant, customer, c.remove)
			if c.err == nil {
				ok(t, err)
				same(t, "detached", v.detached, []string{"pm_" + string(c.remove)})
				_, err = db.Method(t.Context(), tenant, customer, c.remove)
				want(t, err, payment.ErrMethodUnknown)
			} else {
				want(t, err, c.err)
				same(t, "detached", len(v.detached), 0)
			}
			same(t, "default", defaultOf(t, db, tenant), c.left)
		})
	}
}

// S3-135: the PSP cannot be reached: nobody is charged with the card any more, and asking again removes it there.
func TestRemovingAMethodAgain(t *testing.T) {
	db, tenant := fresh(t)
	card(t, db, tenant, "pmr_1")
	v := &vault{fails: payment.ErrUnanswered}
	cards := payment.Cards{Store: db, PSP: v}
	want(t, cards.Remove(t.Context(), tenant, customer, "pmr_1"), payment.ErrPSPUnavailable)
	m, err := db.Method(t.Context(), tenant, customer, "pmr_1")
	ok(t, err)
	same(t, "state, chargeable", []any{m.State, m.ID(), defaultOf(t, db, tenant)}, []any{payment.MethodRemoved, id.Method(""), id.Reference("")})
	_, err = cards.Default(t.Context(), tenant, customer, "pmr_1")
	want(t, err, payment.ErrMethodUnknown)
	v.fails = nil
	ok(t, cards.Remove(t.Context(), tenant, customer, "pmr_1"))
	want(t, cards.Remove(t.Context(), tenant, customer, "pmr_1"), payment.ErrMethodUnknown)
}

// S3-135: another default, by whoever comes last; and what cannot be one.
func TestDefaultMethod(t *testing.T) {
	db, tenant := fresh(t)
	first, second := card(t, db, tenant, "pmr_1"), card(t, db, tenant, "pmr_2")
	pending := pendingMethod(tenant, "pmr_3")
	ok(t, db.AddMethod(t.Context(), keyed(t, tenant, "k3"), pending, false))
	cards := payment.Cards{Store: db, PSP: &vault{}}
	_, err := cards.Default(t.Context(), tenant, customer, "pmr_3")
	want(t, err, payment.ErrNoMethod)
	_, err = cards.Default(t.Context(), tenant, "cus_2", "pmr_2")
	want(t, err, payment.ErrMethodUnknown)
	got, err := cards.Default(t.Context(), tenant, customer, "pmr_2")
	ok(t, err)
	same(t, "answered", got, second)
	same(t, "default", defaultOf(t, db, tenant), "pmr_2")

	contractOf(t, db, tenant, subscription.Active) // removing one and making it the default at once: one of them wins
	same(t, "at once", len(at(2, func(n int) error {
		if n == 0 {
			_, err := cards.Default(t.Context(), tenant, customer, first.Reference)
			return err
		}
		return cards.Remove(t.Context(), tenant, customer, first.Reference)
	})) > 0, true)
	standing := defaultOf(t, db, tenant)
	_, err = db.Method(t.Context(), tenant, customer, standing)
	ok(t, err)
}

// S3-135, S3-95: the card that a bank has renewed is shown and charged as it is now.
func TestRefreshedCards(t *testing.T) {
	db, tenant := fresh(t)
	first := card(t, db, tenant, "pmr_1")
	card(t, db, tenant, "pmr_2")
	fresh := payment.Card{Brand: "visa", Last4: "9999", ExpMonth: 1, ExpYear: 2040}
	v := &vault{saved: payment.Saved{Tenant: tenant, Customer: customer, PSPMethod: first.PSPMethod, Card: fresh}}
	for range 2 {
		ok(t, payment.Cards{Store: db, PSP: v}.Refreshed(t.Context(), first.PSPMethod))
	}
	standing, err := db.ChargeableMethod(t.Context(), tenant, customer)
	ok(t, err)
	same(t, "default", standing.Card, fresh)
	v.saved.PSPMethod, v.saved.Card.Last4 = "pm_pmr_2", "1111"
	ok(t, payment.Cards{Store: db, PSP: v}.Refreshed(t.Context(), "pm_pmr_2"))
	second, err := db.Method(t.Context(), tenant, customer, "pmr_2")
	ok(t, err)
	same(t, "the other", second.Card.Last4, "1111")
	standing, err = db.ChargeableMethod(t.Context(), tenant, customer)
	ok(t, err)
	same(t, "the default is as it was", standing.Card, fresh)
	v.saved = payment.Saved{}
	ok(t, payment.Cards{Store: db, PSP: v}.Refreshed(t.Context(), "pm_strange"))
}
