package journey

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// S2-48: a declined card makes no contract, nothing is charged, and the customer goes on with another card to one contract and one charge.
func TestS2_DeclinedCardThenAnother(t *testing.T) {
	ctx, r, p := t.Context(), NewReader(), NewPerson(cardInsufficient)
	wait := must[Screen](t)(r.SignUp(ctx, site, "plan_stream-hd", p))
	signup := SignupOf(wait.URL)
	declined := must[Screen](t)(r.Await(ctx, site.Processing(signup), 40*time.Second, func(s Screen) bool { return strings.Contains(s.Text, "declined") }))
	is := signupOf(t, signup)
	if is.Status != "failed" || is.Attempt != 1 || len(psp.charges(t, is.CustomerID)) != 0 {
		t.Fatalf("%+v %s", is, declined.Text)
	}
	pay := must[Screen](t)(r.Send(ctx, declined, 0))
	if !strings.Contains(pay.URL.Path, "/pages/payment-profile") || strings.Contains(pay.Text, "3178") {
		t.Fatalf("%s %s", pay.URL, pay.Text)
	}
	p.Card = cardGood
	must[Screen](t)(r.Pay(ctx, pay, p))
	ended(t, r, signup)
	if is = signupOf(t, signup); is.Attempt != 2 || len(psp.charges(t, is.CustomerID)) != 1 {
		t.Errorf("%+v", is)
	}
	exactlyOne(t, event.TypeContractSigned, is.SubscriptionID)
}

var resumeLink = regexp.MustCompile(`https?://\S+/resume\?\S+`)

// S2-47: a system that is down cannot strand the customer: they are told, the operator sees it, an event says so, and trying again works when
// it is back. S2-51, S2-46: with the link of the mail they go on in another browser. S2-39, S2-40: the page of another system takes the place
// of ours by configuration, and only returns.
func TestS2_PartnerIsDownAndBack(t *testing.T) {
	ctx, r, p := t.Context(), NewReader(), NewPerson(cardGood)
	partner := must[*Partner](t)(site.NewPartner(ctx))
	defer partner.Close()
	defer restoreFlow(t)
	if err := site.Flow(ctx, "new-business", Step("register", "turnup"), Step("payment-profile", "turnup"), Step("review", DemoPartner)); err != nil {
		t.Fatal(err)
	}
	partner.Down = true
	down := must[Screen](t)(r.SignUp(ctx, site, "plan_stream-hd", p))
	signup := SignupOf(down.URL)
	if is := signupOf(t, signup); !strings.Contains(down.Text, "cannot be reached") || !is.Hangs || is.Reason != "page_unavailable" {
		t.Fatalf("%+v %s", is, down.Text)
	}
	exactlyOne(t, event.TypeSignupPageUnavailable, signup)
	mailed := must[Screen](t)(r.Send(ctx, down, 1))
	if !strings.Contains(mailed.Text, "We have mailed you a link") {
		t.Errorf("%s", mailed.Text)
	}
	link := ""
	eventually(t, 40*time.Second, "the mail", func() bool {
		for _, m := range must[[]Mail](t)(site.Mails(ctx, p.Email)) {
			if found := resumeLink.FindString(m.BodyText); found != "" {
				link = found
			}
		}
		return link != ""
	})
	partner.Down = false
	other := NewReader() // on another device
	if s := must[Screen](t)(other.Open(ctx, site.Processing(signup))); s.Status != 404 {
		t.Errorf("a stranger sees %s", s.Text)
	}
	stopped := must[Screen](t)(other.Open(ctx, link))
	page := must[Screen](t)(other.Send(ctx, stopped, 0))
	if !strings.HasPrefix(page.URL.String(), partner.URL) || !strings.Contains(page.Text, "A page of another system") {
		t.Fatalf("%s %s", page.URL, page.Text)
	}
	must[Screen](t)(other.Open(ctx, page.Links[0]))
	ended(t, other, signup)
}

// S2-52, S2-53: with a customer-profile page and a review page put in by configuration alone, both are gone through, and the review shows net,
// tax and gross before the customer confirms.
func TestS2_MorePagesByConfiguration(t *testing.T) {
	ctx, r, p := t.Context(), NewReader(), NewPerson(cardGood)
	defer restoreFlow(t)
	if err := site.Flow(ctx, "new-business", Step("register", "turnup"), Step("customer-profile", "turnup"), Step("payment-profile", "turnup"), Step("review", "turnup")); err != nil {
		t.Fatal(err)
	}
	register := must[Screen](t)(r.Choose(ctx, site, "plan_stream-hd"))
	profile := must[Screen](t)(r.Register(ctx, register, p))
	wrong := must[Screen](t)(r.Send(ctx, profile, 0, "line1", "", "postalCode", "10115", "city", "Berlin", "phone", "030"))
	if wrong.Status != 422 || !strings.Contains(wrong.Text, "Please enter street") || !strings.Contains(wrong.Text, "country code") {
		t.Errorf("%d %s", wrong.Status, wrong.Text)
	}
	pay := must[Screen](t)(r.Send(ctx, wrong, 0, "line1", "Beispielweg 1", "phone", "+4930123456"))
	review := must[Screen](t)(r.Pay(ctx, pay, p))
	for _, part := range []string{"10.92 EUR", "2.07 EUR", "12.99 EUR", "19 %"} {
		if !strings.Contains(review.Text, part) {
			t.Errorf("the review lacks %s: %s", part, review.Text)
		}
	}
	signup := SignupOf(review.URL)
	if is := signupOf(t, signup); is.Status != "open" || len(psp.charges(t, is.CustomerID)) != 0 {
		t.Errorf("before the customer confirms: %+v", is)
	}
	must[Screen](t)(r.Send(ctx, review, 0))
	ended(t, r, signup)
}

// restoreFlow lets later signups have the dated flow again.
func restoreFlow(t *testing.T) {
	t.Helper()
	if err := site.Flow(t.Context(), "new-business", Step("register", "turnup"), Step("payment-profile", "turnup")); err != nil {
		t.Error(err)
	}
}

// S2-10: a mail address that is known is no dead end: its owner signs in there and goes on as the customer they are; who gets the password
// wrong is told so, and nothing else.
func TestS2_KnownAddressSignsIn(t *testing.T) {
	ctx, p := t.Context(), NewPerson(cardGood)
	first := must[Screen](t)(NewReader().Choose(ctx, site, "plan_stream-hd"))
	pay := must[Screen](t)(NewReader().Register(ctx, first, p))
	customer := pay.URL.Query().Get("customer")
	if customer == "" { // that browser did not begin the signup: the owner does not know it
		customer = signupOf(t, SignupOf(first.URL)).CustomerID
	}
	r := NewReader()
	known := must[Screen](t)(r.Register(ctx, must[Screen](t)(r.Choose(ctx, site, "plan_stream-hd")), p))
	if known.Status != 422 || !strings.Contains(known.Text, "has an account already") {
		t.Fatalf("%d %s", known.Status, known.Text)
	}
	wrong := must[Screen](t)(r.Send(ctx, known, 0, "email", p.Email, "password", "not-the-password"))
	if wrong.Status != 422 || !strings.Contains(wrong.Text, "Mail address or password is wrong") {
		t.Fatalf("%d %s", wrong.Status, wrong.Text)
	}
	in := must[Screen](t)(r.Send(ctx, wrong, 0, "email", p.Email, "password", p.Password))
	if !strings.Contains(in.URL.Path, "/pages/payment-profile") || in.URL.Query().Get("customer") != customer {
		t.Errorf("%s %s", in.URL, in.Text)
	}
}

// S2-38: an upgrade of an existing customer is owned by Existing Business and goes over the same pages and links, with the card they have.
func TestS2_UpgradeOfExistingCustomer(t *testing.T) {
	ctx := t.Context()
	c, _, made := subscribed(t, "plan_stream-hd")
	var begun struct{ SignupID, URL string }
	if err := must[Answer](t)(c.Post(ctx, "/signups", Key(), map[string]any{"subscriptionId": made.SubscriptionID, "planId": "plan_stream-4k"})).Into(&begun); err != nil {
		t.Fatal(err)
	}
	r := NewReader()
	pay := must[Screen](t)(r.Open(ctx, begun.URL))
	if !strings.Contains(pay.Text, "Your saved card") {
		t.Fatalf("%s %s", pay.URL, pay.Text)
	}
	must[Screen](t)(r.Post(ctx, pay.Forms[0].Action, url.Values{"attempt": pay.Forms[0].Fields["attempt"], "go": {"saved"}}))
	ended(t, r, begun.SignupID)
	if is := must[Contract](t)(c.Contract(ctx, made.SubscriptionID)); is.ItemID != "plan_stream-4k" {
		t.Errorf("%+v", is)
	}
}
