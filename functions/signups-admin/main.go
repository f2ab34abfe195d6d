// The signups-admin function: staff see what became of signups, and set up flows and partner systems.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/signupadmin"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
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
	Pages       string    `env:"PAGES_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "signups-admin")
	cfg := config.MustLoad[settings]()
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: config.Need(token.NewVerifier(cfg.PublicKeys, clock.System)), Clock: clock.System})
	signupadmin.Register(api, signupadmin.Deps{Store: store.New(dynamodb.NewFromConfig(cloud.Config()), cfg.TablePrefix, clock.System), Hosted: cfg.Pages})
	rest.Start(api)
}
