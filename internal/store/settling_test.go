package store

import (
	"context"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/once"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/wallet"
)

// fibre is a plan that is a line at a location.
func fibre(l id.Location) lineitem.Line {
	line := plan("plan_fibre")
	line.Access = &lineitem.Access{DownKbps: 300000, UpKbps: 150000, CapBytes: 1_000_000, Location: l}
	return line
}

// bought is a paid order of a line, delivered as far as that goes, with its service.
func (s shop) bought(e provisioning.Equipment) (order.Order, provisioning.Service) {
	s.Helper()
	s.home("loc-1", e)
	fund(s.T, s.db, s.tenant, 1299)
	o := s.ordered(fibre("loc-1"))
	ok(s.T, s.byWallet(o))
	ok(s.T, s.deliver(o))
	return o, s.service(provisioning.ServiceOf(o.Subscriptions[0]))
}

func (s shop) contract(o order.Order) subscription.Subscription {
	s.Helper()
	found, err := s.db.Subscription(s.Context(), s.tenant, customer, o.Subscriptions[0])
	ok(s.T, err)
	return found
}

// settler ends works; nobody is online where nobody may be.
func (s shop) settler(online int) provisioning.Settler {
	return provisioning.Settler{Saga: provisioning.Saga{Book: s.db, Clock: s.clock, Patience: provisioning.Patience{Tries: 3}}, Final: s.db, Sessions: sessions(online)}
}

// gaveBack gives back a part of what was paid, as staff do.
func (s shop) gaveBack(o order.Order, minor int64) {
	s.Helper()
	ok(s.T, s.db.RefundOrder(s.Context(), s.key(), s.tenant, customer, o.ID, "EUR", func(o order.Order, b wallet.Balance) (order.Order, wallet.Balance, ledger.Entry, error) {
		next, err := o.RefundToWallet(eur(minor))
		ok(s.T, err)
		after, err := b.Credit(eur(minor))
		return next, after, ledger.WalletRefund(ledger.ByStaff{Tenant: s.tenant, Customer: customer, By: "ada", At: noon}, o.ID, o.Refunded, eur(minor)), err
	}))
}

type sessions int

func (n sessions) OpenSessions(context.Context, id.Tenant, string) (int, error) { return int(n), nil }

func refOf(s provisioning.Service) provisioning.Ref {
	return provisioning.Ref{Tenant: s.Tenant, Service: s.ID, Number: s.Work.Number, Run: s.Work.Run}
}

// S3-45, S3-53, S3-108: delivering a line designs its service, once, at its location; the order stays paid and the contract pending until
// the line works. Equipment that stands there already begins the work.
func TestDeliverOfALine(t *testing.T) {
	for _, e := range []provisioning.Equipment{{}, atHome, {ONU: "BBSM00000001"}} {
		s := opened(t)
		s.home("loc-1", e)
		fund(t, s.db, s.tenant, 1299)
		o := s.ordered(fibre("loc-1"))
		ok(t, s.deliver(o)) // it is not paid
		same(t, "before it is paid", s.serves("loc-1"), "")
		ok(t, s.byWallet(o))
		cause, data := asked(o)
		ends := at(5, func(int) error {
			return patiently(func() error { return s.db.Deliver(context.Background(), "on-delivery", cause, data) })
		})
		same(t, "ends", ends, map[string]int{"": 1, once.ErrHandled.Error(): 4})
		want(t, s.deliver(o), once.ErrHandled) // by another event
		svc := s.service(provisioning.ServiceOf(o.Subscriptions[0]))
		state, begun := provisioning.Designed, 0
		if e == atHome {
			state, begun = provisioning.Provisioning, 1
		}
		same(t, "service", []any{svc.State, svc.Version, svc.Order, svc.Customer, svc.Name, svc.Profile, svc.CapBytes, svc.Location, svc.Port, svc.Equipment == atHome},
			[]any{state, 1, o.ID, customer, "plan_fibre", provisioning.Profile{DownKbps: 300000, UpKbps: 150000}, 1_000_000, "loc-1", homePort, e == atHome})
		same(t, "order, contract, location", []any{s.now(o).State, s.contract(o).State, s.serves("loc-1")}, []any{order.Paid, subscription.Pending, svc.ID})
		same(t, "claims", s.claimed(atHome), [2]bool{begun > 0, begun > 0})
		same(t, "told", []any{s.told()[event.TypeServiceOrdered], s.told()[event.TypeProvisioningRequested], s.told()[event.TypeOrderDelivered]}, []any{1, begun, 0})
	}
}

// S3-32, S3-107: a line whose location is served by now, does not exist, or has equipment of another service, cannot be delivered by
// itself: an operator is told at once, and nothing is written.
func TestDeliverOfALineIsRefused(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 3*1299)
	s.home("loc-1", atHome)
	place := s.home("loc-2", provisioning.Equipment{})
	for l, k := range map[id.Location]struct {
		set  func()
		want error
	}{
		"loc-0": {func() {}, provisioning.ErrLocationUnknown},
		"loc-1": {func() { ok(t, s.begun(s.designed("loc-3"), atHome)) }, provisioning.ErrONUTaken},
		"loc-2": {func() { place.Serves, place.Version = "svc_other", 2; ok(t, s.db.SaveLocation(t.Context(), place)) }, provisioning.ErrLocationServed},
	} {
		line := fibre(l)
		line.ItemID += id.Item(l)
		o := s.ordered(line)
		ok(t, s.byWallet(o))
		k.set()
		before := s.everything()
		err := s.deliver(o)
		if want(t, err, k.want); fault.Transient(err) {
			t.Errorf("%s is tried again", l)
		}
		same(t, string(l), []any{s.everything() == before, has(t, s.db, services, serviceKey(s.tenant, provisioning.ServiceOf(o.Subscriptions[0])))}, []any{true, false})
	}
}

// S3-06, S3-46, S3-108: the first activation, however many end the work at once, makes the contract active and the order delivered, once;
// a later one changes neither.
func TestFirstActivation(t *testing.T) {
	for _, byHand := range []bool{false, true} {
		s := opened(t)
		o, svc := s.bought(atHome)
		svc = s.built(svc)
		s.clock.Advance(time.Minute)
		if byHand {
			svc = s.changed(svc, func(is *provisioning.Service) { is.State = provisioning.Provisioned })
			at(5, func(int) error {
				return s.db.ConcludeService(context.Background(), nil, s.tenant, svc.ID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
					if _, moved, err := was.Activate(now); err != nil || !moved {
						return was, nil, err
					}
					next, events := was.Activated(context.Background(), now)
					return next, events, nil
				})
			})
		} else {
			ends := at(5, func(int) error {
				_, err := s.settler(1).Activate(context.Background(), refOf(svc))
				return err
			})
			if ends[""] != 1 {
				t.Errorf("ends: %v", ends)
			}
		}
		active, contract, got := s.service(svc.ID), s.contract(o), s.now(o)
		then := noon.Add(time.Minute)
		same(t, "service", []any{active.State, active.ActiveSince.Equal(then), active.Anchor, active.LinkNonce != ""}, []any{provisioning.Active, true, "2026-11-02", true})
		same(t, "contract", []any{contract.State, contract.Entitlement.State, contract.Entitlement.Since.Equal(then)}, []any{subscription.Active, subscription.Active, true})
		same(t, "order", []any{got.State, got.Version, s.timer(o)}, []any{order.Delivered, 3, "none"})
		same(t, "told", []any{s.told()[event.TypeServiceActivated], s.told()[event.TypeOrderDelivered]}, []any{1, 1})
		ok(t, s.deliver(o)) // comes late
		held, err := active.Suspend(provisioning.Hold{Cause: provisioning.ByStaff, Since: then})
		ok(t, err)
		ok(t, s.db.SaveService(t.Context(), active, held))
		_, err = s.settler(0).Settle(t.Context(), refOf(held))
		ok(t, err)
		resumed, err := s.service(svc.ID).Resume(provisioning.ByStaff, then)
		ok(t, err)
		ok(t, s.db.SaveService(t.Context(), s.service(svc.ID), resumed))
		_, err = s.settler(1).Settle(t.Context(), refOf(resumed))
		ok(t, err)
		same(t, "later", []any{s.service(svc.ID).State, s.now(o).Version, s.told()[event.TypeOrderDelivered], s.told()[event.TypeServiceResumed]}, []any{provisioning.Active, 3, 1, 1})
		s.books()
	}
}

// S3-105: giving up what never worked, at once or when it is taken down, ends the contract, frees plan, equipment and location, and pays the
// wallet back what was paid, once, however many end it at once and while the wallet moves. The books agree.
func TestGivingUp(t *testing.T) {
	for name, k := range map[string]struct {
		equipment provisioning.Equipment
		refunded  int64 // given back before
	}{"at once": {}, "taken down": {atHome, 0}, "given back in part before": {atHome, 300}, "given back before": {atHome, 1299}} {
		t.Run(name, func(t *testing.T) {
			s := opened(t)
			o, svc := s.bought(k.equipment)
			if k.refunded > 0 {
				s.gaveBack(o, k.refunded)
			}
			end := func() error { // at once
				return s.db.ConcludeService(context.Background(), nil, s.tenant, svc.ID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
					next, _ := was.Terminate(now)
					return next, nil, nil
				})
			}
			if k.equipment == atHome {
				svc = s.built(svc)
				next, moved := svc.Terminate(s.clock.Now())
				same(t, "terminated", moved, true)
				ok(t, s.db.SaveService(t.Context(), svc, next))
				end = func() error { _, err := s.settler(0).Settle(context.Background(), refOf(next)); return err }
			}
			at(5, func(i int) error {
				if i == 0 {
					fund(t, s.db, s.tenant, 500)
					return nil
				}
				return end()
			})
			ended, contract, got := s.service(svc.ID), s.contract(o), s.now(o)
			same(t, "service, contract", []any{ended.State, ended.Cancelled, contract.State, contract.EndedAt.Equal(noon)}, []any{provisioning.Terminated, true, subscription.Ended, true})
			same(t, "order", []any{got.State, got.Refunded}, []any{order.Paid, 1299})
			same(t, "freed", []any{s.claimed(atHome), s.serves("loc-1"), has(t, s.db, subscriptions, claimKey(s.tenant, customer, "plan_fibre"))}, []any{[2]bool{}, "", false})
			same(t, "wallet", walletNow(t, s.db, s.tenant).Available, 1299+500)
			audited(t, s.db, s.tenant)
			on := s.books()
			same(t, "books", []any{on[ledger.Wallet], on[ledger.Sales]}, []any{-1799, 0})
			again := s.ordered(fibre("loc-1"))
			ok(t, s.byWallet(again))
			ok(t, s.deliver(again))
			same(t, "bought again", s.serves("loc-1"), provisioning.ServiceOf(again.Subscriptions[0]))
		})
	}
}

// S3-58, S3-105: what is given up before its order has an invoice never gets one, whichever is written first; with an invoice it is corrected.
func TestGivenUpUninvoiced(t *testing.T) {
	for round := range 8 {
		s := opened(t)
		o, svc := s.bought(provisioning.Equipment{})
		resident(t, s.db, s.tenant, customer)
		paid := event.OrderPaid{OrderID: o.ID, CustomerID: customer, PaymentID: s.now(o).PaymentID, Total: o.Total, Lines: o.Lines, Subscriptions: o.Subscriptions, PaidWith: "wallet"}
		cause := event.New(t.Context(), s.tenant, noon, paid)
		invoiced := func() error { return s.db.InvoiceOrder(context.Background(), cause, paid) }
		givenUp := func() error {
			return s.db.ConcludeService(context.Background(), nil, s.tenant, svc.ID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
				next, _ := was.Terminate(now)
				return next, nil, nil
			})
		}
		switch round {
		case 0:
			ok(t, givenUp())
		case 1:
			ok(t, invoiced())
			ok(t, givenUp())
		default:
			same(t, "ends", at(2, func(i int) error { return []func() error{invoiced, givenUp}[i]() }), map[string]int{"": 2})
		}
		ok(t, s.db.InvoiceOrder(t.Context(), cause, paid)) // told again
		same(t, "given back", s.now(o).Refunded, 1299)
		all, _, err := s.db.Invoices(t.Context(), s.tenant, customer, "", "", 10)
		ok(t, err)
		net := int64(0)
		for _, i := range all {
			if net += i.Total; i.Kind == invoice.CreditNote {
				net -= 2 * i.Total
			}
		}
		if net != 0 || round == 0 && len(all) != 0 || round == 1 && len(all) != 2 {
			t.Errorf("round %d: %d documents over %d: %+v", round, len(all), net, all)
		}
		same(t, "wallet", walletNow(t, s.db, s.tenant).Available, 1299)
	}
}

// Ending what worked is about the network alone: the contract, its plan and the money are not touched.
func TestEndOfWhatWorked(t *testing.T) {
	s := opened(t)
	o, svc := s.bought(atHome)
	svc = s.built(svc)
	_, err := s.settler(1).Activate(t.Context(), refOf(svc))
	ok(t, err)
	next, _ := s.service(svc.ID).Terminate(noon)
	ok(t, s.db.SaveService(t.Context(), s.service(svc.ID), next))
	_, err = s.settler(0).Settle(t.Context(), refOf(next))
	ok(t, err)
	same(t, "service, contract, order, wallet", []any{s.service(svc.ID).State, s.contract(o).State, s.now(o).Refunded, walletNow(t, s.db, s.tenant).Available, s.serves("loc-1"), s.claimed(atHome)},
		[]any{provisioning.Terminated, subscription.Active, 0, 0, "", [2]bool{}})
}
