// The tasks-cpe function: the steps at the router. It holds the key that makes accounts' secrets.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/provisioning"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/external/genieacs"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/secrets"
	"turnup/internal/platform/task"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string        `env:"TABLE_PREFIX,notEmpty"`
	Tries       int           `env:"TRIES,notEmpty"`
	Within      time.Duration `env:"STEP_WITHIN,notEmpty"`
	Timeout     time.Duration `env:"NETWORK_TIMEOUT,notEmpty"`
	Secrets     string        `env:"SECRETS_PREFIX,notEmpty"`
	URL         string        `env:"GENIEACS_URL,notEmpty"`
	Upgrade     time.Duration `env:"UPGRADE_WITHIN,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "tasks-cpe")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	key := domain.Key(secrets.Must(aws, cfg.Secrets, "subscriber-key")["subscriber-key"])
	acs := genieacs.New(genieacs.Options{URL: cfg.URL, Within: cfg.Timeout})
	saga := domain.Saga{Book: db, Devices: acs, Secrets: key, Clock: clock.System, Patience: domain.Patience{Tries: cfg.Tries, Within: cfg.Within}}
	doctor := domain.Doctor{Records: db, Systems: domain.Systems{Devices: acs}, Clock: clock.System, Within: cfg.Within, Longest: cfg.Upgrade}
	task.Start(task.Tasks{Named: provisioning.Devices(saga, doctor), Clock: clock.System})
}
