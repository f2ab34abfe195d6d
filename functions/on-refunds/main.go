// The on-refunds function: gives back to cards what was paid for invoices. It holds the PSP's key.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/refunds"
	"turnup/internal/domain/payment"
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
	Queue       string        `env:"QUEUE_URL,notEmpty"`
	DLQ         string        `env:"DLQ_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, refunds.Name)
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	psp := stripe.New(secrets.Must(aws, cfg.Secrets, "psp-key")["psp-key"], cfg.PSP, cfg.PSPWithin)
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	handle := refunds.Consumer{Returns: payment.Returns{Book: db, PSP: psp}}
	worker.Start(worker.Worker{Consumer: refunds.Name, Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
