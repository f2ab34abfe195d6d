// The on-renewals function: takes the step that is due of a contract: reminds, renews, duns, suspends. It holds the PSP's key.
package main

import (
	"os"
	"time"
	_ "time/tzdata"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/renewals"
	"turnup/internal/external/stripe"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/secrets"
	"turnup/internal/platform/worker"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string        `env:"TABLE_PREFIX,notEmpty"`
	Secrets     string        `env:"SECRETS_PREFIX,notEmpty"`
	PSP         string        `env:"PSP_URL,notEmpty"`
	PSPWithin   time.Duration `env:"PSP_TIMEOUT,notEmpty"`
	PSPRate     int           `env:"PSP_RATE,notEmpty"`
	Queue       string        `env:"QUEUE_URL,notEmpty"`
	DLQ         string        `env:"DLQ_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "on-renewals")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	psp := &renewals.Paced{Charger: stripe.New(secrets.Must(aws, cfg.Secrets, "psp-key")["psp-key"], cfg.PSP, cfg.PSPWithin), Turns: db, Rate: cfg.PSPRate, Clock: clock.System, Wait: renewals.Sleep}
	handle := renewals.Consumer{Store: db, PSP: psp, Clock: clock.System}
	worker.Start(worker.Worker{Consumer: "on-renewals", Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
