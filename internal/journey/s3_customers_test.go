package journey

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
)

// newAccount is somebody who registered with a mail address, and has confirmed it or not.
func newAccount(t *testing.T, verified bool) (c *Customer, customer string) {
	t.Helper()
	c, customer, err := site.Account(context.Background(), newName()+"@example.com", verified)
	if err != nil {
		t.Fatal(err)
	}
	return c, customer
}

// newProfile is a customer who came by mail address and completed the profile, with a session that knows.
func newProfile(t *testing.T, name string) (c *Customer, customer string) {
	t.Helper()
	ctx := context.Background()
	c, customer = newAccount(t, true)
	expect(t, must[Answer](t)(c.Post(ctx, "/customers", Key(), Profile(name))), nil, http.StatusCreated, "")
	return must[*Customer](t)(site.SignIn(ctx, customer)), customer
}

func staff(t *testing.T, role string) *Customer {
	t.Helper()
	return must[*Customer](t)(site.Staff(context.Background(), role))
}

func readCustomer(t *testing.T, c *Customer, customer string) CustomerView {
	t.Helper()
	return into[CustomerView](t, must[Answer](t)(c.Get(context.Background(), "/customers/"+customer)))
}

// S3-04, S3-17: who has not confirmed the address gets no profile and is told so; a session that began before the address was
// confirmed is good enough for one, and for buying only after it was refreshed.
func TestProfile(t *testing.T) {
	ctx := context.Background()
	c, customer := newAccount(t, false)
	expect(t, must[Answer](t)(c.Post(ctx, "/customers", Key(), Profile("Ada"))), nil, http.StatusForbidden, "email_unverified")
	expect(t, must[Answer](t)(c.CreateOrder(ctx, Key(), "plan_stream-hd", "")), nil, http.StatusForbidden, "email_unverified")
	early := readCustomer(t, c, customer)
	if early.Status != "unverified" || early.Pending != "verification" || early.Email == "" || early.Name != "Ada Example" || !early.ProfiledAt.IsZero() {
		t.Errorf("early: %+v", early)
	}
	link := must[string](t)(site.AwaitLink(ctx, early.Email, "/verify-email", 1, 20*time.Second))
	expect(t, must[Answer](t)(site.Verify(ctx, link)), nil, http.StatusOK, "")
	made := expect(t, must[Answer](t)(c.Post(ctx, "/customers", Key(), Profile("Ada"))), nil, http.StatusCreated, "")
	if answer := string(made.Raw); !strings.Contains(answer, `"refreshSession":true`) || !strings.Contains(answer, `"country":"DE"`) || strings.Contains(answer, "Ada") {
		t.Errorf("answered %s", answer)
	}
	if registered := exactlyOne(t, event.TypeCustomerRegistered, customer); strings.Contains(string(registered.Data), "Ada") || registered.Actor != "customer:"+customer {
		t.Errorf("event %+v", registered)
	}
	expect(t, must[Answer](t)(c.CreateOrder(ctx, Key(), "plan_stream-hd", "")), nil, http.StatusForbidden, "email_unverified")
	c = must[*Customer](t)(site.SignIn(ctx, customer))
	expect(t, must[Answer](t)(c.Get(ctx, "/plans")), nil, http.StatusOK, "")
	is := readCustomer(t, c, customer)
	if is.Name != "Ada" || is.Country != "DE" || is.Address.City != "Berlin" || is.Phone != "+4930123456" || is.Pending != "" || is.Status != "active" || is.ProfiledAt.IsZero() || is.VerifiedAt.IsZero() {
		t.Errorf("is %+v", is)
	}
}

// S3-24: there is one profile; the second is a conflict, and of fifty at once with one key all get the same answer (R6).
func TestOneProfileOnly(t *testing.T) {
	ctx := context.Background()
	c, customer := newAccount(t, true)
	key, body := Key(), Profile("Ada")
	var all sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for range 50 {
		all.Go(func() {
			a, err := c.Post(ctx, "/customers", key, body)
			mu.Lock()
			defer mu.Unlock()
			answers[fmt.Sprint(a.Status, string(a.Raw), err)]++
		})
	}
	all.Wait()
	if len(answers) != 1 || !strings.Contains(fmt.Sprint(answers), "map[201") {
		t.Errorf("answers %v", answers)
	}
	expect(t, must[Answer](t)(c.Post(ctx, "/customers", key, Profile("Eve"))), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	expect(t, must[Answer](t)(c.Post(ctx, "/customers", Key(), body)), nil, http.StatusConflict, "profile_exists")
	exactlyOne(t, event.TypeCustomerRegistered, customer)
	other, _ := newCustomer(t) // has had one from the beginning
	expect(t, must[Answer](t)(other.Post(ctx, "/customers", Key(), body)), nil, http.StatusConflict, "profile_exists")
}

// S3-24: what is wrong is named field by field, all at once.
func TestProfileFields(t *testing.T) {
	ctx := context.Background()
	c, _ := newAccount(t, true)
	a := expect(t, must[Answer](t)(c.Post(ctx, "/customers", Key(), map[string]any{"name": " ", "phone": "030", "language": "english",
		"address": map[string]any{"line1": "a\nb", "line2": strings.Repeat("x", 101), "postalCode": "", "city": "", "region": "\t\x01", "country": "XX"}})), nil, http.StatusBadRequest, "profile_invalid")
	named := strings.Fields(fields(a))
	slices.Sort(named)
	if want := "body.address.city body.address.country body.address.line1 body.address.line2 body.address.postalCode body.address.region body.language body.name body.phone"; strings.Join(named, " ") != want {
		t.Errorf("named are %v", named)
	}
	a = expect(t, must[Answer](t)(c.Post(ctx, "/customers", Key(), map[string]any{"phone": "+4930123456"})), nil, http.StatusBadRequest, "invalid_request")
	if !strings.Contains(string(a.Raw), "name") || !strings.Contains(string(a.Raw), "address") {
		t.Errorf("missing fields: %s", a.Raw)
	}
}

// S3-26, S3-23: customers read themselves, staff everybody; somebody else's id is answered like an unknown one. Nothing that
// one signs in with is ever answered.
func TestReadCustomer(t *testing.T) {
	ctx := context.Background()
	c, customer := newProfile(t, "Ada")
	other, _ := newCustomer(t)
	const unknown = "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
	for _, who := range []*Customer{c, other} {
		for _, whose := range []string{customer, unknown} {
			if who == c && whose == customer {
				continue
			}
			expect(t, must[Answer](t)(who.Get(ctx, "/customers/"+whose)), nil, http.StatusNotFound, "customer_not_found")
			expect(t, must[Answer](t)(who.Get(ctx, "/customers/"+whose+"/journey")), nil, http.StatusNotFound, "customer_not_found")
			expect(t, must[Answer](t)(who.Patch(ctx, "/customers/"+whose, map[string]any{"name": "Eve"})), nil, http.StatusNotFound, "customer_not_found")
			expect(t, must[Answer](t)(who.Delete(ctx, "/customers/"+whose)), nil, http.StatusNotFound, "customer_not_found")
		}
	}
	for _, role := range token.Roles {
		a := must[Answer](t)(staff(t, role).Get(ctx, "/customers/"+customer))
		if into[CustomerView](t, a).Name != "Ada" || a.Header.Get("ETag") != `"3"` {
			t.Errorf("%s: %v %s", role, a.Header, a.Raw)
		}
		for _, secret := range []string{"argon2id", "assword", "Nonce", "nonce", "ecret", "ersion", "shard"} {
			if strings.Contains(string(a.Raw), secret) {
				t.Errorf("%s is answered: %s", secret, a.Raw)
			}
		}
		expect(t, must[Answer](t)(staff(t, role).Get(ctx, "/customers/"+unknown)), nil, http.StatusNotFound, "customer_not_found")
	}
}

// S3-27: only what is sent changes; an empty text clears; If-Match refuses another version; the country is fixed; the event
// names fields and never values.
func TestUpdateCustomer(t *testing.T) {
	ctx := context.Background()
	c, customer := newProfile(t, "Ada")
	path := "/customers/" + customer
	before := readCustomer(t, c, customer)
	a := expect(t, must[Answer](t)(c.Patch(ctx, path, map[string]any{"address": map[string]any{"city": "Potsdam", "country": "DE"}, "phone": ""}, Header{"If-Match", `"3"`})), nil, http.StatusOK, "")
	want := before
	home := *before.Address
	home.City = "Potsdam"
	want.Address, want.Phone = &home, ""
	if is := into[CustomerView](t, a); a.Header.Get("ETag") != `"4"` || *is.Address != *want.Address || is.Phone != "" || is.Name != want.Name || is.Language != want.Language {
		t.Errorf("is %s", a.Raw)
	}
	expect(t, must[Answer](t)(c.Patch(ctx, path, map[string]any{"name": "Eve"}, Header{"If-Match", `"3"`})), nil, http.StatusPreconditionFailed, "version_mismatch")
	expect(t, must[Answer](t)(c.Patch(ctx, path, map[string]any{"address": map[string]any{"country": "AT"}})), nil, http.StatusConflict, "country_fixed")
	a = expect(t, must[Answer](t)(c.Patch(ctx, path, map[string]any{"phone": "030", "name": ""})), nil, http.StatusBadRequest, "profile_invalid")
	if fields(a) != "body.name body.phone" {
		t.Errorf("named are %s", fields(a))
	}
	expect(t, must[Answer](t)(c.Patch(ctx, path, map[string]any{})), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(staff(t, token.RoleSupport).Patch(ctx, path, map[string]any{"marketingConsent": true})), nil, http.StatusOK, "")
	is := readCustomer(t, c, customer)
	if is.Name != "Ada" || is.Country != "DE" || !is.MarketingConsent || is.Address.City != "Potsdam" {
		t.Errorf("is %+v", is)
	}
	young, unprofiled := newAccount(t, true)
	expect(t, must[Answer](t)(young.Patch(ctx, "/customers/"+unprofiled, map[string]any{"name": "Eve"})), nil, http.StatusForbidden, "profile_missing")
}

// S3-27: changes of different fields at the same time are all kept.
func TestUpdatesAtTheSameTime(t *testing.T) {
	ctx := context.Background()
	c, customer := newProfile(t, "Ada")
	changes := []map[string]any{{"name": "Eve"}, {"phone": "+4930654321"}, {"language": "fr"}, {"marketingConsent": true}, {"address": map[string]any{"line2": "3rd floor"}}, {"address": map[string]any{"city": "Potsdam"}}}
	var all sync.WaitGroup
	for _, body := range changes {
		all.Go(func() {
			if a, err := c.Patch(ctx, "/customers/"+customer, body); err != nil || a.Status != http.StatusOK {
				t.Errorf("%v: %d %s %v", body, a.Status, a.Raw, err)
			}
		})
	}
	all.Wait()
	is := readCustomer(t, c, customer)
	if is.Name != "Eve" || is.Phone != "+4930654321" || is.Language != "fr" || !is.MarketingConsent || is.Address.Line2 != "3rd floor" || is.Address.City != "Potsdam" {
		t.Errorf("lost: %+v %+v", is, is.Address)
	}
}

// S3-25: staff list customers newest first, in pages that add up, and find one by mail address or username in any case.
func TestListCustomers(t *testing.T) {
	ctx := context.Background()
	desk := staff(t, token.RoleNetwork)
	from := time.Now().UTC().Truncate(time.Second)
	var made []string
	for range 3 {
		_, customer := newAccount(t, true)
		made = append(made, customer)
	}
	_, r := newCustomer(t)
	made = append(made, r.CustomerID)
	slices.Reverse(made)
	list := func(q url.Values) (ids []string) {
		for range 100 {
			page := into[CustomerPage](t, must[Answer](t)(desk.Get(ctx, "/customers?"+q.Encode())))
			for _, c := range page.Customers {
				ids = append(ids, c.CustomerID)
			}
			if page.NextCursor == "" {
				break
			}
			q.Set("cursor", page.NextCursor)
		}
		return slices.DeleteFunc(ids, func(c string) bool { return !slices.Contains(made, c) }) // of the same second there may be others
	}
	for _, limit := range []string{"1", "2", "100"} {
		eventually(t, 10*time.Second, "the newest customers are listed", func() bool {
			return slices.Equal(list(url.Values{"registeredFrom": {from.Format(time.RFC3339)}, "limit": {limit}}), made)
		})
	}
	for _, c := range []string{made[0], made[1]} {
		is := readCustomer(t, desk, c)
		by := url.Values{"email": {strings.ToUpper(is.Email)}, "status": {is.Status}}
		if got := list(by); !slices.Equal(got, []string{c}) {
			t.Errorf("by %v: %v", by, got)
		}
		if is.Username == "" {
			continue
		}
		if got := list(url.Values{"username": {strings.ToUpper(is.Username)}}); !slices.Equal(got, []string{c}) {
			t.Errorf("by username: %v", got)
		}
	}
	for name, q := range map[string]string{"other tier": "tier=gone", "before": "registeredTo=2020-01-01T00:00:00Z", "nobody": "email=nobody@example.org", "another status": "status=unverified&username=" + readCustomer(t, desk, r.CustomerID).Username} {
		if got := into[CustomerPage](t, must[Answer](t)(desk.Get(ctx, "/customers?"+q))); len(got.Customers) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	expect(t, must[Answer](t)(desk.Get(ctx, "/customers?cursor=UFJPRklMRQ")), nil, http.StatusBadRequest, "cursor_invalid")
	expect(t, must[Answer](t)(desk.Get(ctx, "/customers?status=erased")), nil, http.StatusBadRequest, "invalid_request")
	c, _ := newCustomer(t)
	expect(t, must[Answer](t)(c.Get(ctx, "/customers")), nil, http.StatusUnauthorized, "token_invalid")
}

// X3: what the server owns is refused by name, in a new profile and in a change, at the top and inside the address.
func TestServerOwnedFieldsOfCustomersAreRefused(t *testing.T) {
	ctx := context.Background()
	c, customer := newProfile(t, "Ada")
	young, _ := newAccount(t, true)
	owned := []string{"customerId", "tenant", "status", "pending", "tier", "groups", "roles", "registeredAt", "verifiedAt", "profiledAt", "termsAt", "country", "version", "email", "formerEmail", "username",
		"verification", "testClock", "password", "passwordHash", "secondFactor", "id"}
	before := readCustomer(t, c, customer)
	for _, field := range owned {
		a := must[Answer](t)(young.Post(ctx, "/customers", Key(), with(Profile("Ada"), field, "x")))
		if a.Status != http.StatusBadRequest || !strings.Contains(fields(a), field) {
			t.Errorf("createCustomer took %s: %d %s", field, a.Status, a.Raw)
		}
		for _, who := range []*Customer{c, staff(t, token.RoleAdmin)} {
			a = must[Answer](t)(who.Patch(ctx, "/customers/"+customer, map[string]any{field: "x", "name": "Eve"}))
			if a.Status != http.StatusBadRequest || !strings.Contains(fields(a), field) {
				t.Errorf("updateCustomer took %s: %d %s", field, a.Status, a.Raw)
			}
		}
		a = must[Answer](t)(c.Patch(ctx, "/customers/"+customer, map[string]any{"address": map[string]any{field: "x"}}))
		if field != "country" && a.Status != http.StatusBadRequest || field == "country" && a.Code() != "country_fixed" {
			t.Errorf("updateCustomer took address.%s: %d %s", field, a.Status, a.Raw)
		}
	}
	if after := readCustomer(t, c, customer); after.Name != before.Name || after.Tier != before.Tier || after.Status != before.Status {
		t.Errorf("changed: %+v", after)
	}
}

func idOf(customer string) id.Customer { return id.Customer(customer) }

func idOfEvent(e string) id.Event { return id.Event(e) }
