package chaos

import (
	"context"
	"slices"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/signup"
)

const cheaper = "plan_stream-basic"

// The journeys of S2-38. A customer takes a dearer plan over the pages of Existing Business, with the card they have …
var (
	Upgrading = Journey{Name: "upgrade", From: "begin it", Only: []string{"upgrades", "on-signups"}, Steps: upgrading(dearer)}
	// … or a cheaper one, for which nothing is charged.
	Downgrading = Journey{Name: "upgrade to a cheaper plan", From: "take the saved card", Only: []string{"on-signups"}, Steps: upgrading(cheaper)}
)

func upgrading(to string) []Step {
	return []Step{{"register", register}, {"enter a card", enterCard(cardSetup)}, {"subscribe", subscribe}, {"begin it", beginUpgrade(to)}, {"take the saved card", takeSaved}, {"arrive", arrive}}
}

// beginUpgrade asks for another plan, and lets the browser in by the link of the answer.
func beginUpgrade(to string) func(context.Context, *Shopper) error {
	return func(ctx context.Context, s *Shopper) error {
		is, err := s.world.contractOf(ctx, s)
		if err != nil {
			return err
		}
		var begun struct{ SignupID, URL string }
		if err := s.press(ctx, s.Customer, "/signups", map[string]any{"subscriptionId": is.ID, "planId": to}, &begun); err != nil {
			return err
		}
		s.open()
		s.Signup = begun.SignupID
		s.Screen, err = s.Reader.Open(ctx, begun.URL)
		return s.on(err, "/pages/payment-profile")
	}
}

// takeSaved presses the button that takes the card that the customer has.
func takeSaved(ctx context.Context, s *Shopper) (err error) {
	s.Screen, err = s.Reader.Send(ctx, s.Screen, 0, "go", "saved")
	return s.on(err, "/processing", "/pages/thank-you/")
}

// upgraded checks that an upgrade that ended changed the contract once, for one charge of the difference; and one that was given up
// changed nothing and took nothing.
func (b *Books) upgraded(s signup.Signup) []string {
	var out findings
	var paid []int64
	for _, p := range b.Payments {
		if p.Signup == s.ID && p.State == payment.Succeeded {
			paid = append(paid, p.Amount.Minor)
		}
	}
	signed := len(b.announced(event.TypeContractSigned, string(s.ID)))
	if s.State == signup.Expired {
		if signed > 0 || len(paid) > 0 {
			out.add("upgrade %s was given up, with %d contracts and %d paid", s.ID, signed, paid)
		}
		return out
	}
	var want []int64
	is := b.Subscriptions[s.Upgrades]
	if more := s.Plan.Price.Minor - b.Orders[is.OrderID].Total.Minor; more > 0 { // on the first day, on which these journeys are
		want = []int64{more}
	}
	changes := b.announced(event.TypeSubscriptionChanged, string(s.Upgrades))
	if signed != 1 || len(changes) != 1 || is.ItemID != s.Plan.ItemID || s.Contract != (signup.Contract{Subscription: is.ID}) || !slices.Equal(paid, want) {
		out.add("upgrade %s to %s is completed with %d contracts (%+v) and %d changes, the plan is %s; paid were %d, and the difference is %d", s.ID, s.Plan.ItemID, signed, s.Contract, len(changes), is.ItemID, paid, want)
	}
	return out
}

// upgrades is how many upgrades of contracts were completed: each binds its customer anew.
func (b *Books) upgrades(contracts ...id.Subscription) (n int) {
	for _, s := range b.Signups {
		if s.State == signup.Completed && s.Upgrades != "" && slices.Contains(contracts, s.Upgrades) {
			n++
		}
	}
	return n
}
