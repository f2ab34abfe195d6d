package store

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
)

// serviceRow is a service as the indexes "owner" and "parked" have it.
type serviceRow struct {
	domain.Service
	Owner  string `dynamodbav:"owner"`
	Parked string `dynamodbav:"parked,omitempty"`
}

// equipmentRow tells which service an ONU or CPE belongs to.
type equipmentRow struct{ Service id.Service }

const (
	onuKind = "ONU"
	cpeKind = "CPE"
)

// Service implements provisioning.Book.
func (db *DB) Service(ctx context.Context, tenant id.Tenant, s id.Service) (domain.Service, error) {
	return get[domain.Service](ctx, db, services, serviceKey(tenant, s), domain.ErrUnknown)
}

// ServicesOf is a page of a customer's services, oldest first; limit 0 is as many as fit into one. Eventually consistent.
func (db *DB) ServicesOf(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) ([]domain.Service, string, error) {
	in := &dynamodb.QueryInput{TableName: db.table(services), IndexName: index("owner")}
	if limit > 0 {
		in.Limit = &limit
	}
	inPartition(in, tenant, "owner", customerPK(tenant, customer), after)
	out, err := db.client.Query(ctx, in)
	return servicesIn(out, err)
}

// ParkedServices is a page of the services whose work waits for a human, oldest first. Eventually consistent.
func (db *DB) ParkedServices(ctx context.Context, tenant id.Tenant, after string, limit int32) ([]domain.Service, string, error) {
	in := &dynamodb.QueryInput{TableName: db.table(services), IndexName: index("parked"), Limit: &limit}
	inPartition(in, tenant, "parked", parkedServices(tenant), after)
	out, err := db.client.Query(ctx, in)
	return servicesIn(out, err)
}

// inPartition narrows a query to an index's partition, after a service.
func inPartition(in *dynamodb.QueryInput, tenant id.Tenant, name, partition, after string) {
	condition := "#p = :p"
	in.KeyConditionExpression = &condition
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = map[string]string{"#p": name}, item{":p": text(partition)}
	if after != "" {
		in.ExclusiveStartKey = serviceKey(tenant, id.Service(after)).item()
		in.ExclusiveStartKey[name], in.ExclusiveStartKey["ID"] = text(partition), text(after)
	}
}

func servicesIn(out *dynamodb.QueryOutput, err error) (page []domain.Service, next string, _ error) {
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		s, err := decode[domain.Service](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, s)
	}
	return page, positionIn("ID", out.LastEvaluatedKey), nil
}

// ServiceWithONU finds the service that an ONU belongs to; domain.ErrUnknown when it belongs to none.
func (db *DB) ServiceWithONU(ctx context.Context, tenant id.Tenant, serial string) (domain.Service, error) {
	return db.serviceWith(ctx, tenant, onuKind, serial)
}

func (db *DB) serviceWith(ctx context.Context, tenant id.Tenant, kind, serial string) (domain.Service, error) {
	row, err := get[equipmentRow](ctx, db, services, equipmentKey(tenant, kind, serial), domain.ErrUnknown)
	if err != nil {
		return domain.Service{}, err
	}
	return db.Service(ctx, tenant, row.Service)
}

// SaveService implements provisioning.Book.
func (db *DB) SaveService(ctx context.Context, was, is domain.Service, events ...event.Envelope) error {
	t := db.tx()
	t.service(was, is, domain.ErrMoved)
	t.announce(events...)
	return t.commit(ctx)
}

// errServiceMoved is what it means that a service's version is not the one that was read.
var errServiceMoved = errors.New("store: somebody else changed the service")

// ChangeService changes a service as decide says of it and of what time it is for its customer; it asks again when somebody was
// faster. A decision that changes nothing writes nothing, not even that the key was used; use may be nil.
func (db *DB) ChangeService(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Service, decide func(domain.Service, time.Time) (domain.Service, []event.Envelope, error)) error {
	return db.onService(ctx, use, tenant, s, decide, func(*tx, domain.Service, domain.Service, time.Time) error { return nil })
}

// ConcludeService is ChangeService where the change may begin or end the contract, as SettleService says.
func (db *DB) ConcludeService(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Service, decide func(domain.Service, time.Time) (domain.Service, []event.Envelope, error)) error {
	return db.onService(ctx, use, tenant, s, decide, func(t *tx, was, is domain.Service, now time.Time) error { return db.settled(ctx, t, was, is, now) })
}

func (db *DB) onService(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Service, decide func(domain.Service, time.Time) (domain.Service, []event.Envelope, error),
	also func(*tx, domain.Service, domain.Service, time.Time) error) error {
	return untilStill(ctx, func() error {
		was, err := db.Service(ctx, tenant, s)
		if err != nil {
			return err
		}
		now, err := db.Now(ctx, tenant, was.TestClock)
		if err != nil {
			return err
		}
		is, events, err := decide(was, now)
		if err != nil || is.Version == was.Version {
			return err
		}
		t := db.tx()
		if use != nil {
			t.once(use)
		}
		if err := also(t, was, is, now); err != nil {
			return err
		}
		t.service(was, is, errServiceMoved)
		t.announce(events...)
		return t.commit(ctx)
	})
}

// service adds a service that was changed, with what follows from it: its RADIUS account, and its claims on equipment and location.
func (t *tx) service(was, is domain.Service, moved error) {
	t.versioned(services, serviceKey(is.Tenant, is.ID), rowOf(is), is.Version, moved)
	t.subscriber(was, is)
	if was.Equipment == (domain.Equipment{}) && is.Equipment != (domain.Equipment{}) {
		t.create(services, equipmentKey(is.Tenant, onuKind, is.Equipment.ONU), equipmentRow{is.ID}, domain.ErrONUTaken)
		t.create(services, equipmentKey(is.Tenant, cpeKind, is.Equipment.CPE), equipmentRow{is.ID}, domain.ErrCPETaken)
	}
	if is.State != domain.Terminated || was.State == domain.Terminated {
		return
	}
	if is.Equipment != (domain.Equipment{}) {
		t.delete(services, equipmentKey(is.Tenant, onuKind, is.Equipment.ONU), "", nil, nil)
		t.delete(services, equipmentKey(is.Tenant, cpeKind, is.Equipment.CPE), "", nil, nil)
	}
	t.update(services, locationKey(is.Tenant, is.Location), "SET Serves = :none ADD Version :one", "Serves = :svc", nil,
		item{":none": text(""), ":svc": text(is.ID), ":one": number(1)}, errLocationMoved)
}

// errLocationMoved is what it means that a location is not the one that was read.
var errLocationMoved = errors.New("store: somebody else changed the location")

func rowOf(s domain.Service) serviceRow {
	row := serviceRow{Service: s, Owner: customerPK(s.Tenant, s.Customer)}
	if s.Work.Parked != nil {
		row.Parked = parkedServices(s.Tenant)
	}
	return row
}

// subscriber adds the change of the account that follows from a service.
func (t *tx) subscriber(was, is domain.Service) {
	had, has := accountFor(was), accountFor(is)
	switch k := subscriberKey(is.Tenant, is.Username); {
	case has != nil && (had == nil || *had != *has):
		t.put(services, k, *has, "", nil, nil)
	case has == nil && had != nil:
		t.delete(services, k, "", nil, nil)
	}
}

// accountFor is the RADIUS account of a service; nil when it has none.
func accountFor(s domain.Service) *subscriber.Account {
	if !s.Has(domain.StepSubscriber) || s.State == domain.Terminated {
		return nil
	}
	return &subscriber.Account{Tenant: s.Tenant, Username: s.Username, Generation: s.Generation, Service: s.ID, Subscription: s.Subscription, Customer: s.Customer, Barred: s.Barred(),
		DownKbps: s.Profile.DownKbps, UpKbps: s.Profile.UpKbps, Address: s.Allocation.Address, Prefix6: s.Allocation.Prefix6, CapBytes: s.CapBytes, Anchor: s.Anchor, TestClock: s.TestClock}
}
