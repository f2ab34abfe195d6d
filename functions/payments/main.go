// The payments function: payment methods and their page at the PSP, paying orders, asking what became of a payment. It holds the PSP's key.
package main

import (
	"os"
	"time"
	_ "time/tzdata"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/payments"
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
	Secrets     string        `env:"SECRETS_PREFIX,notEmpty"`
	Origins     []string      `env:"WEB_ORIGINS,notEmpty"`
	PSP         string        `env:"PSP_URL,notEmpty"`
	PSPWithin   time.Duration `env:"PSP_TIMEOUT,notEmpty"`
	FirstLook   time.Duration `env:"FIRST_LOOK,notEmpty"`
	Ways        payment.Ways  `env:"PAYMENT_WAYS,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "payments")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	verifier, err := token.NewVerifier(cfg.PublicKeys, clock.System)
	if err != nil {
		config.Exit(err)
	}
	db, psp := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), stripe.New(secrets.Must(aws, cfg.Secrets, "psp-key")["psp-key"], cfg.PSP, cfg.PSPWithin)
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: verifier, Clock: clock.System})
	payments.Register(api, payments.Deps{Setup: payment.Setup{Store: db, PSP: psp, Clock: clock.System, Origins: cfg.Origins},
		Cards: payment.Cards{Store: db, PSP: psp}, Orders: db, Pages: payment.Pages{PSP: psp, Clock: clock.System, Origins: cfg.Origins},
		Checkout: payment.Checkout{Book: db, PSP: psp, Clock: clock.System, FirstLook: cfg.FirstLook}, Ways: cfg.Ways, Clock: clock.System})
	rest.Start(api)
}
