// The stripe-webhook function: events of the PSP. It alone holds the webhook's signing secret.
package main

import (
	"os"
	"time"
	_ "time/tzdata"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/webhooks"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
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
	Secrets     string        `env:"SECRETS_PREFIX,notEmpty"`
	PSP         string        `env:"PSP_URL,notEmpty"`
	PSPWithin   time.Duration `env:"PSP_TIMEOUT,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "stripe-webhook")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	keys := secrets.Must(aws, cfg.Secrets, "psp-key", "psp-webhook-secret")
	psp := stripe.New(keys["psp-key"], cfg.PSP, cfg.PSPWithin)
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Clock: clock.System})
	webhooks.RegisterStripe(api, webhooks.StripeDeps{
		Read: func(raw []byte, signature string) (payment.Notice, error) {
			return stripe.ReadWebhook(raw, signature, keys["psp-webhook-secret"])
		},
		Setup:    payment.Setup{Store: db, PSP: psp, Clock: clock.System},
		Cards:    payment.Cards{Store: db, PSP: psp},
		Checkout: payment.Checkout{Book: db, PSP: psp, Clock: clock.System},
		Returns:  payment.Returns{Book: db, PSP: psp},
		Disputes: payment.Disputes{Book: db, PSP: psp},
	})
	rest.Start(api)
}
