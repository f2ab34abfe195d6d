package account_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/domain/account"
)

// A new address waits for a day, and the newest is the one; nothing tells whether it belongs to somebody.
func TestRequestEmailChange(t *testing.T) {
	d := newDesk(t)
	d.vault.logins[account.Login{Kind: account.ByEmail, Name: "taken@example.com"}] = "cus_2"
	nonces := map[string]bool{}
	for n, address := range []string{"free@example.com", "taken@example.com", "Last@Example.com "} {
		if err := d.RequestEmailChange(t.Context(), ask(fmt.Sprint(n), strong, ""), address); err != nil {
			t.Fatal(err)
		}
		nonces[d.credentials().NewEmail.Nonce] = true
	}
	waits := d.credentials().NewEmail
	if waits.Address != "last@example.com" || waits.ExpiresAt != noon.Add(account.NewEmailFor) || len(nonces) != 3 {
		t.Errorf("got %+v, %d nonces", waits, len(nonces))
	}
	if got := d.told(); !slices.Equal(got, []event.Type{event.TypeEmailChangeRequested, event.TypeEmailChangeRequested, event.TypeEmailChangeRequested}) {
		t.Errorf("told %v", got)
	}
	o, err := d.Read(t.Context(), ask("", "", ""))
	if err != nil || o.EmailWaiting(noon) != "last@example.com" || o.EmailWaiting(noon.Add(account.NewEmailFor)) != "" || o.Customer.Email != "ada@example.com" {
		t.Errorf("%v, %q", err, o.EmailWaiting(noon))
	}
}

// What a link of a new address does to an account.
func TestConfirmEmail(t *testing.T) {
	mail := func(name string) account.Login { return account.Login{Kind: account.ByEmail, Name: name} }
	user := func(name string) account.Login { return account.Login{Kind: account.ByUsername, Name: name} }
	const long = "an-address-that-is-longer-than-a-username-may-be.at.all@long.example.com"
	for name, k := range map[string]struct {
		change     func(*account.Customer, *account.Credentials)
		nonce      string
		at         time.Time
		err        error
		same       bool
		take, free []account.Login
	}{
		"in time":            {nonce: "n", take: []account.Login{mail("new@example.com")}, free: []account.Login{mail("ada@example.com")}},
		"another link":       {nonce: "m", err: account.ErrLinkExpired},
		"too late":           {nonce: "n", at: noon.Add(time.Hour), err: account.ErrLinkExpired},
		"nothing waits":      {nonce: "n", change: func(_ *account.Customer, k *account.Credentials) { k.NewEmail = nil }, err: account.ErrLinkExpired},
		"erased":             {nonce: "n", change: func(c *account.Customer, _ *account.Credentials) { c.Status = account.Erased }, err: account.ErrLinkExpired},
		"done before, late":  {nonce: "n", at: noon.Add(time.Hour), change: func(c *account.Customer, _ *account.Credentials) { c.Email = "new@example.com" }, same: true},
		"done by a new link": {nonce: "m", change: func(c *account.Customer, _ *account.Credentials) { c.Email = "new@example.com" }, err: account.ErrLinkExpired},
		"staff": {nonce: "n", change: func(c *account.Customer, _ *account.Credentials) { c.Roles, c.Username = []string{"admin"}, "" },
			take: []account.Login{mail("new@example.com")}, free: []account.Login{mail("ada@example.com")}},
		"username is the address": {nonce: "n", change: func(c *account.Customer, _ *account.Credentials) { c.Username = "ada@example.com" },
			take: []account.Login{user("new@example.com"), mail("new@example.com")}, free: []account.Login{user("ada@example.com"), mail("ada@example.com")}},
		"username is the address, the new one cannot be one": {nonce: "n", change: func(c *account.Customer, k *account.Credentials) {
			c.Username, k.NewEmail.Address = "ada@example.com", long
		},
			take: []account.Login{mail(long)}, free: []account.Login{user("ada@example.com"), mail("ada@example.com")}},
		"not verified yet": {nonce: "n", change: func(c *account.Customer, _ *account.Credentials) { *c = c.BeginVerification() },
			take: []account.Login{mail("new@example.com")}, free: []account.Login{mail("ada@example.com")}},
	} {
		t.Run(name, func(t *testing.T) {
			c, at := ada(), noon
			c.ID, c.Status, c.RegisteredAt, c.Version = me, account.Active, noon, 3
			creds := account.Credentials{Tenant: "demo", Account: me, Reset: &account.Mailed{Nonce: "r"}, Version: 7,
				NewEmail: &account.NewEmail{Mailed: account.Mailed{Nonce: "n", ExpiresAt: noon.Add(time.Hour)}, Address: "new@example.com"}}
			if k.change != nil {
				k.change(&c, &creds)
			}
			if !k.at.IsZero() {
				at = k.at
			}
			change, did, err := account.ConfirmEmail(t.Context(), c, creds, k.nonce, at)
			if !errors.Is(err, k.err) || (err != nil) != (k.err != nil) || did == (k.err != nil || k.same) {
				t.Fatalf("%v, did %v", err, did)
			}
			if !did {
				return
			}
			got := change.Customer
			if got.Email != creds.NewEmail.Address || got.FormerEmail != "ada@example.com" || got.VerifiedAt != at || got.Status != account.Active || got.Version != 4 {
				t.Errorf("got %+v", got)
			}
			if change.Credentials.Reset != nil || change.Credentials.Version != 8 || !slices.Equal(change.Take, k.take) || !slices.Equal(change.Free, k.free) {
				t.Errorf("take %v, free %v, %+v", change.Take, change.Free, change.Credentials)
			}
			if len(change.Events) != 1 || change.Events[0].Type != event.TypeEmailChanged || c.Email != "ada@example.com" {
				t.Errorf("told %v", change.Events)
			}
		})
	}
}

// An address that became somebody's meanwhile stays theirs.
func TestConfirmTakenEmail(t *testing.T) {
	d := newDesk(t)
	if err := d.RequestEmailChange(t.Context(), ask("k", strong, ""), "eve@example.com"); err != nil {
		t.Fatal(err)
	}
	d.vault.logins[account.Login{Kind: account.ByEmail, Name: "eve@example.com"}] = "cus_2"
	c, k, _ := d.vault.Account(t.Context(), "demo", me)
	change, did, err := account.ConfirmEmail(t.Context(), c, k, k.NewEmail.Nonce, noon)
	if err != nil || !did {
		t.Fatal(err)
	}
	if err := d.vault.SaveAccount(t.Context(), change); !errors.Is(err, account.ErrEmailExists) {
		t.Errorf("got %v", err)
	}
	delete(d.vault.logins, account.Login{Kind: account.ByEmail, Name: "eve@example.com"})
	if err := d.vault.SaveAccount(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if owner, err := d.vault.AccountBy(t.Context(), "demo", account.Login{Kind: account.ByEmail, Name: "eve@example.com"}); err != nil || owner != me {
		t.Errorf("%v, %v", owner, err)
	}
	if _, err := d.vault.AccountBy(t.Context(), "demo", account.Login{Kind: account.ByEmail, Name: "ada@example.com"}); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("the old address is still taken: %v", err)
	}
}
