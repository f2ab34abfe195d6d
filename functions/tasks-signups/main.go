// The tasks-signups function: the tasks of the signups' machine.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/signups"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/machine"
	"turnup/internal/platform/task"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string `env:"TABLE_PREFIX,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "tasks-signups")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	tasks := signups.Tasks{Signups: store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System), Machine: machine.Starter{SFN: sfn.NewFromConfig(aws)}}
	task.Start(task.Tasks{Named: tasks.Named(), Clock: clock.System})
}
