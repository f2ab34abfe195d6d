package journey

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"turnup/internal/journey/demo"
)

// Person is somebody who signs up.
type Person struct{ Name, Email, Password, Card string }

// NewPerson makes one whom nobody knows.
func NewPerson(card string) Person {
	return Person{Name: "Ada Example", Email: "ada." + strings.ToLower(Key()[:10]) + "@example.com", Password: Password, Card: card}
}

// Plans is the address of the page on which a signup begins.
func (s Site) Plans() string { return s.API + "/signup/" + string(demo.Tenant) + "/plans" }

// Choose begins a signup of a plan, and ends on the first page of its flow.
func (r *Reader) Choose(ctx context.Context, s Site, plan string) (Screen, error) {
	page, err := r.Open(ctx, s.Plans())
	if err != nil {
		return page, err
	}
	return r.Send(ctx, page, 0, "plan", plan)
}

// Register fills the hosted register page in.
func (r *Reader) Register(ctx context.Context, page Screen, p Person) (Screen, error) {
	return r.Send(ctx, page, 0, "name", p.Name, "email", p.Email, "password", p.Password, "terms", "yes")
}

// Pay sends the hosted payment page and enters the card at the PSP.
func (r *Reader) Pay(ctx context.Context, page Screen, p Person) (Screen, error) {
	page, err := r.Send(ctx, page, 0)
	if err == nil {
		page, err = r.Post(ctx, page.URL.String(), url.Values{"number": {p.Card}, "exp_month": {"12"}, "exp_year": {"2034"}, "cvc": {"123"}, "name": {p.Name}})
	}
	if err == nil && strings.HasPrefix(page.URL.Path, "/3ds/") {
		page, err = r.Post(ctx, page.URL.String(), url.Values{"result": {Pass}})
	}
	return page, err
}

// SignUp goes the whole way of a new customer through the hosted pages, up to the processing page.
func (r *Reader) SignUp(ctx context.Context, s Site, plan string, p Person) (Screen, error) {
	page, err := r.Choose(ctx, s, plan)
	if err == nil {
		page, err = r.Register(ctx, page, p)
	}
	if err == nil {
		page, err = r.Pay(ctx, page, p)
	}
	return page, err
}

// Await opens an address again and again, as a page that reloads does, until what is shown is right.
func (r *Reader) Await(ctx context.Context, address string, within time.Duration, right func(Screen) bool) (s Screen, err error) {
	shown, err := lookAgain(within, 150*time.Millisecond, func() (_ bool, err error) {
		s, err = r.Open(ctx, address)
		return err == nil && right(s), err
	})
	if err == nil && !shown {
		err = fmt.Errorf("journey: after %v there is %s: %s", within, s.URL.Path, s.Text)
	}
	return s, err
}

// OnThankYou tells whether a screen is the page on which a signup ends.
func OnThankYou(s Screen) bool { return strings.Contains(s.URL.Path, "/pages/thank-you/") }

// SignupOf is the id of the signup whose page, or whose link, an address is.
func SignupOf(u *url.URL) string {
	if id := u.Query().Get("signup"); id != "" {
		return id
	}
	_, rest, _ := strings.Cut(u.Path, "/sgn_")
	id, _, _ := strings.Cut(rest, "/")
	return "sgn_" + id
}

// Processing is the address of a signup's processing page.
func (s Site) Processing(signup string) string {
	return s.API + "/signup/" + string(demo.Tenant) + "/" + signup + "/processing"
}
