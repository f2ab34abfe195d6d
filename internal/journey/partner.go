package journey

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"turnup/internal/base/signlink"
	"turnup/internal/base/token"
	"turnup/internal/platform/secrets"
)

// DemoPartner is the name of another system than Turnup whose review page takes the place of the hosted one.
const DemoPartner = "demo-partner"

// Partner is that system: it knows its key and what links say, and nothing else of Turnup.
type Partner struct {
	*httptest.Server
	keys *signlink.Keys
	Down bool // it cannot present its page
}

// SignupKeys reads the keys of the owner, or of all partners, as they are deployed.
func (s Site) SignupKeys(ctx context.Context, secret string) (*signlink.Keys, error) {
	found, err := secrets.Read(ctx, ssm.NewFromConfig(s.AWS()), s.Secrets, secret)
	if err != nil {
		return nil, err
	}
	return signlink.ParseKeys(found[secret])
}

// NewPartner starts the partner and registers it with the owner of flows.
func (s Site) NewPartner(ctx context.Context) (*Partner, error) {
	keys, err := s.SignupKeys(ctx, "signup-keys")
	if err != nil {
		return nil, err
	}
	p := &Partner{keys: keys}
	p.Server = httptest.NewServer(p)
	admin, err := s.Staff(ctx, token.RoleAdmin)
	if err != nil {
		return p, err
	}
	var is map[string]any
	a, err := admin.Put(ctx, "/admin/signup-partners/"+DemoPartner, map[string]any{"pages": map[string]string{"review": p.URL + "/review"}, "origins": []string{p.URL}, "healthUrl": p.URL + "/health"})
	return p, errors.Join(err, a.Into(&is))
}

var partnerPage = template.Must(template.New("page").Parse(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Partner</title>
<h1>A page of another system</h1><p>Plan {{.Plan}}</p><p><a href="{{.Yes}}">Agree</a></p><p><a href="{{.No}}">Cancel</a></p>`))

// ServeHTTP serves the partner's page: it verifies the link it was opened by, and leads back by links that it signs.
func (p *Partner) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.Down {
		http.Error(w, "out of order", http.StatusServiceUnavailable)
		return
	}
	if r.URL.Path != "/review" {
		return
	}
	link, err := p.keys.Verify(signlink.Page("review"), p.URL+"/review", r.URL.RawQuery, time.Now())
	if err != nil || link.Partner != DemoPartner {
		http.Error(w, fmt.Sprint(err), http.StatusBadRequest)
		return
	}
	back := func(outcome string) string {
		to, failed := p.keys.Sign(DemoPartner, signlink.Back("review"), link.Params["return"], map[string]string{"client": link.Params["client"], "signup": link.Params["signup"], "outcome": outcome}, time.Now().Add(time.Minute))
		err = errors.Join(err, failed)
		return to
	}
	view := map[string]string{"Plan": link.Params["plan"], "Yes": back("success"), "No": back("cancel")}
	if err == nil {
		err = partnerPage.Execute(w, view)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// FlowStep is a page of a flow.
type FlowStep struct {
	Name    string `json:"name"`
	Partner string `json:"partner"`
	Limit   int    `json:"limitSeconds"`
	Backup  string `json:"fallback"`
}

// Flow lets the signups of a kind that begin from now on have these pages.
func (s Site) Flow(ctx context.Context, name string, steps ...FlowStep) error {
	admin, err := s.Staff(ctx, token.RoleAdmin)
	if err != nil {
		return err
	}
	var is map[string]any
	a, err := admin.Put(ctx, "/admin/signup-flows/"+name, map[string]any{"steps": steps, "contractLimitSeconds": 60, "thankYouPartner": "turnup", "thankYouLimitSeconds": 30, "abandonAfterSeconds": 604800})
	return errors.Join(err, a.Into(&is))
}

// Step is a page of a flow, by whose system it is.
func Step(name, partner string) FlowStep { return FlowStep{name, partner, 1800, "mail"} }
