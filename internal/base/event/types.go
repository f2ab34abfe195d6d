package event

import (
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// The event types. Who produces and consumes each is in schemas/README.md.
const (
	TypeCustomerRegistered Type = "customer.registered"
	TypePaymentInitiated   Type = "payment.initiated"
	TypePaymentSucceeded   Type = "payment.succeeded"
	TypePaymentFailed      Type = "payment.failed"
	TypePaymentRefunded    Type = "payment.refunded"
	TypePaymentParked      Type = "payment.parked"
	TypeContractSigned     Type = "contract.signed"
	TypeOrderCreated       Type = "order.created"
	TypeOrderPaid          Type = "order.paid"
	TypeOrderDelivered     Type = "order.delivered"
	TypeOrderCancelled     Type = "order.cancelled"
	TypeTimerDue           Type = "timer.due"
	TypeClockAdvanced      Type = "clock.advanced"
)

// CustomerRegistered is the CRM event of a new customer. It names the customer and carries no contact data: a CRM
// that needs it reads it, so that erasing a customer need not chase events.
type CustomerRegistered struct {
	CustomerID id.Customer `json:"customerId"`
	Country    string      `json:"country"`
	Marketing  bool        `json:"marketingConsent"`
}

// EventType of CustomerRegistered.
func (CustomerRegistered) EventType() (Type, int) { return TypeCustomerRegistered, 1 }

// PaymentInitiated announces that a charge is about to be tried. Settlement looks at it again later, so that a charge
// whose answer is lost is found.
type PaymentInitiated struct {
	PaymentID  id.Payment   `json:"paymentId"`
	CustomerID id.Customer  `json:"customerId"`
	OrderID    id.Order     `json:"orderId,omitempty"`   // empty when it is for an invoice
	InvoiceID  id.Invoice   `json:"invoiceId,omitempty"` // empty when it is for a cart or an order
	CartID     id.Cart      `json:"cartId,omitempty"`    // when a cart is checked out
	Settles    bool         `json:"settles,omitempty"`   // when it is charged without the PSP's page: settlement is for those
	Amount     money.Amount `json:"amount"`
}

// EventType of PaymentInitiated.
func (PaymentInitiated) EventType() (Type, int) { return TypePaymentInitiated, 1 }

// PaymentSucceeded says that the money was captured.
type PaymentSucceeded struct {
	PaymentID  id.Payment   `json:"paymentId"`
	CustomerID id.Customer  `json:"customerId"`
	OrderID    id.Order     `json:"orderId,omitempty"`   // empty when it is for an invoice
	InvoiceID  id.Invoice   `json:"invoiceId,omitempty"` // empty when it is for a cart or an order
	Amount     money.Amount `json:"amount"`
}

// EventType of PaymentSucceeded.
func (PaymentSucceeded) EventType() (Type, int) { return TypePaymentSucceeded, 1 }

// PaymentFailed says that an attempt ended without money.
type PaymentFailed struct {
	PaymentID  id.Payment   `json:"paymentId"`
	CustomerID id.Customer  `json:"customerId"`
	OrderID    id.Order     `json:"orderId,omitempty"`   // empty when it is for an invoice
	InvoiceID  id.Invoice   `json:"invoiceId,omitempty"` // empty when it is for a cart or an order
	CartID     id.Cart      `json:"cartId,omitempty"`
	SignupID   id.Signup    `json:"signupId,omitempty"` // whose contract was to be paid
	Amount     money.Amount `json:"amount"`
	Reason     string       `json:"reason"` // a payment.Reason
}

// EventType of PaymentFailed.
func (PaymentFailed) EventType() (Type, int) { return TypePaymentFailed, 1 }

// PaymentRefunded says that money which was not, or no longer, wanted was given back. The customer is told.
type PaymentRefunded struct {
	PaymentID  id.Payment   `json:"paymentId"`
	CustomerID id.Customer  `json:"customerId"`
	OrderID    id.Order     `json:"orderId,omitempty"`   // empty when it is for an invoice
	InvoiceID  id.Invoice   `json:"invoiceId,omitempty"` // empty when it is for a cart or an order
	SignupID   id.Signup    `json:"signupId,omitempty"`  // whose contract was to be paid
	Amount     money.Amount `json:"amount"`
	Reason     string       `json:"reason"` // a payment.Unwanted
}

// EventType of PaymentRefunded.
func (PaymentRefunded) EventType() (Type, int) { return TypePaymentRefunded, 1 }

// PaymentParked says that a payment could not be settled by itself and waits for an operator.
type PaymentParked struct {
	PaymentID  id.Payment    `json:"paymentId"`
	CustomerID id.Customer   `json:"customerId"`
	OrderID    id.Order      `json:"orderId,omitempty"`   // empty when it is for an invoice
	InvoiceID  id.Invoice    `json:"invoiceId,omitempty"` // empty when it is for a cart or an order
	Since      time.Time     `json:"since"`
	Reason     string        `json:"reason"`             // not_settled, amount_differs or refund_failed
	Captured   *money.Amount `json:"captured,omitempty"` // what the PSP has taken, when that is why
}

// EventType of PaymentParked.
func (PaymentParked) EventType() (Type, int) { return TypePaymentParked, 1 }

// SignedContract is one subscription of a contract.
type SignedContract struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	ItemID         id.Item         `json:"itemId"`
	Price          money.Amount    `json:"price"`
	BillingPeriod  string          `json:"billingPeriod"`
}

// ContractSigned says that the customer is bound to the subscriptions of one order; or, with a signup, to another plan of one of them.
type ContractSigned struct {
	CustomerID    id.Customer      `json:"customerId"`
	OrderID       id.Order         `json:"orderId"`
	SignupID      id.Signup        `json:"signupId,omitempty"` // that it came of
	Subscriptions []SignedContract `json:"subscriptions"`
}

// EventType of ContractSigned.
func (ContractSigned) EventType() (Type, int) { return TypeContractSigned, 1 }

// OrderCreated says that a customer ordered; the amount is locked. Nothing is paid yet.
type OrderCreated struct {
	OrderID    id.Order        `json:"orderId"`
	CustomerID id.Customer     `json:"customerId"`
	Lines      []lineitem.Line `json:"lines"`
	Total      money.Amount    `json:"total"` // to pay, after the discount
	Coupon     id.Coupon       `json:"coupon,omitempty"`
	Discount   *money.Amount   `json:"discount,omitempty"`
}

// EventType of OrderCreated.
func (OrderCreated) EventType() (Type, int) { return TypeOrderCreated, 1 }

// OrderPaid asks for delivery and for the receipt.
type OrderPaid struct {
	OrderID       id.Order            `json:"orderId"`
	CustomerID    id.Customer         `json:"customerId"`
	PaymentID     id.Payment          `json:"paymentId,omitempty"` // none when there was nothing to pay
	Total         money.Amount        `json:"total"`
	Coupon        id.Coupon           `json:"coupon,omitempty"`
	Discount      *money.Amount       `json:"discount,omitempty"`
	Lines         []lineitem.Line     `json:"lines"`
	Subscriptions []id.Subscription   `json:"subscriptions"`
	PaidWith      string              `json:"paidWith"`               // for people: brand and last four digits, or the wallet
	First         *lineitem.Charge    `json:"first,omitempty"`        // what is charged of the first period, when it is less than a whole one
	Exempt        *lineitem.Exemption `json:"taxExemption,omitempty"` // why there is no tax in the prices
}

// EventType of OrderPaid.
func (OrderPaid) EventType() (Type, int) { return TypeOrderPaid, 1 }

// OrderDelivered says that everything bought is active.
type OrderDelivered struct {
	OrderID       id.Order          `json:"orderId"`
	CustomerID    id.Customer       `json:"customerId"`
	Subscriptions []id.Subscription `json:"subscriptions"`
}

// EventType of OrderDelivered.
func (OrderDelivered) EventType() (Type, int) { return TypeOrderDelivered, 1 }

// OrderCancelled says that an unpaid order will never be paid.
type OrderCancelled struct {
	OrderID    id.Order    `json:"orderId"`
	CustomerID id.Customer `json:"customerId"`
	By         string      `json:"by"` // an order.Canceller
}

// EventType of OrderCancelled.
func (OrderCancelled) EventType() (Type, int) { return TypeOrderCancelled, 1 }

// TimerDue says that it is time for something. It may come several times; who does it looks at how things stand.
type TimerDue struct {
	Kind       string      `json:"kind"` // a timer.Kind
	CustomerID id.Customer `json:"customerId"`
	Subject    string      `json:"subject"` // what it is about: an order's id, …
	Due        time.Time   `json:"due"`
}

// EventType of TimerDue.
func (TimerDue) EventType() (Type, int) { return TypeTimerDue, 1 }

// ClockAdvanced asks for what a test clock's customers have due until its new time.
type ClockAdvanced struct {
	TestClockID id.TestClock `json:"testClockId"`
	To          time.Time    `json:"to"`
}

// EventType of ClockAdvanced.
func (ClockAdvanced) EventType() (Type, int) { return TypeClockAdvanced, 1 }
