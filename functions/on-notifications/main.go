// The on-notifications function: sends the mails that events lead to.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/notifications"
	"turnup/internal/external/mail"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/worker"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string `env:"TABLE_PREFIX,notEmpty"`
	Queue       string `env:"QUEUE_URL,notEmpty"`
	DLQ         string `env:"DLQ_URL,notEmpty"`
	From        string `env:"MAIL_FROM,notEmpty"`
	Brand       string `env:"BRAND,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "on-notifications")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	handle := notifications.Consumer{Store: db, Mailer: mail.Sender{SES: ses.NewFromConfig(aws), From: cfg.From, Clock: clock.System}, Brand: cfg.Brand}
	worker.Start(worker.Worker{Consumer: "on-notifications", Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
