package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"turnup/internal/base/token"
	"turnup/internal/journey"
)

// contract is a subscription as its operations tell of it, in what the play shows.
type contract struct {
	SubscriptionID, Status, Name string
	Period                       struct{ From, Until string }
}

// bill is an invoice likewise.
type bill struct {
	InvoiceID, Number, Status string
	Total, Due                journey.Amount
}

// thirteen plays thirteen months of a customer by a test clock.
type thirteen struct {
	site     journey.Site
	staff    *journey.Customer
	customer *journey.Customer
	email    string
	clock    journey.TestClock
	now      time.Time
	sub      string
	methods  map[string]string
}

// playMonths plays S3, stages 4 and 7 to 11: a customer subscribes on 31 January, renews, changes the plan, has a card that is declined, is
// reminded, suspended and back after paying, cancels and ends, thirteen months later.
func playMonths(ctx context.Context, t *narrator) error {
	m := &thirteen{site: t.site, methods: map[string]string{}}
	for _, s := range []struct {
		name string
		do   func(context.Context) (string, error)
	}{
		{"test clock", m.arrive}, {"createSubscription", m.subscribe}, {"getForecast", m.forecast}, {"three renewals", m.renew}, {"changePlan", m.change},
		{"declined", m.decline}, {"suspended", m.suspended}, {"payInvoice", m.pay}, {"invoicePdf", m.paper}, {"cancelSubscription", m.cancel}, {"the end", m.end},
	} {
		if err := t.step(s.name, func() (string, error) { return s.do(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

// arrive lets a customer come who lives by a clock that shows the last day of a January.
func (m *thirteen) arrive(ctx context.Context) (_ string, err error) {
	if m.staff, err = m.site.Staff(ctx, token.RoleAdmin); err != nil {
		return "", err
	}
	name := "grace." + strings.ToLower(journey.Key()[:8])
	var made journey.Registered
	m.customer, made, err = m.site.Register(ctx, name)
	if err != nil {
		return "", err
	}
	m.email, m.now = name+"@example.com", time.Date(2030, 1, 31, 10, 0, 0, 0, time.UTC)
	err = m.ask(ctx, m.staff, "/test-clocks", map[string]any{"name": "thirteen months", "now": m.now}, &m.clock)
	if err == nil {
		err = m.ask(ctx, m.staff, "/test-clocks/"+m.clock.ClockID+"/customers", map[string]any{"customerId": made.CustomerID}, &m.clock)
	}
	if err == nil {
		err = m.card(ctx, card)
	}
	return "it is 31 January 2030 for " + name, err
}

// ask posts and reads the answer, which must be no refusal.
func (m *thirteen) ask(ctx context.Context, who *journey.Customer, path string, body any, out any) error {
	a, err := who.Post(ctx, path, journey.Key(), body)
	if err == nil && a.Status >= http.StatusBadRequest {
		return fmt.Errorf("POST %s: %d %s", path, a.Status, a.Raw)
	}
	if err == nil && out != nil {
		err = a.Into(out)
	}
	return err
}

// card sets a card up and makes it the one that is charged.
func (m *thirteen) card(ctx context.Context, number string) error {
	added, err := m.customer.AddCard(ctx, number)
	if err != nil {
		return err
	}
	m.methods[number] = added.PaymentMethodID
	a, err := m.customer.Put(ctx, "/payment-methods/"+added.Reference+"/default", nil)
	if err == nil && a.Status != http.StatusOK {
		err = fmt.Errorf("it is not the default: %d %s", a.Status, a.Raw)
	}
	return err
}

// until lets the time pass.
func (m *thirteen) until(ctx context.Context, year, month, day int) error {
	m.now = time.Date(year, time.Month(month), day, 12, 0, 0, 0, time.UTC)
	_, err := m.staff.Advance(ctx, m.clock.ClockID, m.now, 2*time.Minute)
	return err
}

func (m *thirteen) read(ctx context.Context) (c contract, err error) {
	return c, read(ctx, m.customer, "/subscriptions/"+m.sub, &c)
}

func (m *thirteen) bills(ctx context.Context) ([]bill, error) {
	var page struct{ Invoices []bill }
	err := read(ctx, m.customer, "/invoices?limit=50", &page)
	return page.Invoices, err
}

func (m *thirteen) subscribe(ctx context.Context) (string, error) {
	var made contract
	err := m.ask(ctx, m.customer, "/subscriptions", map[string]any{"planId": "plan_stream-hd", "paymentMethodId": m.methods[card]}, &made)
	if err != nil {
		return "", err
	}
	m.sub = made.SubscriptionID
	_, err = m.customer.Await(ctx, "/subscriptions/"+m.sub, 20*time.Second, func(a journey.Answer) bool {
		var c contract
		return a.Into(&c) == nil && c.Status == "active"
	})
	if err != nil {
		return "", err
	}
	c, err := m.read(ctx)
	return fmt.Sprintf("%s is %s, paid for %s to %s", c.Name, c.Status, c.Period.From, c.Period.Until), err
}

func (m *thirteen) forecast(ctx context.Context) (string, error) {
	var f struct {
		Steps []struct {
			Step string
			At   time.Time
		}
	}
	err := read(ctx, m.customer, "/subscriptions/"+m.sub+"/forecast", &f)
	var ahead []string
	for _, s := range f.Steps {
		ahead = append(ahead, s.Step+" on "+s.At.Format("2 January"))
	}
	return strings.Join(ahead, ", "), err
}

func (m *thirteen) renew(ctx context.Context) (string, error) {
	if err := m.until(ctx, 2030, 5, 1); err != nil {
		return "", err
	}
	c, err := m.read(ctx)
	if err != nil {
		return "", err
	}
	all, err := m.bills(ctx)
	if err == nil && (c.Period.From != "2030-04-30" || c.Period.Until != "2030-05-31" || len(all) != 4) {
		err = fmt.Errorf("billed %v, %d invoices", c.Period, len(all))
	}
	return fmt.Sprintf("on 28 February, 31 March and 30 April; %d invoices, the last one %s", len(all), all[0].Number), err
}

func (m *thirteen) change(ctx context.Context) (string, error) {
	if err := m.until(ctx, 2030, 5, 15); err != nil {
		return "", err
	}
	var quote struct {
		QuoteID string
		DueNow  journey.Amount
	}
	if err := read(ctx, m.customer, "/subscriptions/"+m.sub+"/proration?planId=plan_stream-4k", &quote); err != nil {
		return "", err
	}
	err := m.ask(ctx, m.customer, "/subscriptions/"+m.sub+"/change-plan", map[string]any{"planId": "plan_stream-4k", "quoteId": quote.QuoteID, "returnUrl": journey.ReturnURL}, nil)
	if err != nil {
		return "", err
	}
	c, err := m.read(ctx)
	return fmt.Sprintf("quoted and paid %s for the 16 of 31 days that are left; now %s", price(quote.DueNow), c.Name), err
}

// decline lets the card be one that is declined when the next month is due.
func (m *thirteen) decline(ctx context.Context) (string, error) {
	if err := m.card(ctx, "4000000000000341"); err != nil {
		return "", err
	}
	if err := m.until(ctx, 2030, 6, 1); err != nil {
		return "", err
	}
	all, err := m.bills(ctx)
	if err == nil && all[0].Status != "open" {
		err = errors.New("the invoice is " + all[0].Status)
	}
	return fmt.Sprintf("on 31 May: %s over %s is unpaid, and the service goes on", all[0].Number, price(all[0].Due)), err
}

func (m *thirteen) suspended(ctx context.Context) (string, error) {
	if err := m.until(ctx, 2030, 6, 10); err != nil {
		return "", err
	}
	c, err := m.read(ctx)
	if err == nil && c.Status != "suspended" {
		err = errors.New("it is " + c.Status)
	}
	if err != nil {
		return "", err
	}
	mails, err := m.site.Mails(ctx, m.email)
	return fmt.Sprintf("after reminders on days 3, 5 and 7; %d mails until now", len(mails)), err
}

func (m *thirteen) pay(ctx context.Context) (string, error) {
	all, err := m.bills(ctx)
	if err == nil {
		err = m.card(ctx, card)
	}
	if err == nil {
		err = m.ask(ctx, m.customer, "/invoices/"+all[0].InvoiceID+"/pay", map[string]any{}, nil)
	}
	if err != nil {
		return "", err
	}
	c, err := m.read(ctx)
	if err == nil && c.Status != "active" {
		err = errors.New("it is " + c.Status)
	}
	return "with another card: it is " + c.Status + " again at once; the days without are credited", err
}

func (m *thirteen) paper(ctx context.Context) (string, error) {
	all, err := m.bills(ctx)
	if err != nil {
		return "", err
	}
	a, err := m.customer.Call(ctx, http.MethodGet, "/invoices/"+all[0].InvoiceID+"/pdf", nil, journey.Header{Name: "Accept", Value: "application/pdf"})
	if err == nil && !strings.HasPrefix(string(a.Raw), "%PDF") {
		err = fmt.Errorf("no PDF: %d", a.Status)
	}
	return fmt.Sprintf("%s is %s, %d KB of PDF", all[0].Number, all[0].Status, len(a.Raw)/1024), err
}

func (m *thirteen) cancel(ctx context.Context) (string, error) {
	if err := m.until(ctx, 2031, 2, 10); err != nil {
		return "", err
	}
	err := m.ask(ctx, m.customer, "/subscriptions/"+m.sub+"/cancel", map[string]any{"reason": "Moving to the sea"}, nil)
	if err != nil {
		return "", err
	}
	c, err := m.read(ctx)
	return "in February 2031, for the end of the period: " + c.Period.Until, err
}

func (m *thirteen) end(ctx context.Context) (string, error) {
	if err := m.until(ctx, 2031, 3, 1); err != nil {
		return "", err
	}
	c, err := m.read(ctx)
	if err != nil {
		return "", err
	}
	all, err := m.bills(ctx)
	sum := int64(0)
	for _, b := range all {
		sum += b.Total.Minor
		if b.Status != "paid" {
			err = errors.Join(err, errors.New(b.Number+" is "+b.Status))
		}
	}
	if c.Status != "ended" {
		err = errors.Join(err, errors.New("it is "+c.Status))
	}
	return fmt.Sprintf("it is %s; %d documents over %s, all settled", c.Status, len(all), price(journey.Amount{Minor: sum, Currency: "EUR"})), err
}
