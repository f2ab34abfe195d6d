package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"turnup/internal/base/event"
	"turnup/internal/domain/provisioning"
	"turnup/internal/journey"
	"turnup/internal/plant"
)

// openPlant starts the network's stand-ins and says how functions reach them, as parameters of the template.
func openPlant() (*plant.Plant, *httptest.Server, map[string]string, error) {
	p, err := plant.New(plant.Options{Pool: "100.64.0.0/20", Core: "127.0.0.1:0", CoA: "127.0.0.1:0"})
	if err != nil {
		return nil, nil, nil, err
	}
	at := httptest.NewServer(p)
	return p, at, map[string]string{"Nas": plant.NAS + "=mikrotik@" + p.BNG.Address(), "NetboxUrl": at.URL + "/netbox", "AddressPool": "100.64.0.0/20", "VolthaCore": p.Core, "VolthaController": at.URL + "/vgc/v1",
		"GenieacsUrl": at.URL + "/genieacs", "NetworkTimeout": "5s", "StepWithin": "8s"}, nil
}

// network is what a fibre line leads to, from the record of a home to its end: in the network's stand-ins, whose work is not counted.
func (s *stage) network(ctx context.Context) error {
	home := journey.NewHome()
	if err := s.plant.Build(plant.Home{ONU: home.ONU, CPE: home.CPE, OLT: home.OLT, PON: home.PON}); err != nil {
		return err
	}
	s.home = home
	for _, act := range []func(context.Context) error{s.orderLine, s.provision, s.useLine, s.suspend, s.diagnose, s.terminate} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) orderLine(ctx context.Context) error {
	h := s.home
	const where = "/admin/locations/{locationId}"
	if err := s.request(ctx, request{name: "putLocation", function: "network-admin", method: http.MethodPut, path: "/admin/locations/" + h.Location, route: where, staff: true, want: http.StatusOK, body: h.Place()}); err != nil {
		return err
	}
	if err := s.request(ctx, request{name: "qualifyAddress", function: "qualification", method: http.MethodGet, path: "/service-qualification?" + url.Values{"country": {h.Address.Country}, "postcode": {h.Address.Postcode}, "street": {h.Address.Street}, "houseNumber": {h.Address.House}}.Encode(), route: "/service-qualification", anon: true, want: http.StatusOK}); err != nil {
		return err
	}
	if err := s.moveWallet(ctx, setUp, 5000, "credit", ""); err != nil {
		return err
	}
	var o journey.PlanOrder
	err := s.request(ctx, request{name: "createOrder, a fibre plan", function: "orders", method: http.MethodPost, path: "/orders", body: map[string]any{"planId": "plan_fibre-300", "locationId": h.Location},
		want: http.StatusCreated, answer: &o})
	if err == nil {
		err = s.onOrder(ctx, setUp, "payments", o.OrderID, "pay", map[string]any{"method": "wallet"}, nil)
	}
	if err == nil {
		err = s.deliver(ctx, "on-delivery, a fibre plan")
	}
	if err != nil {
		return err
	}
	_, ordered, err := s.batch(ctx, event.TypeServiceOrdered)
	if err == nil {
		var told event.ServiceOrdered
		err = event.Decode(ordered, &told)
		s.service, s.subscription = string(told.ServiceID), string(told.SubscriptionID)
	}
	return err
}

// provision runs the steps of provisioning as their machine does; the router dials in before its session is looked for.
func (s *stage) provision(ctx context.Context) error {
	again := request{name: "provisionService, begun by the payment", function: "services", method: http.MethodPost, path: "/services/provision", body: map[string]any{"subscriptionId": s.subscription},
		want: http.StatusAccepted}
	if err := s.request(ctx, again); err != nil {
		return err
	}
	ref, err := s.requested(ctx, "on-provisioning")
	if err != nil {
		return err
	}
	err = s.tasks(ctx, ref, "tasks-inventory inventory", "tasks-provisioning subscriber", "tasks-access access", "tasks-cpe cpe")
	if err == nil {
		err = s.radius(ctx, "authorizeSubscriber", "authorize", map[string]any{"NAS-Identifier": wording(plant.NAS)}, http.StatusOK)
	}
	if err == nil {
		err = s.account(ctx, "accountSession, a start", "Start", "a", 0)
	}
	if err == nil {
		err = s.tasks(ctx, ref, "tasks-provisioning verify", "tasks-provisioning activate")
	}
	if err != nil {
		return err
	}
	_, activated, err := s.batch(ctx, event.TypeServiceActivated)
	if err == nil {
		err = s.consume(ctx, "on-notifications, a line is active", "on-notifications", activated)
	}
	return err
}

// requested is the newest request for work, after it was handed to its consumer under a name.
func (s *stage) requested(ctx context.Context, name string) (ref provisioning.Ref, err error) {
	_, e, err := s.batch(ctx, event.TypeProvisioningRequested)
	if err != nil {
		return ref, err
	}
	var q event.ProvisioningRequested
	if err := event.Decode(e, &q); err != nil {
		return ref, err
	}
	return provisioning.RefOf(e.Tenant, e.CorrelationID, q), s.consume(ctx, name, "on-provisioning", e)
}

// tasks runs tasks, each written as function and task, one after the other.
func (s *stage) tasks(ctx context.Context, input any, all ...string) error {
	for _, one := range all {
		function, task, _ := strings.Cut(one, " ")
		task, _, _ = strings.Cut(task, ",") // what follows tells it from another that does as much
		raw, err := s.invoke(ctx, one, function, map[string]any{"task": task, "execution": "bench", "correlationId": "bench", "input": input})
		if err != nil {
			return err
		}
		var out provisioning.Outcome
		if json.Unmarshal(raw, &out) != nil || out.Outcome != "done" {
			return fmt.Errorf("%s: %s", one, raw)
		}
	}
	return nil
}

// wording and count are attributes as rlm_rest writes them.
func wording(v string) map[string]any { return map[string]any{"type": "string", "value": []string{v}} }
func count(v any) map[string]any      { return map[string]any{"type": "integer", "value": []any{v}} }
func (s *stage) radiusKey() string {
	_, key, _ := strings.Cut(s.site.Secrets["radius-key"], ":")
	return key
}
func (s *stage) subscriber() string {
	return strings.ToLower(strings.TrimPrefix(s.service, "svc_")) + "@demo"
}
func (s *stage) serviceURL() string   { return "/services/" + s.service }
func serviceRoute(part string) string { return "/services/{serviceId}" + part }

// radius is a request of FreeRADIUS.
func (s *stage) radius(ctx context.Context, name, section string, attributes map[string]any, want int) error {
	attributes["User-Name"] = wording(s.subscriber())
	return s.request(ctx, request{name: name, function: "radius-hook", method: http.MethodPost, path: "/radius/" + section, body: attributes, anon: true, withoutKey: true, want: want,
		header: map[string]string{"X-Api-Key": s.radiusKey()}})
}

// account is a report of a session, named by a letter, that has carried so many bytes each way.
func (s *stage) account(ctx context.Context, name, status, session string, bytes int) error {
	return s.radius(ctx, name, "accounting", map[string]any{"NAS-Identifier": wording(plant.NAS), "Acct-Status-Type": count(status), "Acct-Session-Id": wording(session), "Acct-Unique-Session-Id": wording("unique-" + session),
		"Acct-Input-Octets": count(bytes), "Acct-Output-Octets": count(bytes), "Acct-Session-Time": count(60)}, http.StatusNoContent)
}

func (s *stage) useLine(ctx context.Context) error {
	err := s.account(ctx, "accountSession, an interim", "Interim-Update", "a", 1_000_000)
	if err == nil {
		err = s.account(ctx, "accountSession, an interim again", "Interim-Update", "a", 1_000_000)
	}
	if err != nil {
		return err
	}
	return s.reads(ctx, request{name: "getUsage", function: "services", path: "/subscriptions/" + s.subscription + "/usage", route: "/subscriptions/{subscriptionId}/usage"},
		request{name: "getUsage, with periods before", function: "services", path: "/subscriptions/" + s.subscription + "/usage?past=3", route: "/subscriptions/{subscriptionId}/usage"},
		request{name: "getService", function: "services", path: s.serviceURL(), route: serviceRoute("")},
		request{name: "listServices", function: "services", path: "/services"},
		request{name: "listParkedServices", function: "network-admin", path: "/admin/services/parked", staff: true})
}

// operate is what network operations ask of the service.
func (s *stage) operate(ctx context.Context, name, part string, body any) error {
	return s.request(ctx, request{name: name, function: "network-admin", method: http.MethodPost, path: s.serviceURL() + "/" + part, route: serviceRoute("/" + part), body: body, staff: true, want: http.StatusAccepted})
}

func (s *stage) suspend(ctx context.Context) error {
	if err := s.operate(ctx, "suspendService", "suspend", map[string]any{"reason": "The customer asked for it"}); err != nil {
		return err
	}
	_, changed, err := s.batch(ctx, event.TypeAccessChanged)
	if err == nil {
		err = s.consume(ctx, "on-access, a session to end", "on-access", changed)
	}
	if err == nil {
		err = s.radius(ctx, "authorizeSubscriber, suspended", "authorize", map[string]any{"NAS-Identifier": wording(plant.NAS)}, http.StatusUnauthorized)
	}
	ref, err2 := s.requested(ctx, setUp)
	if err = errors.Join(err, err2); err == nil {
		err = s.tasks(ctx, ref, "tasks-provisioning settle")
	}
	if err == nil {
		err = s.operate(ctx, "resumeService", "resume", map[string]any{})
	}
	if err == nil {
		err = s.account(ctx, setUp, "Start", "b", 0)
	}
	if err != nil {
		return err
	}
	if ref, err = s.requested(ctx, setUp); err == nil {
		err = s.tasks(ctx, ref, "tasks-provisioning settle")
	}
	return err
}

func (s *stage) diagnose(ctx context.Context) error {
	var d struct{ DiagnosisID string }
	err := s.request(ctx, request{name: "checkServiceHealth", function: "services", method: http.MethodPost, path: s.serviceURL() + "/health-check", route: serviceRoute("/health-check"), want: http.StatusAccepted, answer: &d})
	if err != nil {
		return err
	}
	order := map[string]any{"tenant": "demo", "serviceId": s.service, "diagnosisId": d.DiagnosisID, "kind": "health"}
	if err := s.tasks(ctx, order, "tasks-access diagnose-access", "tasks-cpe diagnose-cpe", "tasks-inventory diagnose-inventory", "tasks-provisioning diagnose-finish"); err != nil {
		return err
	}
	return s.reads(ctx, request{name: "getDiagnosis", function: "services", path: s.serviceURL() + "/diagnoses/" + d.DiagnosisID, route: serviceRoute("/diagnoses/{diagnosisId}")})
}

func (s *stage) terminate(ctx context.Context) error {
	if err := s.operate(ctx, "terminateService", "terminate", nil); err != nil {
		return err
	}
	ref, err := s.requested(ctx, setUp)
	if err == nil {
		err = s.tasks(ctx, ref, "tasks-cpe cpe", "tasks-access access")
	}
	if err == nil {
		err = s.account(ctx, "accountSession, a stop", "Stop", "b", 2_000_000)
	}
	if err == nil {
		err = s.tasks(ctx, ref, "tasks-provisioning bar", "tasks-inventory inventory", "tasks-provisioning settle, a termination")
	}
	return err
}

// happyPath counts the transitions of a machine's definition when nothing fails and nothing chooses: its states, and the end.
func happyPath(name string) (float64, error) {
	raw, err := os.ReadFile(filepath.Join("statemachines", name+".asl.json"))
	if err != nil {
		return 0, err
	}
	var m struct {
		StartAt string
		States  map[string]struct{ Type, Next string }
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return 0, err
	}
	n := 1.0 // into the first
	for at := m.StartAt; ; n++ {
		state, known := m.States[at]
		if !known || state.Type == "Choice" {
			return 0, fmt.Errorf("%s has no plain way from its start to its end: %q", name, at)
		}
		if at = state.Next; at == "" {
			return n + 1, nil
		}
	}
}

// provisioningFigure is P3 of setting a line up. No machine has a polling loop: internal/check has no state that leads back.
func provisioningFigure() (figure, error) {
	n, err := happyPath("provisioning")
	return figure{name: "P3 transitions, FTTH provisioning", value: n, must: 22, stretch: 16, detail: "states of the definition and its end; waits are inside tasks, none loops"}, err
}
