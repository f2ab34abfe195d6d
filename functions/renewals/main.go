// The renewals function: renewing a subscription by hand, and staff's hold of a suspension. It holds the PSP's key.
package main

import (
	"os"
	"time"
	_ "time/tzdata"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/subscriptions"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/consumer/renewals"
	"turnup/internal/external/stripe"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/rest"
	"turnup/internal/platform/secrets"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string        `env:"TABLE_PREFIX,notEmpty"`
	Tenant      id.Tenant     `env:"TENANT,notEmpty"`
	PublicKeys  string        `env:"TOKEN_PUBLIC_KEYS,notEmpty"`
	Secrets     string        `env:"SECRETS_PREFIX,notEmpty"`
	PSP         string        `env:"PSP_URL,notEmpty"`
	PSPWithin   time.Duration `env:"PSP_TIMEOUT,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "renewals")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	verifier := config.Need(token.NewVerifier(cfg.PublicKeys, clock.System))
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: verifier, Clock: clock.System})
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	psp := stripe.New(secrets.Must(aws, cfg.Secrets, "psp-key")["psp-key"], cfg.PSP, cfg.PSPWithin)
	subscriptions.RegisterRenewals(api, subscriptions.RenewalDeps{Store: db, Renewer: renewals.Consumer{Store: db, PSP: psp, Clock: clock.System}})
	rest.Start(api)
}
