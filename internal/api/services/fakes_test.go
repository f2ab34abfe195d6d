package services

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/base/token/tokentest"
	"turnup/internal/domain/maintenance"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/rest"
)

func TestMain(m *testing.M) {
	metric.Sink = io.Discard
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

const (
	ada   = "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
	bob   = "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB"
	staff = "stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XC"
	sub   = id.Subscription("sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA")
	svc   = "svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
	none  = "svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XZ"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// site is a store of ada's service at a location, and of its diagnoses and use.
type site struct {
	Store     // what these tests do not ask for
	service   provisioning.Service
	location  provisioning.Location
	diagnoses map[id.Diagnosis]provisioning.Diagnosis
	live      subscriber.Live
	past      []subscriber.Period
	told      []event.Envelope
	used      map[string]once.Use
	listed    id.Customer
	windows   []maintenance.Window
}

// Windows gives those that there are to whoever asks for the next two weeks.
func (s *site) Windows(_ context.Context, tenant id.Tenant, from, until time.Time, after string, limit int32) ([]maintenance.Window, string, error) {
	if tenant != "demo" || until.Sub(from) != 14*24*time.Hour || after != "" || limit != 0 {
		return nil, "", fault.ErrInvalid
	}
	return s.windows, "", nil
}

func siteOf(state func(provisioning.Service) provisioning.Service) *site {
	s := provisioning.Design(provisioning.Service{Tenant: "demo", Customer: ada, Subscription: sub, Order: "ord_1", Name: "Fibre 300", Location: "loc-1", CapBytes: 1000,
		Profile: provisioning.Profile{DownKbps: 300000, UpKbps: 150000}}, noon)
	if state != nil {
		s = state(s)
	}
	return &site{service: s, location: provisioning.Location{Tenant: "demo", ID: "loc-1", Serves: svc}, diagnoses: map[id.Diagnosis]provisioning.Diagnosis{}, used: map[string]once.Use{}}
}

// begun is a service whose work has begun.
func begun(s provisioning.Service) provisioning.Service {
	next, _, err := s.Begin(provisioning.Equipment{ONU: "BBSM00000001", CPE: "202BC1-BM632w-000001"}, false, noon)
	if err != nil {
		panic(err)
	}
	return next
}

// active is one that works.
func active(s provisioning.Service) provisioning.Service {
	s = begun(s)
	s.State, s.ActiveSince, s.Anchor, s.Built = provisioning.Active, noon, "2026-11-02", []provisioning.Step{provisioning.StepInventory, provisioning.StepSubscriber}
	return s
}

func (s *site) Recall(_ context.Context, r once.Request) (json.RawMessage, error) {
	u, was := s.used[r.Caller+r.Key]
	switch {
	case !was:
		return nil, nil
	case u.Fingerprint != r.Fingerprint:
		return nil, fault.ErrKeyReused
	}
	return u.Stored(), nil
}

// use is what a transaction does with a key.
func (s *site) use(u *once.Use) error {
	stored, err := s.Recall(context.Background(), u.Request)
	if err != nil {
		return err
	}
	if stored != nil {
		return &once.Replay{Answer: stored}
	}
	s.used[u.Caller+u.Key] = *u
	u.Committed()
	return nil
}

func (s *site) Service(_ context.Context, tenant id.Tenant, id id.Service) (provisioning.Service, error) {
	if tenant != s.service.Tenant || id != s.service.ID {
		return provisioning.Service{}, provisioning.ErrUnknown
	}
	return s.service, nil
}

func (s *site) ServicesOf(_ context.Context, _ id.Tenant, customer id.Customer, after string, limit int32) ([]provisioning.Service, string, error) {
	s.listed = customer
	if after != "" || customer != s.service.Customer {
		return nil, "", nil
	}
	return []provisioning.Service{s.service}, string(s.service.ID), nil
}

func (s *site) ChangeService(ctx context.Context, use *once.Use, tenant id.Tenant, id id.Service, decide func(provisioning.Service, time.Time) (provisioning.Service, []event.Envelope, error)) error {
	was, err := s.Service(ctx, tenant, id)
	if err != nil {
		return err
	}
	is, events, err := decide(was, noon)
	if err != nil || is.Version == was.Version {
		return err
	}
	if err := s.use(use); err != nil {
		return err
	}
	s.service, s.told = is, append(s.told, events...)
	return nil
}

func (s *site) Location(_ context.Context, _ id.Tenant, l id.Location) (provisioning.Location, error) {
	if l != s.location.ID {
		return provisioning.Location{}, provisioning.ErrLocationUnknown
	}
	return s.location, nil
}

func (s *site) AskDiagnosis(_ context.Context, use *once.Use, d provisioning.Diagnosis, events ...event.Envelope) error {
	if err := s.use(use); err != nil {
		return err
	}
	s.diagnoses[d.ID], s.told = d, append(s.told, events...)
	return nil
}

func (s *site) ServiceDiagnosis(ctx context.Context, tenant id.Tenant, id id.Service, d id.Diagnosis) (provisioning.Service, provisioning.Diagnosis, error) {
	found, err := s.Service(ctx, tenant, id)
	diagnosis, known := s.diagnoses[d]
	if err == nil && !known {
		err = provisioning.ErrDiagnosisUnknown
	}
	return found, diagnosis, err
}

func (s *site) Diagnoses(context.Context, id.Tenant, id.Service, int32) (all []provisioning.Diagnosis, _ error) {
	for _, d := range s.diagnoses {
		all = append(all, d)
	}
	return all, nil
}

func (s *site) ServiceLive(ctx context.Context, tenant id.Tenant, id id.Service) (provisioning.Service, subscriber.Live, error) {
	found, err := s.Service(ctx, tenant, id)
	return found, s.live, err
}

func (s *site) Periods(_ context.Context, _ id.Tenant, _ string, most int32) ([]subscriber.Period, error) {
	return s.past[:min(len(s.past), int(most))], nil
}

func (s *site) Now(context.Context, id.Tenant, id.TestClock) (time.Time, error) { return noon, nil }

// answer is what the API answered: as text, and what bodies here have in common.
type answer struct {
	report   // of a diagnosis; other bodies have some of its fields
	status   int
	text     string
	Code     string           `json:"code"`
	Services []map[string]any `json:"services"`
}

// ask sends a request as a customer, or as staff with the role network, under a key.
func (s *site) ask(t *testing.T, who, key, method, path, body string) answer {
	t.Helper()
	signer, verifier := tokentest.Pair(clock.At(noon))
	session, _, err := signer.Session("demo", id.Customer(who), "DE", noon)
	if who == staff {
		session, _, err = signer.StaffSession("demo", who, []string{token.RoleNetwork}, noon)
	}
	if err != nil {
		t.Fatal(err)
	}
	api := rest.New(rest.Options{Tenant: "demo", Verifier: verifier, Clock: clock.At(noon)})
	Register(api, Deps{Store: s})
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+session)
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", key)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	a := answer{status: w.Code, text: w.Body.String()}
	var into any = &a
	if w.Code >= 400 { // the status of a problem is a number
		into = &struct{ Code *string }{&a.Code}
	}
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%s %s: %d %s: %v", method, path, w.Code, w.Body, err)
	}
	return a
}
