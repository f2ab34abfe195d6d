// The on-targets function: counts what the targets of the journey are measured by.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/targets"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/worker"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string `env:"TABLE_PREFIX,notEmpty"`
	Queue       string `env:"QUEUE_URL,notEmpty"`
	DLQ         string `env:"DLQ_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, targets.Name)
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	handle := targets.Consumer{Store: store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)}
	worker.Start(worker.Worker{Consumer: targets.Name, Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
