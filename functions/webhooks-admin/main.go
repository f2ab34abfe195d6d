// The webhooks-admin function: staff set up the endpoints at which partners receive events, and see what became of each. It holds the key
// of their secrets.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/webhookadmin"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/webhook"
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
	PublicKeys  string    `env:"TOKEN_PUBLIC_KEYS,notEmpty"`
	Secrets     string    `env:"SECRETS_PREFIX,notEmpty"`
	Sandbox     string    `env:"SANDBOX,notEmpty"` // on or off
}

func main() {
	logging.Setup(os.Stdout, "webhooks-admin")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: config.Need(token.NewVerifier(cfg.PublicKeys, clock.System)), Clock: clock.System})
	webhookadmin.Register(api, webhookadmin.Deps{Store: store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), Clock: clock.System, Sandbox: cfg.Sandbox == "on",
		Key: webhook.Key(secrets.Must(aws, cfg.Secrets, "webhook-key")["webhook-key"])})
	rest.Start(api)
}
