package provisioning_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/consumer/provisioning"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/domain/ticket"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// floor has machines, which are told apart by their names, and a desk.
type floor struct {
	started []string
	inputs  []any
	tickets []ticket.Change
	err     error
}

type machine struct {
	*floor
	name string
}

func (m machine) Start(_ context.Context, name string, input any) error {
	if m.err != nil {
		return m.err
	}
	m.started, m.inputs = append(m.started, m.name+" "+name), append(m.inputs, input)
	return nil
}

// OpenTicket opens one ticket of a cause, which its id tells.
func (f *floor) OpenTicket(_ context.Context, use *once.Use, c ticket.Change) error {
	switch {
	case f.err != nil:
		return f.err
	case use != nil:
		return errors.New("no request asked for it")
	case slices.ContainsFunc(f.tickets, func(was ticket.Change) bool { return was.Ticket.ID == c.Ticket.ID }):
		return ticket.ErrOpened
	}
	f.tickets = append(f.tickets, c)
	return nil
}

func (f *floor) Now(context.Context, id.Tenant, id.TestClock) (time.Time, error) { return noon, nil }

func (f *floor) consumer() provisioning.Consumer {
	machines := map[domain.Kind]provisioning.Machine{}
	for _, kind := range []domain.Kind{domain.Provision, domain.Suspend, domain.Resume, domain.Terminate, domain.Speed} {
		machines[kind] = machine{f, string(kind)}
	}
	return provisioning.Consumer{Desk: f, Machines: machines, Diagnose: machine{f, "diagnosis"}}
}

func announced(t *testing.T, data event.Data) event.Envelope {
	t.Helper()
	return event.New(event.WithTrace(t.Context(), event.Trace{Correlation: "journey"}), "demo", noon, data)
}

// S3-45, S3-105: each kind of work has its machine; its execution is named after service, work and attempt, so that an event that comes
// twice starts one, and a new attempt another; it is handed which attempt it is.
func TestMachines(t *testing.T) {
	f := &floor{}
	for _, kind := range []string{"provision", "suspend", "resume", "terminate", "speed"} {
		e := announced(t, event.ProvisioningRequested{ServiceID: "svc_1", CustomerID: "cus_1", Kind: kind, Number: 2, Run: 3})
		for range 2 {
			if err := f.consumer().Handle(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		n := len(f.started)
		if f.started[n-2] != kind+" svc_1-2-3" || f.started[n-1] != f.started[n-2] {
			t.Errorf("%s started %v", kind, f.started)
		}
		input, err := json.Marshal(f.inputs[n-1])
		if want := `{"tenant":"demo","serviceId":"svc_1","number":2,"run":3,"correlationId":"journey"}`; err != nil || string(input) != want {
			t.Errorf("%s was given %s, %v", kind, input, err)
		}
	}
	f = &floor{}
	if err := f.consumer().Handle(t.Context(), announced(t, event.DiagnosisRequested{DiagnosisID: "dia_1", ServiceID: "svc_1", CustomerID: "cus_1", Kind: "ping"})); err != nil || f.started[0] != "diagnosis dia_1" {
		t.Errorf("%v, %v", f.started, err)
	}
	if input, _ := json.Marshal(f.inputs[0]); string(input) != `{"tenant":"demo","serviceId":"svc_1","diagnosisId":"dia_1","kind":"ping","correlationId":"journey"}` {
		t.Errorf("given %s", input)
	}
}

// Work of a kind that no machine does, and an event of another queue, are for an operator at once; what fails in passing is tried again.
func TestWhatCannotBeHandled(t *testing.T) {
	for _, data := range []event.Data{event.ProvisioningRequested{ServiceID: "svc_1", Kind: "paint"}, event.ProvisioningRequested{ServiceID: "svc_1"}, event.OrderDelivered{}} {
		f := &floor{}
		if err := f.consumer().Handle(t.Context(), announced(t, data)); err == nil || fault.Transient(err) || len(f.started)+len(f.tickets) > 0 {
			t.Errorf("%+v: %v", data, err)
		}
	}
	for _, data := range []event.Data{event.ProvisioningRequested{ServiceID: "svc_1", Kind: "resume"}, event.DiagnosisRequested{DiagnosisID: "dia_1"}, event.ProvisioningParked{ServiceID: "svc_1", CustomerID: "cus_1", Service: "Fibre"}} {
		f := &floor{err: fault.ErrUnavailable}
		if err := f.consumer().Handle(t.Context(), announced(t, data)); !errors.Is(err, fault.ErrUnavailable) {
			t.Errorf("%+v: %v", data, err)
		}
	}
}

// S3-99, S3-101: work that got stuck has one ticket, however often the event comes; when it gets stuck again, the ticket is there. It
// tells the customer where it stands and the desk what to look at, but not the systems' own words, which may be anything.
func TestOneTicket(t *testing.T) {
	f := &floor{}
	parked := event.ProvisioningParked{ServiceID: "svc_1", SubscriptionID: "sub_1", CustomerID: "cus_1", OrderID: "ord_1", Service: "Fibre 300", Kind: "provision", Step: "cpe", System: "genieacs",
		Code: "cpe_offline", Cause: "canary"}
	e := announced(t, parked)
	parked.Again = true
	for _, e := range []event.Envelope{e, e, announced(t, parked)} {
		if err := f.consumer().Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.tickets) != 1 {
		t.Fatalf("%d tickets", len(f.tickets))
	}
	c := f.tickets[0]
	if k := c.Ticket; k.Customer != "cus_1" || k.Tenant != "demo" || k.Category != ticket.Technical || k.Priority != ticket.High || k.Status != ticket.Open || !k.OpenedAt.Equal(noon) ||
		c.Message.Author != (ticket.Author{Kind: ticket.System, ID: "on-provisioning"}) || len(c.Events) != 1 || k.Subject != "Fibre 300: provision is delayed" {
		t.Errorf("%+v by %+v", k, c.Message.Author)
	}
	for _, word := range []string{"svc_1", "Step: cpe", "Code: cpe_offline", "Fibre 300"} {
		if !strings.Contains(c.Message.Body, word) {
			t.Errorf("%q is missing: %s", word, c.Message.Body)
		}
	}
	if strings.Contains(fmt.Sprint(c.Ticket, *c.Message), "canary") {
		t.Error("the ticket has a system's words")
	}
	parked.Again = false
	if err := f.consumer().Handle(t.Context(), announced(t, parked)); err != nil || len(f.tickets) != 2 { // of other work
		t.Errorf("%d tickets, %v", len(f.tickets), err)
	}
}
