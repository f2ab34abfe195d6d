package main

// floor is the least work that can do an operation's job, and why it cannot be less.
type floor struct {
	aws, psp    float64
	read, write float64 // capacity units; a row written in a transaction costs 2, and at the floor each is below 1 KB
	why         string
}

func (f floor) calls() float64 { return f.aws + f.psp }
func (f floor) units() float64 { return f.read + f.write }

// floors of all operations that are measured, by the name in the table. The bars give those of a read, a
// purchase and a webhook; the others follow from what the operation must leave behind.
var floors = map[string]floor{
	"queryIfUserNameExists": {aws: 2, read: 1, write: 1,
		why: "the caller's budget is one counter; the name is read consistently, or a name just taken would look free"},
	"registerCustomer": {aws: 1, write: 8,
		why: "one transaction: username, customer, outbox, Idempotency-Key"},
	"getCatalogue": {aws: 1, read: 0.5,
		why: "one page, eventually consistent"},
	"createPaymentMethod, the first": {aws: 2, psp: 2, read: 1, write: 6,
		why: "has the PSP a customer already? if not, make one; open the PSP's session; one transaction: method, PSP customer, Idempotency-Key"},
	"createPaymentMethod, another": {aws: 2, psp: 1, read: 1, write: 4,
		why: "read the PSP's customer; open the PSP's session; one transaction: method and Idempotency-Key"},
	"confirmPaymentMethod": {aws: 2, psp: 1, read: 1, write: 4,
		why: "read the method; ask the PSP, because the browser is no proof; one transaction: method and Idempotency-Key"},
	"confirmPaymentMethod, after the webhook": {aws: 2, read: 2,
		why: "read the method, which is confirmed already; only an answer without a write must look whether its key was used for something else"},
	"getPaymentMethod": {aws: 1, read: 1, why: "one's own row, consistent"},
	"addItemsToCart, a new cart": {aws: 2, read: 1, write: 4,
		why: "read the offer; one transaction: cart and Idempotency-Key"},
	"addItemsToCart, a cart there is": {aws: 2, read: 2, write: 4,
		why: "read the cart and the offer in one call; one transaction: cart and Idempotency-Key"},
	"getCart": {aws: 1, read: 1, why: "one's own row, consistent"},
	"removeItemFromCart": {aws: 2, read: 1, write: 1,
		why: "read the cart, write it on the condition that it is the same; it needs no key, so a plain write is enough"},
	"checkoutCart": {aws: 3, psp: 1, read: 1, write: 16,
		why: "the floor that the bars are set by: read, intent before the charge, charge, result after it"},
	"webhook payment_intent.succeeded, after the answer": {aws: 1, read: 1,
		why: "it reads that all is done"},
	"webhook payment_intent.succeeded, the answer was lost": {aws: 2, read: 1, write: 8,
		why: "the floor that the bars are set by: read the payment, settle it"},
	"webhook checkout.session.completed, before the confirm": {aws: 2, psp: 1, read: 1, write: 1,
		why: "read the method; the event lacks the card, so ask the PSP; write the method, which nothing else goes with"},
	"getOrder":          {aws: 1, read: 1, why: "one's own row, consistent"},
	"getSubscription":   {aws: 1, read: 1, why: "one's own row, consistent"},
	"listSubscriptions": {aws: 1, read: 0.5, why: "one page, eventually consistent"},
	"outbox-relay, a payment begun": {aws: 2, write: 1,
		why: "put on the bus, remove the row"},
	"outbox-relay, an order paid": {aws: 2, write: 1,
		why: "the same: all events of one transaction are one row, and three events fit into 1 KB when they are compressed"},
	"on-delivery": {aws: 2, read: 2, write: 8,
		why: "read order and subscription in one call; one transaction: event handled, order, subscription, outbox"},
	"on-notifications": {aws: 4, read: 1, write: 2,
		why: "read the customer, claim the event, send the mail, mark it sent: a mail cannot be part of a transaction"},
	"on-settlement, settled meanwhile": {aws: 1, read: 1,
		why: "read the payment: nothing to do"},
	"on-settlement, still pending": {aws: 2, read: 1,
		why: "read the payment, start the machine"},
}
