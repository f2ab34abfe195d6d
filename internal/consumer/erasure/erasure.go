// Package erasure consumes customer.erased: it removes what there is of a customer's personal data beside their account,
// which is blank since the transaction that announced the event.
//
// Where there is personal data, and what becomes of it:
//
//   - account: username, mail addresses, name, phone, address, language, consent; blanked at once, and so are password hash,
//     second factor and links. Attempts to sign in, which are counted under login names, are forgotten with it.
//   - sessions: source address and device; removed here.
//   - payment methods: brand, last digits and expiry of cards, removed here; the PSP's customer with the saved cards and what
//     was typed on its pages is deleted at the PSP.
//   - tickets: what customers wrote; their text is erased by the part of that name.
//   - lines: what was used day by day, sessions with their addresses, what was measured, and where the line was; removed here. What stood
//     in the network is gone since the line ended.
//   - carts: what somebody thought of buying; removed here.
//   - orders, payments, ledger and contracts hold ids, amounts and "visa •••• 4242", and stay as they are, because books must
//     be kept; so do the PSP's charges, and the words in which staff gave a reason.
//   - history, outbox, coupons, timers and keys that were used hold ids, never contact data. (Answers that are kept with a
//     key for 48 hours may show a card's last digits.)
//   - deliveries to partners hold the events as they went out: ids, amounts and "visa •••• 4242"; they end by their time, 30 days after they
//     were sent. customer.erased goes out as well, and tells partners to erase what they have.
package erasure

import (
	"context"
	"fmt"
	"log/slog"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Part erases one kind of data. Erasing again is harmless.
type Part struct {
	Name  string
	Erase func(ctx context.Context, tenant id.Tenant, customer id.Customer) error
}

// Consumer handles customer.erased.
type Consumer struct{ Parts []Part }

// Handle lets every part erase, also when another one cannot. As long as one may succeed later all are tried again; when
// none may, the message is parked with the reason.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	var erased event.CustomerErased
	if err := event.Decode(e, &erased); err != nil {
		return err
	}
	var failed error
	for _, p := range c.Parts {
		err := p.Erase(ctx, e.Tenant, erased.CustomerID)
		if err == nil {
			continue
		}
		err = fmt.Errorf("erasure: %s: %w", p.Name, err)
		slog.WarnContext(ctx, "not erased", "part", p.Name, "customerId", erased.CustomerID, "error", err.Error())
		if failed == nil || fault.Transient(err) {
			failed = err
		}
	}
	return failed
}
