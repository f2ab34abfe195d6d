// The console function: where the operator's staff work. It reaches no store; what it shows and does it asks of the API in its visitor's name.
package main

import (
	"os"

	"turnup/internal/api/console"
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
	Tenant  id.Tenant `env:"TENANT,notEmpty"`
	Secrets string    `env:"SECRETS_PREFIX,notEmpty"`
	Base    string    `env:"PAGES_URL,notEmpty"`
	Brand   string    `env:"BRAND,notEmpty"`
	Color   string    `env:"BRAND_COLOR,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "console")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	secret := secrets.Must(aws, cfg.Secrets, "cookie-key")
	appearance := look.New(look.Theme{Brand: cfg.Brand, Color: cfg.Color}, "console", "assets")
	appearance.Only = "en"
	site := config.Need(web.New(web.Options{Tenant: cfg.Tenant, Clock: clock.System, Base: cfg.Base, Cookies: config.Need(web.NewCookies(secret["cookie-key"])), Problem: console.Problem(appearance)}))
	console.Register(site, console.Deps{Desk: session.Desk{API: session.NewAPI(cfg.Base), Name: "console", SignIn: console.SignIn, Staff: true}, Look: appearance})
	web.Start(site)
}
