package store

import (
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/testclock"
)

// used is the use of a key that was not used before.
func used(t *testing.T, tenant id.Tenant, key string) *once.Use {
	t.Helper()
	use := &once.Use{Request: request(tenant, "staff|ada", key, "f")}
	ok(t, use.Answer("mine"))
	return use
}

// The time of a customer is the real one, without a call, unless they live by a test clock.
func TestNow(t *testing.T) {
	_, tenant := fresh(t)
	db := New(client, prefix, clock.At(noon))
	c := testclock.New(tenant, "far", noon.AddDate(10, 0, 0), noon)
	ok(t, db.CreateTestClock(t.Context(), used(t, tenant, "k"), c))
	for of, shows := range map[id.TestClock]time.Time{"": noon, c.ID: noon.AddDate(10, 0, 0)} {
		got, err := db.Now(t.Context(), tenant, of)
		ok(t, err)
		same(t, "time by "+string(of), got, shows)
	}
	_, err := db.Now(t.Context(), "other", c.ID)
	want(t, err, testclock.ErrUnknown)
	silent, calls := refusing(t)
	_, err = silent.Now(t.Context(), tenant, "")
	ok(t, err)
	same(t, "calls", calls.Load(), 0)
}

// A clock is changed by one at a time; an advance is written with its event.
func TestClockChanges(t *testing.T) {
	db, tenant := fresh(t)
	c := testclock.New(tenant, "", noon, noon)
	ok(t, db.CreateTestClock(t.Context(), used(t, tenant, "k"), c))
	next, err := c.Advance(noon.Add(time.Hour))
	ok(t, err)
	advanced := event.New(t.Context(), tenant, noon, event.ClockAdvanced{TestClockID: c.ID, To: next.Target})
	ends := at(5, func(i int) error {
		return db.AdvanceTestClock(t.Context(), used(t, tenant, string(rune('a'+i))), next, advanced)
	})
	same(t, "advances at once", ends, map[string]int{"": 1, fault.ErrUnavailable.Code: 4})
	same(t, "announced", typesOf(announced(t, db, tenant)), []event.Type{event.TypeClockAdvanced})
	want(t, db.MoveTestClock(t.Context(), next), fault.ErrUnavailable) // as it is already
	ok(t, db.MoveTestClock(t.Context(), next.Step(noon.Add(time.Minute))))
	got, err := db.TestClock(t.Context(), tenant, c.ID)
	ok(t, err)
	if got.Status != testclock.Advancing || !got.Now.Equal(noon.Add(time.Minute)) || !got.Target.Equal(noon.Add(time.Hour)) || got.Version != 3 {
		t.Errorf("%+v", got)
	}
}

// Clock and customer are written together or not at all: a customer who was changed meanwhile is not attached.
func TestAttachCustomer(t *testing.T) {
	db, tenant := fresh(t)
	c := testclock.New(tenant, "", noon, noon)
	ok(t, db.CreateTestClock(t.Context(), used(t, tenant, "k"), c))
	for _, k := range []struct {
		customer id.Customer
		is, was  int64 // version in the table, version read
		want     error
	}{{"cus_now", 3, 3, nil}, {"cus_changed", 2, 1, fault.ErrUnavailable}, {"cus_since", 3, 1, fault.ErrUnavailable}} {
		stored := account.Customer{Tenant: tenant, ID: k.customer, Username: string(k.customer), Version: k.is}
		x := db.tx()
		x.create(accounts, profileKey(tenant, k.customer), stored, nil)
		ok(t, x.commit(t.Context()))
		next, err := c.Attach(k.customer, "", false)
		ok(t, err)
		changed := stored
		changed.TestClock, changed.Version = c.ID, k.was+1
		err = db.AttachCustomer(t.Context(), used(t, tenant, "a"+string(k.customer)), next, changed)
		same(t, string(k.customer), endOf(err), endOf(k.want))
		got, err := db.Customer(t.Context(), tenant, k.customer)
		ok(t, err)
		if (got.TestClock == c.ID) != (k.want == nil) {
			t.Errorf("%s lives by %q", k.customer, got.TestClock)
		}
		now, err := db.TestClock(t.Context(), tenant, c.ID)
		ok(t, err)
		if (now.Version == next.Version) != (k.want == nil) {
			t.Errorf("%s: clock %+v", k.customer, now)
		}
		c = now
	}
	same(t, "customers", c.Customers, []id.Customer{"cus_now"})
	same(t, "strangers", endOf(db.AttachCustomer(t.Context(), used(t, tenant, "x"), testclock.Clock{Tenant: tenant, ID: "clk_none", Version: 2}, account.Customer{Tenant: tenant, ID: "cus_none", Version: 1})), fault.ErrUnavailable.Code)
}
