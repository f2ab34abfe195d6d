// The plans function: what of the plans a customer may have.
package main

import (
	"os"
	_ "time/tzdata" // taxes change with a day

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/plans"
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
}

func main() {
	logging.Setup(os.Stdout, "plans")
	cfg := config.MustLoad[settings]()
	verifier, err := token.NewVerifier(cfg.PublicKeys, clock.System)
	if err != nil {
		config.Exit(err)
	}
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: verifier, Clock: clock.System})
	db := store.New(dynamodb.NewFromConfig(cloud.Config()), cfg.TablePrefix, clock.System)
	plans.Register(api, plans.Deps{Store: db})
	rest.Start(api)
}
