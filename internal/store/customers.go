package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
)

// Customers reads one page of the customers that a filter takes, newest first. The index is eventually consistent: a change
// of the last second may be missing. A page may hold fewer than limit, or none, and yet have a next one.
func (db *DB) Customers(ctx context.Context, tenant id.Tenant, f account.Filter, after string, limit int) (page []account.Customer, next string, err error) {
	if after != "" && !strings.HasPrefix(after, id.CustomerPrefix) {
		return nil, "", fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")
	}
	if name, ok := f.Name(); ok {
		page, err = db.customerNamed(ctx, tenant, name, f)
		return page, "", err
	}
	low, high := listRange(f, after)
	if low >= high {
		return nil, "", nil
	}
	horizon := "" // down to there each shard was read
	for shard := range CustomerShards {
		found, last, err := db.customersOf(ctx, customersPK(tenant, shard), f, low, high, shardPortion(limit))
		if err != nil {
			return nil, "", err
		}
		page, horizon = append(page, found...), max(horizon, last)
	}
	page = slices.DeleteFunc(page, func(c account.Customer) bool { return string(c.ID) < horizon || string(c.ID) == high })
	slices.SortFunc(page, func(a, b account.Customer) int { return cmp.Compare(b.ID, a.ID) })
	if len(page) > limit {
		page = page[:limit]
		horizon = string(page[limit-1].ID)
	}
	return slices.DeleteFunc(page, func(c account.Customer) bool { return !f.Takes(c) }), horizon, nil
}

// shardPortion is how many rows of each shard are read for a page. Customers are spread evenly, so that hardly ever one
// shard has more than half of a page; then the page is shorter.
func shardPortion(limit int) int32 { return int32(min(limit, limit/2+3)) + 1 }

// listRange is the part of the list that is looked for, as ids: from the lower one up to, and without, the upper one. Ids
// are in the order of registration, and times of registration are whole seconds.
func listRange(f account.Filter, after string) (low, high string) {
	low, high = id.CustomerPrefix, id.CustomerPrefix+"~"
	if !f.From.IsZero() {
		low = string(id.Floor[id.Customer](id.CustomerPrefix, wholeSecond(f.From)))
	}
	if !f.To.IsZero() {
		high = string(id.Floor[id.Customer](id.CustomerPrefix, wholeSecond(f.To)))
	}
	if after != "" {
		high = min(high, after)
	}
	return low, high
}

// wholeSecond is the first whole second that is not before a time.
func wholeSecond(at time.Time) time.Time {
	return at.Add(time.Second - time.Nanosecond).Truncate(time.Second)
}

// customersOf reads one shard of the list from the top. last is the last id that was looked at, empty at the end.
func (db *DB) customersOf(ctx context.Context, shard string, f account.Filter, low, high string, limit int32) (found []account.Customer, last string, err error) {
	condition, newestFirst := "#list = :list AND #id BETWEEN :low AND :high", false
	in := &dynamodb.QueryInput{TableName: db.table(accounts), IndexName: index("list"), KeyConditionExpression: &condition, ScanIndexForward: &newestFirst, Limit: &limit,
		ExpressionAttributeNames:  map[string]string{"#list": "list", "#id": "ID"},
		ExpressionAttributeValues: item{":list": text(shard), ":low": text(low), ":high": text(high)}}
	var filters []string
	for name, want := range map[string]string{"Status": string(f.Status), "Tier": string(f.Tier)} {
		if want != "" {
			filters = append(filters, "#"+name+" = :"+name)
			in.ExpressionAttributeNames["#"+name], in.ExpressionAttributeValues[":"+name] = name, text(want)
		}
	}
	if len(filters) > 0 {
		all := strings.Join(filters, " AND ")
		in.FilterExpression = &all
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		c, err := decode[account.Customer](row)
		if err != nil {
			return nil, "", err
		}
		found = append(found, c)
	}
	return found, positionIn("ID", out.LastEvaluatedKey), nil
}

// customerNamed is the one customer who has a login name, if the filter takes them.
func (db *DB) customerNamed(ctx context.Context, tenant id.Tenant, name account.Login, f account.Filter) ([]account.Customer, error) {
	owner, err := db.AccountBy(ctx, tenant, name)
	if err == nil {
		var c account.Customer
		if c, err = db.Customer(ctx, tenant, owner); err == nil && f.Takes(c) {
			return []account.Customer{c}, nil
		}
	}
	if f := fault.Of(err); f != nil && f.Kind == fault.NotFound {
		return nil, nil
	}
	return nil, err
}
