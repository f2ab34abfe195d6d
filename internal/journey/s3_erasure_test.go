package journey

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/journey/demo"
	"turnup/internal/store"
)

// rowsWith are the rows of a table that hold one of the texts, as JSON. Only tests scan.
func rowsWith(t *testing.T, table string, texts ...string) (found []string) {
	t.Helper()
	name := site.Prefix + table
	consistent := true
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(site.AWS()), &dynamodb.ScanInput{TableName: &name, ConsistentRead: &consistent})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			var row map[string]any
			if err := attributevalue.UnmarshalMap(item, &row); err != nil {
				t.Fatal(err)
			}
			raw := string(must[[]byte](t)(json.Marshal(row)))
			if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(raw), strings.ToLower(text)) }) {
				found = append(found, raw)
			}
		}
	}
	slices.Sort(found)
	return found
}

// pspReads reads from the PSP, as an operator would.
func pspReads(t *testing.T, path string) map[string]any {
	t.Helper()
	req := must[*http.Request](t)(http.NewRequest(http.MethodGet, site.PSP+path, nil))
	req.Header.Set("Authorization", "Bearer sk_test_operator")
	res := must[*http.Response](t)(http.DefaultClient.Do(req))
	defer res.Body.Close()
	var out map[string]any
	if err := json.Unmarshal(must[[]byte](t)(io.ReadAll(res.Body)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// X11: of a customer with a history, whatever there is of it, every table is free of name, mail, phone, address, device and
// card; the PSP has no card either; orders and ledger are as they were, byte for byte.
func TestErasureOfACustomerWithHistory(t *testing.T) {
	ctx := context.Background()
	name := "Zz" + strings.ToLower(Key()[:10])
	c, customer := newProfile(t, name)
	mail := readCustomer(t, c, customer).Email
	phone, device := "+4917"+time.Now().Format("150405000"), "device-of-"+name
	expect(t, must[Answer](t)(c.Patch(ctx, "/customers/"+customer, map[string]any{"phone": phone})), nil, http.StatusOK, "")
	method := must[Method](t)(c.AddCard(ctx, cardGood))
	bought := must[Cart](t)(c.Fill(ctx, "good_streaming-stick"))
	done := into[Checkout](t, must[Answer](t)(c.Pay(ctx, Key(), bought.CartID, method.PaymentMethodID)))
	must[Answer](t)(c.Await(ctx, "/orders/"+done.OrderID, 20*time.Second, func(a Answer) bool { return strings.Contains(string(a.Raw), `"delivered"`) }))
	left := must[Cart](t)(c.Fill(ctx, "good_streaming-stick"))
	for _, kind := range []string{"credit", "debit"} {
		expect(t, must[Answer](t)(admin(t).Post(ctx, "/admin/customers/"+customer+"/wallet/movements", Key(), movement(kind, 700))), nil, http.StatusCreated, "")
	}
	session := account.Session{Tenant: demo.Tenant, Account: idOf(customer), ID: "ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", StartedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour), Address: "198.51.100.77", Device: device}
	if err := site.DB().SaveAccount(ctx, account.Change{Tenant: demo.Tenant, Account: session.Account, Start: &session}); err != nil {
		t.Fatal(err)
	}
	atPSP := must[string](t)(site.DB().PSPCustomer(ctx, demo.Tenant, session.Account))
	kept := map[string][]string{}
	eventually(t, 30*time.Second, "the order's invoice", func() bool { return len(rowsWith(t, "invoices", customer)) > 0 })
	for _, table := range []string{"orders", "ledger", "invoices"} {
		if kept[table] = rowsWith(t, table, customer); len(kept[table]) == 0 {
			t.Fatalf("nothing of the customer is in %s", table)
		}
	}
	personal := []string{name, mail, phone, device, session.Address}
	for _, text := range personal {
		if len(rowsWith(t, "accounts", text)) == 0 {
			t.Fatalf("%s is nowhere: the test proves nothing", text)
		}
	}

	expect(t, must[Answer](t)(c.Delete(ctx, "/customers/"+customer)), nil, http.StatusOK, "")
	eventually(t, 30*time.Second, "the rows beside the account are gone", func() bool {
		return len(rowsWith(t, "carts", left.CartID))+len(rowsWith(t, "accounts", device))+len(rowsWith(t, "payments", method.Reference)) == 0
	})
	for _, table := range store.Tables {
		if table == "invoices" { // which the law wants kept as they were, with name and address
			continue
		}
		if found := rowsWith(t, table, personal...); len(found) > 0 {
			t.Errorf("%s has %v", table, found)
		}
	}
	for table, rows := range kept {
		if now := rowsWith(t, table, customer); !slices.Equal(now, rows) {
			t.Errorf("%s changed:\n%v\n%v", table, rows, now)
		}
	}
	if is := pspReads(t, "/v1/customers/"+atPSP); is["deleted"] != true {
		t.Errorf("the PSP has %v", is)
	}

	erased := exactlyOne(t, event.TypeCustomerErased, customer)
	if erased.Actor != "customer:"+customer {
		t.Errorf("event %+v", erased)
	}
	afterErasure(t, c, customer, mail)
}

// afterErasure: to the customer, whose access token lives a little longer, the account is unknown and nothing can be bought or
// set up any more; staff may erase again; the address is free.
func afterErasure(t *testing.T, c *Customer, customer, mail string) {
	t.Helper()
	ctx := context.Background()
	path := "/customers/" + customer
	expect(t, must[Answer](t)(c.Get(ctx, path)), nil, http.StatusNotFound, "customer_not_found")
	expect(t, must[Answer](t)(c.Patch(ctx, path, map[string]any{"name": "Eve"})), nil, http.StatusNotFound, "customer_not_found")
	expect(t, must[Answer](t)(c.Delete(ctx, path)), nil, http.StatusNotFound, "customer_not_found")
	expect(t, must[Answer](t)(c.Post(ctx, "/customers", Key(), Profile("Eve"))), nil, http.StatusNotFound, "customer_not_found")
	expect(t, must[Answer](t)(c.Post(ctx, "/payment-methods", Key(), map[string]any{"returnUrl": ReturnURL})), nil, http.StatusUnauthorized, "token_invalid")
	expect(t, must[Answer](t)(c.CreateOrder(ctx, Key(), "plan_stream-hd", "")), nil, http.StatusNotFound, "plan_not_found")
	expect(t, must[Answer](t)(c.Post(ctx, "/wallet/top-ups", Key(), map[string]any{"amount": map[string]any{"minor": 1000, "currency": "EUR"}})), nil, http.StatusNotFound, "customer_not_found")
	boss := staff(t, token.RoleAdmin)
	for range 2 {
		expect(t, must[Answer](t)(boss.Delete(ctx, path)), nil, http.StatusOK, "")
	}
	if is := readCustomer(t, boss, customer); is.Status != "erased" || is.Email != "" || is.Name != "" || is.Phone != "" || is.Address != nil || is.RegisteredAt.IsZero() {
		t.Errorf("is %+v", is)
	}
	if got := into[CustomerPage](t, must[Answer](t)(boss.Get(ctx, "/customers?email="+mail))); len(got.Customers) > 0 {
		t.Errorf("still listed: %+v", got)
	}
	if h := trail(t, customer, "50"); !slices.Contains(whats(h), "customer.erased") || !slices.Contains(whats(h), "customer.registered") {
		t.Errorf("the trail is %v", whats(h))
	}
	if _, again, err := site.Account(ctx, mail, false); err != nil || again == customer {
		t.Errorf("the address is not free: %s, %v", again, err)
	}
}

// S3-28: while there are subscriptions, orders under way or money in the wallet, erasing is refused with what is in the way,
// and nothing changes.
func TestErasureIsRefused(t *testing.T) {
	ctx := context.Background()
	for code, tie := range map[string]func(c *Customer, customer string){
		"customer_has_subscriptions": func(c *Customer, _ string) {
			method := must[Method](t)(c.AddCard(ctx, cardGood))
			cart := must[Cart](t)(c.Fill(ctx, "plan_stream-hd"))
			expect(t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)), nil, http.StatusOK, "")
		},
		"customer_has_open_orders": func(c *Customer, _ string) {
			expect(t, must[Answer](t)(c.Post(ctx, "/wallet/top-ups", Key(), map[string]any{"amount": map[string]any{"minor": 1000, "currency": "EUR"}})), nil, http.StatusCreated, "")
		},
		"customer_has_money": func(_ *Customer, customer string) {
			expect(t, must[Answer](t)(admin(t).Post(ctx, "/admin/customers/"+customer+"/wallet/movements", Key(), movement("credit", 100))), nil, http.StatusCreated, "")
		},
	} {
		c, customer := newProfile(t, "Ada")
		tie(c, customer)
		before := readCustomer(t, c, customer)
		for _, who := range []*Customer{c, staff(t, token.RoleAdmin)} {
			expect(t, must[Answer](t)(who.Delete(ctx, "/customers/"+customer)), nil, http.StatusConflict, code)
		}
		if after := readCustomer(t, c, customer); after.Name != before.Name || after.Status != "active" || len(crm.of(event.TypeCustomerErased, customer)) > 0 {
			t.Errorf("%s: %+v", code, after)
		}
	}
}

// S3-28: who has not got a profile yet, or has not confirmed the address, may leave as well; a PSP that does not answer delays
// the erasure there and nothing else.
func TestErasureOfAnAccount(t *testing.T) {
	ctx := context.Background()
	for _, verified := range []bool{true, false} {
		c, customer := newAccount(t, verified)
		mail := readCustomer(t, c, customer).Email
		expect(t, must[Answer](t)(c.Delete(ctx, "/customers/"+customer)), nil, http.StatusOK, "")
		expect(t, must[Answer](t)(c.Get(ctx, "/customers/"+customer)), nil, http.StatusNotFound, "customer_not_found")
		if found := rowsWith(t, "accounts", mail); len(found) > 0 {
			t.Errorf("left: %v", found)
		}
	}
	c, customer := newProfile(t, "Ada")
	must[Method](t)(c.AddCard(ctx, cardGood))
	atPSP := must[string](t)(site.DB().PSPCustomer(ctx, demo.Tenant, idOf(customer)))
	psp.fails(t, pspFault{Method: http.MethodDelete, Path: "/v1/customers/" + atPSP, Mode: "before", Times: 1})
	expect(t, must[Answer](t)(c.Delete(ctx, "/customers/"+customer)), nil, http.StatusOK, "")
	eventually(t, 60*time.Second, "the PSP's customer is deleted at the second try", func() bool { return pspReads(t, "/v1/customers/"+atPSP)["deleted"] == true })
}
