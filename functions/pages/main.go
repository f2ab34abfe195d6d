// The pages function: the pages of a signup that come with Turnup, another system than the flow's owner. It holds its own link key, and the PSP's.
package main

import (
	"os"
	"time"
	_ "time/tzdata"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/pages"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/signlink"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/signup"
	"turnup/internal/external/stripe"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/secrets"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string        `env:"TABLE_PREFIX,notEmpty"`
	Tenant      id.Tenant     `env:"TENANT,notEmpty"`
	Secrets     string        `env:"SECRETS_PREFIX,notEmpty"`
	Base        string        `env:"PAGES_URL,notEmpty"`
	PSP         string        `env:"PSP_URL,notEmpty"`
	PSPWithin   time.Duration `env:"PSP_TIMEOUT,notEmpty"`
	PSPPages    string        `env:"PSP_PAGES,notEmpty"`
	WebURL      string        `env:"WEB_URL,notEmpty"`
	Brand       string        `env:"BRAND,notEmpty"`
	Color       string        `env:"BRAND_COLOR,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "pages")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	secret := secrets.Must(aws, cfg.Secrets, "pages-key", "psp-key")
	db, appearance := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), look.New(look.Theme{Brand: cfg.Brand, Color: cfg.Color}, "pages", "assets")
	site := config.Need(web.New(web.Options{Tenant: cfg.Tenant, Clock: clock.System, Base: cfg.Base, Problem: pages.Problem(appearance)}))
	pages.Register(site, pages.Deps{Store: db, Clock: clock.System, Keys: config.Need(signlink.ParseKeys(secret["pages-key"])), Partner: signup.Hosted,
		Setup:    payment.Setup{Store: db, PSP: stripe.New(secret["psp-key"], cfg.PSP, cfg.PSPWithin), Clock: clock.System, Origins: []string{signlink.OriginOf(cfg.Base)}},
		PSPPages: cfg.PSPPages, WebURL: cfg.WebURL, Look: appearance})
	web.Start(site)
}
