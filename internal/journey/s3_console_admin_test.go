package journey

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"turnup/internal/base/token"
)

// console is the address of a page of the console.
func console(path string) string { return site.API + "/console" + path }

// X1, R9, S3-19: an administrator sets a partner's endpoint up, tests it, changes its secret over, replays a day, and removes it; has what is
// parked done again once it is mended; and protects the account by a second factor, signs in with it and gives it up.
func TestConsoleOfAnAdministrator(t *testing.T) {
	email := deskMember(t, token.RoleAdmin)
	w := browse(t, desktop)
	w.signsIn(email)
	w.looksAfterAPartner()
	w.redrives()
	w.setsUpStaffFactor(email)
}

func (w window) looksAfterAPartner() {
	w.t.Helper()
	partner := &receiver{status: http.StatusNoContent}
	partner.Server = httptest.NewServer(partner)
	w.t.Cleanup(partner.Server.Close)
	w.do(chromedp.Navigate(console("/webhooks")))
	w.fill("url", partner.Server.URL+"/in")
	w.fill("eventTypes", "order.danced")
	w.fill("description", "Journey in a browser")
	w.keep("console-webhooks")
	w.presses("Save")
	w.says("has a type that does not go out")
	w.keep("console-webhook-refused")
	w.types("eventTypes", "order.paid")
	w.presses("Save")
	w.says("It is shown this once, and never again.")
	w.keep("console-webhook-secret")
	partner.Secret = w.secretShown()
	w.presses("To the endpoint")
	w.says("Nothing was sent yet.")
	at := ask(w, chromedp.Location())
	partner.path = "/admin/webhook-endpoints" + at[strings.LastIndexByte(at, '/'):]

	w.presses("Send a test event")
	w.says("A test event is on its way")
	first := partner.await(w.t, "", 1)[0]
	partner.becomes(w.t, first.id, "delivered")
	w.do(chromedp.Reload())
	w.says("Delivered")
	w.presses("Give it a new secret")
	w.says("It is shown this once, and never again.")
	changed := w.secretShown()
	w.presses("To the endpoint")
	w.says("Both secrets sign until")
	w.presses("Send a test event")
	w.says("A test event is on its way")
	if m := partner.await(w.t, "", 2)[1]; !first.verify(w.t, partner.Secret) || !m.verify(w.t, partner.Secret) || !m.verify(w.t, changed) || first.verify(w.t, changed) {
		w.t.Errorf("signed %v, then %v", first.header, m.header)
	}

	customer := buys(w.t)
	paid := partner.await(w.t, customer, 1)[0]
	partner.becomes(w.t, paid.id, "delivered")
	w.do(chromedp.Reload())
	w.says("order.paid")
	w.keep("console-webhook")
	w.presses("Replay these days")
	w.says("The replay has begun.")
	eventually(w.t, 30*time.Second, "the replay", func() bool { tick(w.t); return len(partner.of(customer)) > 1 })
	if again := partner.of(customer)[1]; again.id != paid.id || !again.verify(w.t, changed) {
		w.t.Errorf("%v, then %v", paid.header, again.header)
	}
	w.click(`#sure`)
	w.presses("Remove the endpoint")
	w.says("The endpoint is gone.")
	expect(w.t, must[Answer](w.t)(admin(w.t).Get(w.t.Context(), partner.path)), nil, http.StatusNotFound, "webhook_endpoint_not_found")
}

// secretShown is the secret that the page shows.
func (w window) secretShown() string {
	w.t.Helper()
	secret := ask(w, chromedp.Text(`//dt[normalize-space()="Secret"]/following-sibling::dd`))
	if secret = strings.TrimSpace(secret); !strings.HasPrefix(secret, "whsec_") {
		w.t.Fatalf("the page shows %q", secret)
	}
	webhookSecrets = append(webhookSecrets, secret)
	return secret
}

// redrives has a delivery done again that was parked because its contract was not there.
func (w window) redrives() {
	w.t.Helper()
	c, r := newCustomer(w.t)
	fund(w.t, r.CustomerID, 3000)
	lost := ordered(w.t, c, "plan_stream-hd", "")
	resume := holdDelivery(w.t)
	payByWallet(w.t, c, lost.OrderID)
	restore := loses(w.t, r.CustomerID, lost.SubscriptionIDs[0])
	resume()
	eventually(w.t, 30*time.Second, "it is parked", func() bool {
		m := hanging(w.t, lost.OrderID)
		return len(m) == 1 && m[0].Action != nil && m[0].Action.Name == "redriveDeadLetters"
	})
	w.do(chromedp.Navigate(console("/attention")))
	w.says("Paid, not delivered")
	w.keep("console-attention-parked")
	w.click(`a[href$="/queues/delivery"]`)
	w.says("Mend first what kept them from being done.")
	w.keep("console-queue")
	restore()
	w.presses("Do them again")
	w.says("The messages are sent back to their queue.")
	must[OrderStatus](w.t)(c.AwaitOrder(w.t.Context(), lost.OrderID, "delivered", 60*time.Second))
	eventually(w.t, 20*time.Second, "it hangs no more", func() bool { return len(hanging(w.t, lost.OrderID)) == 0 })
}

func (w window) setsUpStaffFactor(email string) {
	w.t.Helper()
	w.click(`.who a`)
	w.says("Your account is protected by the password alone.")
	w.keep("console-own-account")
	w.fill("password", "not my password")
	w.presses("Begin")
	w.says("This is not your present password.")
	w.fill("password", Password)
	w.presses("Begin")
	w.says("Keep your recovery codes")
	w.keep("console-second-factor")
	secret := strings.ReplaceAll(ask(w, chromedp.Text(chromedp.CSS(`dd .code`))), " ", "")
	recovery := ask(w, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".codes li")].map(e => e.textContent.trim())`))
	w.fill("code", "12")
	w.presses("3. Switch it on")
	w.says("The password or the code is not right.")
	w.types("code", oneTimeCode(w.t, secret))
	w.presses("3. Switch it on")
	w.says("The second factor is on.")
	w.says("10 recovery codes are left")
	w.keep("console-own-account-protected")
	w.click(`form[action$="/sign-out"] button`)
	w.says("You are signed out.")
	w.fill("login", email)
	w.fill("password", Password)
	w.press("\r")
	w.says("Enter your password once more, and the code.")
	w.keep("console-sign-in-code")
	w.fill("password", Password)
	w.fill("code", recovery[0])
	w.press("\r")
	w.says("At a glance")
	w.click(`.who a`)
	w.says("9 recovery codes are left")
	w.fill("password", Password)
	w.fill("code", recovery[1])
	w.presses("Switch it off")
	w.says("The second factor is off.")
}
