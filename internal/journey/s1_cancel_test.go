package journey

import (
	"context"
	"net/http"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// S1-52, S1-55: a customer cancels an own unpaid order, which remembers who did; nothing was charged. S1-60: again, by
// whoever, is harmless and answers the same; that is told once.
func TestCustomerCancels(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	made := ordered(t, c, "plan_stream-hd", "")
	first := expect(t, must[Answer](t)(c.CancelOrder(ctx, Key(), made.OrderID)), nil, http.StatusOK, "")
	done := into[PlanOrder](t, first)
	if done.OrderID != made.OrderID || done.Status != "cancelled" || done.CancelledBy != "user" || states(done) != "unpaid cancelled" || done.Total != made.Total {
		t.Errorf("%+v", done)
	}
	for range 2 {
		if again := expect(t, must[Answer](t)(c.CancelOrder(ctx, Key(), made.OrderID)), nil, http.StatusOK, ""); string(again.Raw) != string(first.Raw) {
			t.Errorf("again: %s, first %s", again.Raw, first.Raw)
		}
	}
	byAdmin := must[Answer](t)(admin(t).Post(ctx, "/admin/customers/"+r.CustomerID+"/orders/"+made.OrderID+"/cancel", Key(), nil))
	if expect(t, byAdmin, nil, http.StatusOK, ""); string(byAdmin.Raw) != string(first.Raw) {
		t.Errorf("by an admin: %s", byAdmin.Raw)
	}
	if read := must[Answer](t)(c.Get(ctx, "/orders/"+made.OrderID)); string(read.Raw) != string(first.Raw) {
		t.Errorf("read: %s", read.Raw)
	}
	exactlyOne(t, event.TypeOrderCancelled, made.OrderID)
}

// S1-53, S1-55: an admin cancels a customer's unpaid order, which remembers that; the customer sees it.
func TestAdminCancels(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	made := ordered(t, c, "plan_stream-hd", "")
	path := "/admin/customers/" + r.CustomerID + "/orders/" + made.OrderID + "/cancel"
	done := into[PlanOrder](t, expect(t, must[Answer](t)(admin(t).Post(ctx, path, Key(), nil)), nil, http.StatusOK, ""))
	seen := must[PlanOrder](t)(c.ReadOrder(ctx, made.OrderID))
	if done.Status != "cancelled" || done.CancelledBy != "admin" || seen.Status != "cancelled" || seen.CancelledBy != "admin" {
		t.Errorf("%+v, seen %+v", done, seen)
	}
	_, stranger := newCustomer(t)
	path = "/admin/customers/" + stranger.CustomerID + "/orders/" + made.OrderID + "/cancel"
	expect(t, must[Answer](t)(admin(t).Post(ctx, path, Key(), nil)), nil, http.StatusNotFound, "order_not_found")
}

// S1-55, S1-60: customer and admin cancel at once, several times: all are answered the same, one of them did it, it is told once
// and what the order held is given back once.
func TestCancellingAtOnce(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	staff := admin(t)
	code := newCoupon(t, couponTerms(2000, map[string]any{"limit": 5, "perCustomer": 2}))
	ordered(t, c, "plan_sports-pass", code) // of whose use nothing must be given back
	made := ordered(t, c, "plan_stream-hd", code)
	answers := parallel(t, 10, func(i int) (Answer, error) {
		if i%2 == 0 {
			return c.CancelOrder(ctx, Key(), made.OrderID)
		}
		return staff.Post(ctx, "/admin/customers/"+r.CustomerID+"/orders/"+made.OrderID+"/cancel", Key(), nil)
	})
	for _, a := range answers {
		if expect(t, a, nil, http.StatusOK, ""); string(a.Raw) != string(answers[0].Raw) {
			t.Errorf("%s, %s", a.Raw, answers[0].Raw)
		}
	}
	if done := into[PlanOrder](t, answers[0]); done.CancelledBy != "user" && done.CancelledBy != "admin" || len(done.History) != 2 {
		t.Errorf("%+v", done)
	}
	exactlyOne(t, event.TypeOrderCancelled, made.OrderID)
	if uses := couponUses(t, code); uses != 1 {
		t.Errorf("%d uses", uses)
	}
	fits(t, c, 4)
}

// S1-57: payment by the wallet and cancellation, racing twenty times: exactly one of them wins each time, the other is told
// why not, and order, wallet, coupon and place are those of the winner.
func TestPaymentAndCancellationRace(t *testing.T) {
	ctx := context.Background()
	const races = 20
	code := newCoupon(t, couponTerms(2000, map[string]any{"limit": races}))
	var paidFor int64
	for race := range races {
		c, r := newCustomer(t)
		fund(t, r.CustomerID, 2000)
		made := ordered(t, c, "plan_stream-hd", code)
		answers := parallel(t, 2, func(i int) (Answer, error) {
			if i == race%2 { // each begins as often as the other
				return c.PayOrder(ctx, Key(), made.OrderID, "wallet")
			}
			time.Sleep(time.Duration(race) * time.Millisecond / 2) // paying takes longer: let either win sometimes
			return c.CancelOrder(ctx, Key(), made.OrderID)
		})
		paid, cancelled := answers[race%2], answers[1-race%2]
		left := walletOf(t, c, "/wallet").Available.Minor
		switch {
		case paid.Status == http.StatusOK:
			paidFor++
			expect(t, cancelled, nil, http.StatusConflict, "order_not_cancellable")
			if done := delivered(t, c, made.OrderID); left != 2000-1039 || states(done) != "unpaid paid delivered" || done.Coupon.State != "consumed" {
				t.Errorf("left %d of %+v", left, done)
			}
		default:
			expect(t, paid, nil, http.StatusConflict, "order_cancelled")
			expect(t, cancelled, nil, http.StatusOK, "")
			if done := must[PlanOrder](t)(c.ReadOrder(ctx, made.OrderID)); left != 2000 || states(done) != "unpaid cancelled" || done.Coupon.State != "returned" {
				t.Errorf("left %d of %+v", left, done)
			}
		}
	}
	t.Logf("%d of %d were paid", paidFor, races)
	if uses := couponUses(t, code); uses != paidFor {
		t.Errorf("%d uses, %d paid", uses, paidFor)
	}
}
