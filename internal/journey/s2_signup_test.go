package journey

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/signlink"
	"turnup/internal/base/token"
)

// ended waits for the thank-you page of a signup.
func ended(t *testing.T, r *Reader, signup string) Screen {
	t.Helper()
	return must[Screen](t)(r.Await(t.Context(), site.Processing(signup), 40*time.Second, OnThankYou))
}

// signupOf reads a signup as staff see it.
func signupOf(t *testing.T, signup string) (is struct {
	Status, Step, Reason, CustomerID, OrderID, SubscriptionID, ThankYouURL string
	Hangs                                                                  bool
	Attempt                                                                int
	History                                                                []struct{ Fact, Step string }
}) {
	t.Helper()
	staff := must[*Customer](t)(site.Staff(t.Context(), token.RoleSupport))
	if err := must[Answer](t)(staff.Get(t.Context(), "/admin/signups/"+signup)).Into(&is); err != nil {
		t.Fatal(err)
	}
	return is
}

// S2-01, S2-02, S2-03, S2-04, S2-05, S2-06: from the plans over register, processing and payment to the thank-you page, in a browser without
// scripts. S2-21: no address on the way names the person. S2-32: the end is at the address that was published. S2-36: afterwards each link
// leads there. S2-23, S2-27: one request, one contract, one charge. S2-54: staff see how it went.
func TestS2_NewCustomerSignsUp(t *testing.T) {
	ctx, r, p := t.Context(), NewReader(), NewPerson(cardGood)
	var visited []string
	r.HTTP.CheckRedirect = func(q *http.Request, _ []*http.Request) error {
		visited = append(visited, q.URL.String())
		return nil
	}
	plans := must[Screen](t)(r.Open(ctx, site.Plans()))
	if plans.Status != http.StatusOK || !strings.Contains(plans.Text, "Stream HD") || strings.Contains(plans.Text, "Fibre") {
		t.Fatalf("%d %s", plans.Status, plans.Text)
	}
	register := must[Screen](t)(r.Send(ctx, plans, 0, "plan", "plan_stream-hd"))
	pay := must[Screen](t)(r.Register(ctx, register, p))
	signup := SignupOf(pay.URL)
	must[Screen](t)(r.Pay(ctx, pay, p))
	end := ended(t, r, signup)
	is := signupOf(t, signup)
	if is.Status != "completed" || is.ThankYouURL != end.URL.String() || is.Attempt != 1 || !strings.Contains(end.Text, "Stream HD") {
		t.Errorf("%+v at %s: %s", is, end.URL, end.Text)
	}
	if charged := psp.charges(t, is.CustomerID); len(charged) != 1 || charged[0].Amount != 1299 {
		t.Errorf("%+v", charged)
	}
	for _, link := range append(visited, register.URL.String(), pay.URL.String()) {
		for _, personal := range []string{p.Email, "ada.", "Example", p.Password, url.QueryEscape(p.Email)} {
			if strings.Contains(link, personal) {
				t.Errorf("%s names the person", link)
			}
		}
	}
	back := slices.IndexFunc(visited, func(l string) bool { return strings.Contains(l, "/return/register") })
	for _, again := range []string{visited[back], site.Processing(signup)} {
		if s := must[Screen](t)(r.Open(ctx, again)); !OnThankYou(s) {
			t.Errorf("%s leads to %s", again, s.URL)
		}
	}
	exactlyOne(t, event.TypeContractSigned, is.SubscriptionID)
	if got := signupOf(t, signup); got.Attempt != 1 || len(got.History) < 6 {
		t.Errorf("%+v", got)
	}
}

// S2-08: the same choice sent twice is one signup; another client account, an unknown plan and a plan with a line begin none. S2-22: what is
// not there and what is somebody else's is told alike.
func TestS2_ChoosingTwiceIsOneSignup(t *testing.T) {
	ctx, r := t.Context(), NewReader()
	plans := must[Screen](t)(r.Open(ctx, site.Plans()))
	first := must[Screen](t)(r.Send(ctx, plans, 0, "plan", "plan_stream-hd"))
	again := must[Screen](t)(r.Send(ctx, plans, 0, "plan", "plan_stream-hd"))
	if SignupOf(first.URL) != SignupOf(again.URL) {
		t.Errorf("%s and %s", first.URL, again.URL)
	}
	for _, plan := range []string{"plan_nothing", "plan_fibre-300", "good_router"} {
		fresh := must[Screen](t)(NewReader().Open(ctx, site.Plans()))
		if s := must[Screen](t)(r.Send(ctx, fresh, 0, "plan", plan)); s.Status != http.StatusNotFound {
			t.Errorf("%s: %d %s", plan, s.Status, s.Text)
		}
	}
	signup := SignupOf(first.URL)
	neutral := ""
	for _, address := range []string{site.Processing("sgn_00000000000000000000000000"), site.Processing(signup), strings.Replace(site.Processing(signup), "/demo/", "/other/", 1)} {
		s := must[Screen](t)(NewReader().Open(ctx, address))
		text, _, _ := strings.Cut(s.Text, "If you ask us")
		if neutral == "" {
			neutral = text
		}
		if s.Status != http.StatusNotFound || text != neutral {
			t.Errorf("%s: %d %s", address, s.Status, s.Text)
		}
	}
}

// S2-42: a customer who gives up on a page is back with the owner, who offers to go on; S2-43: so is one whose link to the page is over; the
// page steers nothing. S2-40: where they go next, only the owner says.
func TestS2_PagesReturnWhateverHappens(t *testing.T) {
	ctx, r := t.Context(), NewReader()
	register := must[Screen](t)(r.Choose(ctx, site, "plan_stream-hd"))
	signup := SignupOf(register.URL)
	cancel := register.Links[len(register.Links)-1]
	stopped := must[Screen](t)(r.Open(ctx, cancel))
	if !strings.Contains(stopped.Text, "You stopped at this step") || signupOf(t, signup).Reason != "cancelled" {
		t.Fatalf("%s %s", stopped.URL, stopped.Text)
	}
	if s := must[Screen](t)(r.Send(ctx, stopped, 0)); s.URL.Path != register.URL.Path {
		t.Errorf("trying again leads to %s", s.URL)
	}
	keys := must[*signlink.Keys](t)(site.SignupKeys(ctx, "signup-keys"))
	params := map[string]string{"client": "demo", "signup": signup, "plan": "plan_stream-hd", "country": "DE", "return": site.API + "/signup/demo/" + signup + "/return/register"}
	over := must[string](t)(keys.Sign("turnup", "page.register", site.API+"/pages/register", params, time.Now().Add(-time.Minute)))
	if s := must[Screen](t)(r.Open(ctx, over)); !strings.Contains(s.URL.Path, "/processing") || signupOf(t, signup).Reason != "page_failed" {
		t.Errorf("%s %s", s.URL, s.Text)
	}
}
