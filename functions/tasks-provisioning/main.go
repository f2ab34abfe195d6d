// The tasks-provisioning function: the steps that need no other system: account, verification, activation, the end of each work.
package main

import (
	"os"
	"time"
	_ "time/tzdata"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/provisioning"
	domain "turnup/internal/domain/provisioning"

	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/task"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string        `env:"TABLE_PREFIX,notEmpty"`
	Tries       int           `env:"TRIES,notEmpty"`
	Within      time.Duration `env:"STEP_WITHIN,notEmpty"`
	Every       time.Duration `env:"LOOK_EVERY,notEmpty"`
}

func main() {
	logging.Setup(os.Stdout, "tasks-provisioning")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	saga := domain.Saga{Book: db, Clock: clock.System, Patience: domain.Patience{Tries: cfg.Tries, Within: cfg.Within, Every: cfg.Every}}
	settler := domain.Settler{Saga: saga, Sessions: db, Final: db}
	task.Start(task.Tasks{Named: provisioning.Own(settler, domain.Doctor{Records: db, Sessions: db, Clock: clock.System}), Clock: clock.System})
}
