package store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/id"
	"turnup/internal/domain/ticket"
)

// Conversation reads a ticket and a page of its messages in their order, with or without the notes of staff; unknown is
// ticket.ErrUnknown. Without notes nothing tells that there are any: a page is full of what there is besides, and next, where
// the next one goes on, is the place of its last message, empty when no message follows.
func (db *DB) Conversation(ctx context.Context, tenant id.Tenant, tic id.Ticket, notes bool, after string, limit int32) (t ticket.Ticket, page []ticket.Message, next string, err error) {
	k := ticketKey(tenant, tic)
	from, err := startKey(k.pk, after, messagePrefix)
	if err == nil && from != nil { // else it is the first row of the page
		t, err = db.Ticket(ctx, tenant, tic)
	}
	if err != nil {
		return t, nil, "", err
	}
	for { // until there is one more than was asked for, which tells that there is a next page
		rows, last, err := db.conversationRows(ctx, k.pk, from, limit+2-int32(len(page)))
		if err != nil {
			return t, nil, "", err
		}
		for _, row := range rows {
			if positionOf(row) == headSK {
				t, err = decode[ticket.Ticket](row)
			} else {
				page, err = withMessage(page, row, notes)
			}
			if err != nil {
				return t, nil, "", err
			}
		}
		if from = last; from == nil || int32(len(page)) > limit {
			break
		}
	}
	if t.ID == "" {
		return t, nil, "", ticket.ErrUnknown
	}
	if int32(len(page)) > limit {
		page = page[:limit]
		next = messageKey(tenant, page[limit-1]).sk
	}
	return t, page, next, nil
}

// conversationRows reads a ticket's partition from a row on, consistently; last is nil at its end. A megabyte of long messages
// ends it as well.
func (db *DB) conversationRows(ctx context.Context, pk string, from item, limit int32) (rows []item, last item, err error) {
	condition, consistent := "pk = :pk", true
	out, err := db.client.Query(ctx, &dynamodb.QueryInput{TableName: db.table(tickets), Limit: &limit, ConsistentRead: &consistent, KeyConditionExpression: &condition,
		ExclusiveStartKey: from, ExpressionAttributeValues: item{":pk": text(pk)}})
	if err != nil {
		return nil, nil, outage(err)
	}
	return out.Items, out.LastEvaluatedKey, nil
}

func withMessage(page []ticket.Message, row item, notes bool) ([]ticket.Message, error) {
	m, err := decode[ticket.Message](row)
	if err != nil || m.Note > 0 && !notes {
		return page, err
	}
	return append(page, m), nil
}

// EraseTickets removes everything that was written in a customer's tickets, by whomever: subjects, messages and notes, because
// any of them may name the customer. Ids, statuses and times stay. It is for customers whose account is erased, who can open
// no ticket any more. Whatever a run that failed left is done by the next; doing it again changes nothing.
func (db *DB) EraseTickets(ctx context.Context, tenant id.Tenant, customer id.Customer) error {
	pk, condition, consistent := customerPK(tenant, customer), "pk = :pk AND begins_with(sk, :own)", true
	in := &dynamodb.QueryInput{TableName: db.table(tickets), ConsistentRead: &consistent, KeyConditionExpression: &condition,
		ExpressionAttributeValues: item{":pk": text(pk), ":own": text(ownTicketPrefix)}}
	for {
		out, err := db.client.Query(ctx, in)
		if err != nil {
			return outage(err)
		}
		for _, row := range out.Items {
			own, err := decode[ownTicketRow](row)
			if err == nil {
				err = db.eraseTicket(ctx, tenant, own.ID)
			}
			if err != nil {
				return err
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return nil
		}
	}
}

// eraseTicket erases the ticket first: from then on no message can be added, so that the messages read after it are all.
func (db *DB) eraseTicket(ctx context.Context, tenant id.Tenant, tic id.Ticket) error {
	err := untilStill(ctx, func() error {
		was, err := db.Ticket(ctx, tenant, tic)
		if err != nil || !was.ErasedAt.IsZero() {
			return err
		}
		now, err := db.Now(ctx, tenant, was.TestClock)
		if err != nil {
			return err
		}
		t := db.tx()
		t.ticket(ticket.Change{Ticket: was.Erase(now)}, "Version = :was", item{":was": number(was.Version)}, errTicketMoved)
		return t.commit(ctx)
	})
	if err != nil {
		return err
	}
	pk := ticketKey(tenant, tic).pk
	from := ticketKey(tenant, tic).item() // behind the ticket
	for from != nil {
		rows, last, err := db.conversationRows(ctx, pk, from, eraseAtOnce)
		if err != nil {
			return err
		}
		if err := db.eraseMessages(ctx, tenant, rows); err != nil {
			return err
		}
		from = last
	}
	return nil
}

// eraseAtOnce is how many messages are erased by one call: as many as BatchWriteItem takes.
const eraseAtOnce = 25

// eraseMessages writes messages again without their texts. They never change otherwise, so that no condition is needed.
func (db *DB) eraseMessages(ctx context.Context, tenant id.Tenant, rows []item) error {
	name := *db.table(tickets)
	want := map[string][]types.WriteRequest{}
	for _, row := range rows {
		m, err := decode[ticket.Message](row)
		if err != nil {
			return err
		}
		if m.Erased {
			continue
		}
		erased, err := encode(messageKey(tenant, m), m.Erase())
		if err != nil {
			return err
		}
		want[name] = append(want[name], types.WriteRequest{PutRequest: &types.PutRequest{Item: erased}})
	}
	for len(want) > 0 {
		out, err := db.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: want})
		if err != nil {
			return outage(err)
		}
		if want = out.UnprocessedItems; len(want) > 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}
