// The auth function: registering with a mail address, signing in and what goes with it. It holds the key that signs tokens
// and the one of the links in mails.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/api/auth"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/gateway"
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
	logging.Setup(os.Stdout, "auth")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	secret := secrets.Must(aws, cfg.Secrets, "token-signing-key", "link-key", "cookie-key")
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	api := rest.New(rest.Options{Tenant: cfg.Tenant, Visitors: config.Need(gateway.ParseKeys(secret["cookie-key"])), Clock: clock.System})
	auth.Register(api, auth.Deps{Store: db, Clock: clock.System, Sandbox: cfg.Sandbox == "on", Signer: config.Need(token.NewSigner(secret["token-signing-key"])),
		Verifier: config.Need(token.NewVerifier(cfg.PublicKeys, clock.System)), Links: config.Need(token.NewLinkKeys(secret["link-key"]))})
	rest.Start(api)
}
