// The invoices function: invoices and credit notes for customers and staff, their PDFs, and paying them. It holds the PSP's key.
package main

import (
	"os"
	"time"
	_ "time/tzdata" // billing days are the customers' own

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/invoices"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/external/pdf"
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
	WebURL      string        `env:"WEB_URL,notEmpty"`
	Brand       string        `env:"BRAND,notEmpty"`
	Color       string        `env:"BRAND_COLOR,notEmpty"`
	PSP         string        `env:"PSP_URL,notEmpty"`
	PSPWithin   time.Duration `env:"PSP_TIMEOUT,notEmpty"`
	Ways        []string      `env:"PAYMENT_WAYS,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "invoices")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	verifier, err := token.NewVerifier(cfg.PublicKeys, clock.System)
	if err != nil {
		config.Exit(err)
	}
	psp := stripe.New(secrets.Must(aws, cfg.Secrets, "psp-key")["psp-key"], cfg.PSP, cfg.PSPWithin)
	db, api := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), rest.New(rest.Options{Tenant: cfg.Tenant, Verifier: verifier, Clock: clock.System})
	invoices.Register(api, invoices.Deps{Store: db, Book: db, PSP: psp, Paper: pdf.Printer{Theme: pdf.Theme{Brand: cfg.Brand, Color: cfg.Color, WebURL: cfg.WebURL}}, Origins: cfg.Origins, Ways: cfg.Ways, Clock: clock.System})
	rest.Start(api)
}
