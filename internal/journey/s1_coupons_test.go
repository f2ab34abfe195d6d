package journey

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/token"
)

type quoteAnswer struct {
	PlanID                   string
	Price, Discount, Payable Amount
	Coupon                   *struct{ Code, Description string }
}

type couponAnswer struct {
	Code    string
	Uses    int64
	Version int64
	Limit   int64
}

// couponTerms are a coupon of a share in hundredths of a percent, with changes.
func couponTerms(share int, changes map[string]any) map[string]any {
	terms := map[string]any{"kind": "percentage", "basisPoints": share, "description": "From a journey"}
	for name, v := range changes {
		terms[name] = v
	}
	return terms
}

func fixedTerms(minor int64, currency string) map[string]any {
	return map[string]any{"kind": "fixed", "amount": map[string]any{"minor": minor, "currency": currency}}
}

// newCoupon makes a coupon as an admin; its code is nobody else's.
func newCoupon(t *testing.T, terms map[string]any) (code string) {
	t.Helper()
	ctx, code := context.Background(), "J-"+Key()[:14]
	admin := must[*Customer](t)(site.Staff(ctx, token.RoleAdmin))
	a, err := admin.Put(ctx, "/admin/coupons/"+code, terms)
	expect(t, a, err, http.StatusOK, "")
	return code
}

func quotePath(plan, code string) string {
	return "/plans/" + plan + "/quote?" + url.Values{"coupon": {code}}.Encode()
}

func quoted(t *testing.T, c *Customer, plan, code string) quoteAnswer {
	t.Helper()
	a, err := c.Get(context.Background(), quotePath(plan, code))
	return into[quoteAnswer](t, expect(t, a, err, http.StatusOK, ""))
}

// S1-09: a preview says what the coupon takes off this plan and what is left to pay; without one, the list price. S1-18: of a
// percentage, half a cent is a cent; of a fixed amount, no more than the price.
func TestQuote(t *testing.T) {
	c, _ := newCustomer(t)
	none := quoted(t, c, "plan_stream-hd", "")
	if none.Payable != none.Price || none.Discount != (Amount{0, "EUR"}) || none.Coupon != nil || none.Price.Minor != 1299 {
		t.Fatalf("got %+v", none)
	}
	for name, k := range map[string]struct {
		terms    map[string]any
		discount int64
	}{
		"a fifth of 12.99":       {couponTerms(2000, nil), 260}, // 2.598
		"a half of 12.99":        {couponTerms(5000, nil), 650}, // 6.495
		"a little less":          {couponTerms(4999, nil), 649}, // 6.4937
		"everything":             {couponTerms(10000, nil), 1299},
		"five euros":             {fixedTerms(500, "EUR"), 500},
		"more than the price":    {fixedTerms(1300, "EUR"), 1299},
		"exactly the price":      {fixedTerms(1299, "EUR"), 1299},
		"for this and for other": {couponTerms(2000, map[string]any{"plans": []string{"plan_sports-pass", "plan_stream-hd"}}), 260},
	} {
		code := newCoupon(t, k.terms)
		got := quoted(t, c, "plan_stream-hd", " "+strings.ToLower(code)+" ")
		if got.Discount != (Amount{k.discount, "EUR"}) || got.Payable != (Amount{1299 - k.discount, "EUR"}) || got.Price.Minor != 1299 || got.Coupon.Code != code {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// S1-10: previews neither use a coupon up nor reserve it: its only use can be previewed again and again, by several customers.
func TestQuoteUsesNothing(t *testing.T) {
	ctx := context.Background()
	code := newCoupon(t, couponTerms(2000, map[string]any{"limit": 1, "perCustomer": 1}))
	for range 3 {
		c, _ := newCustomer(t)
		for range 3 {
			if got := quoted(t, c, "plan_stream-hd", code); got.Discount.Minor != 260 {
				t.Fatalf("got %+v", got)
			}
		}
	}
	support := must[*Customer](t)(site.Staff(ctx, token.RoleSupport))
	if got := into[couponAnswer](t, must[Answer](t)(support.Get(ctx, "/admin/coupons/"+code))); got.Uses != 0 {
		t.Errorf("got %+v", got)
	}
}

// S1-13, at preview: each reason has its own code and a sentence. S1-14: before its start and after its end a coupon is refused.
// S1-17: below its minimum as well, and exactly the minimum is enough.
func TestQuoteRefusals(t *testing.T) {
	c, _ := newCustomer(t)
	now := time.Now().UTC()
	at := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	least := func(minor int64, currency string) map[string]any {
		return map[string]any{"minimum": map[string]any{"minor": minor, "currency": currency}}
	}
	for name, k := range map[string]struct {
		terms map[string]any
		code  string
	}{
		"has begun":          {couponTerms(2000, map[string]any{"from": at(-time.Hour), "until": at(time.Hour)}), ""},
		"begins in an hour":  {couponTerms(2000, map[string]any{"from": at(time.Hour)}), "coupon_not_started"},
		"ended a moment ago": {couponTerms(2000, map[string]any{"until": at(-time.Second)}), "coupon_expired"},
		"disabled":           {couponTerms(2000, map[string]any{"disabled": true}), "coupon_disabled"},
		"exactly minimum":    {couponTerms(2000, least(1299, "EUR")), ""},
		"below the minimum":  {couponTerms(2000, least(1300, "EUR")), "coupon_below_minimum"},
		"in another money":   {couponTerms(2000, least(1, "USD")), "coupon_not_for_plan"},
		"dollars off":        {fixedTerms(100, "USD"), "coupon_not_for_plan"},
		"for another plan":   {couponTerms(2000, map[string]any{"plans": []string{"plan_sports-pass"}}), "coupon_not_for_plan"},
	} {
		a := must[Answer](t)(c.Get(context.Background(), quotePath("plan_stream-hd", newCoupon(t, k.terms))))
		if status := map[bool]int{true: http.StatusOK, false: http.StatusConflict}[k.code == ""]; a.Status != status || a.Code() != k.code {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
	}
	for _, unknown := range []string{"J-NOBODY-MADE-THIS", "no code at all", "x"} {
		a, err := c.Get(context.Background(), quotePath("plan_stream-hd", unknown))
		expect(t, a, err, http.StatusConflict, "coupon_unknown")
	}
}

// S1-05, at preview: a plan that is not for the customer is answered like one that does not exist, whatever the coupon.
func TestQuoteOfOthersPlans(t *testing.T) {
	c, _ := newCustomer(t)
	good := newCoupon(t, couponTerms(2000, nil))
	for _, plan := range []string{"plan_stream-business", "plan_stream-family", "plan_stream-classic", "plan_nobody-has"} {
		for _, code := range []string{"", good, "J-NOBODY-MADE-THIS", "?"} {
			a, err := c.Get(context.Background(), quotePath(plan, code))
			expect(t, a, err, http.StatusNotFound, "plan_not_found")
		}
	}
}

// S1-09: guessing codes ends after twenty unknown ones in a minute, and then no code is told from another.
func TestGuessingCoupons(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	good := newCoupon(t, couponTerms(2000, nil))
	for range 30 {
		if a := must[Answer](t)(c.Get(ctx, quotePath("plan_stream-hd", good))); a.Status != http.StatusOK {
			t.Fatalf("a good code is no guess: %d %s", a.Status, a.Raw)
		}
	}
	for try := range 100 { // the minute may turn meanwhile
		a := must[Answer](t)(c.Get(ctx, quotePath("plan_stream-hd", fmt.Sprintf("GUESS-%d", try))))
		if a.Status == http.StatusConflict {
			continue
		}
		expect(t, a, nil, http.StatusTooManyRequests, "too_many_requests")
		if a.Header.Get("Retry-After") == "" {
			t.Error("nothing says when to come back")
		}
		if b := must[Answer](t)(c.Get(ctx, quotePath("plan_stream-hd", good))); b.Code() == "too_many_requests" {
			another, _ := newCustomer(t)
			quoted(t, another, "plan_stream-hd", good)
			quoted(t, c, "plan_stream-hd", "") // what needs no code goes on
			return
		}
	}
	t.Fatal("guessing went on and on")
}

// S1-64: admins manage coupons, support reads them, customers do neither. A change needs the version it is meant for when one
// is named, and everything wrong is named at once.
func TestManageCoupons(t *testing.T) {
	ctx := context.Background()
	admin, support := must[*Customer](t)(site.Staff(ctx, token.RoleAdmin)), must[*Customer](t)(site.Staff(ctx, token.RoleSupport))
	customer, _ := newCustomer(t)
	code := newCoupon(t, couponTerms(2000, map[string]any{"limit": 100}))
	path := "/admin/coupons/" + code
	for who, k := range map[string]struct {
		c           *Customer
		read, write int
	}{
		"customer": {customer, http.StatusUnauthorized, http.StatusUnauthorized},
		"support":  {support, http.StatusOK, http.StatusForbidden},
		"anybody":  {site.Visitor(), http.StatusUnauthorized, http.StatusUnauthorized},
	} {
		read, list, write := must[Answer](t)(k.c.Get(ctx, path)), must[Answer](t)(k.c.Get(ctx, "/admin/coupons")), must[Answer](t)(k.c.Put(ctx, path, couponTerms(1, nil)))
		if read.Status != k.read || list.Status != k.read || write.Status != k.write {
			t.Errorf("%s: read %d, list %d, write %d", who, read.Status, list.Status, write.Status)
		}
	}
	a, err := admin.Put(ctx, "/admin/coupons/"+strings.ToLower(code), couponTerms(3000, map[string]any{"limit": 5}), Header{"If-Match", `"1"`})
	if got := into[couponAnswer](t, expect(t, a, err, http.StatusOK, "")); got.Version != 2 || got.Code != code || got.Limit != 5 || a.Header.Get("ETag") != `"2"` {
		t.Errorf("got %+v, %s", got, a.Header.Get("ETag"))
	}
	a, err = admin.Put(ctx, path, couponTerms(1, nil), Header{"If-Match", `"1"`})
	expect(t, a, err, http.StatusPreconditionFailed, "version_mismatch")
	a, err = admin.Get(ctx, "/admin/coupons/J-NOBODY-MADE-THIS")
	expect(t, a, err, http.StatusNotFound, "coupon_not_found")
	a, err = admin.Put(ctx, path, map[string]any{"kind": "fixed", "basisPoints": 2000, "from": "2030-01-01T00:00:00Z", "until": "2030-01-01T00:00:00Z"})
	expect(t, a, err, http.StatusBadRequest, "invalid_request")
	if got := fields(a); got != "body.basisPoints body.amount body.until" {
		t.Errorf("named: %s", got)
	}
	for cursor, seen := "", false; !seen; { // page by page until it comes
		page := into[struct {
			Coupons    []couponAnswer
			NextCursor string
		}](t, must[Answer](t)(support.Get(ctx, "/admin/coupons?"+url.Values{"cursor": {cursor}}.Encode())))
		for _, c := range page.Coupons {
			seen = seen || c.Code == code && c.Version == 2
		}
		if cursor = page.NextCursor; cursor == "" && !seen {
			t.Fatal("the coupon is not listed")
		}
	}
}
