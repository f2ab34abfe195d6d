package store

import (
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/cart"
	"turnup/internal/domain/payment"
)

const customer id.Customer = "cus_1"

func plan(item id.Item) lineitem.Line {
	return lineitem.Line{ItemID: item, Name: string(item), Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"}, Quantity: 1, BillingPeriod: "P1M"}
}

// filled is a stored, open cart of version 1.
func filled(t *testing.T, db *DB, tenant id.Tenant, lines ...lineitem.Line) cart.Cart {
	t.Helper()
	adding := make([]cart.Addition, len(lines))
	for i, l := range lines {
		adding[i].Line = l
	}
	c, err := cart.New(tenant, customer, time.Now()).Add(adding, time.Now().Truncate(time.Millisecond))
	ok(t, err)
	ok(t, db.SaveCart(t.Context(), nil, c))
	return c
}

// S0-36, S0-39: a cart comes back to its owner, and to nobody else.
func TestCartIsItsOwners(t *testing.T) {
	db, tenant := fresh(t)
	c := filled(t, db, tenant, plan("plan_a"), lineitem.Line{ItemID: "good_a", Type: lineitem.OneOff, Price: money.Amount{Minor: 5, Currency: "EUR"}, Quantity: 3})
	got, err := db.Cart(t.Context(), tenant, customer, c.ID)
	ok(t, err)
	same(t, "cart", []any{got.ID, got.Lines, got.State, got.Version, got.UpdatedAt.UTC()}, []any{c.ID, c.Lines, cart.Open, 1, c.UpdatedAt.UTC()})
	_, err = db.Cart(t.Context(), tenant, "cus_2", c.ID)
	want(t, err, cart.ErrUnknown)
	_, err = db.Cart(t.Context(), tenant+"x", customer, c.ID)
	want(t, err, cart.ErrUnknown)
	_, _, err = db.Shelf(t.Context(), tenant, "cus_2", "DE", c.ID, []id.Item{"plan_a"})
	want(t, err, cart.ErrUnknown)
	_, _, err = db.Till(t.Context(), tenant, "cus_2", c.ID, "pmr_1")
	want(t, err, cart.ErrUnknown)
}

// Two changes decided on the same version: one is written, the other is told to read again.
func TestSaveCartIsConditional(t *testing.T) {
	db, tenant := fresh(t)
	c := filled(t, db, tenant, plan("plan_a"))
	ends := at(20, func(int) error {
		next := c
		next.Version = 2
		return db.SaveCart(t.Context(), nil, next)
	})
	same(t, "ends", ends, map[string]int{"": 1, fault.ErrStale.Code: 19})
	want(t, db.SaveCart(t.Context(), nil, c), fault.ErrStale) // version 1 must be new
	c.Version, c.ID = 2, "cart_unknown"
	want(t, db.SaveCart(t.Context(), nil, c), fault.ErrStale) // nothing to change
}

// S0-47, R6: adding with one key fifty times at once adds once; all are answered with the same cart.
func TestAddWithOneKey(t *testing.T) {
	db, tenant := fresh(t)
	r := request(tenant, string(customer), "k", "f")
	ids := make(chan id.Cart, 50)
	ends := at(50, func(int) error {
		got, err := once.Do(t.Context(), db, r, func(use *once.Use) (cart.Cart, error) {
			c := cart.New(tenant, customer, time.Now())
			c.Version = 1
			if err := use.Answer(c); err != nil {
				return c, err
			}
			return c, db.SaveCart(t.Context(), use, c)
		})
		ids <- got.ID
		return err
	})
	same(t, "ends", ends, map[string]int{"": 50})
	first := <-ids
	for range 49 {
		same(t, "cart", <-ids, first)
	}
	_, err := db.Cart(t.Context(), tenant, customer, first)
	ok(t, err)
}

// S0-37, S0-49: the shelf has what is sold in that country only.
func TestShelf(t *testing.T) {
	db, tenant := fresh(t)
	stock(t, db, tenant)
	c := filled(t, db, tenant, plan("plan_a"))
	got, offers, err := db.Shelf(t.Context(), tenant, customer, "DE", c.ID, []id.Item{"plan_a", "good_a", "good_b", "plan_unknown"})
	ok(t, err)
	same(t, "cart", got.ID, c.ID)
	same(t, "offers", len(offers), 2)
	for _, i := range []id.Item{"plan_a", "good_a"} {
		same(t, "offer", []any{offers[i].ItemID, offers[i].Country, offers[i].Excludes}, []any{i, "DE", []id.Item{"plan_q"}})
	}
	none, offers, err := db.Shelf(t.Context(), tenant, customer, "FR", "", []id.Item{"plan_a"})
	ok(t, err)
	same(t, "nothing", []any{none == nil, len(offers)}, []any{true, 0})
	_, _, err = db.Shelf(t.Context(), tenant, customer, "DE", "cart_unknown", []id.Item{"plan_a"})
	want(t, err, cart.ErrUnknown)
}

// S0-44: the till has the customer's own method, or none.
func TestTill(t *testing.T) {
	db, tenant := fresh(t)
	c := filled(t, db, tenant, plan("plan_a"))
	m := pendingMethod(tenant, "pmr_1")
	ok(t, db.AddMethod(t.Context(), keyed(t, tenant, "k"), m, true))
	foreign := m
	foreign.Customer, foreign.Reference = "cus_2", "pmr_2"
	ok(t, db.AddMethod(t.Context(), keyed(t, tenant, "k2"), foreign, true))
	for ref, has := range map[id.Reference]bool{"pmr_1": true, "pmr_2": false, "pmr_3": false, "": false} {
		got, method, err := db.Till(t.Context(), tenant, customer, c.ID, ref)
		ok(t, err)
		same(t, string(ref), []any{got.ID, method != nil}, []any{c.ID, has})
	}
	_, _, err := db.Till(t.Context(), tenant, customer, "cart_unknown", "pmr_1")
	want(t, err, cart.ErrUnknown)
}

func keyed(t *testing.T, tenant id.Tenant, key string) *once.Use {
	t.Helper()
	use := &once.Use{Request: request(tenant, string(customer), key, "f")}
	ok(t, use.Answer(key))
	return use
}

func pendingMethod(tenant id.Tenant, ref id.Reference) payment.Method {
	return payment.Method{Tenant: tenant, Customer: customer, Reference: ref, State: payment.MethodPending, SessionID: "cs_1", RedirectURL: "https://psp.example/cs_1",
		PSPCustomer: "psp_cus_1", CreatedAt: noon, ExpiresAt: noon.Add(payment.SetupWindow)}
}

// S0-23, S0-31, S0-32, S0-33, S0-35: methods are their customer's, end once, and how they ended stands.
func TestMethods(t *testing.T) {
	db, tenant := fresh(t)
	ctx := t.Context()
	none, err := db.PSPCustomer(ctx, tenant, customer)
	ok(t, err)
	same(t, "PSP customer", none, "")
	m := pendingMethod(tenant, "pmr_1")
	ok(t, db.AddMethod(ctx, keyed(t, tenant, "k"), m, true))
	got, err := db.Method(ctx, tenant, customer, "pmr_1")
	ok(t, err)
	same(t, "method", got, m)
	_, err = db.Method(ctx, tenant, "cus_2", "pmr_1")
	want(t, err, payment.ErrMethodUnknown)
	pspCustomer, err := db.PSPCustomer(ctx, tenant, customer)
	ok(t, err)
	same(t, "PSP customer", pspCustomer, "psp_cus_1")

	second := pendingMethod(tenant, "pmr_2") // the same PSP customer again
	ok(t, db.AddMethod(ctx, keyed(t, tenant, "k2"), second, true))
	strange := pendingMethod(tenant, "pmr_3")
	strange.PSPCustomer = "psp_cus_9"
	want(t, db.AddMethod(ctx, keyed(t, tenant, "k3"), strange, true), payment.ErrPSPUnavailable)
	_, err = db.Method(ctx, tenant, customer, "pmr_3")
	want(t, err, payment.ErrMethodUnknown)

	confirmed := m
	confirmed.State, confirmed.PSPMethod, confirmed.Card, confirmed.ConfirmedAt = payment.MethodConfirmed, "pm_1", payment.Card{Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: 2034}, noon
	same(t, "ends", at(10, func(int) error { return db.CloseMethod(ctx, nil, confirmed) }), map[string]int{"": 10})
	expired := m
	expired.State = payment.MethodExpired
	use := keyed(t, tenant, "k4")
	ok(t, db.CloseMethod(ctx, use, expired)) // it has ended: left alone
	got, err = db.Method(ctx, tenant, customer, "pmr_1")
	ok(t, err)
	same(t, "method", got, confirmed)
	same(t, "the key was not used", has(t, db, guards, onceKey(use.Request)), false)
}

// S3-132: the first confirmed method is charged for contracts, and a later one does not take its place by itself. An erased customer
// gets none.
func TestFirstConfirmedMethodIsTheDefault(t *testing.T) {
	db, tenant := fresh(t)
	ctx := t.Context()
	none, err := db.ChargeableMethod(ctx, tenant, customer)
	ok(t, err)
	same(t, "before", none, payment.Standing{})
	first, second := pendingMethod(tenant, "pmr_1"), pendingMethod(tenant, "pmr_2")
	ok(t, db.AddMethod(ctx, keyed(t, tenant, "k1"), first, true))
	confirm := func(m payment.Method, pm string) payment.Method {
		m.State, m.PSPMethod, m.Card = payment.MethodConfirmed, pm, payment.Card{Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: 2034}
		ok(t, db.CloseMethod(ctx, nil, m))
		return m
	}
	first = confirm(first, "pm_1")
	ok(t, db.AddMethod(ctx, keyed(t, tenant, "k2"), second, true)) // its page was opened when there was no customer yet
	confirm(second, "pm_2")
	got, err := db.ChargeableMethod(ctx, tenant, customer)
	ok(t, err)
	same(t, "default", got, first.Standing())
	b := db.batch()
	b.readChargeable(tenant, customer)
	rows, err := b.read(ctx)
	ok(t, err)
	got, err = chargeableAmong(rows, tenant, customer)
	ok(t, err)
	same(t, "default in a batch", got, first.Standing())

	third := pendingMethod(tenant, "pmr_3")
	ok(t, db.AddMethod(ctx, keyed(t, tenant, "k3"), third, false))
	ok(t, db.EraseMethods(ctx, tenant, customer))
	late := db.tx() // its row came back: it was written while they were removed
	late.put(payments, methodKey(tenant, customer, third.Reference), third, "", nil, nil)
	ok(t, late.commit(ctx))
	third.State = payment.MethodConfirmed
	want(t, db.CloseMethod(ctx, nil, third), payment.ErrErased)
}
