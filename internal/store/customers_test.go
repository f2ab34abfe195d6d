package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
)

// enrolled makes n customers, one a minute from noon on, of whom every third is unverified, every fourth of another tier.
func enrolled(t *testing.T, db *DB, tenant id.Tenant, n int) (all []account.Customer) {
	t.Helper()
	for i := range n {
		at := noon.Add(time.Duration(i) * time.Minute)
		c := account.Customer{Tenant: tenant, ID: id.New[id.Customer](id.CustomerPrefix, at.Add(300*time.Millisecond)), Username: fmt.Sprint("user-", i), Email: fmt.Sprintf("User-%d@example.com", i),
			Status: account.Active, Tier: account.DefaultTier, RegisteredAt: at, Version: 1}
		if i%4 == 0 {
			c.Tier = "business"
		}
		if i%3 == 0 {
			c = c.BeginVerification()
		}
		ok(t, db.SaveAccount(t.Context(), account.Change{Tenant: tenant, Account: c.ID, Customer: &c, Take: c.Logins(), Events: []event.Envelope{access(tenant)}}))
		all = append(all, c)
	}
	return all
}

// listed reads a whole list, pages of a size, and checks that no page has more.
func listing(t *testing.T, db *DB, tenant id.Tenant, f account.Filter, limit int) (ids []id.Customer) {
	t.Helper()
	after := ""
	for range 200 {
		page, next, err := db.Customers(t.Context(), tenant, f, after, limit)
		ok(t, err)
		if len(page) > limit {
			t.Fatalf("a page of %d has %d", limit, len(page))
		}
		for _, c := range page {
			ids = append(ids, c.ID)
		}
		if next == "" {
			return ids
		}
		if after != "" && next >= after {
			t.Fatalf("the list goes from %s to %s", after, next)
		}
		after = next
	}
	t.Fatal("the list has no end")
	return nil
}

// S3-25: whatever the size of a page and whatever is asked for, the list has exactly the customers that fit, newest first.
func TestCustomers(t *testing.T) {
	db, tenant := fresh(t)
	all := enrolled(t, db, tenant, 41)
	_, others := fresh(t)
	enrolled(t, db, others, 3)
	for name, f := range map[string]account.Filter{
		"all": {}, "status": {Status: account.Unverified}, "tier": {Tier: "business"}, "both": {Status: account.Active, Tier: "business"}, "none": {Tier: "gone"},
		"from": {From: noon.Add(20 * time.Minute)}, "to": {To: noon.Add(20 * time.Minute)}, "between": {From: noon.Add(10*time.Minute - time.Millisecond), To: noon.Add(30*time.Minute + time.Millisecond)},
		"upside down": {From: noon.Add(time.Hour), To: noon}, "with status": {Status: account.Active, From: noon.Add(7 * time.Minute)},
		"email": {Email: " uSER-7@Example.com"}, "username": {Username: "USER-7"}, "both names": {Email: "user-7@example.com", Username: "user-8"}, "name and status": {Username: "user-7", Status: account.Unverified},
		"nobody": {Email: "nobody@example.com"},
	} {
		var fit []id.Customer
		for _, c := range all {
			if f.Takes(c) {
				fit = append(fit, c.ID)
			}
		}
		slices.Reverse(fit)
		for _, limit := range []int{1, 2, 7, 50} {
			same(t, fmt.Sprint(name, " by ", limit), listing(t, db, tenant, f, limit), fit)
		}
	}
	_, _, err := db.Customers(t.Context(), tenant, account.Filter{}, "PROFILE", 10)
	want(t, err, fault.ErrCursor)
}

// S3-25: who is erased, who expired and staff are in no list, also not by name.
func TestCustomersWhoAreNotListed(t *testing.T) {
	db, tenant := fresh(t)
	all := enrolled(t, db, tenant, 3)
	gone, staff := all[1], all[2]
	gone.Status, gone.Version = account.Erased, 2
	staff.Roles, staff.Version = []string{"admin"}, 2
	for _, c := range []account.Customer{gone, staff} {
		ok(t, db.SaveAccount(t.Context(), account.Change{Tenant: tenant, Account: c.ID, Customer: &c}))
	}
	same(t, "list", listing(t, db, tenant, account.Filter{}, 10), []id.Customer{all[0].ID})
	same(t, "staff", len(listing(t, db, tenant, account.Filter{Username: "user-2"}, 10)), 0)
}

// S3-25: the customers are spread over the shards, and a page of fifty reads little more than half of one from each.
func TestShards(t *testing.T) {
	seen := map[string]int{}
	for range 4000 {
		seen[customerShard("t", id.New[id.Customer](id.CustomerPrefix, noon))]++
	}
	for shard, n := range seen {
		if n < 850 || n > 1150 || !strings.HasPrefix(shard, "T#t#CUSTOMERS#") {
			t.Errorf("%s has %d of 4000", shard, n)
		}
	}
	same(t, "shards and portions", []any{len(seen), shardPortion(1), shardPortion(10), shardPortion(50)}, []any{CustomerShards, 2, 9, 29})
}

// S3-27: ten customers' clients change ten fields of one profile at once, and none of the changes is lost.
func TestUpdatesAtOnce(t *testing.T) {
	db, tenant := fresh(t)
	c := enrolled(t, db, tenant, 2)[1]
	c.ProfiledAt, c.Country, c.Version = noon, "DE", 2
	ok(t, db.SaveAccount(t.Context(), account.Change{Tenant: tenant, Account: c.ID, Customer: &c}))
	value, yes := "x", true
	phone, language := "+4930123456", "fr"
	said := []account.Profile{{Name: &value}, {Phone: &phone}, {Language: &language}, {Marketing: &yes},
		{Address: &account.AddressChange{Line1: &value, PostalCode: &value, City: &value}}}
	ends := at(len(said), func(i int) error {
		_, err := account.Profiles{Store: db}.Update(t.Context(), tenant, c.ID, said[i], func(int64) error { return nil })
		return err
	})
	is, err := db.Customer(t.Context(), tenant, c.ID)
	ok(t, err)
	same(t, "ends", ends, map[string]int{"": len(said)})
	same(t, "is", []any{is.Name, is.Phone, is.Language, is.Marketing, is.Address.City, is.Version}, []any{value, phone, language, true, value, 2 + len(said)})
}
