package account_test

import (
	"errors"
	"testing"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
)

// Somebody who is about to buy registers with a mail address and is a customer at once; what is wrong is named, and nothing is written.
func TestRegisterBuyer(t *testing.T) {
	m := newMemory()
	r := account.Registrar{Store: m, Clock: clock.At(noon)}
	buyer := account.Customer{Tenant: "demo", Email: "ada@example.com", Name: "Ada Lovelace", Country: "DE"}
	register := func(c account.Customer, password string, terms bool) (account.Registered, error) {
		return r.RegisterBuyer(t.Context(), once.Request{Tenant: "demo", Caller: "pages", Key: c.Email + password, Fingerprint: "f"}, c, password, terms)
	}
	for field, c := range map[string]struct {
		change   func(*account.Customer)
		password string
		terms    bool
		want     *fault.Fault
	}{
		"body.name":          {func(c *account.Customer) { c.Name = "A\nda" }, strong, true, account.ErrProfileInvalid},
		"body.email":         {func(c *account.Customer) { c.Email = "ada" }, strong, true, account.ErrEmailInvalid},
		"body.password":      {func(*account.Customer) {}, "short", true, account.ErrPasswordWeak},
		"body.country":       {func(c *account.Customer) { c.Country = "XX" }, strong, true, account.ErrCountryUnknown},
		"body.consent.terms": {func(*account.Customer) {}, strong, false, fault.ErrInvalid},
	} {
		wrong := buyer
		c.change(&wrong)
		_, err := register(wrong, c.password, c.terms)
		if f := fault.Of(err); !errors.Is(err, c.want) || len(f.Fields) != 1 || f.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if len(m.customers) != 0 {
		t.Fatalf("%d customers were made", len(m.customers))
	}
	done, err := register(buyer, strong, true)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.customers[done.CustomerID]; got.Pending() != "" || got.Country != "DE" || got.Username != "" || got.Tier != account.DefaultTier || len(m.events) != 1 {
		t.Errorf("got %+v, %d events", got, len(m.events))
	}
	if _, err := register(account.Customer{Tenant: "demo", Email: "ADA@example.com", Name: "Eve", Country: "DE"}, strong+"2", true); !errors.Is(err, account.ErrEmailExists) {
		t.Errorf("a taken address: %v", err)
	}
}
