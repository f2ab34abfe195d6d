package payment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/payment"
)

// wallet keeps methods in memory under the conditions of the store: only a pending method is closed.
type wallet struct {
	mu      sync.Mutex
	methods map[id.Reference]payment.Method
	psp     string
	keys    map[string][]byte
	closed  int
}

func (w *wallet) Recall(_ context.Context, r once.Request) (json.RawMessage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.keys[r.Key], nil
}

func (w *wallet) PSPCustomer(context.Context, id.Tenant, id.Customer) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.psp, nil
}

func (w *wallet) once(use *once.Use) error {
	if use == nil {
		return nil
	}
	if was, used := w.keys[use.Key]; used {
		return &once.Replay{Answer: was}
	}
	w.keys[use.Key] = use.Stored()
	use.Committed()
	return nil
}

func (w *wallet) AddMethod(_ context.Context, use *once.Use, m payment.Method, _ bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.once(use); err != nil {
		return err
	}
	w.methods[m.Reference], w.psp = m, m.PSPCustomer
	return nil
}

func (w *wallet) Method(_ context.Context, t id.Tenant, c id.Customer, ref id.Reference) (payment.Method, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, known := w.methods[ref]
	if !known || m.Tenant != t || m.Customer != c {
		return payment.Method{}, payment.ErrMethodUnknown
	}
	return m, nil
}

func (w *wallet) CloseMethod(_ context.Context, use *once.Use, m payment.Method) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.methods[m.Reference].State != payment.MethodPending {
		return nil
	}
	if err := w.once(use); err != nil {
		return err
	}
	w.methods[m.Reference] = m
	w.closed++
	return nil
}

func (w *wallet) confirmed() (ids []id.Method) {
	for _, m := range w.methods {
		if m.ID() != "" {
			ids = append(ids, m.ID())
		}
	}
	return ids
}

// page is the PSP's page: one session in the state that the test gives it.
type page struct {
	state   payment.SetupState
	request payment.SetupRequest
	foreign bool // the session belongs to somebody else
	err     error
	began   int
	asked   int
}

func (p *page) CreateCustomer(context.Context, id.Tenant, id.Customer) (string, error) {
	return "psp_cus_1", p.err
}

func (p *page) StartSetup(_ context.Context, r payment.SetupRequest) (payment.SetupSession, error) {
	p.request = r
	p.began++
	return payment.SetupSession{ID: fmt.Sprintf("cs_%d", p.began), URL: "https://psp.example/cs"}, p.err
}

func (p *page) Setup(_ context.Context, session string) (payment.SetupSession, error) {
	p.asked++
	s := payment.SetupSession{ID: session, Tenant: p.request.Tenant, Customer: p.request.Customer, Reference: p.request.Reference, State: p.state}
	if p.foreign {
		s.Customer, s.Reference = "cus_9", "pmr_9"
	}
	if p.state == payment.SetupComplete {
		s.Method, s.Card = "pm_1", payment.Card{Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: 2034}
	}
	return s, p.err
}

const shop = "https://shop.example"

type bench struct {
	*testing.T
	wallet *wallet
	page   *page
	setup  payment.Setup
	method payment.Method // as Begin answered it
}

// pending is a customer who was sent to the PSP's page, which is now in the given state.
func pending(t *testing.T, state payment.SetupState) *bench {
	t.Helper()
	b := &bench{T: t, wallet: &wallet{methods: map[id.Reference]payment.Method{}, keys: map[string][]byte{}}, page: &page{state: state}}
	b.setup = payment.Setup{Store: b.wallet, PSP: b.page, Clock: clock.At(noon), Origins: []string{shop}}
	m, err := b.begin("begin")
	ok(t, err)
	b.method = m
	return b
}

func (b *bench) begin(key string) (payment.Method, error) {
	return b.setup.Begin(b.Context(), once.Request{Key: key}, tenant, customer, shop+"/back?a=1", "de")
}

func (b *bench) confirm(key string) (payment.Method, error) {
	return b.setup.Confirm(b.Context(), once.Request{Key: key}, tenant, customer, b.method.Reference, b.method.SessionID)
}

func (b *bench) webhook() error {
	return b.setup.Notified(b.Context(), payment.SetupSession{ID: b.method.SessionID, Tenant: tenant, Customer: customer, Reference: b.method.Reference,
		State: payment.SetupComplete, Method: "pm_forged"})
}

// S0-23: the answer has the PSP's address and a reference; S0-26 nothing is confirmed yet; no id for the checkout exists.
func TestSetupBegin(t *testing.T) {
	b := pending(t, payment.SetupOpen)
	eq(t, "state", b.method.State, payment.MethodPending)
	eq(t, "page", b.method.RedirectURL, "https://psp.example/cs")
	eq(t, "no paymentMethodId yet", b.method.ID(), "")
	eq(t, "expires", b.method.ExpiresAt, noon.Add(payment.SetupWindow))
	back, err := url.Parse(b.page.request.ReturnURL)
	ok(t, err)
	eq(t, "return has the reference", back.Query().Get("reference"), string(b.method.Reference))
	eq(t, "and what the shop had", back.Query().Get("a"), "1")
	cancel, err := url.Parse(b.page.request.CancelURL)
	ok(t, err)
	eq(t, "cancel", cancel.Query().Get("cancelled"), "true")
	again, err := b.begin("begin")
	ok(t, err)
	eq(t, "the key's second use answers the first", again.Reference, b.method.Reference)
	eq(t, "methods", len(b.wallet.methods), 1)
}

// S0-34: browser return and webhook in every order, once or more: one confirmed method, always the same id (S0-28, S0-31).
func TestSetupCompletesInEveryOrder(t *testing.T) {
	steps := map[byte]func(*bench) error{
		'c': func(b *bench) error { m, err := b.confirm("same"); b.check(m); return err },
		'd': func(b *bench) error { m, err := b.confirm("another"); b.check(m); return err },
		'w': (*bench).webhook,
	}
	for _, order := range []string{"c", "w", "cw", "wc", "cc", "cd", "ww", "cwd", "wcd", "ccw", "wwc", "cdw", "dwc", "wcw"} {
		t.Run(order, func(t *testing.T) {
			b := pending(t, payment.SetupComplete)
			for i := range len(order) {
				ok(t, steps[order[i]](b))
			}
			eq(t, "confirmed", fmt.Sprint(b.wallet.confirmed()), fmt.Sprint([]id.Method{id.Method("pmt_" + string(b.method.Reference)[4:])}))
			eq(t, "written", b.wallet.closed, 1)
			m := b.wallet.methods[b.method.Reference]
			eq(t, "the PSP's method, not the webhook's", m.PSPMethod, "pm_1")
			eq(t, "card", m.Card.String(), "visa •••• 4242")
		})
	}
}

func (b *bench) check(m payment.Method) {
	b.Helper()
	eq(b.T, "answered id", string(m.ID()), "pmt_"+string(b.method.Reference)[4:])
}

// S0-29, S0-30, S0-33: what is not complete at the PSP confirms nothing, whatever the browser or a webhook claims.
func TestSetupThatIsNotComplete(t *testing.T) {
	for state, want := range map[payment.SetupState]*fault.Fault{
		payment.SetupOpen: payment.ErrNotAuthenticated, payment.SetupFailed: payment.ErrNotAuthenticated, payment.SetupExpired: payment.ErrSessionExpired,
	} {
		t.Run(string(state), func(t *testing.T) {
			b := pending(t, state)
			for _, key := range []string{"one", "two"} {
				m, err := b.confirm(key)
				wantFault(t, err, want)
				eq(t, "id", m.ID(), "")
			}
			ok(t, b.webhook()) // it claims completion
			eq(t, "confirmed", len(b.wallet.confirmed()), 0)
			next, err := b.begin("anew") // S0-30: a new one works at once
			ok(t, err)
			if next.Reference == b.method.Reference {
				t.Error("the new method has the old reference")
			}
		})
	}
}

// S0-30: an authentication that failed may be repeated on the same page; then the same key confirms.
func TestSetupFailedThenComplete(t *testing.T) {
	b := pending(t, payment.SetupFailed)
	_, err := b.confirm("key")
	wantFault(t, err, payment.ErrNotAuthenticated)
	b.page.state = payment.SetupComplete
	m, err := b.confirm("key")
	ok(t, err)
	b.check(m)
}

// S0-33: once expired it stays so, even if the session were to answer otherwise later.
func TestSetupExpiredStaysExpired(t *testing.T) {
	b := pending(t, payment.SetupExpired)
	ok(t, b.webhook())
	eq(t, "state", b.wallet.methods[b.method.Reference].State, payment.MethodExpired)
	b.page.state = payment.SetupComplete
	_, err := b.confirm("late")
	wantFault(t, err, payment.ErrSessionExpired)
	eq(t, "confirmed", len(b.wallet.confirmed()), 0)
}

// S0-29: a browser that brings another session, or a session of another customer, is refused; S0-32: another
// customer's, another tenant's or an unknown reference is not found, and the PSP is not asked.
func TestSetupForgeries(t *testing.T) {
	confirm := func(b *bench, tn id.Tenant, c id.Customer, ref id.Reference, session string) error {
		_, err := b.setup.Confirm(b.Context(), once.Request{Key: "k"}, tn, c, ref, session)
		return err
	}
	b := pending(t, payment.SetupComplete)
	ref, session := b.method.Reference, b.method.SessionID
	wantFault(t, confirm(b, tenant, customer, ref, "cs_forged"), payment.ErrResultForged)
	wantFault(t, confirm(b, tenant, customer, ref, ""), payment.ErrResultForged)
	wantFault(t, confirm(b, tenant, "cus_9", ref, session), payment.ErrMethodUnknown)
	wantFault(t, confirm(b, "other", customer, ref, session), payment.ErrMethodUnknown)
	wantFault(t, confirm(b, tenant, customer, "pmr_9", session), payment.ErrMethodUnknown)
	eq(t, "the PSP was asked", b.page.asked, 0)
	b.page.foreign = true
	wantFault(t, confirm(b, tenant, customer, ref, session), payment.ErrResultForged)
	ok(t, b.webhook())
	eq(t, "confirmed", len(b.wallet.confirmed()), 0)
}

// A webhook of a session or reference that is not ours changes nothing and is not an error.
func TestSetupNotifiedOfOthers(t *testing.T) {
	b := pending(t, payment.SetupComplete)
	for _, told := range []payment.SetupSession{
		{ID: b.method.SessionID, Tenant: tenant, Customer: customer, Reference: "pmr_9"},
		{ID: "cs_other", Tenant: tenant, Customer: customer, Reference: b.method.Reference},
		{ID: b.method.SessionID, Tenant: tenant, Customer: "cus_9", Reference: b.method.Reference},
	} {
		ok(t, b.setup.Notified(t.Context(), told))
	}
	eq(t, "the PSP was asked", b.page.asked, 0)
	eq(t, "confirmed", len(b.wallet.confirmed()), 0)
}

// S0-35: a PSP that cannot be reached, or does not answer, is a fault to be tried again and leaves nothing half made.
func TestSetupWithoutThePSP(t *testing.T) {
	for _, away := range []error{payment.ErrPSPUnavailable, payment.ErrUnanswered, errors.New("EOF")} {
		b := pending(t, payment.SetupComplete)
		b.page.err = away
		_, err := b.begin("second")
		wantFault(t, err, payment.ErrPSPUnavailable)
		eq(t, "retryable", fault.Transient(err), true)
		eq(t, "methods", len(b.wallet.methods), 1)
		eq(t, "keys", len(b.wallet.keys), 1)
		_, err = b.confirm("c")
		wantFault(t, err, payment.ErrPSPUnavailable)
		if b.webhook() == nil { // so that the PSP tells again
			t.Error("the webhook was accepted though nothing could be settled")
		}
		eq(t, "state", b.wallet.methods[b.method.Reference].State, payment.MethodPending)
		b.page.err = nil
		_, err = b.begin("second") // S0-35: the same key works afterwards
		ok(t, err)
	}
}

// X10: the customer comes back only to an allowed origin.
func TestReturnAllowed(t *testing.T) {
	origins := []string{shop, "http://localhost:3000"}
	for raw, want := range map[string]bool{
		shop + "/a?b=c": true, "http://localhost:3000": true, shop: true,
		"": false, "/relative": false, "https://shop.example.evil.com/": false, "https://evil.com/https://shop.example": false,
		"http://shop.example/": false, "https://shop.example:444/": false, "https://user@shop.example/": false, "https://shop.example@evil.com/": false,
		"//shop.example/": false, "javascript:alert(1)": false, shop + "/#f": false, "https://shop.example\\@evil.com/": false, " " + shop: false,
		"https://SHOP.example/": false,
	} {
		eq(t, fmt.Sprintf("%q", raw), payment.ReturnAllowed(raw, origins), want)
	}
	b := pending(t, payment.SetupOpen)
	_, err := b.setup.Begin(t.Context(), once.Request{Key: "k"}, tenant, customer, "https://evil.com/", "")
	wantFault(t, err, payment.ErrReturnURL)
	eq(t, "sessions begun", b.page.began, 1)
}

// The session outlives none of our references: Stripe refuses less than 30 minutes.
func TestSetupWindow(t *testing.T) {
	if payment.SetupWindow < 30*time.Minute || payment.SetupWindow > 24*time.Hour {
		t.Error(payment.SetupWindow)
	}
}
