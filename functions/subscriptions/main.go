// The subscriptions function: subscribing, a customer's contracts and entitlements, and what they decide about them. It holds the PSP's key.
package main

import (
	"os"
	"time"
	_ "time/tzdata" // days begin in the customer's zone

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/orders"
	"turnup/internal/api/subscriptions"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/payment"
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
	UnpaidLimit int           `env:"UNPAID_LIMIT,notEmpty"`
	Timeout     time.Duration `env:"ORDER_TIMEOUT,notEmpty"`
	Secrets     string        `env:"SECRETS_PREFIX,notEmpty"`
	Origins     []string      `env:"WEB_ORIGINS,notEmpty"`
	PSP         string        `env:"PSP_URL,notEmpty"`
	PSPWithin   time.Duration `env:"PSP_TIMEOUT,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "subscriptions")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	keys, db := secrets.Must(aws, cfg.Secrets, "psp-key", "link-key"), store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	checkout := payment.Checkout{Book: db, PSP: stripe.New(keys["psp-key"], cfg.PSP, cfg.PSPWithin), Clock: clock.System}
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: config.Need(token.NewVerifier(cfg.PublicKeys, clock.System)), Clock: clock.System})
	orders.RegisterSubscribing(api, orders.Subscribing{Deps: orders.Deps{Store: db, UnpaidLimit: cfg.UnpaidLimit, Timeout: cfg.Timeout}, Till: db, Checkout: checkout, Clock: clock.System, Origins: cfg.Origins})
	subscriptions.Register(api, subscriptions.Deps{Store: db, Checkout: checkout, Quotes: config.Need(token.NewLinkKeys(keys["link-key"])), Clock: clock.System, Origins: cfg.Origins})
	rest.Start(api)
}
