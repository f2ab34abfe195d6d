package payment

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// PSP is the payment service provider, in the few things a purchase needs of it. A refused card is an answer, not an
// error. Errors are ErrPSPUnavailable (nothing was done) or ErrUnanswered (it may have been done), or a defect.
type PSP interface {
	SetupProvider
	Charger
	PageProvider
}

// ErrUnanswered marks a call whose effect is unknown: time-out, connection lost, a 5xx.
var ErrUnanswered = errors.New("payment: the PSP did not answer")

// SetupProvider sets up payment methods on the PSP's own page.
type SetupProvider interface {
	// CreateCustomer makes the PSP's customer object for ours; repeated calls give the same one.
	CreateCustomer(ctx context.Context, tenant id.Tenant, customer id.Customer) (pspCustomer string, err error)
	// StartSetup opens a session in which the customer enters a card and authenticates (3-D Secure) for later
	// charges without them. The reference in the request makes repeated calls give the same session.
	StartSetup(ctx context.Context, r SetupRequest) (SetupSession, error)
	// Setup reads how a session stands.
	Setup(ctx context.Context, session string) (SetupSession, error)
}

// PageProvider takes a payment on the PSP's own page, where the customer is present. What becomes of it is read, ended and
// given back by the Charger, which finds it by the payment's SessionID.
type PageProvider interface {
	// StartPage opens a page for exactly the amount of the payment. The payment id makes repeated calls give the same page.
	StartPage(ctx context.Context, r PageRequest) (Page, error)
}

// PageRequest opens a page.
type PageRequest struct {
	Payment     Payment // its tenant, id, customer, order and amount
	Description string  // what the customer sees next to the amount
	ReturnURL   string  // where the customer comes back to after paying
	CancelURL   string  // and where without
	Expires     time.Time
	Language    string
}

// Page is where a customer pays.
type Page struct {
	SessionID string
	URL       string
	ExpiresAt time.Time
}

// Charger takes money from a saved method, and looks after what any attempt came to.
type Charger interface {
	// Charge takes the amount without the customer present. The payment id makes repeated calls one charge.
	Charge(ctx context.Context, p Payment) (Charge, error)
	// Authenticate asks for the customer's authentication of a charge refused for the lack of it.
	Authenticate(ctx context.Context, p Payment, charge Charge) (Charge, error)
	// Find looks for the charge of a payment whose answer was lost. ChargeNone means there is none.
	Find(ctx context.Context, p Payment) (Charge, error)
	// Cancel ends a charge that has not taken money; one that has is answered as it is.
	Cancel(ctx context.Context, p Payment, charge Charge) (Charge, error)
	// Refund gives the whole charge back; repeated calls give it back once.
	Refund(ctx context.Context, p Payment, charge Charge) error
}

// SetupRequest opens a setup session.
type SetupRequest struct {
	Tenant      id.Tenant
	Customer    id.Customer
	Reference   id.Reference
	PSPCustomer string
	ReturnURL   string // where the customer comes back to
	CancelURL   string
	Expires     time.Time
	Language    string
}

// SetupSession is how a setup session stands at the PSP.
type SetupSession struct {
	ID        string
	URL       string // the PSP's page
	Tenant    id.Tenant
	Customer  id.Customer
	Reference id.Reference
	State     SetupState
	Method    string // the PSP's id of the saved method, when Complete
	Card      Card
	ExpiresAt time.Time
}

// ErrSignature is answered to a webhook whose signature does not verify, whatever the reason.
var ErrSignature = fault.New(fault.Unauthenticated, "signature_invalid", "The signature is not valid.", "operator")

// Notice is what a webhook of the PSP tells, as far as we act on it: of a setup session, of a charge, of a refund, of a
// dispute, of a saved card, or of none of them.
type Notice struct {
	EventID string
	Type    string
	Setup   *SetupSession
	Charge  *Charge
	Refund  *Refund
	Dispute *Dispute
	Card    string // the PSP's id of a saved card that its bank has changed
}

// Refund is how a refund stands at the PSP. It may fail days after it was taken; then the money is back with us.
type Refund struct {
	ID        string     // the PSP's id
	RefundID  id.Refund  // of a refund of an invoice
	PaymentID id.Payment // empty when it was not we who asked for it
	Tenant    id.Tenant
	State     RefundState
	Amount    money.Amount
	Why       string // it failed, in the PSP's words
}

// Part is a part of a charge that is to be given back.
type Part struct {
	Tenant   id.Tenant
	Refund   id.Refund
	Payment  id.Payment
	ChargeID string
	Amount   money.Amount
}

// Refunder gives parts of charges back.
type Refunder interface {
	// RefundPart gives a part back; the ids of the refund and the payment make repeated calls give it back once. A refusal is a refund that
	// failed. Errors are ErrPSPUnavailable or ErrUnanswered, or a defect.
	RefundPart(ctx context.Context, part Part) (Refund, error)
}

// RefundState of a refund.
type RefundState string

// The states.
const (
	RefundPending   RefundState = "pending"
	RefundSucceeded RefundState = "succeeded"
	RefundFailed    RefundState = "failed"
)

// Dispute is how a dispute stands: the customer's bank has taken the money of a charge back, and a dispute that is won gives it back.
type Dispute struct {
	ID       string // the PSP's id
	ChargeID string // the PSP's id of the payment's charge
	State    DisputeState
	Amount   money.Amount
	Reason   string // the bank's class of it, for staff
}

// DisputeState of a dispute.
type DisputeState string

// The states.
const (
	DisputeOpen DisputeState = "open"
	DisputeWon  DisputeState = "won"
	DisputeLost DisputeState = "lost"
)

// SetupState of a session.
type SetupState string

// The states. Failed is an open session whose last authentication failed; the customer may still try again in it.
const (
	SetupOpen     SetupState = "open"
	SetupFailed   SetupState = "failed"
	SetupComplete SetupState = "complete"
	SetupExpired  SetupState = "expired"
)

// ChargeState of a charge at the PSP.
type ChargeState string

// The states.
const (
	ChargeNone           ChargeState = "none"
	ChargeSucceeded      ChargeState = "succeeded"
	ChargeDeclined       ChargeState = "declined"
	ChargeUnauthorised   ChargeState = "authentication_required" // refused: needs the customer
	ChargeAuthenticating ChargeState = "authenticating"          // the customer is asked
	ChargeProcessing     ChargeState = "processing"
	ChargeOpen           ChargeState = "open" // the PSP's page is open; the customer may still pay, or try again
	ChargeCancelled      ChargeState = "cancelled"
)

// Charge is how a charge stands at the PSP.
type Charge struct {
	ID          string // the PSP's id
	State       ChargeState
	Amount      money.Amount // captured, when Succeeded
	Reason      Reason       // when Declined
	RedirectURL string       // where the customer authenticates, when Authenticating
	Tenant      id.Tenant
	PaymentID   id.Payment
	At          time.Time // when the money was captured, by the PSP's clock; zero when it is not known
}

// Reason is the class of a refusal that a customer may be told. Whether a card was reported lost or stolen is not
// told (the PSP's own advice).
type Reason string

// The reasons.
const (
	InsufficientFunds    Reason = "insufficient_funds"
	CardExpired          Reason = "card_expired"
	CardDeclined         Reason = "card_declined"
	AuthenticationFailed Reason = "authentication_failed"
	ProcessingError      Reason = "processing_error"
	NotCharged           Reason = "not_charged" // the PSP never got to it
	Abandoned            Reason = "authentication_abandoned"
	NoMethod             Reason = "no_payment_method" // there is nothing to charge
	ChargedBack          Reason = "charged_back"      // it was paid, and the customer's bank took it back
)
