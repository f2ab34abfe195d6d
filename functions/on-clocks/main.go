// The on-clocks function: moves test clocks and does what is due on the way.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/clocks"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/relay"
	"turnup/internal/platform/worker"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string `env:"TABLE_PREFIX,notEmpty"`
	Bus         string `env:"EVENT_BUS,notEmpty"`
	Queue       string `env:"QUEUE_URL,notEmpty"`
	DLQ         string `env:"DLQ_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "on-clocks")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	handle := clocks.Consumer{Store: db, Bus: relay.Relay{Bus: eventbridge.NewFromConfig(aws), Name: cfg.Bus}, Clock: clock.System,
		Look: 75 * time.Millisecond, Again: 2 * time.Second, Quiet: time.Second, Margin: 20 * time.Second}
	worker.Start(worker.Worker{Consumer: "on-clocks", Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
