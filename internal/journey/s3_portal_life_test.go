package journey

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// clockedUser is a customer with a streaming plan that a card pays, whose first period ended some weeks ago, by a test clock that is still
// in it.
func clockedUser(t *testing.T) (u *user, clock string) {
	t.Helper()
	ctx, email := t.Context(), newName()+"@example.com"
	at := time.Now().UTC().AddDate(0, -3, 0).Truncate(24 * time.Hour).Add(12 * time.Hour)
	clock = newTestClock(t, &at).ClockID
	c, customer, err := site.Resident(ctx, email)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, attach(t, clock, customer), nil, 200, "")
	must[Method](t)(c.AddCard(ctx, cardGood))
	made := into[Subscribed](t, expect(t, must[Answer](t)(c.Subscribe(ctx, Key(), "plan_stream-hd", nil)), nil, 201, ""))
	active(t, c, made.SubscriptionID)
	return &user{c, customer, email, made.SubscriptionID, nil}, clock
}

// period is the present one of the user's subscription; it begins in Berlin.
func (u *user) period(t *testing.T) (from, until time.Time) {
	t.Helper()
	is := must[Contract](t)(u.Contract(t.Context(), u.subscription))
	return midnight(t, is.Period.From), midnight(t, is.Period.Until)
}

func midnight(t *testing.T, day string) time.Time {
	t.Helper()
	zone := must[*time.Location](t)(time.LoadLocation("Europe/Berlin"))
	return must[time.Time](t)(time.ParseInLocation(time.DateOnly, day, zone))
}

// S3-08, S3-38, S3-55, S3-135: on a phone a customer renews what is due by hand, pauses and resumes, makes another card the default and
// removes the first, cannot remove the one that is charged, and pays the next bill with it when the bank asks for the customer.
func TestPortalLooksAfterAContract(t *testing.T) {
	u, clock := clockedUser(t)
	_, until := u.period(t)
	advance(t, clock, until.Add(time.Second).UTC())
	w := browse(t, phone)
	w.enters(u)
	w.renewsAndPauses(u)
	w.changesCards(u)
	_, until = u.period(t)
	advance(t, clock, until.Add(12*time.Hour).UTC())
	w.paysWithTheBank(u)
}

func (w window) renewsAndPauses(u *user) {
	w.t.Helper()
	w.goes("/subscriptions/"+u.subscription, "Renew now")
	before, _ := u.period(w.t)
	w.presses("Renew now")
	w.says("It is renewed.")
	if after, _ := u.period(w.t); !after.After(before) || len(psp.charges(w.t, u.id)) != 2 {
		w.t.Errorf("from %s to %s, %d charges", before, after, len(psp.charges(w.t, u.id)))
	}
	w.presses("Pause")
	w.says("gives nothing and costs nothing")
	w.presses("Pause")
	w.says("It is paused.")
	w.keep("portal-paused")
	if is := must[Contract](w.t)(u.Contract(w.t.Context(), u.subscription)); is.Status != "paused" {
		w.t.Errorf("it is %s", is.Status)
	}
	w.presses("Resume now")
	w.says("It runs again.")
	if is := must[Contract](w.t)(u.Contract(w.t.Context(), u.subscription)); is.Status != "active" {
		w.t.Errorf("it is %s", is.Status)
	}
}

// cards are those the user has.
func (u *user) cards(t *testing.T) []Method {
	t.Helper()
	var all struct{ Methods []Method }
	if err := must[Answer](t)(u.Get(t.Context(), "/payment-methods")).Into(&all); err != nil {
		t.Fatal(err)
	}
	return all.Methods
}

func (w window) changesCards(u *user) {
	w.t.Helper()
	first := u.cards(w.t)[0].Reference
	second := must[Method](w.t)(u.AddCard(w.t.Context(), cardAlways3DS)).Reference
	w.goes("/payment-methods", "ending in 3184")
	w.click(`form[action$="/` + second + `/default"] button`)
	w.says("Your subscriptions are charged to this card from now on.")
	w.click(`a[href$="/` + first + `/remove"]`)
	w.says("Without it nothing more is charged to it.")
	w.keep("portal-remove-card")
	w.presses("Remove")
	w.says("The card is removed.")
	w.click(`a[href$="/` + second + `/remove"]`)
	w.says("Without it nothing more is charged to it.")
	w.presses("Remove")
	w.says("Your subscriptions are charged to this card.")
	w.keep("portal-last-card")
	if left := u.cards(w.t); len(left) != 1 || left[0].Reference != second {
		w.t.Errorf("%+v", left)
	}
}

// paysWithTheBank pays what could not be charged by itself, because the bank asks for the customer each time.
func (w window) paysWithTheBank(u *user) {
	w.t.Helper()
	var open []Invoice
	eventually(w.t, 30*time.Second, "the renewal is open", func() bool {
		open = must[[]Invoice](w.t)(u.Invoices(w.t.Context(), "?status=open"))
		return len(open) == 1
	})
	w.goes("", "To be paid")
	w.presses("Pay now")
	w.says("With a saved card")
	w.keep("portal-pay")
	w.presses("Pay " + euros(open[0].Due.Minor))
	w.until("/3ds/")
	w.click(`button[value="failed"]`)
	w.says("It was not done")
	w.keep("portal-bank-refused")
	w.presses("Continue")
	w.presses("Pay now")
	w.presses("Pay " + euros(open[0].Due.Minor))
	w.until("/3ds/")
	w.click(`button[value="succeeded"]`)
	w.says("The invoice is paid. Thank you.")
	w.until("/portal/return")
	w.keep("portal-bank-done")
	if is := must[Invoice](w.t)(u.AwaitInvoice(w.t.Context(), open[0].InvoiceID, "paid", 10*time.Second)); is.Due.Minor != 0 {
		w.t.Errorf("%+v", is)
	}
	w.do(chromedp.Navigate(portal("/return"))) // again, it is done already
	w.says("Nothing is waiting")
}

// S3-27: a profile that was changed elsewhere meanwhile is not overwritten unseen: what is typed and what is saved are both shown. A
// new mail address holds when its link is followed and the button there is pressed, and signs in then.
func TestPortalChangesWhoItIs(t *testing.T) {
	ctx, email := t.Context(), newName()+"@example.com"
	c, customer, err := site.Resident(ctx, email)
	if err != nil {
		t.Fatal(err)
	}
	u, w := &user{c, customer, email, "", nil}, browse(t, phone)
	w.enters(u)
	w.goes("/profile", "Street and number")
	expect(t, must[Answer](t)(u.Patch(ctx, "/customers/"+u.id, map[string]any{"phone": "+4930777777"})), nil, 200, "")
	w.types("name", "Ada Newname")
	w.presses("Save")
	w.says("This was changed elsewhere at the same moment.")
	w.says("Saved now: +4930777777")
	w.keep("portal-profile-conflict")
	w.presses("Save")
	w.says("Your profile is saved.")
	var is struct{ Name string }
	if err := must[Answer](t)(u.Get(ctx, "/customers/"+u.id)).Into(&is); err != nil || is.Name != "Ada Newname" {
		t.Errorf("%+v %v", is, err)
	}
	u.email = "new." + email
	w.goes("/security/email", "Until you follow it nothing changes.")
	w.fill("email", u.email)
	w.fill("password", Password)
	w.presses("Send the link")
	w.says("A mail with a link is on its way to the new address.")
	w.says(u.email)
	w.keep("portal-mail-waits")
	link := must[string](t)(site.AwaitLink(ctx, u.email, "/confirm-email", 1, 30*time.Second))
	w.goes("/confirm-email?token="+link, "Confirm your new mail address")
	w.presses("Confirm this address")
	w.says("Your new mail address is confirmed.")
	w.do(chromedp.Navigate(portal("")))
	if at := ask(w, chromedp.Location()); strings.Contains(at, "sign-in") {
		w.enters(u)
	}
	w.goes("/security", u.email)
}

// types replaces what a field holds.
func (w window) types(name, value string) {
	w.t.Helper()
	w.do(chromedp.WaitVisible(chromedp.CSS(`[name="`+name+`"]`)), chromedp.SetValue(chromedp.CSS(`[name="`+name+`"]`), value))
}
