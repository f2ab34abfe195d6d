package rig

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/check"
)

// Hidden is for how many seconds a message stays hidden from others after it was received.
const Hidden = 4

// makeQueues makes the template's queues with their dead-letter queues, and its rules. Their delays are left out: when
// it is time is for whoever uses the site to say.
func (s *Site) makeQueues(ctx context.Context) error {
	queues := s.ofType("AWS::SQS::Queue")
	for _, first := range []bool{true, false} { // a queue's dead letters must be there before it
		for _, q := range queues {
			redrive, _ := q.Properties["RedrivePolicy"].(map[string]any)
			if (redrive == nil) != first {
				continue
			}
			if err := s.makeQueue(ctx, q, redrive); err != nil {
				return err
			}
		}
	}
	for _, r := range s.rules() {
		if err := s.makeRule(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *Site) makeQueue(ctx context.Context, q check.Resource, redrive map[string]any) error {
	name, err := s.name(q)
	if err != nil {
		return err
	}
	in := &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"VisibilityTimeout": fmt.Sprint(Hidden)}}
	if redrive != nil {
		to, err := s.value(redrive["deadLetterTargetArn"])
		if err != nil {
			return err
		}
		policy, err := json.Marshal(map[string]any{"deadLetterTargetArn": to, "maxReceiveCount": redrive["maxReceiveCount"]})
		if err != nil {
			return err
		}
		in.Attributes["RedrivePolicy"] = string(policy)
	}
	if _, err := s.SQS.CreateQueue(ctx, in); err != nil {
		return fmt.Errorf("the queue %s cannot be made: %w", name, err)
	}
	return nil
}

// rules are those of the bus, with an event pattern.
func (s *Site) rules() (found []check.Resource) {
	for _, r := range s.ofType("AWS::Events::Rule") {
		if r.Properties["EventPattern"] != nil {
			found = append(found, r)
		}
	}
	return found
}

func (s *Site) ruleName(r check.Resource) string { return s.Prefix + r.Name }

func (s *Site) makeRule(ctx context.Context, r check.Resource) error {
	client, name := eventbridge.NewFromConfig(s.aws), s.ruleName(r)
	raw, err := json.Marshal(r.Properties["EventPattern"])
	if err != nil {
		return err
	}
	pattern := string(raw)
	if _, err := client.PutRule(ctx, &eventbridge.PutRuleInput{Name: &name, EventBusName: &s.Bus, EventPattern: &pattern}); err != nil {
		return fmt.Errorf("the rule %s cannot be made: %w", name, err)
	}
	var targets []types.Target
	all, _ := r.Properties["Targets"].([]any)
	for i, one := range all {
		m, _ := one.(map[string]any)
		arn, err := s.value(m["Arn"])
		if err != nil {
			return err
		}
		id := fmt.Sprint("target", i)
		targets = append(targets, types.Target{Id: &id, Arn: &arn})
	}
	out, err := client.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: &name, EventBusName: &s.Bus, Targets: targets})
	if err == nil && out.FailedEntryCount > 0 {
		err = fmt.Errorf("%d targets were refused", out.FailedEntryCount)
	}
	if err != nil {
		return fmt.Errorf("the rule %s: %w", name, err)
	}
	return nil
}

func (s *Site) removeQueues(ctx context.Context) {
	client := eventbridge.NewFromConfig(s.aws)
	bus := s.Bus
	if bus == "" { // before it is made
		for _, r := range s.ofType("AWS::Events::EventBus") {
			bus, _ = s.name(r)
		}
	}
	for _, r := range s.rules() {
		name := s.ruleName(r)
		out, err := client.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: &name, EventBusName: &bus})
		if err != nil {
			continue
		}
		var ids []string
		for _, t := range out.Targets {
			ids = append(ids, *t.Id)
		}
		if len(ids) > 0 {
			_, _ = client.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: &name, EventBusName: &bus, Ids: ids})
		}
		_, _ = client.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: &name, EventBusName: &bus})
	}
	for _, q := range s.ofType("AWS::SQS::Queue") {
		if address, err := s.QueueURL(q.Name); err == nil {
			_, _ = s.SQS.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &address})
		}
	}
}
