// The on-notifications function: sends the mails that events lead to. It makes the tokens of their links.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/base/signlink"
	"turnup/internal/base/token"
	"turnup/internal/consumer/notifications"
	"turnup/internal/domain/notice"
	"turnup/internal/domain/signup"
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
	Pages       string `env:"PAGES_URL,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, notifications.Name)
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	keys, db := secrets.Must(aws, cfg.Secrets, "link-key", "owner-key"), store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	handle := notifications.Consumer{Store: db, Links: config.Need(token.NewLinkKeys(keys["link-key"])), Clock: clock.System, Signups: db,
		Resumes: signup.ResumeLinks{Keys: config.Need(signlink.ParseKeys(keys["owner-key"])), Base: cfg.Pages},
		Mailer:  mail.Sender{SES: ses.NewFromConfig(aws), From: cfg.From, Clock: clock.System}, Theme: notice.Theme{Brand: cfg.Brand, Color: cfg.Color, WebURL: cfg.WebURL}}
	worker.Start(worker.Worker{Consumer: notifications.Name, Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
