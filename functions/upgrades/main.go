// The upgrades function: where an existing customer's change to another plan begins on the pages of a signup. It holds the key of the
// owner's links.
package main

import (
	"os"
	_ "time/tzdata" // whether a plan can be changed to is asked of a day in the customer's zone

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/upgrades"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/signlink"
	"turnup/internal/base/token"
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
	Base        string    `env:"PAGES_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "upgrades")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	secret := secrets.Must(aws, cfg.Secrets, "owner-key")
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: config.Need(token.NewVerifier(cfg.PublicKeys, clock.System)), Clock: clock.System})
	upgrades.Register(api, upgrades.Deps{Store: db, Keys: config.Need(signlink.ParseKeys(secret["owner-key"])), Base: cfg.Base})
	rest.Start(api)
}
