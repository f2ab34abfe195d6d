// The tick function: announces, each minute, the timers that are due.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/tick"
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
	logging.Setup(os.Stdout, "tick")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	bus := relay.Relay{Bus: eventbridge.NewFromConfig(aws), Name: cfg.Bus}
	t := tick.Tick{Store: db, Bus: bus, Shards: store.TimerShards, Clock: clock.System}
	lambda.Start(func(ctx context.Context) error {
		done, err := t.Run(ctx)
		slog.InfoContext(ctx, "tick", "announced", done.Announced, "lag", done.Lag.String(), "cut", done.Cut)
		of := map[string]string{"Consumer": "tick"}
		metric.Emit(clock.System.Now(), "TimersAnnounced", metric.Count, float64(done.Announced), of)
		metric.Emit(clock.System.Now(), "TimerLag", metric.Seconds, done.Lag.Seconds(), of)
		return err
	})
}
