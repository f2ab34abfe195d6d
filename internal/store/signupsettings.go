package store

import (
	"context"
	"errors"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/signup"
)

// SignupFlow reads how signups of a kind go: as staff said, or else the default. A name of no flow is signup.ErrFlowUnknown.
func (db *DB) SignupFlow(ctx context.Context, tenant id.Tenant, name string) (signup.Flow, error) {
	standard, err := signup.Default(tenant, name)
	if err != nil {
		return standard, err
	}
	f, err := get[signup.Flow](ctx, db, signups, flowKey(tenant, name), signup.ErrFlowUnknown)
	if errors.Is(err, signup.ErrFlowUnknown) {
		return standard, nil
	}
	return f, err
}

// PutSignupFlow writes the next version of a flow; fault.ErrStale when somebody else was faster. Signups that are on their way keep theirs.
func (db *DB) PutSignupFlow(ctx context.Context, f signup.Flow) error {
	t := db.tx()
	t.versioned(signups, flowKey(f.Tenant, f.Name), f, f.Version, fault.ErrStale)
	t.configured(ctx, f.Tenant, event.SignupFlow, f.Name, f.Version, false)
	return t.commit(ctx)
}

// SignupPartner reads another system; signup.ErrPartnerUnknown.
func (db *DB) SignupPartner(ctx context.Context, tenant id.Tenant, name string) (signup.Partner, error) {
	return get[signup.Partner](ctx, db, signups, partnerKey(tenant, name), signup.ErrPartnerUnknown)
}

// PutSignupPartner writes the next version of another system; fault.ErrStale when somebody else was faster.
func (db *DB) PutSignupPartner(ctx context.Context, p signup.Partner) error {
	t := db.tx()
	t.versioned(signups, partnerKey(p.Tenant, p.Name), p, p.Version, fault.ErrStale)
	t.configured(ctx, p.Tenant, event.SignupPartner, p.Name, p.Version, false)
	return t.commit(ctx)
}

// ThankYouPage reads a page on which a signup ends; signup.ErrUnknown.
func (db *DB) ThankYouPage(ctx context.Context, tenant id.Tenant, p id.ThankYouPage) (signup.ThankYouPage, error) {
	return get[signup.ThankYouPage](ctx, db, signups, thankYouKey(tenant, p), signup.ErrUnknown)
}

// errPageThere is what it means that the page was made before.
var errPageThere = errors.New("store: the page is there")

// PublishThankYouPage writes the page on which a signup ends, once, with the event that says where it is.
func (db *DB) PublishThankYouPage(ctx context.Context, p signup.ThankYouPage, e event.Envelope) error {
	t := db.tx()
	t.create(signups, thankYouKey(p.Tenant, p.ID), p, errPageThere)
	t.announce(e)
	if err := t.commit(ctx); !errors.Is(err, errPageThere) {
		return err
	}
	return nil
}
