// The catalogue function: what can be bought.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/catalogue"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/rest"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string    `env:"TABLE_PREFIX,notEmpty"`
	Tenant      id.Tenant `env:"TENANT,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "catalogue")
	cfg := config.MustLoad[settings]()
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Clock: clock.System})
	db := store.New(dynamodb.NewFromConfig(cloud.Config()), cfg.TablePrefix, clock.System)
	catalogue.Register(api, catalogue.Deps{Store: db, Clock: clock.System})
	rest.Start(api)
}
