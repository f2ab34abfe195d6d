// The on-delivery function: delivers what a paid order holds.
package main

import (
	"os"
	_ "time/tzdata"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/delivery"
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
	logging.Setup(os.Stdout, "on-delivery")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	handle := delivery.Consumer{Clock: clock.System, Store: db}
	worker.Start(worker.Worker{Consumer: "on-delivery", Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
