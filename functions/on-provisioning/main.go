// The on-provisioning function: starts the machine of each work on the network, and opens the ticket of one that got stuck.
package main

import (
	"os"
	_ "time/tzdata"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/provisioning"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/machine"
	"turnup/internal/platform/worker"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix  string `env:"TABLE_PREFIX,notEmpty"`
	Queue        string `env:"QUEUE_URL,notEmpty"`
	DLQ          string `env:"DLQ_URL,notEmpty"`
	Provisioning string `env:"PROVISIONING_MACHINE,notEmpty"`
	Termination  string `env:"TERMINATION_MACHINE,notEmpty"`
	Barring      string `env:"BARRING_MACHINE,notEmpty"`
	Diagnosis    string `env:"DIAGNOSIS_MACHINE,notEmpty"`
	Speed        string `env:"SPEED_MACHINE,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, provisioning.Name)
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db, client := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), sfn.NewFromConfig(aws)
	barring := machine.Starter{SFN: client, ARN: cfg.Barring}
	handle := provisioning.Consumer{Book: db, Desk: db, Diagnose: machine.Starter{SFN: client, ARN: cfg.Diagnosis}, Machines: map[domain.Kind]provisioning.Machine{
		domain.Provision: machine.Starter{SFN: client, ARN: cfg.Provisioning}, domain.Terminate: machine.Starter{SFN: client, ARN: cfg.Termination}, domain.Suspend: barring, domain.Resume: barring,
		domain.Speed: machine.Starter{SFN: client, ARN: cfg.Speed}}}
	worker.Start(worker.Worker{Consumer: provisioning.Name, Handle: handle.Handle, SQS: sqs.NewFromConfig(aws), Queue: cfg.Queue, DLQ: cfg.DLQ, Clock: clock.System})
}
