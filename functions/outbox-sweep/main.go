// The outbox-sweep function: sends, each minute, the events that the outbox's stream lost.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"turnup/internal/base/clock"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/relay"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string `env:"TABLE_PREFIX,notEmpty"`
	Bus         string `env:"EVENT_BUS,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "outbox-sweep")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	r := relay.Relay{Bus: eventbridge.NewFromConfig(aws), Name: cfg.Bus, Outbox: db}
	lambda.Start(func(ctx context.Context) error {
		sent, err := r.Sweep(ctx, clock.System.Now())
		slog.InfoContext(ctx, "sweep", "published", sent)
		metric.Emit(clock.System.Now(), "SweptEvents", metric.Count, float64(sent), map[string]string{"Consumer": "outbox-sweep"})
		return err
	})
}
