package check

import (
	"strings"

	"turnup/internal/platform/worker"
)

// Queues checks that nothing is lost in silence: every queue parks what fails, every dead-letter queue rings a bell, and a
// consumer's batch fails message by message.
func Queues(t *Template) []string {
	var out findings
	dead, watched := t.deadLetterQueues(), watchedQueues(t)
	for _, q := range t.ofType("AWS::SQS::Queue") {
		if dead[q.Name] {
			if !watched[q.Name] {
				out.add("dead-letter queue %s has no alarm on its visible messages", q.Name)
			}
			continue
		}
		parks := target(at(q.Properties, "RedrivePolicy", "deadLetterTargetArn"))
		if t.Resources[parks].Type != "AWS::SQS::Queue" {
			out.add("queue %s has no redrive policy to a dead-letter queue", q.Name)
			continue
		}
		kept, _ := number1(q.Properties, "MessageRetentionPeriod")
		parked, _ := number1(t.Resources[parks].Properties, "MessageRetentionPeriod")
		if parked < kept {
			out.add("%s keeps messages for less time than %s, whose failures it holds; the age of a message goes on counting", parks, q.Name)
		}
	}
	for _, f := range t.Functions() {
		out = append(out, consumed(t, f)...)
	}
	return out.sorted()
}

// Desks checks that what is parked can be seen and done again: the queues whose dead letters a function is told of are all that have some, but
// for those of the relay, whose rows the sweep sends.
func Desks(t *Template) []string {
	var out findings
	said, parks := map[string]bool{}, map[string]bool{}
	for _, f := range t.Functions() {
		if names, _ := at(f.Props, "Environment", "Variables", "DEAD_LETTERS").(string); names != "" {
			for _, name := range strings.Split(names, ",") {
				said[name] = true
			}
		}
	}
	for name := range t.deadLetterQueues() {
		full := text1(t.Resources[name].Properties, "QueueName", "Fn::Sub")
		queue, ok := strings.CutSuffix(strings.TrimPrefix(full, "${AWS::StackName}-"), "-dead-letters")
		if !ok {
			out.add("dead-letter queue %s is not called ${AWS::StackName}-<queue>-dead-letters", name)
			continue
		}
		parks[queue] = true
	}
	delete(parks, "relay")
	for _, name := range missing(parks, said) {
		out.add("DEAD_LETTERS does not name %s: nobody sees what is parked of it", name)
	}
	for _, name := range missing(said, parks) {
		out.add("DEAD_LETTERS names %s, which parks nothing", name)
	}
	return out.sorted()
}

// Topics checks that what a topic is told reaches its queue: as it is, with a place for what cannot be delivered, and with leave
// to send there.
func Topics(t *Template) []string {
	var out findings
	may := map[string]bool{}
	for _, p := range t.ofType("AWS::SQS::QueuePolicy") {
		for _, s := range many(at(p.Properties, "PolicyDocument", "Statement")) {
			if text1(s, "Principal", "Service") == "sns.amazonaws.com" {
				for _, q := range many(at(s, "Resource")) {
					may[target(q)] = true
				}
			}
		}
	}
	for _, s := range t.ofType("AWS::SNS::Subscription") {
		if raw, _ := at(s.Properties, "RawMessageDelivery").(bool); !raw {
			out.add("subscription %s wraps messages; the worker takes them raw", s.Name)
		}
		for _, q := range []string{target(s.Properties["Endpoint"]), target(at(s.Properties, "RedrivePolicy", "deadLetterTargetArn"))} {
			switch {
			case t.Resources[q].Type != "AWS::SQS::Queue":
				out.add("subscription %s lacks a queue, or a dead-letter queue", s.Name)
			case !may[q]:
				out.add("subscription %s: no queue policy lets SNS send to %s", s.Name, q)
			}
		}
	}
	return out.sorted()
}

// fedByTopic tells whether a queue gets what a topic is told.
func (t *Template) fedByTopic(queue string) bool {
	for _, s := range t.ofType("AWS::SNS::Subscription") {
		if target(s.Properties["Endpoint"]) == queue {
			return true
		}
	}
	return false
}

// visibilityFactor: a message must stay hidden while its batch is tried again after throttling; AWS advises six times.
const visibilityFactor = 6

func consumed(t *Template, f Function) findings {
	var out findings
	for _, c := range f.Queues {
		q, ok := t.Resources[c.Source]
		if !ok || q.Type != "AWS::SQS::Queue" {
			out.add("%s: event %s reads no queue of the template", f.Name, c.Event)
			continue
		}
		if !c.Partial {
			out.add("%s: event %s does not report batch item failures", f.Name, c.Event)
		}
		window, _ := number1(c.Props, "MaximumBatchingWindowInSeconds")
		hidden, _ := number1(q.Properties, "VisibilityTimeout")
		if tries, _ := number1(q.Properties, "RedrivePolicy", "maxReceiveCount"); tries != worker.MaxTries {
			out.add("%s: maxReceiveCount is %d; the worker parks what failed %d times, with a reason", q.Name, tries, worker.MaxTries)
		}
		if url := target(at(f.Props, "Environment", "Variables", "QUEUE_URL")); url != c.Source {
			out.add("%s: QUEUE_URL should be %s, whose messages it puts off", f.Name, c.Source)
		}
		if least := visibilityFactor*f.Timeout + window; hidden < least {
			out.add("%s: VisibilityTimeout of %d s is less than the %d s that %s needs", q.Name, hidden, least, f.Name)
		}
	}
	for _, c := range f.Streams {
		if !c.Partial {
			out.add("%s: event %s does not report batch item failures", f.Name, c.Event)
		}
		if target(at(c.Props, "DestinationConfig", "OnFailure", "Destination")) == "" {
			out.add("%s: event %s has no destination for what fails", f.Name, c.Event)
		}
	}
	return out
}

// watchedQueues are those with an alarm that rings as soon as a message is visible.
func watchedQueues(t *Template) map[string]bool {
	out := map[string]bool{}
	for _, a := range t.ofType("AWS::CloudWatch::Alarm") {
		if text1(a.Properties, "Namespace") != "AWS/SQS" || text1(a.Properties, "MetricName") != "ApproximateNumberOfMessagesVisible" {
			continue
		}
		if at, ok := number1(a.Properties, "Threshold"); !ok || at > 0 || text1(a.Properties, "ComparisonOperator") != "GreaterThanThreshold" {
			continue
		}
		for _, d := range list(a.Properties, "Dimensions") {
			if text1(d, "Name") == "QueueName" {
				out[target(at(d, "Value"))] = true
			}
		}
	}
	return out
}

// RuleTargets checks that each rule has a dead-letter queue for what cannot be delivered and that EventBridge may send to
// both.
func RuleTargets(t *Template) []string {
	var out findings
	may := map[string]bool{}
	for _, p := range t.ofType("AWS::SQS::QueuePolicy") {
		for _, q := range list(p.Properties, "Queues") {
			may[target(q)] = true
		}
	}
	for _, r := range t.Rules() {
		for _, to := range r.Targets {
			if to.DeadLetters == "" {
				out.add("rule %s has no dead-letter queue for target %s", r.Name, to.Resource)
			}
			for _, q := range []string{to.Resource, to.DeadLetters} {
				if t.Resources[q].Type == "AWS::SQS::Queue" && !may[q] {
					out.add("rule %s: no queue policy lets EventBridge send to %s", r.Name, q)
				}
			}
		}
	}
	return out.sorted()
}
