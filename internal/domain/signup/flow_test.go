package signup_test

import (
	"errors"
	"testing"

	"turnup/internal/domain/signup"
)

// S2-39, S2-52, S2-53: a flow that cannot work is refused when it is configured.
func TestFlowsAreChecked(t *testing.T) {
	steps := func(names ...string) []signup.Step {
		var out []signup.Step
		for _, n := range names {
			out = append(out, signup.Step{Name: n, Partner: signup.Hosted, Limit: 60, Fallback: signup.OfferRetry})
		}
		return out
	}
	for name, c := range map[string]struct {
		flow  string
		steps []signup.Step
		good  bool
	}{
		"dated":                       {signup.NewBusiness, steps("register", "payment-profile"), true},
		"with a profile":              {signup.NewBusiness, steps("register", "customer-profile", "payment-profile"), true},
		"with a review":               {signup.NewBusiness, steps("register", "payment-profile", "review"), true},
		"upgrade":                     {signup.ExistingBusiness, steps("payment-profile", "review"), true},
		"profile before registration": {signup.NewBusiness, steps("customer-profile", "register", "payment-profile"), false},
		"profile after payment":       {signup.NewBusiness, steps("register", "payment-profile", "customer-profile"), false},
		"review before payment":       {signup.NewBusiness, steps("register", "review", "payment-profile"), false},
		"payment first":               {signup.NewBusiness, steps("payment-profile", "register"), false},
		"twice":                       {signup.NewBusiness, steps("register", "register", "payment-profile"), false},
		"unknown":                     {signup.NewBusiness, steps("register", "quiz", "payment-profile"), false},
		"no payment":                  {signup.NewBusiness, steps("register"), false},
		"no registration":             {signup.NewBusiness, steps("payment-profile"), false},
		"a registration too many":     {signup.ExistingBusiness, steps("register", "payment-profile"), false},
	} {
		err := signup.Flow{Name: c.flow, Steps: c.steps}.Validate()
		if (err == nil) != c.good || err != nil && !errors.Is(err, signup.ErrFlowInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{signup.NewBusiness, signup.ExistingBusiness} {
		f, err := signup.Default("demo", name)
		if err == nil {
			err = f.Validate()
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := signup.Default("demo", "other"); !errors.Is(err, signup.ErrFlowUnknown) {
		t.Error(err)
	}
}

// S2-20, S2-44: addresses of a partner are at its origins, of https, and nothing else (X10).
func TestPartnersAreChecked(t *testing.T) {
	good := signup.Partner{Pages: map[string]string{signup.Register: "https://people.example/register"}, Origins: []string{"https://people.example"}, Health: "https://people.example/health"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*signup.Partner){
		"page elsewhere": func(p *signup.Partner) { p.Pages = map[string]string{signup.Register: "https://evil.example/register"} },
		"page of http": func(p *signup.Partner) {
			p.Pages = map[string]string{signup.Register: "http://people.example/register"}
		},
		"page with query": func(p *signup.Partner) {
			p.Pages = map[string]string{signup.Register: "https://people.example/register?a=b"}
		},
		"page of script":   func(p *signup.Partner) { p.Pages = map[string]string{signup.Register: "javascript:alert(1)"} },
		"unknown page":     func(p *signup.Partner) { p.Pages = map[string]string{"quiz": "https://people.example/quiz"} },
		"origin with path": func(p *signup.Partner) { p.Origins = []string{"https://people.example/"} },
		"origin of http":   func(p *signup.Partner) { p.Origins = []string{"http://people.example"} },
		"any origin":       func(p *signup.Partner) { p.Origins = []string{"*"} },
		"health elsewhere": func(p *signup.Partner) { p.Health = "http://169.254.169.254/latest" },
	} {
		p := good
		change(&p)
		if err := p.Validate(); !errors.Is(err, signup.ErrPartnerInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	hosted := signup.HostedPartner("demo", "http://127.0.0.1:4566/restapis/a/local/_user_request_")
	if err := hosted.Validate(); err != nil || len(hosted.Pages) != 4 {
		t.Errorf("%+v: %v", hosted, err)
	}
}
