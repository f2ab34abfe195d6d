// The tasks-access function: the steps in the access network. It alone holds gRPC.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/clock"
	"turnup/internal/consumer/provisioning"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/external/voltha"
	"turnup/internal/platform/cloud"
	"turnup/internal/platform/config"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/task"
	"turnup/internal/store"
)

type settings struct {
	TablePrefix string            `env:"TABLE_PREFIX,notEmpty"`
	Tries       int               `env:"TRIES,notEmpty"`
	Within      time.Duration     `env:"STEP_WITHIN,notEmpty"`
	Timeout     time.Duration     `env:"NETWORK_TIMEOUT,notEmpty"`
	Core        string            `env:"VOLTHA_CORE,notEmpty"`
	Controller  string            `env:"VOLTHA_CONTROLLER,notEmpty"`
	OLTs        map[string]string `env:"VOLTHA_OLTS"`
}

func main() {
	logging.Setup(os.Stdout, "tasks-access")
	cfg, aws := config.MustLoad[settings](), cloud.Config()
	db := store.New(dynamodb.NewFromConfig(aws), cfg.TablePrefix, clock.System)
	line := config.Need(voltha.New(voltha.Options{Core: cfg.Core, Controller: cfg.Controller, OLTs: cfg.OLTs, Within: cfg.Timeout}))
	saga := domain.Saga{Book: db, Access: line, Clock: clock.System, Patience: domain.Patience{Tries: cfg.Tries, Within: cfg.Within}}
	doctor := domain.Doctor{Records: db, Systems: domain.Systems{Access: line}, Clock: clock.System, Within: cfg.Within}
	task.Start(task.Tasks{Named: provisioning.Access(saga, doctor), Clock: clock.System})
}
