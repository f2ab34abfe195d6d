// The on-access function: ends or changes running sessions at the NASes, by RADIUS Disconnect and CoA. It holds the NASes' secrets.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/access"
	"turnup/internal/external/radius"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/secrets"
	"turnup/internal/platform/worker"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string        `env:"TABLE_PREFIX,notEmpty"`
	Queue       string        `env:"QUEUE_URL,notEmpty"`
	DLQ         string        `env:"DLQ_URL,notEmpty"`
	Secrets     string        `env:"SECRETS_PREFIX,notEmpty"`
	NAS         string        `env:"NAS,notEmpty"`
	Within      time.Duration `env:"NETWORK_TIMEOUT,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "on-access")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	fleet := config.Need(radius.ParseFleet(cfg.NAS, secrets.Must(aws, cfg.Secrets, "nas-secrets")["nas-secrets"]))
	handle := access.Consumer{Store: store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), NAS: radius.Sessions{Fleet: fleet, Dynamic: radius.NewDynamic(cfg.Within)}, Clock: clock.System}
	worker.Start(worker.Worker{Consumer: "on-access", Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
