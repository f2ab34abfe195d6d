// The targets function: how the journey's own targets are met, for staff.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/targets"
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
	logging.Setup(os.Stdout, "targets")
	cfg := config.MustLoad[settings]()
	verifier, err := token.NewVerifier(cfg.PublicKeys, clock.System)
	if err != nil {
		config.Exit(err)
	}
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: verifier, Clock: clock.System})
	targets.Register(api, targets.Deps{Store: store.New(dynamodb.NewFromConfig(cloud.Config()), cfg.TablePrefix, clock.System), Clock: clock.System})
	rest.Start(api)
}
