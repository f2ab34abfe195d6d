package reference

import "strings"

// rule is one convention of the whole API, for the document and for the page. Texts use `code` and nothing else.
type rule struct{ Title, Text string }

const introduction = "Subscription commerce and the customer journey for fibre and streaming providers, from sign-up to turn-up."

var rules = []rule{
	{"Signing in", "`login` answers an access token, good for 15 minutes, and a refresh token for the next one; `registerCustomer` answers an access token for an hour. Send it as `Authorization: Bearer <accessToken>` with every operation that needs one. " +
		"Without a valid one the answer is 401. While a mail address is not confirmed, or a profile is missing, most operations answer 403 `email_unverified` or `profile_missing`; refresh the session when that is done. " +
		"Staff sign in the same way; their tokens hold roles, and without the role that an operation needs the answer is 403. Operations below `/admin` are for staff only; those of customers' own data, as `getCustomer`, are for both: customers reach what is theirs, staff with one of the roles reach all. " +
		"The operator's own equipment has keys instead, in `X-Api-Key`; a missing or wrong one is 403 `machine_key_invalid`."},
	{"Idempotency keys", "Every POST needs the header `Idempotency-Key`, but for what third parties and equipment send: 1 to 200 visible characters, best a new UUID for each purpose. " +
		"After a time-out or a 5xx send the same request with the same key: the work is done once, and the repetition is answered as the first time was. " +
		"The same key with another body is refused with 422. Keys are remembered for 48 hours."},
	{"Errors", "Every error is `application/problem+json` (RFC 9457) with a stable `code`, a `detail` fit to show to the customer, and a `requestId`. " +
		"`fields` names what is wrong in the request; `details` holds facts to act on. Act on the code, never on the text. " +
		"Values you sent are not repeated."},
	{"Trying again", "429 and 503 carry `Retry-After` in seconds. A 500 may be repeated too, with the same `Idempotency-Key`. Other errors stay what they are until something changes."},
	{"Request and correlation ids", "Every answer carries `X-Request-Id`, which names the request, and `X-Correlation-Id`, which names the journey. " +
		"Send your own `X-Correlation-Id` (8 to 64 letters, digits, `.`, `_` or `-`) with all requests of one customer's journey to find them together in logs and events."},
	{"Pages", "Lists take `limit` and `cursor`. While an answer has `nextCursor` there may be more: send it as `cursor`. A page may hold fewer than `limit`. Cursors have no meaning of their own."},
	{"Changing what others may have changed", "Carts, plans, customers and their access, staff, locations, webhook endpoints and tickets have an `ETag`, and tickets have one for staff. Send it as `If-Match` with a change: if somebody was faster, the answer is 412 and nothing is changed."},
	{"Money and time", "Amounts are whole minor units with their currency: 1299 EUR is 12.99 €. Times are UTC (RFC 3339), countries ISO 3166-1 alpha-2, periods ISO 8601 durations."},
	{"What may grow", "New operations, new optional fields and new codes may come within a version. Unknown fields and unknown query parameters in a request are refused."},
}

// card is a test card as Stripe publishes it; the local PSP sandbox plays the same.
type card struct{ Number, Effect string }

var cards = []card{
	{"4242 4242 4242 4242", "Saved at once; charges succeed"},
	{"4000 0025 0000 3155", "Asks for 3-D Secure when saved; charges succeed afterwards"},
	{"4000 0027 6000 3184", "Asks for 3-D Secure when saved and at every charge: checkoutCart answers redirect_required"},
	{"4000 0082 6000 3178", "Asks for 3-D Secure when saved; charges are declined: insufficient funds"},
	{"4000 0000 0000 0341", "Saved at once; charges are declined"},
	{"4000 0000 0000 0002", "Declined already when it is to be saved"},
}

const cardNote = "Any expiry in the future and any three digits as CVC. They work with the PSP's test mode and with the local sandbox; no money moves."

// service is a group of operations: the OpenAPI tag.
type service struct{ Name, Text string }

// groups are in the order in which a customer meets them.
var groups = []service{
	{"customer registration", "Is a username free, and a new customer with a session."},
	{"authentication", "Registering with a mail address, confirming it, signing in and keeping a session going, a new password."},
	{"account", "The account of who is signed in: its sessions, password, mail address and second factor."},
	{"customer", "The profile that makes an account a customer, how far their journey is, and erasure. Staff see the list."},
	{"catalogue", "What can be bought, where, at which price."},
	{"plan", "The plans a customer may have: those of their tier and their groups."},
	{"payment", "Setting up a payment method on the page of the payment service provider (PSP), and paying orders: there, or from the wallet. Card data never passes through this API."},
	{"cart", "Collecting items and buying them with a confirmed payment method."},
	{"qualification", "What can be had at an address, before anybody orders."},
	{"order", "Ordering plans and wallet top-ups, what became of a purchase, cancelling what is not paid."},
	{"subscription", "The customer's contracts and what they entitle to."},
	{"signup", "Changing a plan on the pages of a signup, where an existing customer's upgrade begins. For staff: what hangs, what became of each, and how flows and partner systems are set up. The pages themselves are for browsers and are not listed here."},
	{"invoice", "Invoices and credit notes, what is billed next, and paying. Staff reach all of them, and can withdraw and write off."},
	{"services", "What a customer's fibre lines run on: setting one up, how it is, finding out what is wrong with it, what was used. Staff reach all of them."},
	{"support", "Tickets: what a customer asks support, and what support answers. For both of them."},
	{"catalogue administration", "For staff: plans, and the tiers and groups they are for."},
	{"coupon administration", "For staff: what coupons are worth, for whom, and how often they were used."},
	{"order administration", "For staff: a customer's orders, and cancelling unpaid ones."},
	{"customer administration", "For staff: which tier and groups a customer has, what happened to them, and help with their account."},
	{"staff administration", "For administrators: who is of the staff, with which roles."},
	{"time", "For staff: what will happen to a customer next and, in sandboxes, test clocks that make it happen sooner."},
	{"wallet", "The customer's prepaid money: what there is, and what moved it. Staff can move it by hand."},
	{"billing", "How the tenant bills, and giving back what was paid for invoices."},
	{"network", "For network operations: suspending, resuming and ending services, what waits for a human, and which homes the network reaches."},
	{"mails", "For staff: what was mailed about an account and what became of it, and how each mail looks."},
	{"partner webhooks", "For administrators: the endpoints at which partners receive events, their secrets, what became of each delivery, and sending again. How a partner verifies and answers a message is in the guide for partners."},
	{"targets", "For staff: how the journey's own targets were met in a period, and how long its stages took."},
	{"operations", "For staff, across customers: finding one by whatever is known, what hangs and the action that helps, and who of the staff did what."},
	{"equipment", "What the operator's own equipment asks and tells: FreeRADIUS and the access network. With keys of their own; listed for completeness."},
	{"webhooks", "What third parties tell us. Not for integrators; listed for completeness."},
	{"reference", "This description, for machines and for people."},
}

// about is the description of the whole API, in Markdown.
func about() string {
	var b strings.Builder
	b.WriteString(introduction + "\n")
	for _, r := range rules {
		b.WriteString("\n## " + r.Title + "\n\n" + r.Text + "\n")
	}
	b.WriteString("\n## Test cards\n\n" + cardNote + "\n\n| Number | What happens |\n| --- | --- |\n")
	for _, c := range cards {
		b.WriteString("| " + c.Number + " | " + c.Effect + " |\n")
	}
	return b.String()
}
