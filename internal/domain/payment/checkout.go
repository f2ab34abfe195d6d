package payment

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
)

// The faults of paying.
var (
	ErrDeclined   = fault.New(fault.PaymentRequired, "payment_declined", "Your card was declined. Please try another payment method.", "customer")
	ErrUnsettled  = fault.New(fault.Unavailable, "payment_unsettled", "We are still waiting for the payment provider. You will not be charged twice; please ask again in a moment.", "operator")
	ErrNoMethod   = fault.New(fault.Conflict, "payment_method_not_usable", "Please choose a confirmed payment method.", "customer")
	ErrUnknownPay = fault.New(fault.NotFound, "payment_not_found", "There is no such payment.", "integrator")
)

// ErrMoved is returned by the store when the payment or cart is not in the state the write was decided on. Read again.
var ErrMoved = errors.New("payment: somebody else moved on meanwhile")

// AuthenticationWindow is how long a customer may take to authenticate a charge before it is given up.
const AuthenticationWindow = 30 * time.Minute

// State of a payment attempt.
type State string

// The states. Pending is the only one that changes, but for Failed → Refunded.
const (
	Pending   State = "pending"
	Succeeded State = "succeeded"
	Failed    State = "failed"
	Refunded  State = "refunded" // money came that was not, or no longer, wanted, and was given back
)

// Unwanted is why money was given back.
type Unwanted string

// The reasons.
const (
	LatePayment      Unwanted = "late_payment"      // the attempt had ended, or the time to pay was over
	OrderCancelled   Unwanted = "order_cancelled"   // before the money came
	DuplicatePayment Unwanted = "duplicate_payment" // the order was paid already
	AlreadyActive    Unwanted = "already_active"    // the customer has got the plan otherwise meanwhile
	NotDue           Unwanted = "not_due"           // the bill it was for is not to be paid any more: changed, cancelled or withdrawn
)

// GivenBack is what was given back, and why.
type GivenBack struct {
	Amount money.Amount
	Why    Unwanted
}

// UnwantedError is returned by the book for money that came but cannot pay what it was meant for.
type UnwantedError struct{ Reason Unwanted }

func (e *UnwantedError) Error() string { return "payment: not wanted: " + string(e.Reason) }

// Payment is one attempt to pay for a cart with a saved method, or for an order on the PSP's page. It is recorded before
// the PSP can take money for it. One for a cart holds all that is needed to finish the purchase, whoever finds out that
// the money came.
type Payment struct {
	Tenant        id.Tenant
	ID            id.Payment
	Customer      id.Customer
	CartID        id.Cart // empty when it is for an order that is there
	OrderID       id.Order
	Subscriptions []id.Subscription // one for each subscription line, in their order
	Lines         []lineitem.Line
	Amount        money.Amount
	Method        id.Method
	PSPCustomer   string
	PSPMethod     string
	PaidWith      string // for people: brand and last four digits
	ReturnURL     string // for authentication at charge time
	Bill          *Bill  `dynamodbav:",omitempty"` // when it is for an invoice, or for what leads to one
	SessionID     string // the PSP's page, when the customer pays there; empty for a charge of a saved method
	State         State
	ChargeID      string // the PSP's id, once known
	Redirected    bool   // the customer was sent to authenticate this charge
	Reason        Reason // when failed
	InitiatedAt   time.Time
	SettledAt     time.Time
	CapturedAt    time.Time // when the money was taken, by the PSP's clock
	Correlation   string
	Overdue       bool         `dynamodbav:",omitempty"` // its outcome was still open when somebody came to look
	Parked        bool         // waits for an operator
	Signup        id.Signup    `dynamodbav:",omitempty"` // whose contract it is for
	DisputeID     string       `dynamodbav:",omitempty"` // the PSP's, when the customer's bank took the money back
	Dispute       DisputeState `dynamodbav:",omitempty"`
}

// Book records what becomes true. Each method is one transaction; ErrMoved when the state was another.
type Book interface {
	once.Memory
	// Payment reads an attempt; unknown is ErrUnknownPay.
	Payment(ctx context.Context, tenant id.Tenant, p id.Payment) (Payment, error)
	// Begin records the attempt, lets it hold the cart, claims the subscriptions, remembers the key, announces.
	// A subscription the customer already has, or is buying, is subscription.ErrActive.
	Begin(ctx context.Context, use *once.Use, p Payment, cartVersion int64, e event.Envelope) error
	// Complete records success: payment, order, ledger, contracts, events. *UnwantedError when the order cannot be paid
	// with it.
	Complete(ctx context.Context, p Payment) error
	// Fail records failure: payment, cart open or order payable again, claims given back, event.
	Fail(ctx context.Context, p Payment, e event.Envelope) error
	// Note records what became known of a pending attempt without ending it.
	Note(ctx context.Context, p Payment, events ...event.Envelope) error
	// Unassigned parks a pending attempt for which another amount came than was asked for, and books that amount; ErrMoved
	// when that was done.
	Unassigned(ctx context.Context, p Payment, came money.Amount, e event.Envelope) error
	// Refunded records that money was given back of an attempt that was in the given state.
	Refunded(ctx context.Context, p Payment, was State, back GivenBack, e event.Envelope) error
	// RefundFailed parks a refunded attempt whose money could not be given back, and books that; ErrMoved when that was done.
	RefundFailed(ctx context.Context, p Payment, left money.Amount, e event.Envelope) error
}

// Checkout charges and settles.
type Checkout struct {
	Book  Book
	PSP   Charger
	Clock clock.Clock
	// FirstLook is how old an attempt must be before reconciliation may judge it: longer than the function that began
	// it can live, or a charge still on its way would be taken for none.
	FirstLook time.Duration
}

// Ticket is what the Idempotency-Key of a checkout remembers; the answer is derived from the payment it names.
type Ticket struct {
	PaymentID id.Payment `json:"paymentId"`
}

// Begin records the intent to charge. Nothing is asked of the PSP yet.
func (c Checkout) Begin(ctx context.Context, use *once.Use, p Payment, cartVersion int64) (Payment, error) {
	now := c.Clock.Now()
	p.ID = id.New[id.Payment](id.PaymentPrefix, now)
	p.OrderID = id.Swap[id.Order](p.ID, id.PaymentPrefix, id.OrderPrefix)
	p.Subscriptions = []id.Subscription{} // none is an empty list in events and answers, never null
	for range lineitem.Subscriptions(p.Lines) {
		p.Subscriptions = append(p.Subscriptions, id.New[id.Subscription](id.SubscriptionPrefix, now))
	}
	p.State, p.InitiatedAt, p.Correlation = Pending, now, event.TraceOf(ctx).Correlation
	if err := use.Answer(Ticket{PaymentID: p.ID}); err != nil {
		return p, err
	}
	e := event.New(ctx, p.Tenant, now, event.PaymentInitiated{PaymentID: p.ID, CustomerID: p.Customer, OrderID: p.OrderID, CartID: p.CartID, Settles: true, Amount: p.Amount})
	return p, c.Book.Begin(ctx, use, p, cartVersion, e)
}

// Drive carries a pending attempt as far as it goes now: charge, or learn of the charge made before, then settle. begun
// tells that the caller has just begun the attempt, so that there can be no charge yet. It is safe to call at any time
// and any number of times.
func (c Checkout) Drive(ctx context.Context, p Payment, begun bool) (Payment, Charge, error) {
	if p.State != Pending {
		return p, Charge{}, nil
	}
	charge, err := Charge{State: ChargeNone}, error(nil)
	if !begun { // the PSP may have charged and its answer be lost, even behind a stored error under the same key
		charge, err = c.PSP.Find(ctx, p)
	}
	if err == nil && charge.State == ChargeNone {
		charge, err = c.PSP.Charge(ctx, p)
	}
	switch {
	case errors.Is(err, ErrPSPUnavailable) && begun && !p.patient():
		return c.unreached(ctx, p, err)
	case errors.Is(err, ErrPSPUnavailable), errors.Is(err, ErrUnanswered):
		return p, Charge{}, ErrUnsettled.Because(err)
	case err != nil: // refused as a request: nothing was charged, and asking again cannot help
		slog.ErrorContext(ctx, "the PSP refuses the charge", "paymentId", p.ID, "error", err.Error())
		return c.fail(ctx, p, Charge{}, ProcessingError)
	}
	return c.Settle(ctx, p, charge)
}

// unreached ends an attempt that never reached the PSP. Somebody who joined it may have had better luck; then their
// charge is refunded or completes it, whichever is written first.
func (c Checkout) unreached(ctx context.Context, p Payment, cause error) (Payment, Charge, error) {
	failed, _, err := c.fail(ctx, p, Charge{}, NotCharged)
	if err != nil {
		return p, Charge{}, ErrUnsettled.Because(err)
	}
	if failed.State != Failed {
		return failed, Charge{}, nil // somebody else's call did reach it
	}
	return failed, Charge{}, ErrPSPUnavailable.Because(cause)
}

// Settle records what the PSP says of an attempt. All who learn something come here: the checkout's own answer, the
// browser's return, the webhook, reconciliation.
func (c Checkout) Settle(ctx context.Context, p Payment, charge Charge) (Payment, Charge, error) {
	ctx = causedBy(ctx, p.Correlation, string(p.ID))
	switch p.State {
	case Succeeded, Refunded:
		if charge.State == ChargeSucceeded && charge.ID != p.ChargeID { // the key makes this all but impossible
			slog.ErrorContext(ctx, "second charge of one payment", "paymentId", p.ID, "charge", charge.ID)
			return p, charge, c.PSP.Refund(ctx, p, charge)
		}
		return p, charge, nil
	case Failed:
		if charge.State == ChargeSucceeded {
			return c.giveBack(ctx, p, charge, LatePayment)
		}
		return p, charge, nil
	}
	switch charge.State {
	case ChargeSucceeded:
		return c.complete(ctx, p, charge)
	case ChargeUnauthorised:
		return c.authenticate(ctx, p, charge)
	case ChargeAuthenticating:
		return c.note(ctx, p, charge)
	case ChargeDeclined, ChargeCancelled:
		return c.fail(ctx, p, charge, charge.Reason)
	case ChargeNone:
		return c.fail(ctx, p, charge, NotCharged)
	}
	return p, charge, nil // processing: somebody will tell
}

func (c Checkout) complete(ctx context.Context, p Payment, charge Charge) (Payment, Charge, error) {
	if charge.Amount != p.Amount {
		return c.unassigned(ctx, p, charge)
	}
	next := p
	next.State, next.ChargeID, next.SettledAt, next.CapturedAt, next.Parked = Succeeded, charge.ID, c.Clock.Now(), charge.At, false
	err := c.Book.Complete(ctx, next)
	var unwanted *UnwantedError
	if errors.As(err, &unwanted) {
		return c.giveBack(ctx, p, charge, unwanted.Reason)
	}
	return c.moved(ctx, next, charge, err)
}

// unassigned parks an attempt for which the PSP took another amount than was asked for: it pays nothing, and an operator
// decides. Told again, the book answers ErrMoved: the charge is booked. That p is parked does not say so; it may be for
// another reason.
func (c Checkout) unassigned(ctx context.Context, p Payment, charge Charge) (Payment, Charge, error) {
	slog.ErrorContext(ctx, "captured amount differs", "paymentId", p.ID, "want", p.Amount.String(), "got", charge.Amount.String())
	next := p
	next.ChargeID, next.Parked = charge.ID, true
	e := event.New(ctx, p.Tenant, c.Clock.Now(), event.PaymentParked{PaymentID: p.ID, CustomerID: p.Customer, OrderID: p.OrderID, InvoiceID: p.invoice(), Since: p.InitiatedAt,
		Reason: AmountDiffers, Captured: &charge.Amount})
	return c.moved(ctx, next, charge, c.Book.Unassigned(ctx, next, charge.Amount, e))
}

func (c Checkout) fail(ctx context.Context, p Payment, charge Charge, reason Reason) (Payment, Charge, error) {
	next := p
	next.State, next.Reason, next.SettledAt, next.Parked = Failed, reason, c.Clock.Now(), false
	if charge.ID != "" {
		next.ChargeID = charge.ID
	}
	e := event.New(ctx, p.Tenant, next.SettledAt, event.PaymentFailed{PaymentID: p.ID, CustomerID: p.Customer, OrderID: p.OrderID, InvoiceID: p.invoice(), CartID: p.CartID, SignupID: p.Signup, Amount: p.Amount,
		Reason: string(reason)})
	return c.moved(ctx, next, charge, c.Book.Fail(ctx, next, e))
}

// authenticate sends the customer to their bank for a charge that needs them.
func (c Checkout) authenticate(ctx context.Context, p Payment, charge Charge) (Payment, Charge, error) {
	if p.ReturnURL == "" {
		return c.fail(ctx, p, charge, AuthenticationFailed)
	}
	asked, err := c.PSP.Authenticate(ctx, p, charge)
	if err != nil {
		return p, charge, ErrUnsettled.Because(err)
	}
	if asked.State == ChargeUnauthorised {
		return c.fail(ctx, p, asked, AuthenticationFailed)
	}
	return c.Settle(ctx, p, asked)
}

// note remembers the charge and that the customer was sent to authenticate it; past the window it is given up.
func (c Checkout) note(ctx context.Context, p Payment, charge Charge) (Payment, Charge, error) {
	if c.Clock.Now().After(p.InitiatedAt.Add(AuthenticationWindow)) {
		return c.Abandon(ctx, p, charge)
	}
	if p.ChargeID == charge.ID && p.Redirected {
		return p, charge, nil
	}
	next := p
	next.ChargeID, next.Redirected = charge.ID, true
	return c.moved(ctx, next, charge, c.Book.Note(ctx, next))
}

// Abandon cancels a charge that waits for the customer, and ends the attempt; when the money came first, it succeeds.
func (c Checkout) Abandon(ctx context.Context, p Payment, charge Charge) (Payment, Charge, error) {
	ended, err := c.PSP.Cancel(ctx, p, charge)
	switch {
	case err != nil:
		return p, charge, ErrUnsettled.Because(err)
	case ended.State == ChargeSucceeded:
		return c.complete(ctx, p, ended)
	case ended.State == ChargeCancelled:
		return c.fail(ctx, p, ended, Abandoned)
	}
	return p, ended, ErrUnsettled
}

// giveBack refunds money that cannot pay what it was meant for: the attempt had ended and the cart may have been paid
// anew, or the order is cancelled, expired or paid otherwise.
func (c Checkout) giveBack(ctx context.Context, p Payment, charge Charge, why Unwanted) (Payment, Charge, error) {
	if err := c.PSP.Refund(ctx, p, charge); err != nil {
		return p, charge, ErrUnsettled.Because(err)
	}
	next := p
	next.State, next.ChargeID, next.SettledAt, next.Parked = Refunded, charge.ID, c.Clock.Now(), false
	e := event.New(ctx, p.Tenant, next.SettledAt, event.PaymentRefunded{PaymentID: p.ID, CustomerID: p.Customer, OrderID: p.OrderID, InvoiceID: p.invoice(), SignupID: p.Signup, Amount: charge.Amount,
		Reason: string(why)})
	return c.moved(ctx, next, charge, c.Book.Refunded(ctx, next, p.State, GivenBack{Amount: charge.Amount, Why: why}, e))
}

// moved gives the written state, or what somebody else wrote first. If the charge took money that this does not account
// for (it failed, or another charge paid), the money is given back.
func (c Checkout) moved(ctx context.Context, next Payment, charge Charge, err error) (Payment, Charge, error) {
	if err == nil {
		return next, charge, nil
	}
	if !errors.Is(err, ErrMoved) {
		return next, charge, err
	}
	now, err := c.Book.Payment(ctx, next.Tenant, next.ID)
	if err != nil {
		return next, charge, err
	}
	if now.State != Pending && charge.State == ChargeSucceeded {
		return c.Settle(ctx, now, charge)
	}
	return now, charge, nil
}

// Notified settles what a webhook tells of. Webhooks come late and out of order, so only success is taken from them;
// anything else is asked for again. What still needs the customer is left to the checkout.
func (c Checkout) Notified(ctx context.Context, told Charge) error {
	p, err := c.Book.Payment(ctx, told.Tenant, told.PaymentID)
	if errors.Is(err, ErrUnknownPay) {
		slog.WarnContext(ctx, "webhook of an unknown payment", "paymentId", told.PaymentID, "charge", told.ID)
		return nil // another system's, or forged metadata: nothing of ours to settle
	}
	if err != nil || p.State != Pending && told.State != ChargeSucceeded {
		return err
	}
	if told.State != ChargeSucceeded {
		if told.ID != "" {
			p.ChargeID = told.ID
		}
		if told, err = c.PSP.Find(ctx, p); err != nil {
			return ErrUnsettled.Because(err)
		}
		switch told.State {
		case ChargeUnauthorised, ChargeAuthenticating, ChargeProcessing, ChargeOpen:
			return nil
		}
	}
	_, _, err = c.Settle(ctx, p, told)
	return err
}

// Why a payment is parked.
const (
	NotSettled    = "not_settled"    // the PSP did not say what became of it
	AmountDiffers = "amount_differs" // it took another amount than was asked for

	RefundNotPossible = "refund_failed" // it could not give back what was not wanted
)

// Park marks an attempt that cannot be settled by itself, for an operator.
func (c Checkout) Park(ctx context.Context, p Payment) (Payment, error) {
	if p.Parked || p.State != Pending {
		return p, nil
	}
	ctx = causedBy(ctx, p.Correlation, string(p.ID))
	p.Parked = true
	e := event.New(ctx, p.Tenant, c.Clock.Now(), event.PaymentParked{PaymentID: p.ID, CustomerID: p.Customer, OrderID: p.OrderID, InvoiceID: p.invoice(), Since: p.InitiatedAt,
		Reason: NotSettled})
	return p, c.Book.Note(ctx, p, e)
}

// Reconcile asks the PSP about a pending attempt and settles it; for the settlement machine, and for staff who do not wait for it.
func (c Checkout) Reconcile(ctx context.Context, tenant id.Tenant, pay id.Payment) (Payment, error) {
	p, err := c.Book.Payment(ctx, tenant, pay)
	if err != nil || p.State != Pending || c.Clock.Now().Before(p.InitiatedAt.Add(c.FirstLook)) {
		return p, err
	}
	charge, err := c.PSP.Find(ctx, p)
	if err != nil {
		return p, ErrUnsettled.Because(err)
	}
	if charge.State == ChargeUnauthorised { // its function ended before it could send the customer: give it up
		charge.State, charge.Reason = ChargeDeclined, AuthenticationFailed
	}
	p, _, err = c.Settle(ctx, p, charge)
	return p, err
}
