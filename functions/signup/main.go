// The signup function: the pages of the owner of a signup's flow, for visitors who are not signed in. It alone holds the keys shared with all
// partner systems, and the one of its cookies.
package main

import (
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/signup"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/signlink"
	"turnup/internal/external/probe"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/secrets"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string    `env:"TABLE_PREFIX,notEmpty"`
	Tenant      id.Tenant `env:"TENANT,notEmpty"`
	Secrets     string    `env:"SECRETS_PREFIX,notEmpty"`
	Base        string    `env:"PAGES_URL,notEmpty"`
	Country     string    `env:"SIGNUP_COUNTRY,notEmpty"`
	Brand       string    `env:"BRAND,notEmpty"`
	Color       string    `env:"BRAND_COLOR,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "signup")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	secret := secrets.Must(aws, cfg.Secrets, "signup-keys", "owner-key", "cookie-key")
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	appearance := look.New(look.Theme{Brand: cfg.Brand, Color: cfg.Color}, "signup-assets")
	site := config.Need(web.New(web.Options{Tenant: cfg.Tenant, Clock: clock.System, Base: cfg.Base, Cookies: config.Need(web.NewCookies(secret["cookie-key"])), Problem: signup.Problem(appearance)}))
	signup.Register(site, signup.Deps{Store: db, Clock: clock.System, Keys: config.Need(signlink.ParseKeys(strings.Join([]string{secret["signup-keys"], secret["owner-key"]}, ","))),
		Prober: probe.New(), Base: cfg.Base, Country: cfg.Country, Look: appearance})
	web.Start(site)
}
