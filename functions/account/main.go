// The account function: what people who are signed in do with their own account.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/selfservice"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
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
}

func main() {
	logging.Setup(os.Stdout, "account")
	cfg := config.MustLoad[settings]()
	verifier, err := token.NewVerifier(cfg.PublicKeys, clock.System)
	if err != nil {
		config.Exit(err)
	}
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: verifier, Clock: clock.System})
	db := store.New(dynamodb.NewFromConfig(cloud.Config()), cfg.TablePrefix, clock.System)
	selfservice.Register(api, selfservice.Deps{Security: account.Security{Store: db, Clock: clock.System}, Store: db, Clock: clock.System, Brand: cfg.Brand})
	rest.Start(api)
}
