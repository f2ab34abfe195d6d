// The credentials function: shows the secret of a line's account once. It holds the key that makes it.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/credentials"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/rest"
	"turnup/internal/platform/secrets"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string    `env:"TABLE_PREFIX,notEmpty"`
	Tenant      id.Tenant `env:"TENANT,notEmpty"`
	Secrets     string    `env:"SECRETS_PREFIX,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "credentials")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	keys := secrets.Must(aws, cfg.Secrets, "link-key", "subscriber-key")
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Clock: clock.System})
	credentials.Register(api, credentials.Deps{Store: store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System),
		Links: config.Need(token.NewLinkKeys(keys["link-key"])), Key: provisioning.Key(keys["subscriber-key"])})
	rest.Start(api)
}
