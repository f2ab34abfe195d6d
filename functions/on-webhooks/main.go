// The on-webhooks function: tells partners of events at their endpoints, and tries again what did not get through. It holds the key of
// their secrets.
package main

import (
	"math/rand/v2"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/webhooks"
	domain "turnup/internal/domain/webhook"
	"turnup/internal/external/webhook"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/secrets"
	"turnup/internal/platform/worker"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string `env:"TABLE_PREFIX,notEmpty"`
	Secrets     string `env:"SECRETS_PREFIX,notEmpty"`
	Sandbox     string `env:"SANDBOX,notEmpty"` // on or off
	Queue       string `env:"QUEUE_URL,notEmpty"`
	DLQ         string `env:"DLQ_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, webhooks.Name)
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	handle := webhooks.Consumer{Store: store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), Sender: webhook.New(cfg.Sandbox == "on", clock.System),
		Key: domain.Key(secrets.Must(aws, cfg.Secrets, "webhook-key")["webhook-key"]), Clock: clock.System, Chance: rand.Float64}
	worker.Start(worker.Worker{Consumer: webhooks.Name, Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
