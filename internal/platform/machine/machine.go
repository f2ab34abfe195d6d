// Package machine starts executions of state machines.
package machine

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// Starter starts executions of one machine.
type Starter struct {
	SFN *sfn.Client
	ARN string
}

// Start starts the execution of a business id. One that runs or ran under this name already is success: names are
// unique for 90 days.
func (s Starter) Start(ctx context.Context, name string, input any) error {
	raw, err := json.Marshal(input)
	if err != nil {
		return err
	}
	in := string(raw)
	_, err = s.SFN.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &s.ARN, Name: &name, Input: &in})
	var exists *types.ExecutionAlreadyExists
	if errors.As(err, &exists) {
		return nil
	}
	return err
}

// Succeed tells an execution that waits that what it waits for is there. One that was told before, or does not wait any more, is success.
func (s Starter) Succeed(ctx context.Context, token string, output any) error {
	raw, err := json.Marshal(output)
	if err != nil {
		return err
	}
	out := string(raw)
	_, err = s.SFN.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &token, Output: &out})
	var over *types.TaskTimedOut
	var unknown *types.TaskDoesNotExist
	if errors.As(err, &over) || errors.As(err, &unknown) {
		return nil
	}
	return err
}
