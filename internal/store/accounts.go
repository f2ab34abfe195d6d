package store

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
	"turnup/internal/domain/testclock"
	"turnup/internal/domain/timer"
)

type loginRow struct {
	Customer id.Customer
}

// profileRow is a customer as the index "list" has them: all of a tenant, in the order of their registration; and as the indexes of names
// have those who have one.
type profileRow struct {
	account.Customer
	nameRow
	List string `dynamodbav:"list,omitempty"`
}

// CustomerShards spreads the customers of a tenant over partitions of the index "list"; a page of the list reads each.
const CustomerShards = 4

// SaveAccount implements account.Keeper.
func (db *DB) SaveAccount(ctx context.Context, c account.Change) error {
	return db.change(c).commit(ctx)
}

// Attaching is a Keeper whose accounts live by a test clock from their beginning: each change it saves makes one of them.
func (db *DB) Attaching(c testclock.Clock) account.Keeper { return attaching{db, c} }

type attaching struct {
	*DB
	clock testclock.Clock
}

// SaveAccount writes a new account and the clock it lives by.
func (a attaching) SaveAccount(ctx context.Context, c account.Change) error {
	next, err := a.clock.Attach(c.Account, "", false)
	if err != nil {
		return err
	}
	t := a.change(c)
	t.clock(next)
	return t.commit(ctx)
}

func (db *DB) change(c account.Change) *tx {
	t := db.tx()
	if c.Use != nil {
		t.once(c.Use)
	}
	tenant, owner := c.Tenant, c.Account
	for _, l := range c.Take {
		t.create(accounts, loginKey(tenant, l), loginRow{Customer: owner}, l.Taken())
	}
	for _, l := range c.Free {
		t.delete(accounts, loginKey(tenant, l), "", nil, nil)
	}
	if c.Customer != nil {
		t.profile(*c.Customer, staleAt(c.Customer.Version))
		if c.MoveTimer {
			t.verification(*c.Customer)
		}
	}
	if c.Credentials != nil {
		t.versioned(accounts, credentialsKey(tenant, owner), *c.Credentials, c.Credentials.Version, staleAt(c.Credentials.Version))
	}
	if c.Start != nil {
		t.session(*c.Start)
	}
	if c.End != "" {
		t.delete(accounts, sessionKey(tenant, owner, c.End), "", nil, nil)
	}
	for _, a := range c.Pardon {
		t.pardon(tenant, a)
	}
	t.announce(c.Events...)
	return t
}

// staleAt is what it means that an account is in another version than was read. A new one has a fresh id: another try has another.
func staleAt(version int64) error {
	if version == 1 {
		return nil
	}
	return fault.ErrStale
}

// profile writes a customer.
func (t *tx) profile(c account.Customer, stale error) {
	row := profileRow{Customer: c, nameRow: nameRowOf(c)}
	switch {
	case c.Gone():
	case len(c.Roles) > 0:
		row.List = staffPK(c.Tenant)
	default:
		row.List = customerShard(c.Tenant, c.ID)
	}
	t.versioned(accounts, profileKey(c.Tenant, c.ID), row, c.Version, stale)
}

// verification sets the timer of a customer's verification, or clears it when nothing is due any more.
func (t *tx) verification(c account.Customer) {
	due := c.VerificationDue()
	if due.IsZero() {
		t.clearTimer(c.Tenant, c.ID, timer.Verification, string(c.ID))
		return
	}
	t.setTimer(timer.Timer{Tenant: c.Tenant, Customer: c.ID, Kind: timer.Verification, Subject: string(c.ID), Due: due, TestClock: c.TestClock})
}

// versioned writes a row whose version counts its changes: a new one, or one that nobody else changed.
func (t *tx) versioned(table string, k key, v any, version int64, stale error) {
	if version == 1 {
		t.create(table, k, v, stale)
		return
	}
	t.put(table, k, v, "Version = :was", item{":was": number(version - 1)}, stale)
}

// Customer reads one; unknown is fault.ErrNotFound.
func (db *DB) Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error) {
	return get[account.Customer](ctx, db, accounts, profileKey(tenant, customer), fault.ErrNotFound)
}

// Account implements account.Keeper.
func (db *DB) Account(ctx context.Context, tenant id.Tenant, owner id.Customer) (account.Customer, account.Credentials, error) {
	b := db.batch()
	b.add(accounts, profileKey(tenant, owner))
	b.add(accounts, credentialsKey(tenant, owner))
	rows, err := b.read(ctx)
	if err != nil {
		return account.Customer{}, account.Credentials{}, err
	}
	return accountOf(rows[accounts])
}

func accountOf(rows map[string]item) (c account.Customer, k account.Credentials, err error) {
	profile, ok := rows[profileKey("", "").sk]
	if !ok {
		return c, k, account.ErrUnknown
	}
	if c, err = decode[account.Customer](profile); err != nil {
		return c, k, err
	}
	k, err = decode[account.Credentials](rows[credentialsKey("", "").sk])
	return c, k, err
}

// Staff is a page of the operator's staff, in the order in which they were invited. It is eventually consistent.
func (db *DB) Staff(ctx context.Context, tenant id.Tenant, limit int32, after string) ([]account.Customer, string, error) {
	condition := "#l = :list"
	in := &dynamodb.QueryInput{TableName: db.table(accounts), IndexName: index("list"), KeyConditionExpression: &condition, Limit: &limit,
		ExpressionAttributeNames: map[string]string{"#l": "list"}, ExpressionAttributeValues: item{":list": text(staffPK(tenant))}}
	if after != "" {
		in.ExclusiveStartKey = profileKey(tenant, id.Customer(after)).item()
		in.ExclusiveStartKey["list"], in.ExclusiveStartKey["ID"] = text(staffPK(tenant)), text(after)
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	page := make([]account.Customer, len(out.Items))
	for i, row := range out.Items {
		if page[i], err = decode[account.Customer](row); err != nil {
			return nil, "", err
		}
	}
	next := ""
	if len(out.LastEvaluatedKey) > 0 {
		next = string(page[len(page)-1].ID)
	}
	return page, next, nil
}

// AccountBy implements account.Keeper.
func (db *DB) AccountBy(ctx context.Context, tenant id.Tenant, name account.Login) (id.Customer, error) {
	row, err := get[loginRow](ctx, db, accounts, loginKey(tenant, name), account.ErrUnknown)
	return row.Customer, err
}

// SetAccess moves a customer to another tier and other groups, on the condition that nobody changed the customer since
// the given version; else fault.ErrStale. e announces it.
func (db *DB) SetAccess(ctx context.Context, tenant id.Tenant, customer id.Customer, tier id.Tier, groups []id.Group, was int64, e event.Envelope) error {
	list, err := attributevalue.Marshal(groups)
	if err != nil {
		return err
	}
	t := db.tx()
	t.update(accounts, profileKey(tenant, customer), "SET Tier = :tier, Groups = :groups, Version = :next", "Version = :was", nil,
		item{":tier": text(tier), ":groups": list, ":was": number(was), ":next": number(was + 1)}, fault.ErrStale)
	t.announce(e)
	return t.commit(ctx)
}

// UsernameTaken tells whether a normalised username belongs to somebody.
func (db *DB) UsernameTaken(ctx context.Context, tenant id.Tenant, normalised string) (bool, error) {
	_, err := db.AccountBy(ctx, tenant, account.Login{Kind: account.ByUsername, Name: normalised})
	if errors.Is(err, account.ErrUnknown) {
		return false, nil
	}
	return err == nil, err
}
