// The notices-admin function: staff see what was mailed, and how mails look.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/noticeadmin"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/notice"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/rest"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string    `env:"TABLE_PREFIX,notEmpty"`
	Tenant      id.Tenant `env:"TENANT,notEmpty"`
	PublicKeys  string    `env:"TOKEN_PUBLIC_KEYS,notEmpty"`
	Brand       string    `env:"BRAND,notEmpty"`
	Color       string    `env:"BRAND_COLOR,notEmpty"`
	WebURL      string    `env:"WEB_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "notices-admin")
	cfg := config.MustLoad[settings]()
	verifier, err := token.NewVerifier(cfg.PublicKeys, clock.System)
	if err != nil {
		config.Exit(err)
	}
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: verifier, Clock: clock.System})
	db := store.New(dynamodb.NewFromConfig(cloud.Config()), cfg.TablePrefix, clock.System)
	noticeadmin.Register(api, noticeadmin.Deps{Store: db, Theme: notice.Theme{Brand: cfg.Brand, Color: cfg.Color, WebURL: cfg.WebURL}})
	rest.Start(api)
}
