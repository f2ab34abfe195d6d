// The access-hook function: the access network tells it what is wrong with an ONU.
package main

import (
	"errors"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/network"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/external/voltha/alarm"
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
}

func main() {
	logging.Setup(os.Stdout, "access-hook")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	keys := secrets.Must(aws, cfg.Secrets, "access-key")
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Machines: rest.ParseMachines(keys["access-key"]), Clock: clock.System})
	network.RegisterAlarms(api, network.AlarmDeps{Store: store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), Read: read})
	rest.Start(api)
}

func read(body []byte) (network.Alarm, error) {
	a, err := alarm.Parse(body)
	if errors.Is(err, alarm.ErrNoAlarm) {
		return network.Alarm{}, nil
	}
	return network.Alarm{Kind: a.Kind, Raised: a.Raised, Serial: a.Serial, At: a.At}, err
}
