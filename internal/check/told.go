package check

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What staff are told of the machinery is said by code which the machinery does not read; it is held against it here.

var (
	pauseTerm = regexp.MustCompile(`^\{% \$min\(\[(\d+) \* \$power\(2, \$tries - 1\), (\d+)\]\) %\}$`)
	triesTerm = regexp.MustCompile(`\$tries < (\d+)`)
)

// PausesTold holds the pauses before each look at a payment, as staff are told of them, against the machine that makes the looks and the
// delay of the queue that starts it.
func PausesTold(m Machine, t *Template, told []time.Duration) []string {
	var out findings
	first, _ := number1(t.Parameters, "FirstLook", "Default")
	made := []time.Duration{time.Duration(first) * time.Second}
	pause, tries := pauseTerm.FindStringSubmatch(text1(m.states(), "Pause", "Seconds")), []string(nil)
	for _, c := range list(m.states(), "Settled?", "Choices") {
		if text1(c, "Next") == "Pause" {
			tries = triesTerm.FindStringSubmatch(text1(c, "Condition"))
		}
	}
	if pause == nil || tries == nil {
		out.add("%s: its pauses are not written as they can be read here", m.Name)
		return out.sorted()
	}
	seconds, _ := strconv.Atoi(pause[1])
	longest, _ := strconv.Atoi(pause[2])
	looks, _ := strconv.Atoi(tries[1])
	for n := range looks - 1 {
		made = append(made, time.Duration(min(seconds<<n, longest))*time.Second)
	}
	if !slices.Equal(made, told) {
		out.add("%s pauses for %v; staff are told %v", m.Name, made, told)
	}
	return out.sorted()
}

// TimersTold holds the queues that kinds of timers are announced to, as staff are told of them, against the template's rules.
func TimersTold[K ~string](t *Template, told map[K]string) []string {
	var out findings
	goes := map[string]string{}
	for _, r := range t.ofType("AWS::Events::Rule") {
		pattern := r.Properties["EventPattern"]
		for _, either := range append([]any{pattern}, list(pattern, "$or")...) {
			if !slices.Contains(texts(at(either, "detail-type")), "timer.due") {
				continue
			}
			for _, to := range list(r.Properties, "Targets") {
				queue := t.Resources[target(at(to, "Arn"))]
				for _, kind := range texts(at(either, "detail", "data", "kind")) {
					goes[kind] = strings.TrimPrefix(text1(queue.Properties, "QueueName", "Fn::Sub"), "${AWS::StackName}-")
				}
			}
		}
	}
	for kind, queue := range told {
		if goes[string(kind)] != queue {
			out.add("timers %s go to the queue %q; staff are told %q", kind, goes[string(kind)], queue)
		}
		delete(goes, string(kind))
	}
	for kind, queue := range goes {
		out.add("timers %s go to the queue %q; staff are not told", kind, queue)
	}
	return out.sorted()
}
