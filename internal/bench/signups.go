package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/signlink"
	"turnup/internal/domain/signup"
	"turnup/internal/journey"
	"turnup/internal/journey/demo"
)

// pagesBase is the address of the site's pages: the template's default.
const pagesBase = "https://pages.turnup.example/v1"

// page is a visit of a page, as a browser makes it. It answers where it leads and the cookie it sets.
func (s *stage) page(ctx context.Context, name, function, method, path string, form url.Values, cookie string) (location, kept string, err error) {
	header := map[string]string{"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin", "Cookie": cookie}
	payload, err := s.gatewayEvent(request{method: method, path: path, route: "/signup/{page+}", body: form.Encode(), header: header, anon: true, withoutKey: true})
	if err != nil {
		return "", "", err
	}
	raw, err := s.invoke(ctx, name, function, payload)
	if err != nil {
		return "", "", err
	}
	var out struct {
		StatusCode        int
		MultiValueHeaders map[string][]string
		Body              string
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return "", "", fmt.Errorf("%s: %w", name, err)
	}
	if out.StatusCode >= http.StatusBadRequest {
		return "", "", fmt.Errorf("%s: %d: %s", name, out.StatusCode, out.Body)
	}
	if set := out.MultiValueHeaders["Set-Cookie"]; len(set) > 0 {
		kept, _, _ = strings.Cut(set[0], ";")
	}
	return strings.Join(out.MultiValueHeaders["Location"], ""), kept, nil
}

// signsUp is a coordinated signup of a newcomer: chosen, registered and paid on the pages of other systems, which are played here by their key,
// then charged, contracted and thanked for.
func (s *stage) signsUp(ctx context.Context) error {
	if err := s.newcomer(ctx); err != nil {
		return err
	}
	m, session, err := s.enterCard(ctx, setUp, card)
	if err == nil {
		err = s.confirm(ctx, setUp, m, session)
	}
	if err == nil {
		err = s.request(ctx, request{name: setUp, function: "payments", method: http.MethodGet, path: "/payment-methods/" + m.Reference, route: "/payment-methods/{reference}", want: http.StatusOK, answer: &m})
	}
	if err != nil {
		return err
	}
	keys, err := signlink.ParseKeys(s.site.Secrets["pages-key"])
	if err != nil {
		return err
	}
	own := "/signup/" + string(demo.Tenant)
	_, cookie, err := s.page(ctx, "beginSignup", "signup", http.MethodPost, own, url.Values{"attempt": {journey.Key()}, "plan": {plan}}, "")
	if err != nil {
		return err
	}
	which, err := s.goesOn(ctx, "on-signups, a signup began", event.TypeSignupStarted)
	if err != nil {
		return err
	}
	own += "/" + which
	back := func(name, step string, more ...string) error {
		params := map[string]string{"client": string(demo.Tenant), "signup": which, "outcome": string(signup.Success), more[0]: more[1]}
		link, err := keys.Sign(signup.Hosted, signlink.Back(step), pagesBase+own+"/return/"+step, params, time.Now().Add(time.Minute))
		if err == nil {
			_, _, err = s.page(ctx, name, "signup", http.MethodGet, strings.TrimPrefix(link, pagesBase), nil, cookie)
		}
		return err
	}
	err = back("returnFromPage", signup.Register, "customer", s.customer)
	if err == nil {
		_, _, err = s.page(ctx, "getProcessing", "signup", http.MethodGet, own+"/processing", nil, cookie)
	}
	if err == nil {
		err = back("returnFromPage, the last", signup.PaymentProfile, "profile", m.PaymentMethodID)
	}
	if err == nil {
		_, err = s.goesOn(ctx, "on-signups, a contract is asked for", event.TypeSignupRequested)
	}
	if err == nil {
		err = s.contracted(ctx)
	}
	return err
}

// contracted is what a signup's contract leads to.
func (s *stage) contracted(ctx context.Context) error {
	_, signed, err := s.batch(ctx, event.TypeContractSigned)
	if err == nil {
		err = s.consume(ctx, "on-thank-you", "on-thank-you", signed)
	}
	if err == nil {
		err = s.consume(ctx, "on-signups, the contract is signed", "on-signups", signed)
	}
	if err == nil {
		_, err = s.goesOn(ctx, "on-signups, the thank-you page is published", event.TypeThankYouPagePublished)
	}
	return err
}

// goesOn hands the newest event of a kind to who looks after signups, and says whose it is.
func (s *stage) goesOn(ctx context.Context, name string, kind event.Type) (string, error) {
	_, e, err := s.batch(ctx, kind)
	if err != nil {
		return "", err
	}
	var of struct{ SignupID id.Signup }
	if err := json.Unmarshal(e.Data, &of); err != nil {
		return "", err
	}
	return string(of.SignupID), s.consume(ctx, name, "on-signups", e)
}

// The floors of a signup.
func init() {
	const moves = "one transaction: signup (which moves in its index), timer (and its index), outbox"
	for name, f := range map[string]floor{
		"beginSignup":                                 {aws: 3, read: 2.5, write: 10, why: "flow and plan; one transaction: Idempotency-Key, signup (and its index), timer (and its index), outbox; where the first page is"},
		"on-signups, a signup began":                  {aws: 1, why: "the machine is started under the signup's id"},
		"returnFromPage":                              {aws: 3, read: 2, write: 11, why: "the customer whom the page names; the signup; " + moves},
		"returnFromPage, the last":                    {aws: 2, read: 1, write: 11, why: "the signup; " + moves},
		"getProcessing":                               {aws: 2, read: 1.5, why: "the signup; where its next page is"},
		"on-signups, a contract is asked for":         {aws: 6, psp: 1, read: 7, write: 36, why: "the signup; as createSubscription without a key; the signup is told which order and which payment are its own"},
		"on-thank-you":                                {aws: 2, read: 1, write: 4, why: "the contract; one transaction: page, outbox"},
		"on-signups, the contract is signed":          {aws: 2, read: 1, write: 11, why: "the signup; " + moves},
		"on-signups, the thank-you page is published": {aws: 2, read: 1, write: 11, why: "the signup; " + moves},
	} {
		floors[name] = f
	}
}
