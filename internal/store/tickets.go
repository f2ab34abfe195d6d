package store

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/ticket"
)

// ticketRow is a ticket as the indexes "customer" and "status" have it.
type ticketRow struct {
	ticket.Ticket
	Owner string `dynamodbav:"owner"`
	Queue string `dynamodbav:"queue"`
	Place string `dynamodbav:"place"`
}

// ownTicketRow tells its customer's erasure of a ticket. The index does not: it may lag behind.
type ownTicketRow struct{ ID id.Ticket }

// errTicketMoved is what it means that a ticket's version is not the one that was read.
var errTicketMoved = errors.New("store: somebody else changed the ticket")

// Ticket reads a ticket; unknown is ticket.ErrUnknown.
func (db *DB) Ticket(ctx context.Context, tenant id.Tenant, tic id.Ticket) (ticket.Ticket, error) {
	return get[ticket.Ticket](ctx, db, tickets, ticketKey(tenant, tic), ticket.ErrUnknown)
}

// OpenTicket writes a new ticket; use is nil when no request asked. A customer who is not there, or not any more, is
// account.ErrUnknown: this transaction or the customer's erasure is first, so that the erasure finds every ticket. A cause that
// has its ticket is ticket.ErrOpened.
func (db *DB) OpenTicket(ctx context.Context, use *once.Use, c ticket.Change) error {
	t := db.tx()
	if use != nil {
		t.once(use)
	}
	t.living(c.Ticket.Tenant, c.Ticket.Customer)
	t.ticket(c, isNew, nil, ticket.ErrOpened)
	t.create(tickets, ownTicketKey(c.Ticket.Tenant, c.Ticket.Customer, c.Ticket.ID), ownTicketRow{c.Ticket.ID}, ticket.ErrOpened)
	return t.commit(ctx)
}

// ChangeTicket changes a ticket as decide says of it and of what time it is for its customer; unknown is ticket.ErrUnknown. It
// asks again when somebody was faster. A decision that changes nothing writes nothing, not even that the key was used; use is
// nil when there is none.
func (db *DB) ChangeTicket(ctx context.Context, use *once.Use, tenant id.Tenant, tic id.Ticket, decide func(ticket.Ticket, time.Time) (ticket.Change, error)) error {
	return untilStill(ctx, func() error {
		was, err := db.Ticket(ctx, tenant, tic)
		if err != nil {
			return err
		}
		now, err := db.Now(ctx, tenant, was.TestClock)
		if err != nil {
			return err
		}
		c, err := decide(was, now)
		if err != nil || c.Ticket.Version == was.Version {
			return err
		}
		t := db.tx()
		if use != nil {
			t.once(use)
		}
		t.ticket(c, "Version = :was", item{":was": number(was.Version)}, errTicketMoved)
		return t.commit(ctx)
	})
}

// ticket adds a ticket that was changed, under a condition, with its new message and its events.
func (t *tx) ticket(c ticket.Change, condition string, values item, failed error) {
	is := c.Ticket
	t.put(tickets, ticketKey(is.Tenant, is.ID), ticketRow{Ticket: is, Owner: customerPK(is.Tenant, is.Customer),
		Queue: ticketQueue(is.Tenant, is.Status == ticket.Resolved), Place: ticketPlace(is)}, condition, values, failed)
	if c.Message != nil {
		t.create(tickets, messageKey(is.Tenant, *c.Message), *c.Message, failed)
	}
	t.announce(c.Events...)
}

// living adds the condition that a customer is there and was neither erased nor expired.
func (t *tx) living(tenant id.Tenant, customer id.Customer) {
	condition := "attribute_exists(pk) AND NOT #s IN (:expired, :erased)"
	t.add(types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: t.db.table(accounts), Key: profileKey(tenant, customer).item(),
		ConditionExpression: &condition, ExpressionAttributeNames: map[string]string{"#s": "Status"},
		ExpressionAttributeValues: item{":expired": text(account.Expired), ":erased": text(account.Erased)}}}, account.ErrUnknown)
}
