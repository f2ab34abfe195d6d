package journey

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// chromium is the one browser of these tests; each test has a context of its own in it, without history.
var chromium = sync.OnceValue(func() context.Context {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("lang", "en")) // as root there is no sandbox
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	browser, _ := chromedp.NewContext(allocator)
	return browser
})

// screen is what a browser is like.
type screen struct {
	name          string
	width, height int64
	phone         bool
	noScripts     bool
	language      string
}

var (
	desktop = screen{name: "desktop", width: 1280, height: 900}
	phone   = screen{name: "phone", width: 360, height: 740, phone: true}
)

// window is a browser's window on the pages of a signup.
type window struct {
	context.Context
	t    *testing.T
	like screen
}

// browse opens a window, or skips where there is no Chromium.
func browse(t *testing.T, like screen) window {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		if os.Getenv("TURNUP_CHROMIUM") == "required" {
			t.Fatal("chromium is not installed")
		}
		t.Skip("chromium is not installed; apt-get install chromium runs the tests of pages in a browser")
	}
	if err := chromedp.Do(chromium()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := chromedp.NewContext(chromium(), chromedp.WithNewBrowserContext())
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil { // before there is a limit, which would end the whole browser
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancel)
	w, options := window{ctx, t, like}, []chromedp.EmulateViewportOption{}
	if like.phone {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	w.do(chromedp.EmulateViewport(like.width, like.height, options...))
	if like.language != "" {
		if _, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": like.language}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: like.noScripts}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w window) do(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w, 40*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		at, _ := chromedp.Run(w, chromedp.Location())
		text, _ := chromedp.Run(w, chromedp.Text(chromedp.CSS("body")))
		w.t.Fatalf("%v; it shows %s: %s", err, at, text)
	}
}

// ask runs an action that answers something.
func ask[T any](w window, a chromedp.Action[T]) T {
	w.t.Helper()
	return must[T](w.t)(chromedp.Run(w, a))
}

// keep saves what the window shows below .turnup/screenshots. A page that is wider than the window is a failure.
func (w window) keep(name string) {
	w.t.Helper()
	picture := ask(w, chromedp.FullScreenshot(100))
	folder := filepath.Join("..", "..", ".turnup", "screenshots")
	err := os.MkdirAll(folder, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, w.like.name+"-"+name+".png"), picture, 0o644)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if w.like.noScripts {
		return
	}
	w.accessible(name)
	if ask(w, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > "+strconv.FormatInt(w.like.width, 10))) {
		w.t.Errorf("%s: %s does not fit the window", w.like.name, name)
	}
}

// until waits until the window is at an address with a part in it.
func (w window) until(part string) {
	w.t.Helper()
	at := ""
	there, _ := lookAgain(40*time.Second, 50*time.Millisecond, func() (bool, error) {
		at = ask(w, chromedp.Location())
		return strings.Contains(at, part), nil
	})
	if !there {
		w.t.Fatalf("the window is at %s, and not at %s", at, part)
	}
}

// fill types into a field of the page, as soon as it is there.
func (w window) fill(name, value string) {
	w.t.Helper()
	field := chromedp.CSS(`[name="` + name + `"]`)
	w.do(chromedp.WaitVisible(field), chromedp.SendKeys(field, value))
}

func (w window) click(selector string) {
	w.t.Helper()
	w.do(chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// signUp goes the whole way of a new customer, and keeps what every page looks like.
func (w window) signUp(p Person, shots bool) {
	w.t.Helper()
	keep := func(name string) {
		if shots {
			w.keep(name)
		}
	}
	w.do(chromedp.Navigate(site.Plans()))
	keep("1-plans")
	w.click(`button[value="plan_stream-hd"]`)
	w.until("/pages/register")
	w.fill("name", p.Name)
	w.fill("email", p.Email)
	w.fill("password", p.Password)
	w.click(`#terms`)
	keep("2-register")
	w.click(`button[type="submit"]`)
	w.until("/pages/payment-profile")
	keep("3-payment")
	w.click(`button[type="submit"]`)
	w.until(site.PSP)
	for name, value := range map[string]string{"number": p.Card, "exp_month": "12", "exp_year": "2034", "cvc": "123", "name": p.Name} {
		w.fill(name, value)
	}
	keep("4-psp")
	w.click(`form button, form input[type="submit"]`)
}

// S2-01, S2-02, S2-03, S2-04, S2-05, S2-06, S2-07: a new customer signs up in a browser, on a desktop, on a phone and without scripts; every
// page fits the window.
func TestS2_ChromiumSignsUp(t *testing.T) {
	bare := desktop
	bare.name, bare.noScripts = "no-scripts", true
	for _, like := range []screen{desktop, phone, bare} {
		t.Run(like.name, func(t *testing.T) {
			w := browse(t, like)
			w.signUp(NewPerson(cardGood), true)
			w.until("/pages/thank-you/")
			w.keep("6-thank-you")
		})
	}
}

// enter fills the PSP's form in with a card and sends it.
func (w window) enter(p Person) {
	w.t.Helper()
	w.until(site.PSP)
	for name, value := range map[string]string{"number": p.Card, "exp_month": "12", "exp_year": "2034", "cvc": "123", "name": p.Name} {
		w.fill(name, value)
	}
	w.click(`form button, form input[type="submit"]`)
}

// says waits until the page holds a text.
func (w window) says(text string) {
	w.t.Helper()
	seen := ""
	said, _ := lookAgain(40*time.Second, 100*time.Millisecond, func() (bool, error) {
		ctx, cancel := context.WithTimeout(w, 5*time.Second)
		defer cancel()
		seen, _ = chromedp.Run(ctx, chromedp.Text(chromedp.CSS("body"))) // between two pages there is none
		return strings.Contains(seen, text), nil
	})
	if !said {
		w.t.Fatalf("the page does not say %q: %s", text, seen)
	}
}

// S2-42, S2-48, S2-36, S2-18: what goes wrong on a phone: a password that is too weak is marked and focused, the form is sent by two clicks,
// the customer comes back from the PSP without a card, then with one that is declined, goes on with another, and comes again at the end.
func TestS2_ChromiumMishaps(t *testing.T) {
	w, p := browse(t, phone), NewPerson(cardDeclines)
	w.do(chromedp.Navigate(site.Plans()))
	w.click(`button[value="plan_stream-basic"]`)
	w.fill("name", p.Name)
	w.fill("email", p.Email)
	w.fill("password", "password")
	w.click("#terms")
	w.click(`button[type="submit"]`)
	w.says("Please check these fields")
	w.keep("7-corrections")
	if focused := ask(w, chromedp.Evaluate[string](`document.activeElement.id`)); focused != "mistakes" {
		t.Errorf("the focus is on %q", focused)
	}
	w.fill("password", p.Password)
	w.do(chromedp.DoubleClick(chromedp.CSS(`button[type="submit"]`)))
	w.until("/pages/payment-profile")
	w.click(`button[type="submit"]`)
	w.until(site.PSP)
	w.click("#back")
	w.says("You came back without entering a card")
	w.keep("8-back-from-psp")
	w.click(`button[type="submit"]`)
	w.enter(p)
	w.says("Your bank declined the payment")
	w.keep("9-declined")
	w.click(`button[type="submit"]`)
	w.says("please use another one")
	p.Card = cardGood
	w.click(`button[type="submit"]`)
	w.enter(p)
	w.until("/pages/thank-you/")
	_, at, _ := strings.Cut(ask(w, chromedp.Location()), "/thx_")
	at, _, _ = strings.Cut(at, "?")
	w.do(chromedp.NavigateBack()) // to the PSP; whoever then opens a page of the signup is at its end again
	w.do(chromedp.Navigate(site.Processing("sgn_" + at)))
	w.until("/pages/thank-you/")
}

// S2-45, S2-46, S2-41: while the contract takes long the page says so, and goes on by itself; S2-47: a page that is down is explained. In a
// browser with another language it speaks that.
func TestS2_ChromiumWaits(t *testing.T) {
	german := desktop
	german.name, german.language = "deutsch", "de"
	w, p := browse(t, german), NewPerson(cardGood)
	psp.fails(t, pspFault{Method: "POST", Path: "/v1/payment_intents", Mode: "slow", HangMs: 1500, Times: 1})
	w.signUp(p, false)
	w.says("Wir richten Ihren Vertrag ein")
	w.keep("5-processing")
	w.until("/pages/thank-you/")
	w.says("Vielen Dank!")
}
