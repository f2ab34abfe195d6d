package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	domain "turnup/internal/domain/target"
)

// happening is an event with its data.
type happening struct {
	event.Envelope
	data event.Data
}

// happenings are a customer who verifies, one who does not, and a line that is down for ten minutes of an hour.
func happenings(t *testing.T, tenant id.Tenant) (all []happening) {
	t.Helper()
	line := event.ServiceChanged{ServiceID: "svc_1", SubscriptionID: "sub_1", CustomerID: "cus_1"}
	for _, h := range []struct {
		minute int
		data   event.Data
	}{
		{0, event.AccountRegistered{CustomerID: "cus_1"}}, {0, event.AccountRegistered{CustomerID: "cus_2"}}, {1, event.AccountVerified{CustomerID: "cus_1", By: "mail"}},
		{3, event.ContractSigned{CustomerID: "cus_1", Subscriptions: []event.SignedContract{{SubscriptionID: "sub_1"}}}},
		{5, event.ServiceActivated{ServiceChanged: line}}, {20, event.LineAlarmed{ServiceID: "svc_1", CustomerID: "cus_1", Alarm: "loss_of_signal", Raised: true, At: noon.Add(20 * time.Minute)}},
		{31, event.LineAlarmed{ServiceID: "svc_1", CustomerID: "cus_1", Alarm: "loss_of_signal", At: noon.Add(30 * time.Minute)}}, {65, event.ServiceTerminated{ServiceChanged: line}},
		{66, event.SubscriptionEnded{SubscriptionID: "sub_1", CustomerID: "cus_1"}},
	} {
		all = append(all, happening{event.New(t.Context(), tenant, noon.Add(time.Duration(h.minute)*time.Minute), h.data), h.data})
	}
	return all
}

func learn(db *DB, h happening) error {
	return db.LearnTargets(context.Background(), "on-targets", h.Envelope, domain.Of(h.Envelope, h.data))
}

// targetsOf are the figures of a period that have data.
func targetsOf(t *testing.T, db *DB, tenant id.Tenant, p civil.Period) (all []string) {
	t.Helper()
	counts, err := db.Targets(t.Context(), tenant, p.From)
	ok(t, err)
	for _, f := range (domain.Sums{Period: p, Counts: counts, Now: noon.AddDate(0, 1, 0)}).Figures() {
		if f.Result() != domain.NoData {
			all = append(all, fmt.Sprintf("%s %d/%d", f.Name, f.Numerator, f.Denominator))
		}
	}
	return all
}

// S3-85, R1: every event three times, in any order and by many at once, is counted once.
func TestTargetsInAnyOrder(t *testing.T) {
	db, tenant := fresh(t)
	var deliveries []happening
	events := happenings(t, tenant)
	for range 3 {
		deliveries = append(deliveries, events...)
	}
	rand.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	ends := at(len(deliveries), func(i int) error { return patiently(func() error { return learn(db, deliveries[i]) }) })
	same(t, "ends", ends, map[string]int{"": len(deliveries)})
	today := civil.On(noon, time.UTC)
	want := []string{"registration_success 1/2", "onboarding_automated 300/1", "service_uptime 3000/3600", "churn 1/1"}
	same(t, "the month", targetsOf(t, db, tenant, civil.Period{From: today.Plus(-9), Until: today.Plus(9)}), want)
	same(t, "the day", targetsOf(t, db, tenant, civil.Period{From: today, Until: today.Plus(1)}), want)
	same(t, "the days after", targetsOf(t, db, tenant, civil.Period{From: today.Plus(1), Until: today.Plus(9)}), []string(nil))
	same(t, "another tenant", targetsOf(t, db, tenant+"x", civil.Period{From: today, Until: today.Plus(1)}), []string(nil))
}

// S3-85: what is known of a subject ends when nothing of it lasts; that somebody is a customer does not.
func TestTargetsAreForgotten(t *testing.T) {
	db, tenant := fresh(t)
	events := happenings(t, tenant)
	for _, e := range events[:6] {
		ok(t, learn(db, e))
	}
	for subject, lasts := range map[domain.Subject]bool{{Kind: domain.Customer, ID: "cus_1"}: true, {Kind: domain.Customer, ID: "cus_2"}: false, {Kind: domain.Service, ID: "svc_1"}: true} {
		row, err := get[memoryRow](t.Context(), db, targets, rememberedKey(tenant, subject), fault.ErrNotFound)
		ok(t, err)
		same(t, subject.ID+" lasts", row.TTL == 0, lasts)
	}
	for _, e := range events[6:] {
		ok(t, learn(db, e))
	}
	row, err := get[memoryRow](t.Context(), db, targets, rememberedKey(tenant, domain.Subject{Kind: domain.Service, ID: "svc_1"}), fault.ErrNotFound)
	ok(t, err)
	same(t, "an ended line lasts", row.TTL == 0, false)
}
