// Package provisioning is what moves work on the network along: the queue's consumer starts the machine of each work and opens the
// ticket of one that got stuck; the machines' tasks do the steps.
package provisioning

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/domain/ticket"
	"turnup/internal/platform/metric"
)

// Name of the consumer.
const Name = "on-provisioning"

// Machine starts executions; one that exists is success.
type Machine interface {
	Start(ctx context.Context, name string, input any) error
}

// Desk opens tickets; one cause has one, else it is ticket.ErrOpened.
type Desk interface {
	OpenTicket(ctx context.Context, use *once.Use, c ticket.Change) error
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
}

// Consumer handles provisioning.requested, provisioning.parked and diagnosis.requested, and what changes contracts.
type Consumer struct {
	Book     Book
	Desk     Desk
	Machines map[domain.Kind]Machine
	Diagnose Machine
}

// Handle handles one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	if sub, customer, about, err := contractOf(e); about {
		if err != nil {
			return err
		}
		return c.follow(ctx, e.Tenant, customer, sub)
	}
	switch e.Type {
	case event.TypeProvisioningRequested:
		var q event.ProvisioningRequested
		if err := event.Decode(e, &q); err != nil {
			return err
		}
		machine, known := c.Machines[domain.Kind(q.Kind)]
		if !known {
			return fault.ErrInvalid.Because(fmt.Errorf("provisioning: no machine does %q", q.Kind))
		}
		work := domain.Work{Number: q.Number, Run: q.Run}
		return machine.Start(ctx, work.Execution(q.ServiceID), domain.RefOf(e.Tenant, e.CorrelationID, q))
	case event.TypeDiagnosisRequested:
		var asked event.DiagnosisRequested
		if err := event.Decode(e, &asked); err != nil {
			return err
		}
		return c.Diagnose.Start(ctx, string(asked.DiagnosisID), domain.Order{Tenant: e.Tenant, Service: asked.ServiceID, Diagnosis: asked.DiagnosisID, Kind: domain.Measurement(asked.Kind),
			CorrelationID: e.CorrelationID})
	}
	var parked event.ProvisioningParked
	if err := event.Decode(e, &parked); err != nil {
		return err
	}
	return c.escalate(ctx, e, parked)
}

// escalate opens the one ticket of work that got stuck (S3-101); when it gets stuck again, the ticket is there.
func (c Consumer) escalate(ctx context.Context, e event.Envelope, p event.ProvisioningParked) error {
	if p.Again {
		return nil
	}
	now, err := c.Desk.Now(ctx, e.Tenant, "")
	if err != nil {
		return err
	}
	metric.Emit(now, "WorkParked", metric.Count, 1, map[string]string{"Consumer": Name})
	change, err := ticket.Opening{Tenant: e.Tenant, Customer: p.CustomerID, By: ticket.Author{Kind: ticket.System, ID: Name},
		Subject: fmt.Sprintf("%s: %s is delayed", p.Service, p.Kind), Body: wordsOf(p), Category: ticket.Technical, Priority: ticket.High, Cause: string(e.ID)}.Open(ctx, now)
	if err != nil {
		return err
	}
	if err := c.Desk.OpenTicket(ctx, nil, change); !errors.Is(err, ticket.ErrOpened) {
		return err
	}
	return nil
}

// wordsOf tells the customer and the desk the same: what is delayed, and where it stands. Causes in the systems' own words are in the
// service's work, which staff read.
func wordsOf(p event.ProvisioningParked) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The work on your service %q (%s) takes longer than planned. Our network operations look into it.\n", p.Service, p.Kind)
	fmt.Fprintf(&b, "Service: %s. Step: %s. Code: %s.", p.ServiceID, p.Step, p.Code)
	return b.String()
}
