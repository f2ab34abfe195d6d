package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	domain "turnup/internal/domain/history"
)

// told is an event about the customer, as an entry.
func told(t *testing.T, tenant id.Tenant, minute int, data event.Data) domain.Entry {
	t.Helper()
	ctx := event.WithTrace(t.Context(), event.Trace{Correlation: "cor", Causation: "req", Actor: "staff:stf_1"})
	e, about, err := domain.EntryOf(event.New(ctx, tenant, noon.Add(time.Duration(minute)*time.Minute), data))
	ok(t, err)
	same(t, "about a customer", about, true)
	return e
}

// life is what happened to the customer, in order.
func life(t *testing.T, tenant id.Tenant) []domain.Entry {
	return []domain.Entry{
		told(t, tenant, 0, event.AccountRegistered{CustomerID: customer}),
		told(t, tenant, 1, event.AccountVerified{CustomerID: customer, By: "staff", Reason: "called us"}),
		told(t, tenant, 2, event.CustomerRegistered{CustomerID: customer, Country: "DE"}),
		told(t, tenant, 3, event.ContractSigned{CustomerID: customer, OrderID: "ord_1"}),
		told(t, tenant, 4, event.CustomerUpdated{CustomerID: customer, Fields: []string{"phone"}}),
		told(t, tenant, 5, event.ContractSigned{CustomerID: customer, OrderID: "ord_2"}),
	}
}

// S3-156, R1: every event three times, in any order and by many at once, is one entry each; first and last times of the stages
// come out as if they had come in order.
func TestRecordInAnyOrder(t *testing.T) {
	db, tenant := fresh(t)
	entries := life(t, tenant)
	var deliveries []domain.Entry
	for range 3 {
		deliveries = append(deliveries, entries...)
	}
	rand.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	ends := at(len(deliveries), func(i int) error {
		return patiently(func() error { return db.Record(context.Background(), deliveries[i]) })
	})
	same(t, "ends", ends, map[string]int{"": len(deliveries)})
	var all []domain.Entry
	for after := ""; ; {
		page, next, err := db.History(t.Context(), tenant, customer, after, 4)
		ok(t, err)
		all = append(all, page...)
		if after = next; next == "" {
			break
		}
	}
	slices.Reverse(entries)
	same(t, "newest first", all, entries)
	reached, err := db.Stages(t.Context(), tenant, customer)
	ok(t, err)
	var got []string
	for _, r := range reached {
		got = append(got, fmt.Sprintf("%v %d-%d", r.Stage, int(r.First.Sub(noon).Minutes()), int(r.Last.Sub(noon).Minutes())))
	}
	same(t, "stages", got, []string{"registration 0-2", "verification 1-1", "profile 2-2", "plan 3-5"})
}

// S3-01: twenty events at once that stand for one stage are all in its times.
func TestOneStageAtOnce(t *testing.T) {
	db, tenant := fresh(t)
	const many = 20
	ends := at(many, func(i int) error {
		e := told(t, tenant, i, event.ContractSigned{CustomerID: customer, OrderID: id.Order(fmt.Sprint("ord_", i))})
		return patiently(func() error { return db.Record(context.Background(), e) })
	})
	same(t, "ends", ends, map[string]int{"": many})
	row, err := get[stageRow](t.Context(), db, history, stageKey(tenant, customer, domain.Plan), fault.ErrNotFound)
	ok(t, err)
	same(t, "stage", []any{row.Version, row.First.Sub(noon), row.Last.Sub(noon)}, []any{many, time.Duration(0), (many - 1) * time.Minute})
}

// S3-156: what is a customer's is nobody else's, and a cursor of another list is refused.
func TestHistoryIsItsCustomers(t *testing.T) {
	db, tenant := fresh(t)
	ok(t, db.Record(t.Context(), life(t, tenant)[0]))
	for _, other := range []struct {
		tenant   id.Tenant
		customer id.Customer
	}{{tenant, "cus_12"}, {tenant + "x", customer}} {
		page, next, err := db.History(t.Context(), other.tenant, other.customer, "", 10)
		ok(t, err)
		reached, err := db.Stages(t.Context(), other.tenant, other.customer)
		ok(t, err)
		same(t, "others'", []any{len(page), next, len(reached)}, []any{0, "", 0})
	}
	_, _, err := db.History(t.Context(), tenant, customer, "STAGE#01", 10)
	want(t, err, fault.ErrCursor)
}
