// The outbox-relay function: events from the outbox's stream to the bus.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"turnup/internal/base/clock"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/relay"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string `env:"TABLE_PREFIX,notEmpty"`
	Bus         string `env:"EVENT_BUS,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "outbox-relay")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	lambda.Start(relay.Relay{Bus: eventbridge.NewFromConfig(aws), Name: cfg.Bus, Outbox: db}.Stream)
}
