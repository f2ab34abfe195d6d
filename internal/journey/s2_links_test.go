package journey

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/signlink"
)

// S2-11, S2-14, S2-15, S2-16: a return whose hash is missing, wrong, of another key, purpose, signup or direction, or of which a parameter was
// changed, added, doubled or left out, is refused with a safe page before anything is looked at, and the signup stays as it is. S2-18: the
// right one works, comes again without effect, and another id for what is filled is refused. S2-19: payment does not come before the account.
func TestS2_ReturnsAreSigned(t *testing.T) {
	ctx, r := t.Context(), NewReader()
	register := must[Screen](t)(r.Choose(ctx, site, "plan_stream-hd"))
	signup := SignupOf(register.URL)
	_, known := newCustomer(t)
	_, other := newCustomer(t)
	foreign := SignupOf(must[Screen](t)(NewReader().Choose(ctx, site, "plan_stream-hd")).URL)
	keys := must[*signlink.Keys](t)(site.SignupKeys(ctx, "signup-keys"))
	target := func(signup, step string) string { return site.API + "/signup/demo/" + signup + "/return/" + step }
	sign := func(partner string, p signlink.Purpose, target, signup string, more ...string) string {
		params := map[string]string{"client": "demo", "signup": signup, "outcome": "success"}
		for i := 0; i+1 < len(more); i += 2 {
			params[more[i]] = more[i+1]
		}
		return must[string](t)(keys.Sign(partner, p, target, params, time.Now().Add(time.Hour)))
	}
	good := sign("turnup", "return.register", target(signup, "register"), signup, "customer", known.CustomerID)
	with := func(change func(url.Values)) string {
		u := must[*url.URL](t)(url.Parse(good))
		q := u.Query()
		change(q)
		return target(signup, "register") + "?" + q.Encode()
	}
	for name, forged := range map[string]string{
		"no hash":           with(func(q url.Values) { q.Del("hash") }),
		"another hash":      with(func(q url.Values) { q.Set("hash", strings.Repeat("A", 43)) }),
		"a customer more":   with(func(q url.Values) { q.Set("customer", other.CustomerID) }),
		"a parameter more":  with(func(q url.Values) { q.Set("admin", "yes") }),
		"doubled":           with(func(q url.Values) { q.Add("customer", other.CustomerID) }),
		"longer":            with(func(q url.Values) { q.Set("exp", "4000000000") }),
		"less":              with(func(q url.Values) { q.Del("outcome") }),
		"unknown key":       with(func(q url.Values) { q.Set("kid", "nobody-1") }),
		"another's key":     sign("demo-partner", "return.register", target(signup, "register"), signup, "customer", known.CustomerID),
		"another purpose":   sign("turnup", "page.register", target(signup, "register"), signup, "customer", known.CustomerID),
		"another step":      sign("turnup", "return.register", target(signup, "payment-profile"), signup, "customer", known.CustomerID, "profile", "pmt_1"),
		"of another signup": strings.Replace(sign("turnup", "return.register", target(foreign, "register"), foreign, "customer", known.CustomerID), foreign+"/return", signup+"/return", 1),
		"names another":     sign("turnup", "return.register", target(signup, "register"), foreign, "customer", known.CustomerID),
		"payment too early": sign("turnup", "return.payment-profile", target(signup, "payment-profile"), signup, "profile", "pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"),
		"nobody":            sign("turnup", "return.register", target(signup, "register"), signup, "customer", "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"),
	} {
		s := must[Screen](t)(r.Open(ctx, forged))
		if s.Status < 400 || s.Status >= 500 || strings.Contains(s.HTML, known.CustomerID) {
			t.Errorf("%s: %d %s", name, s.Status, s.Text)
		}
	}
	if is := signupOf(t, signup); is.CustomerID != "" || len(is.History) != 1 {
		t.Fatalf("something changed: %+v", is)
	}
	for range 2 {
		if s := must[Screen](t)(r.Open(ctx, good)); s.URL.Path != register.URL.Path[:len(register.URL.Path)-len("register")]+"payment-profile" {
			t.Errorf("%s: %s", s.URL, s.Text)
		}
	}
	filled := must[Screen](t)(r.Open(ctx, sign("turnup", "return.register", target(signup, "register"), signup, "customer", other.CustomerID)))
	if filled.Status != http.StatusConflict || signupOf(t, signup).CustomerID != known.CustomerID {
		t.Errorf("%d %s", filled.Status, filled.Text)
	}
}

// S2-17: a return that is over changes nothing and leads who began it to where they are; a stranger is told that it is over. S2-09, S2-12,
// S2-16: the pages refuse links that are not signed for them. S2-20: nobody is sent anywhere but where a signed link says.
func TestS2_LinksExpireAndLeadNowhereElse(t *testing.T) {
	ctx, r := t.Context(), NewReader()
	register := must[Screen](t)(r.Choose(ctx, site, "plan_stream-hd"))
	signup := SignupOf(register.URL)
	keys := must[*signlink.Keys](t)(site.SignupKeys(ctx, "signup-keys"))
	over := must[string](t)(keys.Sign("turnup", "return.register", site.API+"/signup/demo/"+signup+"/return/register",
		map[string]string{"client": "demo", "signup": signup, "outcome": "success", "customer": "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}, time.Now().Add(-time.Second)))
	if s := must[Screen](t)(r.Open(ctx, over)); s.URL.Path != register.URL.Path {
		t.Errorf("%s %s", s.URL, s.Text)
	}
	if s := must[Screen](t)(NewReader().Open(ctx, over)); s.Status != http.StatusGone || !strings.Contains(s.Text, "no longer good") {
		t.Errorf("%d %s", s.Status, s.Text)
	}
	for _, page := range []string{"register", "customer-profile", "payment-profile", "review"} {
		for name, query := range map[string]string{"bare": "", "elsewhere": strings.Replace(register.URL.RawQuery, url.QueryEscape(site.API), url.QueryEscape("https://evil.example.com"), 1), "of another page": strings.Replace(register.URL.RawQuery, "register", "review", 1)} {
			if s := must[Screen](t)(NewReader().Open(ctx, site.API+"/pages/"+page+"?"+query)); s.Status != http.StatusBadRequest || strings.Contains(s.HTML, "evil.example") {
				t.Errorf("%s, %s: %d %s", page, name, s.Status, s.Text)
			}
		}
	}
	// A form that another site sends does nothing.
	forged := must[Screen](t)(r.Post(ctx, site.API+"/signup/demo/"+signup+"/retry", url.Values{}, Header{"Origin", "https://evil.example.com"}, Header{"Sec-Fetch-Site", "cross-site"}))
	if forged.Status != http.StatusForbidden {
		t.Errorf("%d %s", forged.Status, forged.Text)
	}
}
