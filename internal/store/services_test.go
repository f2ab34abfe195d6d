package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
)

var (
	homePort  = provisioning.Port{OLT: "olt-1", PON: "pon-0/1"}
	atHome    = provisioning.Equipment{ONU: "BBSM00000001", CPE: "202BC1-BM632w-000001"}
	setUp     = []provisioning.Step{provisioning.StepInventory, provisioning.StepSubscriber, provisioning.StepAccess, provisioning.StepCPE, provisioning.StepVerify}
	allocated = provisioning.Allocation{Address: "100.64.10.1/29", Prefix6: "2001:db8:100::/56", Port: true}
)

// home records a location.
func (s shop) home(l id.Location, e provisioning.Equipment) provisioning.Location {
	s.Helper()
	place := provisioning.Location{Tenant: s.tenant, ID: l, Port: homePort, Most: provisioning.Profile{DownKbps: 1000000, UpKbps: 500000}, Equipment: e, Serving: true, Version: 1,
		Address: provisioning.Address{Street: "Ringstraße", House: "12a", Postcode: "10115", City: "Berlin", Country: "DE"}}
	ok(s.T, s.db.SaveLocation(s.Context(), place))
	return place
}

func (s shop) serves(l id.Location) id.Service {
	s.Helper()
	place, err := s.db.Location(s.Context(), s.tenant, l)
	ok(s.T, err)
	return place.Serves
}

// designed writes a new service at a location, without the order that it would come of.
func (s shop) designed(l id.Location) provisioning.Service {
	s.Helper()
	svc := provisioning.Design(provisioning.Service{Tenant: s.tenant, Customer: customer, Subscription: id.New[id.Subscription](id.SubscriptionPrefix, s.clock.Now()), Order: "ord_1", Name: "Fibre 300", Location: l,
		Port: homePort, Profile: provisioning.Profile{DownKbps: 300000, UpKbps: 150000}, CapBytes: 1000}, noon)
	ok(s.T, s.db.SaveService(s.Context(), provisioning.Service{}, svc))
	return svc
}

// changed writes what a change makes of a service, and gives it as it is then.
func (s shop) changed(was provisioning.Service, change func(*provisioning.Service)) provisioning.Service {
	s.Helper()
	is := was
	is.Version++
	change(&is)
	ok(s.T, s.db.SaveService(s.Context(), was, is))
	return s.service(is.ID)
}

func (s shop) service(svc id.Service) provisioning.Service {
	s.Helper()
	found, err := s.db.Service(s.Context(), s.tenant, svc)
	ok(s.T, err)
	return found
}

// begun begins a service with equipment.
func (s shop) begun(svc provisioning.Service, e provisioning.Equipment) error {
	return s.db.ChangeService(context.Background(), nil, s.tenant, svc.ID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
		next, _, err := was.Begin(e, false, now)
		return next, []event.Envelope{next.Request(context.Background(), now)}, err
	})
}

// built is a service that is set up: all that is missing is its activation.
func (s shop) built(was provisioning.Service) provisioning.Service {
	s.Helper()
	return s.changed(was, func(is *provisioning.Service) { is.Built, is.Work.Done, is.Allocation = setUp, setUp, allocated })
}

func (s shop) account(svc provisioning.Service) (subscriber.Account, error) {
	return s.db.Subscriber(s.Context(), s.tenant, svc.Username)
}

func (s shop) claimed(e provisioning.Equipment) [2]bool {
	s.Helper()
	return [2]bool{has(s.T, s.db, services, equipmentKey(s.tenant, onuKind, e.ONU)), has(s.T, s.db, services, equipmentKey(s.tenant, cpeKind, e.CPE))}
}

// S3-53, S3-117: a service comes back as it was written; its RADIUS account, and its claims on equipment and location, follow from it in
// the same transaction, from the design to the end.
func TestServiceAndWhatFollows(t *testing.T) {
	s := opened(t)
	s.home("loc-1", provisioning.Equipment{})
	svc := s.designed("loc-1")
	same(t, "designed", s.service(svc.ID), svc)
	_, err := s.account(svc)
	want(t, err, subscriber.ErrUnknown)
	ok(t, s.begun(svc, atHome))
	svc = s.service(svc.ID)
	same(t, "begun", []any{svc.State, svc.Version, s.claimed(atHome), s.told()[event.TypeProvisioningRequested]}, []any{provisioning.Provisioning, 2, [2]bool{true, true}, 1})
	if svc.Work.Done == nil {
		t.Error("no step is done, and that is told as null")
	}
	_, err = s.account(svc)
	want(t, err, subscriber.ErrUnknown)
	svc = s.built(svc)
	account, err := s.account(svc)
	ok(t, err)
	wanted := subscriber.Account{Tenant: s.tenant, Username: svc.Username, Generation: 1, Service: svc.ID, Subscription: svc.Subscription, Customer: customer, DownKbps: 300000, UpKbps: 150000,
		Address: allocated.Address, Prefix6: allocated.Prefix6, CapBytes: 1000, Anchor: svc.Anchor}
	same(t, "account", account, wanted)
	svc = s.changed(svc, func(is *provisioning.Service) {
		is.State, is.Holds, is.Profile.DownKbps = provisioning.Suspending, []provisioning.Hold{{Cause: provisioning.NonPayment, Since: noon}}, 7
	})
	account, err = s.account(svc)
	ok(t, err)
	wanted.Barred, wanted.DownKbps = "non_payment", 7
	same(t, "barred", account, wanted)
	found, err := s.db.ServiceWithONU(t.Context(), s.tenant, atHome.ONU)
	ok(t, err)
	same(t, "by its ONU", found.ID, svc.ID)
	ending := svc
	ending, _ = ending.Terminate(noon)
	ok(t, s.db.SaveService(t.Context(), svc, ending))
	account, err = s.account(svc)
	ok(t, err)
	same(t, "ending", []any{account.Barred, s.claimed(atHome)}, []any{"not_in_service", [2]bool{true, true}})
	place, err := s.db.Location(t.Context(), s.tenant, "loc-1")
	ok(t, err)
	place.Serves, place.Version = svc.ID, place.Version+1
	ok(t, s.db.SaveLocation(t.Context(), place))
	s.changed(s.service(svc.ID), func(is *provisioning.Service) {
		is.State, is.Built, is.Allocation = provisioning.Terminated, nil, provisioning.Allocation{}
	})
	_, err = s.account(svc)
	want(t, err, subscriber.ErrUnknown)
	same(t, "freed", []any{s.claimed(atHome), s.serves("loc-1")}, []any{[2]bool{}, ""})
	_, err = s.db.ServiceWithONU(t.Context(), s.tenant, atHome.ONU)
	want(t, err, provisioning.ErrUnknown)
	_, err = s.db.Service(t.Context(), "other", svc.ID)
	want(t, err, provisioning.ErrUnknown)
}

// S3-53: an ONU and a router belong to one service, whoever asks at the same moment; what was refused took nothing.
func TestEquipmentIsClaimedOnce(t *testing.T) {
	s := opened(t)
	var all []provisioning.Service
	for range 5 {
		all = append(all, s.designed("loc-1"))
	}
	ends := at(5, func(i int) error { return patiently(func() error { return s.begun(all[i], atHome) }) })
	same(t, "ends", ends, map[string]int{"": 1, "onu_taken": 4})
	var loser provisioning.Service
	for _, svc := range all {
		if s.service(svc.ID).State == provisioning.Designed {
			loser = svc
		}
	}
	other := provisioning.Equipment{ONU: "BBSM00000002", CPE: atHome.CPE}
	want(t, s.begun(loser, other), provisioning.ErrCPETaken)
	same(t, "the other ONU", []any{s.claimed(other), s.service(loser.ID).Version}, []any{[2]bool{false, true}, 1})
	ok(t, s.begun(loser, provisioning.Equipment{ONU: "BBSM00000002", CPE: "other"}))
	same(t, "told", s.told()[event.TypeProvisioningRequested], 2)
}

// Somebody who read an older version does not overwrite; ChangeService asks again, keeps its key, and writes nothing when nothing changes.
func TestServiceVersions(t *testing.T) {
	s := opened(t)
	svc := s.designed("loc-1")
	one := s.changed(svc, func(is *provisioning.Service) { is.Name = "one" })
	two := svc
	two.Version++
	want(t, s.db.SaveService(t.Context(), svc, two, svc.Request(t.Context(), noon)), provisioning.ErrMoved)
	same(t, "service, told", []any{s.service(svc.ID).Name, len(s.told())}, []any{"one", 0})
	ends := at(10, func(int) error {
		return patiently(func() error {
			return s.db.ChangeService(context.Background(), nil, s.tenant, svc.ID, func(was provisioning.Service, _ time.Time) (provisioning.Service, []event.Envelope, error) {
				was.Generation, was.Version = was.Generation+1, was.Version+1
				return was, nil, nil
			})
		})
	})
	same(t, "ends", []any{ends, s.service(svc.ID).Generation}, []any{map[string]int{"": 10}, 11})
	use := s.key()
	change := func() error {
		return s.db.ChangeService(t.Context(), use, s.tenant, svc.ID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
			same(t, "time", now, noon)
			was.Version++
			return was, nil, nil
		})
	}
	ok(t, change())
	var replay *once.Replay
	if err := change(); !errors.As(err, &replay) {
		t.Errorf("a key was used twice: %v", err)
	}
	for _, decided := range []error{nil, provisioning.ErrNotParked} {
		err := s.db.ChangeService(t.Context(), s.key(), s.tenant, svc.ID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
			return was, []event.Envelope{was.Request(t.Context(), now)}, decided
		})
		if !errors.Is(err, decided) || len(s.told()) > 0 {
			t.Errorf("%v: %v", decided, err)
		}
	}
	want(t, s.db.ChangeService(t.Context(), nil, s.tenant, "svc_none", nil), provisioning.ErrUnknown)
	same(t, "versions", []any{one.Version, s.service(svc.ID).Version}, []any{2, 13})
}

// S3-104: the lists of a customer's services, and of what waits for a human, page by page and in order; who is repaired leaves the latter.
func TestServiceLists(t *testing.T) {
	s := opened(t)
	var all []provisioning.Service
	for i := range 5 {
		svc := s.designed("loc-1")
		if i > 0 {
			svc = s.changed(svc, func(is *provisioning.Service) {
				is.Work.Parked = &provisioning.Parked{Step: provisioning.StepCPE, At: noon}
			})
		}
		all = append(all, svc)
		s.clock.Advance(time.Second)
	}
	stranger := s.designed("loc-1")
	s.changed(stranger, func(is *provisioning.Service) { is.Customer = "cus_2" })
	repaired, err := all[2].Retry(noon)
	ok(t, err)
	ok(t, s.db.SaveService(t.Context(), all[2], repaired))
	type lister = func(after string) ([]provisioning.Service, string, error)
	for name, k := range map[string]struct {
		list lister
		want []int
	}{
		"owner": {func(after string) ([]provisioning.Service, string, error) {
			return s.db.ServicesOf(t.Context(), s.tenant, customer, after, 2)
		}, []int{0, 1, 2, 3, 4}},
		"parked": {func(after string) ([]provisioning.Service, string, error) {
			return s.db.ParkedServices(t.Context(), s.tenant, after, 2)
		}, []int{1, 3, 4}},
	} {
		var found, wanted []id.Service
		for after, pages := "", 0; ; pages++ {
			page, next, err := k.list(after)
			ok(t, err)
			if len(page) > 2 || pages > 5 {
				t.Fatalf("%s: %d in a page", name, len(page))
			}
			for _, svc := range page {
				found = append(found, svc.ID)
			}
			if after = next; after == "" {
				break
			}
		}
		for _, i := range k.want {
			wanted = append(wanted, all[i].ID)
		}
		same(t, name, found, wanted)
	}
	page, _, err := s.db.ParkedServices(t.Context(), "other", "", 2)
	ok(t, err)
	same(t, "another tenant's", len(page), 0)
}

// S3-32: locations are found by their address however it is written, the homes of a house together; a change needs the present version.
func TestLocations(t *testing.T) {
	s := opened(t)
	first := s.home("loc-1", atHome)
	s.home("loc-2", provisioning.Equipment{})
	other := first
	other.ID, other.Address.House = "loc-3", "12"
	ok(t, s.db.SaveLocation(t.Context(), other))
	got, err := s.db.Location(t.Context(), s.tenant, "loc-1")
	ok(t, err)
	same(t, "location", got, first)
	for house, wanted := range map[string]string{"12 A": "[loc-1 loc-2]", "12": "[loc-3]", "1": "[]"} {
		found, err := s.db.LocationsAt(t.Context(), s.tenant, provisioning.Address{Street: "ringstr.", House: house, Postcode: "10 115", Country: "DE"})
		ok(t, err)
		ids := []id.Location{}
		for _, l := range found {
			ids = append(ids, l.ID)
		}
		same(t, house, ids, wanted)
	}
	first.Version, first.Serving = 2, false
	ok(t, s.db.SaveLocation(t.Context(), first))
	want(t, s.db.SaveLocation(t.Context(), first), fault.ErrStale)
	_, err = s.db.Location(t.Context(), s.tenant, "loc-9")
	want(t, err, provisioning.ErrLocationUnknown)
	other.ID = "loc-4"
	same(t, "recorded at once", at(5, func(int) error { return s.db.SaveLocation(context.Background(), other) }), map[string]int{"": 1, "version_mismatch": 4})
}

// S3-50: a diagnosis comes back with its service, is changed on its version only, and the last ones of a service are listed.
func TestDiagnoses(t *testing.T) {
	s := opened(t)
	svc := s.changed(s.designed("loc-1"), func(is *provisioning.Service) { is.Built = setUp })
	var asked []provisioning.Diagnosis
	for i := range 4 {
		d, e, err := provisioning.Ask(t.Context(), svc, provisioning.Request{Kind: provisioning.Ping, Host: fmt.Sprint("host", i)}, "staff:ada", noon.Add(time.Duration(i)*time.Minute))
		ok(t, err)
		use := s.key()
		ok(t, s.db.AskDiagnosis(t.Context(), use, d, e))
		var replay *once.Replay
		if err := s.db.AskDiagnosis(t.Context(), use, d, e); !errors.As(err, &replay) {
			t.Errorf("a key was used twice: %v", err)
		}
		asked = append(asked, d)
	}
	d := asked[1]
	d.Parts, d.Version = []provisioning.Part{{Part: "cpe", OK: true, Facts: []provisioning.Fact{{Name: "ms", Value: "7"}}}}, 2
	ok(t, s.db.SaveDiagnosis(t.Context(), d))
	want(t, s.db.SaveDiagnosis(t.Context(), d), provisioning.ErrMoved)
	foundService, found, err := s.db.ServiceDiagnosis(t.Context(), s.tenant, svc.ID, d.ID)
	ok(t, err)
	same(t, "both", []any{foundService, found}, []any{svc, d})
	last, err := s.db.Diagnoses(t.Context(), s.tenant, svc.ID, 3)
	ok(t, err)
	same(t, "the last", []any{len(last), last[0].ID, last[2].ID, last[2].Version}, []any{3, asked[3].ID, d.ID, 2})
	foundService, _, err = s.db.ServiceDiagnosis(t.Context(), s.tenant, svc.ID, "dia_none")
	want(t, err, provisioning.ErrDiagnosisUnknown)
	same(t, "its service", foundService.ID, svc.ID)
	_, _, err = s.db.ServiceDiagnosis(t.Context(), s.tenant, "svc_none", d.ID)
	want(t, err, provisioning.ErrUnknown)
	row, err := get[struct {
		TTL int64 `dynamodbav:"ttl"`
	}](t.Context(), s.db, services, diagnosisKey(s.tenant, svc.ID, d.ID), fault.ErrNotFound)
	ok(t, err)
	same(t, "kept until, told", []any{time.Unix(row.TTL, 0).Sub(d.AskedAt), s.told()[event.TypeDiagnosisRequested]}, []any{90 * 24 * time.Hour, 4})
}
