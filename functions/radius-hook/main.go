// The radius-hook function: FreeRADIUS asks it who may dial in and tells it what is used.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/network"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
	"turnup/internal/external/radius"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/rest"
	"turnup/internal/platform/secrets"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string    `env:"TABLE_PREFIX,notEmpty"`
	Tenant      id.Tenant `env:"TENANT,notEmpty"`
	Secrets     string    `env:"SECRETS_PREFIX,notEmpty"`
	NAS         string    `env:"NAS,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "radius-hook")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	keys := secrets.Must(aws, cfg.Secrets, "radius-key", "subscriber-key")
	key, fleet := provisioning.Key(keys["subscriber-key"]), config.Need(radius.ParseFleet(cfg.NAS, ""))
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Machines: rest.ParseMachines(keys["radius-key"]), Clock: clock.System})
	network.RegisterRadius(api, network.RadiusDeps{Store: store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System),
		Asked: func(b []byte, at time.Time) (subscriber.Message, error) {
			return radius.MessageOf(radius.Authorize, b, at)
		},
		Told: func(b []byte, at time.Time) (subscriber.Message, error) {
			return radius.MessageOf(radius.Accounting, b, at)
		},
		Accept: func(a subscriber.Account, nas string) ([]byte, error) {
			return fleet.Accepted(a, key.SecretOf(a.Tenant, a.Username, a.Generation), nas)
		}, Reject: radius.Reject})
	rest.Start(api)
}
