package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/timer"
)

// signupRow is a signup as the index "list" has it, where staff find it.
type signupRow struct {
	signup.Signup
	List  string `dynamodbav:"list"`
	Place string `dynamodbav:"place"`
	TTL   int64  `dynamodbav:"ttl,omitempty"` // of one that expired: until then its links say so
}

// expiredKept is how long a signup that was abandoned is still known.
const expiredKept = 90 * 24 * time.Hour

func signupRowOf(s signup.Signup) signupRow {
	row := signupRow{Signup: s, List: signupShard(s), Place: signupPlace(s)}
	if s.State == signup.Expired {
		row.TTL = s.EndedAt.Add(expiredKept).Unix()
	}
	return row
}

// Signup reads a signup; unknown, or of another client account, is signup.ErrUnknown.
func (db *DB) Signup(ctx context.Context, tenant id.Tenant, s id.Signup) (signup.Signup, error) {
	return get[signup.Signup](ctx, db, signups, signupKey(tenant, s), signup.ErrUnknown)
}

// BeginSignup writes a new signup with its events. The key's answer is set before.
func (db *DB) BeginSignup(ctx context.Context, use *once.Use, s signup.Signup, events []event.Data) error {
	t := db.tx()
	t.once(use)
	t.create(signups, signupKey(s.Tenant, s.ID), signupRowOf(s), nil)
	t.signupTimer(signup.Signup{}, s)
	t.announceSignup(ctx, s, s.BeganAt, events)
	return t.commit(ctx)
}

// errSignupMoved is what it means that a signup's version is not the one that was read.
var errSignupMoved = errors.New("store: somebody else changed the signup")

// signupTries is how often a change is decided anew because somebody else was faster.
const signupTries = 8

// ChangeSignup changes a signup as decide says of it and of what time it is for its customer, and answers how it stands then. It asks
// again when somebody was faster. A decision that changes nothing writes nothing, not even that the key was used; use may be nil.
func (db *DB) ChangeSignup(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Signup,
	decide func(signup.Signup, time.Time) (signup.Signup, []event.Data, error)) (is signup.Signup, err error) {
	for range signupTries {
		is, err = db.changeSignup(ctx, use, tenant, s, decide)
		if !errors.Is(err, errSignupMoved) {
			return is, err
		}
	}
	return is, signup.ErrMoved.Because(err)
}

func (db *DB) changeSignup(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Signup,
	decide func(signup.Signup, time.Time) (signup.Signup, []event.Data, error)) (signup.Signup, error) {
	was, err := db.Signup(ctx, tenant, s)
	if err != nil {
		return was, err
	}
	now, err := db.Now(ctx, tenant, was.TestClock)
	if err != nil {
		return was, err
	}
	is, events, err := decide(was, now)
	if err != nil || is.Version == was.Version {
		return was, err
	}
	t := db.tx()
	if use != nil {
		t.once(use)
	}
	t.put(signups, signupKey(tenant, s), signupRowOf(is), "Version = :was", item{":was": number(was.Version)}, errSignupMoved)
	t.signupTimer(was, is)
	t.announceSignup(ctx, is, now, events)
	return is, t.commit(ctx)
}

// signupTimer moves the one timer of a signup to when it is due next, and to whom it belongs.
func (t *tx) signupTimer(was, is signup.Signup) {
	before, after := was.Due(), is.Due() // of no signup yet it is never
	if moved := was.ID != "" && was.Owner() != is.Owner(); !before.IsZero() && (moved || after.IsZero()) {
		t.clearTimer(is.Tenant, was.Owner(), timer.Signup, string(is.ID))
		before = time.Time{}
	}
	if !after.IsZero() && (!after.Equal(before) || was.TestClock != is.TestClock) {
		t.setTimer(timer.Timer{Tenant: is.Tenant, Customer: is.Owner(), Kind: timer.Signup, Subject: string(is.ID), Due: after, TestClock: is.TestClock})
	}
}

// announceSignup adds events whose correlation is the signup, whoever made them true.
func (t *tx) announceSignup(ctx context.Context, s signup.Signup, at time.Time, events []event.Data) {
	trace := event.TraceOf(ctx)
	trace.Correlation = string(s.ID)
	for _, data := range events {
		t.announce(event.New(event.WithTrace(ctx, trace), s.Tenant, at, data))
	}
}

// Signups reads a page of the signups in a state, those that hang first, then by age. The index is eventually consistent.
func (db *DB) Signups(ctx context.Context, tenant id.Tenant, state signup.State, after string, limit int32) (page []signup.Signup, next string, err error) {
	if after != "" && !strings.HasPrefix(after, "0#"+id.SignupPrefix) && !strings.HasPrefix(after, "1#"+id.SignupPrefix) {
		return nil, "", fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")
	}
	condition, more := "#list = :list AND #place > :after", false
	var found []signupRow
	for shard := range SignupShards {
		in := &dynamodb.QueryInput{TableName: db.table(signups), IndexName: index("list"), KeyConditionExpression: &condition, Limit: &limit,
			ExpressionAttributeNames:  map[string]string{"#list": "list", "#place": "place"},
			ExpressionAttributeValues: item{":list": text(signupsPK(tenant, state, shard)), ":after": text(cmp.Or(after, "0"))}}
		out, err := db.client.Query(ctx, in)
		if err != nil {
			return nil, "", outage(err)
		}
		for _, row := range out.Items {
			r, err := decode[signupRow](row)
			if err != nil {
				return nil, "", err
			}
			found = append(found, r)
		}
		more = more || len(out.LastEvaluatedKey) > 0
	}
	slices.SortFunc(found, func(a, b signupRow) int { return strings.Compare(a.Place, b.Place) })
	if len(found) > int(limit) {
		found, more = found[:limit], true
	}
	if more && len(found) > 0 {
		next = found[len(found)-1].Place
	}
	page, err = db.signupsAt(ctx, tenant, found)
	return page, next, err
}

// signupsAt reads signups that an index told of, in its order; one that is gone is left out.
func (db *DB) signupsAt(ctx context.Context, tenant id.Tenant, rows []signupRow) (page []signup.Signup, err error) {
	b := db.batch()
	for _, r := range rows {
		b.add(signups, signupKey(tenant, id.Signup(r.Place[len("0#"):])))
	}
	read, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		found, err := among[signup.Signup](read[signups], signupKey(tenant, id.Signup(r.Place[len("0#"):])))
		if err != nil {
			return nil, err
		}
		if found != nil {
			page = append(page, *found)
		}
	}
	return page, nil
}
