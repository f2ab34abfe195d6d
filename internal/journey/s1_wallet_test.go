package journey

import (
	"context"
	"net/http"
	"testing"
	"time"
)

type (
	walletAnswer struct{ Available, Held Amount }
	walletEntry  struct {
		EntryID, Kind, Reference, Reason, By string
		Amount, Available, Held              Amount
		At                                   time.Time
	}
	walletPage struct {
		Entries    []walletEntry
		NextCursor string
	}
)

func movement(kind string, minor int64) map[string]any {
	return map[string]any{"kind": kind, "amount": map[string]any{"minor": minor, "currency": "EUR"}, "reason": "journey"}
}

func walletOf(t *testing.T, c *Customer, path string) walletAnswer {
	t.Helper()
	return into[walletAnswer](t, must[Answer](t)(c.Get(context.Background(), path+"?currency=EUR")))
}

// S1-41, S1-43: staff fund a wallet; the customer reads what is there and what moved it, entry by entry. S1-36: what is held
// is not available.
func TestOperatorFundsAWallet(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	admin, support := admin(t), support(t)
	path := "/admin/customers/" + r.CustomerID + "/wallet"
	move := func(kind string, minor int64, status int, code string) Answer {
		t.Helper()
		return expect(t, must[Answer](t)(admin.Post(ctx, path+"/movements", Key(), movement(kind, minor))), nil, status, code)
	}
	nothing := walletOf(t, c, "/wallet")
	if nothing.Available != (Amount{0, "EUR"}) || nothing.Held != (Amount{0, "EUR"}) {
		t.Fatalf("a new wallet has %+v", nothing)
	}
	move("debit", 1, http.StatusPaymentRequired, "wallet_insufficient")
	move("credit", 2500, http.StatusCreated, "")
	move("hold", 1000, http.StatusCreated, "")
	if now := walletOf(t, c, "/wallet"); now.Available.Minor != 1500 || now.Held.Minor != 1000 {
		t.Fatalf("got %+v", now)
	}
	refused := move("debit", 1501, http.StatusPaymentRequired, "wallet_insufficient")
	if detail(refused, "available") != "15.00 EUR" {
		t.Errorf("got %s", refused.Raw)
	}
	move("release", 1001, http.StatusConflict, "wallet_not_held")
	move("debit", 1500, http.StatusCreated, "")
	last := into[walletEntry](t, move("release", 400, http.StatusCreated, ""))
	if last.Kind != "release" || last.Amount.Minor != 400 || last.Available.Minor != 400 || last.Held.Minor != 600 || last.Reason != "journey" || last.By == "" {
		t.Errorf("got %+v", last)
	}
	for who, reader := range map[string]*Customer{"admin": admin, "support": support} {
		if now := walletOf(t, reader, path); now.Available.Minor != 400 || now.Held.Minor != 600 {
			t.Errorf("%s reads %+v", who, now)
		}
	}

	var all []walletEntry
	for next := "&limit=3"; ; {
		page := into[walletPage](t, must[Answer](t)(c.Get(ctx, "/wallet/entries?currency=EUR"+next)))
		all = append(all, page.Entries...)
		if page.NextCursor == "" {
			break
		}
		next = "&limit=3&cursor=" + page.NextCursor
	}
	kinds, sum := "", int64(0)
	for i := range all {
		e := all[len(all)-1-i] // oldest first
		kinds, sum = kinds+e.Kind+" ", sum+e.Amount.Minor
		if e.EntryID == "" || e.Reference == "" || e.At.IsZero() || e.Available.Minor != sum || e.Reason != "" || e.By != "" {
			t.Errorf("entry %+v, sum %d", e, sum)
		}
	}
	if kinds != "operator_credit hold operator_debit release " || sum != 400 || all[0].EntryID != last.EntryID {
		t.Errorf("%s, sum %d: %+v", kinds, sum, all)
	}
	for _, reader := range []*Customer{admin, support} {
		seen := into[walletPage](t, must[Answer](t)(reader.Get(ctx, path+"/entries?currency=EUR")))
		if len(seen.Entries) != 4 || seen.Entries[0] != last {
			t.Errorf("staff read %+v", seen)
		}
	}
	if a := must[Answer](t)(c.Get(ctx, "/wallet/entries?currency=EUR&cursor=bm90aGluZw")); a.Code() != "cursor_invalid" {
		t.Errorf("a made-up cursor: %d %s", a.Status, a.Raw)
	}
}

// R6: one key many times at once moves once, with one answer; for anything else it is refused.
func TestWalletMovementIsIdempotent(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	admin := admin(t)
	path, key := "/admin/customers/"+r.CustomerID+"/wallet/movements", Key()
	answers := parallel(t, 12, func(int) (Answer, error) { return admin.Post(ctx, path, key, movement("credit", 700)) })
	answers = append(answers, must[Answer](t)(admin.Post(ctx, path, key, movement("credit", 700))))
	for _, a := range answers {
		expect(t, a, nil, http.StatusCreated, "")
		if string(a.Raw) != string(answers[0].Raw) {
			t.Fatalf("answers differ: %s %s", a.Raw, answers[0].Raw)
		}
	}
	expect(t, must[Answer](t)(admin.Post(ctx, path, key, movement("credit", 701))), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	if now := walletOf(t, c, "/wallet"); now.Available.Minor != 700 {
		t.Errorf("got %+v", now)
	}
}

// S1-64: support reads wallets and cannot move them, a customer can do neither; what is not there, or makes no sense, is
// refused and moves nothing.
func TestWalletMovementsRefused(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	admin, support := admin(t), support(t)
	path := "/admin/customers/" + r.CustomerID + "/wallet"
	expect(t, must[Answer](t)(support.Post(ctx, path+"/movements", Key(), movement("credit", 100))), nil, http.StatusForbidden, "forbidden")
	expect(t, must[Answer](t)(c.Post(ctx, path+"/movements", Key(), movement("credit", 100))), nil, http.StatusUnauthorized, "token_invalid")
	expect(t, must[Answer](t)(c.Get(ctx, path+"?currency=EUR")), nil, http.StatusUnauthorized, "token_invalid")
	nobody := "/admin/customers/cus_01KB7Z9F3H7P1S5D8G2J4K6M0N/wallet"
	expect(t, must[Answer](t)(admin.Post(ctx, nobody+"/movements", Key(), movement("credit", 100))), nil, http.StatusNotFound, "customer_not_found")
	expect(t, must[Answer](t)(admin.Get(ctx, nobody+"?currency=EUR")), nil, http.StatusNotFound, "customer_not_found")
	expect(t, must[Answer](t)(admin.Get(ctx, nobody+"/entries?currency=EUR")), nil, http.StatusNotFound, "customer_not_found")
	refund := movement("refund", 100)
	expect(t, must[Answer](t)(admin.Post(ctx, path+"/movements", Key(), refund)), nil, http.StatusBadRequest, "invalid_request")
	refund["orderId"] = "ord_01KB7Z9F3H7P1S5D8G2J4K6M0N"
	expect(t, must[Answer](t)(admin.Post(ctx, path+"/movements", Key(), refund)), nil, http.StatusNotFound, "order_not_found")
	for field, value := range map[string]any{"kind": "gift", "reason": "", "amount": map[string]any{"minor": 0, "currency": "EUR"}, "orderId": "ord_01KB7Z9F3H7P1S5D8G2J4K6M0N"} {
		wrong := movement("credit", 100)
		wrong[field] = value
		expect(t, must[Answer](t)(admin.Post(ctx, path+"/movements", Key(), wrong)), nil, http.StatusBadRequest, "invalid_request")
	}
	for _, minor := range []int64{-5, 100_000_001} {
		expect(t, must[Answer](t)(admin.Post(ctx, path+"/movements", Key(), movement("credit", minor))), nil, http.StatusBadRequest, "invalid_request")
	}
	if now := walletOf(t, c, "/wallet"); now.Available.Minor != 0 || now.Held.Minor != 0 {
		t.Errorf("got %+v", now)
	}
}
