// The on-notifications function: sends the mails that events lead to. It makes the tokens of their links.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/base/token"
	"turnup/internal/consumer/notifications"
	"turnup/internal/domain/notice"
	"turnup/internal/external/mail"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/secrets"
	"turnup/internal/platform/worker"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string `env:"TABLE_PREFIX,notEmpty"`
	Queue       string `env:"QUEUE_URL,notEmpty"`
	DLQ         string `env:"DLQ_URL,notEmpty"`
	Secrets     string `env:"SECRETS_PREFIX,notEmpty"`
	From        string `env:"MAIL_FROM,notEmpty"`
	Brand       string `env:"BRAND,notEmpty"`
	Color       string `env:"BRAND_COLOR,notEmpty"`
	WebURL      string `env:"WEB_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, notifications.Name)
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	links, err := token.NewLinkKeys(secrets.Must(aws, cfg.Secrets, "link-key")["link-key"])
	if err != nil {
		config.Exit(err)
	}
	handle := notifications.Consumer{Store: store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), Links: links, Clock: clock.System,
		Mailer: mail.Sender{SES: ses.NewFromConfig(aws), From: cfg.From, Clock: clock.System}, Theme: notice.Theme{Brand: cfg.Brand, Color: cfg.Color, WebURL: cfg.WebURL}}
	worker.Start(worker.Worker{Consumer: notifications.Name, Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
