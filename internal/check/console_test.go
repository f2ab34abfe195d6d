package check

import (
	"slices"
	"testing"

	"turnup/internal/api/console"
	"turnup/internal/api/reference"
	"turnup/internal/platform/rest"
)

// X1: what the console offers to a role is what the API allows it, operation by operation.
func TestConsoleOffersWhatTheAPIAllows(t *testing.T) {
	declared := map[string]rest.Op{}
	for _, op := range reference.Document().Operations() {
		declared[op.ID] = op
	}
	for id, roles := range console.Roles() {
		op, known := declared[id]
		if !known {
			t.Errorf("the console uses %s, which is no operation", id)
			continue
		}
		allowed := slices.Clone(op.Roles)
		slices.Sort(allowed)
		slices.Sort(roles)
		if !slices.Equal(allowed, roles) {
			t.Errorf("%s: the console has the roles %v, the API %v", id, roles, allowed)
		}
	}
}

// Everything that happens to a customer is told in words; only what nobody has thought of yet is shown by its type.
func TestConsoleTellsEveryEvent(t *testing.T) {
	for _, d := range EventData {
		kind, _ := d.EventType()
		if name := string(kind); !console.Phrased(name) && !slices.Contains([]string{"timer.due", "nas.restarted", "signup.requested.tmp"}, name) {
			t.Errorf("the timeline has no words for %s", name)
		}
	}
}
