package journey

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func username(t *testing.T, name string) Answer {
	t.Helper()
	return must[Answer](t)(site.Visitor().Get(context.Background(), "/registration/usernames?username="+url.QueryEscape(name)))
}

// S0-01, S0-02, S0-03, S0-04: taken and free both answer 200; taken leads to the login, compared without case and blanks.
func TestUsernameQuery(t *testing.T) {
	name := newName()
	free := into[Username](t, username(t, name))
	if free.Exists || free.NextStep != "register" || free.LoginURL != "" {
		t.Fatalf("free: %+v", free)
	}
	must2(t)(site.Register(context.Background(), name))
	for _, spelling := range []string{name, strings.ToUpper(name), "  " + name + " "} {
		taken := into[Username](t, username(t, spelling))
		if !taken.Exists || taken.NextStep != "login" || !strings.Contains(taken.LoginURL, "/login") {
			t.Fatalf("%q: %+v", spelling, taken)
		}
	}
}

func must2(t *testing.T) func(c *Customer, r Registered, err error) (*Customer, Registered) {
	return func(c *Customer, r Registered, err error) (*Customer, Registered) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c, r
	}
}

// S0-05: what is no username is a fault, never "free".
func TestUsernameQueryRefusesNonsense(t *testing.T) {
	for _, name := range []string{"", "  ", "ab", strings.Repeat("x", 65), strings.Repeat("x", 5000), "white space", "<script>", "ümlaut"} {
		if a := username(t, name); a.Status != http.StatusBadRequest || a.Code() == "" {
			t.Errorf("%.20q answered %d %s", name, a.Status, a.Raw)
		}
	}
	expect(t, must[Answer](t)(site.Visitor().Get(context.Background(), "/registration/usernames")), nil, http.StatusBadRequest, "invalid_request")
}

// S0-06, S0-09: the check reserves nothing; of parallel registrations with one username exactly one succeeds and the
// others get the fault with the login route.
func TestOneUsernameOneCustomer(t *testing.T) {
	name := newName()
	if into[Username](t, username(t, name)).Exists {
		t.Fatal("taken before anybody registered")
	}
	answers := parallel(t, 8, func(int) (Answer, error) {
		return site.Visitor().Post(context.Background(), "/registration/customers", Key(), Registration(name))
	})
	created := 0
	for _, a := range answers {
		if a.Status == http.StatusCreated {
			created++
			continue
		}
		expect(t, a, nil, http.StatusConflict, "username_exists")
		if !strings.Contains(detail(a, "loginUrl"), "/login") {
			t.Errorf("no login route: %s", a.Raw)
		}
	}
	if created != 1 {
		t.Fatalf("%d registrations succeeded", created)
	}
}

// parallel sends n requests at once.
func parallel(t *testing.T, n int, send func(i int) (Answer, error)) []Answer {
	t.Helper()
	answers := make([]Answer, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { answers[i], errs[i] = send(i) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return answers
}
