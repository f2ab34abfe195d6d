package provisioning

import (
	"context"

	domain "turnup/internal/domain/provisioning"
	"turnup/internal/platform/task"
)

type does = func(context.Context, domain.Ref) (domain.Outcome, error)

// step is the task of a step in one system: it does the step, or undoes it when the work is to terminate.
func step(g domain.Saga, s domain.Step) task.Handle {
	return task.Typed(does(func(ctx context.Context, r domain.Ref) (domain.Outcome, error) { return g.Run(ctx, r, s) }))
}

// Inventory are the tasks of the function that speaks to the inventory.
func Inventory(g domain.Saga, d domain.Doctor) map[string]task.Handle {
	return map[string]task.Handle{"inventory": step(g, domain.StepInventory), "diagnose-inventory": task.Typed(d.Inventory)}
}

// Access are the tasks of the function that speaks to the access network.
func Access(g domain.Saga, d domain.Doctor) map[string]task.Handle {
	return map[string]task.Handle{"access": step(g, domain.StepAccess), "speed": task.Typed(g.Speed), "diagnose-access": task.Typed(d.Access)}
}

// Devices are the tasks of the function that speaks to the device management.
func Devices(g domain.Saga, d domain.Doctor) map[string]task.Handle {
	return map[string]task.Handle{"cpe": step(g, domain.StepCPE), "diagnose-cpe": task.Typed(d.CPE)}
}

// parking is the input of park.
type parking struct {
	domain.Ref
	Step  domain.Step `json:"step"`
	Cause string      `json:"cause"`
}

// Own are the tasks that need no other system.
func Own(s domain.Settler, d domain.Doctor) map[string]task.Handle {
	return map[string]task.Handle{
		"subscriber": step(s.Saga, domain.StepSubscriber),
		"bar":        task.Typed(s.Bar),
		"verify":     task.Typed(s.Verify),
		"activate":   task.Typed(s.Activate),
		"settle":     task.Typed(s.Settle),
		"park": task.Typed(func(ctx context.Context, p parking) (domain.Outcome, error) {
			return s.Park(ctx, p.Ref, p.Step, p.Cause)
		}),
		"diagnose-finish": task.Typed(d.Finish),
	}
}
