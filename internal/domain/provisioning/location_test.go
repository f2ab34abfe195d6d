package provisioning_test

import (
	"errors"
	"testing"

	"turnup/internal/domain/provisioning"
)

// S3-32, S3-107: why a plan cannot be had at a place: each reason has its code, in this order.
func TestQualify(t *testing.T) {
	at := func(change func(*provisioning.Location)) *provisioning.Location {
		l := provisioning.Location{ID: "loc-1", Serving: true, Most: provisioning.Profile{DownKbps: 300000, UpKbps: 150000}}
		change(&l)
		return &l
	}
	plain, taken := func(*provisioning.Location) {}, func(l *provisioning.Location) { l.Serves = "svc_1" }
	for name, k := range map[string]struct {
		place *provisioning.Location
		plan  provisioning.Profile
		want  error
	}{
		"the fastest":       {at(plain), provisioning.Profile{DownKbps: 300000, UpKbps: 150000}, nil},
		"any":               {at(plain), provisioning.Profile{}, nil},
		"down":              {at(plain), provisioning.Profile{DownKbps: 300001, UpKbps: 150000}, provisioning.ErrTooSlow},
		"up":                {at(plain), provisioning.Profile{DownKbps: 300000, UpKbps: 150001}, provisioning.ErrTooSlow},
		"served":            {at(taken), provisioning.Profile{DownKbps: 1, UpKbps: 1}, provisioning.ErrLocationServed},
		"served, too slow":  {at(taken), provisioning.Profile{DownKbps: 300001, UpKbps: 1}, provisioning.ErrLocationServed},
		"not yet":           {at(func(l *provisioning.Location) { l.Serving = false }), provisioning.Profile{}, provisioning.ErrNotServiceable},
		"not any more":      {at(func(l *provisioning.Location) { l.Serving, l.Serves = false, "svc_1" }), provisioning.Profile{}, provisioning.ErrNotServiceable},
		"there is no place": {nil, provisioning.Profile{}, provisioning.ErrLocationUnknown},
	} {
		if err := k.place.Qualify(k.plan); !errors.Is(err, k.want) || (err == nil) != (k.want == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// S3-32: however somebody writes an address, it is found; and another address is not.
func TestAddressesAsTheyAreWritten(t *testing.T) {
	a := func(street, house, postcode, country string) provisioning.Address {
		return provisioning.Address{Street: street, House: house, Postcode: postcode, Country: country}
	}
	for _, alike := range [][]provisioning.Address{
		{a("Ringstraße", "12a", "10115", "DE"), a("Ringstrasse", "12 A", "10115", "DE"), a("RINGSTRASSE", "12A", "10 115", "DE"), a("ringstr.", " 12a ", "10115", "DE"), a("Ring-Str", "12-a", "10115", "DE"), a("Ring Straße", "12.a", "10115", "DE")},
		{a("Straße des 17. Juni", "135", "10623", "DE"), a("Str. des 17 Juni", "135", "10623", "DE"), a("Strasse des 17.Juni", "135", "10623", "DE")},
		{a("King's Street", "1", "SW1A 1AA", "GB"), a("Kings St.", "1", "sw1a1aa", "GB"), a("KINGS STREET", "1", "SW1A-1AA", "GB")},
		{a("Weg", "12-14", "10115", "DE"), a("Weg", "12 - 14", "10115", "DE")},
	} {
		for _, other := range alike[1:] {
			if other.Area() != alike[0].Area() || other.Door() != alike[0].Door() {
				t.Errorf("%+v is %s %s, not %s %s", other, other.Area(), other.Door(), alike[0].Area(), alike[0].Door())
			}
		}
	}
	seen := map[string]provisioning.Address{}
	for _, one := range []provisioning.Address{
		a("Ringstraße", "12", "10115", "DE"), a("Ringstraße", "12a", "10115", "DE"), a("Ringstraße", "1", "10115", "DE"), a("Ringstraße", "2", "10115", "DE"), a("Ringstraße 1", "2", "10115", "DE"),
		a("Ringweg", "12", "10115", "DE"), a("Ringstraße", "12", "10115", "AT"), a("Ringstraße", "12", "10116", "DE"), a("Ringstraße", "12-14", "10115", "DE"), a("Ringstraße", "1214", "10115", "DE"),
		a("Ringstraße", "12/14", "10115", "DE"), a("Ringstraße", "1 1/2", "10115", "DE"), a("Ringstraße", "11/2", "10115", "DE"), a("Ringstraße", "1.1", "10115", "DE"), a("Ringstraße", "11", "10115", "DE"),
	} {
		key := one.Area() + "|" + one.Door()
		if other, taken := seen[key]; taken {
			t.Errorf("%+v and %+v are one: %s", one, other, key)
		}
		seen[key] = one
	}
}
