package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
)

func text(s string) *string { return &s }

func unter() *account.AddressChange {
	return &account.AddressChange{Line1: text("Unter den Linden 1"), PostalCode: text("10117"), City: text("Berlin"), Country: text("DE")}
}

func whole() account.Profile {
	yes := true
	return account.Profile{Name: text(" Ada Lovelace "), Phone: text("+4930123456"), Language: text("de-AT"), Marketing: &yes, Address: unter()}
}

// states are accounts in every state there is, by name.
func states() map[string]account.Customer {
	base := account.Customer{Tenant: "demo", ID: "cus_1", Email: "ada@example.com", RegisteredAt: noon, Tier: account.DefaultTier, Version: 3}
	unverified, verified, profiled := base, base, base
	unverified, verified.Status, profiled.Status = base.BeginVerification(), account.Active, account.Active
	verified.VerifiedAt, profiled.VerifiedAt, profiled.ProfiledAt = noon, noon, noon
	profiled.Name, profiled.Country, profiled.Phone, profiled.Language = "Ada", "DE", "+4930123456", "en"
	profiled.Address = account.Address{Line1: "Unter den Linden 1", Line2: "3rd floor", PostalCode: "10117", City: "Berlin", Country: "DE"}
	early := profiled // in the journey that begins with a profile
	early.VerifiedAt, early.Address, early.Username = time.Time{}, account.Address{}, "ada"
	expired, erased := base, profiled
	expired.Status, erased.Status = account.Expired, account.Erased
	return map[string]account.Customer{"unverified": unverified, "verified": verified, "profiled": profiled, "early": early, "expired": expired, "erased": erased}
}

// S3-17, S3-24: of all states only a verified account without a profile gets one; each other is told why not.
func TestWhoGetsAProfile(t *testing.T) {
	want := map[string]*fault.Fault{"unverified": token.ErrUnverified, "profiled": account.ErrProfileExists, "early": account.ErrProfileExists,
		"expired": account.ErrUnknown, "erased": account.ErrUnknown}
	for name, c := range states() {
		got, err := c.Complete(whole(), noon)
		if refusal := want[name]; refusal != nil {
			if !errors.Is(err, refusal) || fmt.Sprint(got) != fmt.Sprint(c) {
				t.Errorf("%s: got %+v, %v", name, got, err)
			}
			continue
		}
		address := account.Address{Line1: "Unter den Linden 1", PostalCode: "10117", City: "Berlin", Country: "DE"}
		if err != nil || got.Name != "Ada Lovelace" || got.Country != "DE" || got.Address != address || !got.Marketing || !got.ProfiledAt.Equal(noon) || got.Version != 4 ||
			got.Pending() != token.Nothing || got.Email != c.Email || got.Status != c.Status || got.Tier != c.Tier {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

// wrong has, for each field, what it may not be.
var wrong = map[string][]string{
	"body.name":               {"", "  ", strings.Repeat("x", 121), "a\nb", "a\x00b", "\xff"},
	"body.phone":              {"030123456", "+0123456", "+12345", "+1234567890123456", "+49 30 123456", "tel"},
	"body.language":           {"e", "EN", "en_US", "english", "en-us"},
	"body.address.line1":      {"", strings.Repeat("x", 101), "a\tb"},
	"body.address.line2":      {strings.Repeat("x", 101), "a\nb"},
	"body.address.postalCode": {"", strings.Repeat("1", 17)},
	"body.address.city":       {"", strings.Repeat("x", 101)},
	"body.address.region":     {strings.Repeat("x", 101)},
	"body.address.country":    {"", "XX", "de", "DEU"},
}

// say sets one field of a profile, by its name.
func say(p *account.Profile, field, value string) {
	a := p.Address
	*map[string]**string{"body.name": &p.Name, "body.phone": &p.Phone, "body.language": &p.Language, "body.address.line1": &a.Line1, "body.address.line2": &a.Line2,
		"body.address.postalCode": &a.PostalCode, "body.address.city": &a.City, "body.address.region": &a.Region, "body.address.country": &a.Country}[field] = &value
}

func namesOf(err error) (names []string) {
	if f := fault.Of(err); f != nil {
		for _, field := range f.Fields {
			names = append(names, field.Name)
		}
	}
	slices.Sort(names)
	return names
}

// S3-24: each wrong field is named, and all of them at once; the longest good values pass.
func TestWrongFieldsAreNamed(t *testing.T) {
	c := states()["verified"]
	every, all := whole(), []string{}
	for field, values := range wrong {
		for _, v := range values {
			p := whole()
			say(&p, field, v)
			if _, err := c.Complete(p, noon); !errors.Is(err, account.ErrProfileInvalid) || !slices.Equal(namesOf(err), []string{field}) {
				t.Errorf("%s = %q: got %v, naming %v", field, v, err, namesOf(err))
			}
		}
		say(&every, field, values[0])
		all = append(all, field)
	}
	every.Phone, every.Language = text("x"), text("x")
	say(&every, "body.address.line2", "a\nb")
	slices.Sort(all)
	if _, err := c.Complete(every, noon); !slices.Equal(namesOf(err), all) {
		t.Errorf("all are wrong: named are %v", namesOf(err))
	}
	if _, err := c.Complete(account.Profile{}, noon); !slices.Equal(namesOf(err), []string{"body.address.city", "body.address.country", "body.address.line1", "body.address.postalCode", "body.name"}) {
		t.Errorf("nothing is said: named are %v", namesOf(err))
	}
	long := whole()
	for field, v := range map[string]string{"body.name": strings.Repeat("ä", 120), "body.phone": "+123456789012345", "body.language": "zh-Hant-TW", "body.address.line2": strings.Repeat("ü", 100)} {
		say(&long, field, v)
	}
	if _, err := c.Complete(long, noon); err != nil {
		t.Error(err)
	}
}

// S3-27: of each field alone: what is sent changes, the rest stays, and the change has its name; an empty text clears what
// may be missing; what is as it was is no change.
func TestUpdate(t *testing.T) {
	c, no := states()["profiled"], false
	c.Marketing = true
	for name, try := range map[string]struct {
		said account.Profile
		want func(*account.Customer)
	}{
		"name":             {account.Profile{Name: text("Eve")}, func(c *account.Customer) { c.Name = "Eve" }},
		"phone":            {account.Profile{Phone: text("")}, func(c *account.Customer) { c.Phone = "" }},
		"language":         {account.Profile{Language: text("fr")}, func(c *account.Customer) { c.Language = "fr" }},
		"marketingConsent": {account.Profile{Marketing: &no}, func(c *account.Customer) { c.Marketing = false }},
		"address":          {account.Profile{Address: &account.AddressChange{Line2: text(" "), City: text("Potsdam"), Country: text("DE")}}, func(c *account.Customer) { c.Address.Line2, c.Address.City = "", "Potsdam" }},
		"":                 {account.Profile{Name: &c.Name, Address: &account.AddressChange{City: &c.Address.City}}, func(c *account.Customer) { c.Version-- }},
	} {
		want := c
		want.Version++
		try.want(&want)
		got, fields, err := c.Update(try.said)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) || strings.Join(fields, " ") != name {
			t.Errorf("%s: got %+v, %v, %v", name, got, fields, err)
		}
	}
	for field, values := range wrong {
		for _, v := range values {
			p := account.Profile{Address: &account.AddressChange{}}
			say(&p, field, v)
			if !strings.HasPrefix(field, "body.address") {
				p.Address = nil
			}
			_, _, err := c.Update(p)
			if fixed := field == "body.address.country"; fixed && !errors.Is(err, account.ErrCountryFixed) || !fixed && !slices.Equal(namesOf(err), []string{field}) {
				t.Errorf("%s = %q: got %v, naming %v", field, v, err, namesOf(err))
			}
		}
	}
}

// S3-27: the country stays what it was when the customer began, also where they had no address yet, whose first one must be
// whole.
func TestUpdateOfTheFirstAddress(t *testing.T) {
	c := states()["early"]
	first := unter()
	first.Country = nil
	got, fields, err := c.Update(account.Profile{Address: first})
	if err != nil || got.Address.Country != "DE" || got.Country != "DE" || !slices.Equal(fields, []string{"address"}) {
		t.Errorf("got %+v, %v, %v", got, fields, err)
	}
	if _, _, err := c.Update(account.Profile{Address: &account.AddressChange{City: text("Berlin")}}); !slices.Equal(namesOf(err), []string{"body.address.line1", "body.address.postalCode"}) {
		t.Errorf("got %v", err)
	}
	if _, _, err := c.Update(account.Profile{Phone: text("")}); err != nil { // what is not sent is not looked at
		t.Error(err)
	}
	for name, refusal := range map[string]*fault.Fault{"unverified": token.ErrUnverified, "verified": token.ErrNoProfile, "expired": account.ErrUnknown, "erased": account.ErrUnknown} {
		if _, _, err := states()[name].Update(account.Profile{Name: text("Eve")}); !errors.Is(err, refusal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// counter is what profiles and erasure work with: the memory, with what they ask besides.
type counter struct {
	*memory
	ties   account.Ties
	before func() // comes between reading and writing
}

func newCounter(c account.Customer) *counter {
	d := &counter{memory: newMemory()}
	d.customers[c.ID] = c
	d.credentials[c.ID] = account.Credentials{Tenant: c.Tenant, Account: c.ID, PasswordHash: "hash", Version: 1, SecondFactor: &account.SecondFactor{Secret: "S"}}
	for _, l := range c.Logins() {
		d.logins[l] = c.ID
	}
	return d
}

func (d *counter) Customer(ctx context.Context, tenant id.Tenant, c id.Customer) (account.Customer, error) {
	found, _, err := d.Account(ctx, tenant, c)
	if err != nil {
		return found, fault.ErrNotFound
	}
	return found, nil
}

func (d *counter) Ties(context.Context, id.Tenant, id.Customer) (account.Ties, error) {
	return d.ties, nil
}

func (d *counter) SaveAccount(ctx context.Context, c account.Change) error {
	if f := d.before; f != nil {
		d.before = nil
		f()
	}
	return d.memory.SaveAccount(ctx, c)
}

func anytime(int64) error { return nil }

// S3-24, R6: fifty tries to make a profile at once are one profile and one event; those with the same key get the same
// answer, the others are told that there is one.
func TestOneProfile(t *testing.T) {
	d := newCounter(states()["verified"])
	profiles := account.Profiles{Store: d}
	var all sync.WaitGroup
	var mu sync.Mutex
	ends := map[string]int{}
	for i := range 50 {
		key := once.Request{Tenant: "demo", Caller: "cus_1", Key: fmt.Sprint(i % 5), Fingerprint: "f"}
		all.Go(func() {
			done, err := profiles.Create(t.Context(), key, "demo", "cus_1", whole())
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				ends[fault.Of(err).Code]++
				return
			}
			ends[fmt.Sprint(done)]++
		})
	}
	all.Wait()
	if len(ends) != 2 || ends["profile_exists"] != 40 || len(d.events) != 1 || d.events[0].Type != event.TypeCustomerRegistered {
		t.Errorf("ends %v, events %v", ends, d.events)
	}
	if stored := fmt.Sprint(d.keys); strings.Contains(stored, "Ada") || strings.Contains(stored, "Linden") {
		t.Errorf("the stored answer is personal: %s", stored)
	}
}

// S3-27: a change of another field that comes between reading and writing is kept; who names a version is refused when it is another.
func TestUpdatesAreNotLost(t *testing.T) {
	d := newCounter(states()["profiled"])
	profiles := account.Profiles{Store: d}
	d.before = func() {
		if _, err := profiles.Update(t.Context(), "demo", "cus_1", account.Profile{Phone: text("+4930999999")}, anytime); err != nil {
			t.Error(err)
		}
	}
	is, err := profiles.Update(t.Context(), "demo", "cus_1", account.Profile{Name: text("Eve")}, anytime)
	if err != nil || is.Name != "Eve" || is.Phone != "+4930999999" || is.Version != 5 {
		t.Errorf("got %+v, %v", is, err)
	}
	if len(d.events) != 2 || !strings.Contains(string(d.events[0].Data), `["phone"]`) || !strings.Contains(string(d.events[1].Data), `["name"]`) {
		t.Errorf("events %v", d.events)
	}
	_, err = profiles.Update(t.Context(), "demo", "cus_1", account.Profile{Name: text("Zoe")}, func(v int64) error {
		if v != 4 {
			return fault.ErrStale
		}
		return nil
	})
	if !errors.Is(err, fault.ErrStale) || d.customers["cus_1"].Name != "Eve" {
		t.Errorf("another version: %v", err)
	}
	if _, err := profiles.Update(t.Context(), "demo", "cus_2", account.Profile{}, anytime); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
}

// S3-25: every condition of a list, alone; staff and who is gone are in none.
func TestFilter(t *testing.T) {
	c := states()["early"]
	gone, staff := c, c
	gone.Status, staff.Roles = account.Expired, []string{token.RoleAdmin}
	for name, try := range map[string]struct {
		f     account.Filter
		takes bool
	}{
		"none": {account.Filter{}, true}, "status": {account.Filter{Status: account.Active}, true}, "other status": {account.Filter{Status: account.Unverified}, false},
		"tier": {account.Filter{Tier: "standard"}, true}, "other tier": {account.Filter{Tier: "business"}, false},
		"email": {account.Filter{Email: " ADA@example.com "}, true}, "other email": {account.Filter{Email: "ada@example.co"}, false},
		"username": {account.Filter{Username: "ADA"}, true}, "other username": {account.Filter{Username: "ad"}, false},
		"from": {account.Filter{From: noon}, true}, "later": {account.Filter{From: noon.Add(time.Second)}, false},
		"to": {account.Filter{To: noon.Add(time.Second)}, true}, "until": {account.Filter{To: noon}, false},
	} {
		if try.f.Takes(c) != try.takes || try.f.Takes(gone) || try.f.Takes(staff) {
			t.Errorf("%s: %v", name, try.f.Takes(c))
		}
	}
}
