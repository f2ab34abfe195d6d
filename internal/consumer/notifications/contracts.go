package notifications

import (
	"time"

	"turnup/internal/base/event"
	"turnup/internal/domain/notice"
)

// ofContract finds the mails about what customers decide about their contracts. The final bill is what is left to pay, less what is given
// back: less than nothing when money comes back.
func (c Consumer) ofContract(e event.Envelope) (due, error) {
	if e.Type != event.TypeSubscriptionCancelled {
		return due{}, nil
	}
	var cancelled event.SubscriptionCancelled
	if err := event.Decode(e, &cancelled); err != nil {
		return due{}, err
	}
	bill := cancelled.Owed
	bill.Minor -= cancelled.Back.Minor
	return as(cancelled.CustomerID, "", notice.CancellationConfirmed{Service: cancelled.Name, Subscription: cancelled.SubscriptionID, End: cancelled.EndsOn.Time(12, time.UTC), FinalBill: bill}), nil
}
