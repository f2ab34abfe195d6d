package journey

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"turnup/internal/base/token"
	"turnup/internal/check"
)

// deskMember is a member of staff with a password, by the link of the invitation.
func deskMember(t *testing.T, roles ...string) string {
	t.Helper()
	return must[string](t)(site.Member(context.Background(), roles...))
}

// atDesk is the console in a browser without scripts, where a member of staff with the roles is signed in.
func atDesk(t *testing.T, roles ...string) *Reader {
	t.Helper()
	r := NewReader()
	door := must[Screen](t)(r.Open(t.Context(), site.API+"/console"))
	home := must[Screen](t)(r.Send(t.Context(), door, 0, "login", deskMember(t, roles...), "password", Password))
	if home.Status != http.StatusOK || !strings.HasSuffix(home.URL.Path, "/console") {
		t.Fatalf("signing in leads to %s: %d %s", home.URL, home.Status, home.Text)
	}
	return r
}

// indebted is a customer whose renewal was declined, with a ticket.
func indebted(t *testing.T) (viewer, supportTicket) {
	t.Helper()
	at := time.Now().UTC()
	s := living(t, at, cardDeclines)
	ticket := opened(t, s.Customer, question("Why was my card refused?"))
	advance(t, s.clock, at.AddDate(0, 1, 1))
	eventually(t, 30*time.Second, "the debt", func() bool { return len(s.contract(t).Debts) == 1 })
	return s, ticket
}

// press sends keys to whatever has the focus.
func (w window) press(keys ...string) {
	w.t.Helper()
	for _, k := range keys {
		w.do(chromedp.KeyEvent(k))
	}
}

// signsIn signs a member of staff in with the keyboard alone.
func (w window) signsIn(email string) {
	w.t.Helper()
	w.do(chromedp.Navigate(site.API + "/console"))
	w.until("/console/sign-in")
	w.do(chromedp.WaitVisible(chromedp.CSS("#login")))
	for range 12 { // past what is before the form
		if ask(w, chromedp.Evaluate[string](`document.activeElement.id`)) == "login" {
			break
		}
		w.press("\t")
	}
	w.press(email, "\t", Password, "\r")
	w.says("At a glance")
}

// S3-32, S2-54, S3-65: support signs in with the keyboard, finds a customer by the mail address, reads in one timeline what happened and what comes next,
// holds the suspension, and answers the ticket, on a desk and on a phone; every page is accessible and fits the window.
func TestS3ConsoleInABrowser(t *testing.T) {
	email := deskMember(t, token.RoleSupport)
	for _, like := range []screen{desktop, phone} {
		t.Run(like.name, func(t *testing.T) {
			s, ticket := indebted(t)
			w := browse(t, like)
			shot := func(name string) {
				w.keep("console-" + name)
				w.accessible(name)
			}
			w.do(chromedp.Navigate(site.API + "/console/sign-in"))
			shot("sign-in")
			w.signsIn(email)
			shot("home")
			w.fill("q", s.mail)
			w.press("\r")
			w.until("/console/customers/cus_")
			w.says("What comes next")
			w.says("dunning began")
			shot("customer")
			w.click(`a[href*="/contracts/"]`)
			w.says("Suspended from")
			shot("contract")
			w.click(`a[href*="/actions/hold"]`)
			w.do(chromedp.WaitVisible(chromedp.CSS("#until")))
			w.do(chromedp.SetValue(chromedp.CSS("#until"), time.Now().AddDate(0, 3, 0).Format(time.DateOnly)))
			w.fill("reason", "A bank transfer is under way")
			shot("hold")
			w.press("\r")
			w.says("The suspension is held.")
			w.says("A bank transfer is under way")
			shot("held")
			if is := s.contract(t); is.Held == nil || is.Held.Reason != "A bank transfer is under way" {
				t.Errorf("%+v", is.Held)
			}
			w.do(chromedp.Navigate(site.API + "/console/tickets/" + ticket.TicketID))
			w.fill("body", "Your bank refused it: please add another card.")
			shot("ticket")
			w.click(`button[value="answer"]`)
			w.says("Your answer is sent.")
			for _, page := range []string{"/customers", "/customers/" + s.id + "/money", "/customers/" + s.id + "/contact", "/customers/" + s.id + "/account", "/tickets", "/signups", "/targets", "/plans", "/coupons", "/groups", "/mails", "/mails/welcome", "/attention"} {
				w.do(chromedp.Navigate(site.API + "/console" + page))
				w.says("Sign out")
				shot(strings.ReplaceAll(strings.Trim(strings.ReplaceAll(page, s.id, "customer"), "/"), "/", "-"))
			}
			w.click(`form[action$="/sign-out"] button`)
			w.says("You are signed out.")
		})
	}
}

// X1: a role of the network sees no money, and is refused when it asks for it all the same; nothing is changed. A form of another site is refused
// whoever is signed in, and a customer does not get in.
func TestConsoleRoles(t *testing.T) {
	ctx, s := t.Context(), living(t, time.Now().UTC(), cardGood)
	r, here := atDesk(t, token.RoleNetwork), site.API+"/console/customers/"+s.id
	page := must[Screen](t)(r.Open(ctx, here))
	for _, word := range []string{"Money", "Credit the wallet", "Refund", "Coupons", "Staff"} {
		if strings.Contains(page.HTML, ">"+word+"<") {
			t.Errorf("network is offered %s", word)
		}
	}
	if page.Status != http.StatusOK || !strings.Contains(page.Text, "Contracts") {
		t.Errorf("%d %s", page.Status, page.Text)
	}
	credit := url.Values{"attempt": {Key()}, "amount": {"50.00"}, "currency": {"EUR"}, "reason": {"for me"}}
	for _, path := range []string{here + "/actions/credit?of=customer", site.API + "/console/coupons/NOTMINE"} {
		if got := must[Screen](t)(r.Post(ctx, path, credit, Header{"Sec-Fetch-Site", "same-origin"})); got.Status != http.StatusForbidden || !strings.Contains(got.Text, "forbidden") {
			t.Errorf("%s: %d %s", path, got.Status, got.Text)
		}
	}
	boss := atDesk(t, token.RoleAdmin)
	forged := must[Screen](t)(boss.Post(ctx, here+"/actions/credit?of=customer", credit, Header{"Sec-Fetch-Site", "cross-site"}, Header{"Origin", "https://evil.example"}))
	if forged.Status != http.StatusForbidden || !strings.Contains(forged.HTML, "cross_site_request") {
		t.Errorf("%d %s", forged.Status, forged.Text)
	}
	if left := balance(t, s.Customer); left != 0 {
		t.Errorf("the wallet has %d", left)
	}
	for range 2 { // sent twice, it is done once
		if got := must[Screen](t)(boss.Post(ctx, here+"/actions/credit?of=customer", credit, Header{"Sec-Fetch-Site", "same-origin"})); got.Status != http.StatusOK || !strings.Contains(got.Text, "The wallet is credited.") {
			t.Errorf("%d %s", got.Status, got.Text)
		}
	}
	if left := balance(t, s.Customer); left != 5000 {
		t.Errorf("the wallet has %d", left)
	}
	visitor := NewReader()
	door := must[Screen](t)(visitor.Open(ctx, site.API+"/console"))
	if got := must[Screen](t)(visitor.Send(ctx, door, 0, "login", s.mail, "password", "staple-horse-"+strings.TrimSuffix(s.mail, "@example.com"))); got.Status != http.StatusForbidden || !strings.Contains(got.Text, "staff console") {
		t.Errorf("a customer: %d %s", got.Status, got.Text)
	}
}

// X1, X2: every page of the console that shows anything asks who comes; to an administrator none of them is an error of ours, whatever
// its path names.
func TestConsoleEveryPage(t *testing.T) {
	ctx, s := t.Context(), living(t, time.Now().UTC(), cardGood)
	boss, open := atDesk(t, token.RoleAdmin), 0
	for _, p := range check.WebPages() {
		if !strings.HasPrefix(p.Path, "/console") || p.Method != http.MethodGet {
			continue
		}
		path := strings.NewReplacer("{customer}", s.id, "{contract}", s.sub, "{action}", "credit", "{plan}", "plan_stream-hd", "{country}", "DE", "{code}", "WELCOME20", "{kind}", "welcome", "{group}", "standard",
			"{service}", "svc_"+strings.TrimPrefix(s.sub, "sub_")).Replace(p.Path)
		address := site.API + path
		out := must[Screen](t)(NewReader().Open(ctx, address))
		if door := strings.HasSuffix(out.URL.Path, "/console/sign-in"); !door {
			open++
		}
		in := must[Screen](t)(boss.Open(ctx, address))
		if in.Status >= http.StatusInternalServerError || in.Status != http.StatusOK && !strings.Contains(path, "{") && !strings.Contains(path, "svc_") {
			t.Errorf("%s: %d %s", address, in.Status, in.Text)
		}
	}
	if open != 4 { // assets, invitation, reset-password, forgot-password
		t.Errorf("%d pages are open to who is not signed in", open)
	}
	if lost := must[Screen](t)(boss.Open(ctx, site.API+"/console/nowhere")); lost.Status != http.StatusNotFound || !strings.Contains(lost.Text, "There is no such page") {
		t.Errorf("%d %s", lost.Status, lost.Text)
	}
}
