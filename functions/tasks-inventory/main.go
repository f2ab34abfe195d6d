// The tasks-inventory function: the steps in the inventory. It holds NetBox's token.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/provisioning"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/external/netbox"
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
	URL         string        `env:"NETBOX_URL,notEmpty"`
	Pool4       string        `env:"POOL4,notEmpty"`
	Pool6       string        `env:"POOL6"`
	SplitRatio  int           `env:"SPLIT_RATIO,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "tasks-inventory")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	box := netbox.New(netbox.Options{URL: cfg.URL, Token: secrets.Must(aws, cfg.Secrets, "netbox-token")["netbox-token"], Pool4: cfg.Pool4, Pool6: cfg.Pool6, SplitRatio: cfg.SplitRatio, Within: cfg.Timeout})
	saga := domain.Saga{Book: db, Inventory: box, Clock: clock.System, Patience: domain.Patience{Tries: cfg.Tries, Within: cfg.Within}}
	doctor := domain.Doctor{Records: db, Systems: domain.Systems{Inventory: box}, Clock: clock.System, Within: cfg.Within}
	task.Start(task.Tasks{Named: provisioning.Inventory(saga, doctor), Clock: clock.System})
}
