package journey

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"turnup/internal/base/money"
	"turnup/internal/base/token"
)

// user is a customer of the portal, with what they know.
type user struct {
	*Customer
	id, email, subscription string
	recovery                []string // codes of the second factor that are left
}

// fibreUser is a customer with a line that works, with traffic on it, a second factor, and a renewal that is not paid.
func fibreUser(t *testing.T) *user {
	t.Helper()
	ctx, h, at := t.Context(), NewHome(), time.Date(2029, 9, 10, 12, 0, 0, 0, time.UTC)
	clock := newTestClock(t, &at)
	r, customer := movingIn(t, h)
	expect(t, attach(t, clock.ClockID, customer), nil, http.StatusOK, "")
	r.ordersLine(t, customer)
	is := r.becomes(t, "active")
	must[OrderStatus](t)(r.AwaitOrder(ctx, r.order.OrderID, "delivered", 20*time.Second))
	if err := site.Traffic(ctx, is.Username, 40e9, 380e9); err != nil {
		t.Fatal(err)
	}
	advance(t, clock.ClockID, at.AddDate(0, 1, 1))
	eventually(t, 30*time.Second, "the renewal is invoiced", func() bool {
		open, err := r.Invoices(ctx, "?status=open")
		return err == nil && len(open) == 1
	})
	return &user{r.Customer, customer, r.email, r.subscription, withSecondFactor(t, r.Customer, Password).RecoveryCodes}
}

// streamUser is a customer with a streaming plan that a card pays.
func streamUser(t *testing.T) *user {
	t.Helper()
	ctx, email := t.Context(), newName()+"@example.com"
	c, customer, err := site.Resident(ctx, email)
	if err != nil {
		t.Fatal(err)
	}
	must[Method](t)(c.AddCard(ctx, cardGood))
	made := into[Subscribed](t, expect(t, must[Answer](t)(c.Subscribe(ctx, Key(), "plan_stream-hd", nil)), nil, http.StatusCreated, ""))
	active(t, c, made.SubscriptionID)
	return &user{c, customer, email, made.SubscriptionID, nil}
}

// portal is the address of a page of the portal.
func portal(path string) string { return site.API + "/portal" + path }

// enters signs a customer in, where the portal asks for it.
func (w window) enters(u *user) {
	w.t.Helper()
	w.do(chromedp.Navigate(portal("")))
	w.until("/portal/sign-in")
	w.fill("login", u.email)
	w.fill("password", Password)
	w.click(`main button[type="submit"]`)
	if len(u.recovery) > 0 {
		w.says("the code of your authenticator")
		w.fill("password", Password)
		w.fill("code", u.recovery[0])
		u.recovery = u.recovery[1:]
		w.click(`main button[type="submit"]`)
	}
	w.says("Your overview")
}

// goes opens a page of the portal and keeps what it looks like, held against WCAG.
func (w window) goes(path, says string) {
	w.t.Helper()
	w.do(chromedp.Navigate(portal(path)))
	w.says(says)
	w.keep("portal-" + strings.Trim(strings.NewReplacer("/", "-").Replace(strings.SplitN(path, "?", 2)[0]), "-"))
}

// presses clicks the button or the link with these words.
func (w window) presses(words string) {
	w.t.Helper()
	at := `//main//*[self::button or self::a][normalize-space()="` + words + `"]`
	w.do(chromedp.WaitVisible(at), chromedp.Click(at))
}

// S3-43, S3-55: on a desktop and a phone a customer with a second factor sees their use against the cap, and pays what is open with
// another card, which their bank authenticates; the invoice is theirs to download.
func TestPortalPaysAnInvoice(t *testing.T) {
	for _, like := range []screen{desktop, phone} {
		t.Run(like.name, func(t *testing.T) {
			u := fibreUser(t)
			w := browse(t, like)
			w.enters(u)
			w.says("42 %")
			w.says("Included volume: 1000 GB")
			w.says("To be paid")
			w.keep("portal-home")
			w.goes("/subscriptions/"+u.subscription, "Used from")
			open := must[[]Invoice](t)(u.Invoices(t.Context(), "?status=open"))[0]
			w.goes("/invoices", open.Number)
			w.goes("/invoices/"+open.InvoiceID+"/pay", "With another card")
			w.presses("Go to the payment page")
			p := NewPerson(cardAlways3DS)
			w.enter(p)
			w.until("/3ds/")
			w.click(`button[value="succeeded"]`)
			w.says("Thank you, it is paid")
			w.keep("portal-paid")
			if is := must[Invoice](t)(u.AwaitInvoice(t.Context(), open.InvoiceID, "paid", 10*time.Second)); is.Due.Minor != 0 {
				t.Errorf("%+v", is)
			}
			w.goes("/invoices/"+open.InvoiceID, "Download as PDF")
			if charges := psp.charges(t, u.id); len(charges) != 1 || charges[0].Amount != open.Due.Minor {
				t.Errorf("charged %+v", charges)
			}
		})
	}
}

// S3-09, S3-12, S3-34, S3-35: the plan changes for what was quoted before; a cancellation says what it comes to, and is withdrawn.
func TestPortalChangesAndCancels(t *testing.T) {
	ctx, u := t.Context(), streamUser(t)
	w := browse(t, phone)
	w.enters(u)
	w.goes("/subscriptions/"+u.subscription+"/plans", "Stream 4K")
	var quoted struct{ DueNow Amount }
	if err := must[Answer](t)(u.Get(ctx, "/subscriptions/"+u.subscription+"/proration?planId=plan_stream-4k")).Into(&quoted); err != nil {
		t.Fatal(err)
	}
	w.goes("/subscriptions/"+u.subscription+"/plans/plan_stream-4k", "Change now for")
	w.presses("Change now for " + euros(quoted.DueNow.Minor))
	w.says("You have your new plan")
	charges := psp.charges(t, u.id)
	if len(charges) != 2 || charges[1].Amount != quoted.DueNow.Minor && charges[0].Amount != quoted.DueNow.Minor {
		t.Errorf("quoted %+v, charged %+v", quoted, charges)
	}
	w.goes("/subscriptions/"+u.subscription+"/cancel", "At the end of the period")
	var would struct {
		Now struct{ Back Amount }
	}
	if err := must[Answer](t)(u.Get(ctx, "/subscriptions/"+u.subscription+"/cancellation")).Into(&would); err != nil {
		t.Fatal(err)
	}
	w.says(euros(would.Now.Back.Minor))
	w.presses("Cancel at the end of the period")
	w.says("You cancelled it. It runs until")
	w.keep("portal-cancelled")
	w.presses("Withdraw the cancellation")
	w.says("Your cancellation is withdrawn")
	w.goes("/subscriptions/"+u.subscription+"/pause", "gives nothing and costs nothing")
	w.goes("/subscriptions/"+u.subscription+"/cancel", "At once")
	w.presses("End it at once")
	w.says("It has ended")
	if got := balance(t, u.Customer); got != would.Now.Back.Minor {
		t.Errorf("%d given back, said before: %d", got, would.Now.Back.Minor)
	}
}

// euros is an amount as pages in English have it.
func euros(minor int64) string {
	return money.Amount{Minor: minor, Currency: "EUR"}.String()
}

// S3-59, S3-60, S3-61: on a phone: cards, wallet, help, sessions, and a second factor that is set up and asked for.
func TestPortalAccount(t *testing.T) {
	ctx, u := t.Context(), streamUser(t)
	w := browse(t, phone)
	w.enters(u)
	w.goes("/payment-methods", "Visa ending in 4242")
	w.presses("Add a card")
	w.enter(NewPerson(cardGood))
	w.says("Your card is saved")
	w.goes("/wallet", "Balance")
	w.fill("amount", "20,50")
	w.presses("Top up")
	w.enter(NewPerson(cardGood))
	w.says("20.50 EUR")
	eventually(t, 30*time.Second, "the wallet is topped up", func() bool { return balance(t, u.Customer) == 2050 })
	w.goes("/wallet", "Topped up")
	w.goes("/orders", "Stream HD")
	w.goes("/tickets/new", "What is it about?")
	w.fill("subject", "No picture")
	w.fill("body", "Since this morning.\nThe box says E-12.")
	w.do(chromedp.DoubleClick(chromedp.CSS(`main button[type="submit"]`)))
	w.says("We have your request")
	w.keep("portal-ticket")
	var mine struct{ Tickets []struct{ TicketID string } }
	if err := must[Answer](t)(u.Get(ctx, "/tickets")).Into(&mine); err != nil || len(mine.Tickets) != 1 {
		t.Fatalf("sent twice it is %d tickets, %v", len(mine.Tickets), err)
	}
	expect(t, must[Answer](t)(staff(t, token.RoleSupport).Post(ctx, "/tickets/"+mine.Tickets[0].TicketID+"/messages", Key(), map[string]any{"body": "Please restart it."})), nil, http.StatusCreated, "")
	w.goes("/tickets/"+mine.Tickets[0].TicketID, "Please restart it.")
	w.presses("It is solved")
	w.says("Good to hear")
	w.goes("/profile", "Street and number")
	other, _ := signIn(t, u.id)
	w.goes("/security", "journey")
	w.presses("End")
	w.says("The session is ended")
	expect(t, must[Answer](t)(other.Get(ctx, "/auth/sessions")), nil, http.StatusUnauthorized, "token_invalid")
	w.setsUpFactor(u)
}

// setsUpFactor sets a second factor up, and signs in with it anew.
func (w window) setsUpFactor(u *user) {
	w.t.Helper()
	w.goes("/security/second-factor", "authenticator app")
	w.fill("password", Password)
	w.presses("Begin")
	w.says("Keep your recovery codes")
	w.keep("portal-second-factor-shown")
	secret := strings.ReplaceAll(ask(w, chromedp.Text(chromedp.CSS(`dd .code`))), " ", "")
	u.recovery = []string{ask(w, chromedp.Text(chromedp.CSS(`.codes li`)))}
	w.fill("code", oneTimeCode(w.t, secret))
	w.presses("3. Switch it on")
	w.says("The second factor is on")
	w.do(chromedp.Click(chromedp.CSS(`.who button`)))
	w.says("You are signed out")
	w.enters(u)
}

// For its users: customers: a keyboard is enough, without scripts; in German as well.
func TestPortalByKeyboard(t *testing.T) {
	u := streamUser(t)
	like := desktop
	like.name, like.noScripts, like.language = "keyboard", true, "de"
	w := browse(t, like)
	w.do(chromedp.Navigate(portal("/security")))
	w.says("Anmelden")
	w.keep("portal-anmelden")
	w.do(chromedp.Focus(chromedp.CSS("#login")), chromedp.KeyEvent(u.email), chromedp.KeyEvent("\t"), chromedp.KeyEvent(Password), chromedp.KeyEvent("\r"))
	w.says("Wo Sie angemeldet sind")
	w.until("/portal/security")
	w.do(chromedp.Navigate(portal("/tickets/new")))
	w.do(chromedp.Focus(chromedp.CSS("#subject")), chromedp.KeyEvent("Kein Bild"), chromedp.KeyEvent("\t"), chromedp.KeyEvent("\t"), chromedp.KeyEvent("Seit heute."), chromedp.KeyEvent("\t"), chromedp.KeyEvent("\r"))
	w.says("Wir haben Ihre Anfrage")
	w.keep("portal-anfrage")
}

// S3-23, S3-56, S3-62: what is another customer's is not found; a form of another site is refused; the session's cookie is the portal's alone.
func TestPortalRefuses(t *testing.T) {
	a, b := streamUser(t), streamUser(t)
	b.Customer, _ = signIn(t, b.id)
	jar := signedIn(t, b)
	theirs := must[[]Invoice](t)(a.Invoices(t.Context(), ""))[0].InvoiceID
	for path, status := range map[string]int{"": 200, "/subscriptions/" + b.subscription: 200, "/subscriptions/" + a.subscription: 404, "/subscriptions/" + a.subscription + "/cancel": 404,
		"/invoices/" + theirs: 404, "/invoices/" + theirs + "/pay": 404, "/invoices/" + theirs + "/pdf": 404, "/nowhere": 404} {
		if res := jar.opens(t, http.MethodGet, path, nil, ""); res.StatusCode != status {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	form := url.Values{"attempt": {Key()}, "mode": {"now"}}
	for path, at := range map[string]string{"another's": a.subscription, "one's own, from another site": b.subscription} {
		from, want := "", http.StatusNotFound
		if at == b.subscription {
			from, want = "https://evil.example", http.StatusForbidden
		}
		if res := jar.opens(t, http.MethodPost, "/subscriptions/"+at+"/cancel", form, from); res.StatusCode != want {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	for _, u := range []*user{a, b} {
		if is := must[Contract](t)(u.Contract(t.Context(), u.subscription)); is.Status != "active" || is.Cancellation != nil {
			t.Errorf("%+v", is)
		}
	}
	mine := must[[]Invoice](t)(b.Invoices(t.Context(), ""))[0].InvoiceID
	res := jar.opens(t, http.MethodGet, "/invoices/"+mine+"/pdf", nil, "")
	if res.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(res.body, "%PDF-") {
		t.Errorf("%s %.20q", res.Header.Get("Content-Type"), res.body)
	}
}

// visitor is a browser without a window, that is signed in.
type visitor struct{ http *http.Client }

// seen is what such a browser got.
type seenPage struct {
	*http.Response
	body string
}

// opens asks for a page, or sends a form, as from a page of another site when there is one.
func (b visitor) opens(t *testing.T, method, path string, form url.Values, from string) seenPage {
	t.Helper()
	req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, portal(path), strings.NewReader(form.Encode())))
	req.Header.Set("Accept", "text/html") // as browsers do
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if from != "" {
		req.Header.Set("Origin", from)
	}
	res := must[*http.Response](t)(b.http.Do(req))
	defer res.Body.Close()
	raw := must[[]byte](t)(io.ReadAll(res.Body))
	return seenPage{res, string(raw)}
}

// signedIn is a customer's browser.
func signedIn(t *testing.T, u *user) visitor {
	t.Helper()
	jar := must[*cookiejar.Jar](t)(cookiejar.New(nil))
	b := visitor{&http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if res := b.opens(t, http.MethodPost, "/sign-in", url.Values{"attempt": {Key()}, "login": {u.email}, "password": {Password}}, ""); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign-in answers %d: %s", res.StatusCode, res.body)
	}
	return b
}

// For its users: customers: who forgot their password comes back in by the link of the mail, which leads nowhere twice.
func TestPortalForgottenPassword(t *testing.T) {
	ctx, email := t.Context(), newName()+"@example.com"
	_, id, err := site.Resident(ctx, email)
	if err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, &user{id: id, email: email})
	sends := func(path, leads string, form url.Values) {
		t.Helper()
		form.Set("attempt", Key())
		if res := b.opens(t, http.MethodPost, path, form, ""); res.Header.Get("Location") != portal(leads) {
			t.Fatalf("%s: %d to %q: %s", path, res.StatusCode, res.Header.Get("Location"), res.body)
		}
	}
	sends("/forgot-password", "/sign-in?done=resetAsked", url.Values{"email": {email}})
	link := must[string](t)(site.AwaitLink(ctx, email, "/reset-password", 1, 30*time.Second))
	if res := b.opens(t, http.MethodPost, "/reset-password", url.Values{"attempt": {Key()}, "token": {link}, "newPassword": {"password"}}, ""); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.body, "Please choose another password") {
		t.Errorf("a weak one: %d %s", res.StatusCode, res.body)
	}
	sends("/reset-password", "/sign-in?done=reset", url.Values{"token": {link}, "newPassword": {"another horse, another staple"}})
	if res := b.opens(t, http.MethodPost, "/reset-password", url.Values{"attempt": {Key()}, "token": {link}, "newPassword": {"a third horse and a staple"}}, ""); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.body, "replaced by a newer one") {
		t.Errorf("twice: %d %s", res.StatusCode, res.body)
	}
	if res := b.opens(t, http.MethodPost, "/sign-in", url.Values{"attempt": {Key()}, "login": {email}, "password": {Password}}, ""); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the old password: %d", res.StatusCode)
	}
	sends("/sign-in", "/security", url.Values{"login": {email}, "password": {"another horse, another staple"}, "next": {"/portal/security"}})
}
