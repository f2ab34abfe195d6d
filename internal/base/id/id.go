// Package id has the identifiers of Turnup: distinct types, each with a prefix that tells what it names and a ULID,
// so that they sort by time of creation and a mixed-up id is seen at once in a log.
package id

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
)

// The kinds of id. Tenant is chosen by the operator, the others are made here.
type (
	Tenant       string // the client account everything belongs to, for example "demo"
	Customer     string // cus_…; stf_… of staff, who have an account as well
	Item         string // plan_… for subscriptions, good_… for one-off items; chosen by the operator
	Cart         string // cart_…
	Reference    string // pmr_…: a payment method being set up
	Method       string // pmt_…: a confirmed payment method; shares the ULID of its Reference
	Payment      string // pay_…
	Order        string // ord_…
	Subscription string // sub_…
	Event        string // evt_…
	Entry        string // led_…: a ledger entry
	Coupon       string // a coupon's code in capitals, for example "WELCOME20"; chosen by the operator
	Tier         string // what kind of customer somebody is, for example "standard"; chosen by the operator
	Group        string // an extra group that customers may be in, for example "staff-family"; chosen by the operator
	TestClock    string // clk_…: a clock that moves only when it is told to
	Session      string // ses_…: somebody signed in somewhere
	Ticket       string // tic_…: a support ticket
	Service      string // svc_…: what a subscription runs on in the network; shares the ULID of its Subscription
	Diagnosis    string // dia_…: something measured or done at a service for support
	Invoice      string // inv_…: an invoice or a credit note
	Refund       string // ref_…: money of an invoice that is given back
	Location     string // a place that the network reaches, for example "loc-100231"; chosen by the operator
	Maintenance  string // a window in which the network is worked on, for example "chg-2030-0017"; chosen by the operator
	Signup       string // sgn_…: somebody on the way from a plan to its contract
	ThankYouPage string // thx_…: the page on which a signup ends; shares the ULID of its Signup
	Endpoint     string // whe_…: where a partner receives events
	Delivery     string // whd_…: an event on its way to an endpoint; shares the ULID of the Event
	Replay       string // whr_…: a range of an endpoint's deliveries that is sent again
)

// Prefixes of the ids made here.
const (
	CustomerPrefix     = "cus_"
	CartPrefix         = "cart_"
	ReferencePrefix    = "pmr_"
	MethodPrefix       = "pmt_"
	PaymentPrefix      = "pay_"
	OrderPrefix        = "ord_"
	SubscriptionPrefix = "sub_"
	EventPrefix        = "evt_"
	EntryPrefix        = "led_"
	TestClockPrefix    = "clk_"
	SessionPrefix      = "ses_"
	TicketPrefix       = "tic_"
	StaffPrefix        = "stf_" // of the account of a member of staff
	ServicePrefix      = "svc_"
	DiagnosisPrefix    = "dia_"
	InvoicePrefix      = "inv_"
	RefundPrefix       = "ref_"
	SignupPrefix       = "sgn_"
	ThankYouPagePrefix = "thx_"
	EndpointPrefix     = "whe_"
	DeliveryPrefix     = "whd_"
	ReplayPrefix       = "whr_"
)

// New makes an id with a prefix, ordered by the given time.
func New[T ~string](prefix string, at time.Time) T {
	return T(prefix + ulid.MustNew(ulid.Timestamp(at), rand.Reader).String())
}

// Floor is not after any id made at or after the given time: for key ranges.
func Floor[T ~string](prefix string, at time.Time) T {
	var u ulid.ULID
	_ = u.SetTime(ulid.Timestamp(at)) // fails after the year 10889
	return T(prefix + u.String())
}

// Derive makes the id of something that happens once: from the same time and the same parts always the same, so that making it again
// is a conflict of keys.
func Derive[T ~string](prefix string, at time.Time, parts ...string) T {
	sum := sha256.Sum256([]byte(strings.Join(parts, "|")))
	return T(prefix + ulid.MustNew(ulid.Timestamp(at), bytes.NewReader(sum[:])).String())
}

// Swap gives the id of another kind that shares the ULID: what is derived one to one needs no look-up.
func Swap[T, F ~string](from F, fromPrefix, toPrefix string) T {
	return T(toPrefix + strings.TrimPrefix(string(from), fromPrefix))
}
