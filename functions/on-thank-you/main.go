// The on-thank-you function: makes the page on which a signup ends, from its contract.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/thankyou"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/worker"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string `env:"TABLE_PREFIX,notEmpty"`
	Base        string `env:"PAGES_URL,notEmpty"`
	Queue       string `env:"QUEUE_URL,notEmpty"`
	DLQ         string `env:"DLQ_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, thankyou.Name)
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	handle := thankyou.Consumer{Store: store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), Clock: clock.System, Base: cfg.Base}
	worker.Start(worker.Worker{Consumer: thankyou.Name, Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
