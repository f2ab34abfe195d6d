package signup_test

import (
	"os"
	"strings"
	"testing"
)

// S2-55: the flow is documented from its four sides, with a diagram that says of when it is.
func TestTheFlowIsDocumented(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"As it is on ", "## Customer view", "## Data view", "## Ownership", "## Open questions"} {
		if !strings.Contains(string(page), part) {
			t.Errorf("it lacks %q", part)
		}
	}
}
