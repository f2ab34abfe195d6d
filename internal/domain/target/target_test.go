package target_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/lineitem"
	"turnup/internal/domain/target"
)

var first = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func at(minutes float64) time.Time { return first.Add(time.Duration(minutes * float64(time.Minute))) }

// told is an event that became true some minutes after the first day began, made true by somebody.
func told(minutes float64, actor string, d event.Data) happening {
	return happening{event.New(event.WithTrace(context.Background(), event.Trace{Actor: actor}), "demo", at(minutes), d), d}
}

// happening is an event with its data.
type happening struct {
	event.Envelope
	data event.Data
}

func happened(minutes float64, d event.Data) happening {
	return told(minutes, "customer:cus_1", d)
}

// book keeps memories and counters as the store does.
type book struct {
	of     map[target.Subject]target.Memory
	counts target.Counts
}

func (b *book) take(events ...happening) {
	for _, e := range events {
		for _, s := range target.Of(e.Envelope, e.data) {
			was := b.of[s.Subject]
			is := was.With(s)
			for place, n := range target.Moves(s.Subject.Kind, was, is) {
				b.counts[place] += n
			}
			b.of[s.Subject] = is.Folded()
		}
	}
}

func november(now time.Time, events []happening) target.Sums {
	b := &book{map[target.Subject]target.Memory{}, target.Counts{}}
	b.take(events...)
	return target.Sums{Period: civil.Period{From: "2026-11-01", Until: "2026-12-01"}, Counts: b.counts, Now: now}
}

// figures shows those that have data.
func figures(s target.Sums) (all []string) {
	for _, f := range s.Figures() {
		if f.Result() != target.NoData {
			all = append(all, fmt.Sprintf("%s %d/%d %.3f %s", f.Name, f.Numerator, f.Denominator, f.Value(), f.Result()))
		}
	}
	return all
}

func durations(s target.Sums) (all []string) {
	for _, d := range s.Durations() {
		if d.Result() != target.NoData {
			all = append(all, fmt.Sprintf("%s %d %v %d %s", d.Of, d.Finished, d.Mean(), d.Within, d.Result()))
		}
	}
	return all
}

var (
	planLine = []lineitem.Line{{Type: lineitem.Subscription}}
	line     = event.ServiceChanged{ServiceID: "svc_1", SubscriptionID: "sub_1", CustomerID: "cus_1"}
	signed   = event.ContractSigned{CustomerID: "cus_1", Subscriptions: []event.SignedContract{{SubscriptionID: "sub_1"}}}
	later    = first.AddDate(1, 0, 0)
)

const month = 30 * 24 * 60

// inAnyOrder gives the figures and durations of events, told in several orders, and some of them again: they are the same each time.
func inAnyOrder(t *testing.T, now time.Time, events []happening) (string, string) {
	t.Helper()
	s := november(now, events)
	f, d := fmt.Sprint(figures(s)), fmt.Sprint(durations(s))
	for range 20 {
		mixed := append(append([]happening{}, events...), events[:len(events)/2]...)
		rand.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		s := november(now, mixed)
		if again := fmt.Sprint(figures(s)); again != f {
			t.Fatalf("in another order %s, want %s", again, f)
		}
		if again := fmt.Sprint(durations(s)); again != d {
			t.Fatalf("in another order %s, want %s", again, d)
		}
	}
	return f, d
}

// S3-78, S3-79, S3-80, S3-81, S3-83, S3-84, S3-85: what events come to, whatever order they are told in and however often.
func TestFigures(t *testing.T) {
	for name, c := range map[string]struct {
		events []happening
		want   string
	}{
		"nothing": {[]happening{happened(0, event.CustomerErased{CustomerID: "cus_1"})}, "[]"},
		"one of two verifies": {[]happening{happened(0, event.AccountRegistered{CustomerID: "cus_1"}), happened(5, event.AccountRegistered{CustomerID: "cus_2"}),
			happened(2*24*60, event.AccountVerified{CustomerID: "cus_1", By: "mail"}), happened(7*24*60, event.AccountExpired{CustomerID: "cus_2"})}, "[registration_success 1/2 0.500 missed]"},
		"counted with the day of the registration": {[]happening{happened(-1, event.AccountRegistered{CustomerID: "cus_1"}), happened(1, event.AccountVerified{CustomerID: "cus_1", By: "mail"}),
			happened(month-1, event.AccountRegistered{CustomerID: "cus_2"}), happened(month+1, event.AccountVerified{CustomerID: "cus_2", By: "mail"})}, "[registration_success 1/1 1.000 met]"},
		"by itself": {[]happening{happened(0, event.CustomerRegistered{CustomerID: "cus_1"}), happened(10, event.ProvisioningRequested{ServiceID: "svc_1", CustomerID: "cus_1", Kind: "provision"}),
			told(59, "system:tasks-provisioning", event.ServiceActivated{ServiceChanged: line}), happened(60, event.ServiceTerminated{ServiceChanged: line})},
			"[onboarding_automated 3540/1 59.000 met service_uptime 60/60 1.000 met]"},
		"an hour is too long": {[]happening{happened(0, event.CustomerRegistered{CustomerID: "cus_1"}), happened(60, event.ServiceActivated{ServiceChanged: line}), happened(60, event.ServiceTerminated{ServiceChanged: line})},
			"[onboarding_automated 3600/1 60.000 missed]"},
		"with a human": {[]happening{happened(0, event.CustomerRegistered{CustomerID: "cus_1"}), happened(10, event.ProvisioningParked{ServiceID: "svc_1", CustomerID: "cus_1", Kind: "provision"}),
			happened(120, event.ServiceActivated{ServiceChanged: line}), happened(120, event.ServiceTerminated{ServiceChanged: line})}, "[onboarding_manual 7200/1 120.000 met]"},
		"a technician names the equipment": {[]happening{happened(0, event.CustomerRegistered{CustomerID: "cus_1"}), told(10, "staff:stf_1", event.ProvisioningRequested{ServiceID: "svc_1", CustomerID: "cus_1", Kind: "provision"}),
			happened(2000, event.ServiceActivated{ServiceChanged: line}), happened(2000, event.ServiceTerminated{ServiceChanged: line})}, "[onboarding_manual 120000/1 2000.000 missed]"},
		"verified by staff": {[]happening{happened(0, event.AccountRegistered{CustomerID: "cus_1"}), told(1, "staff:stf_1", event.AccountVerified{CustomerID: "cus_1", By: "staff"}),
			happened(20, event.ServiceActivated{ServiceChanged: line}), happened(20, event.ServiceTerminated{ServiceChanged: line})}, "[registration_success 1/1 1.000 met onboarding_manual 1200/1 20.000 met]"},
		"help that came later": {[]happening{happened(0, event.CustomerRegistered{CustomerID: "cus_1"}), happened(20, event.ServiceActivated{ServiceChanged: line}), happened(20, event.ServiceTerminated{ServiceChanged: line}),
			happened(30, event.ProvisioningParked{ServiceID: "svc_2", CustomerID: "cus_1", Kind: "provision"}), happened(31, event.ProvisioningParked{ServiceID: "svc_1", CustomerID: "cus_1", Kind: "suspend"})},
			"[onboarding_automated 1200/1 20.000 met]"},
		"paid with the second card": {[]happening{happened(0, event.PaymentInitiated{PaymentID: "pay_1", CustomerID: "cus_1", OrderID: "ord_1"}), happened(1, event.PaymentFailed{PaymentID: "pay_1", CustomerID: "cus_1"}),
			happened(2, event.PaymentInitiated{PaymentID: "pay_2", CustomerID: "cus_1", OrderID: "ord_2"}), happened(3, event.OrderPaid{OrderID: "ord_2", CustomerID: "cus_1"})}, "[first_payment_success 1/1 1.000 met]"},
		"never paid": {[]happening{happened(0, event.PaymentInitiated{PaymentID: "pay_1", CustomerID: "cus_1", CartID: "cart_1"}), happened(0, event.OrderPaid{OrderID: "ord_2", CustomerID: "cus_2"})},
			"[first_payment_success 1/2 0.500 missed]"},
		"a bill is no first payment": {[]happening{happened(0, event.PaymentInitiated{PaymentID: "pay_1", CustomerID: "cus_1", InvoiceID: "inv_1"})}, "[]"},
		"renewed, and owed": {[]happening{happened(0, event.SubscriptionRenewed{SubscriptionID: "sub_1", CustomerID: "cus_1", InvoiceID: "inv_1"}), happened(0, event.SubscriptionRenewed{SubscriptionID: "sub_2", CustomerID: "cus_2", InvoiceID: "inv_2"}),
			happened(month+1, event.InvoicePaid{InvoiceID: "inv_1", CustomerID: "cus_1"}), happened(1, event.InvoicePaid{InvoiceID: "inv_3", OrderID: "ord_1", CustomerID: "cus_1"})}, "[renewal_rate 1/2 0.500 missed]"},
		"ended with its period": {[]happening{happened(-month, signed), happened(0, event.SubscriptionCancelled{SubscriptionID: "sub_1", CustomerID: "cus_1", Mode: "end_of_period"}),
			happened(100, event.SubscriptionEnded{SubscriptionID: "sub_1", CustomerID: "cus_1"})}, "[renewal_rate 0/1 0.000 missed churn 1/1 1.000 missed]"},
		"ended at once after all": {[]happening{happened(-month, signed), happened(0, event.SubscriptionCancelled{SubscriptionID: "sub_1", CustomerID: "cus_1", Mode: "end_of_period"}),
			happened(1, event.SubscriptionCancellationWithdrawn{SubscriptionID: "sub_1", CustomerID: "cus_1"}), happened(2, event.SubscriptionCancelled{SubscriptionID: "sub_1", CustomerID: "cus_1", Mode: "now"}),
			happened(2, event.SubscriptionEnded{SubscriptionID: "sub_1", CustomerID: "cus_1"})}, "[churn 1/1 1.000 missed]"},
		"one contract of two": {[]happening{happened(5, event.ContractSigned{CustomerID: "cus_1", Subscriptions: []event.SignedContract{{SubscriptionID: "sub_1"}, {SubscriptionID: "sub_2"}}}),
			happened(9, event.SubscriptionEnded{SubscriptionID: "sub_2", CustomerID: "cus_1"})}, "[churn 0/1 0.000 met]"},
		"left before, or after": {[]happening{happened(-99, signed), happened(-9, event.SubscriptionEnded{SubscriptionID: "sub_1", CustomerID: "cus_1"}),
			happened(month+9, event.ContractSigned{CustomerID: "cus_2", Subscriptions: []event.SignedContract{{SubscriptionID: "sub_2"}}})}, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := inAnyOrder(t, later, c.events); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// S3-82, A15: what is counted of a line that was active from a day before the period on.
func TestUptime(t *testing.T) {
	alarm := func(kind string, minute float64, raised bool) happening {
		return happened(minute+1000, event.LineAlarmed{ServiceID: "svc_1", CustomerID: "cus_1", Alarm: kind, Raised: raised, At: at(minute)})
	}
	for name, c := range map[string]struct {
		now    time.Time
		events []happening
		want   string
	}{
		"all the time":           {later, nil, "[service_uptime 2592000/2592000 1.000 met]"},
		"as far as it has come":  {at(90), nil, "[service_uptime 5400/5400 1.000 met]"},
		"43 minutes are allowed": {later, []happening{alarm("loss_of_signal", 100, true), alarm("loss_of_signal", 143, false)}, "[service_uptime 2589420/2592000 0.999 met]"},
		"44 are too many":        {later, []happening{alarm("loss_of_signal", 100, true), alarm("loss_of_signal", 144, false)}, "[service_uptime 2589360/2592000 0.999 missed]"},
		"down still":             {at(200), []happening{alarm("loss_of_signal", 100, true)}, "[service_uptime 6000/12000 0.500 missed]"},
		"down over midnight":     {at(2880), []happening{alarm("loss_of_signal", 1430, true), alarm("loss_of_signal", 1450, false)}, "[service_uptime 171600/172800 0.993 missed]"},
		"down since before":      {at(100), []happening{alarm("loss_of_signal", -100, true), alarm("loss_of_signal", 50, false)}, "[service_uptime 3000/6000 0.500 missed]"},
		"another alarm":          {at(100), []happening{alarm("rdi", 0, true)}, "[service_uptime 6000/6000 1.000 met]"},
		"no power, then no signal": {at(100), []happening{alarm("dying_gasp", 10, true), alarm("loss_of_signal", 10, true), alarm("loss_of_signal", 20, false), alarm("loss_of_signal", 40, true)},
			"[service_uptime 2400/6000 0.400 missed]"},
		"suspended": {at(100), []happening{happened(10, event.ServiceSuspended{ServiceChanged: line}), alarm("loss_of_signal", 20, true), alarm("loss_of_signal", 30, false), happened(60, event.ServiceResumed{ServiceChanged: line})},
			"[service_uptime 3000/3000 1.000 met]"},
		"ended while down": {at(100), []happening{alarm("loss_of_signal", 10, true), happened(20, event.ServiceTerminated{ServiceChanged: line})}, "[service_uptime 600/1200 0.500 missed]"},
	} {
		t.Run(name, func(t *testing.T) {
			active := happened(-1440, event.ServiceActivated{ServiceChanged: line})
			if got, _ := inAnyOrder(t, c.now, append([]happening{active}, c.events...)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// S3-64, S3-65, S3-66, S3-67, S3-68, S3-69, S3-70, S3-72, S3-77: how long stages and operations took, beside how long they may.
func TestDurations(t *testing.T) {
	resumed := event.SubscriptionResumed{SubscriptionID: "sub_1", CustomerID: "cus_1", Line: true, Cause: "paid"}
	for name, c := range map[string]struct {
		events []happening
		want   string
	}{
		"the beginning": {[]happening{happened(0, event.AccountRegistered{CustomerID: "cus_1"}), happened(4.5, event.VerificationRequested{CustomerID: "cus_1"}), happened(5, event.AccountVerified{CustomerID: "cus_1", By: "mail"}),
			happened(11, event.CustomerRegistered{CustomerID: "cus_1"}), happened(12, event.OrderCreated{OrderID: "ord_0", CustomerID: "cus_1"}), happened(14, event.OrderCreated{OrderID: "ord_1", CustomerID: "cus_1", Lines: planLine})},
			"[registration 1 5m0s 1 met verification 1 30s 1 met profile 1 6m0s 0 missed plan 1 3m0s 1 met]"},
		"the mean of two, each compared": {[]happening{happened(0, event.PaymentInitiated{PaymentID: "pay_1", Settles: true, OrderID: "ord_1"}), happened(8, event.PaymentSucceeded{PaymentID: "pay_1"}),
			happened(0, event.PaymentInitiated{PaymentID: "pay_2", Settles: true, OrderID: "ord_2"}), happened(1, event.PaymentFailed{PaymentID: "pay_2"})}, "[payment 2 4m30s 1 met]"},
		"the customer's time on a page": {[]happening{happened(0, event.PaymentInitiated{PaymentID: "pay_1", OrderID: "ord_1"}), happened(20, event.PaymentSucceeded{PaymentID: "pay_1", OrderID: "ord_1"})}, "[]"},
		"a bill":                        {[]happening{happened(0, event.PaymentInitiated{PaymentID: "pay_1", Settles: true, InvoiceID: "inv_1"}), happened(1, event.PaymentSucceeded{PaymentID: "pay_1", InvoiceID: "inv_1"})}, "[]"},
		"a line": {[]happening{happened(0, event.ProvisioningRequested{ServiceID: "svc_1", CustomerID: "cus_1", Kind: "provision"}), happened(9, event.ProvisioningRequested{ServiceID: "svc_1", CustomerID: "cus_1", Kind: "provision"}),
			happened(31, event.ServiceActivated{ServiceChanged: line})}, "[activation 1 31m0s 0 missed]"},
		"back after paying, twice": {[]happening{happened(0, resumed), happened(1, event.ServiceResumed{ServiceChanged: line}), happened(10, resumed), happened(12, event.ServiceResumed{ServiceChanged: line}),
			happened(20, event.ServiceResumed{ServiceChanged: line})}, "[resumption 2 1m30s 2 met]"},
		"after a pause":            {[]happening{happened(0, event.SubscriptionResumed{SubscriptionID: "sub_1", Line: true, Cause: "pause_over"}), happened(9, event.ServiceResumed{ServiceChanged: line})}, "[]"},
		"a diagnosis":              {[]happening{happened(0, event.DiagnosisRequested{DiagnosisID: "dia_1"}), happened(2, event.DiagnosisFinished{DiagnosisID: "dia_1", State: "failed"})}, "[diagnosis 1 2m0s 1 met]"},
		"of two clocks":            {[]happening{happened(9, event.DiagnosisRequested{DiagnosisID: "dia_1"}), happened(2, event.DiagnosisFinished{DiagnosisID: "dia_1"})}, "[]"},
		"what is long forgotten":   {[]happening{happened(-401*24*60, event.DiagnosisRequested{DiagnosisID: "dia_1"}), happened(2, event.DiagnosisFinished{DiagnosisID: "dia_1"})}, "[]"},
		"counted when it is ended": {[]happening{happened(month-1, event.DiagnosisRequested{DiagnosisID: "dia_1"}), happened(month+2, event.DiagnosisFinished{DiagnosisID: "dia_1"})}, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, got := inAnyOrder(t, later, c.events); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A line that flaps is remembered by its last switches; what the others counted stays.
func TestManySwitches(t *testing.T) {
	events := []happening{happened(0, event.ServiceActivated{ServiceChanged: line})}
	for i := range 100 {
		minute := float64(10 * i)
		events = append(events, happened(minute, event.LineAlarmed{ServiceID: "svc_1", Alarm: "loss_of_signal", Raised: true, At: at(minute)}),
			happened(minute+1, event.LineAlarmed{ServiceID: "svc_1", Alarm: "loss_of_signal", At: at(minute + 1)}))
	}
	b := &book{map[target.Subject]target.Memory{}, target.Counts{}}
	b.take(events...)
	b.take(happened(3, event.ServiceSuspended{ServiceChanged: line})) // too late to say what it changes
	m := b.of[target.Subject{Kind: target.Service, ID: "svc_1"}]
	if len(m.Log) > 25 || !m.Lasting() {
		t.Errorf("remembers %d switches, lasting %v", len(m.Log), m.Lasting())
	}
	s := target.Sums{Period: civil.Period{From: "2026-11-01", Until: "2026-11-02"}, Counts: b.counts, Now: m.Until}
	minutes := int64(m.Until.Sub(first) / time.Minute)
	if f := s.Figures()[4]; f.Denominator != minutes*60 || f.Denominator-f.Numerator > 60*(minutes/10+1) || f.Denominator-f.Numerator < 60*(minutes/10-1) {
		t.Errorf("uptime %d of %d seconds, want about nine tenths of %d minutes", f.Numerator, f.Denominator, minutes)
	}
}

// S3-84: what is promised for a month is three times as much for a quarter, and no less for a week.
func TestMonths(t *testing.T) {
	for want, periods := range map[float64][]civil.Period{1: {{From: "2026-11-01", Until: "2026-11-08"}, {From: "2026-02-01", Until: "2026-03-01"}, {From: "2026-01-01", Until: "2026-02-01"}},
		3: {{From: "2026-01-01", Until: "2026-04-01"}, {From: "2026-07-01", Until: "2026-10-01"}}, 12: {{From: "2026-01-01", Until: "2027-01-01"}}} {
		for _, p := range periods {
			if got := target.Months(p); got != want {
				t.Errorf("%v has %v months, want %v", p, got, want)
			}
		}
	}
}
