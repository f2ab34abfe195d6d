// The tasks-settlement function: the tasks of the settlement machine. It holds the PSP's key.
package main

import (
	"os"
	"time"
	_ "time/tzdata"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/settlement"
	"turnup/internal/domain/payment"
	"turnup/internal/external/stripe"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/secrets"
	"turnup/internal/platform/task"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string        `env:"TABLE_PREFIX,notEmpty"`
	Secrets     string        `env:"SECRETS_PREFIX,notEmpty"`
	PSP         string        `env:"PSP_URL,notEmpty"`
	PSPWithin   time.Duration `env:"PSP_TIMEOUT,notEmpty"`
	FirstLook   time.Duration `env:"FIRST_LOOK,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "tasks-settlement")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	psp := stripe.New(secrets.Must(aws, cfg.Secrets, "psp-key")["psp-key"], cfg.PSP, cfg.PSPWithin)
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	tasks := settlement.Tasks{Checkout: payment.Checkout{Book: db, PSP: psp, Clock: clock.System, FirstLook: cfg.FirstLook}}
	task.Start(task.Tasks{Named: tasks.Named(), Clock: clock.System})
}
