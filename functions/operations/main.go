// The operations function: staff find customers, see what hangs and who did what.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/api/operations"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/deadletters"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/rest"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string    `env:"TABLE_PREFIX,notEmpty"`
	Tenant      id.Tenant `env:"TENANT,notEmpty"`
	PublicKeys  string    `env:"TOKEN_PUBLIC_KEYS,notEmpty"`
	QueuePrefix string    `env:"QUEUE_PREFIX,notEmpty"`
	DeadLetters []string  `env:"DEAD_LETTERS,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "operations")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: config.Need(token.NewVerifier(cfg.PublicKeys, clock.System)), Clock: clock.System})
	letters := &deadletters.Queues{SQS: sqs.NewFromConfig(aws), Clock: clock.System, Prefix: cfg.QueuePrefix, Names: cfg.DeadLetters}
	operations.Register(api, operations.Deps{Store: store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), Letters: letters, Clock: clock.System})
	rest.Start(api)
}
