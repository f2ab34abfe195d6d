package store

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/ticket"
)

// ticketsLooked is how many rows a page of a list looks at, when only some of them are wanted.
const ticketsLooked = 200

// CustomerTickets reads a page of a customer's tickets, newest first, from an index: eventually consistent. A page may have
// fewer than limit, and even none, before the end.
func (db *DB) CustomerTickets(ctx context.Context, tenant id.Tenant, customer id.Customer, f ticket.Filter, after string, limit int32) (page []ticket.Ticket, next string, err error) {
	owner, condition, forward, look := customerPK(tenant, customer), "#pk = :pk", false, looked(f, limit)
	in := &dynamodb.QueryInput{TableName: db.table(tickets), IndexName: index("customer"), Limit: &look, KeyConditionExpression: &condition, ScanIndexForward: &forward,
		ExpressionAttributeNames: map[string]string{"#pk": "owner"}, ExpressionAttributeValues: item{":pk": text(owner)}}
	if after != "" {
		if !strings.HasPrefix(after, id.TicketPrefix) {
			return nil, "", fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")
		}
		in.ExclusiveStartKey = ticketKey(tenant, id.Ticket(after)).item()
		in.ExclusiveStartKey["owner"], in.ExclusiveStartKey["ID"] = text(owner), text(after)
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	return ticketPage(out, f, limit, func(r ticketRow) string { return string(r.ID) })
}

// TicketQueue reads a page of a tenant's tickets from an index, eventually consistent: those that are resolved, the last
// resolved one first, or those that are not, in the order in which staff take them. A page may have fewer than limit, and even
// none, before the end.
func (db *DB) TicketQueue(ctx context.Context, tenant id.Tenant, f ticket.Filter, after string, limit int32) (page []ticket.Ticket, next string, err error) {
	queue, begin, rest := queueOf(tenant, f)
	condition, forward, look := "#pk = :pk", f.Status != ticket.Resolved, looked(rest, limit)
	in := &dynamodb.QueryInput{TableName: db.table(tickets), IndexName: index("status"), Limit: &look, ScanIndexForward: &forward,
		ExpressionAttributeNames: map[string]string{"#pk": "queue"}, ExpressionAttributeValues: item{":pk": text(queue)}}
	if begin != "" {
		condition += " AND begins_with(#sk, :begin)"
		in.ExpressionAttributeNames["#sk"], in.ExpressionAttributeValues[":begin"] = "place", text(begin)
	}
	in.KeyConditionExpression = &condition
	if after != "" {
		tic := after[strings.LastIndex(after, "#")+1:]
		if !strings.HasPrefix(after, begin) || !strings.HasPrefix(tic, id.TicketPrefix) {
			return nil, "", fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")
		}
		in.ExclusiveStartKey = ticketKey(tenant, id.Ticket(tic)).item()
		in.ExclusiveStartKey["queue"], in.ExclusiveStartKey["place"] = text(queue), text(after)
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	return ticketPage(out, rest, limit, func(r ticketRow) string { return r.Place })
}

// queueOf is where the tickets that are wanted are in the index, and what is then left to look for in each of them.
func queueOf(tenant id.Tenant, f ticket.Filter) (queue, begin string, rest ticket.Filter) {
	rest = f
	rest.Status = ""
	if f.Status == ticket.Resolved {
		return ticketQueue(tenant, true), "", rest
	}
	if f.Status != "" {
		rest.Priority, begin = "", ticketRange(f.Status, f.Priority)
	}
	return ticketQueue(tenant, false), begin, rest
}

// looked is how many rows a page reads: only when something is to be looked for in them more than it has room for.
func looked(f ticket.Filter, limit int32) int32 {
	if f == (ticket.Filter{}) {
		return limit
	}
	return max(limit, ticketsLooked)
}

// ticketPage picks what is wanted out of the rows that were read. next is the place to go on behind.
func ticketPage(out *dynamodb.QueryOutput, f ticket.Filter, limit int32, place func(ticketRow) string) (page []ticket.Ticket, next string, err error) {
	for i, raw := range out.Items {
		row, err := decode[ticketRow](raw)
		if err != nil {
			return nil, "", err
		}
		next = place(row)
		if f.Admits(row.Ticket) {
			page = append(page, row.Ticket)
		}
		if len(page) == int(limit) && i < len(out.Items)-1 {
			return page, next, nil
		}
	}
	if out.LastEvaluatedKey == nil {
		next = ""
	}
	return page, next, nil
}
