package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"time"
)

// decline is how a card is refused.
type decline struct{ code, declineCode, message, param string }

var (
	declineGeneric = &decline{code: "card_declined", declineCode: "generic_decline", message: "Your card was declined."}
	declineFunds   = &decline{code: "card_declined", declineCode: "insufficient_funds", message: "Your card has insufficient funds."}
	declineLost    = &decline{code: "card_declined", declineCode: "lost_card", message: "Your card was declined."}
	declineStolen  = &decline{code: "card_declined", declineCode: "stolen_card", message: "Your card was declined."}
	declineExpired = &decline{code: "expired_card", declineCode: "expired_card", message: "Your card has expired."}
	declineCVC     = &decline{code: "incorrect_cvc", declineCode: "incorrect_cvc", message: "Your card's security code is incorrect."}
	declineProcess = &decline{code: "processing_error", declineCode: "processing_error",
		message: "An error occurred while processing your card. Try again in a little bit."}
	declineSCA = &decline{code: "authentication_required", declineCode: "authentication_required",
		message: "Your card was declined. This transaction requires authentication."}
	declineLive = &decline{code: "card_declined", declineCode: "test_mode_live_card", param: "number",
		message: "Your card was declined. Your request was in test mode, but used a non test card. " +
			"For a list of valid test cards, visit: https://stripe.com/docs/testing."}
	badNumber = &decline{code: "incorrect_number", message: "Your card number is incorrect.", param: "number"}
	badMonth  = &decline{code: "invalid_expiry_month", message: "Your card's expiration month is invalid.", param: "exp_month"}
	badYear   = &decline{code: "invalid_expiry_year", message: "Your card's expiration year is invalid.", param: "exp_year"}
	badCVC    = &decline{code: "invalid_cvc", message: "Your card's security code is invalid.", param: "cvc"}
)

// authRule says when a card asks its holder to authenticate (3-D Secure).
type authRule int

const (
	authNever       authRule = iota
	authUnlessSetUp          // at setup, and at a charge of a card that was not set up
	authOnSession            // at setup, and whenever the holder is present
	authAlways               // at setup and at every charge
)

// testCard is one of Stripe's public test cards and what it does here.
type testCard struct {
	token   string // the primary pm_card_… name; also the card's identity in the state
	aliases []string
	number  string
	brand   string
	funding string
	note    string
	auth    authRule
	setup   *decline // refusal when set up or attached
	charge  *decline // refusal when charged
	refund  string   // "fail": refunds fail later; "pending": they settle later
	dispute string   // why the holder's bank takes a charge back a while later
}

// declined is a card refused both at setup and at charge.
func declined(token, number string, d *decline, note string) testCard {
	short := strings.Replace(token, "pm_card_visa_", "pm_card_", 1)
	return testCard{token: token, aliases: []string{short}, number: number, setup: d, charge: d, note: note}
}

// testCards is https://docs.stripe.com/testing as far as it is played here.
var testCards = []testCard{
	{token: "pm_card_visa", number: "4242424242424242", note: "Succeeds"},
	{token: "pm_card_mastercard", number: "5555555555554444", brand: "mastercard", note: "Succeeds"},
	{token: "pm_card_visa_debit", number: "4000056655665556", funding: "debit", note: "Succeeds"},
	{token: "pm_card_mastercard_debit", number: "5200828282828210", brand: "mastercard", funding: "debit", note: "Succeeds"},
	{token: "pm_card_amex", number: "378282246310005", brand: "amex", note: "Succeeds"},
	{token: "pm_card_discover", number: "6011111111111117", brand: "discover", note: "Succeeds"},
	{token: "pm_card_authenticationRequiredOnSetup", number: "4000002500003155", auth: authUnlessSetUp,
		note: "Authentication at setup; later charges then succeed"},
	{token: "pm_card_authenticationRequired", number: "4000002760003184", auth: authAlways,
		note: "Authentication at setup and at every charge"},
	{token: "pm_card_threeDSecure2Required", number: "4000000000003220", auth: authOnSession,
		note: "Authentication whenever the holder is present"},
	{token: "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", number: "4000008260003178", auth: authUnlessSetUp,
		charge: declineFunds, note: "Authentication at setup; charges are declined: insufficient funds"},
	{token: "pm_card_chargeCustomerFail", number: "4000000000000341", charge: declineGeneric,
		note: "Setup succeeds; charges are declined"},
	declined("pm_card_visa_chargeDeclined", "4000000000000002", declineGeneric, "Declined"),
	declined("pm_card_visa_chargeDeclinedInsufficientFunds", "4000000000009995", declineFunds, "Declined: insufficient funds"),
	declined("pm_card_visa_chargeDeclinedLostCard", "4000000000009987", declineLost, "Declined: lost card"),
	declined("pm_card_visa_chargeDeclinedStolenCard", "4000000000009979", declineStolen, "Declined: stolen card"),
	declined("pm_card_visa_chargeDeclinedExpiredCard", "4000000000000069", declineExpired, "Declined: expired card"),
	declined("pm_card_visa_chargeDeclinedIncorrectCvc", "4000000000000127", declineCVC, "Declined: incorrect CVC"),
	declined("pm_card_visa_chargeDeclinedProcessingError", "4000000000000119", declineProcess, "Declined: processing error"),
	{token: "pm_card_refundFail", number: "4000000000005126", refund: "fail", note: "Succeeds; a refund fails later"},
	{token: "pm_card_pendingRefund", number: "4000000000007726", refund: "pending", note: "Succeeds; a refund stays pending for a while"},
	{token: "pm_card_createDispute", number: "4000000000000259", dispute: "fraudulent", note: "Succeeds; disputed as fraudulent a while later"},
	{token: "pm_card_createDisputeProductNotReceived", number: "4000000000002685", dispute: "product_not_received", note: "Succeeds; disputed as not received a while later"},
}

func (t *testCard) named(name string) bool {
	return t.token == name || slices.Contains(t.aliases, name)
}

// cardByName finds a card by pm_card_… or by the tok_… form of the same name.
func cardByName(name string) *testCard {
	if rest, ok := strings.CutPrefix(name, "tok_"); ok {
		name = "pm_card_" + rest
	}
	for i := range testCards {
		if testCards[i].named(name) {
			return &testCards[i]
		}
	}
	return nil
}

func cardByNumber(number string) *testCard {
	for i := range testCards {
		if testCards[i].number == number {
			return &testCards[i]
		}
	}
	return nil
}

// card is all that is kept of a card.
type card struct {
	Token    string `json:"token"` // which test card, hence which behaviour
	Brand    string `json:"brand"`
	Funding  string `json:"funding"`
	Last4    string `json:"last4"`
	ExpMonth int64  `json:"expMonth"`
	ExpYear  int64  `json:"expYear"`
	CVCCheck string `json:"cvcCheck,omitempty"`
	// SetUp is true once a holder's consent to later charges was recorded.
	SetUp bool `json:"setUp,omitempty"`
}

func (t *testCard) card(month, year int64) card {
	c := card{Token: t.token, Brand: t.brand, Funding: t.funding, Last4: t.number[len(t.number)-4:], ExpMonth: month, ExpYear: year}
	if c.Brand == "" {
		c.Brand = "visa"
	}
	if c.Funding == "" {
		c.Funding = "credit"
	}
	return c
}

func (c *card) behaviour() *testCard {
	if t := cardByName(c.Token); t != nil {
		return t
	}
	return &testCards[0]
}

// fingerprint is made of the test card's name, not its number, so that nothing
// stored is derived from card data.
func (c *card) fingerprint() string {
	sum := sha256.Sum256([]byte(c.Token))
	return strings.NewReplacer("-", "0", "_", "1").Replace(base64.RawURLEncoding.EncodeToString(sum[:12]))
}

// asks tells whether a charge asks the holder to authenticate.
func (c *card) asks(offSession bool) bool {
	switch c.behaviour().auth {
	case authAlways:
		return true
	case authOnSession:
		return !offSession || !c.SetUp
	case authUnlessSetUp:
		return !c.SetUp
	}
	return false
}

var (
	spaces   = strings.NewReplacer(" ", "", "-", "")
	digits   = regexp.MustCompile(`^[0-9]{12,19}$`)
	cvcShape = regexp.MustCompile(`^[0-9]{3,4}$`)
)

// readCard checks what was typed and forgets the number and the CVC.
func readCard(number string, month, year int64, cvc string, now time.Time) (card, *decline) {
	number = spaces.Replace(number)
	if !digits.MatchString(number) || !luhn(number) {
		return card{}, badNumber
	}
	if year < 100 {
		year += 2000
	}
	y, m := int64(now.Year()), int64(now.Month())
	switch {
	case month < 1 || month > 12 || (year == y && month < m):
		return card{}, badMonth
	case year < y || year > y+50:
		return card{}, badYear
	case cvc != "" && !cvcShape.MatchString(cvc):
		return card{}, badCVC
	}
	t := cardByNumber(number)
	if t == nil {
		return card{}, declineLive
	}
	c := t.card(month, year)
	if cvc != "" {
		c.CVCCheck = "pass"
	}
	return c, nil
}

func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
