// The on-signups function: starts and tells the machine of each signup, creates its contract, and collects what completes it. It holds the
// PSP's key.
package main

import (
	"os"
	"time"
	_ "time/tzdata" // an upgrade is of a day in the customer's zone

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/signups"
	"turnup/internal/domain/payment"
	"turnup/internal/external/stripe"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/machine"
	"turnup/internal/platform/secrets"
	"turnup/internal/platform/worker"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string        `env:"TABLE_PREFIX,notEmpty"`
	Secrets     string        `env:"SECRETS_PREFIX,notEmpty"`
	PSP         string        `env:"PSP_URL,notEmpty"`
	PSPWithin   time.Duration `env:"PSP_TIMEOUT,notEmpty"`
	Base        string        `env:"PAGES_URL,notEmpty"`
	UnpaidLimit int           `env:"UNPAID_LIMIT,notEmpty"`
	Timeout     time.Duration `env:"ORDER_TIMEOUT,notEmpty"`
	Machine     string        `env:"SIGNUP_MACHINE,notEmpty"`
	Queue       string        `env:"QUEUE_URL,notEmpty"`
	DLQ         string        `env:"DLQ_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, signups.Name)
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	psp := stripe.New(secrets.Must(aws, cfg.Secrets, "psp-key")["psp-key"], cfg.PSP, cfg.PSPWithin)
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	handle := signups.Consumer{Signups: db, Till: db, Machine: machine.Starter{SFN: sfn.NewFromConfig(aws), ARN: cfg.Machine}, Checkout: payment.Checkout{Book: db, PSP: psp, Clock: clock.System},
		Clock: clock.System, Base: cfg.Base, UnpaidLimit: cfg.UnpaidLimit, Timeout: cfg.Timeout}
	worker.Start(worker.Worker{Consumer: signups.Name, Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
