package journey

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
	"turnup/internal/journey/demo"
)

// found is an entry of search.
type found struct{ Kind, ID, CustomerID, Label string }

func search(t *testing.T, q string) []found {
	t.Helper()
	a := must[Answer](t)(staff(t, token.RoleBilling).Get(context.Background(), "/admin/search?"+url.Values{"q": {q}}.Encode()))
	return into[struct{ Matches []found }](t, a).Matches
}

// hangs is an entry of listAttention.
type hangs struct {
	Kind, CustomerID string
	SubjectIDs       map[string]string
	Since            time.Time
	AgeSeconds       int64
	Cause            struct{ Code, Text string }
	NextAt           *time.Time
	Action           *struct{ Name, Method, Path string }
}

// hanging are the matters of an order.
func hanging(t *testing.T, order string) (all []hangs) {
	t.Helper()
	a := must[Answer](t)(staff(t, token.RoleSupport).Get(context.Background(), "/admin/attention?limit=100"))
	for _, m := range into[struct{ Matters []hangs }](t, a).Matters {
		if m.SubjectIDs["orderId"] == order {
			all = append(all, m)
		}
	}
	return all
}

// S3-25: whatever is known of a customer finds them: ids, mail address, words of the name, the number on an invoice, and what
// their line runs on. Of an erased one only the id is found.
func TestS3Search(t *testing.T) {
	ctx := context.Background()
	c, customer := newProfile(t, "Finden")
	name := into[struct{ Name, Email string }](t, must[Answer](t)(c.Get(ctx, "/customers/"+customer)))
	fund(t, customer, 1299)
	made := ordered(t, c, "plan_stream-hd", "")
	payByWallet(t, c, made.OrderID)
	delivered(t, c, made.OrderID)
	var number string
	eventually(t, 30*time.Second, "the invoice is found", func() bool {
		m := search(t, invoiceOf(made.OrderID))
		if len(m) == 1 && m[0].CustomerID == customer {
			number = into[struct{ Number string }](t, must[Answer](t)(c.Get(ctx, "/invoices/"+m[0].ID))).Number
		}
		return number != ""
	})
	for q, kind := range map[string]string{customer: "customer", name.Email: "customer", made.OrderID: "order", number: "invoice", made.SubscriptionIDs[0]: "subscription"} {
		if m := search(t, q); len(m) != 1 || m[0].Kind != kind || m[0].CustomerID != customer || m[0].Label == "" {
			t.Errorf("%s: %+v", q, m)
		}
	}
	surname := "Fündelbüro" + strings.ToLower(Key()[:6])
	renamed := must[Answer](t)(c.Call(ctx, http.MethodPatch, "/customers/"+customer, map[string]any{"name": "Zoë Maria " + surname}))
	expect(t, renamed, nil, http.StatusOK, "")
	plain := strings.NewReplacer("ü", "ue").Replace(surname)
	eventually(t, 10*time.Second, "the new name is found", func() bool { return len(search(t, surname)) == 1 })
	for _, q := range []string{strings.ToUpper(surname), plain[:len(plain)-2], plain + ", zoe", "mar " + plain, "ZOE MARIA " + surname[:8]} {
		if m := search(t, q); len(m) != 1 || m[0].CustomerID != customer || m[0].Label != "Zoë Maria "+surname {
			t.Errorf("%s: %+v", q, m)
		}
	}
	if m := search(t, "nobody-"+Key()); len(m) != 0 {
		t.Errorf("nobody: %+v", m)
	}
	leaver, gone := newProfile(t, "Leaving")
	leaving := into[struct{ Name, Email string }](t, must[Answer](t)(leaver.Get(ctx, "/customers/"+gone)))
	expect(t, must[Answer](t)(leaver.Call(ctx, http.MethodDelete, "/customers/"+gone, nil)), nil, http.StatusOK, "")
	eventually(t, 20*time.Second, "nothing personal is found", func() bool {
		for _, m := range search(t, leaving.Name) {
			if m.CustomerID == gone {
				return false
			}
		}
		return len(search(t, leaving.Email)) == 0
	})
	if m := search(t, gone); len(m) != 1 || m[0].Label != "erased" {
		t.Errorf("%+v", m)
	}
}

func contractKey(customer, sub string) map[string]dbtypes.AttributeValue {
	return map[string]dbtypes.AttributeValue{"pk": &dbtypes.AttributeValueMemberS{Value: "T#" + string(demo.Tenant) + "#CUS#" + customer}, "sk": &dbtypes.AttributeValueMemberS{Value: "SUB#" + sub}}
}

// loses takes a contract out of its table, until it is restored.
func loses(t *testing.T, customer, sub string) (restore func()) {
	t.Helper()
	ctx, db, table := context.Background(), dynamodb.NewFromConfig(site.AWS()), aws.String(site.Prefix+"subscriptions")
	taken := must[*dynamodb.DeleteItemOutput](t)(db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: contractKey(customer, sub), ReturnValues: dbtypes.ReturnValueAllOld})).Attributes
	return func() {
		t.Helper()
		must[*dynamodb.PutItemOutput](t)(db.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: taken}))
	}
}

// S1-48, R9: an order whose delivery fails is among what hangs, with the cause and the next try; one that is parked with the operation
// that helps. That operation, called twice under one key, delivers it once; it is gone from the list, and on record.
func TestS3WhatHangs(t *testing.T) {
	ctx, db := context.Background(), dynamodb.NewFromConfig(site.AWS())
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 3000)
	table := aws.String(site.Prefix + "subscriptions")
	slow, lost := ordered(t, c, "plan_sports-pass", ""), ordered(t, c, "plan_stream-hd", "")
	resume := holdDelivery(t)
	payByWallet(t, c, slow.OrderID)
	payByWallet(t, c, lost.OrderID)
	restore := loses(t, r.CustomerID, lost.SubscriptionIDs[0])
	broken := must[*dynamodb.GetItemOutput](t)(db.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: contractKey(r.CustomerID, slow.SubscriptionIDs[0])})).Item
	whole := broken["SignedAt"]
	broken["SignedAt"] = &dbtypes.AttributeValueMemberS{Value: "broken"}
	must[*dynamodb.PutItemOutput](t)(db.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: broken}))
	resume()

	eventually(t, 30*time.Second, "both hang", func() bool {
		a, b := hanging(t, slow.OrderID), hanging(t, lost.OrderID)
		return len(a) == 1 && a[0].NextAt != nil && len(b) == 1 && b[0].Cause.Code == "subscription_not_found"
	})
	failing, parked := hanging(t, slow.OrderID)[0], hanging(t, lost.OrderID)[0]
	if failing.Cause.Code != "internal" || failing.Cause.Text == "" || failing.CustomerID != r.CustomerID || parked.NextAt != nil || parked.Action == nil || parked.Action.Name != "redriveDeadLetters" {
		t.Fatalf("%+v, %+v", failing, parked)
	}
	letters := into[struct {
		Messages []struct {
			Type, Code string
			SubjectIDs map[string]string
		}
	}](t, must[Answer](t)(staff(t, token.RoleSupport).Get(ctx, "/admin/dead-letters/delivery")))
	seen := false
	for _, m := range letters.Messages {
		seen = seen || m.Type == "order.paid" && m.Code == "subscription_not_found" && m.SubjectIDs["orderId"] == lost.OrderID
	}
	if !seen {
		t.Errorf("%+v", letters)
	}

	broken["SignedAt"] = whole
	must[*dynamodb.PutItemOutput](t)(db.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: broken}))
	restore()
	expect(t, must[Answer](t)(staff(t, token.RoleSupport).Post(ctx, parked.Action.Path, Key(), nil)), nil, http.StatusForbidden, "forbidden")
	key, desk := Key(), admin(t)
	once := into[struct{ Moved int }](t, must[Answer](t)(desk.Post(ctx, parked.Action.Path, key, nil)))
	again := into[struct{ Moved int }](t, must[Answer](t)(desk.Post(ctx, parked.Action.Path, key, nil)))
	if once.Moved < 1 || again != once {
		t.Errorf("moved %+v, then %+v", once, again)
	}
	for _, made := range []PlanOrder{slow, lost} {
		must[OrderStatus](t)(c.AwaitOrder(ctx, made.OrderID, "delivered", 60*time.Second))
		exactlyOne(t, event.TypeOrderDelivered, made.OrderID)
		eventually(t, 10*time.Second, "it hangs no more", func() bool { return len(hanging(t, made.OrderID)) == 0 })
	}
}

// S1-48, S3-69: what hangs for somebody on a test clock hangs by that clock, also by one that is years ahead: not before it takes longer than it
// may, and then as old as it is by the clock.
func TestS3WhatHangsByATestClock(t *testing.T) {
	h, paid := NewHome(), time.Now().UTC().Truncate(time.Second).AddDate(3, 0, 0)
	h.Recorded = false // so that the line waits for somebody to name its equipment
	clock := newTestClock(t, &paid).ClockID
	r, customer := movingIn(t, h)
	expect(t, attach(t, clock, customer), nil, http.StatusOK, "")
	r.ordersLine(t, customer)
	eventually(t, 30*time.Second, "the line waits", func() bool {
		return must[Answer](t)(r.Get(t.Context(), "/services/"+r.service)).Status == http.StatusOK
	})
	advance(t, clock, paid.Add(30*time.Minute))
	if is := hanging(t, r.order.OrderID); len(is) != 0 {
		t.Errorf("after half an hour it hangs: %+v", is)
	}
	advance(t, clock, paid.Add(2*time.Hour))
	if is := hanging(t, r.order.OrderID); len(is) != 1 || is[0].Cause.Code != "equipment_missing" || is[0].AgeSeconds != 2*60*60 || !is[0].Since.Equal(paid) {
		t.Errorf("after two hours: %+v", is)
	}
}

// S3-156: what staff did is listed with who, when, why and to whom, also what is about no customer, and what customers did is not.
func TestS3Audit(t *testing.T) {
	ctx, began := context.Background(), time.Now().Add(-2*time.Second)
	_, customer := newProfile(t, "Audited")
	desk := admin(t)
	expect(t, must[Answer](t)(desk.Post(ctx, "/admin/dead-letters/clocks/redrive", Key(), nil)), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(desk.SetAccess(ctx, customer, "business")), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(desk.Call(ctx, http.MethodPut, "/admin/groups/audited", map[string]any{"kind": "group", "name": "Audited"})), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(desk.Post(ctx, "/admin/customers/"+customer+"/wallet/movements", Key(), movement("credit", 100))), nil, http.StatusCreated, "")
	type acts struct {
		Acts []struct {
			StaffID, What, CustomerID string
			At                        time.Time
		}
		NextCursor string
	}
	read := func(query url.Values) acts {
		t.Helper()
		query.Set("from", began.UTC().Format(time.RFC3339))
		return into[acts](t, must[Answer](t)(desk.Get(ctx, "/admin/audit?"+query.Encode())))
	}
	eventually(t, 20*time.Second, "all are on record", func() bool {
		moved, redriven, setUp, paid := false, false, false, false
		for _, a := range read(url.Values{"staffId": {"journey-admin"}, "limit": {"100"}}).Acts {
			moved = moved || a.What == string(event.TypeCustomerUpdated) && a.CustomerID == customer && a.StaffID == "journey-admin"
			redriven = redriven || a.What == string(event.TypeDeadLettersRedriven) && a.CustomerID == ""
			setUp = setUp || a.What == string(event.TypeConfigurationChanged) && a.CustomerID == ""
			paid = paid || a.What == string(event.TypeWalletMoved) && a.CustomerID == customer
		}
		return moved && redriven && setUp && paid
	})
	first := read(url.Values{"limit": {"1"}})
	second := read(url.Values{"limit": {"1"}, "cursor": {first.NextCursor}})
	if len(first.Acts) != 1 || len(second.Acts) != 1 || second.Acts[0].At.After(first.Acts[0].At) {
		t.Errorf("%+v, then %+v", first, second)
	}
	if none := read(url.Values{"staffId": {"nobody"}}); len(none.Acts) != 0 {
		t.Errorf("%+v", none)
	}
	if before := into[acts](t, must[Answer](t)(desk.Get(ctx, "/admin/audit?until="+began.UTC().Format(time.RFC3339)+"&limit=100"))); len(before.Acts) > 0 && before.Acts[0].At.After(began) {
		t.Errorf("%+v", before)
	}
}

// rowsOfOperations are the rows of the access matrix for what staff do across customers: what they see is their own tenant's.
func rowsOfOperations(o owned) map[string]row {
	return map[string]row{
		"listAudit":          {"/admin/audit", nil, http.StatusOK, 0},                       // one's own tenant's
		"listAttention":      {"/admin/attention", nil, http.StatusOK, 0},                   // one's own tenant's
		"listDeadLetters":    {"/admin/dead-letters/clocks", nil, http.StatusOK, 0},         // the deployment's
		"redriveDeadLetters": {"/admin/dead-letters/clocks/redrive", nil, http.StatusOK, 0}, // of which there are none
		"search":             {"/admin/search?q=" + o.id, nil, http.StatusOK, 0},            // finds nothing, as another tenant's
	}
}
