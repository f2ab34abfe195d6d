// The portal function: the pages on which customers look after what they have. It reaches no store: it calls the API in the customer's name.
package main

import (
	"os"
	_ "time/tzdata"

	"turnup/internal/api/portal"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/secrets"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

type settings struct {
	Tenant   id.Tenant `env:"TENANT,notEmpty"`
	Secrets  string    `env:"SECRETS_PREFIX,notEmpty"`
	Base     string    `env:"PAGES_URL,notEmpty"`
	PSPPages string    `env:"PSP_PAGES,notEmpty"`
	Brand    string    `env:"BRAND,notEmpty"`
	Color    string    `env:"BRAND_COLOR,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "portal")
	cfg := config.MustLoad[settings]()
	secret := secrets.Must(cloud.Config(), cfg.Secrets, "cookie-key")
	appearance := look.New(look.Theme{Brand: cfg.Brand, Color: cfg.Color}, "portal", "assets")
	site := config.Need(web.New(web.Options{Tenant: cfg.Tenant, Clock: clock.System, Base: cfg.Base, Cookies: config.Need(web.NewCookies(secret["cookie-key"])), Problem: portal.Problem(appearance)}))
	portal.Register(site, portal.Deps{API: session.NewAPI(cfg.Base), Look: appearance, PSPPages: cfg.PSPPages})
	web.Start(site)
}
