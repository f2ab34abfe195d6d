package store

import (
	"context"
	"errors"
	"maps"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// pspCustomerRow is the PSP's customer of ours, with the card their contracts are charged to: a renewal reads it by its key.
type pspCustomerRow struct {
	PSPCustomer string
	Default     *payment.Standing `dynamodbav:",omitempty"`
	Erased      bool              `dynamodbav:",omitempty"` // the customer is; nobody is to be made in their place
}

// standing is the default of a row.
func (r pspCustomerRow) standing() payment.Standing {
	if r.Default == nil {
		return payment.Standing{}
	}
	r.Default.PSPCustomer = r.PSPCustomer
	return *r.Default
}

// ChargeableMethod reads the card that a customer's contracts are charged to; none is payment.Standing.None.
func (db *DB) ChargeableMethod(ctx context.Context, tenant id.Tenant, customer id.Customer) (payment.Standing, error) {
	row, err := get[pspCustomerRow](ctx, db, payments, pspCustomerKey(tenant, customer), fault.ErrNotFound)
	if errors.Is(err, fault.ErrNotFound) {
		return payment.Standing{}, nil
	}
	return row.standing(), err
}

// readChargeable adds to a batch what chargeableAmong finds.
func (b *batch) readChargeable(tenant id.Tenant, customer id.Customer) {
	b.add(payments, pspCustomerKey(tenant, customer))
}

// chargeableAmong is ChargeableMethod of the rows of a batch.
func chargeableAmong(rows map[string]map[string]item, tenant id.Tenant, customer id.Customer) (payment.Standing, error) {
	row, err := among[pspCustomerRow](rows[payments], pspCustomerKey(tenant, customer))
	if err != nil || row == nil {
		return payment.Standing{}, err
	}
	return row.standing(), nil
}

// PSPCustomer implements payment.MethodStore.
func (db *DB) PSPCustomer(ctx context.Context, tenant id.Tenant, customer id.Customer) (string, error) {
	row, err := get[pspCustomerRow](ctx, db, payments, pspCustomerKey(tenant, customer), fault.ErrNotFound)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return "", nil
	case row.Erased:
		return "", payment.ErrErased
	}
	return row.PSPCustomer, err
}

// AddMethod implements payment.MethodStore.
func (db *DB) AddMethod(ctx context.Context, use *once.Use, m payment.Method, newPSPCustomer bool) error {
	t := db.tx()
	t.once(use)
	t.create(payments, methodKey(m.Tenant, m.Customer, m.Reference), m, nil)
	if newPSPCustomer { // two first methods at once: the PSP answered both the same customer
		t.update(payments, pspCustomerKey(m.Tenant, m.Customer), "SET PSPCustomer = :same", isNew+" OR PSPCustomer = :same", nil,
			item{":same": text(m.PSPCustomer)}, payment.ErrPSPUnavailable)
	}
	return t.commit(ctx)
}

// Method implements payment.MethodStore.
func (db *DB) Method(ctx context.Context, tenant id.Tenant, customer id.Customer, ref id.Reference) (payment.Method, error) {
	return get[payment.Method](ctx, db, payments, methodKey(tenant, customer, ref), payment.ErrMethodUnknown)
}

// defaultName: Default is a reserved word of DynamoDB.
var defaultName = map[string]string{"#d": "Default"}

var errEnded = errors.New("store: the method has ended already")

// CloseMethod implements payment.MethodStore. A customer's first confirmed method becomes the default.
func (db *DB) CloseMethod(ctx context.Context, use *once.Use, m payment.Method) error {
	t := db.tx()
	if use != nil {
		t.once(use)
	}
	putState(t, payments, methodKey(m.Tenant, m.Customer, m.Reference), m, payment.MethodPending, errEnded)
	if m.State == payment.MethodConfirmed {
		standing, err := attributevalue.Marshal(m.Standing())
		t.err = errors.Join(t.err, err)
		t.update(payments, pspCustomerKey(m.Tenant, m.Customer), "SET #d = if_not_exists(#d, :d)", "attribute_exists(pk) AND attribute_not_exists(Erased)",
			defaultName, item{":d": standing}, payment.ErrErased)
	}
	if err := t.commit(ctx); !errors.Is(err, errEnded) {
		return err
	}
	return nil
}

// Methods implements payment.CardStore.
func (db *DB) Methods(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []payment.Method, next string, err error) {
	condition, forward := "pk = :pk AND begins_with(sk, :sk)", false
	in := &dynamodb.QueryInput{TableName: db.table(payments), Limit: &limit, KeyConditionExpression: &condition, ScanIndexForward: &forward,
		ExpressionAttributeValues: item{":pk": text(customerPK(tenant, customer)), ":sk": text(methodPrefix)}}
	if in.ExclusiveStartKey, err = startKey(customerPK(tenant, customer), after, methodPrefix); err != nil {
		return nil, "", err
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		m, err := decode[payment.Method](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, m)
	}
	return page, positionOf(out.LastEvaluatedKey), nil
}

// SetDefault implements payment.CardStore.
func (db *DB) SetDefault(ctx context.Context, m payment.Method) error {
	t := db.tx()
	t.methodIs(m, payment.MethodConfirmed)
	t.standing(m.Tenant, m.Customer, &m, "attribute_exists(pk) AND attribute_not_exists(Erased)", nil)
	return t.commit(ctx)
}

// RetireMethod implements payment.CardStore.
func (db *DB) RetireMethod(ctx context.Context, m payment.Method, was payment.Standing, heir *payment.Method) error {
	t := db.tx()
	putState(t, payments, methodKey(m.Tenant, m.Customer, m.Reference), m, payment.MethodConfirmed, payment.ErrMoved)
	switch {
	case was.None():
		t.standing(m.Tenant, m.Customer, heir, "attribute_not_exists(#d)", nil)
	case was.Reference == m.Reference:
		t.standing(m.Tenant, m.Customer, heir, "#d.r = :was", item{":was": text(was.Reference)})
	default: // another one is charged
		t.check(payments, pspCustomerKey(m.Tenant, m.Customer), "#d.r <> :gone", defaultName, item{":gone": text(m.Reference)}, payment.ErrMoved)
	}
	if heir != nil {
		t.methodIs(*heir, payment.MethodConfirmed)
	}
	return t.commit(ctx)
}

// standing adds that a method becomes the default, or that there is none, under a condition.
func (t *tx) standing(tenant id.Tenant, customer id.Customer, m *payment.Method, condition string, values item) {
	if m == nil {
		t.update(payments, pspCustomerKey(tenant, customer), "REMOVE #d", condition, defaultName, values, payment.ErrMoved)
		return
	}
	standing, err := attributevalue.Marshal(m.Standing())
	t.err = errors.Join(t.err, err)
	all := item{":d": standing}
	maps.Copy(all, values)
	t.update(payments, pspCustomerKey(tenant, customer), "SET #d = :d", condition, defaultName, all, payment.ErrMoved)
}

// methodIs adds that a method must be in a state.
func (t *tx) methodIs(m payment.Method, state payment.MethodState) {
	t.check(payments, methodKey(m.Tenant, m.Customer, m.Reference), "#s = :is", map[string]string{"#s": "State"}, item{":is": text(state)}, payment.ErrMoved)
}

// DropMethod implements payment.CardStore.
func (db *DB) DropMethod(ctx context.Context, m payment.Method) error {
	_, err := db.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: db.table(payments), Key: methodKey(m.Tenant, m.Customer, m.Reference).item()})
	return outage(err)
}

// RefreshCard implements payment.CardStore. A method that was removed, or made the default, meanwhile is looked at again.
func (db *DB) RefreshCard(ctx context.Context, m payment.Method) error {
	for {
		standing, err := db.ChargeableMethod(ctx, m.Tenant, m.Customer)
		if err != nil {
			return err
		}
		t := db.tx()
		putState(t, payments, methodKey(m.Tenant, m.Customer, m.Reference), m, payment.MethodConfirmed, errEnded)
		if standing.Reference == m.Reference {
			t.standing(m.Tenant, m.Customer, &m, "#d.r = :is", item{":is": text(m.Reference)})
		} else {
			t.check(payments, pspCustomerKey(m.Tenant, m.Customer), "attribute_not_exists(#d) OR #d.r <> :not", defaultName, item{":not": text(m.Reference)}, payment.ErrMoved)
		}
		switch err := t.commit(ctx); {
		case errors.Is(err, errEnded):
			return nil // it was removed
		case !errors.Is(err, payment.ErrMoved) || ctx.Err() != nil:
			return err
		}
	}
}

// Running implements payment.CardStore.
func (db *DB) Running(ctx context.Context, tenant id.Tenant, customer id.Customer) (bool, error) {
	running := false
	err := each(ctx, db, subscriptions, key{customerPK(tenant, customer), "SUB#"}, func(s subscription.Subscription) error {
		running = running || s.State != subscription.Ended
		return nil
	})
	return running, err
}
