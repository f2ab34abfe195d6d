package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
)

// dialled is a service in use, whose account takes reports.
func dialled(s shop) provisioning.Service {
	s.Helper()
	return s.changed(s.designed("loc-1"), func(is *provisioning.Service) {
		is.State, is.Built, is.Anchor, is.CapBytes = provisioning.Active, setUp, "2026-11-01", 10_000
	})
}

// report tells of a session as the hook does.
func (s shop) report(username string, r subscriber.Report, now time.Time) error {
	ctx := context.Background()
	return s.db.ChangeLive(ctx, s.tenant, username, func(a subscriber.Account, was subscriber.Live) (subscriber.Live, []event.Envelope, error) {
		is, events, changed := a.Record(ctx, was, r, now)
		if !changed {
			return was, nil, nil
		}
		return is, events, nil
	})
}

func heard(session, nas string, kind subscriber.Kind, at time.Time, up int64) subscriber.Report {
	return subscriber.Report{Kind: kind, UniqueID: session, ID: session, NAS: nas, At: at, Up: up, Down: up}
}

// S3-44, S3-119: of fifty reports at once, the first ever among them, none is lost and none is counted twice, and each share of the volume
// is told of once.
func TestReportsAtOnce(t *testing.T) {
	s := opened(t)
	svc := dialled(s)
	ends := at(50, func(i int) error {
		session, counted := fmt.Sprint("s", i%5), int64(i/10+1)*200 // five sessions, five counters each, everything twice
		return s.report(svc.Username, heard(session, "bng1", subscriber.Interim, noon.Add(time.Duration(i/10)*time.Minute), counted), noon)
	})
	live, err := s.db.Live(t.Context(), s.tenant, svc.Username)
	ok(t, err)
	open, err := s.db.OpenSessions(t.Context(), s.tenant, svc.Username)
	ok(t, err)
	same(t, "ends, used, online, told", []any{ends, live.Used, open, s.told()[event.TypeUsageReached], live.Days}, []any{map[string]int{"": 50}, subscriber.Volume{Up: 5000, Down: 5000}, 5, 2,
		map[civil.Date]subscriber.Volume{"2026-11-02": {Up: 5000, Down: 5000}}})
	before := live.Version
	ok(t, s.report(svc.Username, heard("s1", "bng1", subscriber.Interim, noon, 200), noon))
	live, err = s.db.Live(t.Context(), s.tenant, svc.Username)
	ok(t, err)
	same(t, "told again", live.Version, before)
	want(t, s.report("nobody@demo", heard("s1", "bng1", subscriber.Start, noon, 0), noon), subscriber.ErrUnknown)
}

// S3-43: a period that is over is kept beside the present one, as it was at its end; the last of them are listed, newest first.
func TestPeriodsAreKept(t *testing.T) {
	s := opened(t)
	svc := dialled(s)
	for month := range 4 {
		now := noon.AddDate(0, month, 0)
		ok(t, s.report(svc.Username, heard("s", "bng1", subscriber.Interim, now, int64(100*(month+1))), now))
		ok(t, s.report(svc.Username, heard("s", "bng1", subscriber.Interim, now.Add(time.Hour), int64(100*(month+1)+10)), now.Add(time.Hour)))
	}
	over, err := s.db.Periods(t.Context(), s.tenant, svc.Username, 2)
	ok(t, err)
	same(t, "over", over, []subscriber.Period{
		{From: "2027-01-01", Until: "2027-02-01", Used: subscriber.Volume{Up: 100, Down: 100}, Days: map[civil.Date]subscriber.Volume{"2027-01-02": {Up: 100, Down: 100}}},
		{From: "2026-12-01", Until: "2027-01-01", Used: subscriber.Volume{Up: 100, Down: 100}, Days: map[civil.Date]subscriber.Volume{"2026-12-02": {Up: 100, Down: 100}}}})
	all, err := s.db.Periods(t.Context(), s.tenant, svc.Username, 12)
	ok(t, err)
	found, live, err := s.db.ServiceLive(t.Context(), s.tenant, svc.ID)
	ok(t, err)
	same(t, "all, present", []any{len(all), all[2].Used.Up, live.From, live.Used.Up, found.ID}, []any{3, 110, "2027-02-01", 100, svc.ID})
}

// S3-119: who is online at a NAS is found by it, also from the middle on; who is not any more, or at another one, is not.
func TestOnlineAt(t *testing.T) {
	s := opened(t)
	var names []string
	for i := range 3 {
		svc := dialled(s)
		names = append(names, svc.Username)
		ok(t, s.report(svc.Username, heard("s", "bng1", subscriber.Start, noon, 0), noon))
		s.clock.Advance(time.Second)
		if i == 1 {
			ok(t, s.report(svc.Username, heard("s", "bng1", subscriber.Stop, noon, 0), noon))
		}
	}
	elsewhere := dialled(s)
	ok(t, s.report(elsewhere.Username, heard("s", "bng2", subscriber.Start, noon, 0), noon))
	for after, wanted := range map[string][]string{"": {names[0], names[2]}, names[0]: {names[2]}, names[1]: {names[2]}, names[2]: nil} {
		online, next, err := s.db.OnlineAt(t.Context(), s.tenant, "bng1", after)
		ok(t, err)
		same(t, "online", []any{online, next}, []any{wanted, ""})
	}
}

// A service that is read with its account's use before anybody dialled in has used nothing; one that there is not is unknown.
func TestServiceLive(t *testing.T) {
	s := opened(t)
	svc := s.designed("loc-1")
	found, live, err := s.db.ServiceLive(t.Context(), s.tenant, svc.ID)
	ok(t, err)
	open, err := s.db.OpenSessions(t.Context(), s.tenant, svc.Username)
	ok(t, err)
	same(t, "not used yet", []any{found.ID, live.Version, open}, []any{svc.ID, 0, 0})
	_, _, err = s.db.ServiceLive(t.Context(), s.tenant, "svc_none")
	want(t, err, provisioning.ErrUnknown)
	_, _, err = s.db.SubscriberLive(t.Context(), s.tenant, svc.Username)
	want(t, err, subscriber.ErrUnknown)
}
