// The network-admin function: what network operations do with services and places, and when the network is worked on.
package main

import (
	"os"
	_ "time/tzdata"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/networkadmin"
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
	logging.Setup(os.Stdout, "network-admin")
	cfg := config.MustLoad[settings]()
	verifier := config.Need(token.NewVerifier(cfg.PublicKeys, clock.System))
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: verifier, Clock: clock.System})
	db := store.New(dynamodb.NewFromConfig(cloud.Config()), cfg.TablePrefix, clock.System)
	networkadmin.Register(api, networkadmin.Deps{Store: db, Clock: clock.System})
	rest.Start(api)
}
