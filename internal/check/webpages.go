package check

import (
	"turnup/internal/api/console"
	"turnup/internal/api/pages"
	"turnup/internal/api/portal"
	"turnup/internal/api/signup"
	"turnup/internal/base/clock"
	"turnup/internal/platform/rest"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

// WebPages lists the pages of all sites as operations: routes, samples and faults of both are held against the same rules. They are in no
// OpenAPI document, and serve nothing: they have no parts to work with.
func WebPages() []rest.Op {
	site, err := web.New(web.Options{Clock: clock.System, Base: "https://pages.turnup.example"})
	if err != nil {
		panic(err) // the address above
	}
	signup.Register(site, signup.Deps{Look: look.New(look.Theme{})})
	pages.Register(site, pages.Deps{Look: look.New(look.Theme{})})
	console.Register(site, console.Deps{Look: look.New(look.Theme{})})
	portal.Register(site, portal.Deps{Look: look.New(look.Theme{})})
	var out []rest.Op
	for _, p := range site.Pages() {
		out = append(out, rest.Op{ID: p.ID, Method: p.Method, Path: p.Path, Audience: rest.Public, About: p.About, Step: p.Step, Events: p.Events, Faults: append(p.Faults, web.CommonFaults...)})
	}
	return out
}
