// The registration function: username query and registration. It alone holds the key that signs access tokens.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/registration"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
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
	LoginURL    string    `env:"LOGIN_URL,notEmpty"`
	Query       string    `env:"USERNAME_QUERY,notEmpty"` // on or off
}

func main() {
	logging.Setup(os.Stdout, "registration")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	signer, err := token.NewSigner(secrets.Must(aws, cfg.Secrets, "token-signing-key")["token-signing-key"])
	if err != nil {
		config.Exit(err)
	}
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Clock: clock.System})
	registration.Register(api, registration.Deps{Store: db, Registrar: account.Registrar{Store: db, Clock: clock.System}, Signer: signer,
		LoginURL: cfg.LoginURL, QueryOff: cfg.Query == "off"})
	rest.Start(api)
}
