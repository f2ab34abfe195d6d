// Package tickets is the support service: a customer's tickets, for the customer and for staff.
//
// Staff and customers do not share functions elsewhere. Here they do, because a ticket is their conversation: five of the six
// operations are the same for both, and updateTicket, for staff alone, lives with them. What staff see and say and customers do
// not (notes, priority, assignee, who of the staff wrote) goes by atDesk and by nothing else.
package tickets

import (
	"context"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/maintenance"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/ticket"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "support"

// Store keeps tickets.
type Store interface {
	once.Memory
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error)
	// Now is the time by a customer's clock: the system's unless it is a test clock.
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
	// OpenTicket writes a new ticket; account.ErrUnknown for a customer who is not there any more.
	OpenTicket(ctx context.Context, use *once.Use, c ticket.Change) error
	// ChangeTicket changes a ticket as decide says of it and of the time; decide is asked again when somebody was faster. Unknown
	// is ticket.ErrUnknown.
	ChangeTicket(ctx context.Context, use *once.Use, tenant id.Tenant, tic id.Ticket, decide func(ticket.Ticket, time.Time) (ticket.Change, error)) error
	// Conversation reads a ticket and a page of its messages in their order, with or without notes; unknown is ticket.ErrUnknown.
	Conversation(ctx context.Context, tenant id.Tenant, tic id.Ticket, notes bool, after string, limit int32) (t ticket.Ticket, page []ticket.Message, next string, err error)
	// CustomerTickets reads a page of a customer's tickets, newest first.
	CustomerTickets(ctx context.Context, tenant id.Tenant, customer id.Customer, f ticket.Filter, after string, limit int32) (page []ticket.Ticket, next string, err error)
	// TicketQueue reads a page of all tickets in the order in which staff take them.
	TicketQueue(ctx context.Context, tenant id.Tenant, f ticket.Filter, after string, limit int32) (page []ticket.Ticket, next string, err error)
	// ServicesOf reads a page of a customer's lines.
	ServicesOf(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) ([]provisioning.Service, string, error)
	// Windows reads a page of the maintenance that ends after a time and begins before another, in the order in which it begins.
	Windows(ctx context.Context, tenant id.Tenant, from, until time.Time, after string, limit int32) (page []maintenance.Window, next string, err error)
}

// Deps are the parts the service works with.
type Deps struct{ Store Store }

type service struct{ Deps }

// desk are the roles that look after tickets.
var desk = token.Roles

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerCreate(a)
	s.registerList(a)
	s.registerGet(a)
	s.registerAdd(a)
	s.registerResolve(a)
	s.registerUpdate(a)
}

// TicketPath names a ticket in the path. (huma reads embedded structs only when they are exported.)
type TicketPath struct {
	TicketID id.Ticket `path:"ticketId" maxLength:"40" pattern:"^tic_[0-9A-Z]{26}$" patternDescription:"a ticket id" doc:"Id of the ticket" example:"tic_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// atDesk tells whether the caller is of the staff, and so sees and says what customers do not.
func atDesk(c rest.Caller) bool { return c.Customer == "" }

// authorOf is the caller as somebody who acts on tickets.
func authorOf(c rest.Caller) ticket.Author {
	if atDesk(c) {
		return ticket.Author{Kind: ticket.Staff, ID: c.Staff}
	}
	return ticket.Author{Kind: ticket.Customer, ID: string(c.Customer)}
}

// mayReach tells why the caller may not know of a ticket; nil when they may.
func mayReach(c rest.Caller, t ticket.Ticket) error {
	if !atDesk(c) && !t.IsOf(c.Customer) {
		return ticket.ErrUnknown
	}
	return nil
}

// change lets decide change a ticket that the caller may know of.
func (s service) change(ctx context.Context, use *once.Use, tic id.Ticket, decide func(ticket.Ticket, time.Time) (ticket.Change, error)) error {
	caller := rest.CallerOf(ctx)
	return s.Store.ChangeTicket(ctx, use, caller.Tenant, tic, func(t ticket.Ticket, now time.Time) (ticket.Change, error) {
		if err := mayReach(caller, t); err != nil {
			return ticket.Change{}, err
		}
		return decide(t, now)
	})
}

// staffOnly refuses a field that only staff may send.
func staffOnly(field string) error {
	return fault.ErrInvalid.Naming(field, "only staff may send this")
}

// unknown: who has a token and no account, and whom staff name and there is not, are the same.
func unknown(err error) error {
	if f := fault.Of(err); f != nil && f.Code == fault.ErrNotFound.Code {
		return account.ErrUnknown.Because(err)
	}
	return err
}
