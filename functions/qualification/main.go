// The qualification function: what can be had at an address.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/qualification"
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
	logging.Setup(os.Stdout, "qualification")
	cfg := config.MustLoad[settings]()
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Clock: clock.System})
	qualification.Register(api, qualification.Deps{Store: store.New(dynamodb.NewFromConfig(cloud.Config()), cfg.TablePrefix, clock.System)})
	rest.Start(api)
}
